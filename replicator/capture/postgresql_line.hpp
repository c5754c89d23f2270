// The replication connection: START_REPLICATION, frames, and what the server is told of our position (documentation,
// "Streaming Replication Protocol").
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "capture/postgresql_session.hpp"

namespace everarchive::capture::postgresql {

/// A frame of the server. `bytes` live until the next one is read.
struct frame {
    bool message = false;     // of pgoutput, in `bytes`; else a keepalive
    lsn at = 0;               // where the message begins
    lsn newest = 0;           // the end of the server's log; of a keepalive: everything before it was sent
    bool wants_reply = false; // of a keepalive
    std::string_view bytes;
};

class replication_line {
  public:
    using clock = std::chrono::steady_clock;

    /// Begins to read the slot after `start`. `in_progress`: transactions come before they are committed, where the
    /// server can (14 and newer). `silence`: the server gives us up when it has heard nothing for so long; 0 never.
    replication_line(const std::string& conninfo, const source_names& names, lsn start, lsn confirmed, bool in_progress,
                     std::chrono::milliseconds silence);
    /// Tells the server what is confirmed, so that it need not keep that log until we come back.
    ~replication_line();
    replication_line(const replication_line&) = delete;
    replication_line& operator=(const replication_line&) = delete;

    /// False: the server sends transactions only when they are committed.
    bool in_progress() const noexcept { return in_progress_; }

    /// The next frame; nullopt if none has come completely. Throws error when the connection is lost.
    std::optional<frame> read();

    /// Waits until something comes, no longer than `time`.
    void wait(clock::duration time);

    /// Everything up to `place` is stored in the preservation database. The only thing that moves the slot.
    void confirm(lsn place);
    lsn confirmed() const noexcept { return confirmed_; }

    void send_feedback_if_due();
    /// Asks the server how far it has sent: it answers with a keepalive at once (walsender.c,
    /// ProcessStandbyReplyMessage).
    void ask();
    /// True while the server waits for a reply, as it does before it shuts down.
    bool reply_is_due() const noexcept { return reply_due_.has_value(); }
    clock::time_point next_feedback() const noexcept { return reply_due_ ? std::min(*reply_due_, next_) : next_; }

  private:
    void keep_over_failover();
    [[noreturn]] void ended();
    void send_feedback(bool reply_wanted = false);
    frame parse(std::string_view bytes);

    const source_names& names_;
    pq::connection on_;
    std::unique_ptr<char, decltype(&PQfreemem)> held_{nullptr, &PQfreemem}; // the last frame
    bool in_progress_;
    lsn confirmed_;
    lsn asked_about_ = 0; // position of the keepalive that wants a reply
    std::chrono::milliseconds every_{10'000};
    clock::time_point next_;
    std::optional<clock::time_point> reply_due_;
};

} // namespace everarchive::capture::postgresql
