#include "edit_path.hpp"

#include <algorithm>

namespace marc {
namespace {

bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// "[12]" at the start of the text: its length, or 0.
std::size_t read_index(std::string_view text, std::uint32_t& index) noexcept {
    std::size_t at = 1;
    index = 0;
    while (at < text.size() && at < 9 && text[at] >= '0' && text[at] <= '9') {
        index = index * 10 + static_cast<std::uint32_t>(text[at] - '0');
        ++at;
    }
    return at > 1 && at < text.size() && text[at] == ']' ? at + 1 : 0;
}

} // namespace

path_shape shape_of(std::string_view text) noexcept {
    path_shape shape;
    // Sub-specs in braces say which values, not what they are. "\" quotes a character in them.
    int depth = 0;
    for (std::size_t at = std::min<std::size_t>(3, text.size()); at < text.size(); ++at) {
        const char c = text[at];
        if (depth > 0 && c == '\\') {
            ++at;
        } else if (c == '{') {
            ++depth;
        } else if (c == '}') {
            --depth;
        } else if (depth > 0) {
            continue;
        } else if (c == '$') {
            shape.subfields = true;
            ++at; // the code may be any character
        } else if (c == '^') {
            shape.indicator = true;
        } else if (c == '/') {
            shape.characters = true;
        }
    }

    if (text.size() < 3 || !std::all_of(text.begin(), text.begin() + 3, is_alphanumeric) || text.starts_with("LDR")) {
        return shape;
    }
    shape.tag = text.substr(0, 3);
    std::string_view rest = text.substr(3);
    if (rest.starts_with('[')) {
        const std::size_t length = read_index(rest, shape.index);
        shape.indexed = length > 0;
        if (!shape.indexed) {
            return shape;
        }
        rest.remove_prefix(length);
    }
    if (rest.size() == 2 && rest.front() == '$') {
        shape.code = rest.substr(1);
        shape.exact = true;
    } else {
        shape.exact = rest.empty() && !shape.indexed && text.starts_with("00");
    }
    return shape;
}

} // namespace marc
