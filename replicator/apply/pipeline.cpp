#include "apply/pipeline.hpp"

#include "apply/chunk_comparison.hpp"
#include "apply/followed_tables.hpp"
#include "apply/source_state.hpp"
#include "apply/stream_reader.hpp"
#include "base/fault_point.hpp"
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

/// With every commit each source transaction is mapped before the next one, which may take long for a full group.
constexpr std::chrono::seconds longest_group{1};

/// How often a position is written that moved over nothing of ours, and that the source is alive at all.
constexpr std::chrono::seconds position_interval{1};
constexpr std::chrono::seconds heard_interval{10};

/// How often the quarantine is asked for rows to apply again.
constexpr std::chrono::seconds retry_interval{5};

constexpr milliseconds fenced_interval{500};

/// A comparison with the source has so much of the apply step's time between two target transactions.
constexpr milliseconds comparison_share{50};

/// A stream that has lasted so long works. Two readers with one server id end each other's in less.
constexpr std::chrono::seconds settled_after{3};

/// While this program has the source.
class leading {
  public:
    leading(source_meters& meters, std::int64_t epoch, int backend) : meters_(meters) {
        meters_.epoch.set(epoch);
        meters_.backend = backend;
        meters_.leads.set(1);
    }
    ~leading() {
        meters_.leads.set(0);
        meters_.backend = 0;
        meters_.apply_pulse.rest();
        meters_.queue_bytes.set(0);
    }
    leading(const leading&) = delete;
    leading& operator=(const leading&) = delete;

  private:
    source_meters& meters_;
};

/// What was begun is undone, and its locks with it; a connection that is broken has none any more.
void roll_back(pq::connection& on) {
    try {
        if (on.in_transaction()) {
            on.run("ROLLBACK");
        }
    } catch (const pq::error&) {
        return;
    }
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

pipeline::pipeline(std::string conninfo, source_row source, std::filesystem::path adapters, wakeup& mapping,
                   source_meters& meters, std::function<void(const std::string&, std::int64_t, std::int64_t)> progress)
    : conninfo_(std::move(conninfo)), row_(std::move(source)), adapters_(std::move(adapters)), mapping_(mapping),
      meters_(meters), progress_(std::move(progress)), thread_([this] { run(); }) {}

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
    return streaming_ && !comparing_ && now_ms() - last_arrival_ms_ >= quiet.count();
}

void pipeline::run() {
    while (!stopping() && !over_) {
        try {
            follow();
        } catch (const error& failed) {
            streaming_ = false;
            if (!recover(failed)) {
                break;
            }
        } catch (const std::exception& failed) {
            streaming_ = false;
            recover(fault_of_program(failed));
            break;
        }
    }
    streaming_ = false;
    done_ = true;
}

error pipeline::fault_of_program(const std::exception& failed) const {
    return {exit_code::bug, cause::needs_person, failed.what(),
            "this is a fault of the program: report it with this message, then: everarchive source resume " +
                row_.name};
}

/// Decides what an error means for the source. Returns true to try again.
bool pipeline::recover(const error& failed) {
    std::vector<log::field> fields{
        {"source", row_.name}, {"position", taken_.position}, {"hint", with_name(failed.hint(), row_.name)}};
    if (const auto* reported = dynamic_cast<const pq::error*>(&failed)) {
        fields.emplace_back("sqlstate", reported->sqlstate());
    }
    switch (failed.why()) {
    case cause::fenced:
        meters_.fenced.add();
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
        meters_.retries.add();
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
        if (taken_.epoch == 0) { // else it was told while the source was still ours
            tell_end(failed);
        }
        return failed.why() == cause::position_lost && resync_by_itself(failed) && wait(backoff_.next());
    }
    return false;
}

/// The source is not followed any more until somebody, or a setting, says so.
void pipeline::tell_end(const error& failed) {
    const bool lost = failed.why() == cause::position_lost;
    std::string hint = failed.hint();
    if (hint.empty()) {
        hint = std::string("everarchive source ") + (lost ? "resync " : "resume ") + row_.name;
    }
    taken_.name = row_.name;
    tell_state(conninfo_, taken_, lost ? "position_lost" : "stopped", failed.what(), hint);
}

