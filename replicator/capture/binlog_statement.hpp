// What the text of a query event means for a stream of rows. Statements are never executed or parsed for columns here:
// only their first words and the tables they name decide.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::capture {

struct table_name {
    std::string database; // empty: the event's
    std::string table;
    friend bool operator==(const table_name&, const table_name&) = default;
};

struct statement {
    enum class kind : std::uint8_t {
        begin,
        commit,
        rollback,
        savepoint,             // name
        rollback_to_savepoint, // name
        xa_start,              // XA START or XA BEGIN
        xa,                    // any other XA statement
        create_and_fill,       // MySQL: CREATE TABLE … START TRANSACTION: rows follow
        truncate,              // tables
        drop_table,            // tables; also CREATE OR REPLACE TABLE
        drop_database,         // name
        alter_table,           // tables
        change_partition,      // tables: ALTER TABLE … that drops, truncates or exchanges a partition, rows and all
        rename,                // tables: old and new; also ALTER TABLE … RENAME TO
        rows,                  // tables if it is a plain DELETE FROM one table: a change of rows by statement
        other,                 // DDL and administration that change no rows
    };
    kind is = kind::other;
    std::string name;
    std::vector<table_name> tables;
    /// ALTER TABLE: columns that it adds (ADD COLUMN), and new names of columns that were there (CHANGE, RENAME
    /// COLUMN).
    std::vector<std::string> added = {};
    std::vector<std::string> renamed = {};
};

/// `is_ddl`: the server flagged it so; then a first word that is not known counts as `other`, else as `rows`.
statement classify_statement(std::string_view text, bool is_ddl);

/// What of a statement may go to a log: its verb and the first name after it, such as `UPDATE koha.borrowers`. Never a
/// value, for these are patrons' as well.
std::string outline(std::string_view text);

/// True if `text` holds `name` as a word or a quoted name.
bool names_identifier(std::string_view text, std::string_view name);

} // namespace everarchive::capture
