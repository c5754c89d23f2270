#include "adapter/mirror_sql.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "adapter/column_rules.hpp"
#include "adapter/mirror_table.hpp"
#include "adapter/parameters.hpp"
#include "adapter/sql_text.hpp"
#include "adapter/touches.hpp"

namespace everarchive::adapter {

namespace {

/// Where a table and its comment stand, for refusals found after all statements are read.
struct places {
    std::map<std::string, std::size_t, std::less<>> table;
    std::map<std::string, std::size_t, std::less<>> comment;
    std::vector<pending_through> through;
    std::vector<pending_owner> owners;
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
        pending_owner owner;
        if (const std::string why = read_column_rules(t, *at, comment, made.runs_on, owner); !why.empty()) {
            throw file.refusal(s.begin, why);
        }
        if (!owner.tables.empty()) {
            owner.place = s.begin;
            seen.owners.push_back(std::move(owner));
        }
        return;
    }
    table& t = find_table(file, made, fmt::format("{}", fmt::join(names, ".")), s.begin);
    if (!seen.comment.emplace(t.source_name(), s.begin).second) {
        throw file.refusal(s.begin, fmt::format("{} has a comment already", t.source_name()));
    }
    const std::size_t before = seen.through.size();
    if (const std::string why = read_touches(t, comment, seen.through); !why.empty()) {
        throw file.refusal(s.begin, why);
    }
    for (std::size_t i = before; i < seen.through.size(); ++i) {
        seen.through[i].place = s.begin;
    }
}

/// Resolves the touches that go through other tables.
void resolve_through(const sql_file& file, adapter& made, const places& seen) {
    for (const pending_through& waits : seen.through) {
        const auto refuse = [&](const std::string& why) { return file.refusal(waits.place, "Touches: " + why); };
        table& from = find_table(file, made, waits.from, waits.place);
        const auto column_of = [&](const table& of, const std::string& name) {
            const auto found = of.find(name);
            if (!found) {
                throw refuse(fmt::format("{} has no column {}", of.source_name(), name));
            }
            return *found;
        };
        touch_through touch{waits.kind, {}, column_of(from, waits.value)};
        std::string type = from.columns[touch.value].type;
        for (auto step = waits.steps.rbegin(); step != waits.steps.rend(); ++step) {
            const table* through = made.find_mirror(step->table);
            if (through == nullptr) {
                throw refuse(fmt::format("{}: there is no such table in the mirror", step->table));
            }
            const touch_step found{step->table, column_of(*through, step->key), column_of(*through, step->where)};
            if (through->columns[found.where].type != type) {
                throw refuse(fmt::format("{} of {} is {}, but it is compared with {}", step->where, step->table,
                                         through->columns[found.where].type, type));
            }
            const auto begins = [&](const auto& columns) { return columns.front() == found.where; };
            if (!begins(through->key) && std::none_of(through->indexes.begin(), through->indexes.end(), begins)) {
                throw refuse(fmt::format("{} has no index that begins with {}", step->table, step->where));
            }
            type = through->columns[found.key].type;
            touch.steps.push_back(found);
        }
        const auto of =
            std::find_if(made.kinds.begin(), made.kinds.end(), [&](const kind& k) { return k.name == waits.kind; });
        if (of == made.kinds.end() || of->key_types != std::vector{type}) {
            throw refuse(fmt::format("{} of {} is no key of {}", waits.steps.front().key, waits.steps.front().table,
                                     waits.kind));
        }
        from.touches_through.push_back(std::move(touch));
    }
}

/// Resolves the tables that rows belong to.
void resolve_owners(const sql_file& file, adapter& made, const places& seen) {
    for (const pending_owner& waits : seen.owners) {
        table& t = find_table(file, made, waits.table, waits.place);
        if (t.owner) {
            throw file.refusal(waits.place, fmt::format("{} says twice whom its rows belong to", t.source_name()));
        }
        for (const std::string& name : waits.tables) {
            const auto above = std::find_if(made.tables.begin(), made.tables.end(), [&](const table& other) {
                return other.mirror_name() == name || other.source_name() == t.source_name();
            });
            if (above == made.tables.end() || above->source_name() == t.source_name() || above->optional) {
                throw file.refusal(waits.place, fmt::format("Only of: {} is no table above {}, or an optional one",
                                                            name, t.source_name()));
            }
            if (above->key.size() != 1 || above->columns[above->key.front()].type != t.columns[waits.column].type) {
                throw file.refusal(waits.place,
                                   fmt::format("Only of: the key of {} is not one column of the type of {}", name,
                                               t.columns[waits.column].name));
            }
        }
        t.owner = row_owner{waits.column, waits.tables};
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
    read_parameters(file, made);
    places seen;
    std::vector<pending_foreign_key> pending;
    for (const statement& s : file.statements()) {
        if (s.kind == "CreateStmt") {
            table t = read_table(file, s, made.runs_on, pending);
            if (const std::string why = read_schema_parameters(made, t); !why.empty()) {
                throw file.refusal(s.begin, why);
            }
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
    resolve_through(file, made, seen);
    resolve_owners(file, made, seen);
}

} // namespace everarchive::adapter
