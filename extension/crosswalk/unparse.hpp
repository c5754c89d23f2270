// Inside of the library: compiled expressions as the rules have them.
#pragma once

#include "syntax.hpp"

#include <memory_resource>
#include <string>

namespace crosswalk::detail {

/// Appends an expression in the words of rules; read again it means the same.
void unparse(const expression& e, std::pmr::string& into);

/// Appends "245, 880[245], 501-586".
void unparse(const field_selection& fields, std::pmr::string& into);

} // namespace crosswalk::detail
