// How the apply step tells the mapping workers of the same program that keys wait, and that it needs the processors
// itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace everarchive::apply {

class wakeup {
  public:
    void call() {
        {
            const std::lock_guard lock(mutex_);
            ++calls_;
        }
        called_.notify_all();
    }

    /// The apply step works off a backlog: what is mapped now may be touched again in a moment.
    void note_backlog() {
        const std::lock_guard lock(mutex_);
        backlog_ = std::chrono::steady_clock::now();
    }

    /// True if there was a backlog in the last second.
    bool has_backlog() const {
        const std::lock_guard lock(mutex_);
        return std::chrono::steady_clock::now() - backlog_ < std::chrono::seconds{1};
    }

    std::uint64_t calls() const {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

    /// Waits up to `wait` for a call after the `seen`th.
    void wait(std::uint64_t seen, std::chrono::milliseconds wait) {
        std::unique_lock lock(mutex_);
        called_.wait_for(lock, wait, [&] { return calls_ != seen; });
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable called_;
    std::uint64_t calls_ = 0;
    std::chrono::steady_clock::time_point backlog_{};
};

} // namespace everarchive::apply
