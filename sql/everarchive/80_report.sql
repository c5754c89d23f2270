-- Everything that a person wants to know, as views.

CREATE SCHEMA report;
COMMENT ON SCHEMA report IS 'reports of the preservation database: plain views, each with a comment that says who needs it';

-- How many touched keys wait, counted from where mapping stands, so that dead entries cost nothing. Stops at 100,000 in
-- each of the 16 parts.
CREATE VIEW @extschema@.source_waiting AS
    SELECT s.source_id, sum(w.waiting)::bigint AS waiting, min(w.oldest) AS oldest
    FROM @extschema@.source s
    CROSS JOIN generate_series(0, 15) p (part)
    LEFT JOIN @extschema@.map_progress m ON m.source_id = s.source_id AND m.part = p.part
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting, min(l.touched_at) AS oldest
        FROM (SELECT t.touched_at
              FROM @extschema@.touched t
              WHERE t.source_id = s.source_id AND t.part = p.part::smallint
                AND (t.xid, t.touched_id) > (coalesce(m.xid, '0'::xid8), coalesce(m.touched_id, 0))
              LIMIT 100000) l
    ) w
    GROUP BY s.source_id;
COMMENT ON VIEW @extschema@.source_waiting IS 'how many touched keys of each source wait to be mapped, counted up to 100,000 in each of 16 parts';

-- While the program lives, lag is what it was at the last word of the source; from half a minute without any, it grows.
CREATE VIEW report.replication_lag AS
    SELECT s.name AS source, CASE WHEN s.paused THEN 'paused' ELSE s.state END AS state, p.position, p.lag_bytes AS bytes,
           CASE WHEN s.state = 'streaming' THEN
               round((coalesce(p.lag_seconds, 0) + CASE WHEN w.silent > interval '30 seconds' THEN extract(epoch FROM w.silent) ELSE 0 END)::numeric, 3)
           END AS seconds,
           p.lag_transactions AS transactions, p.seen_at AS as_of
    FROM @extschema@.source s
    JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    CROSS JOIN LATERAL (SELECT greatest(pg_catalog.now() - p.seen_at, interval '0') AS silent) w
    WHERE s.state <> 'removed' AND s.origin NOT LIKE 'file:%';
COMMENT ON VIEW report.replication_lag IS 'for whoever operates the service: how far the mirror of each source is behind it, in bytes of its log, in seconds, and in transactions where the source tells; as of when the source was last heard of';

CREATE VIEW report.status_by_source AS
    SELECT s.name AS source, s.adapter, s.state, s.paused, p.position, p.commit_time, p.seen_at,
           round(g.seconds)::bigint AS behind_seconds,
           p.lag_bytes AS behind_bytes, p.snapshot_rows, p.snapshot_expected, p.transactions, p.changes,
           coalesce(w.waiting, 0) AS waiting, c.entities, c.deleted, c.versions,
           coalesce(c.by_kind, '{}') AS entities_by_kind,
           (SELECT count(*) FROM @extschema@.quarantine q WHERE q.source_id = s.source_id AND q.resolved_at IS NULL) AS quarantined,
           s.message, s.hint
    FROM @extschema@.source s
    LEFT JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    LEFT JOIN report.replication_lag g ON g.source = s.name
    LEFT JOIN @extschema@.source_waiting w ON w.source_id = s.source_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.entities), 0)::bigint AS entities, coalesce(sum(k.deleted), 0)::bigint AS deleted,
               coalesce(sum(k.versions), 0)::bigint AS versions, jsonb_object_agg(k.kind, k.entities) AS by_kind
        FROM (SELECT n.kind, sum(n.entities) AS entities, sum(n.deleted) AS deleted, sum(n.versions) AS versions
              FROM @extschema@.entity_count n WHERE n.source_id = s.source_id GROUP BY n.kind) k
    ) c;
COMMENT ON VIEW report.status_by_source IS 'for whoever operates the service: each source, how far it is, how far behind, what waits, and what to do if it stopped';

CREATE VIEW report.source_settings AS
    SELECT s.name AS source, k.name AS setting, coalesce(v.value, k.default_value) AS value, k.default_value, v.changed_at, k.what
    FROM @extschema@.source s
    CROSS JOIN @extschema@.source_setting_kind k
    LEFT JOIN @extschema@.source_setting v ON v.source_id = s.source_id AND v.name = k.name
    WHERE s.state <> 'removed';
COMMENT ON VIEW report.source_settings IS 'for whoever operates the service: how each source is set, what each setting does, and since when it is not the default; changed by everarchive.source_set()';

-- In a DO block, because it names an operator of marc: see the head of the script.
DO $do$
BEGIN
    EXECUTE pg_catalog.format($view$
CREATE VIEW report.preservation_status AS
    SELECT s.name AS source, e.kind, e.key, e.record OPERATOR(%I.->>) '245$a'::text AS title, e.n, e.deleted, e.changed_at,
           t.name AS target, coalesce(q.state, 'not submitted') AS state, q.changed_at AS state_since, e.parent_key
    FROM @extschema@.entity e
    JOIN @extschema@.source s ON s.source_id = e.source_id
    JOIN @extschema@.version v ON v.entity_id = e.entity_id AND v.n = e.n
    LEFT JOIN @extschema@.submission q ON q.version_id = v.version_id
    LEFT JOIN @extschema@.target t ON t.target_id = q.target_id
$view$, @extschema@.marc_schema());
END
$do$;
COMMENT ON VIEW report.preservation_status IS 'for catalogers and preservation librarians: each entity in its newest version, and for each archive whether that version is there; preserved is what is verified';

