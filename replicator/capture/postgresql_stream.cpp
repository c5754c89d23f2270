// The changes after a position: the assembling of whole transactions from the replication connection's messages.
//
// What the server is told to forget is only what came back through confirm(). A keepalive's position becomes an empty
// batch first, and is confirmed when the preservation database has stored it: so the slot is never ahead of the stored
// position, and a slot that is ahead means that somebody else moved it.
//
// Large transactions come before they are committed, in blocks, and wait in spools; at their commit they are read back
// into batches. Without room for the spools the server keeps them until they are committed, on its own disk.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/fault_point.hpp"
#include "base/log.hpp"
#include "capture/open_transactions.hpp"
#include "capture/pgoutput.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_line.hpp"
#include "capture/postgresql_publication.hpp"
#include "capture/postgresql_readers.hpp"
#include "capture/postgresql_watch.hpp"

namespace everarchive::capture::postgresql {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// An idle source moves its position this often, or when this much log has passed.
constexpr auto move_every = std::chrono::seconds{10};
constexpr lsn move_bytes = 16 * 1024 * 1024;
/// Whole transactions wait for more of them, since one commit for many is what makes the preservation database fast
/// (cdc.md, fact 8): until the line has been quiet for `quiet_time`, or the first of them is as old as `group_time`.
constexpr auto quiet_time = milliseconds{3};
constexpr auto group_time = milliseconds{50};
/// An idle server tells how far it is only when asked; where a comparison waits for a position, we ask so often.
constexpr auto ask_every = milliseconds{20};
/// So many frames are read before the clock is looked at.
constexpr int frames_at_once = 256;

class slot_stream final : public stream {
  public:
    slot_stream(const std::string& conninfo, const source_names& names, const adapter::adapter& adapter,
                const std::string& position, const source_options& options)
        : conninfo_(conninfo), names_(names), adapter_(adapter), start_(parse_lsn(position)), handed_(start_),
          passed_(start_), budget_(std::make_shared<spool_budget>(options.spool_limit)), open_(budget_) {
        decoder_.emplace(adapter_, names_.source);
        pq::connection side = connect(conninfo, stream_patience);
        const lsn confirmed = check_slot(side, names_, start_);
        check_publication(side);
        silence_ =
            milliseconds{side.run("SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'").number(0, 0)};
        watch_.emplace(std::move(side), names_, adapter_, options.guard);
        if (watch_->newest() < start_) {
            throw error(exit_code::source, cause::position_lost,
                        fmt::format("the server's log ends at {}, before our position {}: it was restored from an "
                                    "older copy",
                                    format_lsn(watch_->newest()), position),
                        names_.resync_hint());
        }
        if (watch_->wants_drop()) {
            watch_->drop(conninfo_);
        }
        line_.emplace(conninfo_, names_, start_, confirmed, true, silence_);
        last_moved_ = clock::now();
    }

    std::optional<batch> next(milliseconds wait) override {
        const auto deadline = clock::now() + wait;
        for (;;) {
            line_->send_feedback_if_due();
            look();
            const bool heard = receive();
            if (full() && in_transaction_ && building_.transactions == 0) {
                return hand_out_part();
            }
            const auto now = clock::now();
            if (heard) {
                quiet_at_ = now + quiet_time;
            }
            if (building_.transactions > 0) {
                if (full() || now >= std::min(quiet_at_, grouped_at_)) {
                    return hand_out_finished();
                }
                line_->wait(std::min(quiet_at_, grouped_at_) - now);
                continue;
            }
            if (position_due()) {
                return hand_out_position();
            }
            if (now >= deadline) {
                return std::nullopt;
            }
            if (expected_ > passed_ && now >= next_ask_ && !in_transaction_) {
                line_->ask();
                next_ask_ = now + ask_every;
            }
            if (!replaying_ && !heard) {
                line_->wait(std::min(deadline, next_timer()) - now);
            }
        }
    }

    void idle() override {
        line_->send_feedback_if_due();
        look();
    }

    void expect(const std::string& position) override { expected_ = parse_lsn(position); }
    void confirm(const std::string& position) override { line_->confirm(parse_lsn(position)); }

    log_lag lag() override {
        const lsn newest = watch_->newest();
        const lsn ours = line_->confirmed();
        return {static_cast<std::int64_t>(newest > ours ? newest - ours : 0),
                std::nullopt,
                watch_->retained_bytes(),
                watch_->log_state(),
                std::nullopt,
                newest == 0 ? std::string() : format_lsn(newest)};
    }

    std::int64_t spool_bytes() const override { return static_cast<std::int64_t>(budget_->used()); }

    std::optional<stream_notice> notice() override { return watch_->notice(); }

  private:
    void look() {
        watch_->look();
        if (watch_->wants_drop()) {
            line_.reset();
            watch_->drop(conninfo_);
        }
        for (table_trouble& one : watch_->take_troubles()) {
            building_.troubles.push_back(std::move(one));
        }
    }

