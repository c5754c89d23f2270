#include "line_escape.hpp"

#include "hexadecimal.hpp"
#include "layout.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"

#include <algorithm>

namespace marc {
namespace {

constexpr std::string_view dollar = "{dollar}";
constexpr std::string_view left_brace = "{lcub}";
constexpr std::string_view unicode = "{U+";

} // namespace

line_escape find_line_escape(std::string_view text) noexcept {
    if (text.starts_with(dollar)) {
        return {dollar.size(), '$'};
    }
    if (text.starts_with(left_brace)) {
        return {left_brace.size(), '{'};
    }
    const std::size_t end = text.substr(0, unicode.size() + 7).find('}');
    if (!text.starts_with(unicode) || end == std::string_view::npos || end < unicode.size() + 4) {
        return {};
    }
    char32_t character = 0;
    for (const char c : text.substr(unicode.size(), end - unicode.size())) {
        const int digit = hexadecimal_digit(c);
        if (digit < 0) {
            return {};
        }
        character = character * 16 + static_cast<char32_t>(digit);
    }
    char bytes[4];
    return encode_character(character, bytes) == 0 ? line_escape{} : line_escape{end + 1, character};
}

bool brace_needs_escape(std::string_view text) noexcept {
    return find_line_escape(text).bytes != 0 || text.starts_with(hexadecimal_start);
}

void write_line_escape(std::string_view character, std::pmr::string& out) {
    if (character.front() == '$') {
        out += dollar;
        return;
    }
    if (character.front() == '{') {
        out += left_brace;
        return;
    }
    out += unicode;
    write_hexadecimal(decode_character(character), out);
    out += '}';
}

bool is_plain_tag(std::string_view tag) noexcept {
    return std::all_of(tag.begin(), tag.end(), is_alphanumeric);
}

bool is_written_in_parts(std::string_view content, bool ascii_only) noexcept {
    if (!layout::starts_with_indicators(content) || is_unwritable(static_cast<unsigned char>(content[0]), true) ||
        is_unwritable(static_cast<unsigned char>(content[1]), true) ||
        (content.size() > 2 && content[2] != subfield_delimiter)) {
        return false;
    }
    for (const subfield_view& s : subfield_range(content.substr(2))) {
        if (s.code.empty() || is_unwritable(static_cast<unsigned char>(s.code.front()), ascii_only)) {
            return false;
        }
    }
    return true;
}

} // namespace marc
