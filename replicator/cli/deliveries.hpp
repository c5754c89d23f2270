// The delivery workers of `everarchive run`: a thread for each archive.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "pq/connection.hpp"

namespace everarchive::cli {

class deliveries {
  public:
    explicit deliveries(std::string conninfo) : conninfo_(std::move(conninfo)) {}
    ~deliveries();
    deliveries(const deliveries&) = delete;
    deliveries& operator=(const deliveries&) = delete;

    /// Reads the targets over `on` and starts and ends workers accordingly.
    void step(pq::connection& on);

    /// True if nothing is on its way to an archive that is not paused.
    static bool is_idle(pq::connection& on);

  private:
    struct worker {
        std::atomic<bool> stop{false};
        std::atomic<bool> done{false};
        std::jthread thread;
    };

    const std::string conninfo_;
    std::map<int, std::unique_ptr<worker>> workers_; // by target_id
};

} // namespace everarchive::cli