    /// A publication that lacks everything loses everything; of one that lacks a table the others go on.
    void check_publication(pq::connection& on) {
        const std::vector<source_table> tables = look_up(on, adapter_);
        for (const source_table& table : tables) {
            if (!table.exists && !adapter_.tables[table.table].optional) {
                building_.troubles.push_back({static_cast<std::uint32_t>(table.table),
                                              fmt::format("{} is no longer there", table.name),
                                              "everarchive source check " + names_.source});
            }
        }
        const auto difference = compare_publication(on, names_, adapter_, tables);
        if (!difference) {
            return;
        }
        if (difference->breaks_all) {
            throw error(exit_code::source, cause::position_lost,
                        difference->what + "; changes that it did not publish are not in the stream",
                        difference->mend + "; then " + names_.resync_hint());
        }
        for (const std::size_t table : difference->breaks_tables) {
            building_.troubles.push_back({static_cast<std::uint32_t>(table), difference->what,
                                          fmt::format("{}; then {} --table {}", difference->mend, names_.resync_hint(),
                                                      adapter_.tables[table].source_name())});
        }
        if (difference->loses) {
            log::write(log::severity::warning, "capture", difference->what,
                       {{"source", names_.source}, {"mend", difference->mend + "; then " + names_.resync_hint()}});
        }
    }

    bool full() const { return limits_.are_reached(building_); }

    /// Takes frames, or what waits in a spool, for a while; true if there was anything.
    bool receive() {
        bool heard = false;
        for (int turn = 0; turn < frames_at_once && !full(); ++turn) {
            if (replaying_) {
                replay();
            } else if (const std::optional<frame> one = line_->read()) {
                handle(*one);
            } else {
                break;
            }
            heard = true;
        }
        return heard;
    }

    void handle(const frame& one) {
        watch_->note_newest(one.newest);
        if (!one.message) {
            if (!in_transaction_) {
                passed_ = std::max(passed_, one.newest); // everything that commits before it was sent before
            }
            return;
        }
        try {
            take(one.bytes);
        } catch (const pq::error&) {
            throw;
        } catch (const error& bad) {
            throw error(bad.code(), bad.why(), fmt::format("{} (at {})", bad.what(), format_lsn(one.at)), bad.hint());
        }
        if (without_spools_) {
            reopen();
        }
    }

    void take(std::string_view bytes) {
        switch (decoder_->read(bytes, in_block_ ? block_ : building_, skipping_)) {
        case message::begin:
            in_transaction_ = true;
            // A commit record that begins before our position ended at or before it: it is applied already.
            skipping_ = decoder_->mark().commit_start < start_;
            break;
        case message::commit:
            finish_transaction(decoder_->mark());
            break;
        case message::block_begin:
            in_block_ = true;
            break;
        case message::block_end:
            in_block_ = false;
            break;
        case message::change:
            if (in_block_) {
                set_aside();
            }
            break;
        case message::block_abort:
            open_.abort(decoder_->mark().xid, decoder_->mark().part);
            break;
        case message::block_commit:
            commit_blocks(decoder_->mark());
            break;
        case message::other:
            break;
        }
    }

    void finish_transaction(const transaction_mark& mark) {
        in_transaction_ = false;
        passed_ = std::max(passed_, mark.commit_end);
        if (!skipping_ && (part_handed_out_ || building_.changes.size() > finished_)) {
            if (++building_.transactions == 1) {
                grouped_at_ = clock::now() + group_time;
            }
            building_.ends.push_back({building_.changes.size(), mark.xid, mark.commit_time_us});
            building_.commit_time_us = mark.commit_time_us;
        }
        skipping_ = false;
        part_handed_out_ = false;
        finished_ = building_.changes.size();
        finished_end_ = passed_;
    }

    /// Puts what a block brought into its transaction's spool.
    void set_aside() {
        if (block_.changes.empty() && block_.troubles.empty()) {
            return;
        }
        try {
            without_spools_ = !open_.append(decoder_->mark().xid, decoder_->mark().part, block_);
            if (without_spools_) {
                log::write(log::severity::warning, "capture",
                           "large transactions take more than spool_limit_bytes: from now on the source keeps them "
                           "until they are committed",
                           {{"source", names_.source}});
            }
        } catch (const error& full) {
            without_spools_ = true;
            log::write(log::severity::warning, "capture",
                       fmt::format("{}; from now on the source keeps large transactions until they are committed",
                                   full.what()),
                       {{"source", names_.source}, {"mend", full.hint()}});
        }
        block_.changes.clear();
        block_.troubles.clear();
        if (block_.weight() > limits_.bytes / 8) {
            block_ = {};
        }
        fault_point("spool.written");
    }

    void commit_blocks(const transaction_mark& mark) {
        replaying_.emplace(replayed{open_.commit(mark.xid), mark});
        if (mark.commit_start < start_) { // applied already
            replaying_.reset();
            passed_ = std::max(passed_, mark.commit_end);
            return;
        }
        in_transaction_ = true;
    }

    void replay() {
        fault_point("spool.read_back");
        if (!open_.replay(replaying_->frames, building_)) {
            finish_transaction(replaying_->mark);
            replaying_.reset();
        }
    }

