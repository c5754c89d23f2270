// One CREATE TABLE of mirror.sql.
#pragma once

#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "adapter/parse_tree.hpp"

namespace everarchive::adapter {

/// A foreign key whose parent may stand further down in the file.
struct pending_foreign_key {
    std::string child;
    foreign_key key; // without parent_columns
    std::vector<std::string> parent_columns;
    std::size_t place = 0;
};

/// `schema.table` or `table`, of a RangeVar.
std::string relation_name(const node& relation);

/// Reads a CREATE TABLE; its foreign keys go to `pending`. Throws error (settings) with file, line and reason.
table read_table(const sql_file& file, const statement& s, system runs_on, std::vector<pending_foreign_key>& pending);

} // namespace everarchive::adapter
