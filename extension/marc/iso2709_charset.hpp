// Inside of the library: which encoding an ISO 2709 record is in, and its characters as UTF-8.
#pragma once

#include "marc/builder.hpp"
#include "marc/iso2709.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <functional>
#include <string_view>

namespace marc {

/// @param field the number of the field, or no_field for the record
using charset_note = std::function<void(defect_code, std::size_t field, std::size_t data_offset)>;
inline constexpr std::size_t no_field = static_cast<std::size_t>(-1);

/// Makes UTF-8 of the fields that the builder holds as they came.
/// @param wanted the encoding that the caller names, or automatic
/// @return what the encoding was
/// @throws parse_error too_large
source_encoding convert_characters(builder& into, iso2709_encoding wanted, const charset_note& note);

/// Appends UTF-8 in the encoding in which a record came; what that lacks becomes a character reference or `?`.
void append_encoded(std::string_view utf8, source_encoding encoding, std::pmr::string& out);

} // namespace marc
