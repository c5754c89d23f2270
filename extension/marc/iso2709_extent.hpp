// Inside of the library: where a record starts and ends among other bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace marc {

/// Filler that systems put around records: NUL, blank, CR, LF, 1A (end of file of CP/M) and the UTF-8 byte order mark.
std::size_t skip_filler(std::string_view text, std::size_t at) noexcept;

/// A number of exactly these digits, or nothing.
inline std::optional<std::size_t> decimal(std::string_view digits) noexcept {
    std::size_t n = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        n = n * 10 + static_cast<std::size_t>(c - '0');
    }
    return n;
}

/// How many of the four marks of a leader are there: five digits of length, five digits of base address, 22, 45.
int leader_marks(std::string_view text) noexcept;

struct iso2709_extent {
    std::size_t bytes = 0;   ///< with the terminator
    bool terminated = false; ///< ends in 1D
};

/// For bytes that are no record: how many of them there are. A record starts behind them, or the text ends.
std::size_t find_next_leader(std::string_view text);

/// The record that starts at the front of the text. A 1D ends it when the leader's length says so, or when filler and
/// the end, or filler and a leader, follow.
iso2709_extent find_extent(std::string_view text);

} // namespace marc
