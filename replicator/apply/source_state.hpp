// What the program reads and writes of a source in the preservation database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apply/lease.hpp"
#include "apply/taken_source.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

/// Class of the lock that keeps mapping away while a snapshot fills the mirror ('EVSN'): shared by a mapping step,
/// exclusive where a snapshot begins.
constexpr int snapshot_lock_class = 0x4556534e;

/// Makes the server notice within half a minute that this machine or its network is gone, whatever its own settings
/// are: what the session holds is free then. `transaction_seconds`: how long it may sit idle in a transaction, 0 for
/// ever.
void let_server_notice_loss(pq::connection& on, int transaction_seconds);

/// A connection for applying: commits are durable, and large values are compressed with lz4 where the server can.
pq::connection open_applier_connection(const std::string& conninfo, const std::string& source);

/// The sources s that a program follows, as a condition in SQL.
constexpr std::string_view is_followed = "NOT s.paused AND s.state IN ('new', 'snapshot', 'streaming')";

/// Takes a source whose lock is held (lease) over: raises its epoch.
taken_source take(pq::connection& on, lease& held, const std::string& name);

/// Updates the progress row: `set` names the values as $3 and so on. That also proves that the source is still ours.
/// Throws error (fenced) if it is not.
void update_progress(pq::connection& on, const taken_source& taken, const std::string& set,
                     const std::vector<pq::parameter>& values);

/// Stores who the source's server is now: one that goes on from the one before.
void note_identity(pq::connection& on, const taken_source& taken, const std::string& identity);

/// A hint as an operator of this source can run it: where the capture, which does not know the source's name, wrote
/// `everarchive source resync NAME`, the name.
std::string with_name(std::string_view hint, std::string_view source);

/// Tells the state of a source, with the epoch if the source was taken (0: not). Does not throw: it is called when
/// things already went wrong. The hint is told by with_name().
void tell_state(const std::string& conninfo, const taken_source& source, const std::string& state,
                const std::string& message, const std::string& hint) noexcept;

} // namespace everarchive::apply
