#include "marc/tag_pattern.hpp"

#include "marc/ascii.hpp"

#include <algorithm>

namespace marc {

bool read_tag_pattern(std::string_view text, tag_pattern& pattern) noexcept {
    const bool known = std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '.'; });
    if (text.size() != pattern.text.size() || !known) {
        return false;
    }
    std::transform(text.begin(), text.end(), pattern.text.begin(),
                   [](char c) { return c == 'X' || c == 'x' ? '.' : c; });
    return true;
}

int tag_pattern::weight() const noexcept {
    int fixed = 0;
    int where = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '.') {
            ++fixed;
            where += 4 >> i;
        }
    }
    return fixed * 8 + where;
}

} // namespace marc
