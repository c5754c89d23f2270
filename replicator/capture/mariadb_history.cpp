#include "capture/mariadb_history.hpp"

#include <algorithm>
#include <charconv>
#include <thread>

#include <fmt/format.h>

namespace everarchive::capture {

namespace {

using kind = binlog_position::kind;

// SHOW BINLOG EVENTS answers with this number both for a file and for a place that is not there.
constexpr unsigned error_in_command = 1220; // ER_ERROR_WHEN_EXECUTING_COMMAND

// The server sends a transaction as soon as it is in the log, a moment before it counts as executed.
constexpr int executed_tries = 20;
constexpr std::chrono::milliseconds executed_pause{100};

error another_history(const std::string& what) {
    return {exit_code::source, cause::position_lost,
            what +
                ": it was emptied (RESET MASTER), lost its end in a crash (sync_binlog = 0), or server or binary log "
                "were restored from a copy, so changes may be lost",
            "everarchive source resync NAME"};
}

std::string newest_file(mariadb_connection& side) {
    if (!side.server().is_mysql) {
        const mariadb_rows now = side.query("SHOW STATUS LIKE 'Binlog_snapshot_file'");
        return now.rows.empty() ? "" : now.text(0, 1);
    }
    try {
        return side.newest_log().first;
    } catch (const mariadb_error&) {
        return {}; // no REPLICATION CLIENT
    }
}

/// A file whose number is larger than the newest one's was begun in a history that is gone.
void check_newest(mariadb_connection& side, const binlog_place& place) {
    const std::string newest = newest_file(side);
    if (base_name(newest) == base_name(place.file) && file_number(newest) < file_number(place.file)) {
        throw another_history(
            fmt::format("the server's binary log stands in {}, before our place {}", newest, place.text()));
    }
}

/// After RESET MASTER the server gives the same GTIDs again to other transactions, and finds ours without an objection.
/// BINLOG_GTID_POS() is allowed to every user; it gives NULL for a file that is not there and for an offset at which no
/// event begins or ends. A file that was purged says nothing: then the server itself looks for the GTIDs.
void check_mariadb(mariadb_connection& side, const binlog_position& position) {
    const binlog_place& place = position.place;
    // A large transaction is never cut, so a file may be larger than that; the function knows 32 bits only, and gives
    // NULL (Item_func_binlog_gtid_pos::val_str, sql/item_strfunc.cc).
    constexpr std::uint64_t largest_offset = 0xffffffff;
    if (place.offset > largest_offset) {
        check_newest(side, place);
        return;
    }
    const auto gtids_at = [&](std::uint64_t offset) {
        return side.value(fmt::format("SELECT BINLOG_GTID_POS({}, {})", side.literal(place.file), offset));
    };
    if (const auto there = gtids_at(place.offset)) {
        if (position.by == kind::mariadb && gtid_list::parse(*there) != position.gtids) {
            throw another_history(fmt::format("the server's binary log has {} at {}, where we read {}",
                                              there->empty() ? "no transaction" : *there, place.text(),
                                              position.gtids.text()));
        }
        return;
    }
    if (gtids_at(4)) { // the first event of each file
        throw another_history(fmt::format("the server's binary log has no event that ends at {}, where we read {}",
                                          place.text(), position.start()));
    }
    check_newest(side, place);
}

/// What begins at our place must be a transaction that we have not read. Needs REPLICATION SLAVE only.
void check_mysql_place(mariadb_connection& side, const binlog_position& position) {
    const binlog_place& place = position.place;
    try {
        const mariadb_rows event =
            side.query(fmt::format("SHOW BINLOG EVENTS IN {} FROM {} LIMIT 1", side.literal(place.file), place.offset));
        if (event.rows.empty() || position.by != kind::mysql || !event.text(0, 2).starts_with("Gtid")) {
            return;
        }
        // SET @@SESSION.GTID_NEXT= 'UUID:NUMBER'
        const std::string info = event.text(0, 5);
        const auto begin = info.find('\'');
        const auto end = info.rfind('\'');
        if (begin != std::string::npos && end > begin + 1) {
            const gtid_set next = gtid_set::parse(info.substr(begin + 1, end - begin - 1));
            if (position.executed.contains(next)) {
                throw another_history(fmt::format("the server's binary log has {} at {}, which we have read before",
                                                  next.text(), place.text()));
            }
        }
    } catch (const mariadb_error& refused) {
        if (refused.number() != error_in_command) {
            throw;
        }
        if (std::string_view(refused.what()).find("Could not find target log") == std::string_view::npos) {
            throw another_history(fmt::format("the server's binary log has no event that ends at {}, where we read {}",
                                              place.text(), position.start()));
        }
        check_newest(side, place);
    }
}

/// What was executed, and what is about to be.
gtid_set executed_by(mariadb_connection& side) {
    const mariadb_rows sets = side.query("SELECT @@GLOBAL.gtid_executed, @@GLOBAL.gtid_owned");
    gtid_set executed = gtid_set::parse(sets.text(0, 0));
    // uuid:number#thread, one after another
    std::string owned = sets.text(0, 1);
    for (std::size_t hash = owned.find('#'); hash != std::string::npos; hash = owned.find('#')) {
        owned.erase(hash, owned.find_first_of(":,", hash) - hash);
    }
    try {
        executed.add(gtid_set::parse(owned));
    } catch (const error&) {
        return executed; // another form of what is only a help
    }
    return executed;
}

void check_executed(mariadb_connection& side, const gtid_set& ours) {
    gtid_set missing;
    for (int tries = 0; tries < executed_tries; ++tries) {
        missing = ours.without(executed_by(side));
        if (missing.empty()) {
            return;
        }
        std::this_thread::sleep_for(executed_pause);
    }
    throw another_history(fmt::format("the server never executed {}, which we have read", missing.text()));
}

} // namespace

namespace {

/// All of a list that may have several of a domain.
std::vector<gtid> gtids_of(std::string_view text) {
    std::vector<gtid> all;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const gtid_list one = gtid_list::parse(text.substr(0, comma));
        all.insert(all.end(), one.domains().begin(), one.domains().end());
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    }
    return all;
}

} // namespace

