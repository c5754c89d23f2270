// The changes after a position: the replication connection, its frames (documentation, "Streaming Replication
// Protocol"), feedback, and the assembling of whole transactions.
//
// What the server is told to forget is only what came back through confirm(). A keepalive's position becomes an empty
// batch first, and is confirmed when the preservation database has stored it: so the slot is never ahead of the stored
// position, and a slot that is ahead means that somebody else moved it.
#include <endian.h>
#include <poll.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/log.hpp"
#include "capture/pgoutput.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_publication.hpp"
#include "capture/postgresql_readers.hpp"

namespace everarchive::capture::postgresql {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// An idle source moves its position this often, or when this much log has passed.
constexpr auto move_every = std::chrono::seconds{10};
constexpr lsn move_bytes = 16 * 1024 * 1024;
/// How long a reply that the server asked for waits for the apply step to confirm what it asks about.
constexpr auto reply_patience = milliseconds{200};
/// Whole transactions wait for more of them, since one commit for many is what makes the preservation database fast
/// (cdc.md, fact 8): until the line has been quiet for `quiet_time`, or the first of them is as old as `group_time`.
constexpr auto quiet_time = milliseconds{3};
constexpr auto group_time = milliseconds{50};
/// How often the server's newest position is asked for, for status.
constexpr auto newest_every = std::chrono::seconds{10};
constexpr const char* newest_question = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
                                        "ELSE pg_current_wal_insert_lsn() END";

std::uint64_t big_endian(const char* at) {
    std::uint64_t raw = 0;
    std::memcpy(&raw, at, sizeof raw);
    return be64toh(raw);
}

class slot_stream final : public stream {
  public:
    slot_stream(const std::string& conninfo, const source_names& names, const adapter::adapter& adapter,
                const std::string& position)
        : conninfo_(conninfo), names_(names), decoder_(adapter), start_(parse_lsn(position)), handed_(start_),
          passed_(start_), side_(connect(conninfo, stream_patience)) {
        check_slot();
        check_publication(adapter);
        // Answer at least three times before the server gives us up; 0 means that it never does.
        const auto timeout =
            milliseconds{side_->run("SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'").number(0, 0)};
        if (timeout.count() > 0) {
            feedback_every_ = std::min(feedback_every_, timeout / 3);
        }
        newest_ = parse_lsn(side_->run(newest_question).text(0, 0));
        if (newest_ < start_) {
            throw error(exit_code::source, cause::position_lost,
                        fmt::format("the server's log ends at {}, before our position {}: it was restored from an "
                                    "older copy",
                                    format_lsn(newest_), position),
                        names_.resync_hint());
        }
        newest_asked_ = clock::now();
        start();
    }

    ~slot_stream() override {
        // The server learns what is confirmed, so that it need not keep that log until we come back.
        if (line_ && PQstatus(line_->raw()) == CONNECTION_OK) {
            try {
                send_feedback();
                PQputCopyEnd(line_->raw(), nullptr);
                PQflush(line_->raw());
            } catch (const std::exception&) {
                // The connection is lost: the server keeps a little more log, nothing else.
            }
        }
    }
    slot_stream(const slot_stream&) = delete;
    slot_stream& operator=(const slot_stream&) = delete;

    std::optional<batch> next(milliseconds wait) override {
        const auto deadline = clock::now() + wait;
        for (;;) {
            send_feedback_if_due();
            bool heard = false;
            while (!full() && read_frame()) {
                heard = true;
            }
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
                wait_for_server(std::min(quiet_at_, grouped_at_) - now);
                continue;
            }
            if (position_due()) {
                return hand_out_position();
            }
            if (now >= deadline) {
                return std::nullopt;
            }
            wait_for_server(std::min(deadline, next_timer()) - now);
        }
    }

    void idle() override { send_feedback_if_due(); }

    void confirm(const std::string& position) override {
        confirmed_ = std::max(confirmed_, parse_lsn(position));
        if (reply_due_ && confirmed_ >= asked_about_) {
            send_feedback();
        }
    }

