#include "apply/chunk_run.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"

namespace everarchive::apply {

std::optional<check_run> next_run(pq::connection& on, int source_id) {
    // Without a position nothing can be compared.
    const pq::result rows = on.run_prepared(
        "SELECT run_id, what = 'resync', table_name, from_key, to_key, new_position, at_table, at_pass, "
        "pg_catalog.to_json(at_key), state = 'requested' FROM everarchive.source_check_run WHERE source_id = "
        "$1::integer AND state IN ('requested', 'running') ORDER BY new_position DESC, run_id LIMIT 1",
        {std::to_string(source_id)});
    if (rows.rows() == 0) {
        return std::nullopt;
    }
    check_run run;
    run.id = rows.number(0, 0);
    run.repairs = rows.truth(0, 1);
    run.table = rows.text(0, 2);
    run.from = rows.text(0, 3);
    run.to = rows.text(0, 4);
    run.new_position = rows.truth(0, 5);
    run.at_table = rows.text(0, 6);
    run.at_pass = rows.number<int>(0, 7);
    if (!rows.is_null(0, 8)) {
        run.at_key = nlohmann::json::parse(rows.text(0, 8)).get<capture::row_key>();
    }
    run.requested = rows.truth(0, 9);
    return run;
}

void begin_run(pq::connection& on, const check_run& run, std::int64_t expected) {
    on.run_prepared("UPDATE everarchive.source_check_run SET state = 'running', started_at = coalesce(started_at, "
                    "pg_catalog.now()), rows_expected = $2::bigint, seen_at = pg_catalog.now() WHERE run_id = "
                    "$1::bigint AND state IN ('requested', 'running')",
                    {std::to_string(run.id), std::to_string(expected)});
}

bool save_progress(pq::connection& on, check_run& run) {
    if (run.id == 0) {
        return true;
    }
    const pq::result saved = on.run_prepared(
        "UPDATE everarchive.source_check_run SET at_table = $2, at_pass = $3::smallint, at_key = $4::text[], chunks = "
        "chunks + $5::bigint, rows = rows + $6::bigint, unsettled = unsettled + $7::bigint, seen_at = pg_catalog.now() "
        "WHERE run_id = $1::bigint AND state = 'running'",
        {std::to_string(run.id), run.at_table, std::to_string(run.at_pass),
         run.at_key.empty() ? pq::parameter() : pq::array_literal(run.at_key), std::to_string(run.chunks),
         std::to_string(run.rows), std::to_string(run.unsettled)});
    run.chunks = 0;
    run.rows = 0;
    run.unsettled = 0;
    return saved.affected() == 1;
}

void end_run(pq::connection& on, const check_run& run, const std::string& state, const std::string& message,
             const std::string& hint) {
    on.run_prepared("UPDATE everarchive.source_check_run SET state = $2, message = $3, hint = $4, finished_at = "
                    "pg_catalog.now(), seen_at = pg_catalog.now() WHERE run_id = $1::bigint AND state IN ('requested', "
                    "'running')",
                    {std::to_string(run.id), state, message.empty() ? pq::parameter() : log::redact(message),
                     hint.empty() ? pq::parameter() : log::redact(hint)});
}

void add_differences(pq::connection& on, const check_run& run, const std::string& table,
                     const std::vector<difference>& found) {
    if (run.id == 0 || found.empty()) {
        return;
    }
    std::vector<std::string> keys;
    std::vector<std::string> kinds;
    std::vector<std::string> columns;
    for (const difference& one : found) {
        keys.push_back(one.key);
        kinds.push_back(one.kind);
        columns.push_back(pq::array_literal(one.columns));
    }
    const std::string repaired = run.repairs ? "true" : "false";
    on.run_prepared(
        "WITH named AS (INSERT INTO everarchive.source_difference (run_id, table_name, key, kind, columns, repaired) "
        "SELECT $1::bigint, $2, d.key, d.kind, nullif(d.columns::text[], '{}'), $6::boolean FROM unnest($3::text[], "
        "$4::text[], $5::text[]) AS d (key, kind, columns) ON CONFLICT DO NOTHING RETURNING repaired) "
        "UPDATE everarchive.source_check_run r SET differences = r.differences + n.named, repaired = r.repaired + "
        "n.repaired, seen_at = pg_catalog.now() FROM (SELECT count(*) AS named, count(*) FILTER (WHERE d.repaired) AS "
        "repaired FROM named d) n WHERE r.run_id = $1::bigint",
        {std::to_string(run.id), table, pq::array_literal(keys), pq::array_literal(kinds), pq::array_literal(columns),
         repaired});
}

void position_renewed(pq::connection& on, const check_run& run) {
    on.run("UPDATE everarchive.source_check_run SET new_position = false WHERE run_id = $1::bigint",
           {std::to_string(run.id)});
}

} // namespace everarchive::apply
