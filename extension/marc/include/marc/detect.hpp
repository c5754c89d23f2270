// Which form a text or a file is in.
#pragma once

#include "marc/builder.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace marc {

enum class form : std::uint8_t { unknown, iso2709, marcxml, mrk, json, html, zip, gzip, line, aleph };

/// Looks at the first bytes only; does not promise that the rest is sound.
form detect(std::string_view input) noexcept;

/// Reads one record in whichever form the input is: ISO 2709, MARCXML, MARC-in-JSON, mnemonic text, line mode or Aleph
/// sequential.
/// @param text UTF-8; what an XML declaration says of encodings does not count
/// @throws parse_error of the reader; not_marc for every other form
form read_text(std::string_view text, builder& into, report* notes = nullptr);

/// The same for bytes. Text may be UTF-16. XML is read in the encoding that it is in: UTF-8 when it is valid UTF-8,
/// else ISO-8859-1 or windows-1252; a declaration that says otherwise is noted. Offsets count in the text as UTF-8.
/// @throws parse_error of the reader; unsupported_charset for XML in another encoding; not_marc
form read_bytes(std::span<const std::byte> bytes, builder& into, report* notes = nullptr);

} // namespace marc
