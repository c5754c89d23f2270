// How a MariaDB or MySQL value becomes PostgreSQL text. The snapshot reads values as text, the stream as bytes of row
// events; both end here, so that the same value has the same text on both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/mariadb_charset.hpp"

namespace everarchive::capture {

/// What a column of a MariaDB table holds.
enum class value_kind : std::uint8_t {
    integer,
    decimal,
    single, // FLOAT
    real,   // DOUBLE
    date,
    time,
    datetime,
    timestamp,
    year,
    bit,
    text,
    binary, // and geometry
    enumeration,
    set,
    uuid,
    uuid_swapped, // a UUID column of MariaDB before 10.11.5: every value lies with its parts in the other order
    inet6,
    inet4,
    json, // of MySQL; MariaDB's is a longtext
    unknown,
};

/// The kind of a column by DATA_TYPE and COLUMN_TYPE of information_schema.COLUMNS.
value_kind kind_of(std::string_view data_type, std::string_view column_type);

/// The families of PostgreSQL types that make a difference here.
enum class value_target : std::uint8_t {
    other, // any type whose input takes the text as it is
    boolean,
    smallint,
    integer,
    bigint,
    date,
    time,
    timestamp, // with or without time zone
    bytea,
    bit,
    text, // takes any text: no value of a date is refused
};

/// The family of a type as mirror.sql has it, such as `timestamp with time zone` or `character varying(10)`.
value_target target_of(std::string_view postgresql_type);

/// A value as text; `problem` says why PostgreSQL cannot hold it and is empty when it can. Text lies in what was given
/// or in the room that was given.
struct value_text {
    std::string_view text;
    std::string_view problem;
};

value_text text_of_integer(std::int64_t value, value_target into, std::string& room);
value_text text_of_unsigned(std::uint64_t value, value_target into, std::string& room);
/// `digits` is a decimal number as MariaDB prints it; leading zeros go.
value_text text_of_decimal(std::string_view digits, std::string& room);
value_text text_of_single(float value, std::string& room);
value_text text_of_real(double value, std::string& room);
value_text text_of_date(int year, int month, int day, value_target into, std::string& room);

/// A time of day or a span of up to 838 hours; `digits`: how many of the six of `microseconds` the column has.
struct clock_time {
    bool negative = false;
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    int microseconds = 0;
    int digits = 0;
};
value_text text_of_time(const clock_time& value, value_target into, std::string& room);

/// DATETIME (no zone), or TIMESTAMP when `utc`: then the text ends with +00.
value_text text_of_datetime(int year, int month, int day, const clock_time& clock, bool utc, value_target into,
                            std::string& room);
/// TIMESTAMP as seconds since 1970; 0 is MariaDB's '0000-00-00 00:00:00'.
value_text text_of_timestamp(std::int64_t seconds, int microseconds, int digits, value_target into, std::string& room);

/// BIT(width) as number, bit string, boolean or bytes, whatever the target takes.
value_text text_of_bits(std::uint64_t value, int width, value_target into, std::string& room);

/// Characters or bytes. Into bytea as hexadecimal, else as UTF-8.
value_text text_of_string(std::string_view raw, const text_encoding& from, value_target into, std::string& room);

/// 16 bytes as they lie in a row; `swapped`: always in the other order of parts, else found out as the server does.
value_text text_of_uuid(std::string_view raw, bool swapped, std::string& room);
/// 4 or 16 bytes.
value_text text_of_address(std::string_view raw, std::string& room);

/// A value as the server's text protocol gives it (session in UTC, character_set_results = NULL; FLOAT as DOUBLE and
/// BIT as number). `width`: of BIT.
value_text text_of_result(std::string_view raw, value_kind kind, const text_encoding& from, int width,
                          value_target into, std::string& room);

} // namespace everarchive::capture
