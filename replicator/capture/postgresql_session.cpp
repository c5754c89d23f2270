#include "capture/postgresql_session.hpp"

#include <poll.h>

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "base/log.hpp"
#include "base/stop.hpp"

namespace everarchive::capture::postgresql {

namespace {

/// Text forms that depend on no setting of the server or the role; no timeout of the library's may end a snapshot; a
/// row-level security policy must be an error, not silently missing rows. Without jit: it compiles the sums of a
/// comparison anew for each chunk, a second of the library's processor each.
constexpr const char* session_settings =
    "SELECT pg_catalog.set_config('datestyle', 'ISO, YMD', false), pg_catalog.set_config('intervalstyle', 'postgres', "
    "false), pg_catalog.set_config('extra_float_digits', '3', false), pg_catalog.set_config('bytea_output', 'hex', "
    "false), pg_catalog.set_config('timezone', 'UTC', false), pg_catalog.set_config('search_path', '', false), "
    "pg_catalog.set_config('row_security', 'off', false), pg_catalog.set_config('statement_timeout', '0', false), "
    "pg_catalog.set_config('lock_timeout', '0', false), pg_catalog.set_config('jit', 'off', false), "
    "pg_catalog.set_config('idle_in_transaction_session_timeout', '0', false)";

pq::connection prepared(pq::connection session, std::optional<std::chrono::seconds> patience) {
    if (patience) {
        session.be_patient_for(*patience);
    }
    session.run(session_settings);
    return session;
}

} // namespace

pq::connection connect(const std::string& conninfo, std::optional<std::chrono::seconds> patience) {
    return prepared({conninfo, pq::connection::side::source, "everarchive capture"}, patience);
}

pq::connection connect_replication(const std::string& conninfo, std::optional<std::chrono::seconds> patience) {
    return prepared({conninfo, pq::connection::side::source, "everarchive capture", {{"replication", "database"}}},
                    patience);
}

std::string quoted(pq::connection& on, const std::string& name) {
    return std::string(on.run("SELECT quote_ident($1)", {name}).text(0, 0));
}

std::optional<slot_state> find_slot(pq::connection& on, const source_names& names) {
    const pq::result rows =
        on.run("SELECT plugin, database, active_pid, confirmed_flush_lsn, wal_status FROM pg_replication_slots "
               "WHERE slot_name = $1",
               {names.slot});
    if (rows.rows() == 0) {
        return std::nullopt;
    }
    slot_state slot{std::string(rows.text(0, 0)), std::string(rows.text(0, 1)), std::string(rows.text(0, 2)),
                    std::nullopt, std::string(rows.text(0, 4))};
    if (!rows.is_null(0, 3)) {
        slot.confirmed = parse_lsn(rows.text(0, 3));
    }
    return slot;
}

lsn check_slot(pq::connection& on, const source_names& names, lsn start) {
    const std::optional<slot_state> slot = find_slot(on, names);
    const auto lost = [&](const std::string& why) {
        return error(exit_code::source, cause::position_lost, why, names.resync_hint());
    };
    if (!slot) {
        throw lost(fmt::format("the replication slot {} is gone, so changes after {} may be lost", names.slot,
                               format_lsn(start)));
    }
    const std::string database(on.run("SELECT current_database()").text(0, 0));
    if (slot->plugin != "pgoutput" || slot->database != database || !slot->confirmed) {
        throw lost(fmt::format("the replication slot {} is not ours any more: plugin '{}', database '{}'", names.slot,
                               slot->plugin, slot->database));
    }
    if (slot->wal_status == "lost") {
        throw lost(fmt::format("the server removed log that the replication slot {} needs (max_slot_wal_keep_size), so "
                               "changes after {} are lost",
                               names.slot, format_lsn(start)));
    }
    if (*slot->confirmed > start) {
        throw lost(fmt::format("the replication slot {} stands at {}, after our position {}: somebody moved it or made "
                               "it anew, or the preservation database is an older copy",
                               names.slot, format_lsn(*slot->confirmed), format_lsn(start)));
    }
    if (!slot->active_pid.empty()) {
        throw error(
            exit_code::source, cause::retry,
            fmt::format("the replication slot {} is being read by the server process {}", names.slot, slot->active_pid),
            "stop the other everarchive that follows this source, or wait until the server notices that its "
            "reader is gone");
    }
    // What our last run committed in the preservation database may not be flushed there yet; only confirm() says so.
    return *slot->confirmed;
}

pq::result make_slot(pq::connection& maker, const source_names& names) {
    const int version = PQserverVersion(maker.raw());
    const char* const options = version >= 170000   ? "(SNAPSHOT 'export', FAILOVER true)"
                                : version >= 150000 ? "(SNAPSHOT 'export')"
                                                    : "EXPORT_SNAPSHOT";
    return run_patiently(
        maker, fmt::format("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput {}", maker.identifier(names.slot), options),
        names.source);
}

void drop_slot(pq::connection& on, const source_names& names) {
    const std::optional<slot_state> slot = find_slot(on, names);
    if (!slot) {
        return;
    }
    const std::string database(on.run("SELECT current_database()").text(0, 0));
    if (slot->plugin != "pgoutput" || slot->database != database) {
        throw error(exit_code::source, cause::needs_person,
                    fmt::format("the replication slot {} of the server is not ours: plugin '{}', database '{}'",
                                names.slot, slot->plugin, slot->database),
                    "give this source another name");
    }
    if (!slot->active_pid.empty()) {
        throw error(
            exit_code::source, cause::retry,
            fmt::format("the replication slot {} is being read by the server process {}", names.slot, slot->active_pid),
            "stop the other everarchive that follows this source; if there is none, the server notices a lost "
            "reader after wal_sender_timeout, or at once with SELECT pg_terminate_backend(" +
                slot->active_pid + ")");
    }
    on.run("SELECT pg_drop_replication_slot($1)", {names.slot});
}

void await_input(pq::connection& on, const std::string& what, const std::atomic<bool>* called_off) {
    if (stop_requested() || (called_off != nullptr && *called_off)) {
        if (const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(on.raw()), &PQfreeCancel);
            cancel != nullptr) {
            std::array<char, 256> why{};
            PQcancel(cancel.get(), why.data(), static_cast<int>(why.size()));
        }
        throw error(exit_code::ok, cause::retry, "asked to stop while waiting for the source");
    }
    pollfd socket{PQsocket(on.raw()), POLLIN, 0};
    ::poll(&socket, 1, 200);
    if (PQconsumeInput(on.raw()) != 1) {
        throw on.last_error(what);
    }
}

