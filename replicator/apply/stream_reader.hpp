// The thread that reads a source's stream: nothing but receive, queue, answer keepalives, confirm.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apply/batch_queue.hpp"
#include "apply/meters.hpp"
#include "capture/source.hpp"

namespace everarchive::apply {

class stream_reader {
  public:
    /// Opens the stream after `position` in the thread that then reads it.
    stream_reader(capture::source& source, std::string position, source_meters& meters);
    /// Confirms what was last said to be safe, and closes the stream.
    ~stream_reader();
    stream_reader(const stream_reader&) = delete;
    stream_reader& operator=(const stream_reader&) = delete;

    batch_queue& queue() { return queue_; }
    bool is_open() const { return open_; }

    /// Everything up to `position` is committed: the source may forget it.
    void is_safe(const std::string& position);

    /// Somebody waits for the stream to pass `position`.
    void expect(const std::string& position);

    /// As the server said a few seconds ago. at_newest: what it had then was handed out, and nothing waits in the
    /// queue.
    capture::log_lag lag() const;

    /// What stands against the source at the moment, although its stream goes on.
    std::optional<capture::stream_notice> notice() const;

  private:
    void run();
    void confirm(capture::stream& stream);

    capture::source& source_;
    const std::string position_;
    batch_queue queue_;
    std::atomic<bool> stop_{false};
    std::atomic<bool> open_{false};
    source_meters& meters_;
    mutable std::mutex mutex_;
    std::string safe_;                             // under mutex_
    std::string handed_;                           // under mutex_; up to where the stream has given batches
    capture::log_lag lag_;                         // under mutex_
    std::string expected_;                         // under mutex_; empty: told
    std::optional<capture::stream_notice> notice_; // under mutex_
    std::string confirmed_;
    std::jthread thread_; // last: it uses all the others
};

} // namespace everarchive::apply
