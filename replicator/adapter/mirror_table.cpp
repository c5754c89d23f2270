#include "adapter/mirror_table.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace everarchive::adapter {

namespace {

/// How a refused constraint is written in SQL.
std::string_view in_words(std::string_view constraint) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> names{{
        {"CONSTR_DEFAULT", "DEFAULT"},
        {"CONSTR_CHECK", "CHECK"},
        {"CONSTR_UNIQUE", "UNIQUE"},
        {"CONSTR_IDENTITY", "GENERATED AS IDENTITY"},
        {"CONSTR_GENERATED", "GENERATED"},
        {"CONSTR_EXCLUSION", "EXCLUDE"},
        {"CONSTR_NULL", "NULL"},
        {"CONSTR_ATTR_DEFERRABLE", "DEFERRABLE"},
        {"CONSTR_ATTR_NOT_DEFERRABLE", "NOT DEFERRABLE"},
        {"CONSTR_ATTR_DEFERRED", "INITIALLY DEFERRED"},
    }};
    for (const auto& [parsed, written] : names) {
        if (parsed == constraint) {
            return written;
        }
    }
    return constraint;
}

/// Columns and constraints of one table, while they are read.
class table_reader {
  public:
    table_reader(const sql_file& file, const statement& s, std::vector<pending_foreign_key>& pending)
        : file_(file), begin_(s.begin), pending_(pending) {}

    table read(const node& body, system runs_on) {
        read_name(body.at("relation"), runs_on);
        for (const char* refused : {"inhRelations", "partspec", "partbound", "ofTypename", "options", "tablespacename",
                                    "accessMethod", "constraints"}) {
            if (body.contains(refused)) {
                refuse(begin_, "a mirror table is plain: no INHERITS, PARTITION, OF, WITH, TABLESPACE or USING");
            }
        }
        if (flag_at(body, "if_not_exists")) {
            refuse(begin_, "IF NOT EXISTS is not allowed here: mirror.sql names each table once");
        }
        const node& elements = child(body, "tableElts");
        for (const node& element : elements) {
            if (element.contains("ColumnDef")) {
                read_column(element.at("ColumnDef"));
            } else if (!element.contains("Constraint")) {
                refuse(begin_, "a mirror table names its columns: LIKE is not allowed here");
            }
        }
        for (const node& element : elements) {
            if (element.contains("Constraint")) {
                read_table_constraint(element.at("Constraint"));
            }
        }
        if (made_.key.empty()) {
            refuse(begin_, fmt::format("{} has no primary key: without one a change cannot find its row", name()));
        }
        return std::move(made_);
    }

  private:
    [[noreturn]] void refuse(std::size_t place, const std::string& reason) const { throw file_.refusal(place, reason); }
    std::string name() const { return made_.source_name(); }

    void read_name(const node& relation, system runs_on) {
        made_.schema = text_at(relation, "schemaname");
        made_.name = text_at(relation, "relname");
        if (relation.contains("catalogname") || text_at(relation, "relpersistence") != "p") {
            refuse(begin_, "a mirror table is neither TEMPORARY nor UNLOGGED nor in another database");
        }
        if (runs_on == system::postgresql && made_.schema.empty()) {
            refuse(begin_,
                   fmt::format("{} names no schema: write SCHEMA.{} as the source has it", made_.name, made_.name));
        }
        if (runs_on != system::postgresql && !made_.schema.empty()) {
            refuse(begin_, fmt::format("{} names a schema, but its system has none: the connection names the database",
                                       made_.source_name()));
        }
    }

    void read_column(const node& definition) {
        const std::size_t place = location(definition, begin_);
        column c;
        c.name = text_at(definition, "colname");
        if (made_.find(c.name)) {
            refuse(place, fmt::format("{} has the column {} twice", name(), c.name));
        }
        std::string why;
        c.type = type_name(definition.at("typeName"), why);
        if (c.type.empty()) {
            refuse(place, why);
        }
        for (const char* refused : {"collClause", "compression", "storage_name", "fdwoptions"}) {
            if (definition.contains(refused)) {
                refuse(place,
                       "COLLATE, COMPRESSION and STORAGE are not allowed here: a mirror column only has a name and "
                       "a type");
            }
        }
        made_.columns.push_back(std::move(c));
        for (const node& wrapped : child(definition, "constraints")) {
            read_column_constraint(wrapped.at("Constraint"), place);
        }
    }

