// Adding a source: its row, its mirror schema, its mirror tables and mapping views, in one transaction.
#pragma once

#include <string>

#include "adapter/adapter.hpp"
#include "pq/connection.hpp"

namespace everarchive::cli {

struct new_source {
    std::string name;
    std::string origin;
    std::string schema;
    bool every_commit = false;
    adapter::parameter_values parameters = {};
};

/// Returns source_id. Throws pq::error with the hint of the SQL function.
int add_source_rows(pq::connection& on, const adapter::adapter& adapter, const new_source& source);

} // namespace everarchive::cli
