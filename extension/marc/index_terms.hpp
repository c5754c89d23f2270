// Inside of the library: the parts of an index key; include/marc/index_terms.hpp has the table.
#pragma once

#include "marc/ascii.hpp"
#include "marc/fold.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace marc::index_key {

inline constexpr char word = 1;
inline constexpr char value = 2;
inline constexpr char long_word = 3;
inline constexpr char hashed_value = 4;
inline constexpr char presence = 5;
inline constexpr char characters = 6;
inline constexpr char indicator = 7;
inline constexpr unsigned char first_text_byte = 0x20;

/// Characters of fixed-length fields that have keys.
struct place {
    std::string_view tag;
    std::uint32_t first;
    std::uint32_t last;
};
// Record status, type, level, control, encoding level, cataloguing form; date 1, place, language; category of material.
inline constexpr place places[] = {{"LDR", 5, 5},   {"LDR", 6, 6},   {"LDR", 7, 7},  {"LDR", 8, 8},
                                   {"LDR", 17, 17}, {"LDR", 18, 18}, {"008", 7, 10}, {"008", 15, 17},
                                   {"008", 35, 37}, {"007", 0, 0},   {"007", 0, 1}};

/// True for indicators that have keys: a blank one says little, and others are damage.
inline bool keeps_indicator(char c) noexcept {
    return is_alphanumeric(c);
}

/// Appends the key of an indicator or, without a tag, what the keys of all tags begin with. @param number 1 or 2
inline void append_indicator(std::uint8_t number, char c, std::string_view tag, std::pmr::string& out) {
    out.push_back(indicator);
    out.push_back(static_cast<char>('0' + number));
    out.push_back(c);
    out.append(tag);
}

/// True for folded text that word_cursor takes as one word.
inline bool is_one_word(std::string_view folded) noexcept {
    return !folded.empty() && word_cursor(folded).next().size() == folded.size();
}

/// FNV-1a, 64 bits, as eight bytes, most significant first.
struct hash_bytes {
    char bytes[8];
    explicit hash_bytes(std::string_view text) noexcept {
        std::uint64_t h = 0xCBF2'9CE4'8422'2325U;
        for (const char c : text) {
            h = (h ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3U;
        }
        for (int i = 7; i >= 0; --i) {
            bytes[i] = static_cast<char>(h & 0xFFU);
            h >>= 8U;
        }
    }
    std::string_view view() const noexcept { return {bytes, sizeof bytes}; }
};

} // namespace marc::index_key
