// The table-map event: what the columns of the row events after it are. With binlog_row_metadata = FULL it names them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::capture {

/// Column types as they stand in a table map (include/mysql/field_types of the server).
enum class column_type : std::uint8_t {
    decimal_old = 0,
    tiny = 1,
    small = 2,
    integer = 3,
    single = 4,
    real = 5,
    null = 6,
    timestamp_old = 7,
    big = 8,
    medium = 9,
    date = 10,
    time_old = 11,
    datetime_old = 12,
    year = 13,
    newdate = 14,
    varchar = 15,
    bit = 16,
    timestamp = 17,
    datetime = 18,
    time = 19,
    typed_array = 20,      // of MySQL
    blob_compressed = 140, // of MariaDB
    varchar_compressed = 141,
    vector = 242, // of MySQL
    json = 245,   // of MySQL
    decimal = 246,
    enumeration = 247,
    set = 248,
    tiny_blob = 249,
    medium_blob = 250,
    long_blob = 251,
    blob = 252,
    var_string = 253,
    string = 254,
    geometry = 255,
};

struct mapped_column {
    column_type type{};       // enum and set already told apart from string
    std::uint16_t detail = 0; // length, precision and scale, digits of the fraction, bytes of the length: by type
    bool is_unsigned = false;
    std::uint32_t collation = 63;    // of text, enum and set; 63 is binary
    std::string name;                // empty without FULL metadata
    std::vector<std::string> labels; // of enum and set, in the column's character set
};

struct table_map {
    std::uint64_t id = 0;
    std::string database;
    std::string table;
    std::vector<mapped_column> columns;
    bool named = false; // has FULL metadata
};

/// The beginning of a table map, enough to know whether the table is one of ours.
struct table_map_name {
    std::uint64_t id = 0;
    std::string_view database;
    std::string_view table;
};
table_map_name parse_table_map_name(std::string_view body);

/// `of_mysql`: the two servers list the character sets of different types. Throws malformed.
table_map parse_table_map(std::string_view body, bool of_mysql);

} // namespace everarchive::capture
