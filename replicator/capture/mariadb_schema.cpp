#include "capture/mariadb_schema.hpp"

#include <charconv>

#include <fmt/format.h>

namespace everarchive::capture {

namespace {

template <typename Number>
Number number(const std::string& digits) {
    Number value{};
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

} // namespace

std::string database_of(const adapter::table& table, const mariadb_connection& connection) {
    return table.schema.empty() ? connection.database() : table.schema;
}

std::vector<schema_table> read_schema(mariadb_connection& connection, const adapter::adapter& adapter) {
    std::vector<schema_table> tables;
    tables.reserve(adapter.tables.size());
    for (const adapter::table& table : adapter.tables) {
        schema_table& found = tables.emplace_back();
        const std::string which =
            fmt::format("TABLE_SCHEMA = {} AND TABLE_NAME = {}", connection.literal(database_of(table, connection)),
                        connection.literal(table.name));
        const mariadb_rows one =
            connection.query(fmt::format("SELECT ENGINE, TABLE_ROWS FROM information_schema.TABLES WHERE {}", which));
        if (one.rows.empty()) {
            continue;
        }
        found.exists = true;
        found.engine = one.text(0, 0);
        found.rows = number<std::int64_t>(one.text(0, 1));
        const mariadb_rows columns = connection.query(
            fmt::format("SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, NUMERIC_PRECISION, "
                        "IS_NULLABLE FROM information_schema.COLUMNS WHERE {}",
                        which));
        for (std::size_t row = 0; row < columns.rows.size(); ++row) {
            schema_column column;
            column.data_type = columns.text(row, 1);
            column.column_type = columns.text(row, 2);
            column.character_set = columns.text(row, 3);
            column.kind = kind_of(column.data_type, column.column_type);
            column.width = number<int>(columns.text(row, 4));
            column.nullable = columns.text(row, 5) == "YES";
            found.columns.emplace(columns.text(row, 0), std::move(column));
        }
    }
    return tables;
}

collations read_collations(mariadb_connection& connection) {
    collations known;
    const auto learn = [&](const mariadb_rows& found) {
        for (std::size_t row = 0; row < found.rows.size(); ++row) {
            known.add(number<std::uint32_t>(found.text(row, 0)), found.text(row, 1));
        }
    };
    learn(connection.query("SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS "
                           "WHERE ID IS NOT NULL AND CHARACTER_SET_NAME IS NOT NULL"));
    // Since 10.10 the uca1400 collations have an id for each character set, which stands here.
    if (connection.value(
            "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME "
            "= 'COLLATION_CHARACTER_SET_APPLICABILITY' AND COLUMN_NAME = 'ID'")) {
        learn(connection.query(
            "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"));
    }
    return known;
}

namespace {

/// The words between the quotes of `enum('a','b''c')`.
std::vector<std::string> labels_of(std::string_view column_type) {
    std::vector<std::string> labels;
    for (std::size_t at = 0; at < column_type.size(); ++at) {
        if (column_type[at] != '\'') {
            continue;
        }
        std::string& label = labels.emplace_back();
        for (++at; at < column_type.size(); ++at) {
            if (column_type[at] == '\'') {
                if (at + 1 == column_type.size() || column_type[at + 1] != '\'') {
                    break;
                }
                ++at; // two stand for one
            }
            label += column_type[at];
        }
    }
    return labels;
}

std::uint16_t blob_width(std::string_view data_type) {
    return data_type.starts_with("tiny")     ? 1
           : data_type.starts_with("medium") ? 3
           : data_type.starts_with("long")   ? 4
                                             : 2;
}

/// What a row gets that leaves the column out, by what information_schema says of its default.
void read_default(layout_column& column, const std::optional<std::string>& given, std::string_view extra, bool nullable,
                  bool quotes) {
    using fallback = layout_column::fallback;
    const bool plain = column.kind != value_kind::bit && column.kind != value_kind::binary &&
                       column.kind != value_kind::unknown && column.kind != value_kind::json;
    if (extra.find("GENERATED") != std::string_view::npos || extra.find("auto_increment") != std::string_view::npos) {
        return; // computed: such a column is in the image of every new row, or has an expression
    }
    if (!given || (quotes && *given == "NULL")) {
        if (nullable) {
            column.otherwise = fallback::null;
        } else if (plain) { // without strict mode such a column gets what its type begins with
            const bool words = column.kind == value_kind::text;
            const bool digits = column.kind == value_kind::integer || column.kind == value_kind::decimal ||
                                column.kind == value_kind::single || column.kind == value_kind::real;
            if (words || digits) {
                column.otherwise = fallback::text;
                column.otherwise_text.assign(digits ? 1 : 0, '0');
            }
        }
        return;
    }
    if (!plain) {
        return;
    }
    if (!quotes) { // MySQL: the value as it is
        column.otherwise = fallback::text;
        column.otherwise_text = *given;
    } else if (given->size() >= 2 && given->front() == '\'' && given->back() == '\'') {
        // MariaDB: an expression, of which a string or a number is a value
        column.otherwise = fallback::text;
        for (std::size_t at = 1; at + 1 < given->size(); ++at) {
            const char each = (*given)[at];
            if ((each == '\'' || each == '\\') && at + 2 < given->size() && (*given)[at + 1] == each) {
                ++at;
            } else if (each == '\\' || each == '\'') {
                column.otherwise = fallback::unknown;
                return;
            }
            column.otherwise_text += each;
        }
    } else if (given->find_first_not_of("0123456789.+-eE") == std::string::npos) {
        column.otherwise = fallback::text;
        column.otherwise_text = *given;
    }
}

/// What a table map says of a column of this kind: type and detail.
void expect(mapped_column& map, const std::string& data_type, const std::string& written, const mariadb_rows& rows,
            std::size_t row, bool is_mysql) {
    const auto precision = number<std::uint16_t>(rows.text(row, 4));
    const auto scale = number<std::uint16_t>(rows.text(row, 5));
    const auto fraction = number<std::uint16_t>(rows.text(row, 6));
    const auto octets = static_cast<std::uint16_t>(number<std::uint64_t>(rows.text(row, 7)));
    const bool old_temporal = written.find("5.3") != std::string::npos || written.find("5.5") != std::string::npos;
    using code = column_type;
    const auto is = [&](code type, std::uint16_t detail = 0) {
        map.type = type;
        map.detail = detail;
    };
    if (data_type == "tinyint") {
        is(code::tiny);
    } else if (data_type == "smallint") {
        is(code::small);
    } else if (data_type == "mediumint") {
        is(code::medium);
    } else if (data_type == "int") {
        is(code::integer);
    } else if (data_type == "bigint") {
        is(code::big);
    } else if (data_type == "decimal") {
        is(code::decimal, static_cast<std::uint16_t>(precision << 8U | scale));
    } else if (data_type == "float") {
        is(code::single, 4);
    } else if (data_type == "double") {
        is(code::real, 8);
    } else if (data_type == "date") {
        is(code::date);
    } else if (data_type == "year") {
        is(code::year);
    } else if (data_type == "time") {
        is(old_temporal ? code::time_old : code::time, fraction);
    } else if (data_type == "datetime") {
        is(old_temporal ? code::datetime_old : code::datetime, fraction);
    } else if (data_type == "timestamp") {
        is(old_temporal ? code::timestamp_old : code::timestamp, fraction);
    } else if (data_type == "bit") {
        is(code::bit, static_cast<std::uint16_t>(precision / 8 << 8U | precision % 8));
    } else if (data_type == "enum" || data_type == "set") {
        map.labels = labels_of(written);
        const std::size_t count = map.labels.size();
        if (data_type == "enum") {
            is(code::enumeration, count < 256 ? 1 : 2);
        } else {
            is(code::set, static_cast<std::uint16_t>(count > 32 ? 8 : (count + 7) / 8));
        }
        map.collation = 45; // the labels are as information_schema has them, in UTF-8
    } else if (data_type == "char" || data_type == "binary") {
        is(code::string, octets);
    } else if (data_type == "varchar" || data_type == "varbinary") {
        is(written.find("COMPRESSED") == std::string::npos ? code::varchar : code::varchar_compressed, octets);
    } else if (data_type.ends_with("text") || data_type.ends_with("blob")) {
        is(written.find("COMPRESSED") == std::string::npos ? code::blob : code::blob_compressed, blob_width(data_type));
    } else if (data_type == "json" && is_mysql) {
        is(code::json, 4);
    } else if (data_type == "vector") {
        is(code::vector, 4);
    } else if (data_type == "uuid" || data_type == "inet6") {
        is(code::string, 16);
    } else if (data_type == "inet4") {
        is(code::string, 4);
    } else {
        is(code::geometry, 4);
    }
}

} // namespace

binlog_schema read_binlog_schema(mariadb_connection& connection, const adapter::adapter& adapter) {
    binlog_schema schema;
    schema.database = connection.database();
    schema.character_sets = read_collations(connection);
    schema.never_named = connection.variable("binlog_row_metadata").empty();
    std::map<std::string, std::uint32_t> collation_ids;
    const mariadb_rows collations =
        connection.query("SELECT COLLATION_NAME, ID FROM information_schema.COLLATIONS WHERE ID IS NOT NULL");
    for (std::size_t row = 0; row < collations.rows.size(); ++row) {
        collation_ids.emplace(collations.text(row, 0), number<std::uint32_t>(collations.text(row, 1)));
    }
    const bool is_mysql = connection.server().is_mysql;
    for (const adapter::table& table : adapter.tables) {
        std::vector<layout_column>& layout = schema.layouts.emplace_back();
        const mariadb_rows rows = connection.query(fmt::format(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLLATION_NAME, NUMERIC_PRECISION, NUMERIC_SCALE, "
            "DATETIME_PRECISION, CHARACTER_OCTET_LENGTH, COLUMN_DEFAULT, EXTRA, IS_NULLABLE FROM "
            "information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
            connection.literal(database_of(table, connection)), connection.literal(table.name)));
        for (std::size_t row = 0; row < rows.rows.size(); ++row) {
            layout_column& column = layout.emplace_back();
            const std::string data_type = rows.text(row, 1);
            const std::string column_type = rows.text(row, 2);
            column.map.name = rows.text(row, 0);
            column.map.is_unsigned = column_type.find("unsigned") != std::string::npos;
            column.kind = kind_of(data_type, column_type);
            if (const auto known = collation_ids.find(rows.text(row, 3)); known != collation_ids.end()) {
                column.map.collation = known->second;
            }
            expect(column.map, data_type, column_type, rows, row, is_mysql);
            read_default(column, rows.rows[row][8], rows.text(row, 9), rows.text(row, 10) == "YES", !is_mysql);
        }
    }
    return schema;
}

} // namespace everarchive::capture
