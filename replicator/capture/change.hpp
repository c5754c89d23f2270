// What every capture produces and the apply step consumes: batches of row changes with a source position. PostgreSQL's
// logical replication, the MariaDB binary log, snapshots and files all speak this.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::capture {

/// A column's value in PostgreSQL's text form. `absent` is not NULL: the source did not send the column (an unchanged
/// TOAST value, or a column outside the row image), and the mirrored value stays.
struct cell {
    enum class state : std::uint8_t { absent, null, value };
    state is = state::absent;
    std::string_view text;

    static cell absent() { return {}; }
    static cell null() { return {state::null, {}}; }
    static cell of(std::string_view text) { return {state::value, text}; }
    friend bool operator==(const cell&, const cell&) = default;
};

enum class operation : std::uint8_t { insert, update, remove, truncate };

/// One row change. The cells stand in the order of adapter::table::columns.
struct change {
    std::uint32_t table = 0; // index into adapter::adapter::tables
    operation what = operation::insert;
    std::span<const cell> row; // the new row; for remove: what is known of the old one, at least its key
    std::span<const cell> old; // update: what is known of the row before (at least a changed key), else empty
    /// Set by the capture when a value could not be decoded to text of the column's type: the apply step writes the
    /// change to quarantine with this reason. The key cells are set nevertheless.
    std::string_view problem;
    /// The source's engine was told not to follow foreign keys (MariaDB: foreign_key_checks = 0): no cascade.
    bool keeps_children = false;
};

/// Where a source transaction ends in a batch.
struct transaction_end {
    std::size_t changes = 0; // how many of the batch's changes belong to the transactions up to this one
    /// PostgreSQL: the transaction's id, by which a comparison knows whether its snapshot has seen it. 0: not known.
    std::uint32_t xid = 0;
    std::int64_t commit_time_us = 0; // microseconds since 1970 UTC; 0: not known, then the batch's
    friend bool operator==(const transaction_end&, const transaction_end&) = default;
};

/// A table that the capture cannot follow any further, because its schema in the source is no longer what the adapter
/// says. Its changes are left out from here on; the apply step notes it, and the other tables go on.
struct table_trouble {
    std::uint32_t table = 0; // index into adapter::adapter::tables
    std::string what;        // what happened to the table
    std::string mend;        // the command or SQL that mends it
};

/// Some changes, whole source transactions unless one is larger than a batch. Owns the memory that its changes point
/// to.
struct batch {
    batch() : arena(std::make_unique<std::pmr::monotonic_buffer_resource>(64 * 1024)) {}

    std::unique_ptr<std::pmr::monotonic_buffer_resource> arena;
    std::vector<change> changes;
    std::size_t bytes = 0;        // of values
    std::size_t cell_bytes = 0;   // of the rows' cells
    std::size_t transactions = 0; // source transactions that end in this batch
    /// The ends of its transactions, ascending; empty: the batch is taken as one transaction. Sources set to `every
    /// commit` and comparisons need it.
    std::vector<transaction_end> ends;
    std::vector<table_trouble> troubles;
    bool ends_transaction = true;    // false: the last source transaction goes on in the next batch
    std::string position;            // resume here once everything up to here is committed; set when ends_transaction
    std::int64_t commit_time_us = 0; // commit time of the last transaction, microseconds since 1970 UTC; 0 unknown

    /// About what it takes in memory: a row of many columns takes more for its cells than for its values.
    std::size_t weight() const { return bytes + cell_bytes + changes.size() * sizeof(change) + 1024; }

    /// Copies `text` into the batch.
    std::string_view keep(std::string_view text) {
        if (text.empty()) {
            return {"", 0};
        }
        auto* room = static_cast<char*>(arena->allocate(text.size(), 1));
        text.copy(room, text.size());
        bytes += text.size();
        return {room, text.size()};
    }

    /// Room for a row of `columns` cells, all absent.
    std::span<cell> cells(std::size_t columns) {
        cell_bytes += columns * sizeof(cell);
        auto* room = static_cast<cell*>(arena->allocate(columns * sizeof(cell), alignof(cell)));
        std::uninitialized_value_construct_n(room, columns);
        return {room, columns};
    }
};

/// When a batch is closed, whichever comes first (cdc.md, "Batching").
struct batch_limits {
    std::size_t transactions = 500;
    std::size_t changes = 20'000;
    std::size_t bytes = 8 * 1024 * 1024; // its weight

    bool are_reached(const batch& by) const {
        return by.transactions >= transactions || by.changes.size() >= changes || by.weight() >= bytes;
    }
};

} // namespace everarchive::capture
