// Decoder of pgoutput, PostgreSQL's logical replication messages, protocol versions 1 and 2 (src/backend/replication/
// logical/proto.c; documentation, "Logical Replication Message Formats"). Integers are big-endian, a string ends with a
// zero byte.
//
//   B begin      int64 LSN of the commit record, int64 commit time (µs since 2000), int32 xid
//   C commit     int8 flags (0), int64 LSN of the commit record, int64 LSN after it, int64 commit time
//   O origin     int64 LSN at the origin, string name
//   R relation   int32 oid, string schema, string table, int8 replica identity, int16 n,
//                n × (int8 flags: 1 = part of the replica identity, string name, int32 type oid, int32 type modifier)
//   Y type       int32 oid, string schema, string name
//   I insert     int32 relation oid, 'N' tuple
//   U update     int32 relation oid, ['K' tuple of the old identity | 'O' old tuple], 'N' tuple
//   D delete     int32 relation oid, 'K' tuple | 'O' tuple
//   T truncate   int32 n, int8 options, n × int32 relation oid
//   M message    int8 flags, int64 LSN, string prefix, int32 length, bytes
//   tuple        int16 n, n × ('n' null | 'u' unchanged TOAST value, not sent | 't' int32 length, text)
//
// Version 2, with streaming: transactions that are not yet committed come in blocks, between 'S' and 'E', and each
// message R, Y, I, U, D, T, M of a block has an int32 before anything else: the xid of the subtransaction.
//   S block begins       int32 xid, int8 first block of it
//   E block ends
//   c commit of blocks   int32 xid, int8 flags (0), int64 LSN of the commit record, int64 LSN after it, int64 time
//   A abort of blocks    int32 xid, int32 xid of the subtransaction that is rolled back (or the first again: all of it)
//
// A 'K' tuple has an 'n' for every column outside the replica identity: there it means "not sent", not NULL.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/change.hpp"
#include "capture/pgoutput_bytes.hpp"
#include "capture/postgresql_lsn.hpp"

namespace everarchive::capture::postgresql {

/// What a message was, for the assembling of transactions. `change`: something may have been added to the batch.
enum class message { begin, commit, change, other, block_begin, block_end, block_commit, block_abort };

/// The transaction of the last begin, commit or abort message, or of the block.
struct transaction_mark {
    lsn commit_start = 0;
    lsn commit_end = 0;              // 0 until the commit message
    std::int64_t commit_time_us = 0; // since 1970
    std::uint32_t xid = 0;
    std::uint32_t part = 0; // xid of the subtransaction, of a change in a block and of an abort
};

/// Turns messages into changes of the adapter's tables. Columns are matched by name; a column or table that the adapter
/// does not name is dropped here and never copied (the privacy wall). One decoder belongs to one stream.
class pgoutput_decoder {
  public:
    /// `source`: its name, for what a person is told to do.
    explicit pgoutput_decoder(const adapter::adapter& adapter, std::string source = "NAME");

    /// Decodes one message; changes are appended to `into` unless `skip` (a transaction that is already applied). What
    /// of a block is appended belongs to mark().xid and waits for its commit. A table that cannot be followed any more
    /// is appended to `into.troubles`, and its changes are left out until a relation message fits again.
    /// Throws error (needs_person) on anything that is not understood; nothing is guessed.
    message read(std::string_view bytes, batch& into, bool skip = false);

    const transaction_mark& mark() const noexcept { return mark_; }

  private:
    struct relation {
        std::string name;
        std::optional<std::uint32_t> table; // nullopt: not in the adapter
        std::string problem;                // why its changes cannot be followed; empty: they can
        bool told = false;                  // the problem
        struct source_column {
            std::optional<std::size_t> to; // index into adapter::table::columns
            bool identity;
        };
        std::vector<source_column> columns;
        std::size_t width = 0;            // columns of the adapter's table
        std::vector<std::size_t> lacking; // of these, optional ones that the source does not have: NULL
        char replica_identity = 'd';      // pg_class.relreplident
        std::set<std::string> identity;   // the columns of the replica identity
        std::uint64_t arrival = 0;        // later messages have greater ones
    };
    using relation_map = std::unordered_map<std::uint32_t, relation>;

    message read_kind(char kind, message_bytes& in, batch& into, bool skip);
    void read_begin(message_bytes& in);
    void read_commit(message_bytes& in);
    void read_block_begin(message_bytes& in);
    void read_block_commit(message_bytes& in);
    void read_block_abort(message_bytes& in);
    void read_relation(message_bytes& in, batch& into);
    void note_column_that_came(std::uint32_t oid, const relation& now, std::size_t column, batch& into) const;
    void read_column(message_bytes& in, relation& of, std::vector<bool>& seen, std::string& problem);
    void read_type(message_bytes& in);
    relation_map& relations();
    relation& relation_of(std::uint32_t oid);
    std::span<cell> read_tuple(message_bytes& in, const relation& of, char kind, batch& into) const;
    void read_truncate(message_bytes& in, batch& into, bool skip);
    void read_row_message(char kind, message_bytes& in, batch& into, bool skip);
    std::string missing_key(const relation& of, std::span<const cell> row) const;
    void leave_out(relation& of, batch& into) const;

    const adapter::adapter& adapter_;
    std::string source_;
    relation_map relations_;
    /// What the transactions in blocks say of relations holds for themselves until they commit: pgoutput.c,
    /// maybe_send_schema() and cleanup_rel_sync_cache().
    std::unordered_map<std::uint32_t, relation_map> block_relations_; // by xid
    std::unordered_map<std::uint32_t, std::string> types_;            // that are not built in, by oid
    std::uint64_t arrivals_ = 0;
    transaction_mark mark_;
    bool in_transaction_ = false;
    bool in_block_ = false;
};

} // namespace everarchive::capture::postgresql
