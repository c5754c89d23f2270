// The thread that reads rows of a source in pieces, on a connection of its own and not faster than it is allowed to,
// while the stream goes on beside it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "capture/source.hpp"

namespace everarchive::apply {

class chunk_feed {
  public:
    struct answer {
        capture::chunk_request asked;
        capture::chunk chunk;
        std::uint64_t number;       // in the order in which they were read
        std::exception_ptr refused; // the piece could not be read, and a person must do something about it
    };

    /// Opens the connection in the thread that then reads. `rows_per_second` 0: as fast as it goes.
    chunk_feed(capture::source& source, std::size_t rows_per_second);
    ~chunk_feed();
    chunk_feed(const chunk_feed&) = delete;
    chunk_feed& operator=(const chunk_feed&) = delete;

    /// The tables, once the connection is open; null before. Throws what a person must mend.
    const std::vector<capture::chunk_table>* tables() const;

    /// Reads a table piece by piece up to the end of the range, some pieces ahead of what is taken.
    void walk(capture::chunk_request range);
    /// Reads one piece, before the walk goes on.
    void ask(capture::chunk_request piece);

    /// The next piece of the walk and the next that was asked for; null if there is none. They stay until popped.
    const answer* next_of_walk() const;
    const answer* next_asked() const;
    void pop_walk();
    void pop_asked();

    /// The point of the oldest piece that was read and not popped.
    std::optional<capture::read_point> oldest_point() const;

    /// Pieces that are read ahead. Without it a stream that is behind would be waited for once for every piece.
    static constexpr std::size_t most_ahead = 8;

  private:
    void run();
    std::optional<capture::chunk_request> next_request();
    void put(answer done);
    void pace(std::size_t rows, std::chrono::steady_clock::time_point began);

    capture::source& source_;
    const std::size_t rows_per_second_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    // All under mutex_.
    bool stop_ = false;
    std::optional<std::vector<capture::chunk_table>> tables_;
    std::exception_ptr failed_;
    std::optional<capture::chunk_request> walk_;
    bool walk_under_way_ = false;
    std::uint64_t read_ = 0;
    std::deque<capture::chunk_request> asked_;
    std::deque<answer> walked_answers_;
    std::deque<answer> asked_answers_;
    std::jthread thread_; // last: it uses all the others
};

} // namespace everarchive::apply
