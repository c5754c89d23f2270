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

} // namespace

void row_writer::cascade_children(std::size_t parent, net_changes removed) {
    for (const cascade_graph::child& child : cascades_.children(parent)) {
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
    const auto& grandchildren = cascades_.children(child.table);
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
    for (const cascade_graph::child& child : cascades_.children(change.table)) {
        const mirror_table& table = tables_[child.table];
        const std::size_t count = child.link->columns.size();
        std::vector<pq::parameter> values; // the old ones, then the new ones
        std::string set;
        std::string where;
        bool same = true;
        for (std::size_t i = 0; i < count; ++i) {
            const cell& from = change.old[child.link->parent_columns[i]];
            const cell& to = change.row[child.link->parent_columns[i]];
            same = same && (from == to || from.is != cell::state::value || to.is != cell::state::value);
            const std::string column = sql_identifier(table.definition->columns[child.link->columns[i]].name);
            values.insert(values.begin() + static_cast<std::ptrdiff_t>(i), std::string(from.text));
            values.emplace_back(to.text);
            where += (i == 0 ? "m." : " AND m.") + column + " = $" + std::to_string(i + 1);
            set += (i == 0 ? "" : ", ") + column + " = $" + std::to_string(count + i + 1);
        }
        if (same) {
            continue;
        }
        const std::string touches = table.as_text(table.touch_columns, "m");
        const pq::result before = on_.run("SELECT " + touches + " FROM " + table.name + " m WHERE " + where,
                                          {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)});
        const pq::result after =
            on_.run("UPDATE " + table.name + " m SET " + set + " WHERE " + where + " RETURNING " + touches, values);
        for (const pq::result* rows : {&before, &after}) {
            for (int row = 0; row < rows->rows(); ++row) {
                touch_row(table, *rows, row);
            }
        }
    }
}

} // namespace everarchive::apply
