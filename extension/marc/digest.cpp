#include "marc/digest.hpp"

#include "marc/poll.hpp"
#include "sha256_block.hpp"

#include <algorithm>
#include <cstring>

namespace marc {
namespace {

// FIPS 180-4, section 5.3.3.
constexpr std::array<std::uint32_t, 8> initial_state = {0x6a09e667U, 0xbb67ae85U, 0x3c6ef372U, 0xa54ff53aU,
                                                        0x510e527fU, 0x9b05688cU, 0x1f83d9abU, 0x5be0cd19U};

void store_big_endian(char* at, std::uint64_t n, std::size_t bytes) noexcept {
    for (std::size_t i = 0; i < bytes; ++i) {
        at[i] = static_cast<char>(n >> (8 * (bytes - 1 - i)));
    }
}

} // namespace

sha256::sha256() noexcept : state_(initial_state), block_{} {}

void sha256::update(std::string_view bytes) noexcept {
    total_ += bytes.size();
    if (used_ > 0) {
        const std::size_t n = std::min(bytes.size(), block_.size() - used_);
        std::memcpy(block_.data() + used_, bytes.data(), n);
        used_ += n;
        bytes.remove_prefix(n);
        if (used_ < block_.size()) {
            return;
        }
        sha256_blocks(state_, block_.data(), 1);
        used_ = 0;
    }
    const std::size_t whole = bytes.size() / block_.size();
    if (whole > 0) {
        sha256_blocks(state_, reinterpret_cast<const unsigned char*>(bytes.data()), whole);
        bytes.remove_prefix(whole * block_.size());
    }
    if (!bytes.empty()) {
        std::memcpy(block_.data(), bytes.data(), bytes.size());
        used_ = bytes.size();
    }
}

digest_bytes sha256::finish() noexcept {
    // 1 bit, zeros, and the length in bits as 64 bits at the end of a block.
    char padding[72] = {static_cast<char>(0x80)};
    const std::size_t zeros = (used_ < 56 ? 56 : 120) - used_;
    store_big_endian(padding + zeros, total_ * 8, 8);
    update({padding, zeros + 8});
    digest_bytes result;
    for (std::size_t i = 0; i < state_.size(); ++i) {
        store_big_endian(reinterpret_cast<char*>(result.data()) + 4 * i, state_[i], 4);
    }
    return result;
}

std::array<char, limits::leader_bytes> canonical_leader(const record_view& record) noexcept {
    std::array<char, limits::leader_bytes> leader;
    std::copy_n(record.leader().data(), leader.size(), leader.data());
    constexpr std::size_t packing[][2] = {{0, 5}, {10, 12}, {12, 17}, {20, 24}};
    for (const auto& [from, to] : packing) {
        std::fill(leader.data() + from, leader.data() + to, ' ');
    }
    if (record.has(record_flag::non_ascii)) {
        leader[9] = 'a';
    }
    return leader;
}

digest_bytes digest(const record_view& record) {
    const auto leader = canonical_leader(record);
    sha256 hash;
    hash.update("marc 1\n");
    hash.update({leader.data(), leader.size()});
    poller polling;
    for (const field_view f : record) {
        char frame[7];
        std::copy_n(f.tag().data(), 3, frame);
        store_big_endian(frame + 3, f.content().size(), 4);
        hash.update({frame, sizeof frame});
        hash.update(f.content());
        polling.step(f.content().size());
    }
    return hash.finish();
}

} // namespace marc
