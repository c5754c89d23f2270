// Connections to a PostgreSQL source, and what its slot says. Every session prints values in one unambiguous text form,
// so that a snapshot row and a streamed row of the same content are the same bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "capture/postgresql_lsn.hpp"
#include "pq/connection.hpp"

namespace everarchive::capture::postgresql {

/// What belongs to one source.
struct source_names {
    std::string source;
    std::string slot;
    std::string publication;

    explicit source_names(const std::string& name)
        : source(name), slot("everarchive_" + name), publication("everarchive_" + name) {}

    /// The command that takes a new snapshot; a person decides it.
    std::string resync_hint() const { return "everarchive source resync " + source; }
};

/// How long the questions of a stream wait for an answer. They are all answered from memory or the catalog.
constexpr std::chrono::seconds stream_patience{30};

/// An ordinary session. With `patience` its questions wait no longer than that, and give up when the program is asked
/// to stop. Throws pq::error.
pq::connection connect(const std::string& conninfo, std::optional<std::chrono::seconds> patience = {});

/// A session that understands the replication commands as well.
pq::connection connect_replication(const std::string& conninfo, std::optional<std::chrono::seconds> patience = {});

/// `name` as an SQL identifier, with quotes only where they are needed, for statements that a person reads.
std::string quoted(pq::connection& on, const std::string& name);

/// A row of pg_replication_slots.
struct slot_state {
    std::string plugin;
    std::string database;
    std::string active_pid; // empty: nobody reads it
    std::optional<lsn> confirmed;
    std::string wal_status; // reserved, extended, unreserved, lost
};
std::optional<slot_state> find_slot(pq::connection& on, const source_names& names);

/// The slot must be able to give every change after `start`, else the position is lost: a slot is never made anew
/// behind the reader's back (cdc.md 1.3, point 4). Returns how far it is confirmed. Throws error (position_lost),
/// (retry) while somebody else reads it.
lsn check_slot(pq::connection& on, const source_names& names, lsn start);

/// Makes our slot, which the server keeps over a failover where it can (17 and newer). Waits for the transactions that
/// are open. The answer: name, consistent point, name of the exported snapshot, which lives as long as `maker` does
/// nothing else.
pq::result make_slot(pq::connection& maker, const source_names& names);

/// Drops our slot if it is there. Throws error (retry) while somebody reads it, (needs_person) if it is not ours.
void drop_slot(pq::connection& on, const source_names& names);

/// Waits a moment for something from the server and takes it in. Throws error (retry), and cancels what the server
/// does, when the program was asked to stop or `called_off` is set.
void await_input(pq::connection& on, const std::string& what, const std::atomic<bool>* called_off = nullptr);

/// Runs a statement that may wait for the transactions of others, such as CREATE_REPLICATION_SLOT: says so in the log
/// after a while, and gives up with error (retry) when the program is asked to stop.
pq::result run_patiently(pq::connection& on, const std::string& sql, const std::string& source);

/// `bad` as the rest of the program should see it: log that is gone and a slot or publication that is gone become
/// position_lost.
error explained(const pq::error& bad, const source_names& names);

} // namespace everarchive::capture::postgresql
