#include "capture/postgresql_watch.hpp"

#include <fmt/format.h>

#include <array>
#include <thread>

#include "base/log.hpp"

namespace everarchive::capture::postgresql {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto look_every = std::chrono::seconds{5};
constexpr auto blind_too_long = std::chrono::minutes{2};

/// One row for each table of the adapter that is there, and one without a table. A partition that was made as one
/// (CREATE TABLE … PARTITION OF) has its row in pg_inherits from the transaction that made its system columns; one that
/// was attached brought rows along that are in no message. Nor is the TRUNCATE of one partition in any, since changes
/// are published as the root's (pgoutput_truncate): its file (relfilenode) is another one then. What is younger than
/// the oldest catalog that the slot keeps (catalog_xmin) may have come while nobody looked. Catalogs only, so nothing
/// is locked. A partition is OID:FILE, then `~` if its file is young and not its first, `=` if not, then how it came.
constexpr const char* question = R"(
    SELECT n.lsn, s.restart_lsn IS NOT NULL, s.wal_status, pg_wal_lsn_diff(n.lsn, s.restart_lsn)::bigint,
           p.oid IS NOT NULL AND NOT p.puballtables AND p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate,
           c.ord, c.oid, EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid),
           (WITH RECURSIVE part AS (
                SELECT i.inhrelid, i.xmin AS made FROM pg_inherits i WHERE i.inhparent = c.oid AND c.relkind = 'p'
                UNION ALL SELECT i.inhrelid, i.xmin FROM pg_inherits i JOIN part ON i.inhparent = part.inhrelid)
            SELECT string_agg(part.inhrelid || ':' || f.relfilenode ||
                              CASE WHEN f.relfilenode <> f.oid AND age(f.xmin) <= age(s.catalog_xmin) THEN '~' ELSE '=' END ||
                              CASE WHEN a.xmin = part.made THEN '+' WHEN age(part.made) <= age(s.catalog_xmin)
                                                    THEN '!' ELSE '-' END, ' ')
            FROM part JOIN pg_attribute a ON a.attrelid = part.inhrelid AND a.attnum = -1
                      JOIN pg_class f ON f.oid = part.inhrelid),
           (SELECT age(a.xmin) <= age(s.catalog_xmin) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = -1)
    FROM (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END AS lsn) n
    LEFT JOIN pg_replication_slots s ON s.slot_name = $1
    LEFT JOIN pg_publication p ON p.pubname = $2
    LEFT JOIN (SELECT w.ord, k.oid, k.relkind FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS w (schema, name, ord)
               JOIN pg_namespace m ON m.nspname = w.schema
               JOIN pg_class k ON k.relnamespace = m.oid AND k.relname = w.name AND k.relkind IN ('r', 'p')) c ON true)";

std::string bytes_text(std::int64_t bytes) {
    return bytes < (10LL << 30U) ? fmt::format("{} MB", bytes >> 20U) : fmt::format("{} GB", bytes >> 30U);
}

} // namespace

slot_watch::slot_watch(pq::connection on, const source_names& names, const adapter::adapter& adapter, log_guard guard)
    : on_(std::move(on)), names_(names), adapter_(adapter), guard_(guard), conninfo_(on_->conninfo()) {
    for (const adapter::table& table : adapter.tables) {
        schemas_.push_back(table.schema.empty() ? "public" : table.schema);
        tables_.push_back(table.name);
    }
    read(
        on_->run(question, {names_.slot, names_.publication, pq::array_literal(schemas_), pq::array_literal(tables_)}));
    asked_ = clock::now();
}

void slot_watch::ask() {
    const std::string schemas = pq::array_literal(schemas_);
    const std::string tables = pq::array_literal(tables_);
    const std::array<const char*, 4> values{names_.slot.c_str(), names_.publication.c_str(), schemas.c_str(),
                                            tables.c_str()};
    asked_ = clock::now();
    if (PQsendQueryParams(on_->raw(), question, values.size(), nullptr, values.data(), nullptr, nullptr, 0) != 1) {
        throw on_->last_error({});
    }
    pending_ = true;
}

void slot_watch::look() {
    try {
        if (!on_) {
            connect_again();
        } else if (pending_) {
            take_answer();
        } else if (clock::now() - asked_ >= look_every) {
            ask();
        }
    } catch (const pq::error& failed) {
        give_up(failed.what());
    }
}