    void expect(const std::string& position) override { expected_ = parse_lsn(position); }

    std::optional<std::int64_t> lag_bytes() override {
        try {
            ask_newest();
        } catch (const error&) {
            // The stream itself tells what is wrong with the server. Until it is opened again, the server's newest
            // position is the one that comes with the changes.
            side_.reset();
        }
        return static_cast<std::int64_t>(newest_ > confirmed_ ? newest_ - confirmed_ : 0);
    }

  private:
    /// Takes the answer if it has come, and asks again when it is time. Never waits: the reader has keepalives to
    /// answer.
    void ask_newest() {
        if (!side_) {
            return;
        }
        PGconn* const side = side_->raw();
        if (newest_pending_) {
            if (PQconsumeInput(side) != 1) {
                throw side_->last_error({});
            }
            while (PQisBusy(side) == 0) {
                const pq::result answer(PQgetResult(side));
                if (answer.raw() == nullptr) {
                    newest_pending_ = false;
                    break;
                }
                if (PQresultStatus(answer.raw()) != PGRES_TUPLES_OK) {
                    throw side_->error_of(answer.raw(), {});
                }
                newest_ = std::max(newest_, parse_lsn(answer.text(0, 0)));
            }
        } else if (clock::now() - newest_asked_ > newest_every) {
            newest_asked_ = clock::now();
            if (PQsendQuery(side, newest_question) != 1) {
                throw side_->last_error({});
            }
            newest_pending_ = true;
        }
    }

    /// The slot must be able to give every change after start_, else the position is lost: a slot is never made anew
    /// behind the reader's back (cdc.md 1.3, point 4).
    void check_slot() {
        const std::optional<slot_state> slot = find_slot(*side_, names_);
        const auto lost = [&](const std::string& why) {
            return error(exit_code::source, cause::position_lost, why, names_.resync_hint());
        };
        if (!slot) {
            throw lost(fmt::format("the replication slot {} is gone, so changes after {} may be lost", names_.slot,
                                   format_lsn(start_)));
        }
        const std::string database(side_->run("SELECT current_database()").text(0, 0));
        if (slot->plugin != "pgoutput" || slot->database != database || !slot->confirmed) {
            throw lost(fmt::format("the replication slot {} is not ours any more: plugin '{}', database '{}'",
                                   names_.slot, slot->plugin, slot->database));
        }
        if (slot->wal_status == "lost") {
            throw lost(fmt::format("the server removed log that the replication slot {} needs "
                                   "(max_slot_wal_keep_size), so changes after {} are lost",
                                   names_.slot, format_lsn(start_)));
        }
        if (*slot->confirmed > start_) {
            throw lost(fmt::format("the replication slot {} stands at {}, after our position {}: somebody moved it or "
                                   "made it anew, or the preservation database is an older copy",
                                   names_.slot, format_lsn(*slot->confirmed), format_lsn(start_)));
        }
        if (!slot->active_pid.empty()) {
            throw error(exit_code::source, cause::retry,
                        fmt::format("the replication slot {} is being read by the server process {}", names_.slot,
                                    slot->active_pid),
                        "stop the other everarchive that follows this source, or wait until the server notices that "
                        "its reader is gone");
        }
        // What our last run committed in the preservation database may not be flushed there yet; only confirm() says
        // so.
        confirmed_ = *slot->confirmed;
    }

    void check_publication(const adapter::adapter& adapter) {
        const auto difference = compare_publication(*side_, names_, adapter, look_up(*side_, adapter));
        if (difference && difference->breaks_stream) {
            throw error(exit_code::source, cause::position_lost,
                        difference->what + "; changes that it did not publish are not in the stream",
                        difference->mend + "; then " + names_.resync_hint());
        }
        if (difference && difference->loses) {
            log::write(log::severity::warning, "capture", difference->what,
                       {{"source", names_.source}, {"mend", difference->mend + "; then " + names_.resync_hint()}});
        }
    }

