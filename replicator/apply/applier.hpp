// One target transaction: mirror rows, touched keys and the source's position. After any crash they agree, so each
// change takes effect exactly once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "apply/coalesce.hpp"
#include "apply/followed_tables.hpp"
#include "apply/privacy_wall.hpp"
#include "apply/row_quarantine.hpp"
#include "apply/row_writer.hpp"
#include "apply/taken_source.hpp"
#include "apply/touch_writer.hpp"
#include "capture/change.hpp"
#include "capture/source.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

class applier {
  public:
    /// `on` belongs to the applier from now on.
    applier(pq::connection& on, const adapter::adapter& adapter, const taken_source& source);

    /// Applies a batch in the open transaction, or begins one. The batch is kept until its rows are written.
    void add(capture::batch batch);

    /// True while a source transaction is half applied: commit() must wait for the rest.
    bool is_torn() const { return torn_; }
    /// True if something waits for commit().
    bool is_open() const { return open_; }
    std::size_t transactions() const { return transactions_; }
    std::size_t changes() const { return changes_; }
    std::size_t bytes() const { return bytes_; }

    /// Writes what is left, the touched keys and the position, and commits. Returns the position that is now safe.
    /// Throws error (fenced) if another program has taken the source over.
    std::string commit(const capture::log_lag& lag);

    /// The source was heard of but had nothing to say.
    void heard(const capture::log_lag& lag);

    /// Applies again what everarchive.quarantine_retry() asked for, in a transaction of its own. Between transactions.
    void retry_quarantined();

    /// Applies what a comparison found, in a transaction of its own between those of the stream; `beside` writes into
    /// it as well.
    void repair(capture::batch changes, const std::function<void()>& beside);

    /// True if a change of this row is in quarantine.
    bool holds(std::size_t table, std::span<const capture::cell> row) const {
        return quarantine_.holds(adapter_.tables[table], row);
    }

    /// True if parts of rows may be in quarantine because the mirror has not the rest; then next_missing_rows() tells
    /// them, some of one table at a time, each of them once for every time that there are new ones.
    bool may_miss_rows() const { return may_miss_rows_ || quarantine_.walks_missing_rows(); }
    std::vector<kept_change> next_missing_rows(std::size_t most);
    void skip_missing_table() { quarantine_.skip_missing_table(); }

    /// While a table is compared from its beginning, a part of a row that the mirror has not is left out: the row comes
    /// with its piece.
    void forgive_missing(std::size_t table, bool forgive) { forgiven_[table] = forgive; }

    /// While the mirror is compared with the source. What a row touched before a change is then taken from the mirror:
    /// the source tells what the row was there, which may be another one.
    void is_compared(bool compared) { compared_ = compared; }

    /// Which tables are followed.
    followed_tables& tables() { return tables_; }
    const followed_tables& tables() const { return tables_; }

    /// Rolls the open transaction back and forgets its batches.
    void roll_back();

  private:
    void put_missing(const net_change& change, const std::string& position);
    void add_changes(std::span<const capture::change> changes, const std::string& position);
    void apply_alone(const capture::change& change, const std::string& why, const std::string& position);
    void quarantine_alone(const capture::change& change, const std::string& position,
                          const row_quarantine::reason& why);
    std::optional<row_quarantine::reason> retry(const kept_change& kept, bool older_open);
    void supersede_cascaded();
    void read_old(net_changes changes);
    void flush(const std::string& position);
    void write_carefully(net_changes group, const std::string& position);
    bool forget_impossible(const net_change& removed);
    void refresh_touched(const std::string& position, std::int64_t commit_time_us);
    void write_position(const std::string& position, std::int64_t commit_time_us, const capture::log_lag& lag,
                        std::size_t transactions = 0, std::size_t changes = 0);

    pq::connection& on_;
    const adapter::adapter& adapter_;
    taken_source source_;
    cascade_graph cascades_;
    run run_;
    row_writer writer_;
    privacy_wall wall_;
    row_quarantine quarantine_;
    followed_tables tables_;
    touch_writer touches_;
    std::vector<bool> forgiven_; // see forgive_missing()
    bool compared_ = false;      // see is_compared()
    bool may_miss_rows_ = true;
    std::vector<capture::batch> held_; // whose cells the run points to
    bool open_ = false;
    bool torn_ = false;
    std::size_t transactions_ = 0;
    std::size_t changes_ = 0;
    std::size_t bytes_ = 0;
    std::string position_;
    std::int64_t commit_time_us_ = 0;
};

} // namespace everarchive::apply
