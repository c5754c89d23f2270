// Between the thread that reads a source and the one that applies: batches, bounded by their bytes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>

#include "capture/change.hpp"

namespace everarchive::apply {

class batch_queue {
  public:
    explicit batch_queue(std::size_t most_bytes = 32 * 1024 * 1024) : most_bytes_(most_bytes) {}

    /// True while another batch may be put in. One may always stand in an empty queue, however large.
    bool has_room() const {
        const std::lock_guard lock(mutex_);
        return batches_.empty() || bytes_ < most_bytes_;
    }

    /// Waits up to `wait` for room.
    bool wait_for_room(std::chrono::milliseconds wait) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, wait, [&] { return batches_.empty() || bytes_ < most_bytes_; });
    }

    void put(capture::batch batch) {
        {
            const std::lock_guard lock(mutex_);
            bytes_ += batch.weight();
            batches_.push_back(std::move(batch));
        }
        changed_.notify_all();
    }

    /// The next batch, or nullopt if none came in time. Once the queue is empty and was closed with an error, throws
    /// it.
    std::optional<capture::batch> take(std::chrono::milliseconds wait) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, wait, [&] { return !batches_.empty() || closed_; });
        if (batches_.empty()) {
            if (error_) {
                std::rethrow_exception(error_);
            }
            return std::nullopt;
        }
        std::optional<capture::batch> batch(std::move(batches_.front()));
        batches_.pop_front();
        bytes_ -= batch->weight();
        lock.unlock();
        changed_.notify_all();
        return batch;
    }

    /// Nothing more comes; `error` says why, or null at a regular end.
    void close(std::exception_ptr error) {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            error_ = std::move(error);
        }
        changed_.notify_all();
    }

    std::size_t bytes() const {
        const std::lock_guard lock(mutex_);
        return bytes_;
    }

    /// True if it was closed and everything was taken.
    bool is_finished() const {
        const std::lock_guard lock(mutex_);
        return closed_ && batches_.empty();
    }

  private:
    const std::size_t most_bytes_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<capture::batch> batches_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
    std::exception_ptr error_;
};

} // namespace everarchive::apply
