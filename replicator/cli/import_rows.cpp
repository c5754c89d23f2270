#include "cli/import_rows.hpp"

#include "apply/mirror_table.hpp"
#include "base/stop.hpp"

namespace everarchive::cli {

import_rows::import_rows(pq::connection& on, const apply::taken_source& source, std::string file)
    : on_(on), source_(source), file_(std::move(file)) {
    const std::string marc = apply::sql_identifier(on_.run("SELECT everarchive.marc_schema()").text(0, 0));
    const std::string mirror = apply::sql_identifier(source_.mirror_schema) + ".record";
    begin_ = on_.run("SELECT pg_catalog.clock_timestamp()").text(0, 0);
    on_.run("CREATE TEMP TABLE everarchive_import (record_key text PRIMARY KEY)");
    // $1 the bytes, $2 the file's name, $3 records before these, $4 source_id. The first record of a key in the file is
    // taken; another one with the same key and other bytes is kept in quarantine, because nothing says which is right.
    statement_ =
        "WITH split AS MATERIALIZED (SELECT s.ord, s.bytes, coalesce(nullif(pg_catalog.btrim(" + marc +
        ".marc_value(s.record, '001')), ''), $2::text || '#' || (s.ord + $3::bigint)) AS record_key FROM " + marc +
        ".marc_split($1) s), "
        "ranked AS MATERIALIZED (SELECT s.*, pg_catalog.row_number() OVER (PARTITION BY s.record_key ORDER BY "
        "s.ord) = 1 AND NOT EXISTS (SELECT 1 FROM pg_temp.everarchive_import i WHERE i.record_key = "
        "s.record_key) AS first FROM split s), "
        "noted AS (INSERT INTO pg_temp.everarchive_import SELECT r.record_key FROM ranked r WHERE r.first), "
        "written AS (INSERT INTO " +
        mirror +
        " AS m (record_key, bytes) SELECT r.record_key, r.bytes FROM ranked r WHERE r.first ON CONFLICT "
        "(record_key) DO UPDATE SET bytes = EXCLUDED.bytes WHERE m.bytes <> EXCLUDED.bytes RETURNING "
        "m.record_key, (m.xmax = 0) AS is_new), "
        "touched AS (INSERT INTO everarchive.touched (source_id, kind, key) SELECT $4::integer, k.kind, "
        "w.record_key FROM written w, (VALUES ('bib'), ('authority')) k (kind)), "
        "again AS MATERIALIZED (SELECT r.ord, r.record_key, r.bytes, r.bytes = coalesce((SELECT f.bytes FROM "
        "ranked f WHERE f.record_key = r.record_key AND f.first), (SELECT m.bytes FROM " +
        mirror +
        " m WHERE m.record_key = r.record_key)) AS same FROM ranked r WHERE NOT r.first), "
        "doubted AS (INSERT INTO everarchive.quarantine (source_id, stage, table_name, operation, key, position, "
        "bytes, message, hint) SELECT $4::integer, 'apply', 'record', 'insert', a.record_key, $2::text || '#' || "
        "(a.ord + $3::bigint), a.bytes, 'another record of ' || $2::text || ' has the same control number (001)', "
        "'give one of the two records another control number and import the file again' FROM again a WHERE NOT "
        "a.same RETURNING 1) "
        "SELECT (SELECT pg_catalog.count(*) FROM split), (SELECT pg_catalog.count(*) FROM written WHERE is_new), "
        "(SELECT pg_catalog.count(*) FROM written WHERE NOT is_new), (SELECT pg_catalog.count(*) FROM again WHERE "
        "same), (SELECT pg_catalog.count(*) FROM doubted)";
}

void import_rows::add(std::string_view chunk) {
    pq::transaction transaction(on_);
    // The bytes go in binary form: as text they would be twice as long.
    const std::string records = std::to_string(counts_.read);
    const std::string id = std::to_string(source_.id);
    const char* values[] = {chunk.data(), file_.c_str(), records.c_str(), id.c_str()};
    const int lengths[] = {static_cast<int>(chunk.size()), 0, 0, 0};
    const int formats[] = {1, 0, 0, 0};
    const pq::result answer(PQexecParams(on_.raw(), statement_.c_str(), 4, nullptr, values, lengths, formats, 0));
    if (PQresultStatus(answer.raw()) != PGRES_TUPLES_OK) {
        throw on_.error_of(answer.raw(), "import of " + file_);
    }
    const std::int64_t read = answer.number(0, 0);
    const std::int64_t added = answer.number(0, 1);
    const std::int64_t changed = answer.number(0, 2);
    const std::int64_t repeated = answer.number(0, 3);
    const std::int64_t doubted = answer.number(0, 4);
    counts_.read += read;
    counts_.added += added;
    counts_.changed += changed;
    counts_.repeated += repeated;
    counts_.unchanged += read - added - changed - repeated - doubted;

    const pq::result progress = on_.run_prepared(
        "UPDATE everarchive.source_progress SET position = $3, commit_time = pg_catalog.now(), seen_at = "
        "pg_catalog.now(), transactions = transactions + 1, changes = changes + $4::bigint WHERE source_id = "
        "$1::integer "
        "AND epoch = $2::bigint",
        {id, std::to_string(source_.epoch), file_ + "#" + std::to_string(counts_.read),
         std::to_string(added + changed)});
    if (progress.affected() == 0) {
        throw error(exit_code::state, cause::fenced, "another import has taken source " + source_.name + " over",
                    "wait for it, then import the file again");
    }
    on_.run_prepared("SELECT everarchive.source_set_state($1, 'streaming')", {source_.name});
    transaction.commit();
}

import_counts import_rows::finish() {
    const std::string id = std::to_string(source_.id);
    // A running daemon maps beside us; keys = 0 may mean that it has the rest in hand.
    while (!stop_requested()) {
        const pq::result step = on_.run_prepared("SELECT keys FROM everarchive.map_touched($1::integer, 2000)", {id});
        if (step.number(0, 0) > 0) {
            continue;
        }
        const pq::result waiting =
            on_.run_prepared("SELECT EXISTS (SELECT 1 FROM everarchive.touched WHERE source_id = $1::integer)", {id});
        if (!waiting.truth(0, 0)) {
            break;
        }
        sleep_unless_stopped(std::chrono::milliseconds{100});
    }
    const pq::result open = on_.run("SELECT pg_catalog.count(*) FROM everarchive.quarantine WHERE source_id = "
                                    "$1::integer AND resolved_at IS NULL AND last_at >= $2::timestamptz",
                                    {id, begin_});
    counts_.quarantined = open.number(0, 0);
    return counts_;
}

} // namespace everarchive::cli
