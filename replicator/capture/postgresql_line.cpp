#include "capture/postgresql_line.hpp"

#include <endian.h>
#include <poll.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/log.hpp"

namespace everarchive::capture::postgresql {

namespace {

using std::chrono::milliseconds;

/// How long a reply that the server asked for waits for the apply step to confirm what it asks about.
constexpr auto reply_patience = milliseconds{200};

/// What of a transaction the server keeps in memory before it sends it (cdc.md, 2b); in the server's memory, so small.
constexpr const char* small_memory = "SET logical_decoding_work_mem = '8MB'";

std::uint64_t big_endian(const char* at) {
    std::uint64_t raw = 0;
    std::memcpy(&raw, at, sizeof raw);
    return be64toh(raw);
}

} // namespace

replication_line::replication_line(const std::string& conninfo, const source_names& names, lsn start, lsn confirmed,
                                   bool in_progress, milliseconds silence)
    : names_(names), on_(connect_replication(conninfo, stream_patience)), confirmed_(confirmed) {
    // Answer at least three times before the server gives us up.
    if (silence.count() > 0) {
        every_ = std::min(every_, silence / 3);
    }
    in_progress_ = in_progress && PQserverVersion(on_.raw()) >= 140000;
    try {
        if (in_progress_) {
            on_.run(small_memory);
        }
        keep_over_failover();
        const std::string sql =
            fmt::format("START_REPLICATION SLOT {} LOGICAL {} (proto_version '{}', publication_names {}{})",
                        on_.identifier(names_.slot), format_lsn(start), in_progress_ ? 2 : 1,
                        on_.literal(on_.identifier(names_.publication)), in_progress_ ? ", streaming 'on'" : "");
        const pq::result begun = on_.execute(sql);
        if (PQresultStatus(begun.raw()) != PGRES_COPY_BOTH) {
            throw on_.error_of(begun.raw(), "START_REPLICATION");
        }
    } catch (const pq::error& bad) {
        throw explained(bad, names_);
    }
    next_ = clock::now() + every_;
}

/// A slot from before there were failover slots (17), or before the server was upgraded, becomes one.
void replication_line::keep_over_failover() {
    if (PQserverVersion(on_.raw()) < 170000) {
        return;
    }
    const pq::result slot =
        on_.run("SELECT failover OR synced FROM pg_replication_slots WHERE slot_name = " + on_.literal(names_.slot));
    if (slot.rows() == 0 || slot.truth(0, 0)) {
        return;
    }
    try {
        on_.run("ALTER_REPLICATION_SLOT " + on_.identifier(names_.slot) + " (FAILOVER true)");
    } catch (const pq::error& refused) {
        if (PQstatus(on_.raw()) != CONNECTION_OK) {
            throw;
        }
        log::write(log::severity::warning, "capture",
                   fmt::format("the replication slot {} does not survive a failover: {}", names_.slot, refused.what()),
                   {{"source", names_.source}});
    }
}

replication_line::~replication_line() {
    if (PQstatus(on_.raw()) == CONNECTION_OK) {
        try {
            send_feedback();
            PQputCopyEnd(on_.raw(), nullptr);
            PQflush(on_.raw());
        } catch (const std::exception&) {
            // The connection is lost: the server keeps a little more log, nothing else.
        }
    }
}

std::optional<frame> replication_line::read() {
    for (int attempt = 0;; ++attempt) {
        char* data = nullptr;
        const int length = PQgetCopyData(on_.raw(), &data, 1);
        held_.reset(data);
        if (length > 0) {
            return parse({data, static_cast<std::size_t>(length)});
        }
        if (length < 0) {
            ended();
        }
        if (attempt > 0) {
            return std::nullopt;
        }
        if (PQconsumeInput(on_.raw()) != 1) {
            throw explained(on_.last_error("the replication connection is lost"), names_);
        }
    }
}

/// The server ended the stream: says why.
void replication_line::ended() {
    const pq::result last(PQgetResult(on_.raw()));
    const ExecStatusType status = PQresultStatus(last.raw());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        throw explained(on_.error_of(last.raw(), "the server ended the stream"), names_);
    }
    throw error(exit_code::source, cause::retry, "the server ended the stream: it is shutting down");
}

frame replication_line::parse(std::string_view bytes) {
    frame one;
    if (bytes.front() == 'w' && bytes.size() > 25) {
        one.message = true;
        one.at = big_endian(bytes.data() + 1);
        one.newest = big_endian(bytes.data() + 9);
        one.bytes = bytes.substr(25);
    } else if (bytes.front() == 'k' && bytes.size() == 18) {
        one.newest = big_endian(bytes.data() + 1);
        one.wants_reply = bytes[17] != 0;
        if (one.wants_reply && !reply_due_) {
            reply_due_ = clock::now() + (confirmed_ < one.newest ? reply_patience : milliseconds{0});
            asked_about_ = one.newest;
        }
    } else {
        throw error(exit_code::source, cause::needs_person,
                    fmt::format("cannot understand the replication stream: a frame of {} bytes and kind {:#04x}",
                                bytes.size(), static_cast<unsigned char>(bytes.front())),
                    "check that the server is PostgreSQL 13 to 18");
    }
    return one;
}

void replication_line::wait(clock::duration time) {
    const auto rounded = std::chrono::ceil<milliseconds>(std::max(time, clock::duration::zero()));
    pollfd socket{PQsocket(on_.raw()), POLLIN, 0};
    ::poll(&socket, 1, static_cast<int>(std::min<std::int64_t>(rounded.count(), 60'000)));
}

void replication_line::confirm(lsn place) {
    confirmed_ = std::max(confirmed_, place);
    if (reply_due_ && confirmed_ >= asked_about_) {
        send_feedback();
    }
}

void replication_line::send_feedback_if_due() {
    if (clock::now() >= next_feedback()) {
        send_feedback();
    }
}

void replication_line::ask() {
    send_feedback(true);
}

/// 'r': written, flushed and applied up to `confirmed_`, our clock, whether a reply is wanted.
void replication_line::send_feedback(bool reply_wanted) {
    constexpr std::int64_t postgresql_epoch_us = 946'684'800'000'000;
    const auto since_1970 =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
    const std::uint64_t fields[] = {htobe64(confirmed_), htobe64(confirmed_), htobe64(confirmed_),
                                    htobe64(static_cast<std::uint64_t>(since_1970.count() - postgresql_epoch_us))};
    char answer[1 + sizeof fields + 1] = {'r'};
    std::memcpy(answer + 1, fields, sizeof fields);
    answer[1 + sizeof fields] = reply_wanted ? 1 : 0;
    if (PQputCopyData(on_.raw(), answer, sizeof answer) != 1 || PQflush(on_.raw()) != 0) {
        throw explained(on_.last_error("the replication connection is lost"), names_);
    }
    reply_due_.reset();
    next_ = clock::now() + every_;
}

} // namespace everarchive::capture::postgresql
