#include "capture/mysql_snapshot_point.hpp"

#include <chrono>
#include <thread>

#include "capture/mariadb_history.hpp"

namespace everarchive::capture {

namespace {

using kind = binlog_position::kind;

// How long a transaction that is committed in InnoDB may take to count as executed; a server does it at once. One that
// is rolled back, or applied for long by a replica, was not seen by the snapshot and need not be waited for.
constexpr int owned_tries = 1000;
constexpr std::chrono::milliseconds owned_pause{5};

constexpr std::uint64_t first_event = 4; // behind the magic number of a file

} // namespace

binlog_place mysql_snapshot_point::newest() {
    try {
        const auto [file, offset] = connection_.newest_log();
        if (file.empty()) {
            throw error(exit_code::source, cause::needs_person, "the server writes no binary log",
                        "in my.cnf under [mysqld]: log_bin = binlog, and restart the server; everarchive source check "
                        "says more");
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
