#include "apply/coalesce.hpp"

#include <algorithm>
#include <cstring>

namespace everarchive::apply {

using capture::cell;
using capture::change;
using capture::operation;

std::string joined_values(const std::vector<std::size_t>& columns, std::span<const cell> row) {
    std::string key;
    for (const std::size_t column : columns) {
        const cell& value = row[column];
        if (value.is != cell::state::value) {
            key += "N;";
            continue;
        }
        key += std::to_string(value.text.size());
        key += ':';
        key += value.text;
    }
    return key;
}

capture::row_key key_values(const adapter::table& table, std::span<const cell> row) {
    capture::row_key key;
    for (const std::size_t column : table.key) {
        key.emplace_back(column < row.size() ? row[column].text : std::string_view());
    }
    return key;
}

std::string key_text(const adapter::table& table, std::span<const cell> row) {
    std::string key;
    for (const std::size_t column : table.key) {
        if (!key.empty()) {
            key += ':';
        }
        if (column < row.size()) {
            key += row[column].text;
        }
    }
    return key;
}

bool is_full(std::span<const cell> row) {
    return std::none_of(row.begin(), row.end(), [](const cell& c) { return c.is == cell::state::absent; });
}

bool has_values(const std::vector<std::size_t>& columns, std::span<const cell> row) {
    return !row.empty() && std::all_of(columns.begin(), columns.end(), [&](std::size_t column) {
        return column < row.size() && row[column].is == cell::state::value;
    });
}

namespace {

bool same_values(const std::vector<std::size_t>& columns, std::span<const cell> a, std::span<const cell> b) {
    return std::all_of(columns.begin(), columns.end(), [&](std::size_t column) { return a[column] == b[column]; });
}

std::string table_and_key(std::uint32_t table, const adapter::table& definition, std::span<const cell> row) {
    return std::to_string(table) + '/' + joined_values(definition.key, row);
}

} // namespace

std::span<cell> run::cells(std::size_t count) {
    auto* room = static_cast<cell*>(arena_.allocate(count * sizeof(cell), alignof(cell)));
    std::uninitialized_value_construct_n(room, count);
    return {room, count};
}

void run::clear() {
    changes_.clear();
    by_key_.clear();
    pending_.clear();
    arena_.release();
}

std::string run::pending_name(std::size_t parent, const adapter::foreign_key& link,
                              const std::vector<std::size_t>& columns, std::span<const cell> row) const {
    std::string name = std::to_string(parent);
    for (const std::size_t column : link.parent_columns) {
        name += ',' + std::to_string(column);
    }
    return name + '/' + joined_values(columns, row);
}

bool run::is_pending(std::size_t parent, const adapter::foreign_key& link, const std::vector<std::size_t>& columns,
                     std::span<const cell> row) const {
    return has_values(columns, row) && pending_.contains(pending_name(parent, link, columns, row));
}

/// A change after a cascade that names the same parent value (the parent made again, a child of the new one) must not
/// be swallowed by the cascade, which is only carried out at the flush.
bool run::depends_on_cascade(const change& change) const {
    if (pending_.empty()) {
        return false;
    }
    const auto& children = cascades_.children(change.table);
    const auto& parents = cascades_.parents(change.table);
    // A row between two levels that appears again may be one that a cascade took away, and with it rows below that
    // nobody names.
    if (change.what == operation::insert && !children.empty() && !parents.empty()) {
        return true;
    }
    const auto named = [&](std::span<const cell> row) {
        return std::any_of(children.begin(), children.end(),
                           [&](const cascade_graph::child& child) {
                               return is_pending(change.table, *child.link, child.link->parent_columns, row);
                           }) ||
               std::any_of(parents.begin(), parents.end(), [&](const auto& parent) {
                   return is_pending(parent.first, *parent.second, parent.second->columns, row);
               });
    };
    return named(change.row) || named(change.old);
}

/// Whether columns change that foreign keys with ON UPDATE name: of the key, or of a unique key beside it.
bool run::moves_children(const change& change, std::span<const cell> row) const {
    const auto& children = cascades_.children(change.table);
    return std::any_of(children.begin(), children.end(), [&](const cascade_graph::child& child) {
        const auto& columns = child.link->parent_columns;
        return child.link->on_update != adapter::foreign_key::action::none && has_values(columns, change.old) &&
               has_values(columns, row) && !same_values(columns, change.old, row);
    });
}

bool run::add_old_touches(const adapter::table& table, std::span<const cell> old, std::span<const cell> row) {
    if (table.touches.empty() && table.touches_through.empty()) {
        return true;
    }
    std::vector<cell> before(table.columns.size());
    std::copy(old.begin(), old.end(), before.begin());
    for (const std::size_t column : table.key) {
        if (before[column].is == cell::state::absent) {
            before[column] = row[column]; // the key did not change: then the source would have sent the old one
        }
    }
    return touched_.add(table, before);
}

void run::remove_row(std::uint32_t table, std::span<const cell> row, bool cascades) {
    const adapter::table& definition = adapter_.tables[table];
    const bool touches_known = touched_.add(definition, row);
    if (cascades) {
        for (const cascade_graph::child& child : cascades_.children(table)) {
            if (child.link->on_delete != adapter::foreign_key::action::none &&
                has_values(child.link->parent_columns, row)) {
                pending_.insert(pending_name(table, *child.link, child.link->parent_columns, row));
            }
        }
    }
    const auto [place, is_new] = by_key_.try_emplace(table_and_key(table, definition, row), nullptr);
    if (is_new) {
        changes_.push_back({table, net_change::effect::remove, !touches_known, cascades, false, row});
        place->second = &changes_.back();
        return;
    }
    // What the row touched before the run is known since its first change; what it touched in between was added then.
    place->second->what = net_change::effect::remove;
    place->second->cascades = cascades;
    place->second->row = row;
}

run::verdict run::write_row(const change& change, std::span<const cell> row) {
    const adapter::table& table = adapter_.tables[change.table];
    const bool full = is_full(row);
    const auto [place, is_new] = by_key_.try_emplace(table_and_key(change.table, table, row), nullptr);
    net_change* net = place->second;
    if (!is_new && net->what == net_change::effect::remove && !full) {
        return verdict::flush_first; // the row cannot be completed from what was removed
    }
    if (is_new) {
        touched_.add(table, row);
        bool read_old = false;
        if (change.what == operation::update) {
            read_old = !add_old_touches(table, change.old, row);
        } else if (!pending_.empty() && !cascades_.parents(change.table).empty()) {
            read_old = true; // the mirror may still hold a row of this key that a cascade of this run took away
        }
        changes_.push_back({change.table, full ? net_change::effect::upsert : net_change::effect::patch, read_old,
                            false, change.what == operation::insert && !read_old, row});
        place->second = &changes_.back();
        return verdict::taken;
    }
    net->cascades = false;
    if (full) {
        touched_.add(table, row);
        net->what = net_change::effect::upsert;
        net->row = row;
        return verdict::taken;
    }
    // The kept state with the new cells over it: an upsert stays one, a patch grows.
    const std::span<cell> merged = cells(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        merged[i] = row[i].is == cell::state::absent ? net->row[i] : row[i];
    }
    touched_.add(table, merged); // a key may have one part from an earlier change and one from this
    net->row = merged;
    if (is_full(merged)) {
        net->what = net_change::effect::upsert;
    }
    return verdict::taken;
}

run::verdict run::add(const change& change, std::string& why) {
    why.clear();
    const adapter::table& table = adapter_.tables[change.table];
    if (change.what == operation::truncate) {
        return verdict::alone;
    }
    if (!change.problem.empty()) {
        why = change.problem;
        return verdict::alone;
    }
    if (depends_on_cascade(change)) {
        return verdict::flush_first;
    }

    // An absent cell is an unchanged one, so the row before completes the new one where the source sent it.
    std::span<const cell> row = change.row;
    if (change.what == operation::update && !change.old.empty() && !is_full(row)) {
        const std::span<cell> completed = cells(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            completed[i] = row[i].is == cell::state::absent ? change.old[i] : row[i];
        }
        row = completed;
    }
    if (!has_values(table.key, row)) {
        why = "the change does not carry the primary key of " + table.source_name();
        return verdict::alone;
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
        // Of a removed row only the key is used.
        if (change.what == operation::remove && std::find(table.key.begin(), table.key.end(), i) == table.key.end()) {
            continue;
        }
        if (row[i].is == cell::state::value && std::memchr(row[i].text.data(), 0, row[i].text.size()) != nullptr) {
            why = "column " + table.columns[i].name + " holds a 0x00 byte, which PostgreSQL cannot store in a text";
            return verdict::alone;
        }
    }

    const auto& children = cascades_.children(change.table);
    const auto takes_along = [](const cascade_graph::child& child) {
        return child.link->on_delete != adapter::foreign_key::action::none;
    };
    if (change.what == operation::remove) {
        const bool cascades = !change.keeps_children && std::any_of(children.begin(), children.end(), takes_along);
        for (const cascade_graph::child& child : children) {
            for (const std::size_t column : child.link->parent_columns) {
                if (cascades && takes_along(child) && row[column].is == cell::state::absent) {
                    why = "the deleted row does not carry column " + table.columns[column].name +
                          ", by which its child rows are found; the source needs binlog_row_image=FULL";
                    return verdict::alone;
                }
            }
        }
        remove_row(change.table, row, cascades);
        return verdict::taken;
    }
    if (change.what != operation::update) {
        return write_row(change, row);
    }
    // Child rows follow the columns that they name in the source without a log entry.
    if (!change.keeps_children && moves_children(change, row)) {
        return verdict::alone;
    }
    if (has_values(table.key, change.old) && !same_values(table.key, change.old, row)) {
        // The row moves to another key. Without all cells it can only be moved in the mirror itself.
        if (!is_full(row)) {
            return verdict::alone;
        }
        remove_row(change.table, change.old, false);
    }
    return write_row(change, row);
}

} // namespace everarchive::apply
