// Rows of a PostgreSQL table by their keys, in SQL: the source's and the mirror's are read by the same statements, so
// that they can be compared.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "capture/chunk.hpp"
#include "pq/connection.hpp"

namespace everarchive::capture {

/// What stands of a table in its statements; its alias is `m`.
struct keyed_table {
    std::string from;                   // `"schema"."table" m`
    std::string condition;              // which of its rows count; empty: all
    std::vector<std::string> key;       // m."a"
    std::vector<std::string> key_types; // as a cast takes them
    std::string key_list;               // m."a", m."b"
    std::string key_texts;              // the same as text

    void add_key(const std::string& name, const std::string& type, const std::string& cast);
};

/// ` FROM … WHERE …`: the rows of the range of a request that ends with `up_to`. Parameters are appended to `values`.
std::string range_sql(const keyed_table& table, const chunk_request& request, const row_key& up_to,
                      std::vector<pq::parameter>& values);

/// ` FROM … JOIN unnest(…) …`: the rows with these keys. Parameters are appended to `values`.
std::string keys_sql(const keyed_table& table, std::span<const row_key> keys, std::vector<pq::parameter>& values);

/// What SELECT gives the number of the rows and one digest over theirs, `digest`, in the order of their keys.
std::string sum_sql(const keyed_table& table, const std::string& digest);

/// The key that begins a row of a result, of `parts` columns.
row_key key_of(const pq::result& rows, int row, std::size_t parts);

/// The rows of a result, each a key of `parts` columns and a digest.
std::vector<row_digest> read_digests(const pq::result& rows, std::size_t parts);

} // namespace everarchive::capture
