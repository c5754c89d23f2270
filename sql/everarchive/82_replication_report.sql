-- Whether all is well with each source.

-- One finding a line; the view below takes the worst.
CREATE VIEW @extschema@.source_finding AS
    SELECT s.source_id, f.place, f.grade, f.what, f.hint
    FROM @extschema@.source s
    LEFT JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    LEFT JOIN @extschema@.source_lease l ON l.source_id = s.source_id
    LEFT JOIN report.replication_lag g ON g.source = s.name
    CROSS JOIN LATERAL (SELECT count(*) AS open FROM (SELECT FROM @extschema@.quarantine q
                                                      WHERE q.source_id = s.source_id AND q.resolved_at IS NULL LIMIT 1001) o) q
    CROSS JOIN LATERAL (SELECT s.state = ANY ('{new,snapshot,streaming}') AND NOT s.paused AND s.origin NOT LIKE 'file:%' AS wanted,
                               l.renewed_at > pg_catalog.now() - interval '30 seconds' AS alive) n
    CROSS JOIN LATERAL (
        SELECT 1 AS place, 'critical' AS grade, coalesce(s.message, 'it is stopped') AS what, coalesce(s.hint, format('everarchive source resume %s', s.name)) AS hint
        WHERE s.state = 'stopped'
        UNION ALL
        SELECT 2, 'critical', coalesce(s.message, 'the source no longer has the changes that come next'), coalesce(s.hint, format('everarchive source resync %s', s.name))
        WHERE s.state = 'position_lost'
        UNION ALL
        SELECT 3, 'critical', coalesce('no program has followed it since ' || to_char(l.renewed_at, 'YYYY-MM-DD HH24:MI:SS'), 'no program follows it'), 'everarchive run'
        WHERE n.wanted AND n.alive IS NOT TRUE
        UNION ALL
        SELECT 3, 'critical', format('the table %s is not followed: %s', t.table_name, coalesce(t.message, 'its schema changed')),
               coalesce(t.hint, format('everarchive source resync %s --table %s', s.name, t.table_name))
        FROM @extschema@.source_table t
        WHERE t.source_id = s.source_id AND t.state = 'stopped' AND s.state <> 'removed'
        UNION ALL
        SELECT 3, 'critical',
               format('changes of %s may be missing: the comparison that was to find them did not get there (%s)',
                      CASE WHEN count(*) > 3 THEN count(*) || ' tables' ELSE string_agg(t.table_name, ', ' ORDER BY t.table_name) END,
                      coalesce(max(r.message), 'it was cancelled')),
               format('everarchive source resync %s; if a table cannot be compared: everarchive source resync %1$s --copy', s.name)
        FROM @extschema@.source_table t
        LEFT JOIN LATERAL (SELECT c.message FROM @extschema@.source_check_run c
                           WHERE c.source_id = s.source_id AND c.what = 'resync' AND c.state = ANY ('{finished,failed}')
                           ORDER BY c.run_id DESC LIMIT 1) r ON true
        WHERE t.source_id = s.source_id AND t.state = 'resync' AND s.state <> 'removed'
          AND NOT EXISTS (SELECT FROM @extschema@.source_check_run c
                          WHERE c.source_id = s.source_id AND c.what = 'resync' AND c.state = ANY ('{requested,running}')
                            AND (c.table_name IS NULL OR c.table_name = t.table_name))
        HAVING count(*) > 0
        UNION ALL
        SELECT 4, CASE WHEN p.seen_at > pg_catalog.now() - interval '5 minutes' THEN 'warning' ELSE 'critical' END, s.message, s.hint
        WHERE n.wanted AND s.message IS NOT NULL
        UNION ALL
        SELECT 5, 'warning', 'paused since ' || to_char(s.changed_at, 'YYYY-MM-DD HH24:MI:SS') || '; it keeps its log for us', format('everarchive source resume %s', s.name)
        WHERE s.paused AND s.state <> 'removed'
        UNION ALL
        SELECT 6, CASE WHEN g.seconds >= @extschema@.source_setting(s.source_id, 'lag_critical_seconds')::bigint THEN 'critical' ELSE 'warning' END,
               format('%s seconds behind', round(g.seconds)), 'SELECT * FROM report.replication_lag;'
        WHERE n.wanted AND g.seconds >= @extschema@.source_setting(s.source_id, 'lag_warn_seconds')::bigint
        UNION ALL
        SELECT 7, CASE WHEN p.log_state = ANY ('{lost,unreserved}') THEN 'critical' ELSE 'warning' END,
               CASE WHEN p.log_state = ANY ('{lost,unreserved}') THEN format('its replication slot is %s: the server removes the log that comes next', p.log_state)
                    ELSE format('it keeps %s of log for us', pg_size_pretty(p.retained_bytes)) END,
               CASE WHEN p.log_state = ANY ('{lost,unreserved}') THEN format('let the program catch up at once; if the slot is lost: everarchive source resync %s', s.name)
                    ELSE format('look at the program and at its log; if the source''s disk fills: everarchive source set %1$s on_wal_limit drop, '
                                'everarchive source set %1$s wal_limit_bytes BYTES, or where no program runs SELECT pg_drop_replication_slot(%2$L) on the source; '
                                'then: everarchive source resync %1$s', s.name, 'everarchive_' || s.name) END
        WHERE s.state <> 'removed' AND (p.log_state = ANY ('{lost,unreserved}')
              OR p.retained_bytes >= nullif(@extschema@.source_setting(s.source_id, 'wal_warn_bytes')::bigint, 0))
        UNION ALL
        SELECT 8, 'warning', format('the server purges the log that comes next in %s hours', round(p.log_hours::numeric, 1)),
               'raise binlog_expire_logs_seconds (MySQL, MariaDB from 10.6) or expire_logs_days on the source, or find out why it is behind'
        WHERE s.state <> 'removed' AND p.log_hours < @extschema@.source_setting(s.source_id, 'binlog_warn_hours')::double precision
        UNION ALL
        SELECT 9, CASE WHEN q.open > 1000 THEN 'critical' ELSE 'warning' END,
               format('%s in quarantine', CASE WHEN q.open > 1000 THEN 'more than 1000' ELSE q.open::text END), 'SELECT * FROM report.quarantine;'
        WHERE q.open > 0 AND s.state <> 'removed'
        UNION ALL
        SELECT 10, 'warning', 'changes have waited to be mapped since ' || to_char(w.oldest, 'YYYY-MM-DD HH24:MI:SS'), 'look at the log of the program: its map steps'
        FROM (SELECT min(t.touched_at) AS oldest
              FROM generate_series(0, 15) a (part)
              LEFT JOIN @extschema@.map_progress m ON m.source_id = s.source_id AND m.part = a.part
              CROSS JOIN LATERAL (
                  SELECT t.touched_at
                  FROM @extschema@.touched t
                  WHERE t.source_id = s.source_id AND t.part = a.part::smallint
                    AND (t.xid, t.touched_id) > (coalesce(m.xid, '0'::xid8), coalesce(m.touched_id, 0))
                  ORDER BY t.xid, t.touched_id
                  LIMIT 1
              ) t) w -- the first of each part, so that a long backlog costs nothing
        WHERE w.oldest < pg_catalog.now() - interval '10 minutes' AND s.state = 'streaming'
    ) f;
COMMENT ON VIEW @extschema@.source_finding IS 'what is not as it should be with each source, a row for each; report.source_health sums them up';

CREATE VIEW report.source_health AS
    SELECT s.name AS source, coalesce(w.grade, 'good') AS grade,
           coalesce(w.what, CASE WHEN s.state = 'snapshot' THEN format('the first copy is under way: %s of %s rows', p.snapshot_rows, p.snapshot_expected)
                                 ELSE 'all is well' END) AS what,
           w.hint
    FROM @extschema@.source s
    LEFT JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    LEFT JOIN LATERAL (
        SELECT f.grade, string_agg(f.what, '; ' ORDER BY f.place) AS what, (array_agg(f.hint ORDER BY f.place))[1] AS hint
        FROM @extschema@.source_finding f
        WHERE f.source_id = s.source_id
        GROUP BY f.grade
        ORDER BY f.grade -- critical before warning
        LIMIT 1
    ) w ON true
    WHERE s.state <> 'removed';
COMMENT ON VIEW report.source_health IS 'for monitoring: each source with a grade (good, warning, critical), what is wrong at worst, and the command or SQL that mends it';
