// The part of row_writer that repeats what the source's engine did to child rows without telling its log: InnoDB
// carries ON DELETE and ON UPDATE actions out below the binary log.
#include <algorithm>
#include <set>

#include "apply/row_writer.hpp"

namespace everarchive::apply {

using capture::cell;

namespace {

/// Parents whose children are looked up in one statement, and children that one statement changes: deleting a record
/// source of Koha takes the metadata of all its records along, and what is changed is answered to us.
constexpr std::size_t parents_at_once = 1'000;
constexpr int children_at_once = 10'000;

/// InnoDB follows foreign keys over this many levels (row0mysql.cc, FK_MAX_CASCADE_DEL).
constexpr int deepest_cascade = 15;

bool any_of_them(const std::vector<std::size_t>& columns, const std::vector<std::size_t>& wanted) {
    return std::any_of(wanted.begin(), wanted.end(), [&](std::size_t column) {
        return std::find(columns.begin(), columns.end(), column) != columns.end();
    });
}

} // namespace

void row_writer::cascade_children(std::size_t parent, net_changes removed) {
    for (const cascade_graph::child& child : cascades_.children(parent)) {
        if (child.link->on_delete == adapter::foreign_key::action::none) {
            continue;
        }
        std::set<std::vector<std::string>> values;
        for (const net_change* change : removed) {
            if (!change->cascades) {
                continue;
            }
            std::vector<std::string> value;
            for (const std::size_t column : child.link->parent_columns) {
                if (change->row[column].is == cell::state::value) {
                    value.emplace_back(change->row[column].text);
                }
            }
            if (value.size() == child.link->parent_columns.size()) {
                values.insert(std::move(value));
            }
        }
        cascade_child(child, {values.begin(), values.end()});
    }
}

void row_writer::cascade_child(const cascade_graph::child& child,
                               const std::vector<std::vector<std::string>>& parents) {
    const mirror_table& table = tables_[child.table];
    std::vector<cascade_graph::child> grandchildren = cascades_.children(child.table);
    std::erase_if(grandchildren, [](const cascade_graph::child& below) {
        return below.link->on_delete == adapter::foreign_key::action::none;
    });
    std::vector<std::size_t> wanted = table.touch_columns;
    const auto want = [&wanted](const std::vector<std::size_t>& columns) {
        for (const std::size_t column : columns) {
            if (std::find(wanted.begin(), wanted.end(), column) == wanted.end()) {
                wanted.push_back(column);
            }
        }
    };
    if (child.link->on_delete == adapter::foreign_key::action::cascade) {
        want(table.definition->key);
        for (const cascade_graph::child& below : grandchildren) {
            want(below.link->parent_columns);
        }
    }
    for (std::size_t start = 0; start < parents.size(); start += parents_at_once) {
        const std::size_t end = std::min(parents.size(), start + parents_at_once);
        std::vector<pq::parameter> arrays;
        for (std::size_t part = 0; part < child.link->columns.size(); ++part) {
            std::vector<std::string> values;
            for (std::size_t i = start; i < end; ++i) {
                values.push_back(parents[i][part]);
            }
            arrays.emplace_back(pq::array_literal(values));
        }
        for (;;) {
            const std::vector<std::vector<std::string>> gone = cascade_step(child, arrays, wanted);
            if (child.link->on_delete == adapter::foreign_key::action::cascade) {
                for (const cascade_graph::child& below : grandchildren) {
                    std::set<std::vector<std::string>> values;
                    for (const std::vector<std::string>& row : gone) {
                        std::vector<std::string> value;
                        for (const std::size_t column : below.link->parent_columns) {
                            const auto place = std::find(wanted.begin(), wanted.end(), column) - wanted.begin();
                            value.push_back(row[static_cast<std::size_t>(place)]);
                        }
                        values.insert(std::move(value));
                    }
                    cascade_child(below, {values.begin(), values.end()});
                }
            }
            if (gone.size() < static_cast<std::size_t>(children_at_once)) {
                break;
            }
        }
    }
}

/// Deletes some child rows, or sets their foreign key to NULL, and touches what they touched. Returns the columns
/// `wanted` of each.
std::vector<std::vector<std::string>> row_writer::cascade_step(const cascade_graph::child& child,
                                                               const std::vector<pq::parameter>& arrays,
                                                               const std::vector<std::size_t>& wanted) {
    const mirror_table& table = tables_[child.table];
    std::string columns;
    std::string names;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const std::string name = "w" + std::to_string(i);
        columns += ", m." + sql_identifier(table.definition->columns[wanted[i]].name) + "::text AS " + name;
        names += (i == 0 ? "old." : ", old.") + name;
    }
    const std::string old = "(SELECT m.ctid AS row_place" + columns + " FROM " +
                            table.keys_from_arrays(child.link->columns) + " JOIN " + table.name + " m ON " +
                            table.matches(child.link->columns) + " LIMIT " + std::to_string(children_at_once) +
                            ") old WHERE d.ctid = old.row_place RETURNING " + (names.empty() ? "NULL" : names);
    std::string sql;
    if (child.link->on_delete == adapter::foreign_key::action::cascade) {
        sql = "DELETE FROM " + table.name + " d USING " + old;
    } else {
        std::string set;
        for (const std::size_t column : child.link->columns) {
            set += (set.empty() ? "" : ", ") + sql_identifier(table.definition->columns[column].name) + " = NULL";
        }
        sql = "UPDATE " + table.name + " d SET " + set + " FROM " + old;
    }
    const pq::result rows = on_.run_prepared(sql, arrays);
    std::vector<std::vector<std::string>> values;
    values.reserve(static_cast<std::size_t>(rows.rows()));
    for (int row = 0; row < rows.rows(); ++row) {
        touch_row(table, rows, row); // the touch columns stand first
        std::vector<std::string>& value = values.emplace_back();
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            value.emplace_back(rows.text(row, static_cast<int>(i)));
        }
        if (collect_ && child.link->on_delete == adapter::foreign_key::action::cascade) {
            std::vector<cell> cells(table.definition->columns.size());
            for (const std::size_t column : table.definition->key) {
                const auto place = std::find(wanted.begin(), wanted.end(), column) - wanted.begin();
                cells[column] = cell::of(value[static_cast<std::size_t>(place)]);
            }
            cascaded_.emplace_back(child.table, key_text(*table.definition, cells));
        }
    }
    return values;
}

