-- What needs a person: try again, or give up.

CREATE FUNCTION @extschema@.quarantine_open(quarantine_id bigint) RETURNS @extschema@.quarantine
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    open_row @extschema@.quarantine;
BEGIN
    SELECT * INTO open_row FROM @extschema@.quarantine q WHERE q.quarantine_id = quarantine_open.quarantine_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no quarantine row %', quarantine_open.quarantine_id
            USING ERRCODE = 'undefined_object', HINT = 'SELECT * FROM report.quarantine;';
    ELSIF open_row.resolved_at IS NOT NULL THEN
        RAISE EXCEPTION 'quarantine row % is % already', quarantine_open.quarantine_id, open_row.resolution
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT * FROM report.quarantine; shows what is open.';
    END IF;
    RETURN open_row;
END
$$;
COMMENT ON FUNCTION @extschema@.quarantine_open(bigint) IS 'the row of an open case; an error if there is none';

CREATE FUNCTION @extschema@.quarantine_retry(quarantine_id bigint) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    tried  @extschema@.quarantine := @extschema@.quarantine_open(quarantine_retry.quarantine_id);
    before integer := tried.attempts;
BEGIN
    IF tried.stage = 'apply' THEN
        UPDATE @extschema@.quarantine q SET retry_at = now() WHERE q.quarantine_id = tried.quarantine_id;
        RETURN 'requested: the program applies the change again with its next batch';
    END IF;
    IF tried.stage = 'map' THEN
        IF tried.key ~ '… [0-9a-f]{64}$' THEN
            -- Under the shortened key (see refresh) nothing is found, which would look as if the entity were gone.
            RAISE EXCEPTION 'the key of quarantine row % is too long to be kept whole, so it cannot be tried again by it', tried.quarantine_id
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = format('Correct the record in the library system: it is then mapped by itself. After that: SELECT everarchive.quarantine_discard(%s);', tried.quarantine_id);
        END IF;
        -- Refuses while the mirror is copied; waits for a mapping worker that has the key.
        PERFORM @extschema@.refresh(tried.source_id, tried.kind, ARRAY[tried.key]);
    ELSE
        PERFORM @extschema@.policy_apply(p.policy_id, v.version_ids)
        FROM (SELECT array_agg(v.version_id ORDER BY v.version_id) AS version_ids
              FROM @extschema@.entity e
              JOIN @extschema@.version v ON v.entity_id = e.entity_id
              WHERE e.source_id = tried.source_id AND e.kind = tried.kind AND e.key = tried.key
                AND (v.n = e.n OR v.captured_at >= tried.first_at)) v,
             @extschema@.policy p
        WHERE p.enabled;
        UPDATE @extschema@.quarantine q SET resolved_at = now(), resolution = 'retried'
        WHERE q.quarantine_id = tried.quarantine_id AND q.attempts = before;
    END IF;
    SELECT q.* INTO tried FROM @extschema@.quarantine q WHERE q.quarantine_id = tried.quarantine_id;
    RETURN coalesce(tried.resolution, 'still in quarantine: ' || tried.message);
END
$$;
COMMENT ON FUNCTION @extschema@.quarantine_retry(bigint) IS 'tries again what is in quarantine; returns mended, superseded, retried, requested, or why it is still there';

CREATE FUNCTION @extschema@.quarantine_discard(quarantine_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given_up @extschema@.quarantine := @extschema@.quarantine_open(quarantine_discard.quarantine_id);
BEGIN
    UPDATE @extschema@.quarantine q SET resolved_at = now(), resolution = 'discarded'
    WHERE q.quarantine_id = given_up.quarantine_id;
END
$$;
COMMENT ON FUNCTION @extschema@.quarantine_discard(bigint) IS 'gives up what is in quarantine; the row stays, with its bytes, as discarded';