std::uint32_t server_id_of(mariadb_connection& side) {
    const std::string text = side.value("SELECT @@GLOBAL.server_id").value_or("");
    std::uint32_t id = 0;
    std::from_chars(text.data(), text.data() + text.size(), id);
    return id;
}

std::string identity_of(mariadb_connection& side) {
    if (side.server().is_mysql) {
        return "mysql server_uuid=" + side.value("SELECT @@GLOBAL.server_uuid").value_or("");
    }
    const mariadb_rows ids = side.query("SELECT @@GLOBAL.server_id, @@GLOBAL.gtid_domain_id");
    return fmt::format("mariadb server_id={} gtid_domain_id={}", ids.text(0, 0), ids.text(0, 1));
}

binlog_position::kind position_kind(mariadb_connection& side, const mariadb_origin& origin) {
    if (origin.by_file) {
        return kind::file;
    }
    if (!side.server().is_mysql) {
        return kind::mariadb;
    }
    // With ON_PERMISSIVE there may be transactions without a GTID.
    return side.variable("gtid_mode") == "ON" ? kind::mysql : kind::file;
}

binlog_position current_position(mariadb_connection& side, binlog_position::kind by) {
    binlog_position now;
    now.by = by;
    switch (by) {
    case kind::mariadb:
        now.gtids = gtid_list::parse(side.value("SELECT @@GLOBAL.gtid_binlog_pos").value_or(""));
        break;
    case kind::mysql:
        now.executed = gtid_set::parse(side.value("SELECT @@GLOBAL.gtid_executed").value_or(""));
        break;
    case kind::file:
        try {
            const auto [file, offset] = side.newest_log();
            now.place = {file, offset, server_id_of(side)};
        } catch (const mariadb_error& refused) {
            if (refused.why() != cause::needs_person) {
                throw;
            }
        }
        break;
    }
    return now;
}

error no_binary_log() {
    return {exit_code::source, cause::needs_person, "the server writes no binary log",
            "in my.cnf under [mysqld]: log_bin = binlog, and restart the server; everarchive source check says more"};
}

binlog_place snapshot_place(mariadb_connection& side) {
    const mariadb_rows status = side.query("SHOW STATUS LIKE 'binlog_snapshot_%'");
    binlog_place place;
    for (std::size_t row = 0; row < status.rows.size(); ++row) {
        const std::string name = status.text(row, 0);
        const std::string value = status.text(row, 1);
        if (name == "Binlog_snapshot_file") {
            place.file = value;
        } else if (name == "Binlog_snapshot_position") {
            std::from_chars(value.data(), value.data() + value.size(), place.offset);
        }
    }
    if (place.file.empty() || place.file == "none") {
        throw no_binary_log();
    }
    return place;
}

