// BLAKE2b of any length (RFC 7693, unkeyed): OpenSSL 3.0 offers only the 512-bit one, and OCFL extension 0009 names
// 160, 256 and 384 bits for fixity blocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace everarchive::archive {

class blake2b {
  public:
    /// `length`: bytes of the digest, 1 to 64.
    explicit blake2b(std::size_t length);

    void update(std::string_view data);

    /// The digest as raw bytes. Nothing may be added afterwards.
    std::string finish();

  private:
    void compress(bool last);

    std::array<std::uint64_t, 8> state_{};
    std::array<unsigned char, 128> block_{};
    std::size_t filled_ = 0;
    std::uint64_t counted_ = 0;
    std::size_t length_;
};

} // namespace everarchive::archive
