#include "apply/pipeline.hpp"

#include "apply/source_state.hpp"
#include "apply/stream_reader.hpp"
#include "base/log.hpp"
#include "base/stop.hpp"

namespace everarchive::apply {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A target transaction ends at these, if the source transactions allow (cdc.md, "Batching"). A group is larger than
/// the study's 500 source transactions because a record that is saved again within it is then written once.
constexpr std::size_t most_transactions = 2'000;
constexpr std::size_t most_changes = 20'000;
constexpr std::size_t most_bytes = 8 * 1024 * 1024;

/// How often a position is written that moved over nothing of ours, and that the source is alive at all.
constexpr std::chrono::seconds position_interval{1};
constexpr std::chrono::seconds heard_interval{10};

/// How often the quarantine is asked for rows to apply again.
constexpr std::chrono::seconds retry_interval{5};

constexpr milliseconds fenced_interval{500};

/// A stream that has lasted so long works. Two readers with one server id end each other's in less.
constexpr std::chrono::seconds settled_after{3};

std::int64_t now_ms() {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

pipeline::pipeline(std::string conninfo, source_row source, std::filesystem::path adapters, wakeup& mapping,
                   std::function<void(const std::string&, std::int64_t, std::int64_t)> progress)
    : conninfo_(std::move(conninfo)), row_(std::move(source)), adapters_(std::move(adapters)), mapping_(mapping),
      progress_(std::move(progress)), thread_([this] { run(); }) {}

pipeline::~pipeline() {
    stop_ = true;
}

bool pipeline::stopping() const {
    return stop_ || stop_requested();
}

bool pipeline::wait(milliseconds time) const {
    const auto end = steady_clock::now() + time;
    while (!stopping() && steady_clock::now() < end) {
        std::this_thread::sleep_for(milliseconds{50});
    }
    return !stopping();
}

void pipeline::note_arrival() {
    last_arrival_ms_ = now_ms();
}

bool pipeline::is_idle(milliseconds quiet) const {
    return streaming_ && now_ms() - last_arrival_ms_ >= quiet.count();
}

void pipeline::run() {
    while (!stopping()) {
        try {
            follow();
        } catch (const error& failed) {
            streaming_ = false;
            if (!recover(failed)) {
                break;
            }
        } catch (const std::exception& failed) {
            streaming_ = false;
            recover(
                error(exit_code::bug, cause::needs_person, failed.what(),
                      "this is a fault of the program: report it with this message, then: everarchive source resume " +
                          row_.name));
            break;
        }
    }
    streaming_ = false;
    done_ = true;
}

/// Decides what an error means for the source. Returns true to try again.
bool pipeline::recover(const error& failed) {
    std::vector<log::field> fields{{"source", row_.name}, {"position", taken_.position}, {"hint", failed.hint()}};
    if (const auto* reported = dynamic_cast<const pq::error*>(&failed)) {
        fields.emplace_back("sqlstate", reported->sqlstate());
    }
    switch (failed.why()) {
    case cause::fenced:
        // Said once, then once a minute: this program is the stand-by, or fights with another one for the source.
        if (fenced_++ % 120 == 6) {
            log::write(log::severity::warning, "apply", failed.what(), fields);
            if (failed.code() == exit_code::source && !taken_.state.empty()) {
                told_ = true;
                tell_state(conninfo_, taken_, taken_.state, failed.what(), failed.hint());
            }
        }
        return wait(fenced_interval);
    case cause::retry: {
        const milliseconds pause = backoff_.next();
        fields.emplace_back("retry_ms", std::to_string(pause.count()));
        log::write(log::severity::warning, "apply", failed.what(), fields);
        if (failed.code() == exit_code::source && !taken_.state.empty()) {
            told_ = true;
            tell_state(conninfo_, taken_, taken_.state, failed.what(), failed.hint());
        }
        return wait(pause);
    }
    case cause::needs_person:
    case cause::position_lost:
        log::write(log::severity::error, "apply", failed.what(), fields);
        taken_.name = row_.name;
        const bool lost = failed.why() == cause::position_lost;
        std::string hint = failed.hint();
        if (hint.empty()) {
            hint = std::string("everarchive source ") + (lost ? "resync " : "resume ") + row_.name;
        }
        tell_state(conninfo_, taken_, lost ? "position_lost" : "stopped", failed.what(), hint);
        return false;
    }
    return false;
}

void pipeline::follow() {
    taken_ = {};
    const adapter::adapter adapter = adapter::load(adapters_, row_.adapter);
    pq::connection on = open_applier_connection(conninfo_, row_.name);
    taken_ = take(on, row_.id, row_.name);
    const std::unique_ptr<capture::source> source = capture::open_source(row_.origin, row_.name, adapter);
    std::string position = taken_.position;
    if (position.empty()) {
        const std::string name = row_.name;
        const auto stop = [this] { return stopping(); };
        const auto progress = [this, &name](std::int64_t rows, std::int64_t expected) {
            progress_(name, rows, expected);
        };
        const std::optional<std::string> begin = load_snapshot(on, adapter, taken_, *source, stop, progress);
        if (!begin) {
            return;
        }
        position = *begin;
        taken_.state = "streaming";
        taken_.position = position;
        mapping_.call();
    } else if (!taken_.identity.empty()) {
        const std::string identity = source->recognize(taken_.identity, position);
        if (identity != taken_.identity) {
            note_identity(on, taken_, identity);
            taken_.identity = identity;
        }
    }
    stream(on, adapter, taken_, *source, position);
}

void pipeline::stream(pq::connection& on, const adapter::adapter& adapter, const taken_source& taken,
                      capture::source& source, const std::string& position) {
    applier applier(on, adapter, taken);
    if (taken.state != "streaming") {
        on.run("SELECT everarchive.source_set_state($1, 'streaming', NULL, NULL, $2::bigint)",
               {taken.name, std::to_string(taken.epoch)});
        taken_.state = "streaming";
    }
    stream_reader reader(source, position);
    note_arrival();
    apply(applier, reader);
}

/// Not as soon as the stream is open: what ends it may come right after.
void pipeline::note_works() {
    if (fenced_ != 0) {
        log::write(log::severity::info, "apply", "following", {{"source", row_.name}, {"position", taken_.position}});
    }
    fenced_ = 0;
    backoff_.reset();
    if (told_) {
        tell_state(conninfo_, taken_, "streaming", {}, {});
        told_ = false;
    }
}

void pipeline::apply(applier& applier, stream_reader& reader) {
    auto last_commit = steady_clock::now();
    auto last_retry = last_commit;
    bool greeted = false;
    bool works = false;
    auto opened = last_commit;
    while (!stopping() || applier.is_open()) {
        if (stopping() && applier.is_torn()) {
            applier.roll_back(); // its source transaction comes again as a whole
            return;
        }
        if (!greeted && reader.is_open()) {
            greeted = true;
            streaming_ = true;
            opened = steady_clock::now();
            log::write(fenced_ == 0 ? log::severity::info : log::severity::debug, "apply", "following",
                       {{"source", row_.name}, {"position", taken_.position}});
        }
        if (greeted && !works && steady_clock::now() - opened >= settled_after) {
            works = true;
            note_works();
        }
        if (!applier.is_open() && steady_clock::now() - last_retry >= retry_interval) {
            applier.retry_quarantined();
            last_retry = steady_clock::now();
        }
        const bool waits = !applier.is_open() || applier.is_torn() || applier.changes() == 0;
        std::optional<capture::batch> batch = reader.queue().take(milliseconds{waits ? 100 : 0});
        const bool arrived = batch.has_value();
        if (batch) {
            if (!batch->changes.empty()) {
                note_arrival();
            }
            applier.add(std::move(*batch));
        }
        const auto now = steady_clock::now();
        if (!applier.is_open()) {
            if (now - last_commit >= heard_interval && reader.is_open()) {
                applier.heard(reader.lag_bytes());
                last_commit = now;
            }
            continue;
        }
        const bool full = applier.transactions() >= most_transactions || applier.changes() >= most_changes ||
                          applier.bytes() >= most_bytes;
        const bool nothing_of_ours = applier.changes() == 0 && applier.bytes() == 0;
        const bool due = nothing_of_ours ? now - last_commit >= position_interval : !arrived || full;
        if (!applier.is_torn() && (due || stopping())) {
            const std::string position = applier.commit(reader.lag_bytes());
            reader.is_safe(position);
            taken_.position = position;
            last_commit = steady_clock::now();
            if (!nothing_of_ours) {
                if (!works && fenced_ == 0) {
                    works = true;
                    note_works();
                }
                note_arrival();
                if (full) {
                    mapping_.note_backlog();
                }
                mapping_.call();
                log::write(log::severity::debug, "apply", "committed", {{"source", row_.name}, {"position", position}});
            }
        }
    }
}

} // namespace everarchive::apply
