// MARC-8, the character sets of MARC 21 before Unicode ("MARC 21 Specifications for Record Structure, Character Sets,
// and Exchange Media", part 2 and 3), and ISO 5426, which UNIMARC uses in the same way: marks stand before their
// letter.
#pragma once

#include "marc/report.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// Receives what a decoder could not read: undecodable_bytes, bad_escape or mark_without_base, and the byte's position.
using character_note = std::function<void(defect_code, std::size_t offset)>;

struct marc8_options {
    /// Bytes over 7F are UTF-8: for fields in which a system has mixed both.
    bool high_bytes_are_utf8 = false;
};

/// Appends the text of one field as UTF-8: the sets are the default ones at its start (basic and extended Latin).
/// Combining marks come behind their base character and nothing is composed: see nfc.hpp. A character reference
/// `&#xXXXX;` becomes its character if that is not ASCII. Control characters stay, and so does ESC that starts no known
/// sequence; other bytes without a meaning become U+FFFD.
void decode_marc8(std::string_view field, std::pmr::string& out, const character_note& note,
                  marc8_options options = {});

/// What to do with a character that MARC-8 does not have.
enum class unencodable_character : std::uint8_t {
    error,
    reference, ///< write `&#xXXXX;`: the Library of Congress's lossless conversion
};

/// Appends UTF-8 as MARC-8, one field; precomposed characters are taken apart where they must be. The default sets are
/// in force again at each subfield delimiter and at the end.
/// @throws parse_error unencodable, with the position in the text
void encode_marc8(std::string_view utf8, std::pmr::string& out,
                  unencodable_character policy = unencodable_character::error);

/// The same for ISO 646 with ISO 5426 over 7F, the usual pair of UNIMARC.
void decode_iso5426(std::string_view field, std::pmr::string& out, const character_note& note);

/// Appends UTF-8 as ISO 5426; what that does not have becomes a character reference.
void encode_iso5426(std::string_view utf8, std::pmr::string& out);

} // namespace marc