pq::result run_patiently(pq::connection& on, const std::string& sql, const std::string& source) {
    using clock = std::chrono::steady_clock;
    if (PQsendQuery(on.raw(), sql.c_str()) != 1) {
        throw on.last_error(sql);
    }
    const auto began = clock::now();
    bool said = false;
    while (PQisBusy(on.raw()) != 0) {
        if (!said && clock::now() - began > std::chrono::seconds{15}) {
            said = true;
            log::write(log::severity::notice, "capture",
                       "waiting until the transactions that are open in the library system end; see SELECT pid, "
                       "xact_start, state, query FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY "
                       "xact_start",
                       {{"source", source}});
        }
        await_input(on, sql);
    }
    pq::result answer(PQgetResult(on.raw()));
    while (PGresult* rest = PQgetResult(on.raw())) {
        PQclear(rest);
    }
    const ExecStatusType status = PQresultStatus(answer.raw());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        throw on.error_of(answer.raw(), {});
    }
    return answer;
}

error explained(const pq::error& bad, const source_names& names) {
    const std::string message = bad.what();
    const auto says = [&](std::string_view part) { return message.find(part) != std::string::npos; };
    const bool log_gone = bad.sqlstate() == "58P01" || (says("requested WAL segment") && says("removed"));
    // Slot and publication have the same name, and a name is the same in every language of the server's messages.
    const bool slot_gone = (bad.sqlstate() == "42704" && says(names.slot)) || says("has been invalidated") ||
                           says("was invalidated") || says("can no longer");
    if (log_gone || slot_gone) {
        return {exit_code::source, cause::position_lost,
                fmt::format("the server no longer has the changes after our position: {}", message),
                names.resync_hint()};
    }
    if (bad.sqlstate() == "55006") {
        return {exit_code::source, cause::retry, message,
                "another everarchive reads this source; stop it, or wait until the server notices that it is gone"};
    }
    return bad;
}

} // namespace everarchive::capture::postgresql
