// Events of MariaDB's and MySQL's binary log: the common header, the checksum, and the bodies that are not about rows.
// The layouts are those of sql/log_event.h of MariaDB and of libs/mysql/binlog/event of MySQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capture/gtid.hpp"
#include "capture/gtid_set.hpp"

namespace everarchive::capture {

enum class event_type : std::uint8_t {
    query = 2,
    stop = 3,
    rotate = 4,
    intvar = 5,
    load = 6,
    create_file = 8,
    append_block = 9,
    exec_load = 10,
    delete_file = 11,
    new_load = 12,
    rand = 13,
    user_var = 14,
    format_description = 15,
    xid = 16,
    begin_load_query = 17,
    execute_load_query = 18,
    table_map = 19,
    write_rows_v1 = 23,
    update_rows_v1 = 24,
    delete_rows_v1 = 25,
    incident = 26,
    heartbeat = 27,
    // 28 to 42: of MySQL, 30 to 32 and 38 of both
    ignorable_event = 28,
    rows_query = 29,
    write_rows = 30,
    update_rows = 31,
    delete_rows = 32,
    mysql_gtid = 33,
    anonymous_gtid = 34,
    previous_gtids = 35,
    transaction_context = 36,
    view_change = 37,
    xa_prepare = 38,
    partial_update_rows = 39,
    transaction_payload = 40,
    heartbeat_v2 = 41,
    tagged_gtid = 42,
    // of MariaDB
    annotate_rows = 160,
    binlog_checkpoint = 161,
    gtid = 162,
    gtid_list = 163,
    start_encryption = 164,
    query_compressed = 165,
    write_rows_compressed_v1 = 166,
    update_rows_compressed_v1 = 167,
    delete_rows_compressed_v1 = 168,
    write_rows_compressed = 169,
    update_rows_compressed = 170,
    delete_rows_compressed = 171,
};

/// One event without its checksum.
struct binlog_event {
    std::uint32_t time = 0; // seconds since 1970
    event_type type{};
    std::uint32_t server = 0;
    std::uint32_t end = 0; // offset of the event after this one in its file, modulo 2^32; 0 in events made for us
    std::uint16_t flags = 0;
    std::string_view body;

    static constexpr std::uint16_t ignorable = 0x80;
};

/// Whether events end with a CRC32. `unknown` until the format description: then the bytes themselves tell.
enum class event_checksum : std::uint8_t { unknown, none, crc32 };

/// Reads the header, checks length and checksum. Throws malformed.
binlog_event parse_event(std::string_view bytes, event_checksum checksum);

struct format_description {
    std::string server_version;
    event_checksum checksum = event_checksum::none;
};
/// `bytes`: the whole event. Throws malformed for a layout that this program does not know.
format_description parse_format_description(std::string_view bytes);

struct gtid_event {
    gtid id;
    std::uint8_t flags = 0;

    static constexpr std::uint8_t standalone = 1;   // one event follows, no COMMIT
    static constexpr std::uint8_t ddl = 32;         // that event is DDL
    static constexpr std::uint8_t prepared_xa = 64; // ends with XA PREPARE: whether it counts is said later
};
gtid_event parse_gtid(const binlog_event& event);

/// Of MySQL's events for a GTID, tagged or not. Throws malformed.
mysql_gtid parse_mysql_gtid(const binlog_event& event);

/// Of MySQL's xa_prepare: true when it is the commit of an XA transaction in one phase.
bool is_one_phase(const binlog_event& event);

struct query_event {
    std::string_view database;
    std::string_view statement;
};
/// Of a query event, plain or compressed; `room` keeps what was compressed.
query_event parse_query(const binlog_event& event, std::string& room);

struct rotate_event {
    std::string file;
    std::uint64_t offset = 0;
};
rotate_event parse_rotate(const binlog_event& event);

/// Unpacks what log_bin_compress packed. Throws malformed. More than 1 GB, the server's own limit, is refused.
void uncompress_event(std::string_view packed, std::string& room);

/// Unpacks a value of a COMPRESSED column into `room`; an empty value stays empty.
std::string_view uncompress_column(std::string_view packed, std::string& room);

} // namespace everarchive::capture
