#include "serve/pages.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/installation.hpp"
#include "base/log.hpp"
#include "serve/exposition.hpp"

namespace everarchive::serve {

namespace {

using type = exposition::type;

constexpr std::array<std::string_view, 7> states = {"new",     "snapshot",      "streaming", "paused",
                                                    "stopped", "position_lost", "removed"};
constexpr std::chrono::seconds main_patience{180};

/// Resident memory, from the second number of statm (proc(5)); 0 where there is none.
std::int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t size = 0;
    std::int64_t resident = 0;
    file >> size >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

/// Seconds since 1970 at which the process began.
double start_time() {
    static const double began = [] {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    }();
    return began;
}

/// A family with a value for each source, taken from what it counts.
template <typename Get>
void each(exposition& out, const measured_sources& measured, std::string_view name, type kind, std::string_view help,
          const Get& get) {
    out.family(name, kind, help);
    for (const auto& [source, meters] : measured) {
        out.sample({{"source", source}}, get(*meters));
    }
}

template <typename Get>
void each_histogram(exposition& out, const measured_sources& measured, std::string_view name, std::string_view help,
                    const Get& get) {
    out.family(name, type::histogram, help);
    for (const auto& [source, meters] : measured) {
        const auto& one = get(*meters);
        const auto cumulative = one.cumulative();
        out.histogram({{"source", source}}, one.bounds(), cumulative, one.sum());
    }
}

/// A family with a value for each source that has one, as the database says.
template <typename Get>
void each_known(exposition& out, const facts& known, std::string_view name, std::string_view help, const Get& get) {
    out.family(name, type::gauge, help);
    for (const source_facts& one : known.sources) {
        if (const auto value = get(one)) {
            out.sample({{"source", one.name}}, *value);
        }
    }
}

void count(exposition& out, const measured_sources& measured) {
    each(out, measured, "everarchive_transactions_total", type::counter,
         "Transactions of the source that were applied to its mirror.",
         [](const auto& m) { return m.transactions.value(); });
    each(out, measured, "everarchive_changes_total", type::counter, "Row changes that were applied to the mirror.",
         [](const auto& m) { return m.changes.value(); });
    each(out, measured, "everarchive_batches_total", type::counter,
         "Transactions of the preservation database that held changes.",
         [](const auto& m) { return m.batches.value(); });
    each(out, measured, "everarchive_retries_total", type::counter,
         "Attempts after something that time mends, such as a lost connection.",
         [](const auto& m) { return m.retries.value(); });
    each(out, measured, "everarchive_streams_opened_total", type::counter, "Times that the source's stream was opened.",
         [](const auto& m) { return m.streams.value(); });
    each(out, measured, "everarchive_fenced_total", type::counter, "Times that another program took the source away.",
         [](const auto& m) { return m.fenced.value(); });
    each_histogram(
        out, measured, "everarchive_batch_changes", "Row changes in a batch.",
        [](const auto& m) -> const auto& { return m.batch_changes; });
    each_histogram(
        out, measured, "everarchive_apply_seconds", "From the first change of a batch to its commit.",
        [](const auto& m) -> const auto& { return m.apply_seconds; });
    each(out, measured, "everarchive_queue_bytes", type::gauge, "Changes that were read and wait to be applied.",
         [](const auto& m) { return m.queue_bytes.value(); });
    each(out, measured, "everarchive_spool_bytes", type::gauge, "Large transactions that lie on disk.",
         [](const auto& m) { return m.spool_bytes.value(); });
    each(out, measured, "everarchive_leader", type::gauge, "1 if this program follows the source, 0 if it stands by.",
         [](const auto& m) { return m.leads.value(); });
    each(out, measured, "everarchive_epoch", type::gauge, "Epoch with which this program took the source last.",
         [](const auto& m) { return m.epoch.value(); });
    each(out, measured, "everarchive_map_steps_total", type::counter, "Mapping steps that found keys.",
         [](const auto& m) { return m.map_steps.value(); });
    each(out, measured, "everarchive_map_keys_total", type::counter, "Keys that were mapped.",
         [](const auto& m) { return m.map_keys.value(); });
    each(out, measured, "everarchive_map_versions_total", type::counter, "Versions that mapping steps wrote.",
         [](const auto& m) { return m.map_versions.value(); });
    each(out, measured, "everarchive_map_quarantined_total", type::counter, "Keys that could not be mapped.",
         [](const auto& m) { return m.map_quarantined.value(); });
    each(out, measured, "everarchive_map_failures_total", type::counter,
         "Mapping steps that failed as a whole, such as for a view that is broken.",
         [](const auto& m) { return m.map_failures.value(); });
    each_histogram(
        out, measured, "everarchive_map_seconds", "Duration of a mapping step that found keys.",
        [](const auto& m) -> const auto& { return m.map_seconds; });
}

void tell(exposition& out, const facts& known) {
    out.family("everarchive_source_state", type::gauge, "1 for the state that the source is in.");
    for (const source_facts& one : known.sources) {
        for (const std::string_view state : states) {
            out.sample({{"source", one.name}, {"state", std::string(state)}}, std::int64_t{one.state == state});
        }
    }
    each_known(out, known, "everarchive_source_health", "0 good, 1 warning, 2 critical (report.source_health).",
               [](const source_facts& s) {
                   return std::optional<std::int64_t>(s.grade == "critical" ? 2 : s.grade == "warning" ? 1 : 0);
               });
    each_known(out, known, "everarchive_lag_bytes", "Log of the source between our position and the newest.",
               [](const source_facts& s) { return s.lag_bytes; });
    each_known(out, known, "everarchive_lag_seconds", "How far the mirror is behind the source.",
               [](const source_facts& s) { return s.lag_seconds; });
    each_known(out, known, "everarchive_lag_transactions", "Transactions that the source has and the mirror has not.",
               [](const source_facts& s) { return s.lag_transactions; });
    each_known(out, known, "everarchive_retained_log_bytes", "Log that the source keeps because we have not read it.",
               [](const source_facts& s) { return s.retained_bytes; });
    each_known(out, known, "everarchive_log_remaining_seconds", "Until the server purges the log that comes next.",
               [](const source_facts& s) {
                   return s.log_hours ? std::optional(*s.log_hours * 3'600)
                                      : std::nullopt; // seconds, as Prometheus has it
               });
    out.family("everarchive_slot_state", type::gauge, "1 for the wal_status that the replication slot is in.");
    for (const source_facts& one : known.sources) {
        if (!one.log_state.empty()) {
            for (const std::string_view state : {"reserved", "extended", "unreserved", "lost"}) {
                out.sample({{"source", one.name}, {"state", std::string(state)}}, std::int64_t{one.log_state == state});
            }
        }
    }
    each_known(out, known, "everarchive_waiting_keys", "Touched keys that wait to be mapped (counted up to 1,600,000).",
               [](const source_facts& s) { return std::optional(s.waiting); });
    each_known(out, known, "everarchive_quarantine_open", "What could not be applied or mapped and needs a person.",
               [](const source_facts& s) { return std::optional(s.quarantined); });
    out.family("everarchive_target_versions", type::gauge, "Versions on their way to an archive, by state.");
    for (const target_facts& one : known.targets) {
        out.sample({{"target", one.name}, {"state", one.state}}, one.versions);
    }
}

} // namespace

page metrics_page(const outlook& now, const measured_sources& measured) {
    exposition out;
    out.family("everarchive_build_info", type::gauge, "The program; always 1.");
    out.sample({{"version", std::string(version())}}, std::int64_t{1});
    out.family("everarchive_database_up", type::gauge, "1 if the preservation database answers.");
    out.sample({}, std::int64_t{now.last && now.database_problem.empty()});
    if (now.last) {
        out.family("everarchive_facts_age_seconds", type::gauge,
                   "How old what the preservation database said is: states, lag, what waits.");
        out.sample({}, std::int64_t{now.age.count()});
    }
    out.family("process_resident_memory_bytes", type::gauge, "Resident memory of the program.");
    out.sample({}, resident_bytes());
    out.family("process_start_time_seconds", type::gauge, "When the program began, in seconds since 1970.");
    out.sample({}, start_time());
    count(out, measured);
    if (now.last) {
        tell(out, *now.last);
    }
    return {200, std::string(exposition::content_type), out.text()};
}

page health_page(const outlook& now) {
    bool well = now.last && now.database_problem.empty() && now.stuck.empty();
    nlohmann::json body;
    nlohmann::json sources = nlohmann::json::array();
    if (now.last) {
        for (const source_facts& one : now.last->sources) {
            well = well && one.grade != "critical";
            nlohmann::json line = {
                {"source", one.name}, {"state", one.state}, {"grade", one.grade}, {"what", log::redact(one.what)}};
            if (!one.hint.empty()) {
                line["hint"] = log::redact(one.hint);
            }
            sources.push_back(std::move(line));
        }
        body["as_of_seconds_ago"] = now.age.count();
    }
    body["status"] = well ? "well" : "unwell";
    body["database"] =
        now.database_problem.empty() ? (now.last ? "well" : "not reached yet") : log::redact(now.database_problem);
    if (!now.stuck.empty()) {
        body["stuck"] = now.stuck;
    }
    body["sources"] = std::move(sources);
    // What a server says may hold bytes that are not UTF-8.
    return {well ? 200U : 503U, "application/json",
            body.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

page ready_page(const outlook& now) {
    const bool ready = now.last && now.database_problem.empty() && now.main_age < main_patience;
    const nlohmann::json body = {{"status", ready ? "ready" : "not ready"}};
    return {ready ? 200U : 503U, "application/json", body.dump() + "\n"};
}

} // namespace everarchive::serve
