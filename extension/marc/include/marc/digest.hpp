// The digest of a record's content: equal for the same record whatever form it came in. This definition is for ever.
//
// SHA-256 over, in this order:
//   1. the 7 ASCII bytes "marc 1\n";
//   2. the 24 bytes of the leader, where
//      - 00-04, 10-11, 12-16 and 20-23 are blanks: they describe the ISO 2709 packing, not the content, and every
//        writer sets them anew;
//      - 09 is 'a' when a byte over 7F occurs in any field: the content is UTF-8 whatever the label said;
//   3. for each field in its order: the tag (3 bytes), the length of the content as unsigned 32 bits, most significant
//      byte first, and the content: for control fields the value; for data fields indicator 1, indicator 2, and for
//      each subfield 1F, code, value. UTF-8 as it is, no Unicode normalisation, no terminator.
#pragma once

#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace marc {

using digest_bytes = std::array<std::byte, 32>;

/// The leader as the digest sees it (point 2): the packing blank, 09 set to what the content is.
std::array<char, limits::leader_bytes> canonical_leader(const record_view& record) noexcept;

/// @throws parse_error corrupt
digest_bytes digest(const record_view& record);

/// SHA-256 (FIPS 180-4), piece by piece.
class sha256 {
  public:
    sha256() noexcept;
    void update(std::string_view bytes) noexcept;
    digest_bytes finish() noexcept;

  private:
    std::array<std::uint32_t, 8> state_;
    std::array<unsigned char, 64> block_;
    std::size_t used_ = 0;
    std::uint64_t total_ = 0;
};

} // namespace marc
