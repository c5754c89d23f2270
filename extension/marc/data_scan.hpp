// Inside of the library: one look at the bytes of all fields, for whoever reads, checks or builds a record.
#pragma once

#include "byte_block.hpp"
#include "marc/record.hpp"

#include <cstddef>
#include <cstring>
#include <string_view>

namespace marc {

struct data_facts {
    std::size_t terminators = 0; ///< how many 1E
    bool non_ascii = false;      ///< a byte over 7F
    bool controls = false;       ///< a byte under 20 that is neither 1E nor 1F
    bool empty_codes = false;    ///< 1F before 1F, before 1E or at the end

    /// What is true of this data and more behind it.
    void add(const data_facts& more) noexcept {
        terminators += more.terminators;
        non_ascii = non_ascii || more.non_ascii;
        controls = controls || more.controls;
        empty_codes = empty_codes || more.empty_codes;
    }
};

/// @param data the fields of a record, each with 1E behind it
template <class Block = byte_block>
data_facts scan_data(std::string_view data) noexcept;

/// Calls take(end) with the place behind each 1E, until take says false.
template <class Block = byte_block, typename Take>
void for_each_terminator(std::string_view data, Take take) {
    const auto take_all = [&](std::size_t at, byte_mask mask) {
        for (; mask != 0; mask &= mask - 1) {
            if (!take(at + first_of(mask) + 1)) {
                return false;
            }
        }
        return true;
    };
    std::size_t at = 0;
    for (; data.size() - at >= Block::bytes; at += Block::bytes) {
        if (!take_all(at, Block(data.data() + at).equal(field_terminator))) {
            return;
        }
    }
    char last[Block::bytes] = {};
    std::memcpy(last, data.data() + at, data.size() - at);
    take_all(at, Block(last).equal(field_terminator));
}

/// One past the count-th 1E from `start` on, or npos when there are fewer.
template <class Block = byte_block>
std::size_t pass_terminators(std::string_view data, std::size_t start, std::size_t count) noexcept;

enum class tag_characters { digits, letters_and_digits, others };

/// What the tags consist of.
/// @param tags three bytes for each
template <class Block = byte_block>
tag_characters scan_tags(std::string_view tags) noexcept;

} // namespace marc