CREATE VIEW report.version_history AS
    SELECT s.name AS source, e.kind, e.key, v.n, v.deleted, v.format, encode(v.digest, 'hex') AS digest,
           octet_length(v.captured) AS bytes, v.position, v.commit_time, v.captured_at, t.name AS target,
           coalesce(q.state, 'not submitted') AS state, v.version_id
    FROM @extschema@.entity e
    JOIN @extschema@.source s ON s.source_id = e.source_id
    JOIN @extschema@.version v ON v.entity_id = e.entity_id
    LEFT JOIN @extschema@.submission q ON q.version_id = v.version_id
    LEFT JOIN @extschema@.target t ON t.target_id = q.target_id;
COMMENT ON VIEW report.version_history IS 'for whoever asks what happened to a record: all versions of each entity, when they came and where they are';

CREATE VIEW report.archive_contents AS
    SELECT t.name AS target, s.name AS source, e.kind, e.key, v.n, q.state, o.archive_object_id, o.ocfl_id, o.ocfl_version,
           o.packing, r.location, r.sha512, r.received_at, @extschema@.package_directory(s.name, e.kind, e.key, v.n) AS directory
    FROM @extschema@.submission q
    JOIN @extschema@.version v ON v.version_id = q.version_id
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    JOIN @extschema@.target t ON t.target_id = q.target_id
    JOIN @extschema@.archive_object o ON o.archive_object_id = q.archive_object_id
    LEFT JOIN LATERAL (
        SELECT c.location, c.sha512, c.received_at
        FROM @extschema@.receipt c
        WHERE c.archive_object_id = o.archive_object_id
        ORDER BY c.receipt_id DESC
        LIMIT 1
    ) r ON true;
COMMENT ON VIEW report.archive_contents IS 'for whoever restores a record from an archive: which archived object holds which version, where it lies, and in which folder of the package';

-- What is queued is counted up to 100,000 for each archive and packing, the oldest versions first.
CREATE VIEW report.backlog AS
    SELECT t.name AS target, b.state, sum(b.versions)::bigint AS versions, min(b.oldest) AS oldest, max(b.next_attempt_at) AS next_attempt_at,
           t.paused, t.message, t.hint
    FROM (SELECT a.target_id, 'queued' AS state, count(*) AS versions, min(w.queued_at) AS oldest,
                 NULL::timestamptz AS next_attempt_at
          FROM @extschema@.target a
          CROSS JOIN (VALUES ('segment'), ('object')) p (packing)
          CROSS JOIN LATERAL (
              SELECT q.queued_at
              FROM @extschema@.submission q
              WHERE q.target_id = a.target_id AND q.packing = p.packing AND q.archive_object_id IS NULL
              ORDER BY q.version_id
              LIMIT 100000
          ) w
          GROUP BY a.target_id
          UNION ALL
          SELECT o.target_id, o.state, o.versions, o.created_at, o.next_attempt_at
          FROM @extschema@.archive_object o
          WHERE o.state = ANY ('{packaged,accepted,failed,quarantined}')) b
    JOIN @extschema@.target t ON t.target_id = b.target_id
    GROUP BY t.target_id, b.state;
COMMENT ON VIEW report.backlog IS 'for whoever operates the archives: how many versions are on their way to each archive, in which state, and since when; what is queued is counted up to 100,000 for each packing';

CREATE VIEW report.quarantine AS
    SELECT q.quarantine_id, s.name AS source, q.stage, q.table_name, q.operation, q.kind, q.key, q.message, q.hint, q.sqlstate,
           q.attempts, q.first_at, q.last_at, q.position, octet_length(q.bytes) AS bytes,
           format('SELECT everarchive.quarantine_retry(%s);', q.quarantine_id) AS retry,
           format('SELECT everarchive.quarantine_discard(%s);', q.quarantine_id) AS discard
    FROM @extschema@.quarantine q
    JOIN @extschema@.source s ON s.source_id = q.source_id
    WHERE q.resolved_at IS NULL;
COMMENT ON VIEW report.quarantine IS 'for systems librarians: what could not be read or applied, why, and the SQL to try again or to give up';

CREATE VIEW report.coverage AS
    SELECT s.name AS source, c.kind, c.entities, c.verified, round(100.0 * c.verified / c.entities, 2) AS percent
    FROM (SELECT e.source_id, e.kind, count(*) AS entities,
                 count(*) FILTER (WHERE EXISTS (
                     SELECT 1 FROM @extschema@.submission q
                     WHERE q.version_id = v.version_id AND q.state = ANY ('{verified,anchored}'))) AS verified
          FROM @extschema@.entity e
          JOIN @extschema@.version v ON v.entity_id = e.entity_id AND v.n = e.n
          GROUP BY e.source_id, e.kind) c
    JOIN @extschema@.source s ON s.source_id = c.source_id;
COMMENT ON VIEW report.coverage IS 'for the director: how much of each catalogue is preserved in its newest version in at least one archive; reads everything, so ask seldom';
