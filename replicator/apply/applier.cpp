#include "apply/applier.hpp"

#include <algorithm>
#include <utility>

#include "apply/savepoint.hpp"
#include "apply/source_state.hpp"
#include "base/fault_point.hpp"

namespace everarchive::apply {

using capture::change;

namespace {

/// Net changes and bytes after which a run is written although its transaction goes on.
constexpr std::size_t most_run_changes = 20'000;
constexpr std::size_t most_run_bytes = 16 * 1024 * 1024;
constexpr std::size_t most_touched = 100'000;

/// An error that is not of a row: what the pipeline does about it is said by its cause.
[[noreturn]] void throw_with_hint(const pq::error& failed, const taken_source& source) {
    const bool schema = failed.sqlstate().starts_with("42");
    if (!schema || !failed.hint().empty()) {
        throw failed;
    }
    throw pq::error(failed.code(), failed.why(), failed.what(),
                    "the mirror schema " + source.mirror_schema +
                        " does not fit the adapter; compare it with the adapter's mirror.sql, then: everarchive source "
                        "resume " +
                        source.name,
                    failed.sqlstate());
}

} // namespace

applier::applier(pq::connection& on, const adapter::adapter& adapter, const taken_source& source)
    : on_(on), adapter_(adapter), source_(source), cascades_(adapter), run_(adapter, cascades_),
      writer_(on, adapter, cascades_, source.mirror_schema, run_.touched()), wall_(on, adapter, source.mirror_schema),
      quarantine_(on, source.id, source.name), tables_(on, adapter, source),
      touches_(on, adapter, source, writer_, run_.touched()), forgiven_(adapter.tables.size(), false),
      position_(source.position) {
    quarantine_.load();
}

void applier::repair(capture::batch changes, const std::function<void()>& beside) {
    on_.run("BEGIN");
    open_ = true;
    try {
        add_changes(changes.changes, position_);
        flush(position_);
        beside();
    } catch (const pq::error& failed) {
        throw_with_hint(failed, source_);
    }
    commit({});
}

void applier::add(capture::batch batch) {
    if (!open_) {
        fault_point("apply.before_begin");
        on_.run("BEGIN");
        open_ = true;
    }
    transactions_ += batch.transactions;
    changes_ += batch.changes.size();
    torn_ = !batch.ends_transaction;
    if (batch.ends_transaction) {
        position_ = batch.position;
        commit_time_us_ = batch.commit_time_us != 0 ? batch.commit_time_us : commit_time_us_;
    }
    for (const capture::table_trouble& trouble : batch.troubles) {
        tables_.stop(trouble.table, trouble.what, trouble.mend);
    }
    if (batch.changes.empty()) {
        return;
    }
    bytes_ += batch.weight();
    const std::string position = batch.ends_transaction ? batch.position : position_;
    held_.push_back(std::move(batch));
    try {
        wall_.pass(held_.back());
        // A copy of the spans, because a flush lets the batch go.
        const std::span<const change> changes = held_.back().changes;
        if (!source_.every_commit) {
            add_changes(changes, position);
        } else {
            const std::vector<capture::transaction_end> ends = held_.back().ends;
            std::size_t begin = 0;
            for (const capture::transaction_end& one : ends) {
                const std::size_t end = std::min(one.changes, changes.size());
                add_changes(changes.subspan(begin, end - begin), position);
                flush(position);
                refresh_touched(position, one.commit_time_us != 0 ? one.commit_time_us : commit_time_us_);
                begin = end;
            }
            add_changes(changes.subspan(begin), position);
            if (!torn_) {
                flush(position);
                refresh_touched(position, commit_time_us_);
            }
        }
        if (torn_ || run_.size() >= most_run_changes || bytes_ >= most_run_bytes) {
            flush(position);
            held_.clear();
        }
    } catch (const pq::error& failed) {
        throw_with_hint(failed, source_);
    }
}

void applier::add_changes(std::span<const change> changes, const std::string& position) {
    std::string why;
    for (const change& one : changes) {
        if (tables_.is_stopped(one.table)) {
            continue;
        }
        run::verdict verdict = run_.add(one, why);
        if (verdict == run::verdict::flush_first) {
            flush(position);
            verdict = run_.add(one, why);
            if (verdict == run::verdict::flush_first) { // a change of part of a row that was removed
                why = "the change names a row that was deleted before";
                verdict = run::verdict::alone;
            }
        }
        if (verdict == run::verdict::alone) {
            flush(position);
            apply_alone(one, why, position);
        }
    }
}

void applier::read_old(net_changes changes) {
    writer_.read_old(changes, [this](std::size_t table) { return compared_ || tables_.is_in_doubt(table); });
}

/// Closes the cases of rows that a cascade has taken away.
void applier::supersede_cascaded() {
    for (const auto& [table, key] : writer_.take_cascaded()) {
        quarantine_.supersede(adapter_.tables[table], key);
    }
}

/// Writes the run: upserts, then patches, then removes with their cascades, each table by table.
void applier::flush(const std::string& position) {
    if (!run_.empty()) {
        std::vector<const net_change*> order;
        order.reserve(run_.size());
        for (const net_change& one : run_.changes()) {
            // Whose earlier change is in quarantine is not completed by a part.
            if (one.what == net_change::effect::patch && quarantine_.holds(adapter_.tables[one.table], one.row)) {
                quarantine_.put(adapter_.tables[one.table], one, position, quarantine_.row_missing());
                may_miss_rows_ = true;
            } else {
                order.push_back(&one);
            }
        }
        std::stable_sort(order.begin(), order.end(), [](const net_change* a, const net_change* b) {
            return std::pair(a->what, a->table) < std::pair(b->what, b->table);
        });
        std::vector<net_changes> groups;
        for (std::size_t begin = 0; begin < order.size();) {
            std::size_t end = begin;
            while (end < order.size() && order[end]->what == order[begin]->what &&
                   order[end]->table == order[begin]->table) {
                ++end;
            }
            groups.push_back(net_changes(order).subspan(begin, end - begin));
            begin = end;
        }
        std::vector<const net_change*> missing;
        savepoint before(on_);
        try {
            writer_.collect_cascaded(!quarantine_.empty());
            read_old(order);
            for (const net_changes group : groups) {
                writer_.write(group, missing);
                fault_point("apply.amid_rows");
            }
            before.release();
            supersede_cascaded();
            for (const net_change* one : missing) {
                put_missing(*one, position);
            }
            if (!quarantine_.empty()) {
                for (const net_change* one : order) {
                    if (one->what != net_change::effect::patch) {
                        quarantine_.supersede(adapter_.tables[one->table], one->row);
                    }
                }
            }
        } catch (const pq::error& failed) {
            if (!is_data_error(failed.sqlstate()) && !is_table_error(failed.sqlstate())) {
                throw;
            }
            before.roll_back();
            for (const net_changes group : groups) {
                write_carefully(group, position);
            }
        }
        run_.clear();
        wall_.forget();
    }
    touches_.through();
    if (held_.size() > 1) { // the newest batch may still be read
        held_.erase(held_.begin(), held_.end() - 1);
    }
    if (run_.touched().size() >= most_touched) {
        touches_.write();
    }
}

/// every commit: maps what the source transaction touched before the next one is applied.
void applier::refresh_touched(const std::string& position, std::int64_t commit_time_us) {
    if (touches_.is_empty()) {
        return;
    }
    // Versions tell the commit time that the progress row has. Its position moves at the end of a source transaction
    // only.
    write_position(torn_ ? std::string() : position, commit_time_us, {});
    touches_.refresh(position);
}

void applier::write_position(const std::string& position, std::int64_t commit_time_us, const capture::log_lag& lag,
                             std::size_t transactions, std::size_t changes) {
    const auto number = [](const auto& value) {
        return value ? pq::parameter(std::to_string(*value)) : pq::parameter();
    };
    // A clock of the source that is ahead of ours makes no negative lag. What has no commit time (a repair, a retry, a
    // position that moves over nothing of ours, a word of the source) says nothing of the lag unless everything is
    // here.
    update_progress(
        on_, source_,
        "position = coalesce($3, position), commit_time = coalesce('epoch'::timestamptz + $4::bigint * interval '1 "
        "microsecond', commit_time), transactions = transactions + $5::bigint, changes = changes + $6::bigint, "
        "lag_bytes = coalesce($7::bigint, lag_bytes), lag_seconds = CASE WHEN $4::bigint IS NOT NULL THEN "
        "greatest(extract(epoch FROM pg_catalog.clock_timestamp()) - $4::bigint / 1e6, 0) WHEN $12::boolean THEN 0 "
        "ELSE lag_seconds END, lag_transactions = coalesce($8::bigint, "
        "lag_transactions), retained_bytes = coalesce($9::bigint, retained_bytes), log_state = coalesce($10, "
        "log_state), log_hours = coalesce($11::double precision, log_hours)",
        {position.empty() ? pq::parameter() : position,
         commit_time_us == 0 ? pq::parameter() : std::to_string(commit_time_us), std::to_string(transactions),
         std::to_string(changes), number(lag.bytes), number(lag.transactions), number(lag.retained_bytes),
         lag.log_state.empty() ? pq::parameter() : lag.log_state, number(lag.log_hours),
         lag.at_newest ? "true" : "false"});
}

std::string applier::commit(const capture::log_lag& lag) {
    try {
        flush(position_);
        if (source_.every_commit) {
            refresh_touched(position_, commit_time_us_);
        } else {
            touches_.write();
        }
        quarantine_.resolve();
        write_position(position_, commit_time_us_, lag, transactions_, changes_);
        fault_point("apply.before_commit");
        on_.run("COMMIT");
        fault_point("apply.after_commit");
    } catch (const pq::error& failed) {
        throw_with_hint(failed, source_);
    }
    writer_.stages_are_empty();
    held_.clear();
    open_ = false;
    transactions_ = 0;
    changes_ = 0;
    bytes_ = 0;
    commit_time_us_ = 0;
    return position_;
}

void applier::heard(const capture::log_lag& lag) {
    if (!open_) {
        write_position({}, 0, lag);
    }
}

void applier::roll_back() {
    if (open_) {
        run_.clear();
        run_.touched().clear();
        touches_.forget();
        wall_.forget();
        held_.clear();
        on_.run("ROLLBACK");
        writer_.stages_are_empty();
        quarantine_.load();
        tables_.read();
        open_ = false;
        torn_ = false;
        transactions_ = 0;
        changes_ = 0;
        bytes_ = 0;
        commit_time_us_ = 0;
    }
}

} // namespace everarchive::apply
