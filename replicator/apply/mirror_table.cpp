#include "apply/mirror_table.hpp"

#include <algorithm>

#include "apply/row_quarantine.hpp"
#include "base/error.hpp"

namespace everarchive::apply {

namespace {

void append_list(std::string& list, std::string_view separator, std::string_view item) {
    if (!list.empty()) {
        list += separator;
    }
    list += item;
}

std::string literal(std::string_view text) {
    std::string value = "'";
    for (const char c : text) {
        if (c == '\'') {
            value += '\'';
        }
        value += c;
    }
    return value + '\'';
}

/// The statement that touches what every row touches, each key once.
std::string touch_all_of(const adapter::table& table, const std::string& name) {
    std::string selects;
    for (const adapter::touch& touch : table.touches) {
        std::string key;
        std::string known;
        for (const adapter::touch_part& part : touch.parts) {
            if (part.is_constant) {
                append_list(key, " || ':' || ", literal(part.constant));
                continue;
            }
            const std::string column = "m." + sql_identifier(table.columns[part.column].name);
            append_list(key, " || ':' || ", column + "::text");
            append_list(known, " AND ", column + " IS NOT NULL");
        }
        if (touch.when) {
            append_list(known, " AND ",
                        "m." + sql_identifier(table.columns[*touch.when].name) + " = " + literal(touch.when_is));
        }
        append_list(selects, " UNION ",
                    "SELECT $1::integer, " + literal(touch.kind) + ", " + key + " FROM " + name + " m" +
                        (known.empty() ? "" : " WHERE " + known));
    }
    return selects.empty() ? "" : "INSERT INTO everarchive.touched (source_id, kind, key) " + selects;
}

} // namespace

std::string mirror_table::as_text(const std::vector<std::size_t>& columns, std::string_view alias) const {
    std::string list;
    for (const std::size_t column : columns) {
        append_list(list, ", ", std::string(alias) + "." + sql_identifier(definition->columns[column].name) + "::text");
    }
    return list.empty() ? "NULL" : list;
}

std::string mirror_table::keys_from_arrays(const std::vector<std::size_t>& columns) const {
    std::string arrays;
    std::string names;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        append_list(arrays, ", ", "$" + number + "::" + definition->columns[columns[i]].type + "[]");
        append_list(names, ", ", "c" + number);
    }
    return "unnest(" + arrays + ") AS k(" + names + ")";
}

std::string mirror_table::matches(const std::vector<std::size_t>& columns) const {
    std::string condition;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        append_list(condition, " AND ",
                    "m." + sql_identifier(definition->columns[columns[i]].name) + " = k.c" + std::to_string(i + 1));
    }
    return condition;
}

std::string mirror_table::patch(const std::vector<std::size_t>& present) const {
    std::string set;
    std::string where;
    std::size_t number = 0;
    for (const std::size_t column : present) {
        append_list(set, ", ", sql_identifier(definition->columns[column].name) + " = $" + std::to_string(++number));
    }
    for (const std::size_t column : definition->key) {
        append_list(where, " AND ",
                    "m." + sql_identifier(definition->columns[column].name) + " = $" + std::to_string(++number));
    }
    if (set.empty()) { // nothing but the key was sent: look whether the row is there
        return "SELECT " + as_text(touch_columns, "m") + " FROM " + name + " m WHERE " + where;
    }
    return "UPDATE " + name + " m SET " + set + " WHERE " + where + " RETURNING " + as_text(touch_columns, "m");
}

mirror_table::mirror_table(const adapter::table& table, std::string_view mirror_schema)
    : definition(&table), name(sql_identifier(mirror_schema) + "." + sql_identifier(table.mirror_name())) {
    if (table.key.empty()) {
        throw error(exit_code::settings, cause::needs_person,
                    "table " + table.source_name() + " of the adapter has no primary key",
                    "give it a PRIMARY KEY in the adapter's mirror.sql");
    }
    std::string numbers;
    std::string key_list;
    std::string assignments;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const std::string column = sql_identifier(table.columns[i].name);
        append_list(column_list, ", ", column);
        append_list(numbers, ", ", "$" + std::to_string(i + 1));
        if (std::find(table.key.begin(), table.key.end(), i) == table.key.end()) {
            append_list(assignments, ", ", column + " = EXCLUDED." + column);
        }
    }
    for (const std::size_t column : table.key) {
        append_list(key_list, ", ", sql_identifier(table.columns[column].name));
    }
    const auto read_by_touches = [this](std::size_t column) {
        if (std::find(touch_columns.begin(), touch_columns.end(), column) == touch_columns.end()) {
            touch_columns.push_back(column);
        }
    };
    for (const adapter::touch& touch : table.touches) {
        for (const adapter::touch_part& part : touch.parts) {
            if (!part.is_constant) {
                read_by_touches(part.column);
            }
        }
        if (touch.when) {
            read_by_touches(*touch.when);
        }
    }
    for (const adapter::touch_through& touch : table.touches_through) {
        read_by_touches(touch.value);
    }
    const std::string on_conflict =
        " ON CONFLICT (" + key_list + ") DO " + (assignments.empty() ? "NOTHING" : "UPDATE SET " + assignments);

    stage = "pg_temp." + sql_identifier("everarchive_stage_" + table.mirror_name());
    // Without constraints and defaults: the mirror table checks. Emptied by the commit without a new file, so that the
    // catalog does not grow with every batch.
    make_stage = "CREATE TEMP TABLE IF NOT EXISTS " + sql_identifier("everarchive_stage_" + table.mirror_name()) +
                 " ON COMMIT DELETE ROWS AS SELECT 0::bigint AS everarchive_run, m.* FROM " + name + " m WITH NO DATA";
    copy_into_stage = "COPY " + stage + " (everarchive_run, " + column_list + ") FROM STDIN";
    merge_stage = "INSERT INTO " + name + " (" + column_list + ") SELECT " + column_list + " FROM " + stage +
                  " WHERE everarchive_run = $1::bigint" + on_conflict;
    copy_into_mirror = "COPY " + name + " (" + column_list + ") FROM STDIN";
    upsert = "INSERT INTO " + name + " (" + column_list + ") VALUES (" + numbers + ")" + on_conflict;
    remove = "DELETE FROM " + name + " m USING " + keys_from_arrays(table.key) + " WHERE " + matches(table.key);
    read_old = "SELECT " + as_text(touch_columns, "m") + " FROM " + keys_from_arrays(table.key) + " JOIN " + name +
               " m ON " + matches(table.key);
    touch_all = touch_all_of(table, name);
    remove_all = "DELETE FROM " + name;
}

bool can_hold_key(pq::connection& on, const adapter::table& table, const capture::row_key& key) {
    std::string casts;
    std::vector<pq::parameter> values;
    for (std::size_t part = 0; part < key.size(); ++part) {
        if (key[part].find('\0') != std::string::npos) {
            return false;
        }
        values.emplace_back(key[part]);
        casts +=
            (casts.empty() ? "$" : ", $") + std::to_string(values.size()) + "::" + table.columns[table.key[part]].type;
    }
    try {
        on.run("SELECT " + casts, values);
        return true;
    } catch (const pq::error& failed) {
        if (!is_data_error(failed.sqlstate())) {
            throw;
        }
        return false;
    }
}

} // namespace everarchive::apply
