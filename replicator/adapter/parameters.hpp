// Names that an adapter leaves open, because they differ from one site to the next: `-- parameter: tenant WHAT IT IS`
// at the top of mirror.sql, and "{tenant}_mod_orders_storage" as the schema of a table.
#pragma once

#include <string>

#include "adapter/adapter.hpp"
#include "adapter/parse_tree.hpp"

namespace everarchive::adapter {

/// Reads the parameter lines of mirror.sql. Throws error (settings).
void read_parameters(const sql_file& file, adapter& made);

/// Checks the parameters that the schema of `t` names, and sets the prefix of its mirror name: the schema without them.
/// Returns why it cannot, or an empty text.
std::string read_schema_parameters(const adapter& made, table& t);

} // namespace everarchive::adapter
