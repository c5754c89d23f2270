#include "serve/monitor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace everarchive::serve {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr seconds look_interval{5};
/// Counting what waits may take a while where much does: it gets a twentieth of one connection's time.
constexpr int look_share = 20;
constexpr seconds patience{20};
/// The main loop waits for the server no longer than its own patience (cli/run.cpp).
constexpr seconds main_limit{180};
/// A thread that beats many times a second when all is well, and that is not waiting for the server.
constexpr seconds thread_limit{600};

} // namespace

monitor::monitor(std::string conninfo, const std::string& listen, const apply::meters& measured, const pulse& main,
                 service_manager& manager)
    : conninfo_(std::move(conninfo)), measured_(measured), main_(main), manager_(manager) {
    if (!listen.empty()) {
        server_ = std::make_unique<http_server>(
            listen, std::map<std::string, http_server::handler, std::less<>>{
                        {"/metrics", [this] { return metrics_page(now(), measured_.all()); }},
                        {"/healthz", [this] { return health_page(now()); }},
                        {"/readyz", [this] { return ready_page(now()); }},
                    });
        log::write(log::severity::info, "serve", "listening",
                   {{"address", listen}, {"port", std::to_string(server_->port())}});
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

monitor::~monitor() {
    server_.reset();
    thread_.request_stop();
    wake_.notify_all();
}

outlook monitor::now() const {
    const std::lock_guard lock(mutex_);
    outlook one = known_;
    one.age = std::chrono::duration_cast<seconds>(steady_clock::now() - known_at_);
    one.main_age = std::chrono::duration_cast<seconds>(main_.age().value_or(milliseconds{0}));
    return one;
}

void monitor::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        tell_manager();
        if (steady_clock::now() >= next_look_) {
            const auto begin = steady_clock::now();
            look();
            next_look_ = steady_clock::now() +
                         std::max<steady_clock::duration>(look_interval, look_share * (steady_clock::now() - begin));
            continue; // tells the manager first: the look may have taken long
        }
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, seconds{1}, [] { return false; });
    }
}

void monitor::look() {
    std::string problem;
    std::optional<facts> found;
    try {
        if (!on_) {
            on_.emplace(conninfo_, pq::connection::side::sink, "everarchive monitor");
            on_->be_patient_for(patience);
        }
        found = read_facts(*on_);
    } catch (const std::exception& failed) {
        problem = failed.what();
        on_.reset();
    }
    std::string stuck = find_stuck();
    const std::lock_guard lock(mutex_);
    if (!stuck.empty() && known_.stuck.empty()) {
        log::write(log::severity::error, "serve", stuck);
    }
    known_.stuck = std::move(stuck);
    known_.database_problem = std::move(problem);
    if (found) {
        known_.last = std::move(found);
        known_at_ = steady_clock::now();
    }
}

/// Which thread has not turned for so long that something must be wrong. One that waits for a statement of the server
/// is none: a statement may take hours, and a server that is gone is noticed by the connection.
std::string monitor::find_stuck() {
    if (const auto age = main_.age(); age && *age > main_limit) {
        return fmt::format("the main loop has stood still for {} s", std::chrono::duration_cast<seconds>(*age).count());
    }
    for (const auto& [source, meters] : measured_.all()) {
        const auto reading = meters->read_pulse.age();
        if (reading && *reading > thread_limit) {
            return fmt::format("the reader of source {} has stood still for {} s", source,
                               std::chrono::duration_cast<seconds>(*reading).count());
        }
        const auto applying = meters->apply_pulse.age();
        if (applying && *applying > thread_limit && !server_works(meters->backend)) {
            return fmt::format(
                "the apply step of source {} has stood still for {} s, and the server does nothing for it", source,
                std::chrono::duration_cast<seconds>(*applying).count());
        }
    }
    return {};
}

/// Whether the session of the apply step runs a statement. True when it cannot be told.
bool monitor::server_works(int backend) {
    if (!on_ || backend == 0) {
        return true;
    }
    try {
        const pq::result state = on_->run_prepared(
            "SELECT a.state FROM pg_catalog.pg_stat_activity a WHERE a.pid = $1::integer", {std::to_string(backend)});
        return state.rows() > 0 && state.text(0, 0) == "active";
    } catch (const std::exception&) {
        on_.reset();
        return true;
    }
}

void monitor::tell_manager() {
    const outlook one = now();
    if (one.last) {
        manager_.ready();
    }
    std::string text = !one.stuck.empty()              ? one.stuck
                       : !one.database_problem.empty() ? "the preservation database does not answer"
                       : !one.last                     ? "connecting"
                                                       : "";
    if (text.empty()) {
        std::size_t streaming = 0;
        std::string unwell;
        for (const source_facts& source : one.last->sources) {
            streaming += source.state == "streaming" ? 1 : 0;
            if (source.grade == "critical") {
                unwell += (unwell.empty() ? "" : ", ") + source.name;
            }
        }
        text = fmt::format("{} of {} sources streaming{}", streaming, one.last->sources.size(),
                           unwell.empty() ? "" : "; unwell: " + unwell);
    }
    manager_.status(log::redact(text));
    const auto watched = manager_.watchdog();
    if (watched && one.stuck.empty() && steady_clock::now() >= next_sign_) {
        manager_.alive();
        next_sign_ = steady_clock::now() + *watched / 4;
    }
}

} // namespace everarchive::serve
