#include "apply/snapshot_loader.hpp"

#include <mutex>
#include <thread>
#include <vector>

#include "apply/batch_queue.hpp"
#include "apply/followed_tables.hpp"
#include "apply/lease.hpp"
#include "apply/privacy_wall.hpp"
#include "apply/savepoint.hpp"
#include "apply/source_state.hpp"
#include "base/fault_point.hpp"
#include "base/log.hpp"

namespace everarchive::apply {

using capture::cell;
using capture::change;
using std::chrono::milliseconds;

namespace {

std::string text_of(std::int64_t number) {
    return std::to_string(number);
}

void set_state(pq::connection& on, const taken_source& taken, const std::string& state) {
    on.run("SELECT everarchive.source_set_state($1, $2, NULL, NULL, $3::bigint)",
           {taken.name, state, text_of(taken.epoch)});
}

void begin_load(pq::connection& on, const adapter::adapter& adapter, const taken_source& taken, row_writer& writer,
                const std::string& identity, std::int64_t expected) {
    pq::transaction transaction(on);
    // Waits for the mapping steps under way; later ones see that there is no position and leave the source alone.
    on.run("SELECT pg_catalog.pg_advisory_xact_lock($1::integer, $2::integer)",
           {text_of(snapshot_lock_class), text_of(taken.id)});
    update_progress(on, taken, "position = NULL, identity = $3, snapshot_rows = 0, snapshot_expected = $4::bigint",
                    {identity, text_of(expected)});
    set_state(on, taken, "snapshot");
    std::string tables;
    for (std::size_t i = 0; i < adapter.tables.size(); ++i) {
        tables += (i == 0 ? "" : ", ") + writer.table(i).name;
    }
    on.run("TRUNCATE " + tables);
    on.run("UPDATE everarchive.quarantine SET resolved_at = pg_catalog.now(), resolution = 'superseded' WHERE "
           "source_id = $1::integer AND stage = 'apply' AND resolved_at IS NULL",
           {text_of(taken.id)});
    on.run("UPDATE everarchive.source_table SET state = 'ok', message = NULL, hint = NULL, since = pg_catalog.now(), "
           "absent = NULL WHERE source_id = $1::integer",
           {text_of(taken.id)});
    transaction.commit();
}

class row_loader {
  public:
    row_loader(pq::connection& on, const adapter::adapter& adapter, row_writer& writer, row_quarantine& quarantine,
               const std::string& position)
        : on_(on), adapter_(adapter), writer_(writer), quarantine_(quarantine), position_(position) {}

    void load(const capture::batch& batch) {
        for (std::size_t begin = 0; begin < batch.changes.size();) {
            const std::uint32_t table = batch.changes[begin].table;
            std::vector<std::span<const cell>> rows;
            while (begin < batch.changes.size() && batch.changes[begin].table == table) {
                const change& one = batch.changes[begin++];
                if (one.problem.empty()) {
                    rows.push_back(one.row);
                } else {
                    put(table, one.row, {"", std::string(one.problem), "mend the row in the source and save it again"});
                }
            }
            write(table, rows);
        }
    }

  private:
    void put(std::uint32_t table, std::span<const cell> row, const row_quarantine::reason& why) {
        quarantine_.put(adapter_.tables[table], "insert", row, {}, position_, why);
    }

    void write(std::uint32_t table, std::span<const std::span<const cell>> rows) {
        if (rows.empty()) {
            return;
        }
        if (const auto failed = data_error_of(on_, [&] { writer_.load(table, rows); })) {
            if (rows.size() == 1) {
                put(table, rows.front(),
                    {failed->sqlstate(), failed->what(), "mend the row in the source and save it again"});
            } else {
                write(table, rows.first(rows.size() / 2));
                write(table, rows.subspan(rows.size() / 2));
            }
        }
    }

    pq::connection& on_;
    const adapter::adapter& adapter_;
    row_writer& writer_;
    row_quarantine& quarantine_;
    const std::string& position_;
};

/// The rows of a snapshot on their way into the mirror: as many threads read as the source has readers, and as many
/// write, each in transactions of its own. The mirror counts only when all is there, so it does not matter in which
/// order parts of it come.
class copy {
  public:
    copy(capture::snapshot& from, const adapter::adapter& adapter, const taken_source& taken,
         const cascade_graph& cascades, const std::function<bool()>& stop)
        : from_(from), adapter_(adapter), taken_(taken), cascades_(cascades), stop_(stop), reading_(from.readers()) {}

    /// Copies all; this thread writes on `on`. Returns false if asked to stop. Throws what the first thread died of.
    bool run(pq::connection& on, const std::string& conninfo, const std::function<void(std::int64_t)>& progress) {
        {
            std::vector<std::jthread> threads;
            // Declared after them, so it is set before they are joined, however this block is left.
            const struct stop_threads {
                copy& all;
                ~stop_threads() { all.end(); }
            } at_exit{*this};
            for (std::size_t reader = 0; reader < from_.readers(); ++reader) {
                threads.emplace_back([this, reader] { read(reader); });
                if (reader > 0) {
                    threads.emplace_back([this, &conninfo] {
                        try {
                            pq::connection own = open_applier_connection(conninfo, taken_.name);
                            hold_copy_lock(own, taken_.id);
                            write(own, [](std::int64_t) {});
                        } catch (...) {
                            fail(std::current_exception());
                        }
                    });
                }
            }
            write(on, progress);
            while (!done_ && writing_ > 0) { // what others have in hand
                std::this_thread::sleep_for(milliseconds{20});
            }
        }
        const std::lock_guard lock(mutex_);
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        // The queue is closed and empty as well when a reader was told to stop in the middle of its rows.
        return complete_ == from_.readers() && queue_.is_finished();
    }

