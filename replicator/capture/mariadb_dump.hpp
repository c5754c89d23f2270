// A thread that does nothing but read the packets of a binary log dump into bounded memory. So the connection is read
// while the preservation database is slow: a reader that stops is dropped by the server after net_write_timeout. When
// the memory is full the thread stops reading, and the server's patience begins to count.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "capture/binlog_position.hpp"
#include "capture/mariadb_connection.hpp"

namespace everarchive::capture {

class mariadb_dump {
  public:
    /// The server is to send heartbeats this often when it has nothing else, so that silence means a lost connection.
    static constexpr std::chrono::seconds heartbeat{5};
    static constexpr std::chrono::seconds longest_silence{60};

    /// Asks for all events after `start` on a connection of its own, as the replica `reader`. Throws error.
    mariadb_dump(const mariadb_origin& origin, const binlog_reader& reader, const binlog_position& start);
    ~mariadb_dump();
    mariadb_dump(const mariadb_dump&) = delete;
    mariadb_dump& operator=(const mariadb_dump&) = delete;

    /// The next event; empty if none arrives within `wait`. The view lives until the next call.
    /// Throws what ended the dump, after all events before it were given out.
    std::string_view next(std::chrono::milliseconds wait);

    /// Whether events wait to be read: then the server has more than was given out.
    bool is_behind() {
        const std::lock_guard lock(mutex_);
        return waiting_bytes_ > 0;
    }

    /// What the server is.
    const server_kind& server() const noexcept { return connection_.server(); }

    /// Whether the events before the format description end with a checksum.
    bool has_checksums() const noexcept { return checksums_; }

    /// Bytes of events that may wait; as many again may be in the consumer's hands. One event more always fits.
    static constexpr std::size_t capacity = std::size_t{32} * 1024 * 1024;

  private:
    struct segment {
        std::string bytes; // events, each after its size in eight bytes
    };

    void ask(const binlog_reader& reader, const binlog_position& start);
    void read();
    std::string_view take_from_segment();

    mariadb_connection connection_;
    bool checksums_ = false;

    std::mutex mutex_;
    std::condition_variable filled_;
    std::condition_variable emptied_;
    std::vector<segment> waiting_; // under mutex_, as all down to ended_
    std::size_t waiting_bytes_ = 0;
    bool consumer_waits_ = false;
    bool stop_ = false;
    std::exception_ptr ended_;

    std::vector<segment> taken_; // the consumer's
    std::size_t at_segment_ = 0;
    std::size_t at_byte_ = 0;

    std::thread thread_;
};

} // namespace everarchive::capture
