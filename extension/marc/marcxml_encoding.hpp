// Inside of the library: the encoding of XML that came as bytes.
#pragma once

#include "marc/builder.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

enum class xml_encoding : std::uint8_t {
    utf8,         ///< declared, or nothing declared; also US-ASCII
    latin1,       ///< ISO-8859-1
    windows1252,  ///< with the five unassigned bytes as control characters
    utf16_little, ///< by byte order mark, or by a "<" in two bytes
    utf16_big,
    other, ///< declared, and not supported
};

/// What the first bytes of a file say, by their form for UTF-16, else by their XML declaration.
xml_encoding declared_encoding(std::string_view file) noexcept;

/// The encoding that the text really has: UTF-8 when it is valid, whatever the declaration says, since that does not
/// happen by chance. Bytes that are not UTF-8 although it was promised are windows-1252 when they hold no character of
/// several bytes at all; else they are UTF-8 with damage.
/// @param declared not UTF-16
xml_encoding real_encoding(std::string_view text, xml_encoding declared) noexcept;

/// Appends the text as UTF-8. Takes UTF-16 in whole or in pieces at any limit, and one of the one-byte encodings.
/// A surrogate without its pair becomes U+FFFD.
/// @return bytes that were read; less than all when UTF-16 ends in the middle of a character and `at_end` is false
std::size_t decode_xml(std::string_view bytes, xml_encoding encoding, bool at_end, std::pmr::string& out);

/// How many bytes these characters take in UTF-16.
std::size_t utf16_bytes(std::string_view utf8) noexcept;

/// Reads a record in whichever encoding it is in, between two tags that may be empty.
/// @param declared not UTF-16
/// @throws parse_error those of read_marcxml(), with offsets in the record as UTF-8; unsupported_charset
void read_encoded_marcxml(std::string_view start_tag, std::string_view record, std::string_view end_tag,
                          xml_encoding declared, builder& into, report* notes);

} // namespace marc
