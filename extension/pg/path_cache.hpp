// Field paths are compiled once for each place where a query uses them, not once for each row.
#pragma once

#include "guard.hpp"

#include "marc/path.hpp"

namespace marc_pg {

/// The compiled form of a path. Takes the call (fn_extra must be unused otherwise) and the path in the database's
/// encoding; the call site keeps the last few paths, for queries whose paths come from a column. The result lives until
/// the next call of this function. Inside boundary(). Throws parse_error bad_path (22023) or unsupported_path (54000).
const marc::path& compiled_path(FunctionCallInfo fcinfo, std::string_view text);

} // namespace marc_pg
