// A mirror table as the apply step writes it: its quoted names and the statements that are the same for every batch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapter/adapter.hpp"
#include "adapter/sql_name.hpp"
#include "capture/chunk.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

using adapter::sql_identifier;

struct mirror_table {
    mirror_table(const adapter::table& table, std::string_view mirror_schema);

    const adapter::table* definition;
    std::string name;        // "koha_main"."biblio"
    std::string column_list; // "biblionumber", "title", …
    /// The columns that touches are made of, each once: what read_old and returning_touches give.
    std::vector<std::size_t> touch_columns;

    std::string stage;            // temporary table for larger runs
    std::string make_stage;       // CREATE TEMP TABLE
    std::string copy_into_stage;  // COPY … FROM STDIN, with the number of the run in front
    std::string merge_stage;      // INSERT … SELECT … ON CONFLICT, $1 = number of the run
    std::string copy_into_mirror; // COPY … FROM STDIN
    std::string upsert;           // $1 … $n: all columns
    std::string remove;           // $1 … $k: an array for each key column
    std::string read_old;         // the same parameters; gives the touch columns of the rows that are there
    std::string touch_all;        // $1 source_id: touches every key of the table
    std::string remove_all;       // DELETE

    /// UPDATE of the columns `present` of one row: parameters are the present non-key columns in order, then the key.
    /// Returns the touch columns of the row, so that no row says that it is missing.
    std::string patch(const std::vector<std::size_t>& present) const;

    /// `m.a::text, m.b::text`: the columns, for a row of the mirror called `alias`; `NULL` when there are none.
    std::string as_text(const std::vector<std::size_t>& columns, std::string_view alias) const;

    /// `unnest($1::bigint[], …) AS k(c0, …)` for these columns, and `m.a = k.c0 AND …`.
    std::string keys_from_arrays(const std::vector<std::size_t>& columns) const;
    std::string matches(const std::vector<std::size_t>& columns) const;
};

/// Whether the key columns of a mirror table can hold `key`. Asks the server; in an open transaction an answer of no
/// leaves that failed: needs a savepoint.
bool can_hold_key(pq::connection& on, const adapter::table& table, const capture::row_key& key);

} // namespace everarchive::apply
