#include "apply/source_state.hpp"

#include "base/log.hpp"

namespace everarchive::apply {

pq::connection open_applier_connection(const std::string& conninfo, const std::string& source) {
    pq::connection on(conninfo, pq::connection::side::sink, "everarchive apply " + source);
    // The source is told that it may forget a change as soon as our commit returns, so it must be on disk by then.
    on.run("SET synchronous_commit = on");
    on.run("SET search_path = pg_catalog");
    on.run("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET lock_timeout = 0");
    try {
        on.run("SET default_toast_compression = lz4");
    } catch (const pq::error&) {
        // PostgreSQL 13, or a server built without lz4: its own compression will do.
    }
    return on;
}

taken_source take(pq::connection& on, int source_id, const std::string& name) {
    const pq::result lock = on.run("SELECT pg_catalog.pg_try_advisory_lock($1::integer, $2::integer)",
                                   {std::to_string(follow_lock_class), std::to_string(source_id)});
    if (!lock.truth(0, 0)) {
        throw error(exit_code::state, cause::fenced, "another everarchive program follows source " + name,
                    "run one program for a source; this one waits and takes over when the other ends");
    }
    const pq::result row = on.run("SELECT source_id, mirror_schema, state, epoch, \"position\", identity, mapping "
                                  "FROM everarchive.source_take($1)",
                                  {name});
    if (row.rows() == 0) {
        throw error(exit_code::state, cause::needs_person,
                    "source " + name + " has no row in everarchive.source_progress",
                    "everarchive source remove " + name + ", then add it again");
    }
    taken_source taken;
    taken.id = row.number<int>(0, 0);
    taken.name = name;
    taken.mirror_schema = row.text(0, 1);
    taken.state = row.text(0, 2);
    taken.epoch = row.number(0, 3);
    taken.position = row.text(0, 4);
    taken.identity = row.text(0, 5);
    taken.every_commit = row.text(0, 6) == "every commit";
    return taken;
}

void note_identity(pq::connection& on, const taken_source& taken, const std::string& identity) {
    on.run("UPDATE everarchive.source_progress SET identity = $3 WHERE source_id = $1::integer AND epoch = $2::bigint",
           {std::to_string(taken.id), std::to_string(taken.epoch), identity});
}

void tell_state(const std::string& conninfo, const taken_source& source, const std::string& state,
                const std::string& message, const std::string& hint) noexcept {
    try {
        pq::connection on(conninfo, pq::connection::side::sink, "everarchive run");
        on.run("SELECT everarchive.source_set_state($1, $2, $3, $4, $5::bigint)",
               {source.name, state, message.empty() ? pq::parameter() : log::redact(message),
                hint.empty() ? pq::parameter() : log::redact(hint),
                source.epoch == 0 ? pq::parameter() : std::to_string(source.epoch)});
    } catch (const std::exception& failed) {
        log::write(log::severity::warning, "apply", std::string("cannot tell the state of a source: ") + failed.what(),
                   {{"source", source.name}, {"state", state}});
    }
}

} // namespace everarchive::apply
