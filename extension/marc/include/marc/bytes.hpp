// The two ways to look at the same bytes: ISO 2709 and stored records are bytes, everything read from them is text.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace marc {

/// The bytes of a text; borrows.
inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Bytes seen as text, unchecked; borrows.
inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace marc
