// Editing: each function takes a record and builds another. An edited record has no residue and no form that it was
// read from; what was lost when it was read stays marked (record_flag::lossy). Where nothing would change, nothing is
// built.
//
// The value of a path (marc/path.hpp) can be changed where it is a piece of the record: a control field, a subfield, an
// indicator, characters of these and of the leader.
#pragma once

#include "marc/builder.hpp"
#include "marc/path.hpp"
#include "marc/record.hpp"
#include "marc/tag_pattern.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace marc {

/// In each function that takes a path: a tag such as 9XX, 65X or XXX that no field has is no mistake of MARCspec, where
/// X is a letter like others, but is one of the caller, since rules of merging and keep_fields() take X for any
/// character.
enum class edit_outcome : std::uint8_t {
    unchanged,    ///< the builder is empty: the record is as it should be
    changed,      ///< the builder holds the new record
    no_place,     ///< the path names something that cannot be edited so: a data field as a whole, characters to delete
    wrong_length, ///< the leader would not have 24 characters, or characters of a control field would shift
    delimiter,    ///< the value holds 1D, 1E or 1F, which separate records, fields and subfields
    indicator,    ///< an indicator is one ASCII character
    wildcard,     ///< X in the tag of the path is meant for any character, and stands for itself
};

/// Sets every value that the path selects.
///
/// Where it selects none, what is missing is made if the path names it exactly:
///   245$c      a subfield at the end of the field, when the record has one field of the tag; when it has none, a field
///              with blank indicators, in its place (edit_order.hpp)
///   650[1]$2   a subfield at the end of that field, when it is there
///   003        a control field (tag 00X), in its place
/// With several fields of the tag and no index nothing is made, and nothing for ranges, wildcards, characters,
/// sub-specs. A data field as a whole cannot be set, whether there is one or not.
///
/// @param value UTF-8. For characters of a control field or of the leader, as many characters as the path selects; for
///        the whole leader 24 ASCII characters; for an indicator one, with "" and "\" for a blank.
/// @throws parse_error too_large
edit_outcome set_values(const record_view& record, const path& selection, std::string_view value, builder& into);

/// Deletes every subfield or field that the path selects. A field whose last subfield goes is deleted, too.
/// @throws parse_error as set_values()
edit_outcome delete_values(const record_view& record, const path& selection, builder& into);

/// Puts `replacement` for every occurrence of `pattern`, character by character, in each value that the path selects; a
/// data field as a whole stands for all of its subfields. An empty pattern changes nothing.
/// @throws parse_error as set_values()
edit_outcome replace_in_values(const record_view& record, const path& selection, std::string_view pattern,
                               std::string_view replacement, builder& into);

/// @param leader 24 ASCII characters
edit_outcome set_leader(const record_view& record, std::string_view leader, builder& into);

enum class field_place : std::uint8_t {
    by_tag, ///< behind the last field of its tag, else before the first of a higher tag (edit_order.hpp)
    end,
};

/// Adds the fields of `more`, one after the other; its leader does not count.
/// @throws parse_error too_large
edit_outcome add_fields(const record_view& record, const record_view& more, field_place place, builder& into);

/// Sorts by tag: numbers first, then other tags; fields of the same tag stay in their order. So 880 stands with the 8XX
/// and the control fields come first.
edit_outcome sort_fields(const record_view& record, builder& into);

/// Keeps the fields whose tag one of the patterns matches.
edit_outcome keep_fields(const record_view& record, std::span<const tag_pattern> tags, builder& into);

/// The leader of a new record for "bibliographic", "authority", "holdings", "classification" or "community"; empty for
/// other names.
std::string_view leader_for(std::string_view kind) noexcept;

/// An indicator as people write it: one ASCII character, "" or "\" for a blank; 0 when it is none.
char indicator_of(std::string_view text) noexcept;

/// True when the text holds a character that separates records, fields or subfields.
bool has_delimiter(std::string_view text) noexcept;

} // namespace marc
