// Which form a text or a file is in.
#pragma once

#include "marc/builder.hpp"
#include "marc/report.hpp"

#include <cstdint>
#include <string_view>

namespace marc {

enum class form : std::uint8_t { unknown, iso2709, marcxml, mrk, json, html, zip, gzip };

/// Looks at the first bytes only; does not promise that the rest is sound.
form detect(std::string_view input) noexcept;

/// Reads one record in whichever of ISO 2709, MARCXML and mnemonic text the input is.
/// @param text UTF-8
/// @throws parse_error of the reader; not_marc for every other form
form read_text(std::string_view text, builder& into, report* notes = nullptr);

} // namespace marc
