// What is asked of the source beside the stream, on a connection of its own and without ever waiting for an answer: how
// far its log has grown, how much of it the slot holds back, and what happened to the tables that no message tells of.
#pragma once

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapter/adapter.hpp"
#include "base/retry.hpp"
#include "capture/change.hpp"
#include "capture/postgresql_readers.hpp"
#include "capture/postgresql_session.hpp"

namespace everarchive::capture::postgresql {

class slot_watch {
  public:
    /// `on` has answered the first question already, so a source that is not right is noticed at once. Throws error.
    slot_watch(pq::connection on, const source_names& names, const adapter::adapter& adapter, log_guard guard);

    /// Takes an answer that has come, and asks again when it is time. Throws error: position_lost (publication or slot
    /// gone), needs_person (the guard's limit, `pause`). A connection that fails is made anew, beside us; after minutes
    /// without one, notice() says that nobody watches.
    void look();

    lsn newest() const { return newest_; }
    void note_newest(lsn place) { newest_ = std::max(newest_, place); }

    /// The slot holds more log than the guard's limit and is to be given up: the stream closes its connection first.
    bool wants_drop() const { return wants_drop_; }
    /// Drops the slot, and throws error (position_lost) that says so.
    [[noreturn]] void drop(const std::string& conninfo);

    /// Log that the server keeps for the slot, and its wal_status; not known while there is no slot.
    std::optional<std::int64_t> retained_bytes() const { return retained_; }
    const std::string& log_state() const { return log_state_; }

    /// What a person should know although the stream goes on.
    const std::optional<stream_notice>& notice() const { return notice_; }

    /// The tables that something has happened to since the last call.
    std::vector<table_trouble> take_troubles() { return std::exchange(troubles_, {}); }

  private:
    struct table_seen {
        std::string oid;
        bool published = false;
        struct partition {
            bool made = false;   // as a partition, so it was empty then
            std::string storage; // its file, another one after TRUNCATE
        };
        std::map<std::string, partition> partitions; // by oid
    };

    void ask();
    void take_answer();
    void give_up(const std::string& why);
    void connect_again();
    void read(const pq::result& answer);
    void read_guard(const pq::result& answer);
    void read_table(const pq::result& answer, int row);
    void note(std::size_t table, const std::string& what, bool publish);

    std::optional<pq::connection> on_;
    const source_names& names_;
    const adapter::adapter& adapter_;
    log_guard guard_;
    std::vector<std::string> schemas_;
    std::vector<std::string> tables_;
    std::map<std::size_t, table_seen> seen_;
    std::set<std::size_t> told_;
    std::vector<table_trouble> troubles_;
    std::optional<stream_notice> notice_;
    std::optional<std::int64_t> retained_;
    std::string log_state_;
    bool wants_drop_ = false;
    lsn newest_ = 0;
    std::chrono::steady_clock::time_point asked_;
    bool pending_ = false;

    // While there is no connection.
    std::string conninfo_;
    backoff pause_;
    std::chrono::steady_clock::time_point blind_since_;
    std::chrono::steady_clock::time_point next_try_;
    std::string why_blind_;
    std::future<pq::connection> connecting_;
};

} // namespace everarchive::capture::postgresql