    void start() {
        try {
            line_.emplace(connect_replication(conninfo_, stream_patience));
            const std::string list = line_->literal(line_->identifier(names_.publication));
            const std::string sql =
                fmt::format("START_REPLICATION SLOT {} LOGICAL {} (proto_version '1', publication_names {})",
                            line_->identifier(names_.slot), format_lsn(start_), list);
            const pq::result begun = line_->execute(sql);
            if (PQresultStatus(begun.raw()) != PGRES_COPY_BOTH) {
                throw line_->error_of(begun.raw(), "START_REPLICATION");
            }
        } catch (const pq::error& bad) {
            throw explained(bad, names_);
        }
        const auto now = clock::now();
        next_feedback_ = now + feedback_every_;
        last_moved_ = now;
    }

    bool full() const {
        return building_.changes.size() >= limits_.changes || building_.bytes >= limits_.bytes ||
               building_.transactions >= limits_.transactions;
    }

    /// Handles one frame; false if none has come completely.
    bool read_frame() {
        for (int attempt = 0;; ++attempt) {
            char* data = nullptr;
            const int length = PQgetCopyData(line_->raw(), &data, 1);
            const std::unique_ptr<char, decltype(&PQfreemem)> owner(data, &PQfreemem);
            if (length > 0) {
                handle({data, static_cast<std::size_t>(length)});
                return true;
            }
            if (length < 0) {
                ended();
            }
            if (attempt > 0) {
                return false;
            }
            if (PQconsumeInput(line_->raw()) != 1) {
                throw explained(line_->last_error("the replication connection is lost"), names_);
            }
        }
    }

