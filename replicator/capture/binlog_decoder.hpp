// From events of the binary log to changes: follows transactions, table maps and statements. Knows no connection, so
// that it can be tried with any bytes.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapter/adapter.hpp"
#include "base/error.hpp"
#include "capture/binlog_event.hpp"
#include "capture/binlog_rows.hpp"
#include "capture/change.hpp"
#include "capture/gtid.hpp"

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

    /// Transactions of which it is known that the server died while it wrote them: torn_transaction::place().
    void pass_over(std::set<std::string> torn) { torn_ = std::move(torn); }

    enum class outcome : std::uint8_t { goes_on, transaction_ended };

    /// Reads one event, as the server sends it after the status byte, and appends its changes to `into`.
    /// Throws torn_transaction, and error (needs_person) that names file, offset and GTID for everything that is not
    /// understood: nothing is ever skipped. The decoder is of no use after that.
    outcome read(std::string_view event, batch& into);

    /// The changes so far of the transaction at hand were handed out; the next event goes to another batch.
    void handed_out();

    /// True between a transaction's first event and its last.
    bool in_transaction() const noexcept { return in_group_; }

    /// After the last transaction that ended.
    const binlog_position& position() const noexcept { return position_; }

    /// Commit time of the last transaction that ended, seconds since 1970.
    std::uint32_t commit_time() const noexcept { return commit_time_; }

  private:
    outcome dispatch(const binlog_event& event, batch& into);
    outcome begin_group(const binlog_event& event, const batch& into);
    outcome read_query(const binlog_event& event, batch& into);
    void drop_torn_group(batch& into);
    outcome end_group(const binlog_event& event, batch& into, bool rolled_back);
    void read_table_map(const binlog_event& event);
    void read_rows(const binlog_event& event, batch& into);
    void refuse_statement(const query_event& query, const std::string& tables) const;
    void cut_back(batch& into, std::size_t changes) const;

    std::optional<std::uint32_t> captured(std::string_view database, std::string_view table) const;
    bool captured_database(std::string_view database) const;
    std::string where() const;
    [[noreturn]] void fail(const std::string& what, std::string hint) const;

    const adapter::adapter& adapter_;
    binlog_schema schema_;
    binlog_position position_;
    event_checksum checksum_;
    std::unordered_map<std::uint64_t, bound_table> tables_;

    // Where the event at hand lies.
    std::string file_;
    std::uint64_t offset_ = 0;

    // The transaction at hand.
    bool in_group_ = false;
    gtid_event group_;
    std::size_t group_start_ = 0; // in the batch
    bool handed_out_ = false;     // part of it is gone already
    bool group_has_changes_ = false;
    std::string group_place_;
    bool dropping_ = false; // it is one of torn_
    std::set<std::string> torn_;
    std::vector<std::pair<std::string, std::size_t>> savepoints_;
    std::uint32_t commit_time_ = 0;

    value_room room_;
    std::string unpacked_;
};

} // namespace everarchive::capture
