#include <algorithm>

#include <fmt/format.h>

#include "capture/mariadb_check.hpp"
#include "capture/mariadb_schema.hpp"

namespace everarchive::capture {

namespace {

using grade = finding::grade;

/// A foreign key of the source with its columns in order.
struct source_key {
    std::string name;
    std::string parent_database;
    std::string parent;
    std::string on_delete;
    std::string on_update;
    std::vector<std::string> columns;
    std::vector<std::string> parent_columns;
};

/// The word or words after ON DELETE or ON UPDATE in a line of SHOW CREATE TABLE; RESTRICT when it says nothing.
std::string rule_of(std::string_view line, std::string_view event) {
    const auto at = line.find(event);
    if (at != std::string_view::npos) {
        for (const std::string_view rule : {"CASCADE", "SET NULL", "SET DEFAULT"}) {
            if (line.substr(at + event.size()).starts_with(rule)) {
                return std::string(rule);
            }
        }
    }
    return "RESTRICT";
}

/// The foreign keys of a table. Their rules come from SHOW CREATE TABLE, because REFERENTIAL_CONSTRAINTS shows them
/// only to who has more than SELECT. Throws mariadb_error when the user may read some of the columns only.
/// Such a user sees no row of KEY_COLUMN_USAGE either, so `expected` (the adapter declares keys) asks all the same.
std::vector<source_key> read_keys(mariadb_connection& connection, const std::string& database, const std::string& table,
                                  bool expected) {
    const mariadb_rows rows = connection.query(fmt::format(
        "SELECT CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME "
        "FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND "
        "REFERENCED_TABLE_NAME IS "
        "NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION",
        connection.literal(database), connection.literal(table)));
    std::vector<source_key> keys;
    if (rows.rows.empty() && !expected) {
        return keys;
    }
    const std::string ddl =
        connection
            .query(fmt::format("SHOW CREATE TABLE {}.{}", mariadb_identifier(database), mariadb_identifier(table)))
            .text(0, 1);
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
        const std::string name = rows.text(row, 0);
        if (keys.empty() || keys.back().name != name) {
            const auto start = ddl.find("CONSTRAINT " + mariadb_identifier(name) + " FOREIGN KEY");
            const std::string line = start == std::string::npos ? "" : ddl.substr(start, ddl.find('\n', start) - start);
            keys.push_back({name,
                            rows.text(row, 1),
                            rows.text(row, 2),
                            rule_of(line, " ON DELETE "),
                            rule_of(line, " ON UPDATE "),
                            {},
                            {}});
        }
        keys.back().columns.push_back(rows.text(row, 3));
        keys.back().parent_columns.push_back(rows.text(row, 4));
    }
    return keys;
}

bool changes_rows(const std::string& rule) {
    return rule == "CASCADE" || rule == "SET NULL" || rule == "SET DEFAULT";
}

class key_checker {
  public:
    key_checker(const adapter::adapter& adapter, mariadb_connection& connection, std::vector<finding>& findings)
        : adapter_(adapter), connection_(connection), findings_(findings) {}

    void run() {
        for (const adapter::table& table : adapter_.tables) {
            std::vector<source_key> keys;
            try {
                keys = read_keys(connection_, database_of(table, connection_), table.name, !table.foreign_keys.empty());
            } catch (const mariadb_error&) {
                unseen_ += (unseen_.empty() ? "" : ", ") + table.source_name();
                continue;
            }
            for (const source_key& key : keys) {
                check_source_key(table, key);
            }
            for (const adapter::foreign_key& declared : table.foreign_keys) {
                check_declared(table, declared, keys);
            }
        }
        if (!unseen_.empty()) {
            // Column grants are what the adapter's README asks for, so there is nothing to mend.
            findings_.push_back(
                {grade::good,
                 fmt::format("foreign keys of {}: ON DELETE and ON UPDATE CASCADE as the adapter has them; grants on "
                             "columns do not show the rules of the source, so others are not known: what a key that "
                             "the adapter does not have changes is seen only by: everarchive source resync NAME",
                             unseen_),
                 ""});
        }
    }

  private:
    const adapter::table* captured(const source_key& key) const {
        for (const adapter::table& each : adapter_.tables) {
            if (each.name == key.parent && database_of(each, connection_) == key.parent_database) {
                return &each;
            }
        }
        return nullptr;
    }

