// Keys that seem to differ: each is looked at again, at points that the stream has passed, until it is known whether
// the mirror differs or the source was only ahead.

#include <algorithm>

#include "apply/chunk_comparison.hpp"
#include "base/fault_point.hpp"
#include "base/log.hpp"

namespace everarchive::apply {

using capture::cell;
using capture::change;
using capture::chunk;
using capture::chunk_request;
using capture::operation;
using capture::row_key;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A key that the source changes again and again cannot be compared. Looks come ever later: so many take half a minute.
constexpr int most_looks = 60;
constexpr milliseconds longest_rest{1'000};
/// Looks after which a row is believed to be missing although its parent is missing as well.
constexpr int patient_looks = 8;

} // namespace

void chunk_comparison::add_doubt(const row_key& key, std::size_t number, bool differs) {
    std::string joined = joined_key(key);
    const auto [place, is_new] = doubts_.try_emplace(joined, doubt{key, number, differs ? 1 : 0, 0, {}});
    if (is_new) {
        ++piece_of(number).open;
        due_.push_back(std::move(joined));
    }
}

void chunk_comparison::settle(const std::string& key) {
    const auto place = doubts_.find(key);
    if (place != doubts_.end()) {
        --piece_of(place->second.piece).open;
        doubts_.erase(place);
    }
}

void chunk_comparison::look_later(doubt& one, const std::string& key) {
    if (++one.looks >= most_looks) {
        ++run_->unsettled;
        settle(key);
        return;
    }
    one.not_before = steady_clock::now() + std::min(longest_rest, milliseconds{20} * one.looks);
    due_.push_back(key);
}

void chunk_comparison::ask_looks() {
    const auto now = steady_clock::now();
    while (!due_.empty() && purposes_.size() < most_looks_ahead && doubts_.at(due_.front()).not_before <= now) {
        chunk_request rows;
        rows.table = tables_.front();
        rows.as = chunk_request::form::rows;
        purpose why{true, 0, {}};
        while (!due_.empty() && rows.keys.size() < keys_at_once && doubts_.at(due_.front()).not_before <= now) {
            rows.keys.push_back(doubts_.at(due_.front()).key);
            why.doubts.push_back(std::move(due_.front()));
            due_.pop_front();
        }
        purposes_.push_back(std::move(why));
        feed_->ask(std::move(rows));
    }
}

/// The rows in doubt as the source has them now.
void chunk_comparison::take_look(const chunk_feed::answer& answer, const purpose& why) {
    std::vector<std::string> read = why.doubts;
    for (std::size_t i = answer.chunk.keys_read; i < read.size(); ++i) {
        due_.push_front(read[i]); // large rows: the others come with the next look
    }
    read.resize(std::min(read.size(), answer.chunk.keys_read));
    judge(answer.chunk, read);
}

void chunk_comparison::judge(const chunk& read, const std::vector<std::string>& asked) {
    const std::uint32_t index = tables_.front();
    const std::optional<unseen_changes> unseen = changes_.unseen(index, read.point);
    if (!unseen) {
        for (const std::string& key : asked) {
            look_later(doubts_.at(key), key);
        }
        return;
    }
    std::unordered_map<std::string, const change*> source;
    for (const change& one : read.content.changes) {
        source.emplace(joined_values(table().key, one.row), &one);
    }
    std::vector<row_key> keys;
    for (const std::string& key : asked) {
        keys.push_back(doubts_.at(key).key);
    }
    const std::map<std::string, chunk_mirror::row> mirror = mirror_.rows_of(index, keys);
    std::vector<difference> found;
    capture::batch repairs;
    for (const std::string& key : asked) {
        doubt& one = doubts_.at(key);
        if (unseen->whole_table || unseen->keys.contains(key)) {
            look_later(one, key);
            continue;
        }
        const auto theirs = source.find(key);
        const auto ours = mirror.find(key);
        difference differs{readable_key(one.key), {}, {}};
        if (theirs == source.end()) {
            differs.kind = ours == mirror.end() ? "" : "extra";
        } else if (ours == mirror.end()) {
            differs.kind = "missing";
        } else {
            differs.columns = differing_columns(theirs->second->row, ours->second);
            differs.kind = differs.columns.empty() ? "" : "different";
        }
        const change* const row = theirs == source.end() ? nullptr : theirs->second;
        if (differs.kind.empty()) {
            close_case(one.key, row, repairs);
            settle(key);
            continue;
        }
        if (one.looks < patient_looks && row != nullptr && may_be_cascaded(row->row, *unseen)) {
            look_later(one, key);
            continue;
        }
        if (++one.differed < 2) {
            look_later(one, key);
            continue;
        }
        const change repair = repair_of(one.key, row, repairs);
        // A row that cannot be applied is in quarantine once; what is read again takes the place of the part that was.
        if (repair.problem.empty() || run_->id == 0 || !applier_.holds(index, repair.row)) {
            repairs.changes.push_back(repair);
        }
        found.push_back(std::move(differs));
        settle(key);
    }
    if (!found.empty() || !repairs.changes.empty()) {
        report(found, std::move(repairs));
    }
}

/// What makes the mirror's row the source's: nullptr, it has none.
change chunk_comparison::repair_of(const row_key& key, const change* row, capture::batch& repairs) const {
    change repair;
    repair.table = tables_.front();
    repair.keeps_children = true; // which are compared themselves
    if (row == nullptr) {
        repair.what = operation::remove;
        const std::span<cell> cells = repairs.cells(adapter_.tables[repair.table].columns.size());
        for (std::size_t part = 0; part < key.size(); ++part) {
            cells[adapter_.tables[repair.table].key[part]] = cell::of(repairs.keep(key[part]));
        }
        repair.row = cells;
    } else {
        repair.what = operation::update; // what the mirror's row touched is touched as well
        repair.row = row->row;
        repair.problem = row->problem;
    }
    return repair;
}

/// A row that is the same on both sides, or on neither (a cascade that no log tells of took it from both), has no case
/// any more: it would be read again for ever, and those of other rows would wait behind it.
void chunk_comparison::close_case(const row_key& key, const change* row, capture::batch& repairs) {
    if (!run_->repairs || (row != nullptr && !row->problem.empty())) {
        return;
    }
    const change same = repair_of(key, row, repairs);
    if (applier_.holds(same.table, same.row)) {
        repairs.changes.push_back(same); // a whole change closes it
    }
}

std::vector<std::string> chunk_comparison::differing_columns(std::span<const cell> source,
                                                             const chunk_mirror::row& mirror) {
    std::vector<std::string> names;
    for (const std::size_t column : columns()) {
        const bool null = source[column].is != cell::state::value;
        if (null ? !mirror[column] : mirror[column] == source[column].text) {
            continue;
        }
        if (!null && mirror[column]) {
            const std::optional<std::string> normal = mirror_.in_column(tables_.front(), column, source[column].text);
            if (normal && *normal == *mirror[column]) {
                continue;
            }
        }
        names.push_back(table().columns[column].name);
    }
    return names;
}

/// Whether the mirror's row may be what the source's engine made of it after the row was read, by a foreign key: no log
/// tells of that.
bool chunk_comparison::may_be_cascaded(std::span<const cell> row, const unseen_changes& unseen) {
    const auto& parents = cascades_.parents(tables_.front());
    return std::any_of(parents.begin(), parents.end(), [&](const auto& parent) {
        const adapter::foreign_key& link = *parent.second;
        return unseen.parents.contains(link_name(link, link.columns, row)) ||
               !mirror_.has_parent(parent.first, link, row);
    });
}

void chunk_comparison::report(const std::vector<difference>& found, capture::batch repairs) {
    for (const difference& one : found) {
        log::write(log::severity::debug, "apply", "the mirror differs from the source",
                   {{"source", taken_.name}, {"table", table().mirror_name()}, {"key", one.key}, {"kind", one.kind}});
    }
    const std::string name = table().mirror_name();
    if (run_->repairs) {
        fault_point("resync.before_repair");
        applier_.repair(std::move(repairs), [&] { add_differences(on_, *run_, name, found); });
        fault_point("resync.repaired");
    } else {
        add_differences(on_, *run_, name, found);
    }
}

} // namespace everarchive::apply
