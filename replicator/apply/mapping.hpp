// The mapping workers: take touched keys and have the database map them, beside the stream.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "apply/meters.hpp"
#include "apply/wakeup.hpp"

namespace everarchive::apply {

class mapping_workers {
  public:
    /// Starts `count` threads, each with its own connection.
    mapping_workers(std::string conninfo, int count, wakeup& wake, meters& meters);
    ~mapping_workers();
    mapping_workers(const mapping_workers&) = delete;
    mapping_workers& operator=(const mapping_workers&) = delete;

  private:
    void run(std::stop_token stop);

    const std::string conninfo_;
    wakeup& wake_;
    meters& meters_;
    std::vector<std::jthread> threads_; // last: they use all the others
};

} // namespace everarchive::apply
