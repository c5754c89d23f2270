#include "apply/mapping.hpp"

#include <map>
#include <optional>

#include "apply/source_state.hpp"
#include "base/fault_point.hpp"
#include "base/log.hpp"
#include "base/retry.hpp"
#include "base/stop.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr int keys_at_once = 2'000;
constexpr milliseconds shortest_rest{50};
constexpr milliseconds longest_rest{1'000};
/// While the apply step works off a backlog, mapping takes only so much: the processors go to the stream, and what is
/// touched several times meanwhile is mapped once. It never stops, so that a backlog of days does not keep versions
/// away.
constexpr milliseconds backlog_rest{2'000};
/// After an error that a person must mend, a source is left alone for so long.
constexpr std::chrono::seconds failed_rest{30};

struct mapped_source {
    int id;
    std::string name;
};

std::vector<mapped_source> sources(pq::connection& on) {
    const pq::result rows = on.run_prepared("SELECT s.source_id, s.name FROM everarchive.source s JOIN "
                                            "everarchive.source_progress p USING (source_id) WHERE p.position IS NOT "
                                            "NULL AND s.state <> 'removed' ORDER BY 1",
                                            {});
    std::vector<mapped_source> found;
    for (int row = 0; row < rows.rows(); ++row) {
        found.push_back({rows.number<int>(row, 0), std::string(rows.text(row, 1))});
    }
    return found;
}

/// One step: a transaction of its own. Returns the number of keys that were taken.
std::int64_t map_step(pq::connection& on, const mapped_source& source, source_meters& meters) {
    const auto begin = steady_clock::now();
    fault_point("map.before_begin");
    pq::transaction transaction(on, "BEGIN ISOLATION LEVEL READ COMMITTED");
    const std::string id = std::to_string(source.id);
    // While a snapshot begins, its lock is exclusive. The position is read in a statement of its own, after the lock.
    const pq::result lock =
        on.run_prepared("SELECT pg_catalog.pg_try_advisory_xact_lock_shared($1::integer, $2::integer)",
                        {std::to_string(snapshot_lock_class), id});
    if (!lock.truth(0, 0)) {
        return 0;
    }
    const pq::result rows =
        on.run_prepared("SELECT m.keys, m.versions, m.quarantined FROM everarchive.source_progress p, LATERAL "
                        "everarchive.map_touched(p.source_id, $2::integer) m WHERE p.source_id = $1::integer AND "
                        "p.position IS NOT NULL",
                        {id, std::to_string(keys_at_once)});
    const bool worked = rows.rows() > 0 && rows.number(0, 0) > 0;
    if (worked) {
        fault_point("map.before_commit");
    }
    transaction.commit();
    if (!worked) {
        return 0;
    }
    fault_point("map.after_commit");
    meters.map_steps.add();
    meters.map_keys.add(rows.number<std::uint64_t>(0, 0));
    meters.map_versions.add(rows.number<std::uint64_t>(0, 1));
    meters.map_quarantined.add(rows.number<std::uint64_t>(0, 2));
    meters.map_seconds.observe(std::chrono::duration<double>(steady_clock::now() - begin).count());
    log::write(log::severity::debug, "map", "mapped",
               {{"source", source.name},
                {"keys", std::string(rows.text(0, 0))},
                {"versions", std::string(rows.text(0, 1))},
                {"quarantined", std::string(rows.text(0, 2))}});
    if (rows.number(0, 2) > 0) {
        log::write(log::severity::warning, "map", "records went to quarantine",
                   {{"source", source.name},
                    {"records", std::string(rows.text(0, 2))},
                    {"hint", "SELECT * FROM report.quarantine"}});
    }
    return rows.number(0, 0);
}

} // namespace

mapping_workers::mapping_workers(std::string conninfo, int count, wakeup& wake, meters& meters)
    : conninfo_(std::move(conninfo)), wake_(wake), meters_(meters) {
    for (int i = 0; i < count; ++i) {
        threads_.emplace_back([this](std::stop_token stop) { run(stop); });
    }
}

mapping_workers::~mapping_workers() {
    for (std::jthread& thread : threads_) {
        thread.request_stop();
    }
    wake_.call();
}

void mapping_workers::run(std::stop_token stop) {
    std::optional<pq::connection> on;
    std::map<int, steady_clock::time_point> failed_until;
    backoff pause;
    milliseconds rest = shortest_rest;
    while (!stop.stop_requested() && !stop_requested()) {
        const std::uint64_t calls = wake_.calls();
        bool worked = false;
        try {
            if (!on) {
                on.emplace(conninfo_, pq::connection::side::sink, "everarchive map");
                // Between two statements there is nothing to wait for: a program that hangs there must not keep the
                // lock of its part from others.
                let_server_notice_loss(*on, 15);
            }
            for (const mapped_source& source : sources(*on)) {
                if (failed_until[source.id] > steady_clock::now()) {
                    continue;
                }
                try {
                    worked = map_step(*on, source, meters_.of(source.name)) > 0 || worked;
                } catch (const pq::error& failed) {
                    if (failed.why() == cause::retry) {
                        throw;
                    }
                    meters_.of(source.name).map_failures.add();
                    failed_until[source.id] = steady_clock::now() + failed_rest;
                    log::write(log::severity::error, "map", failed.what(),
                               {{"source", source.name}, {"sqlstate", failed.sqlstate()}, {"hint", failed.hint()}});
                }
            }
            pause.reset();
        } catch (const std::exception& failed) {
            const milliseconds wait = pause.next();
            log::write(log::severity::warning, "map", failed.what(), {{"retry_ms", std::to_string(wait.count())}});
            on.reset();
            sleep_unless_stopped(wait);
            continue;
        }
        if (wake_.has_backlog()) {
            const auto end = steady_clock::now() + backlog_rest;
            while (wake_.has_backlog() && steady_clock::now() < end && !stop.stop_requested() && !stop_requested()) {
                std::this_thread::sleep_for(shortest_rest);
            }
        } else if (worked) {
            rest = shortest_rest;
        } else {
            wake_.wait(calls, rest);
            rest = std::min(rest * 2, longest_rest);
        }
    }
}

} // namespace everarchive::apply
