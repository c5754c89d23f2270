// The captured tables as the server's information_schema has them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/binlog_rows.hpp"
#include "capture/mariadb_connection.hpp"

namespace everarchive::capture {

struct schema_column {
    std::string data_type;     // int
    std::string column_type;   // int(11) unsigned
    std::string character_set; // empty: none
    value_kind kind = value_kind::unknown;
    int width = 0; // BIT(width)
    bool nullable = true;
};

struct schema_table {
    bool exists = false;
    std::string engine;
    std::int64_t rows = 0; // the engine's estimate
    std::map<std::string, schema_column> columns;
};

/// The database in which `table` lies.
std::string database_of(const adapter::table& table, const mariadb_connection& connection);

/// One entry for each table of the adapter, in its order. What the user may not see does not exist.
std::vector<schema_table> read_schema(mariadb_connection& connection, const adapter::adapter& adapter);

/// Every collation id of the server.
collations read_collations(mariadb_connection& connection);

/// What the decoder needs.
binlog_schema read_binlog_schema(mariadb_connection& connection, const adapter::adapter& adapter);

} // namespace everarchive::capture
