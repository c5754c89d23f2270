// Inside of the library: characters that a form of lines has no other way to write. The mnemonic form has these escapes
// and two more, and a brace in it is always one. In line mode and in Aleph sequential a brace is a brace unless it
// starts one of exactly these escapes: files that other programs wrote mean themselves.
//
//   escape = "{dollar}" / "{lcub}" / "{U+" 4 to 6 hexadecimal digits "}"
//
// A whole content that cannot be written in parts is "{hex:" digits "}" (hexadecimal.hpp).
#pragma once

#include "marc/charset.hpp"

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// The escape at the front of the text.
struct line_escape {
    std::size_t bytes = 0; ///< what it takes in the text; 0 when there is none
    char32_t character = 0;
};
line_escape find_line_escape(std::string_view text) noexcept;

/// Whether a reader would see an escape or hexadecimal content at this brace, so that it must be one itself.
bool brace_needs_escape(std::string_view text) noexcept;

/// Appends {dollar}, {lcub} or {U+XXXX} for the character at the front of valid UTF-8.
void write_line_escape(std::string_view character, std::pmr::string& out);

/// True for control characters, 7F, and when `ascii_only` everything over 7F.
inline bool is_unwritable(unsigned char c, bool ascii_only) noexcept {
    return c < 0x20 || c == 0x7F || (c >= 0x80 && ascii_only);
}

/// Calls `receive` with the pieces of a text whose escapes are replaced; a piece is never empty, and what an escape
/// stands for is a piece of its own.
/// @param caret_is_blank "^" stands for a blank
template <typename Receive>
void read_escapes(std::string_view text, bool caret_is_blank, Receive&& receive) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t next = std::min(text.find_first_of(caret_is_blank ? "{^" : "{", at), text.size());
        if (next > at) {
            receive(text.substr(at, next - at));
        }
        at = next;
        if (at == text.size()) {
            break;
        }
        const line_escape escape = find_line_escape(text.substr(at));
        char bytes[4];
        const std::size_t length = escape.bytes == 0 ? 0 : encode_character(escape.character, bytes);
        receive(length != 0 ? std::string_view(bytes, length) : text[at] == '^' ? " " : text.substr(at, 1));
        at += std::max<std::size_t>(escape.bytes, 1);
    }
}

/// A tag that can stand in its column as it is: three letters or digits.
bool is_plain_tag(std::string_view tag) noexcept;

/// Whether the field can be written in parts: two printable indicators, then subfields with printable codes and nothing
/// before them.
bool is_written_in_parts(std::string_view content, bool ascii_only) noexcept;

} // namespace marc
