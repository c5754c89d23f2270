#include "capture/mariadb_dump.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace everarchive::capture {

namespace {

constexpr std::size_t segment_size = std::size_t{1} * 1024 * 1024;

// COM_BINLOG_DUMP, and MySQL's with a set of GTIDs, which Connector/C has no name for.
constexpr auto binlog_dump = static_cast<enum enum_server_command>(18);
constexpr auto binlog_dump_gtid = static_cast<enum enum_server_command>(30);

void put(std::string& command, std::uint64_t value, int bytes) {
    for (int at = 0; at < bytes; ++at) {
        command += static_cast<char>(value >> (8 * at) & 0xffU);
    }
}

/// By file and offset; with @slave_connect_state set these are of no account.
std::string dump_command(unsigned long server_id, const binlog_place& start) {
    if (start.offset > 0xffffffff) {
        throw error(exit_code::source, cause::position_lost,
                    fmt::format("the place {} cannot be asked for: the server takes offsets of 32 bits", start.text()),
                    "everarchive source resync NAME; with GTIDs the file would not matter");
    }
    std::string command;
    put(command, std::max<std::uint64_t>(start.offset, 4), 4);
    put(command, 0, 2);
    put(command, server_id, 4);
    return command + start.file;
}

std::string dump_gtid_command(unsigned long server_id, const gtid_set& executed) {
    constexpr std::uint16_t through_gtid = 4;
    const std::string set = executed.encoded();
    std::string command;
    put(command, through_gtid, 2);
    put(command, server_id, 4);
    put(command, 0, 4); // no file name
    put(command, 4, 8);
    put(command, set.size(), 4);
    return command + set;
}

} // namespace

mariadb_dump::mariadb_dump(const mariadb_origin& origin, const binlog_reader& reader, const binlog_position& start)
    : connection_(origin, longest_silence) {
    ask(reader, start);
    thread_ = std::thread([this] { read(); });
}

mariadb_dump::~mariadb_dump() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    emptied_.notify_all();
    // Wakes the thread if it waits for the server.
    connection_.hang_up();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void mariadb_dump::ask(const binlog_reader& reader, const binlog_position& start) {
    checksums_ = connection_.value("SELECT @@GLOBAL.binlog_checksum").value_or("NONE") != "NONE";
    const auto period = std::chrono::nanoseconds(heartbeat).count();
    connection_.run("SET @master_binlog_checksum = @@GLOBAL.binlog_checksum");
    connection_.run(fmt::format("SET @master_heartbeat_period = {}", period));
    // How long the server may wait for us when our memory is full.
    connection_.run("SET SESSION net_write_timeout = 600");
    if (connection_.server().is_mysql) {
        // The names since 8.0.26; the older ones above were taken away later.
        connection_.run("SET @source_binlog_checksum = @@GLOBAL.binlog_checksum");
        connection_.run(fmt::format("SET @source_heartbeat_period = {}", period));
        // MySQL ends the older of two readers that have one UUID.
        connection_.run(fmt::format("SET @replica_uuid = '{0}', @slave_uuid = '{0}'", reader.uuid));
    } else {
        connection_.run("SET @mariadb_slave_capability = 4"); // understands GTID and compressed events
        if (start.by != binlog_position::kind::file) {
            connection_.run("SET @slave_connect_state = " + connection_.literal(start.gtids.text()));
            connection_.run("SET @slave_gtid_strict_mode = 1");
            connection_.run("SET @slave_gtid_ignore_duplicates = 0");
        }
    }
    const bool by_set = start.by == binlog_position::kind::mysql;
    const std::string command =
        by_set ? dump_gtid_command(reader.server_id, start.executed)
               : dump_command(reader.server_id,
                              start.by == binlog_position::kind::file ? start.place : binlog_place{{}, 4});
    MYSQL* mysql = connection_.raw();
    if (mysql->methods->db_command(mysql, by_set ? binlog_dump_gtid : binlog_dump, command.data(), command.size(), 1,
                                   nullptr) != 0) {
        connection_.fail("cannot ask for the binary log");
    }
}

void mariadb_dump::read() {
    mysql_thread_init();
    MYSQL* mysql = connection_.raw();
    std::exception_ptr end;
    try {
        while (true) {
            // packet_error is the 32-bit -1, whatever the width of the return type.
            const auto size = static_cast<std::uint32_t>(mysql_net_read_packet(mysql));
            if (size == static_cast<std::uint32_t>(packet_error)) {
                connection_.fail("the stream of the binary log ended");
            }
            const std::string_view packet(reinterpret_cast<const char*>(mysql->net.read_pos), size);
            if (packet.empty() || packet[0] != '\0') {
                throw explain_mariadb_error(2013, "the server ended the stream", "the stream of the binary log ended");
            }
            if (packet.size() < 20) { // the status byte and an event's header
                throw error(
                    exit_code::source, cause::needs_person,
                    fmt::format("the server sent an event of {} bytes, which is none", packet.size() - 1),
                    "is a proxy between us and the server? everarchive source resync NAME takes the tables anew");
            }
            std::unique_lock lock(mutex_);
            emptied_.wait(lock, [&] { return stop_ || waiting_bytes_ < capacity; });
            if (stop_) {
                break;
            }
            if (waiting_.empty() || waiting_.back().bytes.size() + size > segment_size) {
                waiting_.emplace_back().bytes.reserve(std::max<std::size_t>(size + 8, segment_size));
            }
            const std::uint64_t length = size - 1;
            std::string& bytes = waiting_.back().bytes;
            bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
            bytes.append(packet.substr(1));
            waiting_bytes_ += size;
            if (consumer_waits_) {
                filled_.notify_one();
            }
        }
    } catch (...) {
        end = std::current_exception();
    }
    {
        const std::lock_guard lock(mutex_);
        ended_ = end;
    }
    filled_.notify_all();
    mysql_thread_end();
}

std::string_view mariadb_dump::take_from_segment() {
    while (at_segment_ < taken_.size()) {
        const std::string& bytes = taken_[at_segment_].bytes;
        if (at_byte_ < bytes.size()) {
            std::uint64_t length = 0;
            std::memcpy(&length, bytes.data() + at_byte_, sizeof length);
            const std::string_view event(bytes.data() + at_byte_ + sizeof length, length);
            at_byte_ += sizeof length + length;
            return event;
        }
        taken_[at_segment_] = {}; // its memory goes at once
        ++at_segment_;
        at_byte_ = 0;
    }
    return {};
}

std::string_view mariadb_dump::next(std::chrono::milliseconds wait) {
    if (const std::string_view event = take_from_segment(); !event.empty()) {
        return event;
    }
    taken_.clear();
    at_segment_ = 0;
    at_byte_ = 0;
    {
        std::unique_lock lock(mutex_);
        consumer_waits_ = true;
        filled_.wait_for(lock, wait, [&] { return !waiting_.empty() || ended_; });
        consumer_waits_ = false;
        if (waiting_.empty()) {
            if (ended_) {
                std::rethrow_exception(ended_);
            }
            return {};
        }
        taken_.swap(waiting_);
        waiting_bytes_ = 0;
    }
    emptied_.notify_one();
    return take_from_segment();
}

} // namespace everarchive::capture
