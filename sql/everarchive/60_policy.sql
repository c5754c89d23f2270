-- Targets and policies: which versions are submitted to which archive.

CREATE VIEW @extschema@.policy_subject AS
    SELECT s.name AS source, e.kind, e.key, v.parent_key, v.n, v.deleted, e.record, e.attributes, v.captured_at,
           e.first_seen_at, m.code AS member, v.version_id, v.n = e.n AS newest
    FROM @extschema@.version v
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    LEFT JOIN @extschema@.member m ON m.member_id = e.member_id;
COMMENT ON VIEW @extschema@.policy_subject IS 'the columns that the condition of a policy may use; record and attributes are those of the newest version';

CREATE FUNCTION @extschema@.condition_problem(text) RETURNS text
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'everarchive_condition_problem';
COMMENT ON FUNCTION @extschema@.condition_problem(text) IS 'why a text cannot be the condition of a policy: null if it is one SQL expression without a subquery';

-- Conditions use the operators of marc, so they are read with its schema in the path, whatever the session has.
CREATE FUNCTION @extschema@.policy_search_path() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('pg_catalog, %I, pg_temp', @extschema@.marc_schema())
$$;
COMMENT ON FUNCTION @extschema@.policy_search_path() IS 'the search path under which conditions of policies are read';

