// `everarchive source check` for PostgreSQL: everything that capture needs, each with the statement that mends it.
#pragma once

#include <vector>

#include "adapter/adapter.hpp"
#include "capture/postgresql_session.hpp"
#include "capture/source.hpp"

namespace everarchive::capture::postgresql {

/// Looks at the server, our role, the tables, the publication and the slot. Changes nothing. What cannot be looked at
/// becomes a finding too; throws nothing of ours.
std::vector<finding> check_source(const std::string& conninfo, const source_names& names,
                                  const adapter::adapter& adapter);

} // namespace everarchive::capture::postgresql
