// Inside of the library: what rules with the output marc have made, as a record.
#pragma once

#include "arena.hpp"

#include "crosswalk/convert.hpp"
#include "crosswalk/document.hpp"
#include "marc/builder.hpp"

#include <memory_resource>
#include <string_view>
#include <vector>

namespace crosswalk::detail {

/// True for three ASCII letters or digits.
bool is_tag(std::string_view name) noexcept;
/// Fields without subfields.
inline bool is_control_tag(std::string_view tag) noexcept {
    return tag.starts_with("00");
}

/// Fills a builder from the children of the root. Fields are sorted by tag, those of 5XX and 6XX as groups; the leader
/// is that of UTF-8 in ISO 2709.
/// @param rules where notes come from
/// @param notes receives what does not fit MARC; may be null
/// @throws marc::parse_error too_large
void write_marc(const node& root, std::string_view rules, marc::builder& into, std::pmr::vector<conversion_note>* notes,
                arena& memory);

} // namespace crosswalk::detail
