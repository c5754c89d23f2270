#include "apply/chunk_comparison.hpp"

#include <algorithm>
#include <utility>

#include "apply/source_state.hpp"
#include "base/log.hpp"

namespace everarchive::apply {

using capture::chunk;
using capture::chunk_request;
using capture::row_digest;
using capture::row_key;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds search_interval{1'000};
constexpr milliseconds save_interval{500};
/// Before parts of rows are read again of which some could not be.
constexpr std::chrono::seconds rest_after_failure{60};
/// Keys in doubt, and pieces that wait for them, beyond which the walk rests.
constexpr std::size_t most_doubts = 20'000;
constexpr std::size_t most_pieces = 64;
/// Without an index on the key each piece would be a walk through the whole table: a small one is read in one piece.
constexpr std::int64_t most_unindexed = 100'000;

} // namespace

chunk_comparison::chunk_comparison(pq::connection& on, const adapter::adapter& adapter, const taken_source& taken,
                                   capture::source& source, applier& applier)
    : on_(on), adapter_(adapter), taken_(taken), source_(source), applier_(applier), cascades_(adapter),
      changes_(
          adapter, cascades_,
          [&source](const std::string& position, const std::string& point) {
              return source.has_passed(position, point);
          },
          taken.position),
      mirror_(on, adapter, taken.mirror_schema) {}

bool chunk_comparison::step(const std::string& applied) {
    awaits_.clear();
    if (!run_) {
        look_for_work();
    }
    if (!run_ || new_stream_) {
        return false;
    }
    try {
        return work(applied);
    } catch (const pq::error& failed) {
        // What this program cannot compare must not stop the stream; all else is the pipeline's.
        if (!is_data_error(failed.sqlstate()) || on_.in_transaction()) {
            throw;
        }
        fail(std::current_exception());
        return true;
    }
}

void chunk_comparison::look_for_work() {
    const auto now = steady_clock::now();
    if (now < next_search_) {
        return;
    }
    next_search_ = now + search_interval;
    if (std::optional<check_run> run = next_run(on_, taken_.id)) {
        begin(std::move(*run));
    } else if (applier_.may_miss_rows() && now >= next_refetch_) {
        begin_refetch(applier_.next_missing_rows(keys_at_once));
    }
}

void chunk_comparison::begin(check_run run) {
    if (run.requested) {
        begin_run(on_, run, 0);
        if (run.repairs && applier_.tables().follow_again(run.table)) {
            new_stream_ = true; // the capture looks at the tables again, and the run begins with that
            return;
        }
    }
    const pq::result settings = on_.run_prepared("SELECT everarchive.source_setting($1::integer, 'chunk_rows'), "
                                                 "everarchive.source_setting($1::integer, 'resync_rows_per_second')",
                                                 {std::to_string(taken_.id)});
    chunk_rows_ = std::max<std::size_t>(settings.number<std::size_t>(0, 0), 1);
    log::write(log::severity::notice, "apply",
               run.repairs ? "comparing with the source, and repairing" : "comparing with the source",
               {{"source", taken_.name}, {"run", std::to_string(run.id)}, {"table", run.table}});
    run_ = std::move(run);
    begin_reading(settings.number<std::size_t>(0, 1));
    // A part of a row that is not in the mirror completes nothing; its piece brings it. That holds from the beginning,
    // before the source has answered.
    if (run_->repairs && run_->from.empty() && run_->to.empty()) {
        bool before = !run_->at_table.empty();
        for (std::uint32_t i = 0; i < adapter_.tables.size(); ++i) {
            const std::string name = adapter_.tables[i].mirror_name();
            before = before && name != run_->at_table;
            applier_.forgive_missing(i, !before && (run_->table.empty() || run_->table == name));
        }
    }
}

void chunk_comparison::begin_refetch(const std::vector<kept_change>& rows) {
    if (rows.empty()) { // the end of a walk
        next_refetch_ = std::exchange(refetch_failed_, false) ? steady_clock::now() + rest_after_failure
                                                              : steady_clock::time_point{};
        return;
    }
    if (applier_.tables().is_stopped(rows.front().table)) {
        applier_.skip_missing_table(); // its resync brings them
        return;
    }
    run_.emplace();
    run_->repairs = true;
    run_->table = adapter_.tables[rows.front().table].mirror_name();
    chosen_ = true;
    tables_ = {static_cast<std::uint32_t>(rows.front().table)};
    walk_ended_ = true;
    begin_reading(0);
    pieces_.push_back({{}, 0, 0});
    for (const kept_change& one : rows) {
        add_doubt(key_values(adapter_.tables[one.table], one.row), first_piece_, true);
    }
}

/// From here to drop_run() the changes of the stream are watched and the source is read.
void chunk_comparison::begin_reading(std::size_t rows_per_second) {
    changes_.watch(true);
    applier_.is_compared(true);
    feed_ = std::make_unique<chunk_feed>(source_, rows_per_second);
}

/// Which tables there are to compare, once the source has told. Returns false if there is none.
bool chunk_comparison::choose_tables() {
    const std::vector<capture::chunk_table>& found = *feed_->tables();
    chosen_ = true;
    tables_.clear();
    std::int64_t expected = 0;
    bool before = !run_->at_table.empty(); // tables that are done
    for (std::uint32_t i = 0; i < adapter_.tables.size(); ++i) {
        const adapter::table& table = adapter_.tables[i];
        const std::string name = table.mirror_name();
        if (!run_->table.empty() && run_->table != name) {
            continue;
        }
        before = before && name != run_->at_table;
        expected += found[i].estimated_rows;
        if (before) {
            continue;
        }
        std::string why;
        if (!found[i].exists && table.optional) {
            if (run_->repairs) {
                applier_.tables().is_repaired(i, {}); // there is nothing to repair
            }
        } else if (!found[i].exists) {
            why = "the source has no such table, or it may not be read";
        } else if (applier_.tables().is_stopped(i)) {
            why = "it is not followed";
        } else if (!found[i].indexed && found[i].estimated_rows > most_unindexed) {
            why = "the source has no index on its key, so it cannot be read in pieces";
        } else if (!found[i].ordered && (!run_->from.empty() || !run_->to.empty())) {
            why = "a range of text keys has no meaning outside of the source: compare the whole table";
        } else {
            tables_.push_back(i);
            continue;
        }
        applier_.forgive_missing(i, false);
        if (!why.empty()) {
            remarks_ += (remarks_.empty() ? "" : "; ") + name + ": " + why;
        }
    }
    begin_run(on_, *run_, expected);
    if (tables_.empty()) {
        return false;
    }
    if (adapter_.tables[tables_.front()].mirror_name() != run_->at_table) {
        run_->at_key.clear();
        run_->at_pass = 0;
    }
    begin_table();
    return true;
}

/// Starts the walk through the first of tables_, where run_ stands.
void chunk_comparison::begin_table() {
    const std::uint32_t index = tables_.front();
    const capture::chunk_table& found = (*feed_->tables())[index];
    run_->at_table = table().mirror_name();
    pass_ = run_->at_pass;
    walk_ended_ = false;
    mirror_at_ = run_->at_key;
    if (pass_ == 1) {
        return;
    }
    chunk_request range;
    range.table = index;
    range.as = found.ordered && found.sums ? chunk_request::form::sum : chunk_request::form::digests;
    range.most_rows = found.indexed ? chunk_rows_ : static_cast<std::size_t>(most_unindexed) * 2;
    if (!run_->at_key.empty()) {
        range.after = run_->at_key;
    } else if (!run_->from.empty()) {
        range.after = key_from_text(run_->from, table().key.size());
        range.after_is_part = true;
    }
    if (!run_->to.empty()) {
        range.up_to = key_from_text(run_->to, table().key.size());
    }
    feed_->walk(std::move(range));
}

/// Whether an answer is there and the mirror is past its point. If not, says what is waited for.
bool chunk_comparison::is_due(const chunk_feed::answer* answer, const std::string& applied) {
    if (answer == nullptr) {
        return false;
    }
    if (answer->refused || source_.has_passed(applied, answer->chunk.point.high)) {
        return true;
    }
    if (awaits_.empty()) {
        awaits_ = answer->chunk.point.high;
    }
    return false;
}

bool chunk_comparison::work(const std::string& applied) {
    try {
        if (feed_->tables() == nullptr) {
            return false;
        }
    } catch (const error&) {
        fail(std::current_exception());
        return true;
    }
    if (!chosen_ && !choose_tables()) {
        finish();
        return true;
    }
    if (const chunk_feed::answer* const answer = feed_->next_asked(); is_due(answer, applied)) {
        const purpose why = std::move(purposes_.front());
        purposes_.pop_front();
        if (answer->refused) {
            fail(answer->refused);
            return true;
        }
        if (why.look) {
            take_look(*answer, why);
        } else {
            take_digests(*answer, why.piece);
        }
        feed_->pop_asked();
        forget_changes();
        close_pieces();
        return true;
    }
    if (doubts_.size() < most_doubts && pieces_.size() < most_pieces) {
        if (pass_ == 1 && !walk_ended_ && purposes_.size() < most_looks_ahead) {
            walk_mirror();
            return true;
        }
        if (const chunk_feed::answer* const answer = feed_->next_of_walk(); is_due(answer, applied)) {
            if (!take_walk(*answer)) {
                return true;
            }
            feed_->pop_walk();
            forget_changes();
            close_pieces();
            return true;
        }
    }
    ask_looks();
    if (walk_ended_ && pieces_.empty()) {
        end_table();
        return true;
    }
    return false;
}

/// What the oldest of the pieces that wait has seen, all that follow have seen.
void chunk_comparison::forget_changes() {
    if (const std::optional<capture::read_point> oldest = feed_->oldest_point()) {
        changes_.forget_seen(*oldest);
    }
}

/// The next piece of the walk. Returns false if the run has ended over it.
bool chunk_comparison::take_walk(const chunk_feed::answer& answer) {
    if (answer.refused) {
        fail(answer.refused);
        return false;
    }
    const chunk& read = answer.chunk;
    walk_ended_ = read.up_to.empty() || read.up_to == answer.asked.up_to;
    pieces_.push_back({read.up_to, 1, read.rows});
    const std::size_t number = first_piece_ + pieces_.size() - 1;
    if (answer.asked.as != chunk_request::form::sum) {
        take_digests(answer, number);
        return true;
    }
    const chunk_mirror::sum ours = mirror_.sum_of(answer.asked, read.up_to, columns());
    if (ours.rows == read.rows && ours.digest == read.sum) {
        --piece_of(number).open;
        return true;
    }
    chunk_request rows = answer.asked;
    rows.as = chunk_request::form::digests;
    rows.up_to = read.up_to;
    ask_again(rows, {false, number, {}});
    return true;
}

void chunk_comparison::ask_again(const chunk_request& request, const purpose& why) {
    purposes_.push_back(why);
    feed_->ask(request);
}

/// Keys and digests of a piece, or of keys that were asked for: puts in doubt what differs.
void chunk_comparison::take_digests(const chunk_feed::answer& answer, std::size_t number) {
    const chunk_request& asked = answer.asked;
    const chunk& read = answer.chunk;
    const std::optional<unseen_changes> unseen = changes_.unseen(asked.table, read.point);
    if (!unseen) {
        chunk_request again = asked;
        again.up_to = piece_of(number).up_to;
        again.as = chunk_request::form::digests;
        ask_again(again, {false, number, {}});
        return;
    }
    std::unordered_map<std::string, const row_digest*> source;
    for (const row_digest& one : read.digests) {
        source.emplace(joined_key(one.key), &one);
    }
    std::vector<row_digest> ours;
    if (asked.keys.empty() && (*feed_->tables())[asked.table].ordered) {
        ours = mirror_.digests_of(asked, read.up_to, columns());
    } else {
        std::vector<row_key> keys = asked.keys;
        for (const row_digest& one : read.digests) {
            keys.push_back(one.key);
        }
        ours = mirror_.digests_of(asked.table, keys, columns());
    }
    const auto differs = [&](const row_key& key, const std::string& joined) {
        add_doubt(key, number, !unseen->whole_table && !unseen->keys.contains(joined));
    };
    for (const row_digest& one : ours) {
        const std::string joined = joined_key(one.key);
        const auto place = source.find(joined);
        if (place == source.end()) {
            differs(one.key, joined);
        } else {
            if (place->second->digest != one.digest) {
                differs(one.key, joined);
            }
            source.erase(place);
        }
    }
    for (const auto& [joined, one] : source) {
        differs(one->key, joined);
    }
    if (asked.keys.empty() && read.up_to != piece_of(number).up_to) {
        // More rows have come into the piece meanwhile than one may have: the rest of it.
        chunk_request rest = asked;
        rest.after = read.up_to;
        rest.after_is_part = false;
        ask_again(rest, {false, number, {}});
        return;
    }
    --piece_of(number).open;
}

/// Pass 1 of a table whose keys have no common order: what the mirror has and the source has not.
void chunk_comparison::walk_mirror() {
    std::vector<row_key> keys = mirror_.keys_after(tables_.front(), mirror_at_, chunk_rows_);
    walk_ended_ = keys.size() < chunk_rows_;
    if (keys.empty()) {
        return;
    }
    mirror_at_ = keys.back();
    pieces_.push_back({mirror_at_, 1, 0});
    chunk_request digests;
    digests.table = tables_.front();
    digests.as = chunk_request::form::digests;
    digests.keys = std::move(keys);
    ask_again(digests, {false, first_piece_ + pieces_.size() - 1, {}});
}

/// Lets go of the pieces that are settled, in their order, and writes how far the run is.
void chunk_comparison::close_pieces() {
    while (!pieces_.empty() && pieces_.front().open == 0) {
        run_->at_key = pieces_.front().up_to;
        run_->rows += static_cast<std::int64_t>(pieces_.front().rows);
        ++run_->chunks;
        pieces_.pop_front();
        ++first_piece_;
    }
    const auto now = steady_clock::now();
    if (now < next_save_ || run_->at_key.empty()) {
        return;
    }
    next_save_ = now + save_interval;
    if (!save_progress(on_, *run_)) {
        drop_run(); // cancelled
    }
}

void chunk_comparison::end_table() {
    if (pass_ == 0 && run_->id != 0 && !(*feed_->tables())[tables_.front()].ordered) {
        run_->at_pass = 1;
        run_->at_key.clear();
        begin_table();
    } else {
        if (run_->id != 0) {
            applier_.forgive_missing(tables_.front(), false);
            if (run_->repairs && run_->from.empty() && run_->to.empty()) {
                applier_.tables().is_repaired(tables_.front(), columns());
            }
        }
        tables_.pop_front();
        run_->at_pass = 0;
        run_->at_key.clear();
        if (tables_.empty()) {
            finish();
            return;
        }
        begin_table();
    }
    if (!save_progress(on_, *run_)) {
        drop_run();
    }
}

void chunk_comparison::finish() {
    if (run_->id != 0) {
        save_progress(on_, *run_);
        end_run(on_, *run_, "finished", remarks_, {});
        log::write(log::severity::notice, "apply", "the comparison with the source is done",
                   {{"source", taken_.name},
                    {"run", std::to_string(run_->id)},
                    {"hint", "SELECT * FROM report.source_check"}});
    }
    drop_run();
}

void chunk_comparison::fail(const std::exception_ptr& why) {
    std::string message;
    std::string hint;
    try {
        std::rethrow_exception(why);
    } catch (const error& failed) {
        message = failed.what();
        hint = with_name(failed.hint(), taken_.name);
    } catch (const std::exception& failed) {
        message = failed.what();
    }
    log::write(log::severity::error, "apply", "cannot compare with the source: " + message,
               {{"source", taken_.name}, {"run", std::to_string(run_->id)}, {"hint", hint}});
    if (run_->id != 0) {
        end_run(on_, *run_, "failed", message, hint);
    } else {
        refetch_failed_ = true;
        applier_.skip_missing_table();
    }
    drop_run();
}

void chunk_comparison::drop_run() {
    for (std::uint32_t i = 0; i < adapter_.tables.size(); ++i) {
        applier_.forgive_missing(i, false);
    }
    run_.reset();
    feed_.reset();
    changes_.watch(false);
    applier_.is_compared(false);
    chosen_ = false;
    tables_.clear();
    remarks_.clear();
    pieces_.clear();
    doubts_.clear();
    due_.clear();
    purposes_.clear();
    next_search_ = {};
}

} // namespace everarchive::apply
