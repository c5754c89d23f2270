// `everarchive run`: the daemon.
#include <fmt/format.h>

#include <map>
#include <mutex>
#include <optional>

#include "apply/supervisor.hpp"
#include "base/installation.hpp"
#include "base/log.hpp"
#include "base/progress_bar.hpp"
#include "base/pulse.hpp"
#include "base/retry.hpp"
#include "base/stop.hpp"
#include "cli/command.hpp"
#include "cli/deliveries.hpp"
#include "serve/monitor.hpp"

namespace everarchive::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_interval{1'000};
/// --until-idle: for so long nothing must have come.
constexpr milliseconds quiet{2'000};
/// A server that hangs must not keep the main loop from turning, nor a long pause this program's leases from being
/// renewed.
constexpr std::chrono::seconds patience{60};
constexpr milliseconds longest_pause{4'000};

struct arguments {
    int mappers = 2;
    bool until_idle = false;
    int timeout_seconds = 0;
    std::string listen;
};

/// The first copies of all sources in one bar.
class snapshot_bar {
  public:
    void show(const std::string& source, std::int64_t rows, std::int64_t expected) {
        const std::lock_guard lock(mutex_);
        sources_[source] = {rows, std::max(rows, expected)};
        std::int64_t done = 0;
        std::int64_t total = 0;
        for (const auto& [name, numbers] : sources_) {
            done += numbers.first;
            total += numbers.second;
        }
        if (!bar_) {
            bar_.emplace("first copy", "rows");
        }
        bar_->show(done, total);
        if (rows == expected && rows > 0) {
            sources_.erase(source);
            if (sources_.empty()) {
                bar_.reset();
            }
        }
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> sources_;
    std::optional<progress_bar> bar_;
};

/// Tables and functions that the program needs came with its own version of the extension.
void check_extension(pq::connection& on) {
    const pq::result row = on.run("SELECT extversion, pg_catalog.string_to_array(extversion, '.')::integer[] < "
                                  "pg_catalog.string_to_array($1, '.')::integer[] FROM pg_catalog.pg_extension WHERE "
                                  "extname = 'everarchive'",
                                  {std::string(version())});
    if (row.rows() > 0 && row.truth(0, 1)) {
        throw error(exit_code::state, cause::needs_person,
                    fmt::format("the extension everarchive in the database {} is {}, older than this program, {}",
                                PQdb(on.raw()), row.text(0, 0), version()),
                    "ALTER EXTENSION marc UPDATE; ALTER EXTENSION everarchive UPDATE;");
    }
}

exit_code run_daemon(const context& context, const arguments& asked) {
    serve::service_manager manager; // reads the environment before any thread starts
    catch_stop_signals();
    // What a person must mend before anything can run is told at once; later troubles are waited out.
    std::optional<pq::connection> on(open_database(context));
    check_extension(*on);
    log::write(log::severity::notice, "cli", fmt::format("everarchive {} begins", version()),
               {{"database", PQdb(on->raw())}});
    on->be_patient_for(patience);

    snapshot_bar bar;
    apply::supervisor supervisor(context.database, adapters_directory(), asked.mappers,
                                 [&bar](const std::string& source, std::int64_t rows, std::int64_t expected) {
                                     bar.show(source, rows, expected);
                                 });
    deliveries archives(context.database);
    pulse turning;
    const serve::monitor monitor(context.database, asked.listen, supervisor.measured(), turning, manager);
    backoff pause;
    exit_code result = exit_code::ok;
    const auto begin = steady_clock::now();
    int idle_looks = 0;
    while (!stop_requested()) {
        turning.beat();
        try {
            if (!on) {
                on.emplace(open_database(context));
                on->be_patient_for(patience);
            }
            supervisor.step(*on);
            archives.step(*on);
            if (asked.until_idle) {
                // Twice in a row, because what one step finishes is the next one's work.
                idle_looks = supervisor.is_idle(*on, quiet) && deliveries::is_idle(*on) ? idle_looks + 1 : 0;
                if (idle_looks >= 2) {
                    log::write(log::severity::notice, "cli", "everything has caught up");
                    break;
                }
            }
            pause.reset();
        } catch (const error& failed) {
            const milliseconds wait = std::min(pause.next(), longest_pause);
            log::write(log::severity::warning, "cli", failed.what(), {{"retry_ms", std::to_string(wait.count())}});
            on.reset();
            sleep_unless_stopped(wait);
            continue;
        }
        if (asked.timeout_seconds > 0 && steady_clock::now() - begin > std::chrono::seconds{asked.timeout_seconds}) {
            log::write(log::severity::error, "cli", "not everything caught up in time",
                       {{"seconds", std::to_string(asked.timeout_seconds)}, {"hint", "everarchive status"}});
            result = exit_code::state;
            break;
        }
        sleep_unless_stopped(asked.until_idle ? milliseconds{200} : look_interval);
    }
    request_stop(); // for those who wait
    turning.rest();
    manager.stopping();
    log::write(log::severity::notice, "cli", "finishing what is in hand");
    return result;
}

} // namespace

void add_run(CLI::App& app, context& context) {
    CLI::App* run = app.add_subcommand("run", "the daemon: follow every source, fill every archive");
    auto asked = std::make_shared<arguments>();
    run->add_option("--mappers", asked->mappers, "mapping workers")->check(CLI::Range(1, 64))->capture_default_str();
    run->add_flag("--until-idle", asked->until_idle, "end when every source has caught up and every archive is filled");
    run->add_option("--timeout", asked->timeout_seconds,
                    "with --until-idle: give up after so many seconds (exit code 3)")
        ->check(CLI::PositiveNumber);
    run->add_option(
        "--listen", asked->listen,
        "serve /metrics, /healthz and /readyz there, such as 127.0.0.1:9464; anyone who can reach it can read "
        "them");
    run->callback([&context, asked] { context.chosen = [&context, asked] { return run_daemon(context, *asked); }; });
}

} // namespace everarchive::cli
