// Field paths: the part of MARCspec that selects values, compiled once and evaluated often.
//
//   245            whole field: the value, or for data fields the subfield values joined by one blank
//   6..            wildcard: '.' stands for any one character of a tag
//   LDR  LDR/6     leader, character 6 of it
//   008/0-5 008/# 008/#-1    characters by position, from the end with '#' (the last two)
//   245$a  245$a$c  020$a-z  subfields, also ranges, in the order in which they stand in the record
//   650[0]$a 650[#]$a 650[1-#]$a 650$a[0]   occurrences
//   245^1 245^2    indicators
//
// Sub-specs in braces are not evaluated: parse_path throws unsupported_path.
#pragma once

#include "marc/limits.hpp"
#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <type_traits>

namespace marc {

/// A position or a range of positions; `from_end` counts backwards from the last.
struct position_range {
    static constexpr std::uint32_t last = 0xFFFF'FFFF;
    std::uint32_t first = 0;
    std::uint32_t second = last;
    bool from_end = false;
    bool present = false;
};

/// A compiled path: trivially copyable, owns nothing, may be cached as bytes.
struct path {
    enum class target : std::uint8_t { leader, field, indicator, subfields };
    struct part {
        char first_code = 0;
        char last_code = 0;
        position_range index;
        position_range characters;
    };
    target what = target::field;
    std::array<char, 3> tag{};
    std::uint8_t indicator = 0; ///< 1 or 2 when what is indicator
    std::uint8_t part_count = 0;
    position_range index;
    position_range characters;
    std::array<part, limits::path_parts> parts{};
};
static_assert(std::is_trivially_copyable_v<path>);

/// @throws parse_error bad_path, unsupported_path: offset is the position in the text, what() shows the piece
path parse_path(std::string_view text, std::pmr::memory_resource* memory = std::pmr::get_default_resource());

/// Where a value lies in the record.
struct path_place {
    enum class target : std::uint8_t { leader, field, indicator1, indicator2, subfield };
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
    target what = target::leader;
    /// False when the value is no piece of the record: a data field's subfield values joined by blanks, or characters
    /// of them. offset and length are then those of the whole content.
    bool exact = true;
    std::size_t field = npos; ///< index in the record (record_view::field); npos for the leader
    std::size_t subfield =
        npos;               ///< ordinal within the field, counted from 0 over all codes; npos when what is not subfield
    std::size_t offset = 0; ///< first byte, in the leader, the field's content or the subfield's value
    std::size_t length = 0; ///< bytes from there on
};

/// Walks over the values that a path selects.
class path_cursor {
  public:
    /// Borrows path and record. A value borrows from the record or from the scratch text, until the next call.
    path_cursor(const path& selection, const record_view& record, std::pmr::string& scratch);
    /// The next value (UTF-8, may hold NUL when the record does), or false at the end.
    /// @throws parse_error corrupt
    bool next(std::string_view& value);
    /// Where the value of the last successful next() lies.
    const path_place& place() const noexcept { return place_; }

  private:
    bool next_field();
    bool next_subfield(std::string_view& value);
    bool whole_field(std::string_view& value);

    const path& path_;
    const record_view& record_;
    std::pmr::string& scratch_;
    std::size_t field_index_ = 0;
    std::size_t matched_ = 0;
    std::size_t match_total_ = 0;
    std::array<std::uint32_t, limits::path_parts> seen_{};
    std::array<std::uint32_t, limits::path_parts> totals_{};
    subfield_range::iterator subfield_;
    std::size_t subfield_index_ = 0;
    path_place place_;
    bool in_field_ = false;
    bool leader_done_ = false;
};

/// Calls `receive(std::string_view)` for each value.
template <typename Receive>
void evaluate(const path& selection, const record_view& record, std::pmr::string& scratch, Receive&& receive) {
    path_cursor cursor(selection, record, scratch);
    std::string_view value;
    while (cursor.next(value)) {
        receive(value);
    }
}

} // namespace marc
