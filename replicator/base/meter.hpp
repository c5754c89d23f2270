// Numbers that the program counts about itself while it works: relaxed atomics, so that counting costs a few
// nanoseconds and no thread waits for the one that reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace everarchive {

/// Only grows.
class counter {
  public:
    void add(std::uint64_t more = 1) noexcept { value_.fetch_add(more, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down.
class gauge {
  public:
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// How many observations fell under each of some ascending bounds, and their sum. Whoever reads while others count may
/// see an observation in one of the numbers and not yet in another; cumulative() is consistent in itself.
template <std::size_t Bounds>
class histogram {
  public:
    explicit constexpr histogram(const std::array<double, Bounds>& bounds) : bounds_(bounds) {}

    void observe(double value) noexcept {
        const auto place = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
        counts_[static_cast<std::size_t>(place)].add();
        sum_.fetch_add(value, std::memory_order_relaxed);
    }

    const std::array<double, Bounds>& bounds() const noexcept { return bounds_; }

    /// Observations up to each bound; the last is all of them.
    std::array<std::uint64_t, Bounds + 1> cumulative() const noexcept {
        std::array<std::uint64_t, Bounds + 1> counts{};
        std::uint64_t all = 0;
        for (std::size_t i = 0; i <= Bounds; ++i) {
            all += counts_[i].value();
            counts[i] = all;
        }
        return counts;
    }

    double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

  private:
    std::array<double, Bounds> bounds_;
    std::array<counter, Bounds + 1> counts_{};
    std::atomic<double> sum_{0};
};

} // namespace everarchive