    std::int64_t rows() const { return rows_; }

  private:
    void read(std::size_t reader) {
        try {
            while (!done_) {
                if (!queue_.wait_for_room(milliseconds{100})) {
                    continue;
                }
                std::optional<capture::batch> batch = from_.next_of(reader);
                if (!batch) {
                    ++complete_;
                    break;
                }
                queue_.put(std::move(*batch));
            }
        } catch (...) {
            if (!done_) { // else it was called off
                fail(std::current_exception());
            }
        }
        if (--reading_ == 0) {
            queue_.close(nullptr);
        }
    }

    void write(pq::connection& on, const std::function<void(std::int64_t)>& progress) {
        touched_keys unused; // keys are touched at the end, all at once
        row_writer writer(on, adapter_, cascades_, taken_.mirror_schema, unused);
        row_quarantine quarantine(on, taken_.id, taken_.name);
        row_loader loader(on, adapter_, writer, quarantine, from_.position());
        const privacy_wall wall(on, adapter_, taken_.mirror_schema);
        while (!done_ && !queue_.is_finished()) {
            if (stop_()) {
                done_ = true;
                return;
            }
            const in_hand one(writing_);
            std::optional<capture::batch> batch = queue_.take(milliseconds{100});
            if (!batch) {
                continue;
            }
            pq::transaction transaction(on, "BEGIN; SET LOCAL synchronous_commit = off"); // the last commit flushes all
            wall.pass_copied(*batch);
            loader.load(*batch);
            fault_point("snapshot.amid_copy");
            const auto count = static_cast<std::int64_t>(batch->changes.size());
            // Last: all writers wait for this row.
            update_progress(on, taken_, "snapshot_rows = snapshot_rows + $3::bigint", {text_of(count)});
            transaction.commit();
            rows_ += count;
            progress(rows_);
        }
    }

    void fail(std::exception_ptr why) {
        const std::lock_guard lock(mutex_);
        if (!failure_) {
            failure_ = std::move(why);
        }
        end();
    }

    /// A reader that waits for the source is called off.
    void end() {
        done_ = true;
        if (complete_ < from_.readers()) {
            from_.interrupt();
        }
    }

    /// A batch may be in hand, from before it is taken until it is written.
    struct in_hand {
        explicit in_hand(std::atomic<int>& counted) : count(counted) { ++count; }
        ~in_hand() { --count; }
        in_hand(const in_hand&) = delete;
        in_hand& operator=(const in_hand&) = delete;
        std::atomic<int>& count;
    };

    capture::snapshot& from_;
    const adapter::adapter& adapter_;
    const taken_source& taken_;
    const cascade_graph& cascades_;
    const std::function<bool()>& stop_;
    batch_queue queue_;
    std::atomic<std::size_t> reading_;
    std::atomic<std::size_t> complete_{0}; // readers that came to the end of their rows
    std::atomic<int> writing_{0};
    std::atomic<std::int64_t> rows_{0};
    std::atomic<bool> done_{false};
    std::mutex mutex_;
    std::exception_ptr failure_; // under mutex_
};

void end_load(pq::connection& on, const adapter::adapter& adapter, const taken_source& taken, row_writer& writer,
              const std::string& position) {
    pq::transaction transaction(on);
    for (std::size_t i = 0; i < adapter.tables.size(); ++i) {
        if (!writer.table(i).touch_all.empty()) {
            on.run(writer.table(i).touch_all, {text_of(taken.id)});
        }
    }
    // What was mapped from an earlier copy and is gone now gets its tombstone.
    on.run("SELECT everarchive.source_remap($1)", {taken.name});
    update_progress(on, taken, "position = $3", {position});
    set_state(on, taken, "streaming");
    transaction.commit();
}

} // namespace

std::optional<std::string> load_snapshot(pq::connection& on, const std::string& conninfo,
                                         const adapter::adapter& adapter, const taken_source& taken,
                                         capture::source& source, const std::function<bool()>& stop,
                                         const snapshot_progress& progress) {
    touched_keys unused; // keys are touched at the end, all at once
    const cascade_graph cascades(adapter);
    row_writer writer(on, adapter, cascades, taken.mirror_schema, unused);

    const std::string identity = source.identity();
    const auto optional = source.optional_columns(); // a column that comes from here on may not be copied
    const std::unique_ptr<capture::snapshot> snapshot = source.open_snapshot();
    fault_point("snapshot.opened");
    const std::string position = snapshot->position();
    const std::int64_t expected = snapshot->estimated_rows();
    begin_load(on, adapter, taken, writer, identity, expected);
    if (optional) {
        followed_tables(on, adapter, taken).note_optional_columns(*optional);
    }
    log::write(log::severity::info, "apply", "the first copy begins",
               {{"source", taken.name}, {"position", position}, {"expected_rows", text_of(expected)}});

    copy all(*snapshot, adapter, taken, cascades, stop);
    progress(0, expected);
    if (!all.run(on, conninfo, [&](std::int64_t rows) { progress(rows, expected); })) {
        return std::nullopt;
    }
    fault_point("snapshot.before_end");
    end_load(on, adapter, taken, writer, position);
    fault_point("snapshot.ended");
    progress(all.rows(), all.rows());
    log::write(log::severity::info, "apply", "the first copy is complete",
               {{"source", taken.name}, {"position", position}, {"rows", text_of(all.rows())}});
    return position;
}

} // namespace everarchive::apply
