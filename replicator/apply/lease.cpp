#include "apply/lease.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <random>

#include "base/log.hpp"

namespace everarchive::apply {

namespace {

/// A session of this program that lost its connection is broken earlier: nobody else has to be asked.
constexpr int own_looks = 4;

} // namespace

const std::string& program_name() {
    static const std::string name = [] {
        std::array<char, 256> host{};
        if (gethostname(host.data(), host.size() - 1) != 0) {
            host = {'?'};
        }
        return fmt::format("{}:{}:{:08x}", host.data(), getpid(), std::random_device{}());
    }();
    return name;
}

void renew_leases(pq::connection& on) {
    // Nothing is lost with this commit if the server crashes: the lock is then free as well.
    on.run("SET synchronous_commit = off");
    on.run_prepared("UPDATE everarchive.source_lease SET renewed_at = pg_catalog.clock_timestamp() WHERE program = $1",
                    {program_name()});
    on.run("RESET synchronous_commit");
}

void hold_copy_lock(pq::connection& on, int source_id) {
    on.run("SELECT pg_catalog.pg_advisory_lock_shared($1::integer, $2::integer)",
           {std::to_string(copy_lock_class), std::to_string(source_id)});
}

lease::lease(pq::connection& on, int source_id, std::string source)
    : on_(on), source_id_(std::to_string(source_id)), source_(std::move(source)) {}

bool lease::try_take() {
    const pq::result look = on_.run_prepared(
        "SELECT pg_catalog.pg_try_advisory_lock($1::integer, $2::integer), l.program, l.epoch::text || "
        "' ' || l.renewed_at::text FROM (VALUES (1)) one LEFT JOIN everarchive.source_lease l ON "
        "l.source_id = $2::integer",
        {std::to_string(follow_lock_class), source_id_});
    if (look.truth(0, 0)) {
        // A program that was stopped in the middle of a first copy has more sessions than the one with the lock.
        end_sessions(copy_lock_class);
        return true;
    }
    const std::string program(look.text(0, 1));
    const std::string beat(look.text(0, 2));
    still_ = program == holder_ && beat == beat_ ? still_ + 1 : 0;
    holder_ = program;
    beat_ = beat;
    if (still_ >= (holder_ == program_name() ? own_looks : lease_looks)) {
        still_ = 0;
        break_lock();
    }
    return false;
}

/// Its open batch is rolled back with its session, and its locks on rows and parts go, too.
void lease::break_lock() {
    log::write(log::severity::warning, "apply", "the program that has the source gives no sign of life: taking over",
               {{"source", source_}, {"program", holder_}});
    end_sessions(follow_lock_class);
}

void lease::end_sessions(int lock_class) {
    try {
        on_.run_prepared(
            "SELECT pg_catalog.pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' "
            "AND "
            "l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) "
            "AND l.classid = $1::oid AND l.objid = $2::oid AND l.objsubid = 2 AND l.granted AND l.pid <> "
            "pg_catalog.pg_backend_pid()",
            {std::to_string(lock_class), source_id_});
    } catch (const pq::error& failed) {
        if (failed.sqlstate() != "42501") {
            throw;
        }
        log::write(log::severity::error, "apply",
                   fmt::format("cannot end the session of the program that has the source: {}", failed.what()),
                   {{"source", source_},
                    {"program", holder_},
                    {"hint", fmt::format("let both programs use the same role, or as a superuser: SELECT "
                                         "pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
                                         "(classid, objid) = ({}, {})",
                                         lock_class, source_id_)}});
    }
}

bool lease::announce(std::int64_t epoch) {
    const pq::result before =
        on_.run("SELECT l.program FROM everarchive.source_lease l WHERE l.source_id = $1::integer", {source_id_});
    on_.run(
        "INSERT INTO everarchive.source_lease AS l (source_id, program, epoch) VALUES ($1::integer, $2, $3::bigint) "
        "ON CONFLICT (source_id) DO UPDATE SET program = excluded.program, epoch = excluded.epoch, taken_at = "
        "excluded.taken_at, renewed_at = excluded.renewed_at",
        {source_id_, program_name(), std::to_string(epoch)});
    return before.rows() > 0 && before.text(0, 0) != program_name();
}

} // namespace everarchive::apply
