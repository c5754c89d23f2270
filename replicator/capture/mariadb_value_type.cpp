// Which kind a MariaDB column is, which family a PostgreSQL type is, and values of the text protocol.
#include <array>
#include <charconv>
#include <utility>

#include "capture/mariadb_value.hpp"

namespace everarchive::capture {

namespace {

constexpr std::array<std::pair<std::string_view, value_kind>, 42> kinds = {{
    {"tinyint", value_kind::integer},     {"smallint", value_kind::integer},
    {"mediumint", value_kind::integer},   {"int", value_kind::integer},
    {"bigint", value_kind::integer},      {"decimal", value_kind::decimal},
    {"float", value_kind::single},        {"double", value_kind::real},
    {"date", value_kind::date},           {"time", value_kind::time},
    {"datetime", value_kind::datetime},   {"timestamp", value_kind::timestamp},
    {"year", value_kind::year},           {"bit", value_kind::bit},
    {"char", value_kind::text},           {"varchar", value_kind::text},
    {"tinytext", value_kind::text},       {"text", value_kind::text},
    {"mediumtext", value_kind::text},     {"longtext", value_kind::text},
    {"binary", value_kind::binary},       {"varbinary", value_kind::binary},
    {"tinyblob", value_kind::binary},     {"blob", value_kind::binary},
    {"mediumblob", value_kind::binary},   {"longblob", value_kind::binary},
    {"geometry", value_kind::binary},     {"point", value_kind::binary},
    {"linestring", value_kind::binary},   {"polygon", value_kind::binary},
    {"multipoint", value_kind::binary},   {"multilinestring", value_kind::binary},
    {"multipolygon", value_kind::binary}, {"geometrycollection", value_kind::binary},
    {"enum", value_kind::enumeration},    {"set", value_kind::set},
    {"uuid", value_kind::uuid},           {"inet6", value_kind::inet6},
    {"inet4", value_kind::inet4},         {"json", value_kind::json},
    {"vector", value_kind::binary},       {"geomcollection", value_kind::binary},
}};

/// The next digits of `text` as a number, and one character after them skipped.
int next_number(std::string_view& text) {
    int value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
    text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
    return value;
}

clock_time next_clock(std::string_view text) {
    clock_time clock;
    if (!text.empty() && text.front() == '-') {
        clock.negative = true;
        text.remove_prefix(1);
    }
    clock.hours = next_number(text);
    clock.minutes = next_number(text);
    clock.seconds = next_number(text);
    clock.digits = static_cast<int>(std::min<std::size_t>(text.size(), 6));
    for (std::size_t at = 0; at < 6; ++at) {
        clock.microseconds = clock.microseconds * 10 + (at < text.size() ? text[at] - '0' : 0);
    }
    return clock;
}

bool starts(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

} // namespace

value_kind kind_of(std::string_view data_type, std::string_view column_type) {
    if (data_type == "uuid" && column_type != "uuid") {
        return value_kind::uuid_swapped; // "uuid /* old */"
    }
    for (const auto& [name, kind] : kinds) {
        if (name == data_type) {
            return kind;
        }
    }
    return value_kind::unknown;
}

value_target target_of(std::string_view type) {
    if (type == "smallint" || type == "int2") {
        return value_target::smallint;
    }
    if (type == "integer" || type == "int" || type == "int4") {
        return value_target::integer;
    }
    if (type == "bigint" || type == "int8") {
        return value_target::bigint;
    }
    if (type == "boolean" || type == "bool") {
        return value_target::boolean;
    }
    if (type == "date") {
        return value_target::date;
    }
    if (starts(type, "timestamp")) {
        return value_target::timestamp;
    }
    if (starts(type, "time")) {
        return value_target::time;
    }
    if (type == "bytea") {
        return value_target::bytea;
    }
    if (starts(type, "bit") || starts(type, "varbit")) {
        return value_target::bit;
    }
    if (type == "text" || starts(type, "char") || starts(type, "varchar") || type == "citext" || type == "name") {
        return value_target::text;
    }
    return value_target::other;
}

value_text text_of_result(std::string_view raw, value_kind kind, const text_encoding& from, int width,
                          value_target into, std::string& room) {
    const char* const end = raw.data() + raw.size();
    switch (kind) {
    case value_kind::integer: {
        std::int64_t value = 0;
        if (std::from_chars(raw.data(), end, value).ec == std::errc{}) {
            return text_of_integer(value, into, room);
        }
        std::uint64_t large = 0;
        std::from_chars(raw.data(), end, large);
        return text_of_unsigned(large, into, room);
    }
    case value_kind::bit: {
        std::uint64_t value = 0;
        std::from_chars(raw.data(), end, value);
        return text_of_bits(value, width, into, room);
    }
    case value_kind::decimal:
        return text_of_decimal(raw, room);
    case value_kind::single:
    case value_kind::real: {
        double value = 0;
        std::from_chars(raw.data(), end, value);
        return kind == value_kind::single ? text_of_single(static_cast<float>(value), room) : text_of_real(value, room);
    }
    case value_kind::date:
    case value_kind::datetime:
    case value_kind::timestamp: {
        std::string_view rest = raw;
        const int year = next_number(rest);
        const int month = next_number(rest);
        const int day = next_number(rest);
        if (kind == value_kind::date) {
            return text_of_date(year, month, day, into, room);
        }
        return text_of_datetime(year, month, day, next_clock(rest), kind == value_kind::timestamp, into, room);
    }
    case value_kind::time:
        return text_of_time(next_clock(raw), into, room);
    case value_kind::year:
    case value_kind::uuid:
    case value_kind::uuid_swapped:
        return {raw, {}};
    case value_kind::inet6:
    case value_kind::inet4: {
        return {raw, {}};
    }
    case value_kind::json:
        // The text of a JSON value is UTF-8, whatever the column of the result says.
        return text_of_string(raw, encoding_of("utf8mb4"), into, room);
    case value_kind::text:
    case value_kind::binary:
    case value_kind::enumeration:
    case value_kind::set:
    case value_kind::unknown:
        break;
    }
    return text_of_string(raw, from, into, room);
}

} // namespace everarchive::capture
