// Rows of a source read in pieces while its stream goes on, to be compared with the mirror (the chunks of DBLog, with
// watermarks that are only read: nothing is written to the source). A piece says at which point of the source's history
// it was read; the apply step compares it once it has applied everything up to there, and leaves out the keys that
// later transactions have changed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "capture/change.hpp"

namespace everarchive::capture {

/// The values of a row's primary key as text, in the order of adapter::table::key.
using row_key = std::vector<std::string>;

/// The point of a source's history at which rows were read.
struct read_point {
    /// The rows hold every transaction that ends at or before it. Empty: `xmax` and `running` say it.
    std::string low;
    /// The rows hold no transaction that ends after it.
    std::string high;
    /// PostgreSQL: a commit stands in the log before other snapshots see it (the session leaves the list of running
    /// ones after the flush, and after its synchronous standby has answered: xact.c, CommitTransaction), so it may have
    /// been streamed and applied already. What the rows hold is said by the ids of transactions, whatever the log says.
    std::uint32_t xmax = 0;             // this id and later ones were not seen
    std::vector<std::uint32_t> running; // nor these, ascending

    /// Whether the rows hold what the transaction `xid` did; only where `low` is empty. Ids wrap around.
    bool has_seen(std::uint32_t xid) const {
        return static_cast<std::int32_t>(xid - xmax) < 0 && !std::binary_search(running.begin(), running.end(), xid);
    }
};

/// What to read: rows of a table in a range of keys, or those of the keys given.
struct chunk_request {
    enum class form {
        sum,     // one digest over the digests of all rows, in the order of their keys
        digests, // key and digest of each row
        rows,    // the rows themselves
    };
    std::uint32_t table = 0; // index into adapter::adapter::tables
    form as = form::sum;
    row_key after;              // empty: from the table's beginning
    bool after_is_part = false; // the range begins with the row `after` itself
    row_key up_to;              // the range ends with it; empty: with the table
    std::vector<row_key> keys;  // given: these rows and no range
    std::size_t most_rows = 2'000;
};

struct row_digest {
    row_key key;
    std::string digest;
};

/// What was read. A range with more rows than were asked for ends early: `up_to` is its last row then.
struct chunk {
    read_point point;
    row_key up_to; // empty: the range reaches the table's end
    std::size_t rows = 0;
    std::size_t keys_read = 0;       // how many of the keys were looked for: large rows end a piece early
    std::string sum;                 // form sum
    std::vector<row_digest> digests; // form digests
    batch content;                   // form rows: inserts, columns that the source does not have are NULL
};

/// A table as it can be read in pieces.
struct chunk_table {
    bool exists = false;
    std::vector<std::size_t> columns; // of the adapter's table, those that the source has
    /// The keys have the same order in the source and in PostgreSQL: numbers and UUIDs. Text has an order for each
    /// collation, so a range of text keys means something to the source alone.
    bool ordered = false;
    bool sums = false;    // the source can digest its rows itself
    bool indexed = false; // an index gives the rows in the order of the key
    std::int64_t estimated_rows = 0;
};

class chunk_reader {
  public:
    virtual ~chunk_reader() = default;

    /// One entry for each table of the adapter, as it is now.
    virtual const std::vector<chunk_table>& tables() const = 0;

    /// Reads a piece in a transaction of its own. Throws error.
    virtual chunk read(const chunk_request& request) = 0;
};

} // namespace everarchive::capture
