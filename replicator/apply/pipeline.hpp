// One source: a thread that reads it, a queue, a thread that applies. Errors that time mends are retried for ever; the
// others stop this source, with the reason in its row.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "apply/applier.hpp"
#include "apply/lease.hpp"
#include "apply/meters.hpp"
#include "apply/snapshot_loader.hpp"
#include "apply/wakeup.hpp"
#include "base/retry.hpp"

namespace everarchive::apply {

/// What a pipeline needs to know of its source.
struct source_row {
    int id = 0;
    std::string name;
    std::string adapter;
    std::string origin;
    std::string parameters; // of its adapter, as JSON
    std::string settings;   // what is set and not the default, to notice a change
};

class pipeline {
  public:
    /// Starts at once. `mapping` is called after each commit; `progress` while a snapshot is copied (from the
    /// pipeline's thread, with the source's name).
    pipeline(std::string conninfo, source_row source, std::filesystem::path adapters, wakeup& mapping,
             source_meters& meters, std::function<void(const std::string&, std::int64_t, std::int64_t)> progress);
    ~pipeline();
    pipeline(const pipeline&) = delete;
    pipeline& operator=(const pipeline&) = delete;

    /// Asks for the end: the batch in hand is committed first.
    void stop() { stop_ = true; }

    /// True when the thread has ended, because it was asked to or because the source needs a person.
    bool is_done() const { return done_; }

    /// True if the stream is open, everything received is committed, and nothing came for `quiet`.
    bool is_idle(std::chrono::milliseconds quiet) const;

    const source_row& source() const { return row_; }

  private:
    void run();
    void follow();
    void lead(pq::connection& on, const adapter::adapter& adapter);
    bool wait_for(lease& lease);
    void stream(pq::connection& on, const adapter::adapter& adapter, const taken_source& taken, capture::source& source,
                const std::string& position);
    void apply(applier& applier, class stream_reader& reader, class chunk_comparison& comparison);
    std::string renewed_position(pq::connection& on, const adapter::adapter& adapter, capture::source& source,
                                 const struct check_run& run);
    bool resync_by_itself(const error& failed);
    bool stopping() const;
    bool wait(std::chrono::milliseconds time) const;
    bool recover(const error& failed);
    bool is_wanted(pq::connection& on) const;
    void tell_end(const error& failed);
    error fault_of_program(const std::exception& failed) const;
    void note_arrival();
    void note_works();

    const std::string conninfo_;
    const source_row row_;
    const std::filesystem::path adapters_;
    wakeup& mapping_;
    source_meters& meters_;
    std::function<void(const std::string&, std::int64_t, std::int64_t)> progress_;
    taken_source taken_;
    backoff backoff_;
    bool displace_ = false; // a reader of the program before us may be left in the source
    bool told_ = false;     // a passing trouble stands in the source's row
    bool over_ = false;     // not to be followed until somebody says so
    int fenced_ = 0;        // attempts while another program had the source, since the stream last worked
    std::atomic<bool> stop_{false};
    std::atomic<bool> done_{false};
    std::atomic<bool> streaming_{false};
    std::atomic<bool> comparing_{false};
    std::atomic<std::int64_t> last_arrival_ms_{0};
    std::jthread thread_; // last: it uses all the others
};

} // namespace everarchive::apply
