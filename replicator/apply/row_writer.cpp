#include "apply/row_writer.hpp"

#include <algorithm>

#include "apply/copy_text.hpp"
#include "apply/savepoint.hpp"

namespace everarchive::apply {

using capture::cell;

namespace {

/// From so many rows on, COPY into a staging table and one INSERT beat single statements (cdc.md, "Baselines").
constexpr std::size_t stage_from = 64;

/// Rows in the staging tables of one open transaction after which they are emptied; only a huge source transaction
/// gets there.
constexpr std::size_t most_staged_rows = 100'000;

constexpr std::size_t copy_chunk = 256 * 1024;

std::vector<std::span<const cell>> rows_of(net_changes changes) {
    std::vector<std::span<const cell>> rows;
    rows.reserve(changes.size());
    for (const net_change* change : changes) {
        rows.push_back(change->row);
    }
    return rows;
}

/// One array literal for each of `columns`, of the rows of `changes`.
std::vector<pq::parameter> arrays_of(const std::vector<std::size_t>& columns, net_changes changes) {
    std::vector<pq::parameter> arrays;
    for (const std::size_t column : columns) {
        std::vector<std::string> values;
        values.reserve(changes.size());
        for (const net_change* change : changes) {
            values.emplace_back(change->row[column].text);
        }
        arrays.emplace_back(pq::array_literal(values));
    }
    return arrays;
}

} // namespace

row_writer::row_writer(pq::connection& on, const adapter::adapter& adapter, const cascade_graph& cascades,
                       std::string_view mirror_schema, touched_keys& touched)
    : on_(on), adapter_(adapter), cascades_(cascades), touched_(touched), pipelined_(on) {
    tables_.reserve(adapter.tables.size());
    for (const adapter::table& table : adapter.tables) {
        tables_.emplace_back(table, mirror_schema);
        // Once a session: a temporary table made for every batch would bloat the catalog.
        try {
            on_.run(tables_.back().make_stage);
        } catch (const pq::error& failed) {
            if (!failed.sqlstate().starts_with("42") || on_.in_transaction()) {
                throw;
            }
            // The mirror has no such table any more: what writes into it fails alike, and is told of the table.
        }
    }
}

/// The touch columns stand in `rows` from column `first`.
void row_writer::touch_row(const mirror_table& table, const pq::result& rows, int row, int first) {
    std::vector<cell> cells(table.definition->columns.size());
    for (std::size_t i = 0; i < table.touch_columns.size(); ++i) {
        const int column = first + static_cast<int>(i);
        cells[table.touch_columns[i]] = rows.is_null(row, column) ? cell::null() : cell::of(rows.text(row, column));
    }
    touched_.add(*table.definition, cells);
}

void row_writer::read_old(net_changes changes, const std::function<bool(std::size_t)>& in_doubt) {
    std::vector<std::vector<const net_change*>> by_table(tables_.size());
    for (const net_change* change : changes) {
        if (change->read_old || (in_doubt && in_doubt(change->table))) {
            by_table[change->table].push_back(change);
        }
    }
    for (std::size_t i = 0; i < by_table.size(); ++i) {
        if (by_table[i].empty()) {
            continue;
        }
        const mirror_table& table = tables_[i];
        const pq::result rows = on_.run_prepared(table.read_old, arrays_of(table.definition->key, by_table[i]));
        for (int row = 0; row < rows.rows(); ++row) {
            touch_row(table, rows, row);
        }
    }
}

void row_writer::write(net_changes changes, std::vector<const net_change*>& missing) {
    if (changes.empty()) {
        return;
    }
    const mirror_table& table = tables_[changes.front()->table];
    switch (changes.front()->what) {
    case net_change::effect::upsert:
        upsert(table, changes);
        break;
    case net_change::effect::patch:
        patch(table, changes, missing);
        break;
    case net_change::effect::remove:
        remove(table, changes);
        cascade_children(changes.front()->table, changes);
        break;
    }
}

void row_writer::upsert(const mirror_table& table, net_changes changes) {
    std::vector<const net_change*> inserted;
    std::vector<const net_change*> others;
    if (changes.size() >= stage_from) {
        for (const net_change* change : changes) {
            (change->inserted ? inserted : others).push_back(change);
        }
    }
    if (inserted.size() >= stage_from && insert(table, inserted)) {
        changes = others;
    }
    if (changes.size() < stage_from) {
        pipelined_.run(table.upsert, rows_of(changes), [](std::size_t, const pq::result&) {});
        return;
    }
    merge(table, changes);
}

/// Rows that the source has inserted, straight into the mirror instead of over the staging table. Returns false, and
/// nothing is written, if the mirror has one of them already (a comparison was faster, or the stream is repeated over a
/// copy).
bool row_writer::insert(const mirror_table& table, net_changes changes) {
    // COPY does not mind a mirror whose key somebody has dropped, and would double its rows: only what the merge could
    // write as well. Planning finds the unique index that ON CONFLICT needs (infer_arbiter_indexes).
    on_.run_prepared("EXPLAIN " + table.merge_stage, {"0"});
    const auto failed = data_error_of(on_, [&] { copy(table.copy_into_mirror, rows_of(changes), {}); });
    if (failed && failed->sqlstate() != "23505") { // unique_violation
        throw *failed;
    }
    return !failed;
}

void row_writer::merge(const mirror_table& table, net_changes changes) {
    if (staged_rows_ > most_staged_rows) {
        for (const mirror_table* used : staged_) {
            on_.run("TRUNCATE " + used->stage);
        }
        stages_are_empty();
    }
    // A number for each run, because the staging table keeps its rows until the commit.
    const std::string run = std::to_string(++run_);
    copy(table.copy_into_stage, rows_of(changes), run);
    staged_.insert(&table);
    staged_rows_ += changes.size();
    on_.run_prepared(table.merge_stage, {run});
}

void row_writer::load(std::size_t table, row_list rows) {
    copy(tables_[table].copy_into_mirror, rows, {});
}

/// COPY of rows, each with the number of its run in front where `run` is one.
void row_writer::copy(const std::string& statement, row_list rows, std::string_view run) {
    on_.copy_in_begin(statement);
    buffer_.clear();
    for (const std::span<const cell> row : rows) {
        if (run.empty()) {
            append_copy_row(buffer_, row);
        } else {
            append_copy_row(buffer_, run, row);
        }
        if (buffer_.size() >= copy_chunk) {
            on_.copy_in_put(buffer_);
            buffer_.clear();
        }
    }
    on_.copy_in_put(buffer_);
    on_.copy_in_end();
}

void row_writer::patch(const mirror_table& table, net_changes changes, std::vector<const net_change*>& missing) {
    // One statement for each set of columns that are present.
    std::map<std::vector<std::size_t>, std::vector<const net_change*>> by_columns;
    for (const net_change* change : changes) {
        std::vector<std::size_t> present;
        for (std::size_t i = 0; i < change->row.size(); ++i) {
            const auto& key = table.definition->key;
            if (change->row[i].is != cell::state::absent && std::find(key.begin(), key.end(), i) == key.end()) {
                present.push_back(i);
            }
        }
        by_columns[std::move(present)].push_back(change);
    }
    for (const auto& [present, group] : by_columns) {
        std::vector<std::vector<cell>> parameters;
        for (const net_change* change : group) {
            std::vector<cell>& row = parameters.emplace_back();
            for (const std::size_t column : present) {
                row.push_back(change->row[column]);
            }
            for (const std::size_t column : table.definition->key) {
                row.push_back(change->row[column]);
            }
        }
        const std::vector<std::span<const cell>> rows(parameters.begin(), parameters.end());
        pipelined_.run(table.patch(present), rows, [&](std::size_t i, const pq::result& answer) {
            if (answer.rows() == 0) {
                missing.push_back(group[i]);
            } else {
                touch_row(table, answer, 0);
            }
        });
    }
}

void row_writer::remove(const mirror_table& table, net_changes changes) {
    on_.run_prepared(table.remove, arrays_of(table.definition->key, changes));
}

void row_writer::truncate(std::size_t table, int source_id) {
    if (!tables_[table].touch_all.empty()) {
        on_.run(tables_[table].touch_all, {std::to_string(source_id)});
    }
    on_.run(tables_[table].remove_all);
}

void row_writer::remove_old(const capture::change& change) {
    net_change before;
    before.table = change.table;
    before.what = net_change::effect::remove;
    before.read_old = true;
    before.row = change.old;
    const net_change* const one[] = {&before};
    read_old(one);
    remove(tables_[change.table], one);
}

bool row_writer::rename(const capture::change& change) {
    const mirror_table& table = tables_[change.table];
    const auto& key = table.definition->key;
    touched_.add(*table.definition, change.row);

    bool found = true;
    if (is_full(change.row)) {
        remove_old(change);
        pipelined_.run(table.upsert, std::vector<std::span<const cell>>{change.row},
                       [](std::size_t, const pq::result&) {});
    } else {
        net_change before;
        before.table = change.table;
        before.read_old = true;
        before.row = change.old;
        const net_change* const one[] = {&before};
        read_old(one);
        std::string set;
        std::string where;
        std::vector<cell> parameters;
        for (std::size_t i = 0; i < change.row.size(); ++i) {
            if (change.row[i].is != cell::state::absent) {
                parameters.push_back(change.row[i]);
                set += (set.empty() ? "" : ", ") + sql_identifier(table.definition->columns[i].name) + " = $" +
                       std::to_string(parameters.size());
            }
        }
        for (const std::size_t column : key) {
            parameters.push_back(change.old[column]);
            where += (where.empty() ? "m." : " AND m.") + sql_identifier(table.definition->columns[column].name) +
                     " = $" + std::to_string(parameters.size());
        }
        pipelined_.run("UPDATE " + table.name + " m SET " + set + " WHERE " + where + " RETURNING " +
                           table.as_text(table.touch_columns, "m"),
                       std::vector<std::span<const cell>>{parameters}, [&](std::size_t, const pq::result& answer) {
                           found = answer.rows() > 0;
                           if (found) {
                               touch_row(table, answer, 0);
                           }
                       });
    }
    if (!change.keeps_children) {
        move_children(change);
    }
    return found;
}

} // namespace everarchive::apply