void check_history(mariadb_connection& side, const binlog_position& position) {
    const bool mysql = side.server().is_mysql;
    if ((position.by == kind::mysql) != mysql && position.by != kind::file) {
        throw another_history(fmt::format("the server is {}, and our position is of {}", side.server().name(),
                                          mysql ? "MariaDB" : "MySQL"));
    }
    if (position.by == kind::mysql) {
        check_executed(side, position.executed);
    }
    if (position.place.file.empty()) {
        return;
    }
    if (position.place.server != 0 && position.place.server != server_id_of(side)) {
        if (position.by == kind::file) {
            throw another_history(fmt::format("the place {} is of another server", position.place.text()));
        }
        return; // the files of another server of the same history, before a fail-over
    }
    if (mysql) {
        check_mysql_place(side, position);
    } else {
        check_mariadb(side, position);
    }
}

bool continues_history(mariadb_connection& side, const binlog_position& position) {
    if (position.by == kind::file || (position.by == kind::mysql) != side.server().is_mysql) {
        return false;
    }
    if (position.by == kind::mysql) {
        gtid_set read = position.executed;
        read.add(position.until);
        return gtid_set::parse(side.value("SELECT @@GLOBAL.gtid_executed").value_or("")).contains(read);
    }
    // One entry for each server of each domain: the last transaction that it wrote. A GTID names the server that the
    // transaction comes from, so another server has ours only if it replicated from there. One that was made of a copy
    // has a domain in which nothing happened since in its replication position only.
    const std::vector<gtid> written = gtids_of(side.value("SELECT @@GLOBAL.gtid_binlog_state").value_or(""));
    const gtid_list replicated = gtid_list::parse(side.value("SELECT @@GLOBAL.gtid_slave_pos").value_or(""));
    for (const gtid& ours : position.gtids.domains()) {
        const bool in_log = std::any_of(written.begin(), written.end(), [&](const gtid& last) {
            return last.domain == ours.domain && last.server == ours.server && last.sequence >= ours.sequence;
        });
        const auto& copied = replicated.domains();
        if (!in_log && std::find(copied.begin(), copied.end(), ours) == copied.end()) {
            return false;
        }
    }
    return !position.gtids.empty();
}

namespace {

/// The oldest file that is still there, by asking for the beginnings of files between ours and the newest.
std::string oldest_file(mariadb_connection& side, const std::string& ours, const std::string& newest) {
    const auto dot = newest.rfind('.');
    if (dot == std::string::npos || base_name(ours) != base_name(newest)) {
        return {};
    }
    const auto name = [&](std::uint64_t number) {
        return fmt::format("{}.{:0{}}", newest.substr(0, dot), number, newest.size() - dot - 1);
    };
    std::uint64_t gone = file_number(ours);
    std::uint64_t there = file_number(newest);
    while (gone + 1 < there) {
        const std::uint64_t middle = gone + (there - gone) / 2;
        const bool has =
            side.value(fmt::format("SELECT BINLOG_GTID_POS({}, 4)", side.literal(name(middle)))).has_value();
        (has ? there : gone) = middle;
    }
    return name(there);
}

std::string missing_in_mariadb(mariadb_connection& side, const binlog_position& position) {
    const std::string newest = newest_file(side);
    const std::string oldest = oldest_file(side, position.place.file, newest);
    if (oldest.empty()) {
        return {};
    }
    const std::string begin =
        side.value(fmt::format("SELECT BINLOG_GTID_POS({}, 4)", side.literal(oldest))).value_or("");
    return fmt::format(
        "missing are the changes after {} up to {}, with which {}, the oldest file that is there, begins",
        position.start(), begin.empty() ? "nothing" : begin, oldest);
}

} // namespace

std::string missing_changes(mariadb_connection& side, const binlog_position& position) {
    try {
        if (position.by == kind::mysql) {
            const gtid_set purged =
                gtid_set::parse(side.value("SELECT @@GLOBAL.gtid_purged").value_or("")).without(position.executed);
            return purged.empty() ? "" : fmt::format("missing are the transactions {}", purged.text());
        }
        if (!side.server().is_mysql) {
            return missing_in_mariadb(side, position);
        }
        const mariadb_rows files = side.query("SHOW BINARY LOGS");
        return files.rows.empty()
                   ? ""
                   : fmt::format("missing are the changes from {} up to {}, the oldest file that is there",
                                 position.start(), files.text(0, 0));
    } catch (const error&) {
        return {}; // the message is only poorer
    }
}

std::chrono::seconds log_expiry(mariadb_connection& side) {
    const auto number = [&](const char* name) {
        const std::string text = side.variable(name);
        double value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    // MySQL 8 has seconds beside days, and MariaDB since 10.6; the seconds count when they are not 0.
    if (const double seconds = number("binlog_expire_logs_seconds"); seconds > 0) {
        return std::chrono::seconds(static_cast<std::int64_t>(seconds));
    }
    return std::chrono::seconds(static_cast<std::int64_t>(number("expire_logs_days") * 86'400));
}

} // namespace everarchive::capture
