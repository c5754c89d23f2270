#include "capture/mysql_snapshot_point.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "capture/binlog_bytes.hpp"
#include "capture/binlog_event.hpp"
#include "capture/mariadb_dump.hpp"
#include "capture/mariadb_history.hpp"

namespace everarchive::capture {

namespace {

using kind = binlog_position::kind;

// How long a transaction that is committed in InnoDB may take to count as executed; a server does it at once. One that
// is rolled back, or applied for long by a replica, was not seen by the snapshot and need not be waited for.
constexpr int owned_tries = 1000;
constexpr std::chrono::milliseconds owned_pause{5};

constexpr std::uint64_t first_event = 4;             // behind the magic number of a file
constexpr std::uint64_t largest_offset = 0xffffffff; // that an event's header can say

/// The numbers in a GTID event, with or without a GTID, that order transactions within a file.
struct logical_clock {
    std::uint64_t last_committed = 0;
    std::uint64_t number = 0;
};

logical_clock clock_of(std::string_view body) {
    byte_reader in(body);
    in.skip(1 + 16 + 8 + 1); // flags, UUID, number, kind of clock
    logical_clock clock;
    clock.last_committed = in.number(8);
    clock.number = in.number(8);
    return clock;
}

} // namespace

binlog_place mysql_snapshot_point::newest() {
    try {
        const auto [file, offset] = connection_.newest_log();
        if (file.empty()) {
            throw no_binary_log();
        }
        return {file, offset, server_id_of(connection_)};
    } catch (const mariadb_error& refused) {
        if (before_.by == kind::mysql && refused.why() == cause::needs_person) {
            return {}; // known for messages only
        }
        throw;
    }
}

mysql_snapshot_point::mysql_snapshot_point(mariadb_connection& connection, kind by) : connection_(connection) {
    before_.by = by;
    if (by == kind::mysql) {
        before_.executed = gtid_set::parse(connection_.value("SELECT @@GLOBAL.gtid_executed").value_or(""));
        if (before_.executed.empty() && connection_.variable("log_bin") != "ON") {
            newest(); // says what is wrong
        }
    } else {
        before_.place = newest();
        before_.place.offset = first_event;
    }
}

void mysql_snapshot_point::narrow(const mariadb_origin& origin, const binlog_reader& reader) {
    if (before_.by != kind::file || connection_.variable("binlog_order_commits") != "ON") {
        return;
    }
    const binlog_place end = newest();
    if (end.file != before_.place.file || end.offset > largest_offset) {
        return; // a new file was begun just now, or the file is beyond what its events can say
    }
    mariadb_dump dump(origin, reader, before_);
    std::deque<std::pair<std::uint64_t, std::uint64_t>> open; // number and beginning of those not known to be committed
    std::uint64_t committing = 0;
    std::uint64_t at = first_event;
    auto deadline = std::chrono::steady_clock::now() + mariadb_dump::longest_silence;
    while (at < end.offset) {
        const std::string_view event = dump.next(std::chrono::seconds{1});
        if (event.empty()) {
            if (std::chrono::steady_clock::now() > deadline) {
                throw error(exit_code::source, cause::retry, "the server stopped sending its binary log");
            }
            continue;
        }
        deadline = std::chrono::steady_clock::now() + mariadb_dump::longest_silence;
        byte_reader in(event);
        in.skip(4);
        const auto type = static_cast<event_type>(in.u8());
        in.skip(4 + 4);
        const std::uint64_t after = in.u32();
        in.skip(2);
        if (type == event_type::anonymous_gtid || type == event_type::mysql_gtid) {
            const logical_clock clock = clock_of(in.rest());
            committing = std::max(committing, clock.last_committed);
            open.emplace_back(clock.number, at);
            while (!open.empty() && open.front().first < committing) {
                open.pop_front();
            }
        }
        if (after > at && type != event_type::rotate && type != event_type::heartbeat) {
            at = after;
        }
    }
    if (!open.empty()) {
        before_.place.offset = open.front().second;
    }
}

binlog_position mysql_snapshot_point::position() {
    if (before_.by == kind::file) {
        before_.until_at = newest();
        return before_;
    }
    // What is in the snapshot and not executed yet is owned by the thread that commits it.
    const std::string owned = connection_.value("SELECT @@GLOBAL.gtid_owned").value_or("");
    for (int tries = 0; !owned.empty() && tries < owned_tries; ++tries) {
        std::this_thread::sleep_for(owned_pause);
        if (connection_.value("SELECT @@GLOBAL.gtid_owned").value_or("") != owned) {
            break;
        }
    }
    before_.until = gtid_set::parse(connection_.value("SELECT @@GLOBAL.gtid_executed").value_or(""));
    if (before_.executed.contains(before_.until)) {
        before_.until = {};
    }
    return before_;
}

} // namespace everarchive::capture
