#include "data_scan.hpp"

#include "marc/record.hpp"

#include <cstdint>
#include <cstring>

namespace marc {
namespace {

constexpr std::size_t group_bytes = 64;

std::size_t count_bits(std::uint64_t bits) noexcept {
    // Without the instruction, which not every x86-64 has, std::popcount would be a call.
    bits -= (bits >> 1U) & 0x5555'5555'5555'5555ULL;
    bits = (bits & 0x3333'3333'3333'3333ULL) + ((bits >> 2U) & 0x3333'3333'3333'3333ULL);
    bits = (bits + (bits >> 4U)) & 0x0F0F'0F0F'0F0F'0F0FULL;
    return static_cast<std::size_t>((bits * 0x0101'0101'0101'0101ULL) >> 56U);
}

} // namespace

template <class Block>
data_facts scan_data(std::string_view data) noexcept {
    data_facts facts;
    byte_mask high = 0;
    std::uint64_t controls = 0;
    std::uint64_t empty = 0;
    std::uint64_t delimiter_before = 0; // bit 0: the last byte of the group before is 1F
    char last[group_bytes];
    for (std::size_t at = 0; at < data.size(); at += group_bytes) {
        const char* group = data.data() + at;
        if (data.size() - at < group_bytes) {
            std::memset(last, ' ', sizeof last);
            std::memcpy(last, group, data.size() - at);
            group = last;
        }
        const Block blocks[] = {Block(group), Block(group + 16), Block(group + 32), Block(group + 48)};
        const auto join = [&blocks](auto mask_of) {
            return std::uint64_t{mask_of(blocks[0]) | (mask_of(blocks[1]) << 16U)} |
                   (std::uint64_t{mask_of(blocks[2]) | (mask_of(blocks[3]) << 16U)} << 32U);
        };
        const std::uint64_t control = join([](const Block& b) { return b.control(); });
        const std::uint64_t delimiter = join([](const Block& b) { return b.equal(subfield_delimiter); });
        const std::uint64_t terminator = join([](const Block& b) { return b.equal(field_terminator); });
        high |= ((blocks[0] | blocks[1]) | (blocks[2] | blocks[3])).high();
        controls |= control & ~(delimiter | terminator);
        empty |= ((delimiter << 1U) | delimiter_before) & (delimiter | terminator);
        delimiter_before = delimiter >> (group_bytes - 1);
        facts.terminators += count_bits(terminator);
    }
    facts.non_ascii = high != 0;
    facts.controls = controls != 0;
    facts.empty_codes = empty != 0 || data.ends_with(subfield_delimiter);
    return facts;
}

template <class Block>
bool is_alphanumeric(std::string_view text) noexcept {
    constexpr byte_mask all = (byte_mask{1} << Block::bytes) - 1;
    byte_mask found = all;
    std::size_t at = 0;
    for (; text.size() - at >= Block::bytes; at += Block::bytes) {
        found &= Block(text.data() + at).alphanumeric();
    }
    char last[Block::bytes];
    std::memset(last, '0', sizeof last);
    std::memcpy(last, text.data() + at, text.size() - at);
    return (found & Block(last).alphanumeric()) == all;
}

template data_facts scan_data<portable_block>(std::string_view) noexcept;
template bool is_alphanumeric<portable_block>(std::string_view) noexcept;
#if defined(__SSE2__)
template data_facts scan_data<sse2_block>(std::string_view) noexcept;
template bool is_alphanumeric<sse2_block>(std::string_view) noexcept;
#endif

} // namespace marc
