// Inside of the library: hexadecimal digits, of characters in escapes, and of bytes that a text form cannot write
// otherwise.
#pragma once

#include "marc/ascii.hpp"
#include <algorithm>
#include <array>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

inline constexpr std::string_view hexadecimal_start = "{hex:";

/// The value of a digit, or -1.
constexpr int hexadecimal_digit(char c) noexcept {
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

inline constexpr std::string_view hexadecimal_digits = "0123456789ABCDEF";

/// Appends the number of a character, with four digits at least.
inline void write_hexadecimal(char32_t number, std::pmr::string& out) {
    for (int shift = number > 0xFFFFF ? 20 : number > 0xFFFF ? 16 : 12; shift >= 0; shift -= 4) {
        out += hexadecimal_digits[(number >> static_cast<unsigned>(shift)) & 0xFU];
    }
}

/// Appends "{hex:" digits "}".
inline void write_hexadecimal(std::string_view bytes, std::pmr::string& out) {
    out += hexadecimal_start;
    for (const char c : bytes) {
        out += hexadecimal_digits[static_cast<unsigned char>(c) >> 4U];
        out += hexadecimal_digits[static_cast<unsigned char>(c) & 0xFU];
    }
    out += '}';
}

/// Whether the text is "{hex:", digits in pairs, and "}", and nothing else.
inline bool is_hexadecimal(std::string_view text) noexcept {
    if (!text.starts_with(hexadecimal_start) || !text.ends_with('}') ||
        (text.size() - hexadecimal_start.size()) % 2 == 0) {
        return false;
    }
    const std::string_view digits = text.substr(hexadecimal_start.size(), text.size() - hexadecimal_start.size() - 1);
    return std::all_of(digits.begin(), digits.end(), [](char c) { return hexadecimal_digit(c) >= 0; });
}

/// Calls `receive` with each byte of what is_hexadecimal() found to be sound.
template <typename Receive>
void read_hexadecimal(std::string_view text, Receive&& receive) {
    for (std::size_t at = hexadecimal_start.size(); at + 1 < text.size(); at += 2) {
        receive(static_cast<char>(hexadecimal_digit(text[at]) * 16 + hexadecimal_digit(text[at + 1])));
    }
}

/// A tag that is written so; false when the text is something else.
inline bool read_hexadecimal_tag(std::string_view text, std::array<char, 3>& tag) noexcept {
    if (text.size() != hexadecimal_start.size() + 7 || !is_hexadecimal(text)) {
        return false;
    }
    std::size_t i = 0;
    read_hexadecimal(text, [&](char c) { tag[i++] = c; });
    return true;
}

} // namespace marc
