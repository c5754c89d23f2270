-- Delivery: queued submissions are claimed into an archive object, written, accepted, read back and verified. A program that
-- dies in between leaves its object claimed; it is handed out again under the same id, so nothing is written twice.

CREATE FUNCTION @extschema@.installation_id() RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id uuid;
BEGIN
    SELECT i.installation_id INTO id FROM @extschema@.installation i;
    IF NOT FOUND THEN
        INSERT INTO @extschema@.installation DEFAULT VALUES ON CONFLICT DO NOTHING;
        SELECT i.installation_id INTO STRICT id FROM @extschema@.installation i;
    END IF;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.installation_id() IS 'the name of this preservation database in the ids of archived objects; made at first use';

CREATE FUNCTION @extschema@.agent() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT 'everarchive ' || e.extversion FROM pg_extension e WHERE e.extname = 'everarchive'), 'everarchive')
$$;
COMMENT ON FUNCTION @extschema@.agent() IS 'who the events of delivery are ascribed to: this software and its version';

CREATE FUNCTION @extschema@.claim_packages(target_id integer) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    lease  constant interval := '5 minutes';
    goal   @extschema@.target;
    id     bigint;
BEGIN
    SELECT t.* INTO goal FROM @extschema@.target t WHERE t.target_id = claim_packages.target_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no target %', claim_packages.target_id
            USING ERRCODE = 'undefined_object', HINT = 'SELECT target_id, name FROM everarchive.target;';
    ELSIF goal.paused THEN
        RETURN NULL;
    END IF;

    -- First what was begun: by a worker that is gone, or that failed and whose time has come.
    UPDATE @extschema@.archive_object o
    SET claimed_until = clock_timestamp() + lease, claimed_by = pg_backend_pid(), changed_at = now()
    WHERE o.archive_object_id = (
        SELECT b.archive_object_id
        FROM @extschema@.archive_object b
        WHERE b.target_id = goal.target_id AND b.state IN ('packaged', 'accepted', 'failed')
          AND b.next_attempt_at <= clock_timestamp()
          AND (b.claimed_until IS NULL OR b.claimed_until < clock_timestamp()
               OR NOT EXISTS (SELECT 1 FROM pg_stat_get_activity(b.claimed_by)))
        ORDER BY b.next_attempt_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED)
    RETURNING o.archive_object_id INTO id;
    IF id IS NOT NULL THEN
        RETURN id;
    END IF;

    -- One worker of a target at a time decides what goes together ('EVAS', target).
    PERFORM pg_advisory_xact_lock(1163280723, goal.target_id);
    id := coalesce(@extschema@.claim_object(goal), @extschema@.claim_segment(goal));
    IF id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE @extschema@.archive_object o
    SET claimed_until = clock_timestamp() + lease, claimed_by = pg_backend_pid()
    WHERE o.archive_object_id = id;
    INSERT INTO @extschema@.event (type, outcome, detail, agent, archive_object_id)
    SELECT 'creation', 'success', format('%s versions packaged as %s', o.versions, o.packing), @extschema@.agent(), id
    FROM @extschema@.archive_object o WHERE o.archive_object_id = id;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.claim_packages(integer) IS 'gives a delivery worker its next archive object: one that was left unfinished, else a new one of queued versions; null: nothing to do yet';

CREATE FUNCTION @extschema@.claim_object(goal @extschema@.target) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner  record;
    id     bigint;
