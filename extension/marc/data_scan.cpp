#include "data_scan.hpp"

#include <algorithm>
#include <cstring>

namespace marc {

template <class Block>
data_facts scan_data(std::string_view data) noexcept {
    Block high;
    Block controls;
    Block empty;
    data_facts facts;
    const auto look = [&](Block& terminators, const char* at) {
        const Block block(at);
        const Block delimiters = block.where_equal_but(field_terminator, field_terminator ^ subfield_delimiter);
        const Block terminator = block.where_equal(field_terminator);
        const Block delimiters_behind =
            Block(at + 1).where_equal_but(field_terminator, field_terminator ^ subfield_delimiter);
        high = high | block;
        controls = controls | (block.where_control() ^ delimiters);
        empty = empty | ((delimiters ^ terminator) & delimiters_behind);
        terminators.count(terminator);
    };
    std::size_t at = 0;
    while (data.size() - at > Block::bytes) {
        // A byte counts to 255.
        const std::size_t steps = std::min<std::size_t>((data.size() - at - 1) / Block::bytes, 255);
        Block terminators;
        for (std::size_t i = 0; i < steps; ++i, at += Block::bytes) {
            look(terminators, data.data() + at);
        }
        facts.terminators += terminators.sum();
    }
    char last[Block::bytes + 1];
    std::memset(last, ' ', sizeof last);
    std::memcpy(last, data.data() + at, data.size() - at);
    Block terminators;
    look(terminators, last);
    facts.terminators += terminators.sum();
    facts.non_ascii = high.high() != 0;
    facts.controls = controls.any();
    facts.empty_codes = empty.any() || data.ends_with(subfield_delimiter);
    return facts;
}

template <class Block>
std::size_t pass_terminators(std::string_view data, std::size_t start, std::size_t count) noexcept {
    std::size_t behind = count == 0 ? start : std::string_view::npos;
    if (count > 0 && start < data.size()) {
        for_each_terminator<Block>(data.substr(start), [&](std::size_t end) {
            --count;
            behind = count == 0 ? start + end : behind;
            return count > 0;
        });
    }
    return behind;
}

template <class Block>
tag_characters scan_tags(std::string_view tags) noexcept {
    constexpr byte_mask all = (byte_mask{1} << Block::bytes) - 1;
    byte_mask digits = all;
    byte_mask both = all;
    const auto look = [&](const char* at) {
        const Block block(at);
        digits &= block.digit();
        both &= block.alphanumeric();
    };
    std::size_t at = 0;
    for (; tags.size() - at >= Block::bytes; at += Block::bytes) {
        look(tags.data() + at);
    }
    char last[Block::bytes];
    std::memset(last, '0', sizeof last);
    std::memcpy(last, tags.data() + at, tags.size() - at);
    look(last);
    return digits == all ? tag_characters::digits
           : both == all ? tag_characters::letters_and_digits
                         : tag_characters::others;
}

template data_facts scan_data<portable_block>(std::string_view) noexcept;
template std::size_t pass_terminators<portable_block>(std::string_view, std::size_t, std::size_t) noexcept;
template tag_characters scan_tags<portable_block>(std::string_view) noexcept;
#if defined(__SSE2__)
template data_facts scan_data<sse2_block>(std::string_view) noexcept;
template std::size_t pass_terminators<sse2_block>(std::string_view, std::size_t, std::size_t) noexcept;
template tag_characters scan_tags<sse2_block>(std::string_view) noexcept;
#endif

} // namespace marc
