// adapters/NAME/mirror.sql: the tables and columns that may leave the library system, and what a change of them
// touches.
#pragma once

#include "adapter/adapter.hpp"
#include "adapter/parse_tree.hpp"

namespace everarchive::adapter {

/// Reads title, system, tables and kinds from mirror.sql into `made`. Throws error (settings) with file, line, reason.
void read_mirror(const sql_file& file, adapter& made);

} // namespace everarchive::adapter
