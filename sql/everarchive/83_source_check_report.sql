-- What comparisons of sources with their mirrors have found.

CREATE VIEW report.source_check AS
    SELECT s.name AS source, r.run_id, r.what, r.table_name, r.from_key, r.to_key, r.state, r.at_table, r.rows, r.rows_expected,
           CASE WHEN r.state = 'finished' THEN 100 WHEN r.rows_expected > 0 THEN least(floor(100.0 * r.rows / r.rows_expected), 99)::integer END AS percent,
           r.differences, r.repaired, r.unsettled, r.requested_at, r.started_at, r.finished_at, r.message, r.hint
    FROM @extschema@.source_check_run r
    JOIN @extschema@.source s ON s.source_id = r.source_id;
COMMENT ON VIEW report.source_check IS 'for whoever operates the service: each comparison of a source with its mirror, how far it is and what it found';

CREATE VIEW report.source_difference AS
    SELECT s.name AS source, d.run_id, r.what, d.table_name, d.key, d.kind, d.columns, d.repaired, d.seen_at
    FROM @extschema@.source_difference d
    JOIN @extschema@.source_check_run r ON r.run_id = d.run_id
    JOIN @extschema@.source s ON s.source_id = r.source_id;
COMMENT ON VIEW report.source_difference IS 'for systems librarians and the DBA: every row of a mirror that was not what the source has, by the comparison that found it, and whether it was repaired';

CREATE VIEW report.source_table AS
    SELECT s.name AS source, t.table_name, t.state, t.message, t.hint, t.since
    FROM @extschema@.source_table t
    JOIN @extschema@.source s ON s.source_id = t.source_id
    WHERE t.state <> 'ok';
COMMENT ON VIEW report.source_table IS 'for systems librarians: tables of sources that cannot be followed for the time being, why, and what mends it; the other tables go on';
