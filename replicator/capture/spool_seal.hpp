// What a spool puts on disk nobody can read: rows lie there as they came from the library system, before the privacy
// wall. The key is in this process alone and ends with it, as the spools do.
#pragma once

#include <cstdint>
#include <span>

namespace everarchive::capture {

/// A number that no other part of any spool of this process has.
std::uint64_t new_part_number();

/// Seals or opens, in place, the bytes that stand from `offset` on in a part (AES-256-CTR, NIST SP 800-38A: the part's
/// number and the block's are the counter, so no stream of the cipher is used twice). Throws error if the cipher is
/// not to be had.
void seal(std::uint64_t part, std::uint64_t offset, std::span<char> bytes);

} // namespace everarchive::capture
