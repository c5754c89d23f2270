// The part of the decoder that reads statements: the ends of transactions, what changes a schema, and changes of rows
// that were not logged as rows.
#include <fmt/format.h>

#include "capture/binlog_decoder.hpp"
#include "capture/binlog_statement.hpp"

namespace everarchive::capture {

void binlog_decoder::read_truncate(const query_event& query, const statement& what, batch& into) {
    for (const table_name& name : what.tables) {
        if (const auto table = captured(query, name)) {
            change all;
            all.table = *table;
            all.what = operation::truncate;
            all.keeps_children = true; // TRUNCATE runs no foreign key's action
            into.changes.push_back(all);
            group_has_changes_ = true;
        }
    }
}

/// An optional column that was not there: rows that were have values in it that no event tells of, unless they are
/// NULL.
void binlog_decoder::note_columns_that_came(std::uint32_t table, const statement& what, batch& into) {
    const adapter::table& altered = adapter_.tables[table];
    const auto optional = [&](const std::string& name) {
        const auto column = altered.find(name);
        return column && altered.may_lack(*column);
    };
    const auto tell = [&](const std::string& column) {
        report(
            table,
            fmt::format("{} has got the column {}: what it holds in rows that were there before is not in the binary "
                        "log",
                        altered.source_name(), column),
            fmt::format("everarchive source resync NAME --table {}", altered.source_name()), into);
        reported_.erase(table); // a second time would be another one
    };
    for (const std::string& column : what.renamed) {
        if (optional(column)) {
            tell(column);
        }
    }
    for (const std::string& column : what.added) {
        if (optional(column)) {
            read_schema();
            if (!defaults_to_null(schema_, table, column)) {
                tell(column);
            }
            layout_used_[table] = true; // the default may be another one by now
        }
    }
}

/// Of statements that change a schema. Returns false for one that is none of these.
bool binlog_decoder::read_ddl(const query_event& query, const statement& what, batch& into) {
    using kind = statement::kind;
    std::string_view happened;
    switch (what.is) {
    case kind::drop_database:
        if (captured_database(what.name)) {
            fail(fmt::format("a captured database was dropped: {}", outline(query.statement)), resync);
        }
        return true;
    case kind::drop_table:
        happened = "was dropped";
        break;
    case kind::change_partition:
        happened = "lost or changed the rows of a partition";
        break;
    case kind::rename:
        // Tools that change a schema online (gh-ost, pt-online-schema-change) fill another table and swap the names.
        happened = "was renamed, or another table took its name";
        break;
    case kind::alter_table:
        break;
    default:
        return false;
    }
    std::set<std::uint32_t> concerned; // a swap of names has one twice
    for (const table_name& name : what.tables) {
        if (const auto table = captured(query, name)) {
            concerned.insert(*table);
        }
    }
    for (const std::uint32_t table : concerned) {
        note_alter(table, into);
        note_columns_that_came(table, what, into);
        if (!happened.empty()) {
            const std::string own = adapter_.tables[table].source_name();
            report(table, fmt::format("{} {}", own, happened),
                   fmt::format("everarchive source resync NAME --table {}", own), into);
            reported_.erase(table); // a second time would be another one
        }
    }
    return true;
}

/// A statement that changes rows is in the log where the rows should be. It does not help that it names another table:
/// what triggers and functions did for it is in the log in no other way, and who may not see them cannot know.
void binlog_decoder::check_statement(const query_event& query, const statement& what) const {
    const bool elsewhere = what.tables.size() == 1 && !captured(query, what.tables[0]);
    bool concerns = captured_database(query.database) || names_identifier(query.statement, schema_.database);
    for (const adapter::table& each : adapter_.tables) {
        concerns = concerns || (!each.schema.empty() && names_identifier(query.statement, each.schema));
    }
    if (!elsewhere && concerns) {
        fail(fmt::format(
                 "a statement, not its rows, was logged: some session has binlog_format = STATEMENT or MIXED: {}",
                 outline(query.statement)),
             "SET GLOBAL binlog_format = 'ROW'; also in my.cnf under [mysqld]: binlog_format = ROW; find the session "
             "that sets its own; " +
                 resync);
    }
}

binlog_decoder::outcome binlog_decoder::read_query(const binlog_event& event, batch& into) {
    const query_event query = parse_query(event, unpacked_);
    if (!in_group_) {
        fail(fmt::format("a statement has no GTID event: {}", outline(query.statement)), resync);
    }
    // MySQL has no such flag; there DDL is never between a BEGIN and its end.
    const bool ddl = of_mysql_ ? !begun_ : (group_.flags & gtid_event::ddl) != 0;
    const statement what = classify_statement(query.statement, ddl);
    using kind = statement::kind;
    switch (what.is) {
    case kind::begin:
        begun_ = true;
        return outcome::goes_on;
    case kind::commit:
        return end_group(event, into, false);
    case kind::rollback:
        return end_group(event, into, true);
    case kind::savepoint:
        savepoints_.emplace_back(what.name, into.changes.size());
        return outcome::goes_on;
    case kind::rollback_to_savepoint:
        for (auto at = savepoints_.rbegin(); at != savepoints_.rend(); ++at) {
            if (at->first == what.name) {
                cut_back(into, at->second);
                return outcome::goes_on;
            }
        }
        fail(fmt::format("the savepoint {} is not known", what.name), resync);
    case kind::xa_start:
        begun_ = true;
        return outcome::goes_on;
    case kind::xa:
        if (!of_mysql_ && group_has_changes_) {
            fail("an XA transaction changed captured tables", resync);
        }
        break;
    case kind::truncate:
        read_truncate(query, what, into);
        break;
    case kind::create_and_fill:
        begun_ = true;
        break;
    case kind::rows:
        check_statement(query, what);
        break;
    default:
        read_ddl(query, what, into);
        break;
    }
    const bool ends = of_mysql_ ? !begun_ : (group_.flags & gtid_event::standalone) != 0;
    return ends ? end_group(event, into, false) : outcome::goes_on;
}

} // namespace everarchive::capture
