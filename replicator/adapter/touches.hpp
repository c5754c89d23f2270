// What a mirror table's comment says: `Touches: item (itemnumber), holding ('volume', id). Optional.`
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapter/adapter.hpp"

namespace everarchive::adapter {

/// The kinds of entity (DESIGN.md, section 3).
bool is_kind(std::string_view name);

/// Reads the comment of `t` into its touches, its `optional` and its comment. Returns why it cannot, or an empty text.
std::string read_touches(table& t, const std::string& comment);

/// The PostgreSQL type of a part of a touch of `t`.
std::string part_type(const table& t, const touch_part& part);

} // namespace everarchive::adapter
