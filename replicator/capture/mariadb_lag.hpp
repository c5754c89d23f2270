// How far a stream is behind, and how long the server keeps the log that comes next.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>

#include "capture/binlog_position.hpp"
#include "capture/mariadb_connection.hpp"
#include "capture/mariadb_interrupter.hpp"
#include "capture/source.hpp"

namespace everarchive::capture {

/// Asks the server on a connection and in a thread of its own, so that the stream never waits for an answer.
class mariadb_lag {
  public:
    /// Where the stream stands.
    struct place {
        binlog_position confirmed;
        std::string read;              // position of all that has come; empty while more of it is at hand
        std::uint32_t commit_time = 0; // of the last transaction that was read
        bool is_behind = false;        // events wait in our memory
    };

    explicit mariadb_lag(mariadb_origin origin) : origin_(std::move(origin)) {}
    ~mariadb_lag();
    mariadb_lag(const mariadb_lag&) = delete;
    mariadb_lag& operator=(const mariadb_lag&) = delete;

    /// True when the last answer is old and no question is under way: then ask().
    bool is_due();
    void ask(place now);

    /// What the server said last; empty before it has said anything.
    const log_lag& last() const noexcept { return last_; }

  private:
    log_lag read(const place& now);
    void open();
    void close();
    std::optional<std::int64_t> read_bytes(const binlog_place& here);
    std::optional<double> read_hours(const place& now, std::optional<std::int64_t> behind);
    std::optional<std::int64_t> read_transactions(const binlog_position& confirmed,
                                                  const binlog_position& newest) const;

    mariadb_origin origin_;
    log_lag last_;
    std::chrono::steady_clock::time_point next_;

    // Of the thread that asks.
    bool refused_ = false;
    std::unique_ptr<mariadb_connection> side_;
    std::mutex mutex_;
    bool ending_ = false;                              // under mutex_
    std::unique_ptr<mariadb_interrupter> interrupter_; // likewise
    std::future<log_lag> asking_;                      // the last member: it is waited for first
};

} // namespace everarchive::capture