    void read_column_constraint(const node& constraint, std::size_t column_place) {
        const std::size_t place = location(constraint, column_place);
        const std::string what = text_at(constraint, "contype");
        const std::size_t column = made_.columns.size() - 1;
        if (what == "CONSTR_NOTNULL") {
            made_.columns[column].not_null = true;
        } else if (what == "CONSTR_PRIMARY") {
            set_key({column}, place);
        } else if (what == "CONSTR_FOREIGN") {
            read_foreign_key(constraint, {column}, place);
        } else {
            refuse(place,
                   fmt::format("{} is not allowed here: a mirror column only has a name and a type", in_words(what)));
        }
    }

    void read_table_constraint(const node& constraint) {
        const std::size_t place = location(constraint, begin_);
        const std::string what = text_at(constraint, "contype");
        if (what == "CONSTR_PRIMARY") {
            set_key(columns_named(constraint.at("keys"), place), place);
        } else if (what == "CONSTR_FOREIGN") {
            read_foreign_key(constraint, columns_named(constraint.at("fk_attrs"), place), place);
        } else {
            refuse(place, fmt::format("{} is not allowed here: a mirror table only has a primary key and foreign keys",
                                      in_words(what)));
        }
    }

    void set_key(std::vector<std::size_t> columns, std::size_t place) {
        if (!made_.key.empty()) {
            refuse(place, fmt::format("{} has two primary keys", name()));
        }
        made_.key = std::move(columns);
        for (const std::size_t column : made_.key) {
            made_.columns[column].not_null = true;
        }
    }

    /// The letters are those of PostgreSQL's parser (FKCONSTR_ACTION_… in parsenodes.h).
    foreign_key::action action_of(const std::string& letter, std::size_t place) const {
        if (letter == "c") {
            return foreign_key::action::cascade;
        }
        if (letter == "n") {
            return foreign_key::action::set_null;
        }
        if (letter != "a") {
            refuse(place, "REFERENCES has the actions CASCADE and SET NULL here");
        }
        return foreign_key::action::none;
    }

    void read_foreign_key(const node& constraint, std::vector<std::size_t> columns, std::size_t place) {
        pending_foreign_key found;
        found.child = name();
        found.place = place;
        found.key.columns = std::move(columns);
        found.key.parent = relation_name(constraint.at("pktable"));
        found.parent_columns = strings(constraint.value("pk_attrs", node::array()));
        found.key.on_delete = action_of(text_at(constraint, "fk_del_action"), place);
        found.key.on_update = action_of(text_at(constraint, "fk_upd_action"), place);
        if (found.key.on_delete == foreign_key::action::none && found.key.on_update == foreign_key::action::none) {
            refuse(place, "REFERENCES needs ON DELETE or ON UPDATE, with CASCADE or SET NULL: only what the source's "
                          "engine does by itself is repeated");
        }
        if (text_at(constraint, "fk_matchtype") != "s" || flag_at(constraint, "deferrable") ||
            constraint.contains("fk_del_set_cols")) {
            refuse(place, "REFERENCES says only ON DELETE and ON UPDATE here: no MATCH, DEFERRABLE or column list of "
                          "SET NULL");
        }
        pending_.push_back(std::move(found));
    }

    std::vector<std::size_t> columns_named(const node& list, std::size_t place) const {
        std::vector<std::size_t> columns;
        for (const std::string& wanted : strings(list)) {
            const auto column = made_.find(wanted);
            if (!column) {
                refuse(place, fmt::format("{} has no column {}", name(), wanted));
            }
            columns.push_back(*column);
        }
        return columns;
    }

    const sql_file& file_;
    std::size_t begin_;
    std::vector<pending_foreign_key>& pending_;
    table made_;
};

} // namespace

std::string relation_name(const node& relation) {
    const std::string schema = text_at(relation, "schemaname");
    return schema.empty() ? text_at(relation, "relname") : schema + "." + text_at(relation, "relname");
}

table read_table(const sql_file& file, const statement& s, system runs_on, std::vector<pending_foreign_key>& pending) {
    return table_reader(file, s, pending).read(s.body, runs_on);
}

} // namespace everarchive::adapter
