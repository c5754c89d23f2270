#include "apply/privacy_wall.hpp"

#include <algorithm>

#include "apply/mirror_table.hpp"

namespace everarchive::apply {

using capture::cell;
using capture::change;
using capture::operation;

namespace {

std::string table_and_key(std::size_t table, std::string_view key) {
    return std::to_string(table) + '/' + std::string(key);
}

} // namespace

privacy_wall::privacy_wall(pq::connection& on, const adapter::adapter& adapter, std::string_view mirror_schema)
    : on_(on), adapter_(adapter), has_members_(adapter.tables.size()), is_owner_(adapter.tables.size()),
      ask_(adapter.tables.size()), owners_(adapter.tables.size()) {
    for (std::size_t i = 0; i < adapter.tables.size(); ++i) {
        const adapter::table& table = adapter.tables[i];
        has_members_[i] = std::any_of(table.columns.begin(), table.columns.end(),
                                      [](const adapter::column& column) { return !column.members.empty(); });
        idle_ = idle_ && !has_members_[i] && !table.owner;
        if (!table.owner) {
            continue;
        }
        std::string known;
        for (const std::string& name : table.owner->tables) {
            const auto owner = *adapter.index_of_mirror(name);
            is_owner_[owner] = true;
            owners_[i].push_back(owner);
            const mirror_table mirror(adapter.tables[owner], mirror_schema);
            known += (known.empty() ? "" : " OR ") + ("EXISTS (SELECT FROM " + mirror.name) + " o WHERE o." +
                     sql_identifier(adapter.tables[owner].columns[adapter.tables[owner].key.front()].name) + " = k)";
        }
        ask_[i] = "SELECT k::text FROM unnest($1::" + table.columns[table.owner->column].type + "[]) k WHERE " + known;
    }
}

void privacy_wall::pass(capture::batch& batch) {
    pass_copied(batch);
    if (!idle_) {
        gather_owners(batch);
        drop_rows(batch);
    }
}

void privacy_wall::pass_copied(capture::batch& batch) const {
    if (idle_) {
        return;
    }
    for (change& one : batch.changes) {
        if (has_members_[one.table]) {
            keep_members(batch, one);
        }
    }
}

void privacy_wall::keep_members(capture::batch& batch, change& one) const {
    const adapter::table& table = adapter_.tables[one.table];
    for (std::span<const cell>* const row : {&one.row, &one.old}) {
        if (row->empty()) {
            continue;
        }
        const std::span<cell> kept = batch.cells(row->size());
        std::copy(row->begin(), row->end(), kept.begin());
        for (std::size_t i = 0; i < kept.size(); ++i) {
            if (table.columns[i].members.empty() || kept[i].is != cell::state::value) {
                continue;
            }
            if (const auto text = adapter::keep_members(kept[i].text, table.columns[i].members)) {
                kept[i] = cell::of(batch.keep(*text));
            } else {
                kept[i] = cell::null();
                one.problem = batch.keep("the JSON in column " + table.columns[i].name +
                                         " cannot be read, so what of it may be kept is not known");
            }
        }
        *row = kept;
    }
}

void privacy_wall::gather_owners(const capture::batch& batch) {
    for (const change& one : batch.changes) {
        if (is_owner_[one.table] && (one.what == operation::insert || one.what == operation::update)) {
            const cell& key = one.row[adapter_.tables[one.table].key.front()];
            unwritten_.insert(table_and_key(one.table, key.text));
        }
    }
}

/// The values of the owner column of the changes of `table` that name an owner.
std::unordered_set<std::string> privacy_wall::owners_named(const capture::batch& batch, std::size_t table) {
    const std::size_t column = adapter_.tables[table].owner->column;
    std::unordered_set<std::string> known;
    std::unordered_set<std::string> unknown;
    for (const change& one : batch.changes) {
        if (one.table != table || one.row.empty() || one.row[column].is != cell::state::value) {
            continue;
        }
        std::string value(one.row[column].text);
        const bool here = std::any_of(owners_[table].begin(), owners_[table].end(), [&](std::size_t owner) {
            return unwritten_.contains(table_and_key(owner, value));
        });
        (here ? known : unknown).insert(std::move(value));
    }
    if (!unknown.empty()) {
        const pq::result rows = on_.run_prepared(
            ask_[table], {pq::array_literal(std::vector<std::string>(unknown.begin(), unknown.end()))});
        for (int row = 0; row < rows.rows(); ++row) {
            known.emplace(rows.text(row, 0));
        }
    }
    return known;
}

void privacy_wall::drop_rows(capture::batch& batch) {
    for (std::size_t table = 0; table < owners_.size(); ++table) {
        const auto concerns = [&](const change& one) { return one.table == table && one.what != operation::truncate; };
        if (owners_[table].empty() || std::none_of(batch.changes.begin(), batch.changes.end(), concerns)) {
            continue;
        }
        const adapter::table& definition = adapter_.tables[table];
        const std::size_t column = definition.owner->column;
        const std::unordered_set<std::string> known = owners_named(batch, table);
        std::size_t kept = 0;
        auto end = batch.ends.begin();
        for (std::size_t i = 0; i < batch.changes.size(); ++i) {
            for (; end != batch.ends.end() && end->changes == i; ++end) {
                end->changes = kept;
            }
            change one = batch.changes[i];
            if (concerns(one) && one.what != operation::remove && one.row[column].is != cell::state::absent &&
                !known.contains(std::string(one.row[column].text))) {
                if (one.what == operation::insert) {
                    continue;
                }
                // A row that belonged to something leaves it: of the change only the key goes on.
                const std::span<const cell> before = one.old.empty() ? one.row : one.old;
                const std::span<cell> key = batch.cells(definition.columns.size());
                for (const std::size_t part : definition.key) {
                    key[part] = before[part].is == cell::state::value ? before[part] : one.row[part];
                }
                one.what = operation::remove;
                one.row = key;
                one.old = {};
                one.problem = {};
            }
            batch.changes[kept++] = one;
        }
        for (; end != batch.ends.end(); ++end) {
            end->changes = kept;
        }
        batch.changes.resize(kept);
    }
}

} // namespace everarchive::apply
