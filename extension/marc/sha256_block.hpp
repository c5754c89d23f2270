// Inside of the library: the compression function of SHA-256.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace marc {

/// Takes `count` blocks of 64 bytes into the state. Uses the processor's SHA instructions where it has them.
void sha256_blocks(std::array<std::uint32_t, 8>& state, const unsigned char* blocks, std::size_t count) noexcept;

/// The same without special instructions; for comparison in tests.
void sha256_blocks_portable(std::array<std::uint32_t, 8>& state, const unsigned char* blocks,
                            std::size_t count) noexcept;

} // namespace marc
