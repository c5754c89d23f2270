#include "capture/spool_seal.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "base/error.hpp"

namespace everarchive::capture {

namespace {

constexpr std::uint64_t cipher_block = 16;

void demand(bool done) {
    if (!done) {
        throw error(exit_code::state, cause::needs_person, "cannot encrypt the spool of a large transaction",
                    "look at the installation of OpenSSL: openssl enc -aes-256-ctr -list must know the cipher");
    }
}

const std::array<unsigned char, 32>& key() {
    static const std::array<unsigned char, 32> made = [] {
        std::array<unsigned char, 32> bytes{};
        demand(RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
        return bytes;
    }();
    return made;
}

void put_number(std::uint64_t number, unsigned char* to) {
    for (int i = 7; i >= 0; --i) {
        to[i] = static_cast<unsigned char>(number & 0xffU);
        number >>= 8U;
    }
}

} // namespace

std::uint64_t new_part_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

void seal(std::uint64_t part, std::uint64_t offset, std::span<char> bytes) {
    std::array<unsigned char, cipher_block> counter{};
    put_number(part, counter.data());
    put_number(offset / cipher_block, counter.data() + 8);
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    demand(context != nullptr &&
           EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, key().data(), counter.data()) == 1);
    std::array<unsigned char, cipher_block> passed{};
    int length = 0;
    if (offset % cipher_block != 0) {
        demand(EVP_EncryptUpdate(context.get(), passed.data(), &length, passed.data(),
                                 static_cast<int>(offset % cipher_block)) == 1);
    }
    constexpr std::size_t most = 1U << 30U; // the cipher counts in int
    for (std::size_t at = 0; at < bytes.size(); at += most) {
        // NOLINTNEXTLINE(*-reinterpret-cast): the cipher takes unsigned bytes
        auto* const place = reinterpret_cast<unsigned char*>(bytes.data() + at);
        demand(EVP_EncryptUpdate(context.get(), place, &length, place,
                                 static_cast<int>(std::min(most, bytes.size() - at))) == 1);
    }
}

} // namespace everarchive::capture
