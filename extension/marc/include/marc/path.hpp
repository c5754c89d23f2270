// Field paths: MARCspec 0.16beta2 (https://marcspec.github.io/MARCspec/marc-spec.html), compiled once and evaluated
// often.
//
//   245            whole field: the value, or for data fields the subfield values joined by one blank
//   6..            wildcard: '.' stands for any one character of a tag
//   LDR  LDR/6     leader, character 6 of it
//   008/0-5 008/# 008/#-1    characters by position, from the end with '#' (the last two)
//   245$a  245$a$c  020$a-z  subfields, also ranges, in the order in which they stand in the record
//   650[0]$a 650[#]$a 650[1-#]$a 650$a[0]   occurrences, counted for each tag and each subfield code
//   245^1 245^2    indicators
//   650$a{$2=\fast} 245{^1=\1} 020$a{!$z|$q~\pbk}   subspecs: only where the condition holds
//
// A subspec looks at the field, and where it names the same subfield at the occurrence, that the path is at (MARCspec
// issue 22). A term with an index or another tag looks at the whole record. path_parse.cpp has the rules.
#pragma once

#include "marc/limits.hpp"
#include "marc/poll.hpp"
#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

/// A position or a range of positions; `from_end` counts backwards from the last.
struct position_range {
    static constexpr std::uint32_t last = 0xFFFF'FFFF;
    std::uint32_t first = 0;
    std::uint32_t second = last;
    bool from_end = false;
    bool present = false;
    friend bool operator==(const position_range&, const position_range&) = default;
};

/// One side of a comparison in a subspec.
struct path_term {
    enum class kind : std::uint8_t {
        itself, ///< the value that the subspec stands behind
        text,   ///< a comparison string
        leader,
        field,
        indicator,
        subfields
    };
    /// For which part of the record the term always has the same values; from narrow to wide.
    enum class scope : std::uint8_t { occurrence, field, record };
    kind what = kind::itself;
    scope where = scope::record;
    std::array<char, 3> tag{};
    std::uint8_t indicator = 0; ///< 1 or 2
    char first_code = 0;
    char last_code = 0;
    position_range index; ///< of the field
    position_range subfield_index;
    position_range characters;
    std::uint32_t text_start = 0; ///< in path::texts
    std::uint32_t text_length = 0;
};

enum class path_operator : std::uint8_t { exists, missing, equal, unequal, includes, excludes };

/// A comparison of a subspec.
struct path_comparison {
    path_operator op = path_operator::exists;
    bool last_of_subspec = true; ///< false: the next comparison is an alternative to this one
    path_term left;
    path_term right;
};

/// A compiled path. Owns its conditions in the memory that parse_path() was given; has no pointers into itself.
struct path {
    enum class target : std::uint8_t { leader, field, indicator, subfields };
    /// Some of the path's comparisons, one after the other.
    struct conditions {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    struct part {
        char first_code = 0;
        char last_code = 0;
        position_range index;
        position_range characters;
        conditions subspecs;
    };
    target what = target::field;
    std::array<char, 3> tag{};
    std::uint8_t indicator = 0; ///< 1 or 2 when what is indicator
    std::uint8_t part_count = 0;
    bool counts_subfields = false; ///< a part has an index
    position_range index;
    position_range characters;
    std::array<part, limits::path_parts> parts{};
    conditions subspecs; ///< of leader, field or indicator
    std::pmr::vector<path_comparison> comparisons;
    std::pmr::string texts; ///< the comparison strings, without escapes

    explicit path(std::pmr::memory_resource* memory) : comparisons(memory), texts(memory) {}
};

/// Compiles a path.
/// @param text   UTF-8
/// @param memory holds the conditions; a path without subspecs allocates nothing
/// @throws parse_error bad_path, unsupported_path (over a limit): offset is the position in the text, what() shows the
/// piece from there on
path parse_path(std::string_view text, std::pmr::memory_resource* memory = std::pmr::get_default_resource());

/// True for a path that looks at nothing but the leader: leader_value() needs no more than that.
inline bool is_leader_only(const path& selection) noexcept {
    return selection.what == path::target::leader && selection.comparisons.empty();
}

/// What such a path selects of a leader; empty when nothing.
std::string_view leader_value(const path& selection, std::string_view leader) noexcept;

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

/// Walks over the fields that a tag and an index select, in the order of the record.
class field_selector {
  public:
    /// Borrows the record. Allocates only for an index behind a tag with wildcards.
    field_selector(const std::array<char, 3>& tag, const position_range& index, const record_view& record,
                   std::pmr::memory_resource* memory);
    /// The index of the next field in the record, or false at the end.
    bool next(std::size_t& field);