    /// The server ended the stream: says why.
    [[noreturn]] void ended() {
        const pq::result last(PQgetResult(line_->raw()));
        const ExecStatusType status = PQresultStatus(last.raw());
        if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
            throw explained(line_->error_of(last.raw(), "the server ended the stream"), names_);
        }
        throw error(exit_code::source, cause::retry, "the server ended the stream: it is shutting down");
    }

    void handle(std::string_view frame) {
        if (frame.front() == 'w' && frame.size() > 25) {
            newest_ = std::max<lsn>(newest_, big_endian(frame.data() + 9));
            try {
                take(frame.substr(25));
            } catch (const pq::error&) {
                throw;
            } catch (const error& bad) {
                throw error(bad.code(), bad.why(),
                            fmt::format("{} (at {})", bad.what(), format_lsn(big_endian(frame.data() + 1))),
                            bad.hint());
            }
        } else if (frame.front() == 'k' && frame.size() == 18) {
            const lsn sent = big_endian(frame.data() + 1);
            newest_ = std::max(newest_, sent);
            if (!in_transaction_) {
                passed_ = std::max(passed_, sent); // everything that commits before `sent` was sent before
            }
            if (frame[17] != 0 && !reply_due_) {
                reply_due_ = clock::now() + (confirmed_ < sent ? reply_patience : milliseconds{0});
                asked_about_ = sent;
            }
        } else {
            throw error(exit_code::source, cause::needs_person,
                        fmt::format("cannot understand the replication stream: a frame of {} bytes and kind {:#04x}",
                                    frame.size(), static_cast<unsigned char>(frame.front())),
                        "check that the server is PostgreSQL 13 to 18");
        }
    }

    void take(std::string_view bytes) {
        switch (decoder_.read(bytes, building_, skipping_)) {
        case message::begin:
            in_transaction_ = true;
            // A commit record that begins before our position ended at or before it: it is applied already.
            skipping_ = decoder_.mark().commit_start < start_;
            break;
        case message::commit:
            in_transaction_ = false;
            passed_ = std::max(passed_, decoder_.mark().commit_end);
            if (!skipping_ && (part_handed_out_ || building_.changes.size() > finished_)) {
                if (++building_.transactions == 1) {
                    grouped_at_ = clock::now() + group_time;
                }
                building_.ends.push_back({building_.changes.size(), decoder_.mark().xid});
                building_.commit_time_us = decoder_.mark().commit_time_us;
            }
            skipping_ = false;
            part_handed_out_ = false;
            finished_ = building_.changes.size();
            finished_end_ = passed_;
            break;
        case message::change:
        case message::other:
            break;
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
        return part;
    }

    batch hand_out_position() { return positioned({}, passed_); }

    batch positioned(batch ready, lsn end) {
        finished_ = 0;
        handed_ = end;
        last_moved_ = clock::now();
        ready.position = format_lsn(end);
        return ready;
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
        if (in_transaction_ || passed_ <= handed_) {
            return false;
        }
        if (expected_ > handed_ && passed_ >= expected_) {
            return true;
        }
        // A server that shuts down waits until its reader has confirmed everything: do not keep it waiting.
        return reply_due_.has_value() || passed_ - handed_ >= move_bytes || clock::now() - last_moved_ >= move_every;
    }

    clock::time_point next_timer() const {
        clock::time_point when = next_feedback_;
        if (reply_due_) {
            when = std::min(when, *reply_due_);
        }
        if (!in_transaction_ && passed_ > handed_) {
            when = std::min(when, last_moved_ + move_every);
        }
        return when;
    }

    void wait_for_server(clock::duration time) {
        const auto rounded = std::chrono::ceil<milliseconds>(std::max(time, clock::duration::zero()));
        pollfd socket{PQsocket(line_->raw()), POLLIN, 0};
        ::poll(&socket, 1, static_cast<int>(std::min<std::int64_t>(rounded.count(), 60'000)));
    }

    void send_feedback_if_due() {
        const auto now = clock::now();
        if (now >= next_feedback_ || (reply_due_ && now >= *reply_due_)) {
            send_feedback();
        }
    }

    /// 'r': written, flushed and applied up to `confirmed_`, our clock, no reply wanted.
    void send_feedback() {
        constexpr std::int64_t postgresql_epoch_us = 946'684'800'000'000;
        const auto since_1970 =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
        const std::uint64_t fields[] = {htobe64(confirmed_), htobe64(confirmed_), htobe64(confirmed_),
                                        htobe64(static_cast<std::uint64_t>(since_1970.count() - postgresql_epoch_us))};
        char answer[1 + sizeof fields + 1] = {'r'};
        std::memcpy(answer + 1, fields, sizeof fields);
        if (PQputCopyData(line_->raw(), answer, sizeof answer) != 1 || PQflush(line_->raw()) != 0) {
            throw explained(line_->last_error("the replication connection is lost"), names_);
        }
        reply_due_.reset();
        next_feedback_ = clock::now() + feedback_every_;
    }

    std::string conninfo_;
    source_names names_;
    pgoutput_decoder decoder_;
    batch_limits limits_;

    lsn start_;
    lsn handed_;           // end of the last batch that was handed out
    lsn passed_;           // everything before it was received
    lsn finished_end_ = 0; // end of the last transaction in building_
    lsn confirmed_ = 0;    // stored in the preservation database
    lsn newest_ = 0;       // of the server
    lsn expected_ = 0;     // somebody waits for this position
    lsn asked_about_ = 0;  // position of the keepalive that wants a reply

    batch building_;
    std::size_t finished_ = 0; // changes of whole transactions in building_
    bool in_transaction_ = false;
    bool skipping_ = false;
    bool part_handed_out_ = false; // of the transaction that is being received

    milliseconds feedback_every_{10'000};
    clock::time_point next_feedback_;
    std::optional<clock::time_point> reply_due_;
    clock::time_point last_moved_;
    clock::time_point quiet_at_;
    clock::time_point grouped_at_;
    clock::time_point newest_asked_;
    bool newest_pending_ = false; // the question was sent, and its answer has not been read

    std::optional<pq::connection> side_; // for questions that a replication connection cannot answer while it streams
    std::optional<pq::connection> line_;
};

} // namespace

std::unique_ptr<stream> open_stream(const std::string& conninfo, const source_names& names,
                                    const adapter::adapter& adapter, const std::string& position) {
    return std::make_unique<slot_stream>(conninfo, names, adapter, position);
}

} // namespace everarchive::capture::postgresql
