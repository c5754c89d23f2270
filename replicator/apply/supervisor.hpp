// Which sources are followed: reads their rows again and again, starts and ends pipelines.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "apply/lease.hpp"
#include "apply/mapping.hpp"
#include "apply/meters.hpp"
#include "apply/pipeline.hpp"
#include "apply/wakeup.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

class supervisor {
  public:
    /// Called with a source's name, rows copied and rows expected, from any thread.
    using progress = std::function<void(const std::string&, std::int64_t, std::int64_t)>;

    supervisor(std::string conninfo, std::filesystem::path adapters, int mappers, progress shown);
    /// Ends all pipelines, each after the batch in hand, then the mapping workers.
    ~supervisor();
    supervisor(const supervisor&) = delete;
    supervisor& operator=(const supervisor&) = delete;

    /// Reads the sources over `on` and starts and ends pipelines accordingly.
    void step(pq::connection& on);

    /// True if every pipeline has caught up and nothing came for `quiet`, and no touched key waits.
    bool is_idle(pq::connection& on, std::chrono::milliseconds quiet);

    /// What is counted about each source; from any thread.
    const meters& measured() const { return meters_; }

  private:
    bool follows_files(const std::string& adapter);

    const std::string conninfo_;
    const std::filesystem::path adapters_;
    progress progress_;
    wakeup wakeup_;
    meters meters_;
    std::map<int, std::unique_ptr<pipeline>> pipelines_; // by source_id
    std::map<std::string, bool> file_adapters_;
    std::chrono::steady_clock::time_point renewed_{};
    mapping_workers mappers_;
};

} // namespace everarchive::apply