BEGIN
    -- The oldest queued entity that has no object under way: version 2 of an OCFL object must not be written before 1.
    SELECT e.entity_id, s.name, e.kind, e.key INTO owner
    FROM @extschema@.submission q
    JOIN @extschema@.version v ON v.version_id = q.version_id
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    WHERE q.target_id = goal.target_id AND q.packing = 'object' AND q.archive_object_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM @extschema@.archive_object o
                      WHERE o.entity_id = e.entity_id AND o.target_id = goal.target_id
                        AND o.state IN ('packaged', 'accepted', 'failed', 'quarantined'))
    ORDER BY q.version_id
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    id := nextval('@extschema@.archive_object_archive_object_id_seq');
    INSERT INTO @extschema@.archive_object (archive_object_id, target_id, ocfl_id, ocfl_version, packing, entity_id)
    OVERRIDING SYSTEM VALUE
    SELECT id, goal.target_id,
           format('tag:everarchive,2026:%s/%s', @extschema@.installation_id(),
                  regexp_replace(@extschema@.package_directory(owner.name, owner.kind, owner.key, 0), '/v0$', '')),
           1 + coalesce(max(o.ocfl_version), 0), 'object', owner.entity_id
    FROM @extschema@.archive_object o
    WHERE o.entity_id = owner.entity_id AND o.target_id = goal.target_id;
    WITH taken AS (
        UPDATE @extschema@.submission q
        SET state = 'packaged', archive_object_id = id, changed_at = now()
        FROM @extschema@.version v
        WHERE v.entity_id = owner.entity_id AND q.version_id = v.version_id AND q.target_id = goal.target_id
          AND q.packing = 'object' AND q.archive_object_id IS NULL
        RETURNING 1
    )
    UPDATE @extschema@.archive_object o SET versions = (SELECT count(*) FROM taken) WHERE o.archive_object_id = id;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.claim_object(@extschema@.target) IS 'makes an archive object of the queued versions of one entity; called by claim_packages()';

CREATE FUNCTION @extschema@.claim_segment(goal @extschema@.target) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET work_mem = '32MB'
AS $$
DECLARE
    most_versions constant bigint := @extschema@.target_setting(goal.settings, 'segment_versions');
    most_bytes    constant bigint := @extschema@.target_setting(goal.settings, 'segment_bytes');
    longest       constant bigint := @extschema@.target_setting(goal.settings, 'segment_seconds');
    chosen        bigint[];
    closed        boolean;
    oldest        timestamptz;
    id            bigint;
BEGIN
    SELECT q.queued_at INTO oldest
    FROM @extschema@.submission q
    WHERE q.target_id = goal.target_id AND q.packing = 'segment' AND q.archive_object_id IS NULL
    ORDER BY q.version_id
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- octet_length() of a bytea reads no TOAST.
    SELECT array_agg(b.version_id) FILTER (WHERE b.bytes_before < most_bytes),
           count(*) >= most_versions OR max(b.bytes_before + b.bytes) >= most_bytes
    INTO chosen, closed
    FROM (SELECT f.version_id, f.bytes, sum(f.bytes) OVER (ORDER BY f.version_id) - f.bytes AS bytes_before
          FROM (SELECT q.version_id, coalesce(v.bytes, 0) AS bytes
                FROM @extschema@.submission q
                CROSS JOIN LATERAL (SELECT octet_length(v.captured) AS bytes FROM @extschema@.version v
                                    WHERE v.version_id = q.version_id OFFSET 0) v
                WHERE q.target_id = goal.target_id AND q.packing = 'segment' AND q.archive_object_id IS NULL
                ORDER BY q.version_id
                LIMIT most_versions) f) b;
    IF NOT closed AND oldest > now() - make_interval(secs => longest) THEN
        RETURN NULL;
    END IF;
    id := nextval('@extschema@.archive_object_archive_object_id_seq');
    INSERT INTO @extschema@.archive_object (archive_object_id, target_id, ocfl_id, packing)
    OVERRIDING SYSTEM VALUE
    VALUES (id, goal.target_id, format('tag:everarchive,2026:%s/segment/%s', @extschema@.installation_id(), id), 'segment');
    WITH taken AS (
        UPDATE @extschema@.submission q
        SET state = 'packaged', archive_object_id = id, changed_at = now()
        WHERE q.version_id = ANY (chosen) AND q.target_id = goal.target_id AND q.archive_object_id IS NULL
        RETURNING 1
    )
    UPDATE @extschema@.archive_object o SET versions = (SELECT count(*) FROM taken) WHERE o.archive_object_id = id;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.claim_segment(@extschema@.target) IS 'makes a segment of the oldest queued versions if there are enough or they waited long enough; called by claim_packages()';
