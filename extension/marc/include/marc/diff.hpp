// What changed between two records, field by field.
//
// Fields are compared as they stand: tag and content. A longest common subsequence of the two lists of fields is what
// did not change (extension/marc/diff_align.hpp says how, and its bound). Of the rest:
//   1. the same field in another place is a move;
//   2. a field that is gone and a new one of the same tag are a change when
//      a. at least half of their text is subfields that both have; the most similar pairs first. Compared are at most
//         `similarity_pairs` pairs of a tag: with more of them this step is left out for that tag;
//      b. or they stand between the same unchanged fields, in their order;
//      c. or they are the only such pair that is left of their tag;
//   3. what remains was deleted or added.
// Two records have no difference exactly when their digests are equal (marc/digest.hpp): so the leader counts without
// the positions that describe the packing.
#pragma once

#include "marc/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

enum class change_kind : std::uint8_t { added, deleted, changed, moved };

/// "add", "delete", "change", "move".
std::string_view name_of(change_kind kind) noexcept;

struct record_change {
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    change_kind kind{};
    std::uint32_t a = none;      ///< which field of a, from 0; none for a field that was added, and for the leader
    std::uint32_t b = none;      ///< which field of b, from 0; none for a field that was deleted, and for the leader
    std::uint32_t at = none;     ///< where in b: the field itself, or the one in front of which a deleted field stood
    std::uint32_t leader = none; ///< a character of the leader that changed, from 0
};

/// How many pairs of fields of one tag are compared for their similarity.
inline constexpr std::size_t similarity_pairs = 4'096;

/// The changes that lead from a to b: the leader's first, by position; then in the order of b, with each deleted field
/// before the field that follows it. O(n log n) in the number of fields and subfields.
/// @throws parse_error corrupt
std::pmr::vector<record_change> diff(const record_view& a, const record_view& b, std::pmr::memory_resource* memory);

/// What changed inside a field, a line each, for people: "ind2: 0 > 4", "$a: Dogs > Cats", "+$x: Fiction",
/// "-$0: fst1", "$x moved: Fiction"; for a control field of the same length "/35-37: eng > ger". Empty when a control
/// field's length changed and when a field has no indicators or bytes before its first subfield.
/// The values are UTF-8, as they stand in the fields.
std::pmr::vector<std::pmr::string> describe_change(const field_view& a, const field_view& b,
                                                   std::pmr::memory_resource* memory);

struct diff_text_options {
    std::size_t context = 1; ///< unchanged fields shown before and behind each change
    bool ascii_only = false; ///< as in mrk_options
};

/// Appends the changes as lines for people, in the mnemonic form, with a mark in front of each: '-' gone, '+' new
/// (a change is both, the old form first), '~' moved to here, ' ' unchanged, "..." for unchanged fields that are left
/// out. Nothing is appended when there are no changes. The last line has no line break behind it.
void write_diff(const record_view& a, const record_view& b, std::pmr::string& out, diff_text_options options = {});

} // namespace marc
