#include "cli/import_rows.hpp"

#include "apply/mirror_table.hpp"
#include "base/progress_bar.hpp"
#include "base/stop.hpp"

namespace everarchive::cli {

namespace {

constexpr std::string_view records_at_once = "2000";

} // namespace

import_rows::import_rows(pq::connection& on, const apply::taken_source& source, std::string file)
    : on_(on), source_(source), file_(std::move(file)), id_(std::to_string(source.id)),
      mirror_(apply::sql_identifier(source.mirror_schema) + ".record") {
    const std::string marc = apply::sql_identifier(on_.run("SELECT everarchive.marc_schema()").text(0, 0));
    begin_ = on_.run("SELECT pg_catalog.clock_timestamp()").text(0, 0);
    on_.run(
        "CREATE TEMP TABLE everarchive_import (ord bigint PRIMARY KEY, record_key text, digest bytea, bytes bytea)");
    // $1 the bytes, $2 the file's name, $3 records before these. A record without a control number, or with one that no
    // index would take, is called by its place in the file.
    take_ = "INSERT INTO pg_temp.everarchive_import SELECT s.ord + $3::bigint, coalesce((SELECT c.control FROM (SELECT "
            "pg_catalog.btrim(" +
            marc +
            ".marc_value(s.record, '001')) AS control) c WHERE pg_catalog.octet_length(c.control) BETWEEN 1 AND 200), "
            "$2::text || '#' || (s.ord + $3::bigint)), pg_catalog.sha256(s.bytes), s.bytes FROM " +
            marc + ".marc_split($1) s";
}

void import_rows::add(std::string_view chunk) {
    // The bytes go in binary form: as text they would be twice as long.
    const std::string records = std::to_string(counts_.read);
    const char* values[] = {chunk.data(), file_.c_str(), records.c_str()};
    const int lengths[] = {static_cast<int>(chunk.size()), 0, 0};
    const int formats[] = {1, 0, 0};
    const pq::result answer(PQexecParams(on_.raw(), take_.c_str(), 3, nullptr, values, lengths, formats, 0));
    if (PQresultStatus(answer.raw()) != PGRES_COMMAND_OK) {
        throw on_.error_of(answer.raw(), "import of " + file_);
    }
    counts_.read += answer.affected();
}

/// Which states of which records are written, and in which round: the first state of each record in round 1, and so on.
/// A record whose last state is in the mirror already is left out.
void import_rows::plan() {
    on_.run("CREATE TEMP TABLE everarchive_import_plan AS SELECT s.ord, s.record_key, pg_catalog.row_number() OVER "
            "(PARTITION BY s.record_key ORDER BY s.ord) AS round FROM (SELECT i.ord, i.record_key, i.digest, "
            "pg_catalog.lag(i.digest) OVER (PARTITION BY i.record_key ORDER BY i.ord) AS before, "
            "pg_catalog.last_value(i.digest) OVER (PARTITION BY i.record_key ORDER BY i.ord ROWS BETWEEN UNBOUNDED "
            "PRECEDING AND UNBOUNDED FOLLOWING) AS newest FROM pg_temp.everarchive_import i) s LEFT JOIN " +
            mirror_ +
            " m ON m.record_key = s.record_key WHERE s.digest IS DISTINCT FROM s.before AND (m.bytes IS NULL OR "
            "pg_catalog.sha256(m.bytes) <> s.newest); CREATE INDEX ON pg_temp.everarchive_import_plan (round, ord); "
            "ANALYZE pg_temp.everarchive_import; ANALYZE pg_temp.everarchive_import_plan");
    const pq::result counted = on_.run(
        "SELECT (SELECT pg_catalog.count(DISTINCT record_key) FROM pg_temp.everarchive_import), "
        "pg_catalog.count(*), pg_catalog.count(m.record_key) FROM pg_temp.everarchive_import_plan p LEFT JOIN " +
        mirror_ + " m ON m.record_key = p.record_key WHERE p.round = 1");
    const std::int64_t records = counted.number(0, 0);
    counts_.changed = counted.number(0, 2);
    counts_.added = counted.number(0, 1) - counts_.changed;
    counts_.unchanged = records - counted.number(0, 1);
    counts_.repeated = counts_.read - records;
}

/// Makes versions of what the mirror has of these records, before their next state takes its place. Under the locks of
/// the mapping workers (see everarchive.map_touched), so that no key is mapped twice at once.
void import_rows::refresh(std::int64_t round, std::int64_t after, std::int64_t last) {
    const std::vector<pq::parameter> batch{id_, std::to_string(round), std::to_string(after), std::to_string(last)};
    const std::string keys =
        "FROM pg_temp.everarchive_import_plan p WHERE p.round = $2::bigint AND p.ord > $3::bigint AND "
        "p.ord <= $4::bigint";
    on_.run_prepared(
        "SELECT pg_catalog.pg_advisory_xact_lock(1163280722, $1::integer * 16 + k.part) FROM (SELECT DISTINCT "
        "pg_catalog.hashtext(p.record_key) & 15 AS part " +
            keys + " ORDER BY 1) k",
        batch);
    on_.run_prepared(
        "SELECT r.* FROM everarchive.source_kind k, LATERAL everarchive.refresh($1::integer, k.kind, (SELECT "
        "pg_catalog.array_agg(p.record_key) " +
            keys + ")) r WHERE k.source_id = $1::integer",
        batch);
}

void import_rows::write_batch(std::int64_t round, std::int64_t after, std::int64_t last) {
    pq::transaction transaction(on_);
    if (round > 1) {
        refresh(round, after, last);
    }
    const std::string batch = "WHERE p.round = $1::bigint AND p.ord > $2::bigint AND p.ord <= $3::bigint";
    const std::vector<pq::parameter> bounds{std::to_string(round), std::to_string(after), std::to_string(last)};
    const pq::result written =
        on_.run_prepared("INSERT INTO " + mirror_ +
                             " (record_key, bytes) SELECT p.record_key, i.bytes FROM pg_temp.everarchive_import_plan p "
                             "JOIN pg_temp.everarchive_import i USING (ord) " +
                             batch + " ON CONFLICT (record_key) DO UPDATE SET bytes = EXCLUDED.bytes",
                         bounds);
    on_.run_prepared(
        "INSERT INTO everarchive.touched (source_id, kind, key) SELECT $4::integer, k.kind, p.record_key FROM "
        "pg_temp.everarchive_import_plan p JOIN everarchive.source_kind k ON k.source_id = $4::integer " +
            batch,
        {bounds[0], bounds[1], bounds[2], id_});
    const pq::result progress = on_.run_prepared(
        "UPDATE everarchive.source_progress SET position = $3, commit_time = pg_catalog.now(), seen_at = "
        "pg_catalog.now(), transactions = transactions + 1, changes = changes + $4::bigint, lag_bytes = 0 WHERE "
        "source_id = "
        "$1::integer AND epoch = $2::bigint",
        {id_, std::to_string(source_.epoch), file_ + "#" + std::to_string(last), std::to_string(written.affected())});
    if (progress.affected() == 0) {
        throw error(exit_code::state, cause::fenced, "another import has taken source " + source_.name + " over",
                    "wait for it, then import the file again");
    }
    on_.run_prepared("SELECT everarchive.source_set_state($1, 'streaming')", {source_.name});
    transaction.commit();
}

void import_rows::write_round(std::int64_t round) {
    std::int64_t after = 0;
    while (!stop_requested()) {
        const pq::result next = on_.run_prepared(
            "SELECT pg_catalog.max(b.ord) FROM (SELECT p.ord FROM pg_temp.everarchive_import_plan p WHERE p.round = "
            "$1::bigint AND p.ord > $2::bigint ORDER BY p.ord LIMIT " +
                std::string(records_at_once) + ") b",
            {std::to_string(round), std::to_string(after)});
        if (next.is_null(0, 0)) {
            return;
        }
        write_batch(round, after, next.number(0, 0));
        after = next.number(0, 0);
    }
}

/// A running daemon maps beside us: keys = 0 may mean that it has the rest in hand.
void import_rows::map() {
    progress_bar bar("mapping", "records");
    const std::int64_t wanted = counts_.added + counts_.changed;
    while (!stop_requested()) {
        const pq::result step = on_.run_prepared("SELECT keys FROM everarchive.map_touched($1::integer, 2000)", {id_});
        if (step.number(0, 0) == 0) {
            const pq::result left = on_.run_prepared(
                "SELECT EXISTS (SELECT 1 FROM everarchive.touched WHERE source_id = $1::integer)", {id_});
            if (!left.truth(0, 0)) {
                return;
            }
            sleep_unless_stopped(std::chrono::milliseconds{100});
        }
        const pq::result waiting = on_.run_prepared("SELECT waiting FROM everarchive.source_waiting WHERE source_id = "
                                                    "$1::integer",
                                                    {id_});
        bar.show(std::max<std::int64_t>(0, wanted - waiting.number(0, 0) / 2), wanted); // a bib and an authority each
    }
}

import_counts import_rows::finish() {
    plan();
    const pq::result rounds = on_.run("SELECT coalesce(pg_catalog.max(round), 0) FROM pg_temp.everarchive_import_plan");
    for (std::int64_t round = 1; round <= rounds.number(0, 0) && !stop_requested(); ++round) {
        write_round(round);
    }
    map();
    const pq::result open = on_.run("SELECT pg_catalog.count(*) FROM everarchive.quarantine WHERE source_id = "
                                    "$1::integer AND resolved_at IS NULL AND last_at >= $2::timestamptz",
                                    {id_, begin_});
    counts_.quarantined = open.number(0, 0);
    return counts_;
}

} // namespace everarchive::cli
