#include "adapter/mirror_sql.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "adapter/mirror_table.hpp"
#include "adapter/sql_text.hpp"
#include "adapter/touches.hpp"

namespace everarchive::adapter {

namespace {

/// Where a table and its comment stand, for refusals found after all statements are read.
struct places {
    std::map<std::string, std::size_t, std::less<>> table;
    std::map<std::string, std::size_t, std::less<>> comment;
};

system read_system(const sql_file& file) {
    const auto said = header_value(file.text(), "system");
    if (said == "postgresql") {
        return system::postgresql;
    }
    if (said == "mariadb") {
        return system::mariadb;
    }
    if (said == "file") {
        return system::file;
    }
    throw file.refusal(0, said ? fmt::format("system is \"{}\"; it is postgresql, mariadb or file", *said)
                               : "the comment lines at the beginning must say -- system: postgresql, mariadb or file");
}

table& find_table(const sql_file& file, adapter& made, const std::string& name, std::size_t place) {
    for (table& t : made.tables) {
        if (t.source_name() == name) {
            return t;
        }
    }
    throw file.refusal(place, fmt::format("there is no table {} above", name));
}

void read_index(const sql_file& file, const statement& s, adapter& made) {
    for (const char* refused : {"unique", "primary", "isconstraint", "concurrent", "if_not_exists"}) {
        if (flag_at(s.body, refused)) {
            throw file.refusal(s.begin, "an index of a mirror table is plain: CREATE INDEX ON TABLE (COLUMN, …)");
        }
    }
    for (const char* refused : {"whereClause", "options", "indexIncludingParams", "tableSpace"}) {
        if (s.body.contains(refused)) {
            throw file.refusal(s.begin, "an index of a mirror table has no WHERE, INCLUDE, WITH or TABLESPACE");
        }
    }
    if (s.body.contains("idxname")) {
        throw file.refusal(s.begin, "an index of a mirror table has no name: CREATE INDEX ON TABLE (COLUMN, …)");
    }
    if (text_at(s.body, "accessMethod") != "btree") {
        throw file.refusal(s.begin, "an index of a mirror table is a btree index");
    }
    table& t = find_table(file, made, relation_name(s.body.at("relation")), s.begin);
    std::vector<std::size_t> columns;
    for (const node& wrapped : s.body.at("indexParams")) {
        const node& element = wrapped.at("IndexElem");
        if (element.contains("expr") || element.contains("collation") || element.contains("opclass") ||
            text_at(element, "ordering") != "SORTBY_DEFAULT" ||
            text_at(element, "nulls_ordering") != "SORTBY_NULLS_DEFAULT") {
            throw file.refusal(s.begin, "an index of a mirror table is on plain columns");
        }
        const auto column = t.find(text_at(element, "name"));
        if (!column) {
            throw file.refusal(s.begin, fmt::format("{} has no column {}", t.source_name(), text_at(element, "name")));
        }
        columns.push_back(*column);
    }
    t.indexes.push_back(std::move(columns));
}

void read_comment(const sql_file& file, const statement& s, adapter& made, places& seen) {
    const std::string on = text_at(s.body, "objtype");
    if (on != "OBJECT_TABLE" && on != "OBJECT_COLUMN") {
        throw file.refusal(s.begin, "a comment in mirror.sql is on a table or a column");
    }
    std::vector<std::string> names = strings(child(child(s.body.at("object"), "List"), "items"));
    const std::string comment = text_at(s.body, "comment");
    if (on == "OBJECT_COLUMN") {
        const std::string column = names.back();
        names.pop_back();
        table& t = find_table(file, made, fmt::format("{}", fmt::join(names, ".")), s.begin);
        const auto at = t.find(column);
        if (!at) {
            throw file.refusal(s.begin, fmt::format("{} has no column {}", t.source_name(), column));
        }
        t.columns[*at].comment = comment;
        t.columns[*at].optional = comment.starts_with("Optional.");
        if (t.columns[*at].optional && t.columns[*at].not_null) {
            throw file.refusal(s.begin, fmt::format("{}.{} is Optional. and NOT NULL", t.source_name(), column));
        }
        return;
    }
    table& t = find_table(file, made, fmt::format("{}", fmt::join(names, ".")), s.begin);
    if (!seen.comment.emplace(t.source_name(), s.begin).second) {
        throw file.refusal(s.begin, fmt::format("{} has a comment already", t.source_name()));
    }
    if (const std::string why = read_touches(t, comment); !why.empty()) {
        throw file.refusal(s.begin, why);
    }
}

/// Resolves the columns that foreign keys name in their parents.
void resolve_foreign_keys(const sql_file& file, adapter& made, const std::vector<pending_foreign_key>& pending) {
    for (const pending_foreign_key& waits : pending) {
        table& child = find_table(file, made, waits.child, waits.place);
        foreign_key key = waits.key;
        const table* parent = made.find(key.parent);
        if (parent == nullptr) {
            throw file.refusal(waits.place, fmt::format("REFERENCES {}: mirror.sql has no such table", key.parent));
        }
        for (const std::string& name : waits.parent_columns) {
            const auto column = parent->find(name);
            if (!column) {
                throw file.refusal(waits.place, fmt::format("REFERENCES {}: it has no column {}", key.parent, name));
            }
            key.parent_columns.push_back(*column);
        }
        if (waits.parent_columns.empty()) {
            key.parent_columns = parent->key;
        }
        if (key.parent_columns.size() != key.columns.size()) {
            throw file.refusal(waits.place, fmt::format("REFERENCES {}: {} columns refer to {}", key.parent,
                                                        key.columns.size(), key.parent_columns.size()));
        }
        child.foreign_keys.push_back(std::move(key));
    }
}

/// Parents before their children; a table may refer to itself.
void sort_parents_first(const sql_file& file, adapter& made, const places& seen) {
    std::vector<table> sorted;
    std::set<std::string> done;
    while (sorted.size() < made.tables.size()) {
        const std::size_t before = sorted.size();
        for (const table& t : made.tables) {
            const std::string name = t.source_name();
            const auto ready = [&](const foreign_key& key) { return key.parent == name || done.contains(key.parent); };
            if (!done.contains(name) && std::all_of(t.foreign_keys.begin(), t.foreign_keys.end(), ready)) {
                sorted.push_back(t);
                done.insert(name);
            }
        }
        if (sorted.size() == before) {
            const auto left = std::find_if(made.tables.begin(), made.tables.end(),
                                           [&](const table& t) { return !done.contains(t.source_name()); });
            throw file.refusal(seen.table.find(left->source_name())->second,
                               fmt::format("the foreign keys of {} go round in a circle", left->source_name()));
        }
    }
    made.tables = std::move(sorted);
}

/// The kinds that the tables touch, in the order of the file; every touch of a kind has the same key types.
void gather_kinds(const sql_file& file, adapter& made, const places& seen) {
    std::map<std::string, std::string> first_touched_by;
    for (const table& t : made.tables) {
        for (const touch& touched : t.touches) {
            kind found{touched.kind, {}};
            for (const touch_part& part : touched.parts) {
                found.key_types.push_back(part_type(t, part));
            }
            const auto known =
                std::find_if(made.kinds.begin(), made.kinds.end(), [&](const kind& k) { return k.name == found.name; });
            if (known == made.kinds.end()) {
                first_touched_by[found.name] = t.source_name();
                made.kinds.push_back(std::move(found));
            } else if (known->key_types != found.key_types) {
                throw file.refusal(seen.comment.find(t.source_name())->second,
                                   fmt::format("{} touches {} by ({}), but {} by ({}): one kind has one key",
                                               t.source_name(), found.name, fmt::join(found.key_types, ", "),
                                               first_touched_by[found.name], fmt::join(known->key_types, ", ")));
            }
        }
    }
    if (made.kinds.empty()) {
        throw file.refusal(0, "no table touches an entity, so nothing would be preserved");
    }
}

} // namespace

void read_mirror(const sql_file& file, adapter& made) {
    made.title = header_value(file.text(), "title").value_or("");
    if (made.title.empty()) {
        throw file.refusal(0, "the comment lines at the beginning must say -- title: WHAT IT IS, IN ONE LINE");
    }
    made.runs_on = read_system(file);
    places seen;
    std::vector<pending_foreign_key> pending;
    for (const statement& s : file.statements()) {
        if (s.kind == "CreateStmt") {
            table t = read_table(file, s, made.runs_on, pending);
            if (!seen.table.emplace(t.source_name(), s.begin).second) {
                throw file.refusal(s.begin, fmt::format("{} is there twice", t.source_name()));
            }
            for (const table& other : made.tables) {
                if (other.mirror_name() == t.mirror_name()) {
                    throw file.refusal(s.begin, fmt::format("{} and {} would both be {} in the mirror schema",
                                                            other.source_name(), t.source_name(), t.mirror_name()));
                }
            }
            made.tables.push_back(std::move(t));
        } else if (s.kind == "IndexStmt") {
            read_index(file, s, made);
        } else if (s.kind == "CommentStmt") {
            read_comment(file, s, made, seen);
        } else {
            throw file.refusal(s.begin, fmt::format("mirror.sql holds only CREATE TABLE, CREATE INDEX and COMMENT ON "
                                                    "TABLE or COLUMN; this is a {}",
                                                    s.kind));
        }
    }
    if (made.tables.empty()) {
        throw file.refusal(0, "there is no CREATE TABLE");
    }
    for (const table& t : made.tables) {
        if (!seen.comment.contains(t.source_name())) {
            throw file.refusal(
                seen.table.find(t.source_name())->second,
                fmt::format("{} has no comment that says which entities its rows touch: COMMENT ON TABLE "
                            "{} IS 'WHAT IT IS. Touches: KIND (COLUMN).'",
                            t.source_name(), t.source_name()));
        }
    }
    resolve_foreign_keys(file, made, pending);
    gather_kinds(file, made, seen);
    sort_parents_first(file, made, seen);
}

} // namespace everarchive::adapter