void row_writer::move_children(const capture::change& change) {
    const std::size_t columns = tables_[change.table].definition->columns.size();
    std::vector<std::string> from(columns);
    std::vector<std::string> to(columns);
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < columns && i < change.old.size(); ++i) {
        const bool known = change.old[i].is == cell::state::value && change.row[i].is == cell::state::value;
        if (known) {
            from[i] = change.old[i].text;
            to[i] = change.row[i].text;
        }
        if (known && from[i] != to[i]) {
            changed.push_back(i);
        }
    }
    for (const cascade_graph::child& child : cascades_.children(change.table)) {
        if (child.link->on_update != adapter::foreign_key::action::none &&
            any_of_them(changed, child.link->parent_columns)) {
            move_child(child, changed, from, to, 0);
        }
    }
}

/// The parent's row `from` became `to` in the columns `changed`: the rows that name it follow, and those below them.
void row_writer::move_child(const cascade_graph::child& child, const std::vector<std::size_t>& changed,
                            const std::vector<std::string>& from, const std::vector<std::string>& to, int depth) {
    const mirror_table& table = tables_[child.table];
    const bool follow = child.link->on_update == adapter::foreign_key::action::cascade;
    if (depth == deepest_cascade) {
        throw error(exit_code::state, cause::needs_person,
                    "foreign keys of " + table.definition->source_name() +
                        " go more than 15 levels deep, which InnoDB does not follow",
                    "take the foreign keys that the source does not have out of the adapter's mirror.sql");
    }
    std::vector<pq::parameter> old_values;
    std::string where;
    for (std::size_t i = 0; i < child.link->columns.size(); ++i) {
        old_values.emplace_back(from[child.link->parent_columns[i]]);
        where += (i == 0 ? "m." : " AND m.") + sql_identifier(table.definition->columns[child.link->columns[i]].name) +
                 " = $" + std::to_string(i + 1);
    }
    std::vector<pq::parameter> values = old_values;
    std::string set;
    std::vector<std::size_t> moved; // columns of the child
    for (std::size_t i = 0; i < child.link->columns.size(); ++i) {
        const std::size_t named = child.link->parent_columns[i];
        if (follow && std::find(changed.begin(), changed.end(), named) == changed.end()) {
            continue;
        }
        set += (set.empty() ? "" : ", ") + sql_identifier(table.definition->columns[child.link->columns[i]].name);
        if (follow) {
            values.emplace_back(to[named]);
            set += " = $" + std::to_string(values.size());
        } else {
            set += " = NULL";
        }
        moved.push_back(child.link->columns[i]);
    }

    // Rows that name the child by what moves follow in their turn, each distinct row of the child once.
    for (const cascade_graph::child& below : cascades_.children(child.table)) {
        const auto& named = below.link->parent_columns;
        if (!follow || below.link->on_update == adapter::foreign_key::action::none || !any_of_them(moved, named)) {
            continue;
        }
        const pq::result rows = on_.run(
            "SELECT DISTINCT " + table.as_text(named, "m") + " FROM " + table.name + " m WHERE " + where, old_values);
        for (int row = 0; row < rows.rows(); ++row) {
            std::vector<std::string> child_from(table.definition->columns.size());
            for (std::size_t i = 0; i < named.size(); ++i) {
                child_from[named[i]] = rows.text(row, static_cast<int>(i));
            }
            std::vector<std::string> child_to = child_from;
            for (std::size_t i = 0; i < child.link->columns.size(); ++i) {
                child_to[child.link->columns[i]] = to[child.link->parent_columns[i]];
            }
            move_child(below, moved, child_from, child_to, depth + 1);
        }
    }

    std::string before;
    for (std::size_t i = 0; i < table.touch_columns.size(); ++i) {
        before += ", m." + sql_identifier(table.definition->columns[table.touch_columns[i]].name) + "::text AS w" +
                  std::to_string(i);
    }
    std::string names;
    for (std::size_t i = 0; i < table.touch_columns.size(); ++i) {
        names += (i == 0 ? "old.w" : ", old.w") + std::to_string(i);
    }
    for (bool more = true; more;) {
        // What the rows touched before and touch now, side by side.
        const pq::result rows =
            on_.run("UPDATE " + table.name + " d SET " + set + " FROM (SELECT m.ctid AS row_place" + before + " FROM " +
                        table.name + " m WHERE " + where + " LIMIT " + std::to_string(children_at_once) +
                        ") old WHERE d.ctid = old.row_place RETURNING " +
                        (names.empty() ? "NULL" : names + ", " + table.as_text(table.touch_columns, "d")),
                    values);
        for (int row = 0; row < rows.rows(); ++row) {
            touch_row(table, rows, row);
            touch_row(table, rows, row, static_cast<int>(table.touch_columns.size()));
        }
        more = rows.rows() == children_at_once;
    }
}

} // namespace everarchive::apply
