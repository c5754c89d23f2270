// Inside of the library: what a code table of MARC-8 is. marc8_tables.hpp holds the tables.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace marc::marc8 {

/// What the codes 21 to 7E (in G1: A1 to FE) of a set mean: a code point, with `mark` when it stands before its base
/// character; 0 where the set has nothing.
using set_table = std::array<std::uint32_t, 94>;

inline constexpr std::uint32_t mark = 0x8000'0000U;
/// The second halves of ligature and double tilde: the first half becomes the one character that spans both letters
/// (U+0361, U+0360), and the second half nothing.
inline constexpr std::uint32_t ligature_second_half = mark | 1U;
inline constexpr std::uint32_t double_tilde_second_half = mark | 2U;
/// The left half of both, in ISO 5426: the right half decides.
inline constexpr std::uint32_t either_first_half = mark | 3U;

/// Codes 20 to 7E that are in use, one bit each, 48 in the first word; those before a code are counted to find its
/// entry.
struct code_group {
    std::uint64_t low;
    std::uint64_t high;
    std::uint16_t at; ///< entry of the first

    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    /// @param code 20 to 7E
    constexpr std::size_t find(unsigned code) const noexcept {
        const unsigned position = code - 0x20;
        const bool in_low = position < 48;
        const std::uint64_t word = in_low ? low : high;
        const std::uint64_t bit = std::uint64_t{1} << (in_low ? position : position - 48);
        if ((word & bit) == 0) {
            return none;
        }
        const int before = std::popcount(word & (bit - 1)) + (in_low ? 0 : std::popcount(low));
        return at + static_cast<std::size_t>(before);
    }
};

/// ISO 5426, codes 2/1 to 7/14: the MAB 2 table; tables/README.md says where it comes from and what differs elsewhere.
// clang-format off
inline constexpr set_table iso5426 = {
    0xA1, 0x201E, 0xA3, 0x24, 0xA5, 0x2020, 0xA7, 0x2032, 0x2018, 0x201C, 0xAB, 0x266D, 0xA9, 0x2117, 0xAE, 0x2BB,
    0x2BC, 0x201A, 0, 0, 0, 0x2021, 0xB7, 0x2033, 0x2019, 0x201D, 0xBB, 0x266F, 0x2B9, 0x2BA, 0xBF, mark | 0x309,
    mark | 0x300, mark | 0x301, mark | 0x302, mark | 0x303, mark | 0x304, mark | 0x306, mark | 0x307, mark | 0x308,
    mark | 0x308, mark | 0x30A, mark | 0x315, mark | 0x313, mark | 0x30B, mark | 0x31B, mark | 0x30C, mark | 0x327,
    mark | 0x31C, mark | 0x326, mark | 0x328, mark | 0x325, mark | 0x32E, mark | 0x323, mark | 0x324, mark | 0x332,
    mark | 0x333, mark | 0x329, mark | 0x32D, 0, either_first_half, ligature_second_half, double_tilde_second_half, 0,
    0xC6, 0x110, 0, 0, 0, 0x132, 0, 0x141, 0xD8, 0x152, 0, 0xDE, 0, 0, 0, 0, 0xE6, 0x111, 0xF0, 0, 0x131, 0x133, 0,
    0x142, 0xF8, 0x153, 0xDF, 0xFE, 0, 0,
};
// clang-format on

} // namespace marc::marc8
