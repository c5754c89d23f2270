#include "apply/snapshot_loader.hpp"

#include <thread>

#include "apply/batch_queue.hpp"
#include "apply/privacy_wall.hpp"
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

/// Updates the progress row, which also proves that the source is still ours.
void update_progress(pq::connection& on, const taken_source& taken, const std::string& set,
                     std::vector<pq::parameter> values) {
    std::vector<pq::parameter> parameters{text_of(taken.id), text_of(taken.epoch)};
    parameters.insert(parameters.end(), values.begin(), values.end());
    const pq::result answer = on.run_prepared("UPDATE everarchive.source_progress SET " + set +
                                                  ", seen_at = pg_catalog.now() WHERE source_id = $1::integer "
                                                  "AND epoch = $2::bigint",
                                              parameters);
    if (answer.affected() == 0) {
        throw error(exit_code::state, cause::fenced,
                    "another program has taken source " + taken.name + " over, or it was removed",
                    "run one everarchive program for a source");
    }
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
        on_.run("SAVEPOINT everarchive_rows");
        try {
            writer_.load(table, rows);
            on_.run("RELEASE SAVEPOINT everarchive_rows");
        } catch (const pq::error& failed) {
            if (!is_data_error(failed.sqlstate())) {
                throw;
            }
            on_.run("ROLLBACK TO SAVEPOINT everarchive_rows; RELEASE SAVEPOINT everarchive_rows");
            if (rows.size() == 1) {
                put(table, rows.front(),
                    {failed.sqlstate(), failed.what(), "mend the row in the source and save it again"});
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

std::optional<std::string> load_snapshot(pq::connection& on, const adapter::adapter& adapter, const taken_source& taken,
                                         capture::source& source, const std::function<bool()>& stop,
                                         const snapshot_progress& progress) {
    touched_keys unused; // keys are touched at the end, all at once
    const cascade_graph cascades(adapter);
    row_writer writer(on, adapter, cascades, taken.mirror_schema, unused);
    row_quarantine quarantine(on, taken.id, taken.name);

    const std::string identity = source.identity();
    const std::unique_ptr<capture::snapshot> snapshot = source.open_snapshot();
    fault_point("snapshot.opened");
    const std::string position = snapshot->position();
    const std::int64_t expected = snapshot->estimated_rows();
    begin_load(on, adapter, taken, writer, identity, expected);
    log::write(log::severity::info, "apply", "the first copy begins",
               {{"source", taken.name}, {"position", position}, {"expected_rows", text_of(expected)}});

    batch_queue queue;
    std::atomic<bool> reader_stop{false};
    std::jthread reader([&] {
        try {
            while (!reader_stop) {
                if (!queue.wait_for_room(milliseconds{100})) {
                    continue;
                }
                std::optional<capture::batch> batch = snapshot->next();
                if (!batch) {
                    break;
                }
                queue.put(std::move(*batch));
            }
            queue.close(nullptr);
        } catch (...) {
            queue.close(std::current_exception());
        }
    });
    // Declared after the thread, so it is set before the thread is joined, however this function is left.
    const struct stop_reader {
        std::atomic<bool>& flag;
        ~stop_reader() { flag = true; }
    } at_exit{reader_stop};

    row_loader loader(on, adapter, writer, quarantine, position);
    const privacy_wall wall(on, adapter, taken.mirror_schema);
    std::int64_t rows = 0;
    progress(0, expected);
    while (!queue.is_finished()) {
        if (stop()) {
            return std::nullopt;
        }
        std::optional<capture::batch> batch = queue.take(milliseconds{100});
        if (!batch) {
            continue;
        }
        pq::transaction transaction(on, "BEGIN; SET LOCAL synchronous_commit = off"); // the last commit flushes all
        wall.pass_copied(*batch);
        loader.load(*batch);
        fault_point("snapshot.amid_copy");
        rows += static_cast<std::int64_t>(batch->changes.size());
        update_progress(on, taken, "snapshot_rows = $3::bigint", {text_of(rows)});
        transaction.commit();
        progress(rows, expected);
    }
    (void)queue.take(milliseconds{0}); // throws what the reader died of
    fault_point("snapshot.before_end");
    end_load(on, adapter, taken, writer, position);
    fault_point("snapshot.ended");
    progress(rows, rows);
    log::write(log::severity::info, "apply", "the first copy is complete",
               {{"source", taken.name}, {"position", position}, {"rows", text_of(rows)}});
    return position;
}

} // namespace everarchive::apply
