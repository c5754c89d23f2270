// Inside of the library: the numbers of an ISO 2709 leader and directory.
#pragma once

#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace marc {
namespace detail {

constexpr std::array<char, 200> make_digit_pairs() {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}

/// Two digits for each number under 100.
inline constexpr std::array<char, 200> digit_pairs = make_digit_pairs();

} // namespace detail

/// Writes the four low digits of a number.
inline void store_four(char* at, std::size_t n) noexcept {
    const auto low = static_cast<std::uint32_t>(n % 10'000);
    std::memcpy(at, &detail::digit_pairs[low / 100 * 2], 2);
    std::memcpy(at + 2, &detail::digit_pairs[low % 100 * 2], 2);
}

/// The five low digits.
inline void store_five(char* at, std::size_t n) noexcept {
    at[0] = static_cast<char>('0' + n / 10'000 % 10);
    store_four(at + 1, n);
}

/// Writes a directory entry of 12 bytes. Of numbers that do not fit the low digits, as many systems do.
/// @param tag three bytes
inline void write_entry(char* at, const char* tag, std::size_t bytes, std::size_t start) noexcept {
    std::memcpy(at, tag, 3);
    store_four(at + 3, bytes);
    store_five(at + 7, start);
}

/// Writes the directory of the fields as they are stored: 12 bytes for each.
/// @throws parse_error corrupt
void write_directory(const record_view& record, char* at);

} // namespace marc
