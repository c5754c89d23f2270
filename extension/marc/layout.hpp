// Inside of the library: where the bytes of a stored record lie, and what a directory entry says about its field.
#pragma once

#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace marc::layout {

inline constexpr char version = 1;

// Header: version, flags, flavour (low four bits) and format (high four bits), encoding, leader, then three counts.
inline constexpr std::size_t leader_at = 4;
inline constexpr std::size_t field_count_at = 28;
inline constexpr std::size_t data_bytes_at = 32;
inline constexpr std::size_t residue_bytes_at = 36;

// Directory entry: tag, kind, two indicators, facts, offset.
inline constexpr std::size_t kind_at = 3;
inline constexpr std::size_t indicator_at = 4;
inline constexpr std::size_t facts_at = 6;
inline constexpr std::size_t offset_at = 8;

// Bits of an entry's facts; the low 13 bits count subfields, and stay at their highest value when there are more.
inline constexpr std::uint16_t no_indicators = 0x8000;
inline constexpr std::uint16_t leading_value = 0x4000;
inline constexpr std::uint16_t nul = 0x2000;
inline constexpr std::uint16_t subfield_count = 0x1FFF;

template <typename Number>
Number load(const char* at) noexcept {
    Number n;
    std::memcpy(&n, at, sizeof n);
    return n;
}

template <typename Number>
void store(char* at, Number n) noexcept {
    std::memcpy(at, &n, sizeof n);
}

using entry = std::array<char, record_view::entry_bytes>;

/// Two ASCII characters that are no delimiter stand in front.
bool starts_with_indicators(std::string_view content) noexcept;

/// Control fields are those of the tags 00X, and those with another tag than three digits and no subfield (such as
/// Aleph's FMT).
field_kind kind_of(std::string_view tag, std::string_view content) noexcept;

/// The entry that follows from tag, content and offset: one function, so that check() demands what builder writes.
entry describe(std::string_view tag, std::string_view content, std::uint32_t offset) noexcept;

} // namespace marc::layout
