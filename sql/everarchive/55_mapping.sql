-- The mapping step: touched keys → mapping view → entities → new versions → queue, set-based.

CREATE FUNCTION @extschema@.mapping_statement(source_id integer, kind text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    mirror name;
    types  text[];
    parts  text[];
    match  text;
    sorted text;
BEGIN
    SELECT s.mirror_schema, k.key_types INTO mirror, types
    FROM @extschema@.source s JOIN @extschema@.source_kind k ON k.source_id = s.source_id
    WHERE s.source_id = mapping_statement.source_id AND k.kind = mapping_statement.kind;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'source % has no entities of kind "%"', mapping_statement.source_id, mapping_statement.kind
            USING ERRCODE = 'undefined_object', HINT = 'Its kinds are in everarchive.source_kind, as its adapter says.';
    END IF;
    -- A key's columns are joined by colons; the first ones hold none, the last may. A part that is missing finds nothing.
    parts := CASE cardinality(types)
        WHEN 1 THEN ARRAY['w.key']
        WHEN 2 THEN ARRAY[$$split_part(w.key, ':', 1)$$,
                          $$CASE WHEN strpos(w.key, ':') > 0 THEN substr(w.key, strpos(w.key, ':') + 1) END$$]
        ELSE ARRAY[$$split_part(w.key, ':', 1)$$, $$split_part(w.key, ':', 2)$$,
                   $$substring(w.key FROM '^[^:]*:[^:]*:(.*)$')$$]
    END;
    -- Not every row of to_regtype() text is safe to write as a cast unless it came from there: so it is asked again.
    SELECT string_agg(format('v.key%s = CAST(%s AS %s)', i, parts[i], to_regtype(types[i])::text), ' AND ' ORDER BY i),
           string_agg(format('CAST(%s AS %s)', parts[i], to_regtype(types[i])::text), ', ' ORDER BY i)
    INTO match, sorted
    FROM generate_subscripts(types, 1) i;

    -- Lateral subqueries with LIMIT are never joined by hash or merge, and their condition goes down into views that group:
    -- so a thousand keys cost a thousand index look-ups, whatever the statistics say of a mirror just loaded. The limit of
    -- two lets a view that has two rows for a key fail (ON CONFLICT), rather than have one of them win.
    --
    -- In the order of the mirror's index, so that a part of the keys (every 16th) reads neighbouring pages.
    --
    -- The digest is SHA-256 over: how the content is digested (1: MARC, 2: bytes, 0: none) with the 32 bytes of that digest
    -- (4: MARC of which the reader could not keep everything: with the 32 bytes of the bytes as well, so that no change is lost);
    -- deleted (0, 1); the parent key with its length in 4 bytes (-1: none); the attributes as canonical JSON text.
    -- A tombstone's is over 3 and the digest before it.
    --
    -- $1 source_id, $2 kind, $3 keys, $4 position, $5 commit time
    RETURN format($sql$
WITH wanted AS (
    SELECT w.key FROM (SELECT DISTINCT k.key FROM unnest($3) k (key)) w ORDER BY %5$s
),
found AS MATERIALIZED (
    SELECT w.key, v.key IS NOT NULL AS present, v.parent_key, v.record, v.problem, v.captured, v.format, v.attributes,
           coalesce(v.deleted, true) AS deleted, e.entity_id, e.digest AS old_digest, coalesce(e.deleted, false) AS old_deleted,
           CASE
               WHEN v.problem IS NOT NULL THEN NULL
               WHEN v.key IS NOT NULL THEN sha256(
                   CASE WHEN v.record IS NOT NULL AND %3$I.marc_is_lossy(v.record)
                             THEN '\x04'::bytea || %3$I.marc_digest(v.record) || coalesce(sha256(v.captured), ''::bytea)
                        WHEN v.record IS NOT NULL THEN '\x01'::bytea || %3$I.marc_digest(v.record)
                        WHEN v.captured IS NOT NULL THEN '\x02'::bytea || sha256(v.captured)
                        ELSE '\x00'::bytea END
                   || CASE WHEN v.deleted THEN '\x01'::bytea ELSE '\x00'::bytea END
                   || coalesce(int4send(octet_length(convert_to(v.parent_key, 'UTF8'))) || convert_to(v.parent_key, 'UTF8'),
                               '\xffffffff'::bytea)
                   || coalesce(convert_to(v.attributes::text, 'UTF8'), ''::bytea))
               WHEN e.entity_id IS NOT NULL
                    AND NOT (e.deleted AND @extschema@.is_tombstone(e.entity_id, e.n, e.digest)) THEN sha256('\x03'::bytea || e.digest)
           END AS digest
    FROM wanted w
    LEFT JOIN LATERAL (
        SELECT w.key, v.parent_key, v.record, v.problem, v.captured, v.format, v.attributes, coalesce(v.deleted, false) AS deleted
        FROM %1$I.%2$I v
        WHERE %4$s
        LIMIT 2
    ) v ON true
    LEFT JOIN LATERAL (
        SELECT e.entity_id, e.n, e.digest, e.deleted
        FROM @extschema@.entity e
        WHERE e.source_id = $1 AND e.kind = $2 AND e.key = w.key
        LIMIT 1
    ) e ON true
),
written AS (
    INSERT INTO @extschema@.entity AS e (source_id, kind, key, parent_key, n, digest, deleted, record, attributes)
    SELECT $1, $2, f.key, f.parent_key, 1, f.digest, f.deleted, f.record, f.attributes
    FROM found f
    WHERE f.digest IS NOT NULL AND f.digest IS DISTINCT FROM f.old_digest
    ON CONFLICT (source_id, kind, key) DO UPDATE
    SET n = e.n + 1, digest = excluded.digest, deleted = excluded.deleted, changed_at = now(),
        parent_key = CASE WHEN excluded.deleted THEN coalesce(excluded.parent_key, e.parent_key) ELSE excluded.parent_key END,
        record = CASE WHEN excluded.deleted THEN coalesce(excluded.record, e.record) ELSE excluded.record END,
        attributes = CASE WHEN excluded.deleted THEN coalesce(excluded.attributes, e.attributes) ELSE excluded.attributes END
    WHERE e.digest <> excluded.digest
    RETURNING e.entity_id, e.key, e.n, e.parent_key
),
made AS (
    INSERT INTO @extschema@.version (entity_id, n, parent_key, digest, deleted, format, captured, attributes, position, commit_time)
    SELECT w.entity_id, w.n, w.parent_key, f.digest, f.deleted,
           CASE WHEN f.captured IS NULL THEN 'none' ELSE coalesce(f.format, 'none') END,
           f.captured, f.attributes, $4, $5
    FROM written w JOIN found f ON f.key = w.key
    RETURNING version_id
),
bad AS (
    INSERT INTO @extschema@.quarantine AS q (source_id, stage, kind, key, position, bytes, message, hint)
    SELECT $1, 'map', $2, f.key, $4, f.captured, f.problem,
           'Correct the record in the library system: it is then mapped again by itself.'
    FROM found f
    WHERE f.problem IS NOT NULL
    ON CONFLICT (source_id, stage, kind, key) WHERE resolved_at IS NULL AND stage <> 'apply' DO UPDATE
    SET position = excluded.position, bytes = excluded.bytes, sqlstate = NULL, message = excluded.message,
        hint = excluded.hint, attempts = q.attempts + 1, last_at = now()
    RETURNING 1
),
mended AS (
    UPDATE @extschema@.quarantine q
    SET resolved_at = now(), resolution = CASE WHEN f.present THEN 'mended' ELSE 'superseded' END
    FROM (SELECT f.present, o.quarantine_id
          FROM found f
          CROSS JOIN LATERAL (
              SELECT o.quarantine_id
              FROM @extschema@.quarantine o
              WHERE o.source_id = $1 AND o.stage = 'map' AND o.kind = $2 AND o.key = f.key AND o.resolved_at IS NULL
              LIMIT 1
          ) o
          WHERE f.problem IS NULL AND EXISTS (
              SELECT 1 FROM @extschema@.quarantine a
              WHERE a.source_id = $1 AND a.stage = 'map' AND a.kind = $2 AND a.resolved_at IS NULL)) f
    WHERE q.quarantine_id = f.quarantine_id
)
SELECT (SELECT array_agg(m.version_id) FROM made m) AS version_ids,
       (SELECT count(*) FROM bad)::integer AS quarantined,
       (SELECT count(*) FROM written w WHERE w.n = 1)::integer AS created,
       (SELECT coalesce(sum(f.deleted::integer - f.old_deleted::integer), 0)
        FROM written w JOIN found f ON f.key = w.key)::integer AS deleted
$sql$, mirror, mapping_statement.kind, @extschema@.marc_schema(), match, sorted);
END
$fn$;
COMMENT ON FUNCTION @extschema@.mapping_statement(integer, text) IS 'the statement that refresh() runs for a source and kind; read it, or EXPLAIN it, to see what a mapping costs';

CREATE FUNCTION @extschema@.is_about_data(sqlstate text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    -- Not: transaction rollback, no resources, wrong state (locks), operator, system; privileges and missing objects;
    -- internal errors (XX: a damaged page, a missing TOAST value).
    SELECT left($1, 2) <> ALL ('{40,42,53,55,57,58,25,3F,F0,08,XX}')
$$;
COMMENT ON FUNCTION @extschema@.is_about_data(text) IS 'whether an error of this SQLSTATE speaks of the row that was read, rather than of the server, a lock, a privilege or a missing view';

CREATE FUNCTION @extschema@.refresh(source_id integer, kind text, keys text[], "position" text DEFAULT NULL)
RETURNS TABLE (versions integer, quarantined integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET work_mem = '64MB'
SET jit = off -- the statement runs for milliseconds; compiling it took 0.9 s where a mirror had no statistics yet
-- Each key is looked up by an index. Where a view nests much in its entities, the planner thinks the rest so dear that a look through
-- the whole table seems as good (costs within 1 % are the same to it, and it starts sooner): ArchivesSpace, a scan a key.
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    keys_left   integer := cardinality(keys);
    at_position text := refresh."position";
    at_time     timestamptz;
    version_ids bigint[];
    created     integer;
    gone        integer;
    half        record;
    failed      text;
    reason      text;
    advice      text;
    long_key    text;
    incomplete  boolean;
BEGIN
    versions := 0;
    quarantined := 0;
    IF coalesce(keys_left, 0) = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    -- Each key under the lock of who maps its part (see map_touched, which holds it already), in the order of the parts.
    -- While a first copy begins, its lock is exclusive. Then a new statement reads the position.
    PERFORM pg_advisory_xact_lock_shared(1163285326, refresh.source_id); -- 'EVSN', as the program has it
    PERFORM pg_advisory_xact_lock(1163280722, refresh.source_id * 16 + p.part)
    FROM (SELECT DISTINCT hashtext(k.key) & 15 AS part FROM unnest(keys) k (key) ORDER BY 1) p;
    SELECT coalesce(at_position, p.position), p.commit_time, p.position IS NULL INTO at_position, at_time, incomplete
    FROM @extschema@.source_progress p
    WHERE p.source_id = refresh.source_id;
    IF incomplete THEN
        -- What is not copied yet would look deleted.
        RAISE EXCEPTION 'the mirror of source "%" is not complete', (SELECT s.name FROM @extschema@.source s WHERE s.source_id = refresh.source_id)
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until everarchive run has copied it: SELECT source, state FROM report.status_by_source;';
    END IF;

    BEGIN
        EXECUTE @extschema@.mapping_statement(refresh.source_id, refresh.kind)
            INTO version_ids, quarantined, created, gone
            USING refresh.source_id, refresh.kind, keys, at_position, at_time;
        versions := coalesce(cardinality(version_ids), 0);
    EXCEPTION WHEN OTHERS THEN
        IF NOT @extschema@.is_about_data(SQLSTATE) THEN
            RAISE;
        END IF;
        GET STACKED DIAGNOSTICS failed = RETURNED_SQLSTATE, reason = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
    END;

    IF failed IS NOT NULL AND keys_left > 1 THEN
        -- One of the keys cannot be mapped: halve them until it stands alone. The others go on.
        FOR half IN
            SELECT r.versions, r.quarantined
            FROM (VALUES (keys[1:keys_left / 2]), (keys[keys_left / 2 + 1:keys_left])) h (keys),
                 @extschema@.refresh(refresh.source_id, refresh.kind, h.keys, at_position) r
        LOOP
            versions := versions + half.versions;
            quarantined := quarantined + half.quarantined;
        END LOOP;
    ELSIF failed IS NOT NULL THEN
        -- A key that no index takes (2,704 bytes) must not stop its part for ever.
        long_key := CASE WHEN octet_length(keys[1]) > 2000
                         THEN left(keys[1], 200) || '… ' || encode(sha256(convert_to(keys[1], 'UTF8')), 'hex')
                         ELSE keys[1] END;
        INSERT INTO @extschema@.quarantine AS q (source_id, stage, kind, key, position, sqlstate, message, hint)
        VALUES (refresh.source_id, 'map', refresh.kind, long_key, at_position, failed, reason,
                coalesce(nullif(advice, ''), 'Correct the record in the library system: it is then mapped again by itself.'))
        ON CONFLICT (source_id, stage, kind, key) WHERE resolved_at IS NULL AND stage <> 'apply' DO UPDATE
        SET position = excluded.position, bytes = NULL, sqlstate = excluded.sqlstate, message = excluded.message,
            hint = excluded.hint, attempts = q.attempts + 1, last_at = now();
        quarantined := 1;
    ELSIF versions > 0 THEN
        -- Keys of one call are of one part when map_touched() calls, so workers do not meet on this row.
        INSERT INTO @extschema@.entity_count AS c (source_id, kind, part, entities, deleted, versions)
        VALUES (refresh.source_id, refresh.kind, hashtext(keys[1]) & 15, created, gone, refresh.versions)
        ON CONFLICT (source_id, kind, part) DO UPDATE
        SET entities = c.entities + excluded.entities, deleted = c.deleted + excluded.deleted,
            versions = c.versions + excluded.versions;
        PERFORM @extschema@.policy_apply(p.policy_id, version_ids) FROM @extschema@.policy p WHERE p.enabled ORDER BY p.policy_id;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION @extschema@.refresh(integer, text, text[], text) IS 'maps these keys again: writes new versions of the entities that changed, tombstones of those that are gone, nothing for the others; what cannot be mapped goes to quarantine';

CREATE FUNCTION @extschema@.part_waits(source_id integer, part integer) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1
        FROM @extschema@.touched t
        WHERE t.source_id = $1 AND t.part = $2::smallint AND (t.xid, t.touched_id) >
              (coalesce((SELECT m.xid FROM @extschema@.map_progress m WHERE m.source_id = $1 AND m.part = $2::smallint), '0'::xid8),
               coalesce((SELECT m.touched_id FROM @extschema@.map_progress m WHERE m.source_id = $1 AND m.part = $2::smallint), 0)))
$$;
COMMENT ON FUNCTION @extschema@.part_waits(integer, integer) IS 'whether touched keys of a part of a source wait to be mapped';

CREATE FUNCTION @extschema@.map_touched(source_id integer, max_keys integer DEFAULT 1000)
RETURNS TABLE (keys integer, versions integer, quarantined integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    lock_class constant integer := 1163280722; -- 'EVAR': with source_id * 16 + part, who maps that part
    first      constant integer := floor(random() * 16);
    try        smallint;
    done       @extschema@.map_progress;
    step       record;
    result     record;
BEGIN
    keys := 0;
    versions := 0;
    quarantined := 0;
    -- All statements need READ COMMITTED: each sees what was committed before it began. So the lock comes first, then a
    -- new statement reads where the part stands and what waits there.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'map_touched() needs a transaction that is READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state', HINT = 'BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;';
    END IF;
    FOR i IN 0 .. 15 LOOP
        try := (first + i) & 15;
        CONTINUE WHEN NOT @extschema@.part_waits(map_touched.source_id, try);
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(lock_class, map_touched.source_id * 16 + try);
        SELECT m.* INTO done FROM @extschema@.map_progress m WHERE m.source_id = map_touched.source_id AND m.part = try;
        done.xid := coalesce(done.xid, '0');
        done.touched_id := coalesce(done.touched_id, 0);
        FOR step IN
            WITH taken AS (
                DELETE FROM @extschema@.touched t
                WHERE t.ctid = ANY (ARRAY(
                    SELECT w.ctid
                    FROM @extschema@.touched w
                    WHERE w.source_id = map_touched.source_id AND w.part = try AND (w.xid, w.touched_id) > (done.xid, done.touched_id)
                    ORDER BY w.xid, w.touched_id
                    LIMIT max_keys))
                RETURNING t.kind, t.key, t.xid, t.touched_id
            ),
            last AS (
                SELECT t.xid, t.touched_id FROM taken t ORDER BY t.xid DESC, t.touched_id DESC LIMIT 1
            )
            SELECT t.kind, array_agg(DISTINCT t.key) AS keys,
                   (SELECT l.xid FROM last l) AS xid, (SELECT l.touched_id FROM last l) AS touched_id,
                   pg_snapshot_xmin(pg_current_snapshot()) AS oldest
            FROM taken t
            GROUP BY t.kind
            ORDER BY array_position('{authority,bib,holding,item,order,object}', t.kind)
        LOOP
            SELECT r.versions, r.quarantined INTO result
            FROM @extschema@.refresh(map_touched.source_id, step.kind, step.keys) r;
            keys := keys + cardinality(step.keys);
            versions := versions + result.versions;
            quarantined := quarantined + result.quarantined;
        END LOOP;
        CONTINUE WHEN keys = 0;
        -- Rows of transactions that still run may appear later, before the last one taken: start no later than at the
        -- oldest of those transactions.
        IF step.xid < step.oldest THEN
            done.xid := step.xid;
            done.touched_id := step.touched_id;
        ELSE
            done.xid := step.oldest;
            done.touched_id := 0;
        END IF;
        INSERT INTO @extschema@.map_progress AS m (source_id, part, xid, touched_id)
        VALUES (map_touched.source_id, try, done.xid, done.touched_id)
        ON CONFLICT (source_id, part) DO UPDATE
        SET xid = excluded.xid, touched_id = excluded.touched_id, mapped_at = now();
        EXIT;
    END LOOP;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION @extschema@.map_touched(integer, integer) IS 'one mapping step: takes the oldest touched keys of one part and maps them; keys = 0 says that nothing waits which another worker does not have';
