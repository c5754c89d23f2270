// Whether a thread still turns. A thread beats each time round its loop; who watches sees how long ago that was.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace everarchive {

class pulse {
  public:
    void beat() noexcept { last_.store(now(), std::memory_order_relaxed); }

    /// The thread begins something that may rightly take as long as it takes: nobody is alarmed until the next beat.
    void rest() noexcept { last_.store(resting, std::memory_order_relaxed); }

    /// How long ago the last beat was; nullopt if the thread rests.
    std::optional<std::chrono::milliseconds> age() const noexcept {
        const std::int64_t last = last_.load(std::memory_order_relaxed);
        return last == resting ? std::nullopt : std::optional(std::chrono::milliseconds{now() - last});
    }

  private:
    static constexpr std::int64_t resting = -1;

    static std::int64_t now() noexcept {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }

    std::atomic<std::int64_t> last_{resting};
};

} // namespace everarchive