void slot_watch::take_answer() {
    PGconn* const side = on_->raw();
    if (PQconsumeInput(side) != 1) {
        throw on_->last_error({});
    }
    while (PQisBusy(side) == 0) {
        const pq::result answer(PQgetResult(side));
        if (answer.raw() == nullptr) {
            pending_ = false;
            return;
        }
        if (PQresultStatus(answer.raw()) != PGRES_TUPLES_OK) {
            throw on_->error_of(answer.raw(), {});
        }
        read(answer);
        pause_.reset();
        why_blind_.clear();
    }
    if (clock::now() - asked_ > blind_too_long) {
        give_up("the server does not answer");
    }
}

/// What was known of the log that the server keeps is not known any more.
void slot_watch::give_up(const std::string& why) {
    on_.reset();
    pending_ = false;
    retained_.reset();
    log_state_.clear();
    notice_.reset();
    const auto now = clock::now();
    if (why_blind_.empty()) {
        blind_since_ = now;
        log::write(log::severity::warning, "capture",
                   "the source cannot be asked for its log and its tables; the stream goes on: " + why,
                   {{"source", names_.source}});
    }
    why_blind_ = why;
    next_try_ = now + pause_.next();
}

/// In a thread of its own, since connecting waits for the server.
void slot_watch::connect_again() {
    if (clock::now() - blind_since_ > blind_too_long) {
        notice_ = {"neither the log that the source keeps for us nor changes of its tables are watched: " + why_blind_,
                   "psql with the origin's connection string says what is wrong; everarchive source check says more"};
    }
    if (!connecting_.valid()) {
        if (clock::now() >= next_try_) {
            connecting_ =
                std::async(std::launch::async, [conninfo = conninfo_] { return connect(conninfo, stream_patience); });
        }
    } else if (connecting_.wait_for(std::chrono::seconds{0}) == std::future_status::ready) {
        on_.emplace(connecting_.get());
        ask();
    }
}

void slot_watch::read(const pq::result& answer) {
    note_newest(parse_lsn(answer.text(0, 0)));
    if (!answer.truth(0, 4)) {
        throw error(exit_code::source, cause::position_lost,
                    fmt::format("the publication {} is gone, or does not publish all of insert, update, delete and "
                                "truncate any more; changes that it did not publish are not in the stream",
                                names_.publication),
                    "everarchive source check prints the statement that mends it; then " + names_.resync_hint());
    }
    read_guard(answer);
    std::set<std::size_t> there;
    for (int row = 0; row < answer.rows(); ++row) {
        if (!answer.is_null(row, 5)) {
            there.insert(static_cast<std::size_t>(answer.number(row, 5)) - 1);
            read_table(answer, row);
        }
    }
    for (const auto& [table, before] : seen_) {
        if (!there.contains(table)) {
            note(table, "was dropped or renamed", false);
        }
    }
}

void slot_watch::read_guard(const pq::result& answer) {
    notice_.reset();
    retained_.reset();
    log_state_ = answer.text(0, 2);
    if (!answer.truth(0, 1)) {
        return; // no slot, or one that is lost: the stream itself tells
    }
    const std::int64_t bytes = answer.number(0, 3);
    retained_ = bytes;
    const std::string mend = fmt::format("look why everarchive is behind: everarchive status; SELECT * FROM "
                                         "pg_replication_slots WHERE slot_name = '{}' in the source",
                                         names_.slot);
    if (guard_.limit > 0 && bytes > guard_.limit) {
        if (guard_.drop) {
            wants_drop_ = true;
            return;
        }
        throw error(exit_code::source, cause::needs_person,
                    fmt::format("the source keeps {} of log for the replication slot {}, more than wal_limit_bytes "
                                "({}): reading is paused",
                                bytes_text(bytes), names_.slot, bytes_text(guard_.limit)),
                    fmt::format("SELECT everarchive.source_set('{0}', 'wal_limit_bytes', '0'), "
                                "everarchive.source_resume('{0}') reads on; SELECT pg_drop_replication_slot('{1}') in "
                                "the source frees its disk and needs everarchive source resync {0}",
                                names_.source, names_.slot));
    }
    if (answer.text(0, 2) == "unreserved") {
        // Without the bytes, which the state shows anyway: a notice that changes is told again.
        notice_ = {fmt::format("the source is about to remove log that we have not read: the replication slot {} holds "
                               "more than max_slot_wal_keep_size",
                               names_.slot),
                   "raise max_slot_wal_keep_size in the source; " + mend};
    } else if (guard_.warn > 0 && bytes > guard_.warn) {
        notice_ = {fmt::format("the source keeps more log for the replication slot {} than wal_warn_bytes ({})",
                               names_.slot, bytes_text(guard_.warn)),
                   mend};
    }
}

