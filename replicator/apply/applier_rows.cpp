// Rows that are applied one by one: what ends a run, what the mirror cannot hold, and what was in quarantine.

#include <algorithm>

#include "apply/applier.hpp"
#include "apply/savepoint.hpp"

namespace everarchive::apply {

using capture::change;

namespace {

std::string_view operation_name(capture::operation what) {
    switch (what) {
    case capture::operation::insert:
        return "insert";
    case capture::operation::update:
        return "update";
    case capture::operation::remove:
        return "delete";
    case capture::operation::truncate:
        return "truncate";
    }
    return "update";
}

row_quarantine::reason reason_of(const pq::error& failed) {
    return {failed.sqlstate(), failed.what(),
            failed.hint().empty() ? "mend the row in the source and save it again" : failed.hint()};
}

} // namespace

std::vector<kept_change> applier::next_missing_rows(std::size_t most) {
    std::vector<kept_change> found;
    may_miss_rows_ = may_miss_rows_ && quarantine_.walks_missing_rows(); // the walk that begins sees them all
    while (found.empty()) {
        const std::vector<std::string> kept = quarantine_.next_missing_rows(most);
        if (kept.empty()) {
            break;
        }
        for (const std::string& json : kept) {
            if (std::optional<kept_change> read = change_from_json(adapter_, json)) {
                found.push_back(std::move(*read));
            }
        }
    }
    return found;
}

/// A part of a row of which the mirror has not the rest. The row is read again from the source; until then its case is
/// in quarantine, so that a crash does not lose it.
void applier::put_missing(const net_change& change, const std::string& position) {
    if (forgiven_[change.table]) {
        return;
    }
    quarantine_.put(adapter_.tables[change.table], change, position, quarantine_.row_missing());
    may_miss_rows_ = true;
}

void applier::apply_alone(const change& one, const std::string& why, const std::string& position) {
    const adapter::table& table = adapter_.tables[one.table];
    if (one.what == capture::operation::truncate) {
        writer_.truncate(one.table, source_.id);
        touches_.all_through(table);
        quarantine_.supersede_all(table);
        return;
    }
    if (!why.empty()) {
        quarantine_alone(one, position, {"", why, "mend the row in the source and save it again"});
        return;
    }
    // Whose earlier change is in quarantine is not completed by a part.
    if (!is_full(one.row) && quarantine_.holds(table, one.old)) {
        quarantine_alone(one, position, quarantine_.row_missing());
        may_miss_rows_ = true;
        return;
    }
    bool found = false;
    if (const auto failed = data_error_of(on_, [&] { found = writer_.rename(one); })) {
        quarantine_alone(one, position, reason_of(*failed));
        return;
    }
    if (!found) {
        if (!forgiven_[one.table]) {
            quarantine_.put(table, operation_name(one.what), one.row, one.old, position, quarantine_.row_missing());
            may_miss_rows_ = true;
        }
        return;
    }
    quarantine_.supersede(table, one.old);
    quarantine_.supersede(table, one.row);
}

/// Puts one change in quarantine. Where it moves its row to another key, the row leaves the old one all the same, and
/// its children follow: nothing would ever come again to remove it there.
void applier::quarantine_alone(const change& one, const std::string& position, const row_quarantine::reason& why) {
    const adapter::table& table = adapter_.tables[one.table];
    const std::string old_key = key_text(table, one.old);
    if (one.what == capture::operation::update && has_values(table.key, one.old)) {
        // A key that the mirror cannot hold was never there.
        if (old_key != key_text(table, one.row)) {
            data_error_of(on_, [&] { writer_.remove_old(one); });
            quarantine_.supersede(table, one.old);
        }
        if (!one.keeps_children) {
            data_error_of(on_, [&] { writer_.move_children(one); });
        }
    }
    quarantine_.put(table, operation_name(one.what), one.row, one.old, position, why, one.keeps_children);
}

/// A removed row whose key the mirror cannot hold was never there, nor an entity of it: its cases are closed, and
/// nothing is to be mapped. Returns false if the mirror can hold its key.
bool applier::forget_impossible(const net_change& removed) {
    const adapter::table& table = adapter_.tables[removed.table];
    savepoint before(on_);
    if (can_hold_key(on_, table, key_values(table, removed.row))) {
        before.release();
        return false;
    }
    before.roll_back();
    quarantine_.supersede(table, removed.row);
    run_.touched().forget_own(table, removed.row);
    return true;
}

/// Halves a group until the rows that fail stand alone: they go to quarantine, the others are written.
void applier::write_carefully(net_changes group, const std::string& position) {
    std::vector<const net_change*> missing;
    savepoint before(on_);
    try {
        writer_.collect_cascaded(!quarantine_.empty());
        read_old(group);
        writer_.write(group, missing);
        before.release();
    } catch (const pq::error& failed) {
        if (is_table_error(failed.sqlstate())) {
            before.roll_back();
            const std::uint32_t table = group.front()->table;
            if (!tables_.is_stopped(table)) {
                tables_.stop(table, failed.what(),
                             "compare " + writer_.table(table).name + " with the adapter's mirror.sql, and mend it");
            }
            return;
        }
        if (!is_data_error(failed.sqlstate())) {
            throw;
        }
        before.roll_back();
        if (group.size() == 1) {
            const net_change& one = *group.front();
            if (one.what != net_change::effect::remove || !forget_impossible(one)) {
                quarantine_.put(adapter_.tables[one.table], one, position, reason_of(failed));
            }
            return;
        }
        write_carefully(group.first(group.size() / 2), position);
        write_carefully(group.subspan(group.size() / 2), position);
        return;
    }
    supersede_cascaded();
    for (const net_change* one : missing) {
        put_missing(*one, position);
    }
    for (const net_change* one : group) {
        if (one->what != net_change::effect::patch) {
            quarantine_.supersede(adapter_.tables[one->table], one->row);
        }
    }
}

void applier::retry_quarantined() {
    const auto requested = quarantine_.requested();
    if (requested.empty()) {
        return;
    }
    on_.run("BEGIN");
    open_ = true;
    for (const auto& [id, json] : requested) {
        const std::optional<kept_change> kept = change_from_json(adapter_, json);
        if (!kept) {
            quarantine_.refuse(id, {"", "the kept change does not fit the adapter any more",
                                    "everarchive source resync " + source_.name});
            continue;
        }
        const row_quarantine::neighbours beside = quarantine_.beside(id);
        if (!beside.is_open) { // superseded by one of those before it, or discarded meanwhile
            continue;
        }
        if (std::any_of(beside.newer.begin(), beside.newer.end(), [&](const std::string& newer) {
                const std::optional<kept_change> read = change_from_json(adapter_, newer);
                return read && read->is_whole();
            })) {
            quarantine_.outdated(id);
            continue;
        }
        quarantine_.retried(id, adapter_.tables[kept->table], *kept, retry(*kept, beside.older));
        supersede_cascaded();
    }
    may_miss_rows_ = true; // what was refused may be the part of a row
    commit({});
}

/// Applies a kept change again. Returns why it could not be.
std::optional<row_quarantine::reason> applier::retry(const kept_change& kept, bool older_open) {
    const adapter::table& table = adapter_.tables[kept.table];
    writer_.collect_cascaded(!quarantine_.empty());
    if (older_open && !kept.is_whole()) {
        return quarantine_.row_missing();
    }
    net_change net;
    net.table = static_cast<std::uint32_t>(kept.table);
    net.row = kept.row;
    net.read_old = true;
    net.what = kept.operation == "delete" ? net_change::effect::remove
               : is_full(kept.row)        ? net_change::effect::upsert
                                          : net_change::effect::patch;
    if (net.what == net_change::effect::remove && !kept.keeps_children) {
        net.cascades = !cascades_.children(kept.table).empty();
        for (const cascade_graph::child& child : cascades_.children(kept.table)) {
            for (const std::size_t column : child.link->parent_columns) {
                if (kept.row[column].is == capture::cell::state::absent) {
                    return row_quarantine::reason{"",
                                                  "the deleted row does not carry column " +
                                                      table.columns[column].name +
                                                      ", by which its child rows are found",
                                                  "everarchive source resync " + source_.name};
                }
            }
        }
    }
    const net_change* const one[] = {&net};
    std::vector<const net_change*> missing;
    if (const auto failed = data_error_of(on_, [&] {
            run_.touched().add(table, kept.row);
            writer_.read_old(one);
            writer_.write(one, missing);
        })) {
        writer_.collect_cascaded(false);
        return reason_of(*failed);
    }
    return missing.empty() ? std::nullopt : std::optional(quarantine_.row_missing());
}

} // namespace everarchive::apply