    /// Begins again after what was received completely, and lets the server keep what is not committed.
    void reopen() {
        without_spools_ = false;
        open_.clear();
        in_block_ = false;
        block_ = {};
        decoder_.emplace(adapter_, names_.source);
        start_ = passed_;
        const lsn confirmed = line_->confirmed();
        line_.reset();
        const auto until = clock::now() + stream_patience;
        for (;;) {
            try {
                line_.emplace(conninfo_, names_, start_, confirmed, false, silence_);
                return;
            } catch (const error& busy) {
                // The server has not noticed yet that the last connection is closed.
                if (busy.why() != cause::retry || clock::now() > until) {
                    throw;
                }
                std::this_thread::sleep_for(milliseconds{100});
            }
        }
    }

    /// The whole transactions; what has come of the next one is carried over.
    batch hand_out_finished() {
        batch ready = std::move(building_);
        building_ = {};
        if (finished_ < ready.changes.size()) {
            carry(ready);
        }
        ready.ends_transaction = true;
        return positioned(std::move(ready), finished_end_);
    }

    /// Part of a transaction that is larger than a batch.
    batch hand_out_part() {
        batch part = std::move(building_);
        building_ = {};
        part.ends_transaction = false;
        part_handed_out_ = true;
        finished_ = 0;
        say_once(part);
        return part;
    }

    batch hand_out_position() {
        batch ready = std::move(building_);
        building_ = {};
        return positioned(std::move(ready), passed_);
    }

    batch positioned(batch ready, lsn end) {
        finished_ = 0;
        handed_ = end;
        last_moved_ = clock::now();
        ready.position = format_lsn(end);
        say_once(ready);
        return ready;
    }

    /// A relation is described again after every ANALYZE, and its trouble found again.
    void say_once(batch& of) {
        std::erase_if(of.troubles, [this](const table_trouble& one) {
            return !told_.insert(fmt::format("{} {}", one.table, one.what)).second;
        });
    }

    /// Moves the changes of the unfinished transaction from `ready` to building_.
    void carry(batch& ready) {
        const auto copy = [this](std::span<const cell> from) -> std::span<const cell> {
            const std::span<cell> to = building_.cells(from.size());
            for (std::size_t i = 0; i < from.size(); ++i) {
                to[i] = from[i].is == cell::state::value ? cell::of(building_.keep(from[i].text)) : from[i];
            }
            return to;
        };
        for (std::size_t i = finished_; i < ready.changes.size(); ++i) {
            change moved = ready.changes[i];
            moved.row = copy(moved.row);
            moved.old = copy(moved.old);
            building_.changes.push_back(moved);
        }
        ready.changes.resize(finished_);
        ready.bytes -= std::min(ready.bytes, building_.bytes);
    }

    bool position_due() const {
        if (in_transaction_) {
            return false;
        }
        if (expected_ > handed_ && passed_ >= expected_) {
            return true;
        }
        if (!building_.troubles.empty()) {
            return true;
        }
        // A server that shuts down waits until its reader has confirmed everything: do not keep it waiting.
        return passed_ > handed_ &&
               (line_->reply_is_due() || passed_ - handed_ >= move_bytes || clock::now() - last_moved_ >= move_every);
    }

    clock::time_point next_timer() const {
        clock::time_point when = line_->next_feedback();
        if (expected_ > passed_ && !in_transaction_) {
            when = std::min(when, next_ask_);
        }
        return !in_transaction_ && passed_ > handed_ ? std::min(when, last_moved_ + move_every) : when;
    }

    struct replayed {
        spool frames;
        transaction_mark mark;
    };

    std::string conninfo_;
    source_names names_;
    const adapter::adapter& adapter_;
    batch_limits limits_;

    lsn start_;
    lsn handed_;           // end of the last batch that was handed out
    lsn passed_;           // everything before it was received
    lsn finished_end_ = 0; // end of the last transaction in building_
    lsn expected_ = 0;     // somebody waits for this position
    clock::time_point next_ask_;

    std::optional<pgoutput_decoder> decoder_;
    batch building_;
    std::size_t finished_ = 0; // changes of whole transactions in building_
    bool in_transaction_ = false;
    bool skipping_ = false;
    bool part_handed_out_ = false; // of the transaction that is being received
    std::set<std::string> told_;

    std::shared_ptr<spool_budget> budget_;
    open_transactions open_;
    bool in_block_ = false;
    batch block_; // what the last message of a block brought
    bool without_spools_ = false;
    std::optional<replayed> replaying_;

    milliseconds silence_{0};
    clock::time_point last_moved_;
    clock::time_point quiet_at_;
    clock::time_point grouped_at_;

    std::optional<slot_watch> watch_;
    std::optional<replication_line> line_;
};

} // namespace

std::unique_ptr<stream> open_stream(const std::string& conninfo, const source_names& names,
                                    const adapter::adapter& adapter, const std::string& position,
                                    const source_options& options) {
    return std::make_unique<slot_stream>(conninfo, names, adapter, position, options);
}

} // namespace everarchive::capture::postgresql