CREATE FUNCTION @extschema@.policy_check(condition text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem text := coalesce(@extschema@.condition_problem(condition),
                             CASE WHEN condition IS NULL THEN 'a condition cannot be null; true takes everything' END);
    advice  text := 'A condition is one SQL expression over the columns of everarchive.policy_subject, '
                    'for example: kind = ''bib'' AND record ->> ''008/35-37'' = ''fre''';
BEGIN
    IF problem IS NULL THEN
        PERFORM set_config('search_path', @extschema@.policy_search_path(), true);
        BEGIN
            EXECUTE format(E'EXPLAIN SELECT 1 FROM @extschema@.policy_subject s WHERE (%s\n)', condition);
        EXCEPTION WHEN OTHERS THEN
            problem := SQLERRM;
        END;
    END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'this condition cannot be used: %', problem
            USING ERRCODE = 'invalid_parameter_value', DETAIL = coalesce(condition, 'NULL'), HINT = advice;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_check(text) IS 'an error that says what is wrong if a text cannot be the condition of a policy';

CREATE FUNCTION @extschema@.policy_apply(policy_id integer, version_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    applied @extschema@.policy;
    half    integer := cardinality(version_ids) / 2;
    queued  bigint := 0;
    failed  text;
    reason  text;
BEGIN
    SELECT p.* INTO STRICT applied FROM @extschema@.policy p WHERE p.policy_id = policy_apply.policy_id;
    IF applied.condition = 'true' THEN
        INSERT INTO @extschema@.submission (version_id, target_id, policy_id, packing)
        SELECT i.version_id, applied.target_id, applied.policy_id, applied.packing
        FROM unnest(version_ids) i (version_id)
        ON CONFLICT (version_id, target_id) DO NOTHING;
        GET DIAGNOSTICS queued = ROW_COUNT;
        RETURN queued;
    END IF;
    PERFORM set_config('search_path', @extschema@.policy_search_path(), true);
    BEGIN
        -- OFFSET 0: the condition is asked of these versions only, not of all entities before they are joined.
        EXECUTE format($sql$
            INSERT INTO @extschema@.submission (version_id, target_id, policy_id, packing)
            SELECT s.version_id, $2, $3, $4
            FROM (SELECT s.*
                  FROM unnest($1) i (version_id)
                  CROSS JOIN LATERAL (SELECT * FROM @extschema@.policy_subject s WHERE s.version_id = i.version_id LIMIT 1) s
                  OFFSET 0) s
            WHERE (%s
            )
            ON CONFLICT (version_id, target_id) DO NOTHING $sql$, applied.condition)
            USING version_ids, applied.target_id, applied.policy_id, applied.packing;
        GET DIAGNOSTICS queued = ROW_COUNT;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS failed = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
        -- A condition over what is no longer there (class 42) fails for every version: then all are quarantined, not
        -- lost, and versioning goes on.
        IF NOT @extschema@.is_about_data(failed) AND left(failed, 2) <> '42' THEN
            RAISE;
        END IF;
    END;
    IF failed IS NULL THEN
        RETURN queued;
    ELSIF half > 0 AND left(failed, 2) <> '42' THEN
        RETURN @extschema@.policy_apply(applied.policy_id, version_ids[1:half])
             + @extschema@.policy_apply(applied.policy_id, version_ids[half + 1:]);
    END IF;
    INSERT INTO @extschema@.quarantine AS q (source_id, stage, kind, key, sqlstate, message, hint)
    SELECT DISTINCT e.source_id, 'policy', e.kind, e.key, failed, format('the condition of policy %s failed: %s', applied.name, reason),
           format('Change the condition (everarchive.policy where name = %L), then retry.', applied.name)
    FROM @extschema@.version v JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    WHERE v.version_id = ANY (version_ids)
    ON CONFLICT (source_id, stage, kind, key) WHERE resolved_at IS NULL AND stage <> 'apply' DO UPDATE
    SET sqlstate = excluded.sqlstate, message = excluded.message, hint = excluded.hint,
        attempts = q.attempts + 1, last_at = now();
    RETURN 0;
END
$fn$;
COMMENT ON FUNCTION @extschema@.policy_apply(integer, bigint[]) IS 'queues those of the versions that a policy selects; where its condition fails, the entity goes to quarantine';

CREATE FUNCTION @extschema@.policy_backfill(policy_id integer) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    ids    bigint[];
    last   bigint := 0;
    queued bigint := 0;
BEGIN
    -- In steps, so that a condition that fails for one version is looked for among 10,000, and memory stays small.
    LOOP
        SELECT array_agg(b.version_id), max(b.entity_id) INTO ids, last
        FROM (SELECT e.entity_id, v.version_id
              FROM (SELECT e.entity_id, e.n FROM @extschema@.entity e WHERE e.entity_id > last ORDER BY e.entity_id LIMIT 10000) e
              JOIN @extschema@.version v ON v.entity_id = e.entity_id AND v.n = e.n) b;
        EXIT WHEN ids IS NULL;
        queued := queued + @extschema@.policy_apply(policy_backfill.policy_id, ids);
    END LOOP;
    RETURN queued;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_backfill(integer) IS 'queues the newest version of each entity that a policy selects and that is not queued yet';

CREATE FUNCTION @extschema@.policy_add(name text, target text, condition text DEFAULT 'true', packing text DEFAULT 'segment')
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    new_id integer;
BEGIN
    PERFORM @extschema@.policy_check(policy_add.condition);
    -- Mapping workers queue by the policies that they see when they begin. This waits for those that are under way, so no
    -- version is missed between them and the backfill.
    LOCK TABLE @extschema@.entity IN SHARE MODE;
    INSERT INTO @extschema@.policy (name, target_id, condition, packing)
    SELECT policy_add.name, t.target_id, btrim(policy_add.condition), policy_add.packing
    FROM @extschema@.target_named(policy_add.target) t
    RETURNING policy_id INTO new_id;
    PERFORM @extschema@.policy_backfill(new_id);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_add(text, text, text, text) IS 'adds a policy and queues the newest version of each entity that it selects; returns policy_id';

CREATE FUNCTION @extschema@.policy_enable(name text, enabled boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    changed @extschema@.policy;
BEGIN
    SELECT p.* INTO changed FROM @extschema@.policy p WHERE p.name = policy_enable.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no policy "%"', policy_enable.name
            USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM everarchive.policy;';
    END IF;
    IF changed.enabled IS DISTINCT FROM policy_enable.enabled THEN
        LOCK TABLE @extschema@.entity IN SHARE MODE;
        UPDATE @extschema@.policy p SET enabled = policy_enable.enabled WHERE p.policy_id = changed.policy_id;
        IF policy_enable.enabled THEN
            PERFORM @extschema@.policy_check(changed.condition);
            PERFORM @extschema@.policy_backfill(changed.policy_id);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_enable(text, boolean) IS 'switches a policy on or off; on queues what came meanwhile, in its newest version';
