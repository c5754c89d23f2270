// Inside of the library: finding a text in a text.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace marc {

/// Where the piece starts at or behind `from`, or npos. Takes time that grows with the sum of the sizes, whatever the
/// texts are; std::string_view::find does not.
inline std::size_t find_piece(std::string_view text, std::string_view piece, std::size_t from = 0) noexcept {
    if (from > text.size() || piece.size() > text.size() - from) {
        return std::string_view::npos;
    }
    if (piece.empty()) {
        return from;
    }
    const void* found = memmem(text.data() + from, text.size() - from, piece.data(), piece.size());
    return found == nullptr ? std::string_view::npos
                            : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

inline bool contains(std::string_view text, std::string_view piece) noexcept {
    return find_piece(text, piece) != std::string_view::npos;
}

} // namespace marc
