// What the program reads and writes of a source in the preservation database.
#pragma once

#include <string>

#include "apply/applier.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

/// Class of the advisory locks that say which program follows a source ('EVSR'), with the source's id.
constexpr int follow_lock_class = 0x45565352;
/// Class of the lock that keeps mapping away while a snapshot fills the mirror ('EVSN'): shared by a mapping step,
/// exclusive where a snapshot begins.
constexpr int snapshot_lock_class = 0x4556534e;

/// A connection for applying: commits are durable, and large values are compressed with lz4 where the server can.
pq::connection open_applier_connection(const std::string& conninfo, const std::string& source);

/// Takes the lock of a source on `on` and raises its epoch. Throws error (fenced) if another program has the lock.
taken_source take(pq::connection& on, int source_id, const std::string& name);

/// Stores who the source's server is now: one that goes on from the one before.
void note_identity(pq::connection& on, const taken_source& taken, const std::string& identity);

/// Tells the state of a source, with the epoch if the source was taken (0: not). Does not throw: it is called when
/// things already went wrong.
void tell_state(const std::string& conninfo, const taken_source& source, const std::string& state,
                const std::string& message, const std::string& hint) noexcept;

} // namespace everarchive::apply
