// Inside of the library: how two sequences are laid beside each other, for the fields of two records and for the
// subfields of two fields.
#pragma once

#include "marc/poll.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <numeric>
#include <span>
#include <vector>

namespace marc::align {

inline constexpr std::uint32_t none = 0xFFFF'FFFF;

/// Numbers `count` things so that equal ones have the same number, from 0 without a gap. By sorting, not by hashing:
/// no input can make it slow.
/// @param compare takes two positions, returns negative, 0 or positive
template <typename Compare>
std::pmr::vector<std::uint32_t> number(std::size_t count, std::pmr::memory_resource* memory, Compare&& compare) {
    std::pmr::vector<std::uint32_t> order(count, 0, memory);
    std::iota(order.begin(), order.end(), 0U);
    poller polling;
    std::sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) {
        polling.step();
        return compare(x, y) < 0;
    });
    std::pmr::vector<std::uint32_t> numbers(count, 0, memory);
    std::uint32_t next = 0;
    for (std::size_t i = 1; i < count; ++i) {
        next += compare(order[i - 1], order[i]) == 0 ? 0 : 1;
        numbers[order[i]] = next;
    }
    return numbers;
}

/// A common subsequence: for each element of a its partner's position in b, or none; partners ascend.
///
/// The longest one, unless a number occurs so often in both that its occurrences in a times those in b are more than
/// `exact_pairs`; of such a number only the k-th occurrences are compared with each other. So the time is
/// O(n log n), whatever repeats: candidate pairs, at most two for each element, of which the longest ascending chain is
/// taken.
/// @param numbers how many different numbers there are: every element is smaller
std::pmr::vector<std::uint32_t> common(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                                       std::size_t numbers, std::pmr::memory_resource* memory);

inline constexpr std::size_t exact_pairs = 16;

} // namespace marc::align
