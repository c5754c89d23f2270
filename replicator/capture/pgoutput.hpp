// Decoder of pgoutput, PostgreSQL's logical replication messages, protocol version 1 (src/backend/replication/logical/
// proto.c; documentation, "Logical Replication Message Formats"). Integers are big-endian, a string ends with a zero
// byte.
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
// A 'K' tuple has an 'n' for every column outside the replica identity: there it means "not sent", not NULL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/change.hpp"
#include "capture/postgresql_lsn.hpp"

namespace everarchive::capture::postgresql {

/// What a message was, for the assembling of transactions.
enum class message { begin, commit, change, other };

/// The transaction of the last begin or commit message.
struct transaction_mark {
    lsn commit_start = 0;
    lsn commit_end = 0;              // 0 until the commit message
    std::int64_t commit_time_us = 0; // since 1970
    std::uint32_t xid = 0;
};

/// Turns messages into changes of the adapter's tables. Columns are matched by name; a column or table that the adapter
/// does not name is dropped here and never copied (the privacy wall). One decoder belongs to one stream.
class pgoutput_decoder {
  public:
    explicit pgoutput_decoder(const adapter::adapter& adapter);

    /// Decodes one message; changes are appended to `into` unless `skip` (a transaction that is already applied).
    /// Throws error (needs_person) on anything that is not understood; nothing is guessed.
    message read(std::string_view bytes, batch& into, bool skip = false);

    const transaction_mark& mark() const noexcept { return mark_; }

  private:
    struct relation {
        std::string name;
        std::optional<std::uint32_t> table; // nullopt: not in the adapter
        struct source_column {
            std::optional<std::size_t> to; // index into adapter::table::columns
            bool identity;
        };
        std::vector<source_column> columns;
        std::size_t width = 0;            // columns of the adapter's table
        std::vector<std::size_t> lacking; // of these, optional ones that the source does not have: NULL
    };
    class reader;

    void read_relation(reader& in);
    const relation& relation_of(std::uint32_t oid) const;
    std::span<cell> read_tuple(reader& in, const relation& of, char kind, batch& into) const;
    void read_row_message(char kind, reader& in, batch& into, bool skip);
    void demand_key(const relation& of, std::span<const cell> row) const;

    const adapter::adapter& adapter_;
    std::unordered_map<std::uint32_t, relation> relations_;
    transaction_mark mark_;
    bool in_transaction_ = false;
};

} // namespace everarchive::capture::postgresql
