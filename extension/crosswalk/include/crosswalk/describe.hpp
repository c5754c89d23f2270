// What rules do, as rows: which element comes from which fields, and when. For documents and for SQL.
#pragma once

#include "crosswalk/rules.hpp"

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk {

/// One element, attribute or text that a rule or template writes, or a name that it gives to a value.
struct mapping_row {
    enum class part : std::uint8_t { record_value, rule, used_template };

    part kind = part::rule;
    std::pmr::string name;      ///< of the rule or template, "title(text)" with parameters
    std::string_view about;     ///< the comment above it; lives as long as the rules
    std::pmr::string element;   ///< "titleInfo/title", "titleInfo/@type", "let name", "note"; of a template, below the
                                ///< element that it is used in, "." for that itself
    std::pmr::string source;    ///< "245 $a $b": the fields of the loops around, then what the value reads
    std::pmr::string value;     ///< how it is made, as rules have it; "use name(…)" where a template goes on
    std::pmr::string condition; ///< the conditions around, as rules have them; empty: always
};

/// Appends the values that have a name for the whole record, the rows of all rules in their order, then those of the
/// templates that they use.
/// @param into its memory is that of the rows
void describe_mapping(const rule_set& rules, std::pmr::vector<mapping_row>& into);

} // namespace crosswalk