/// False if the source was paused or stopped while this program waited for it: what made the other program give it up
/// would be met here, too.
bool pipeline::is_wanted(pq::connection& on) const {
    return on
        .run("SELECT EXISTS (SELECT FROM everarchive.source s WHERE s.source_id = $1::integer AND " +
                 std::string(is_followed) + ")",
             {std::to_string(row_.id)})
        .truth(0, 0);
}

/// Waits until the source is ours. Returns false if asked to stop.
bool pipeline::wait_for(lease& lease) {
    std::string told;
    while (!lease.try_take()) {
        if (lease.holder() != told) {
            told = lease.holder();
            log::write(log::severity::info, "apply", "another program follows the source; waiting to take over",
                       {{"source", row_.name}, {"program", told}});
        }
        if (!wait(lease_look)) {
            return false;
        }
    }
    return true;
}

/// A source may be set to repair itself when its position is lost. Returns true if the repair was asked for.
bool pipeline::resync_by_itself(const error& failed) {
    try {
        pq::connection on(conninfo_, pq::connection::side::sink, "everarchive run");
        const pq::result wanted = on.run(
            "SELECT everarchive.source_setting($1::integer, 'on_position_lost') = 'resync'", {std::to_string(row_.id)});
        if (!wanted.truth(0, 0)) {
            return false;
        }
        log::write(
            log::severity::error, "apply",
            "the position is lost; the source is compared with its mirror and repaired, because on_position_lost "
            "is resync",
            {{"source", row_.name}, {"reason", failed.what()}});
        on.run("SELECT everarchive.source_check($1, 'resync')", {row_.name});
        return true;
    } catch (const error& refused) {
        log::write(log::severity::error, "apply", std::string("cannot ask for a resync: ") + refused.what(),
                   {{"source", row_.name}});
        return false;
    }
}

/// The old position is lost, and somebody has decided to begin at a new one: what lies between is found by comparison.
/// A crash before the commit makes it anew.
std::string pipeline::renewed_position(pq::connection& on, const adapter::adapter& adapter, capture::source& source,
                                       const check_run& run) {
    const std::string identity = source.identity();
    const std::string position = source.renew_position();
    pq::transaction transaction(on);
    update_progress(on, taken_, "position = $3, identity = $4", {position, identity});
    doubt_all_tables(on, adapter, taken_);
    position_renewed(on, run);
    transaction.commit();
    log::write(log::severity::notice, "apply", "following from a new position; what was missed is found by comparison",
               {{"source", row_.name}, {"lost", taken_.position}, {"position", position}});
    taken_.identity = identity;
    taken_.position = position;
    return position;
}

void pipeline::follow() {
    taken_ = {};
    const adapter::adapter adapter =
        adapter::load(adapters_, row_.adapter).with(adapter::parameters_from_json(row_.parameters));
    pq::connection on = open_applier_connection(conninfo_, row_.name);
    lease lease(on, row_.id, row_.name);
    if (!wait_for(lease)) {
        return;
    }
    if (!is_wanted(on)) {
        over_ = true; // the supervisor begins again when it is
        return;
    }
    taken_ = take(on, lease, row_.name);
    fault_point("lease.taken");
    try {
        lead(on, adapter);
    } catch (const error& failed) {
        if (failed.why() == cause::needs_person || failed.why() == cause::position_lost) {
            roll_back(on);
            tell_end(failed); // before the connection, and with it the source, is free for a program that waits
        }
        throw;
    } catch (const std::exception& failed) {
        const error fault = fault_of_program(failed);
        roll_back(on);
        tell_end(fault);
        throw fault;
    }
}

