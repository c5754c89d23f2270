// Classes of ASCII characters, whatever the locale. Bytes over 7F belong to none.
#pragma once

#include <cstddef>
#include <string_view>

namespace marc {

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_letter(char c) noexcept {
    return is_lower(c) || is_upper(c);
}
constexpr bool is_alphanumeric(char c) noexcept {
    return is_digit(c) || is_letter(c);
}
/// Neither blank nor control character.
constexpr bool is_visible(char c) noexcept {
    return c > 0x20 && c < 0x7F; // char may be signed: over 7F is then below 0
}
constexpr char to_lower(char c) noexcept {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

/// True for a text of digits alone that is not empty.
constexpr bool is_number(std::string_view text) noexcept {
    for (const char c : text) {
        if (!is_digit(c)) {
            return false;
        }
    }
    return !text.empty();
}

/// True when the text begins so, upper and lower case alike.
constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view start) noexcept {
    if (text.size() < start.size()) {
        return false;
    }
    for (std::size_t i = 0; i < start.size(); ++i) {
        if (to_lower(text[i]) != to_lower(start[i])) {
            return false;
        }
    }
    return true;
}

} // namespace marc
