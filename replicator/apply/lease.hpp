// Which of several programs follows a source: an advisory lock on the connection that applies says who may, a row that
// its program renews (everarchive.source_lease) says that it is alive, and the epoch makes it harmless if it was not
// dead after all.
#pragma once

#include <chrono>
#include <string>

#include "pq/connection.hpp"

namespace everarchive::apply {

/// Class of the advisory locks that say which program follows a source ('EVSR'), with the source's id.
constexpr int follow_lock_class = 0x45565352;

/// Class of those that the other sessions of a first copy share ('EVSC'): whoever has the source ends what is left of
/// them.
constexpr int copy_lock_class = 0x45565343;

/// How often a program says that it is alive, how often one that waits looks, and how many looks in a row at a row that
/// stands still make its owner dead: ten seconds. Looks are counted instead of time, so that a server which hangs does
/// not make its clients look dead.
constexpr std::chrono::seconds lease_renewal{2};
constexpr std::chrono::milliseconds lease_look{500};
constexpr int lease_looks = 20;

/// This program among all: machine, process, and a random number.
const std::string& program_name();

/// Tells that this program is alive, for all sources that it follows.
void renew_leases(pq::connection& on);

/// Says that this session, too, writes for the program that follows the source.
void hold_copy_lock(pq::connection& on, int source_id);

/// Waits for the lock of one source.
class lease {
  public:
    /// `on` is the connection that applies and has to be open for as long as the source is followed.
    lease(pq::connection& on, int source_id, std::string source);

    /// One look. True: the lock is ours. Ends the session of a holder that is dead by all signs; the lock is then free
    /// at one of the next looks.
    bool try_take();

    /// Who has it, as of the last look.
    const std::string& holder() const { return holder_; }

    /// Tells who follows the source, after the epoch was raised. Returns true if it was another program before.
    bool announce(std::int64_t epoch);

  private:
    void break_lock();
    void end_sessions(int lock_class);

    pq::connection& on_;
    const std::string source_id_;
    const std::string source_;
    std::string holder_;
    std::string beat_; // what its row said at the last look
    int still_ = 0;    // looks since that changed
};

} // namespace everarchive::apply
