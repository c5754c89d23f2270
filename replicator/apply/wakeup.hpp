// How the apply step tells the mapping workers of the same program that keys wait.
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
};

} // namespace everarchive::apply
