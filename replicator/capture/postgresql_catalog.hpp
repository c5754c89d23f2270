// What the source's catalog says of the adapter's tables: there or not, columns, replica identity, our rights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapter/adapter.hpp"
#include "pq/connection.hpp"

namespace everarchive::capture::postgresql {

struct source_column {
    std::string name;
    std::string quoted; // name as an SQL identifier
    std::string type;   // of a domain: what it is made of; without length
    bool generated = false;
    bool readable = false; // SELECT granted, on the table or on the column
    bool identity = false; // part of the replica identity, unless that is FULL
};

/// A table of the adapter as it is in the source.
struct source_table {
    std::size_t table = 0; // index into adapter::adapter::tables
    bool exists = false;
    std::string oid;
    std::string name;   // schema.table, quoted
    std::string schema; // quoted
    bool partitioned = false;
    char replica_identity = 'd'; // pg_class.relreplident
    bool row_security = false;
    bool schema_usable = false;
    bool owned = false;
    std::int64_t estimated_rows = 0;
    std::vector<source_column> columns; // all columns of the source table

    const source_column* find(std::string_view column) const;
    bool identity_full() const { return replica_identity == 'f'; }
    /// False: publishing its updates would make every UPDATE of the library system fail.
    bool has_identity() const;
};

/// Whether a table, with `partitions` one of its partitions, was rewritten or dropped since the snapshot of the
/// transaction at hand was taken. A table that ALTER TABLE or TRUNCATE gave another file looks empty to an older
/// snapshot (PostgreSQL's documentation, 13.6 "Caveats"), and no message of the stream tells of its rows either. To be
/// asked after the table was read: from then on until the transaction ends, our lock keeps such commands away.
bool was_rewritten(pq::connection& on, const std::string& oid, bool partitions);

/// One entry for each table of the adapter, in its order.
std::vector<source_table> look_up(pq::connection& on, const adapter::adapter& adapter);

} // namespace everarchive::capture::postgresql