/// While the source is ours.
void pipeline::lead(pq::connection& on, const adapter::adapter& adapter) {
    const leading leads(meters_, taken_.epoch, PQbackendPID(on.raw()));
    const std::unique_ptr<capture::source> source = capture::open_source(row_.origin, row_.name, adapter);
    source->configure(taken_.settings);
    displace_ = displace_ || taken_.taken_over;
    if (displace_) {
        source->end_reader();
        displace_ = false;
    }
    std::string position = taken_.position;
    if (position.empty()) {
        const std::string name = row_.name;
        const auto stop = [this] { return stopping(); };
        const auto progress = [this, &name](std::int64_t rows, std::int64_t expected) {
            progress_(name, rows, expected);
        };
        const std::optional<std::string> begin = load_snapshot(on, conninfo_, adapter, taken_, *source, stop, progress);
        if (!begin) {
            return;
        }
        position = *begin;
        taken_.state = "streaming";
        taken_.position = position;
        mapping_.call();
    } else if (const std::optional<check_run> run = next_run(on, row_.id); run && run->new_position) {
        position = renewed_position(on, adapter, *source, *run);
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
    if (const auto optional = source.optional_columns()) {
        applier.tables().note_optional_columns(*optional);
    }
    if (taken.state != "streaming") {
        on.run("SELECT everarchive.source_set_state($1, 'streaming', NULL, NULL, $2::bigint)",
               {taken.name, std::to_string(taken.epoch)});
        taken_.state = "streaming";
    }
    chunk_comparison comparison(on, adapter, taken, source, applier);
    stream_reader reader(source, position, meters_);
    note_arrival();
    apply(applier, reader, comparison);
    comparing_ = false;
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

void pipeline::apply(applier& applier, stream_reader& reader, chunk_comparison& comparison) {
    auto last_commit = steady_clock::now();
    auto last_retry = last_commit;
    std::optional<capture::stream_notice> noticed;
    bool greeted = false;
    bool works = false;
    auto opened = last_commit;
    auto batch_begin = last_commit;
    while (!stopping() || applier.is_open()) {
        meters_.apply_pulse.beat();
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
        // The state is told on a connection of its own, which would wait for what the open transaction has locked.
        if (greeted && !works && !applier.is_open() && steady_clock::now() - opened >= settled_after) {
            works = true;
            note_works();
        }
        if (!applier.is_open() && steady_clock::now() - last_retry >= retry_interval) {
            applier.retry_quarantined();
            last_retry = steady_clock::now();
        }
        bool compared = false;
        if (!applier.is_open() && greeted) {
            const auto end = steady_clock::now() + comparison_share;
            while (!stopping() && comparison.step(taken_.position)) {
                compared = true;
                if (steady_clock::now() >= end) {
                    break;
                }
            }
            comparing_ = !comparison.is_idle();
            if (comparison.wants_new_stream()) {
                return;
            }
            if (!comparison.awaits().empty()) {
                reader.expect(comparison.awaits());
            }
        }
        const bool waits = !compared && (!applier.is_open() || applier.is_torn() || applier.changes() == 0);
        std::optional<capture::batch> batch = reader.queue().take(milliseconds{!waits ? 0 : comparing_ ? 10 : 100});
        const bool arrived = batch.has_value();
        meters_.queue_bytes.set(static_cast<std::int64_t>(reader.queue().bytes()));
        if (batch) {
            if (!batch->changes.empty()) {
                note_arrival();
            }
            if (!applier.is_open()) {
                batch_begin = steady_clock::now();
            }
            comparison.note(*batch);
            applier.add(std::move(*batch));
        }
        const auto now = steady_clock::now();
        if (const auto notice = reader.notice(); notice != noticed && !applier.is_open()) {
            noticed = notice;
            told_ = false;
            tell_state(conninfo_, taken_, taken_.state, notice ? notice->what : "", notice ? notice->mend : "");
        }
        if (!applier.is_open()) {
            if (now - last_commit >= heard_interval && reader.is_open()) {
                applier.heard(reader.lag());
                last_commit = now;
            }
            continue;
        }
        const bool full = applier.transactions() >= most_transactions || applier.changes() >= most_changes ||
                          applier.bytes() >= most_bytes;
        const bool nothing_of_ours = applier.changes() == 0;
        const bool late = now - batch_begin >= longest_group;
        const bool due =
            nothing_of_ours ? comparing_ || now - last_commit >= position_interval : !arrived || full || late;
        if (!applier.is_torn() && (due || stopping())) {
            const std::size_t changes = applier.changes();
            const std::size_t transactions = applier.transactions();
            const std::string position = applier.commit(reader.lag());
            meters_.transactions.add(transactions);
            reader.is_safe(position);
            taken_.position = position;
            last_commit = steady_clock::now();
            if (!nothing_of_ours) {
                meters_.changes.add(changes);
                meters_.batches.add();
                meters_.batch_changes.observe(static_cast<double>(changes));
                meters_.apply_seconds.observe(std::chrono::duration<double>(last_commit - batch_begin).count());
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
