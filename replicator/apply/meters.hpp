// What a program counts about each source while it follows it. Kept by the supervisor by the source's name, so that the
// numbers go on when a pipeline begins again.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/meter.hpp"
#include "base/pulse.hpp"

namespace everarchive::apply {

/// From a millisecond to half a minute: a batch is 20 ms when idle and a second under load.
inline constexpr std::array<double, 12> second_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                      0.1,   0.25,   0.5,   1,    5,     30};
inline constexpr std::array<double, 8> change_bounds{1, 10, 100, 500, 1'000, 5'000, 20'000, 100'000};

struct source_meters {
    counter transactions; // of the source
    counter changes;
    counter batches; // transactions of the preservation database that held any
    counter retries; // attempts after something that time mends
    counter streams; // times that the stream was opened
    counter fenced;  // times that another program took the source away
    histogram<change_bounds.size()> batch_changes{change_bounds};
    histogram<second_bounds.size()> apply_seconds{second_bounds}; // from the first change of a batch to its commit
    gauge queue_bytes;
    gauge spool_bytes;
    gauge leads; // 1: this program has the source
    gauge epoch;

    counter map_steps;
    counter map_keys;
    counter map_versions;
    counter map_quarantined;
    counter map_failures;
    histogram<second_bounds.size()> map_seconds{second_bounds};

    // For the watchdog.
    pulse apply_pulse;
    pulse read_pulse;
    std::atomic<int> backend{0}; // process of the server that applies
};

/// All sources that this program has ever followed. The meters stay where they are.
class meters {
  public:
    source_meters& of(const std::string& source) {
        const std::lock_guard lock(mutex_);
        std::unique_ptr<source_meters>& place = sources_[source];
        if (place == nullptr) {
            place = std::make_unique<source_meters>();
        }
        return *place;
    }

    std::vector<std::pair<std::string, const source_meters*>> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::pair<std::string, const source_meters*>> found;
        for (const auto& [name, one] : sources_) {
            found.emplace_back(name, one.get());
        }
        return found;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<source_meters>> sources_;
};

} // namespace everarchive::apply
