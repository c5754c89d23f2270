#include "serve/facts.hpp"

namespace everarchive::serve {

namespace {

std::optional<std::int64_t> integer(const pq::result& rows, int row, int column) {
    return rows.is_null(row, column) ? std::nullopt : std::optional(rows.number(row, column));
}

std::optional<double> real(const pq::result& rows, int row, int column) {
    return rows.is_null(row, column) ? std::nullopt : std::optional(rows.number<double>(row, column));
}

} // namespace

facts read_facts(pq::connection& on) {
    facts found;
    found.database = PQdb(on.raw());
    const pq::result sources = on.run_prepared(
        "SELECT h.source, CASE WHEN s.paused THEN 'paused' ELSE s.state END, g.bytes, g.seconds, g.transactions, "
        "p.retained_bytes, p.log_state, p.log_hours, coalesce(w.waiting, 0), (SELECT pg_catalog.count(*) FROM "
        "everarchive.quarantine q WHERE q.source_id = s.source_id AND q.resolved_at IS NULL), h.grade, h.what, h.hint "
        "FROM report.source_health h JOIN everarchive.source s ON s.name = h.source LEFT JOIN "
        "everarchive.source_progress p ON p.source_id = s.source_id LEFT JOIN everarchive.source_waiting w ON "
        "w.source_id = s.source_id LEFT JOIN report.replication_lag g ON g.source = h.source ORDER BY h.source",
        {});
    for (int row = 0; row < sources.rows(); ++row) {
        source_facts one;
        one.name = sources.text(row, 0);
        one.state = sources.text(row, 1);
        one.lag_bytes = integer(sources, row, 2);
        one.lag_seconds = real(sources, row, 3);
        one.lag_transactions = integer(sources, row, 4);
        one.retained_bytes = integer(sources, row, 5);
        one.log_state = sources.text(row, 6);
        one.log_hours = real(sources, row, 7);
        one.waiting = sources.number(row, 8);
        one.quarantined = sources.number(row, 9);
        one.grade = sources.text(row, 10);
        one.what = sources.text(row, 11);
        one.hint = sources.text(row, 12);
        found.sources.push_back(std::move(one));
    }
    const pq::result targets =
        on.run_prepared("SELECT b.target, b.state, b.versions FROM report.backlog b ORDER BY b.target, b.state", {});
    for (int row = 0; row < targets.rows(); ++row) {
        found.targets.push_back(
            {std::string(targets.text(row, 0)), std::string(targets.text(row, 1)), targets.number(row, 2)});
    }
    return found;
}

} // namespace everarchive::serve
