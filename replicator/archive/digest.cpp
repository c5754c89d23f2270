#include "archive/digest.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/error.hpp"

namespace everarchive::archive {

namespace {

struct named {
    std::string_view ocfl;
    const char* openssl; // null: our own BLAKE2b
    std::size_t bytes;
};

constexpr std::array<named, 9> algorithms = {{{"sha512", "SHA512", 64},
                                              {"sha256", "SHA256", 32},
                                              {"md5", "MD5", 16},
                                              {"sha1", "SHA1", 20},
                                              {"sha512/256", "SHA512-256", 32},
                                              {"blake2b-512", nullptr, 64},
                                              {"blake2b-384", nullptr, 48},
                                              {"blake2b-256", nullptr, 32},
                                              {"blake2b-160", nullptr, 20}}};

const named* find(std::string_view algorithm) noexcept {
    for (const named& one : algorithms) {
        if (one.ocfl == algorithm) {
            return &one;
        }
    }
    return nullptr;
}

error unknown(std::string_view algorithm) {
    return {exit_code::refused, cause::needs_person, "unknown digest algorithm: " + std::string(algorithm)};
}

} // namespace

digest::digest(std::string_view algorithm) : with_(blake2b(64)) {
    const named* one = find(algorithm);
    if (one == nullptr) {
        throw unknown(algorithm);
    }
    if (one->openssl == nullptr) {
        with_ = blake2b(one->bytes);
        return;
    }
    openssl context(EVP_MD_CTX_new(), [](evp_md_ctx_st* c) { EVP_MD_CTX_free(c); });
    const EVP_MD* md = EVP_get_digestbyname(one->openssl);
    if (context == nullptr || md == nullptr || EVP_DigestInit_ex(context.get(), md, nullptr) != 1) {
        throw error(exit_code::state, cause::needs_person,
                    "OpenSSL on this machine refuses the digest " + std::string(algorithm),
                    "openssl list -digest-algorithms shows what it has; a FIPS configuration may forbid it");
    }
    with_ = std::move(context);
}

void digest::update(std::string_view data) {
    if (auto* own = std::get_if<blake2b>(&with_)) {
        own->update(data);
    } else if (EVP_DigestUpdate(std::get<openssl>(with_).get(), data.data(), data.size()) != 1) {
        throw error(exit_code::bug, cause::needs_person, "a digest was used after it was finished");
    }
}

std::string digest::hex() {
    if (auto* own = std::get_if<blake2b>(&with_)) {
        return to_hex(own->finish());
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned int length = 0;
    if (EVP_DigestFinal_ex(std::get<openssl>(with_).get(), raw.data(), &length) != 1) {
        throw error(exit_code::bug, cause::needs_person, "a digest was finished twice");
    }
    return to_hex({reinterpret_cast<const char*>(raw.data()), length});
}

bool digest::supported(std::string_view algorithm) noexcept {
    return find(algorithm) != nullptr;
}

std::size_t digest::hex_length(std::string_view algorithm) noexcept {
    const named* one = find(algorithm);
    return one == nullptr ? 0 : one->bytes * 2;
}

std::string digest_of(std::string_view algorithm, std::string_view data) {
    digest d(algorithm);
    d.update(data);
    return d.hex();
}

std::string to_hex(std::string_view raw) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(raw.size() * 2);
    for (const char c : raw) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

} // namespace everarchive::archive
