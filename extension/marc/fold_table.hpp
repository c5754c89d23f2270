// Inside of the library: the table behind fold(), written by fold_table.py.
#pragma once

#include <cstddef>
#include <cstdint>

namespace marc::fold_table {

// Entries below first_text say what happens; from there on they are the place in texts (counted from first_text) of a
// length byte and that many bytes of UTF-8, in which a blank stands for a gap between words.
inline constexpr std::uint16_t keep = 0;      ///< stays as it is
inline constexpr std::uint16_t drop = 1;      ///< vanishes
inline constexpr std::uint16_t blank = 2;     ///< a gap between words
inline constexpr std::uint16_t keep_mark = 3; ///< stays, but vanishes from NACO headings
inline constexpr std::uint16_t first_text = 16;

inline constexpr unsigned block_bits = 7;

extern const std::uint16_t index[];  ///< block of 128 characters → number of the block in entries
extern const std::size_t index_size; ///< characters behind it are as those of its last block
extern const std::uint16_t entries[];
extern const unsigned char texts[];

/// The entry of a code point up to U+10FFFF.
inline std::uint16_t entry_of(char32_t c) noexcept {
    std::size_t block = static_cast<std::size_t>(c) >> block_bits;
    block = block < index_size ? block : index_size - 1;
    return entries[(static_cast<std::size_t>(index[block]) << block_bits) | (c & ((1U << block_bits) - 1))];
}

} // namespace marc::fold_table
