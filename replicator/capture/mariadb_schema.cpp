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
            connection.query("SELECT ENGINE, TABLE_ROWS FROM information_schema.TABLES WHERE " + which);
        if (one.rows.empty()) {
            continue;
        }
        found.exists = true;
        found.engine = one.text(0, 0);
        found.rows = number<std::int64_t>(one.text(0, 1));
        const mariadb_rows columns = connection.query(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, NUMERIC_PRECISION, IS_NULLABLE "
            "FROM information_schema.COLUMNS WHERE " +
            which);
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

binlog_schema read_binlog_schema(mariadb_connection& connection, const adapter::adapter& adapter) {
    binlog_schema schema;
    schema.database = connection.database();
    schema.character_sets = read_collations(connection);
    const std::vector<schema_table> tables = read_schema(connection, adapter);
    for (std::uint32_t at = 0; at < tables.size(); ++at) {
        for (const auto& [name, column] : tables[at].columns) {
            if (adapter.tables[at].find(name)) {
                schema.kinds.emplace(std::pair{at, name}, column.kind);
            }
        }
    }
    return schema;
}

} // namespace everarchive::capture
