// Mappings as a table: CSV (RFC 4180) in UTF-8 with a first row of names.
#pragma once

#include "vocabulary/statement.hpp"

namespace everarchive::vocabulary {

/// Calls `use` with every row. Columns by their names, in any order: from_scheme, from_term, from_uri, relation (exact
/// when empty or missing), to_scheme, to_term, to_uri; others are passed over. A row needs a term or a URI on each
/// side. Memory is that of one row. Throws everarchive::error (refused) when the first row does not name what is
/// needed.
void read_csv(const byte_source& in, const std::string& name, const std::function<void(const statement&)>& use,
              const bad_line& bad);

} // namespace everarchive::vocabulary