  private:
    bool next_match(std::size_t& field) noexcept;
    void select_by_tag();

    const record_view* record_;
    const position_range* index_;
    std::uint32_t bits_ = 0; // of a directory entry: the tag, and which of its bytes count
    std::uint32_t mask_ = 0;
    std::size_t at_ = 0;
    std::size_t matched_ = 0;
    std::size_t total_ = 0;
    bool listed_ = false;
    std::pmr::vector<std::uint64_t> list_;
};

/// Tells whether subspecs hold, and keeps what they found for as long as it stays true.
class path_conditions {
  public:
    /// What a subspec stands behind.
    struct occurrence {
        std::size_t field = 0; ///< index in the record; unused for the leader
        const subfield_view* subfield = nullptr;
        std::string_view value;
    };
    /// Borrows both. Allocates nothing until a comparison needs a list of values.
    path_conditions(const path& selection, const record_view& record, std::pmr::memory_resource* memory);
    /// Forgets what was true of the field before.
    void enter_field() noexcept;
    bool hold(const path::conditions& subspecs, const occurrence& at);

  private:
    enum class answer : std::uint8_t { unknown, no, yes };
    struct memo {
        explicit memo(std::pmr::memory_resource* memory) : values(memory), joined(memory) {}
        answer known = answer::unknown;
        answer left_exists = answer::unknown; // for as long as the values of that side stay the same
        answer right_exists = answer::unknown;
        bool listed = false;
        path_term::scope result_scope = path_term::scope::record;
        path_term::scope list_scope = path_term::scope::record;
        std::pmr::vector<std::string_view> values;       // sorted where they are looked up
        std::pmr::forward_list<std::pmr::string> joined; // what some of the values borrow from
    };
    bool compare(std::size_t number, const occurrence& at);
    bool decide(const path_comparison& comparison, memo& kept, const occurrence& at);
    bool equal(const path_comparison& comparison, memo& kept, const occurrence& at, bool& left_exists);
    bool includes(const path_comparison& comparison, memo& kept, const occurrence& at, bool& left_exists);
    bool exists(const path_term& term, answer& kept, const occurrence& at);
    void list(const path_term& term, memo& kept, const occurrence& at, bool sorted);
    std::string_view text_of(const path_term& term) const noexcept;
    template <typename Visit>
    bool visit(const path_term& term, const occurrence& at, bool needs_value, Visit&& stop);
    template <typename Visit>
    bool visit_field(const path_term& term, std::size_t field, bool needs_value, Visit&& stop);

    const path& path_;
    const record_view& record_;
    std::pmr::memory_resource* memory_;
    std::pmr::vector<memo> memos_;
    std::pmr::string scratch_;
    poller polling_;
};

/// Walks over the values that a path selects.
class path_cursor {
  public:
    /// Borrows path and record. A value borrows from the record or from the scratch text, until the next call.
    /// What subspecs need is allocated where the scratch text allocates.
    path_cursor(const path& selection, const record_view& record, std::pmr::string& scratch);
    path_cursor(const path& selection, const record_view&& record, std::pmr::string& scratch) = delete;
    /// The next value (UTF-8, may hold NUL when the record does), or false at the end.
    /// @throws parse_error corrupt
    bool next(std::string_view& value);
    /// Where the value of the last successful next() lies.
    const path_place& place() const noexcept { return place_; }

  private:
    bool next_leader(std::string_view& value);
    bool indicator_value(std::string_view& value);
    bool field_value(std::string_view& value);
    void enter_subfields();
    bool next_subfield(std::string_view& value);
    bool part_value(std::size_t number, std::string_view& value);

    const path& path_;
    const record_view& record_;
    std::pmr::string& scratch_;
    field_selector fields_;
    path_conditions conditions_;
    path_place place_;
    std::size_t field_ = 0;
    subfield_range::iterator subfield_;
    std::size_t ordinal_ = 0;
    std::size_t part_ = 0;
    std::uint64_t emitted_ = 0; // bit n: part n gave a value of the subfield at hand
    bool in_field_ = false;
    bool leader_done_ = false;
    poller polling_;
    // By subfield code, within the field; only where counts_subfields, else not even set.
    std::array<std::uint32_t, 128> seen_;
    std::array<std::uint32_t, 128> totals_;
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
