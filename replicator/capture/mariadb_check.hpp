// The part of `source check` that looks at foreign keys.
#pragma once

#include <vector>

#include "adapter/adapter.hpp"
#include "capture/mariadb_connection.hpp"
#include "capture/source.hpp"

namespace everarchive::capture {

/// Compares the source's foreign keys that change rows by themselves with those the adapter declares. MariaDB writes
/// none of these changes to its binary log, so the apply step repeats the declared ones.
void check_foreign_keys(const adapter::adapter& adapter, mariadb_connection& connection,
                        std::vector<finding>& findings);

} // namespace everarchive::capture
