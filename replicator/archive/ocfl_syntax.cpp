#include "archive/ocfl_syntax.hpp"

#include <algorithm>
#include <charconv>

namespace everarchive::archive {

std::string lower(std::string_view text) {
    std::string small(text);
    for (char& c : small) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c | 0x20);
        }
    }
    return small;
}

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

bool looks_like_uri(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
        return false;
    }
    const auto letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
    return letter(text[0]) && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [&](char c) {
               return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
           });
}

bool has_bad_element(std::string_view path) {
    std::size_t begin = 0;
    for (;;) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view element = path.substr(begin, end - begin);
        if (element.empty() || element == "." || element == "..") {
            return true;
        }
        if (end == path.size()) {
            return false;
        }
        begin = end + 1;
    }
}

unsigned long version_number(std::string_view name) {
    if (name.size() < 2 || name.size() > 12 || name.front() != 'v') {
        return 0;
    }
    unsigned long number = 0;
    const auto [end, problem] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    return problem == std::errc() && end == name.data() + name.size() ? number : 0;
}

} // namespace everarchive::archive
