// Digests of what is archived, in the names and the lower-case hex form that OCFL uses.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "archive/blake2b.hpp"

struct evp_md_ctx_st; // OpenSSL's EVP_MD_CTX

namespace everarchive::archive {

class digest {
  public:
    /// `algorithm`: md5, sha1, sha256, sha512, sha512/256, blake2b-160, -256, -384 or -512 (OCFL 1.1 section 3.4 and
    /// extension 0009). Throws everarchive::error for another one.
    explicit digest(std::string_view algorithm);

    void update(std::string_view data);

    /// Lower-case hex. Nothing may be added afterwards.
    std::string hex();

    static bool supported(std::string_view algorithm) noexcept;

    /// Number of hex digits of a digest, 0 for an unknown algorithm.
    static std::size_t hex_length(std::string_view algorithm) noexcept;

  private:
    using openssl = std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)>;
    std::variant<openssl, blake2b> with_;
};

/// The digest of `data` in one step, lower-case hex.
std::string digest_of(std::string_view algorithm, std::string_view data);

/// `raw` bytes as lower-case hex.
std::string to_hex(std::string_view raw);

} // namespace everarchive::archive
