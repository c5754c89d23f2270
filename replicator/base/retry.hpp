// The one retry policy: exponential back-off with full jitter, from 200 ms to 60 s, for as long as it takes.
#pragma once

#include <chrono>
#include <random>

namespace everarchive {

class backoff {
  public:
    backoff() : random_(std::random_device{}()) {}

    /// How long to wait before the next attempt; grows with each call.
    std::chrono::milliseconds next() {
        ceiling_ = std::min(ceiling_ * 2, std::chrono::milliseconds{60'000});
        std::uniform_int_distribution<std::int64_t> wait(ceiling_.count() / 4, ceiling_.count());
        return std::chrono::milliseconds{wait(random_)};
    }

    /// Something worked: the next failure starts from the beginning.
    void reset() { ceiling_ = std::chrono::milliseconds{200}; }

  private:
    std::chrono::milliseconds ceiling_{200};
    std::minstd_rand random_;
};

} // namespace everarchive