    static std::vector<std::string> names(const adapter::table& table, const std::vector<std::size_t>& columns) {
        std::vector<std::string> out;
        out.reserve(columns.size());
        for (const std::size_t column : columns) {
            out.push_back(table.columns[column].name);
        }
        return out;
    }

    bool same(const adapter::table& table, const adapter::foreign_key& declared, const source_key& key) const {
        const adapter::table* const parent = captured(key);
        if (parent == nullptr || declared.parent != parent->source_name() ||
            names(table, declared.columns) != key.columns ||
            names(*parent, declared.parent_columns) != key.parent_columns) {
            return false;
        }
        return true;
    }

    /// Whether the mirror does what the source does. Where the source refuses a change of the parent, there is nothing
    /// to do, whatever the adapter says.
    static bool agree(adapter::foreign_key::action declared, const std::string& rule) {
        return !changes_rows(rule) || in_words(declared) == rule;
    }

    static std::string rules(const std::string& on_delete, const std::string& on_update) {
        std::string text;
        if (changes_rows(on_delete)) {
            text = " ON DELETE " + on_delete;
        }
        if (changes_rows(on_update)) {
            text += " ON UPDATE " + on_update;
        }
        return text;
    }

    void check_source_key(const adapter::table& table, const source_key& key) {
        // Rows of a table vanish whatever columns are captured; else only captured columns matter.
        const bool sees_column = std::any_of(key.columns.begin(), key.columns.end(),
                                             [&](const std::string& column) { return table.find(column).has_value(); });
        const std::string on_delete = sees_column || key.on_delete == "CASCADE" ? key.on_delete : "RESTRICT";
        const std::string on_update = sees_column ? key.on_update : "RESTRICT";
        if (!changes_rows(on_delete) && !changes_rows(on_update)) {
            return;
        }
        const std::string text =
            fmt::format("{} ({}) REFERENCES {} ({}){}", table.source_name(), fmt::join(key.columns, ", "), key.parent,
                        fmt::join(key.parent_columns, ", "), rules(on_delete, on_update));
        if (captured(key) == nullptr) {
            findings_.push_back({grade::warning,
                                 fmt::format("{}: {} is not captured, so a change there changes rows of {} unseen",
                                             text, key.parent, table.source_name()),
                                 "after such a change: everarchive source resync NAME"});
            return;
        }
        const bool declared =
            std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(), [&](const adapter::foreign_key& each) {
                return same(table, each, key) && agree(each.on_delete, on_delete) && agree(each.on_update, on_update);
            });
        if (declared) {
            findings_.push_back({grade::good, text, {}});
        } else {
            findings_.push_back(
                {grade::missing,
                 fmt::format("{} is not in the adapter {}: the rows it changes are not in the binary log", text,
                             adapter_.name),
                 fmt::format("add to the column in mirror.sql: REFERENCES {} ({}){}", key.parent,
                             fmt::join(key.parent_columns, ", "), rules(on_delete, on_update))});
        }
    }

    /// A key that the source does not have: rows that stay there would be changed in the mirror. A table or column that
    /// the source may lack has no key there, and rows neither.
    void check_declared(const adapter::table& table, const adapter::foreign_key& declared,
                        const std::vector<source_key>& keys) {
        const adapter::table* const parent = adapter_.find(declared.parent);
        const bool there =
            std::any_of(keys.begin(), keys.end(), [&](const source_key& key) { return same(table, declared, key); });
        const bool optional = parent == nullptr || parent->optional || table.optional ||
                              std::any_of(declared.columns.begin(), declared.columns.end(),
                                          [&](std::size_t column) { return table.columns[column].optional; });
        if (!there && !optional) {
            findings_.push_back(
                {grade::warning,
                 fmt::format(
                     "the adapter {} says that {} ({}) REFERENCES {}{}, and the source has no such key: rows "
                     "that the source keeps are changed in the mirror",
                     adapter_.name, table.source_name(), fmt::join(names(table, declared.columns), ", "),
                     declared.parent,
                     rules(std::string(in_words(declared.on_delete)), std::string(in_words(declared.on_update)))),
                 "compare the library system's version with the adapter's README"});
        }
    }

    const adapter::adapter& adapter_;
    mariadb_connection& connection_;
    std::vector<finding>& findings_;
    std::string unseen_;
};

} // namespace

void check_foreign_keys(const adapter::adapter& adapter, mariadb_connection& connection,
                        std::vector<finding>& findings) {
    key_checker(adapter, connection, findings).run();
}

} // namespace everarchive::capture
