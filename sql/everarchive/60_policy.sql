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

-- The second guard: the first one reads the text, this one what its names stand for in this database.
CREATE FUNCTION @extschema@.condition_functions_problem(text) RETURNS text
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'everarchive_condition_functions_problem';
COMMENT ON FUNCTION @extschema@.condition_functions_problem(text) IS 'why a text cannot be the condition of a policy: null if all functions and operators in it are those of PostgreSQL and of marc';

-- Conditions use the operators of marc, so they are read with its schema in the path, whatever the session has. Others may
-- be able to create functions there, at any time: so condition_functions_problem() is asked whenever a condition is used.
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
            -- First, because planning runs immutable functions.
            problem := @extschema@.condition_functions_problem(condition);
            IF problem IS NULL THEN
                EXECUTE format(E'EXPLAIN SELECT 1 FROM @extschema@.policy_subject s WHERE (%s\n)', condition);
            END IF;
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

CREATE FUNCTION @extschema@.policy_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@.policy_check(NEW.condition);
    RETURN NEW;
EXCEPTION WHEN invalid_parameter_value THEN
    -- The rows of a dump must load, also where a condition has become bad since. Who owns the table may do so anyway;
    -- policy_apply() does not run such a condition.
    IF NOT (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = TG_RELID) THEN
        RAISE;
    END IF;
    RAISE WARNING 'policy "%" selects nothing: %', NEW.name, SQLERRM
        USING HINT = format('UPDATE everarchive.policy SET condition = … WHERE name = %L;', NEW.name);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_guard() IS 'trigger of policy: no condition gets into the table that policy_check() refuses, however it is written there';
CREATE TRIGGER policy_guard BEFORE INSERT OR UPDATE OF condition ON @extschema@.policy
    FOR EACH ROW EXECUTE FUNCTION @extschema@.policy_guard();
COMMENT ON TRIGGER policy_guard ON @extschema@.policy IS 'conditions run with the rights of the program, so each is checked';

CREATE FUNCTION @extschema@.policy_apply(policy_id integer, version_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    applied @extschema@.policy;
    half    integer := cardinality(version_ids) / 2;
    chosen  bigint[];
    queued  bigint := 0;
    failed  text;
    reason  text;
BEGIN
    SELECT p.* INTO STRICT applied FROM @extschema@.policy p WHERE p.policy_id = policy_apply.policy_id;
    PERFORM set_config('search_path', @extschema@.policy_search_path(), true);
    BEGIN
        IF applied.condition = 'true' THEN
            chosen := version_ids;
        ELSE
            reason := coalesce(@extschema@.condition_problem(applied.condition), @extschema@.condition_functions_problem(applied.condition));
            IF reason IS NOT NULL THEN
                RAISE EXCEPTION '%', reason USING ERRCODE = 'syntax_error_or_access_rule_violation';
            END IF;
            -- OFFSET 0: the condition is asked of these versions only, not of all entities before they are joined.
            EXECUTE format($sql$
                SELECT array_agg(s.version_id)
                FROM (SELECT s.*
                      FROM unnest($1) i (version_id)
                      CROSS JOIN LATERAL (SELECT * FROM @extschema@.policy_subject s WHERE s.version_id = i.version_id LIMIT 1) s
                      OFFSET 0) s
                WHERE (%s
                ) $sql$, applied.condition)
                INTO chosen
                USING version_ids;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS failed = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
        -- Whatever a condition raises, versioning goes on, of all sources. Only what the server itself says (rolled back,
        -- no resources, an operator, the system) is for the program, which tries again. A condition that is refused or over
        -- what is no longer there (class 42) fails for every version: all are quarantined, not lost.
        IF left(failed, 2) = ANY ('{40,53,57,58}') THEN
            RAISE;
        END IF;
    END;
    IF failed IS NULL THEN
        -- Outside the block: an error here is not the condition's.
        INSERT INTO @extschema@.submission (version_id, target_id, policy_id, packing)
        SELECT i.version_id, applied.target_id, applied.policy_id, applied.packing
        FROM unnest(chosen) i (version_id)
        ON CONFLICT (version_id, target_id) DO NOTHING;
        GET DIAGNOSTICS queued = ROW_COUNT;
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

CREATE FUNCTION @extschema@.policy_lock() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Mapping workers queue by the policies that they see when they begin. The lock waits for those that are under way and
    -- keeps others away until the backfill is committed, so no version is missed between them. What they wrote is seen
    -- only by a statement that takes its snapshot after the lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a policy is added or switched on in a transaction that is READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state', HINT = 'BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;';
    END IF;
    LOCK TABLE @extschema@.entity IN SHARE MODE;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_lock() IS 'keeps mapping away until the end of the transaction, which must be READ COMMITTED, while the backfill of a policy runs';

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
    PERFORM @extschema@.policy_lock();
    INSERT INTO @extschema@.policy (name, target_id, condition, packing)
    SELECT policy_add.name, t.target_id, btrim(policy_add.condition), policy_add.packing
    FROM @extschema@.target_named(policy_add.target) t
    RETURNING policy_id INTO new_id;
    PERFORM @extschema@.policy_backfill(new_id);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_add(text, text, text, text) IS 'adds a policy and queues the newest version of each entity that it selects, while mapping waits; returns policy_id';

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
        IF policy_enable.enabled THEN
            PERFORM @extschema@.policy_check(changed.condition);
            PERFORM @extschema@.policy_lock();
        END IF;
        UPDATE @extschema@.policy p SET enabled = policy_enable.enabled WHERE p.policy_id = changed.policy_id;
        IF policy_enable.enabled THEN
            PERFORM @extschema@.policy_backfill(changed.policy_id);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_enable(text, boolean) IS 'switches a policy on or off; on queues what came meanwhile, in its newest version';
