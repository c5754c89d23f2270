// adapters/NAME/mapping.sql: the views that make entities of the mirror tables.
#pragma once

#include "adapter/adapter.hpp"
#include "adapter/parse_tree.hpp"

namespace everarchive::adapter {

/// Reads the statements of mapping.sql into `made`, whose tables and kinds are known: only CREATE VIEW and COMMENT ON
/// VIEW; one view for each kind, with the columns of docs/architecture.md, and inner views whose names begin with `_`;
/// they read only the mirror tables and the views above. Throws error (settings) with file, line and reason.
void read_mapping(const sql_file& file, adapter& made);

} // namespace everarchive::adapter
