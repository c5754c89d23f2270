// From events of the binary log to changes: follows transactions, table maps and statements. Knows no connection, so
// that it can be tried with any bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "adapter/adapter.hpp"
#include "base/error.hpp"
#include "capture/binlog_event.hpp"
#include "capture/binlog_payload.hpp"
#include "capture/binlog_position.hpp"
#include "capture/binlog_rows.hpp"
#include "capture/binlog_statement.hpp"
#include "capture/change.hpp"

namespace everarchive::capture {

/// The server died while it wrote a transaction, of which a part was handed out already: it must be rolled back and the
/// stream opened anew, with `place` passed over.
class torn_transaction : public error {
  public:
    torn_transaction(const std::string& message, std::string place)
        : error(exit_code::source, cause::retry, message), place_(std::move(place)) {}

    /// File, offset and GTID where the transaction begins.
    const std::string& place() const noexcept { return place_; }

  private:
    std::string place_;
};

class binlog_decoder {
  public:
    /// `start`: what the stream starts after. `checksum`: what the events before the format description carry.
    /// The adapter must outlive the decoder.
    binlog_decoder(const adapter::adapter& adapter, binlog_schema schema, binlog_position start,
                   event_checksum checksum = event_checksum::unknown);

    /// Called when a captured table was altered: its names and defaults may be others now.
    void read_schema_with(std::function<binlog_schema()> reader) { read_schema_ = std::move(reader); }

    /// Transactions of which it is known that the server died while it wrote them: torn_transaction::place().
    void pass_over(std::set<std::string> torn) { torn_ = std::move(torn); }

    enum class outcome : std::uint8_t { goes_on, transaction_ended };

    /// Reads one event, as the server sends it after the status byte, and appends its changes to `into`. If has_more()
    /// then, read_more() reads the events within it, while `event` lives.
    /// Throws torn_transaction, and error (needs_person) that names file, offset and GTID for everything that is not
    /// understood: nothing is ever skipped. The decoder is of no use after that.
    outcome read(std::string_view event, batch& into);

    /// A compressed transaction is being unpacked: read_more() reads its next event. Throws as read() does.
    bool has_more() const noexcept { return payload_.has_value(); }
    outcome read_more(batch& into);

    /// The changes so far of the transaction at hand were handed out; the next event goes to another batch.
    void handed_out();

    /// True between a transaction's first event and its last, and until the snapshot's end is reached: what it may
    /// hold already is one transaction, so that nobody ever sees a row as it was before.
    bool in_transaction() const noexcept { return in_group_ || overlapping_; }

    /// After the last transaction that ended.
    const binlog_position& position() const noexcept { return position_; }

    /// Commit time of the last transaction that ended, seconds since 1970.
    std::uint32_t commit_time() const noexcept { return commit_time_; }

  private:
    template <typename Read>
    outcome guarded(std::string_view bytes, Read read);
    outcome dispatch(const binlog_event& event, batch& into);
    outcome pass(const binlog_event& event, outcome result, batch& into);
    outcome finish(outcome result, batch& into);
    outcome begin_group(const binlog_event& event, const batch& into);
    outcome begin_mysql_group(const binlog_event& event, const batch& into);
    void open_group(const binlog_event& event, const batch& into);
    outcome read_query(const binlog_event& event, batch& into);
    bool read_ddl(const query_event& query, const statement& what, batch& into);
    void read_truncate(const query_event& query, const statement& what, batch& into);
    void check_statement(const query_event& query, const statement& what) const;
    outcome read_xa_prepare(const binlog_event& event, batch& into);
    void drop_torn_group(batch& into);
    outcome end_group(const binlog_event& event, batch& into, bool rolled_back);
    void read_table_map(const binlog_event& event, batch& into);
    void read_rows(const binlog_event& event, batch& into);
    void append_rows(const binlog_event& event, const bound_table& bound, batch& into);
    void report(std::uint32_t table, const std::string& what, const std::string& mend, batch& into);
    void note_alter(std::uint32_t table, batch& into);
    void note_columns_that_came(std::uint32_t table, const statement& what, batch& into);
    void read_schema();
    bool was_read_later() const;
    void cut_back(batch& into, std::size_t changes) const;

    std::optional<std::uint32_t> captured(std::string_view database, std::string_view table) const;
    std::optional<std::uint32_t> captured(const query_event& query, const table_name& name) const;
    bool captured_database(std::string_view database) const;
    std::string group_text() const;
    std::string where() const;
    static const std::string resync; // the hint where the tables have to be taken anew
    [[noreturn]] void fail(const std::string& what, std::string hint) const;

    const adapter::adapter& adapter_;
    binlog_schema schema_;
    binlog_position position_;
    event_checksum checksum_;
    std::unordered_map<std::uint64_t, bound_table> tables_; // of the adapter, by the number of their last table map
    std::unordered_set<std::uint64_t> passed_over_;         // the others that the statement at hand has named

    // Where the event at hand lies.
    std::string file_;
    std::uint64_t offset_ = 0;

    // The transaction at hand.
    bool in_group_ = false;
    gtid_event group_;                      // MariaDB
    std::optional<mysql_gtid> mysql_group_; // MySQL; none: anonymous
    bool of_mysql_ = false;
    bool begun_ = false;          // MySQL: after a BEGIN, so that a statement does not end it
    std::size_t group_start_ = 0; // in the batch
    bool handed_out_ = false;     // part of it is gone already
    bool group_has_changes_ = false;
    std::string group_place_;
    bool dropping_ = false; // it is one of torn_
    std::set<std::string> torn_;
    std::vector<std::pair<std::string, std::size_t>> savepoints_;
    std::uint32_t commit_time_ = 0;
    bool overlapping_ = false; // what is read may be in the snapshot already
    std::size_t overlapped_ = 0;
    std::optional<payload_reader> payload_;

    // What the schema in information_schema was needed for.
    std::function<binlog_schema()> read_schema_;
    bool schema_stale_ = false;
    std::vector<bool> layout_used_;                 // of each table of the adapter, since the schema was read
    std::map<std::uint32_t, std::string> reported_; // what was last told of a table

    value_room room_;
    std::string unpacked_;
};

} // namespace everarchive::capture
