// UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace marc {

/// The position of the first byte that is not UTF-8 (RFC 3629: no surrogates, nothing over U+10FFFF, shortest form),
/// or npos when all is well.
std::size_t find_invalid_utf8(std::string_view text) noexcept;

/// The position of the first byte over 7F, or npos.
std::size_t find_non_ascii(std::string_view text) noexcept;
inline bool is_ascii(std::string_view text) noexcept {
    return find_non_ascii(text) == std::string_view::npos;
}

/// Length in bytes of the character at the start of valid UTF-8; never more than there is, 0 only for empty text.
std::size_t character_bytes(std::string_view text) noexcept;

/// Number of characters in valid UTF-8.
constexpr std::size_t count_characters(std::string_view text) noexcept {
    std::size_t count = 0;
    for (const char c : text) {
        count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    }
    return count;
}

/// Byte position of the character with this number, counted from 0, in valid UTF-8; the size when there are fewer.
std::size_t byte_of_character(std::string_view text, std::size_t number) noexcept;

/// The first bytes of valid UTF-8, at most so many, cut between characters.
constexpr std::string_view first_bytes(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) {
        return text;
    }
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) {
        --most;
    }
    return text.substr(0, most);
}

/// Characters first to last (both counted from 0) of valid UTF-8, all of them or nothing.
std::string_view characters_of(std::string_view text, std::size_t first, std::size_t last) noexcept;

/// The code point at the start of valid, not empty UTF-8.
char32_t decode_character(std::string_view text) noexcept;

/// Writes a code point as UTF-8 into four bytes; returns how many were used, 0 when it is no Unicode scalar value.
std::size_t encode_character(char32_t character, char (&bytes)[4]) noexcept;

} // namespace marc