void slot_watch::read_table(const pq::result& answer, int row) {
    const auto table = static_cast<std::size_t>(answer.number(row, 5)) - 1;
    table_seen now{std::string(answer.text(row, 6)), answer.truth(row, 7), {}};
    bool attached = false; // perhaps since our position
    bool replaced = false; // likewise
    std::string_view partitions = answer.text(row, 8);
    while (!partitions.empty()) {
        const std::string_view one = partitions.substr(0, partitions.find(' '));
        const std::size_t colon = one.find(':');
        now.partitions[std::string(one.substr(0, colon))] = {
            one.back() == '+', std::string(one.substr(colon + 1, one.size() - colon - 3))};
        attached = attached || one.back() == '!';
        replaced = replaced || one[one.size() - 2] == '~';
        partitions.remove_prefix(std::min(one.size() + 1, partitions.size()));
    }
    const auto before = seen_.find(table);
    if (before == seen_.end()) {
        // A table that the publication does not have was told of when the stream was opened.
        if (now.published && answer.truth(row, 9)) {
            note(table, "was made anew since our position: what happened before it was published is in no message",
                 false);
        } else if (now.published && attached) {
            note(table, "has got a partition by ATTACH since our position, whose rows are in no message", false);
        } else if (now.published && replaced) {
            note(table, "has a partition that may have been truncated since our position, which no message tells of",
                 false);
        }
        seen_.emplace(table, std::move(now));
        return;
    }
    if (before->second.oid != now.oid) {
        note(table, "was dropped and made again", !now.published);
    } else if (before->second.published && !now.published) {
        note(table, fmt::format("is no longer in the publication {}", names_.publication), true);
    } else {
        for (const auto& [oid, partition] : now.partitions) {
            const auto known = before->second.partitions.find(oid);
            if (known == before->second.partitions.end()) {
                if (!partition.made) {
                    note(table, "has got a partition by ATTACH, whose rows are in no message", false);
                }
            } else if (known->second.storage != partition.storage) {
                // The two look alike; a comparison finds nothing where it was the harmless one.
                note(table,
                     "has a partition that was truncated, of which no message tells, or rewritten (VACUUM FULL, "
                     "CLUSTER, "
                     "ALTER TABLE)",
                     false);
            }
        }
        for (const auto& [oid, partition] : before->second.partitions) {
            if (!now.partitions.contains(oid)) {
                note(table, "has lost a partition by DETACH or DROP, and no message tells of its rows", false);
            }
        }
    }
    before->second = std::move(now);
}

void slot_watch::note(std::size_t table, const std::string& what, bool publish) {
    const std::string name = adapter_.tables[table].source_name();
    if (!told_.insert(table).second) {
        return;
    }
    troubles_.push_back({static_cast<std::uint32_t>(table), fmt::format("{} {}", name, what),
                         fmt::format("{}everarchive source resync {} --table {}",
                                     publish ? "everarchive source check prints the ALTER PUBLICATION; then " : "",
                                     names_.source, name)});
}

void slot_watch::drop(const std::string& conninfo) {
    const auto until = clock::now() + stream_patience;
    for (;;) {
        try {
            pq::connection on = connect(conninfo, stream_patience);
            drop_slot(on, names_);
            break;
        } catch (const error& busy) {
            // The server has not noticed yet that the stream is closed.
            if (busy.why() != cause::retry || clock::now() > until) {
                throw;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
    }
    const std::string what = fmt::format("the source kept {} of log for the replication slot {}, more than "
                                         "wal_limit_bytes ({}): the slot was given up (on_wal_limit = drop)",
                                         bytes_text(retained_.value_or(0)), names_.slot, bytes_text(guard_.limit));
    log::write(log::severity::error, "capture", what, {{"source", names_.source}});
    throw error(exit_code::source, cause::position_lost, what, names_.resync_hint());
}

} // namespace everarchive::capture::postgresql
