#include "apply/chunk_changes.hpp"

#include <algorithm>

#include "apply/coalesce.hpp"

namespace everarchive::apply {

using capture::batch;
using capture::cell;
using capture::change;
using capture::operation;
using capture::read_point;

std::string link_name(const adapter::foreign_key& link, const std::vector<std::size_t>& columns,
                      std::span<const cell> row) {
    std::string name = link.parent;
    for (const std::size_t column : link.parent_columns) {
        name += ',' + std::to_string(column);
    }
    return name + '/' + joined_values(columns, row);
}

void recent_changes::watch(bool on) {
    if (watching_ && !on) {
        for (const transaction& old : transactions_) {
            forget(old);
        }
        transactions_.clear();
        bytes_ = 0;
    }
    watching_ = on;
}

void recent_changes::forget(const transaction& old) {
    if (old.xid != 0) {
        forgotten_.push_back(old.xid);
        if (forgotten_.size() > most_forgotten) {
            forgotten_.pop_front();
        }
    }
    if (!old.position.empty()) {
        forgotten_position_ = old.position;
    }
}

void recent_changes::note(const change& change, transaction& into) const {
    const adapter::table& table = adapter_.tables[change.table];
    const auto key = [&](std::span<const cell> row) {
        if (!row.empty()) {
            into.bytes += into.keys.emplace_back(change.table, joined_values(table.key, row)).second.size() + 64;
        }
    };
    if (change.what == operation::truncate) {
        into.emptied.push_back(change.table);
        return;
    }
    key(change.row);
    if (!change.old.empty()) {
        std::vector<cell> before(change.row.begin(), change.row.end()); // the key did not change where it is absent
        for (std::size_t i = 0; i < before.size() && i < change.old.size(); ++i) {
            before[i] = change.old[i].is == cell::state::absent ? before[i] : change.old[i];
        }
        key(before);
    }
    if (change.what == operation::insert) {
        return;
    }
    for (const cascade_graph::child& child : cascades_.children(change.table)) {
        const auto& columns = child.link->parent_columns;
        for (const std::span<const cell> row : {change.row, change.old}) {
            if (!row.empty()) {
                into.bytes += into.parents.emplace_back(link_name(*child.link, columns, row)).size() + 48;
            }
        }
        if (change.what == operation::update && into.parents.size() >= 2 && !change.old.empty() &&
            into.parents.back() == into.parents[into.parents.size() - 2]) {
            into.parents.resize(into.parents.size() - 2); // the children's foreign key still holds
        }
    }
}

void recent_changes::close(transaction& done, std::uint32_t xid, const std::string& position) {
    done.xid = xid;
    done.position = position;
}

void recent_changes::note(const batch& batch) {
    if (!watching_) {
        for (const capture::transaction_end& end : batch.ends) {
            forget({end.xid, {}, {}, {}, {}, 0});
        }
        if (batch.ends_transaction && !batch.position.empty()) {
            forgotten_position_ = batch.position;
        }
        return;
    }
    std::size_t begin = 0;
    const auto part = [&](std::size_t end) {
        if (!open_) {
            transactions_.emplace_back();
        }
        open_ = true;
        transaction& into = transactions_.back();
        const std::size_t before = into.bytes;
        for (; begin < end; ++begin) {
            note(batch.changes[begin], into);
        }
        bytes_ += into.bytes - before;
    };
    for (const capture::transaction_end& end : batch.ends) {
        part(std::min(end.changes, batch.changes.size()));
        close(transactions_.back(), end.xid, batch.position);
        open_ = false;
    }
    if (begin < batch.changes.size()) {
        part(batch.changes.size());
    }
    if (batch.ends_transaction) {
        if (open_) { // its end is not told
            close(transactions_.back(), 0, batch.position);
            open_ = false;
        }
        // Whole transactions before a part have no place of their own: they count as if they ended with the rest.
        for (auto one = transactions_.rbegin();
             one != transactions_.rend() && (one->position.empty() || one->position == batch.position); ++one) {
            one->position = batch.position;
        }
    }
    while (bytes_ > most_bytes && transactions_.size() > 1) {
        bytes_ -= transactions_.front().bytes;
        forget(transactions_.front());
        transactions_.pop_front();
    }
}

bool recent_changes::has_seen(const read_point& point, std::uint32_t xid, const std::string& position) const {
    if (point.low.empty()) {
        return xid != 0 && point.has_seen(xid);
    }
    return !position.empty() && passed_(point.low, position);
}

std::optional<unseen_changes> recent_changes::unseen(std::uint32_t table, const read_point& point) const {
    if (point.low.empty()) {
        if (std::any_of(forgotten_.begin(), forgotten_.end(),
                        [&](std::uint32_t xid) { return !point.has_seen(xid); })) {
            return std::nullopt;
        }
    } else if (!forgotten_position_.empty() && !passed_(point.low, forgotten_position_)) {
        return std::nullopt;
    }
    unseen_changes found;
    const transaction* last = nullptr; // those of one batch have one position
    bool last_seen = false;
    for (const transaction& one : transactions_) {
        if (last == nullptr || point.low.empty() || last->position != one.position) {
            last_seen = has_seen(point, one.xid, one.position);
            last = &one;
        }
        if (last_seen) {
            continue;
        }
        for (const auto& [changed, key] : one.keys) {
            if (changed == table) {
                found.keys.insert(key);
            }
        }
        found.parents.insert(one.parents.begin(), one.parents.end());
        found.whole_table =
            found.whole_table || std::find(one.emptied.begin(), one.emptied.end(), table) != one.emptied.end();
    }
    return found;
}

void recent_changes::forget_seen(const read_point& point) {
    while (!transactions_.empty() && !(open_ && transactions_.size() == 1) &&
           has_seen(point, transactions_.front().xid, transactions_.front().position)) {
        bytes_ -= transactions_.front().bytes;
        transactions_.pop_front();
    }
    std::erase_if(forgotten_, [&](std::uint32_t xid) { return point.low.empty() && point.has_seen(xid); });
}

} // namespace everarchive::apply
