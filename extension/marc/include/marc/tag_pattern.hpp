// Tags with characters that may be any: 650, 6.., 9XX.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace marc {

/// True when the tag matches a pattern in which a point is any character; both have three characters.
constexpr bool tag_matches(std::string_view pattern, std::string_view tag) noexcept {
    for (std::size_t i = 0; i < 3; ++i) {
        if (pattern[i] != '.' && pattern[i] != tag[i]) {
            return false;
        }
    }
    return true;
}

/// Three characters of which each may be free.
struct tag_pattern {
    std::array<char, 3> text{}; ///< '.' is free

    std::string_view view() const noexcept { return {text.data(), text.size()}; }
    bool matches(std::string_view tag) const noexcept { return tag_matches(view(), tag); }
    bool has_wildcard() const noexcept { return view().find('.') != std::string_view::npos; }
    /// Greater for the pattern that is narrower: that with more fixed characters, of equal ones that whose fixed
    /// characters come first.
    int weight() const noexcept;
};

/// Reads three letters, digits or '.', where X in either case is '.' too; false for another text.
bool read_tag_pattern(std::string_view text, tag_pattern& pattern) noexcept;

} // namespace marc
