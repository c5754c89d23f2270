// Compiled crosswalks: each is compiled once for a session, and found again by format and options.
#pragma once

#include "guard.hpp"

#include "crosswalk/convert.hpp"
#include "crosswalk/rules.hpp"

namespace marc_pg {

/// Rules, compiled, and the memory that runs of them keep.
struct compiled_crosswalk {
    crosswalk::rule_set rules;
    crosswalk::converter converter;

    compiled_crosswalk(std::span<const crosswalk::rule_text> texts, std::pmr::memory_resource* memory)
        : rules{texts, memory}, converter{rules, memory} {}
};

/// The crosswalk of this name. Takes a detoasted jsonb of options, or null for none. The result lives until the next
/// call. Inside boundary(). Throws sql_error 22023.
compiled_crosswalk& crosswalk_to(std::string_view format, const struct varlena* options = nullptr);

/// The shipped rules of a format. Throws sql_error 22023, which names the formats that there are.
std::string_view shipped_rules_of(std::string_view format);

} // namespace marc_pg
