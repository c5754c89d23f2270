// What the comment of a mirror column says beside what the column is: at its beginning `Optional.`; `Keeps: id, title.`
// the members of a jsonb column that may leave the library system; `Only of: item, bundle.` the tables that the rows
// belong to
#pragma once

#include <string>
#include <vector>

#include "adapter/adapter.hpp"

namespace everarchive::adapter {

/// Tables that rows belong to, whose names are looked up when all tables are known.
struct pending_owner {
    std::string table; // source name of the table that has it
    std::size_t column = 0;
    std::vector<std::string> tables; // empty: the comment says nothing of it
    std::size_t place = 0;
};

/// Reads the comment of a column of `t`. Returns why it cannot, or an empty text.
std::string read_column_rules(table& t, std::size_t column, const std::string& comment, system runs_on,
                              pending_owner& owner);

} // namespace everarchive::adapter
