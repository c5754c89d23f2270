// Inside of the library: a text as its difference from another one.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// Appends what makes `target` out of `source`: a list of steps. A step is three numbers (seven bits a byte, the lowest
/// first, bit 7 set when more follow): how many new bytes come, how many bytes of the source come after these, and,
/// when that is not 0, how far from the place where the last copy ended (zigzag: 2n forwards, 2n-1 backwards), counted
/// from behind as many source bytes as new bytes came; then the new bytes. Deterministic; linear in time and memory.
void append_difference(std::string_view source, std::string_view target, std::pmr::string& out);

/// Appends the target again.
/// @return false when the difference is not well-formed or the target would be longer than `limit`
bool apply_difference(std::string_view source, std::string_view difference, std::size_t limit, std::pmr::string& out);

} // namespace marc
