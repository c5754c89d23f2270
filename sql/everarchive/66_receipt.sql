-- What came of a delivery: receipt, reading back, failure.

CREATE FUNCTION @extschema@.archive_object_of(archive_object_id bigint) RETURNS @extschema@.archive_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    locked @extschema@.archive_object;
BEGIN
    SELECT * INTO locked FROM @extschema@.archive_object o
    WHERE o.archive_object_id = archive_object_of.archive_object_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no archive object %', archive_object_of.archive_object_id
            USING ERRCODE = 'undefined_object', HINT = 'Archive objects are given out by everarchive.claim_packages(target_id).';
    END IF;
    RETURN locked;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_of(bigint) IS 'locks and returns the row of an archive object; an error if there is none';

CREATE FUNCTION @extschema@.archive_object_set_state(archive_object_id bigint, state text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    UPDATE @extschema@.archive_object o
    SET state = archive_object_set_state.state, changed_at = now()
    WHERE o.archive_object_id = archive_object_set_state.archive_object_id;
    UPDATE @extschema@.submission q
    SET state = archive_object_set_state.state, changed_at = now()
    WHERE q.archive_object_id = archive_object_set_state.archive_object_id AND q.state <> archive_object_set_state.state;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_set_state(bigint, text) IS 'sets the state of an archive object and of all submissions in it; called by the functions that know why';

CREATE FUNCTION @extschema@.archive_object_renew(archive_object_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    UPDATE @extschema@.archive_object o
    SET claimed_until = clock_timestamp() + interval '5 minutes'
    WHERE o.archive_object_id = archive_object_renew.archive_object_id AND o.claimed_by = pg_backend_pid();
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_renew(bigint) IS 'keeps a claimed archive object for five more minutes; false: another worker has it now, stop writing';

CREATE FUNCTION @extschema@.archive_object_fence(object @extschema@.archive_object) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- As claim_packages() sees it: a claim is void when its time is over or its backend is gone.
    IF object.claimed_by <> pg_backend_pid() AND object.claimed_until >= clock_timestamp()
       AND EXISTS (SELECT 1 FROM pg_stat_get_activity(object.claimed_by)) THEN
        RAISE EXCEPTION 'archive object % belongs to another worker, backend process %', object.archive_object_id, object.claimed_by
            USING ERRCODE = 'lock_not_available',
                  HINT = 'Nothing to do: that worker delivers it. If it hangs: SELECT pg_terminate_backend(' || object.claimed_by || ');';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_fence(@extschema@.archive_object) IS 'an error if another worker has a live claim on the archive object: the result of one that lost it does not count';

CREATE FUNCTION @extschema@.archive_object_accept(archive_object_id bigint, location text, sha512 text, bytes bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    taken @extschema@.archive_object := @extschema@.archive_object_of(archive_object_accept.archive_object_id);
BEGIN
    IF archive_object_accept.sha512 !~ '^[0-9a-f]{128}$' OR archive_object_accept.sha512 IS NULL THEN
        RAISE EXCEPTION 'not a SHA-512 digest: "%"', archive_object_accept.sha512
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 128 lower-case hexadecimal digits.';
    END IF;
    IF taken.state IN ('verified', 'anchored') THEN
        RETURN; -- said again after a lost answer
    END IF;
    PERFORM @extschema@.archive_object_fence(taken);
    -- Said again, or written again: the newest receipt counts; the same one is not stored twice.
    INSERT INTO @extschema@.receipt (archive_object_id, location, sha512, bytes)
    SELECT taken.archive_object_id, archive_object_accept.location, archive_object_accept.sha512, archive_object_accept.bytes
    WHERE NOT EXISTS (
        SELECT 1 FROM @extschema@.receipt r
        WHERE r.archive_object_id = taken.archive_object_id AND r.location = archive_object_accept.location
          AND r.sha512 = archive_object_accept.sha512 AND r.bytes = archive_object_accept.bytes);
    IF taken.state <> 'accepted' THEN
        INSERT INTO @extschema@.event (type, outcome, detail, agent, archive_object_id)
        SELECT 'ingestion', 'success', format('taken by %s at %s', t.name, archive_object_accept.location), @extschema@.agent(),
               taken.archive_object_id
        FROM @extschema@.target t WHERE t.target_id = taken.target_id;
        PERFORM @extschema@.archive_object_set_state(taken.archive_object_id, 'accepted');
    END IF;
    UPDATE @extschema@.target t SET message = NULL, hint = NULL WHERE t.target_id = taken.target_id AND t.message IS NOT NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_accept(bigint, text, text, bigint) IS 'the archive has taken the object and it is on disk: stores the receipt; not preserved before archive_object_verify()';

CREATE FUNCTION @extschema@.archive_object_verify(archive_object_id bigint, good boolean, detail text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    checked @extschema@.archive_object := @extschema@.archive_object_of(archive_object_verify.archive_object_id);
BEGIN
    IF checked.state NOT IN ('accepted', 'verified', 'anchored') THEN
        RAISE EXCEPTION 'archive object % cannot be verified: it is %', checked.archive_object_id, checked.state
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call everarchive.archive_object_accept() first.';
    END IF;
    IF good IS NULL THEN
        RAISE EXCEPTION 'archive_object_verify() needs to know whether archive object % is good', checked.archive_object_id
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- An audit of what was verified long ago needs no claim.
    IF checked.state = 'accepted' THEN
        PERFORM @extschema@.archive_object_fence(checked);
    END IF;
    INSERT INTO @extschema@.fixity_check (archive_object_id, good, detail)
    VALUES (checked.archive_object_id, archive_object_verify.good, archive_object_verify.detail);
    INSERT INTO @extschema@.event (type, outcome, detail, agent, archive_object_id)
    VALUES ('fixity check', CASE WHEN good THEN 'success' ELSE 'failure' END, archive_object_verify.detail,
            @extschema@.agent(), checked.archive_object_id);
    UPDATE @extschema@.archive_object o
    SET claimed_until = NULL, claimed_by = NULL,
        attempts = CASE WHEN good THEN 0 ELSE o.attempts + 1 END,
        -- Each repair keeps the bad copy: a disk that stays bad must not fill up with them.
        next_attempt_at = CASE WHEN good THEN o.next_attempt_at
                               ELSE now() + least(interval '1 minute' * power(4, least(o.attempts, 10)), interval '1 day') END,
        message = CASE WHEN NOT good THEN coalesce(archive_object_verify.detail, 'read back, and it is not what was written') END,
        hint = CASE WHEN NOT good THEN 'The object is written again from the database, and the bad copy kept in extensions/everarchive-bad. If it happens again, test the disk of the archive.' END
    WHERE o.archive_object_id = checked.archive_object_id;
    IF NOT good THEN
        PERFORM @extschema@.archive_object_set_state(checked.archive_object_id, 'failed');
    ELSIF checked.state = 'accepted' THEN
        PERFORM @extschema@.archive_object_set_state(checked.archive_object_id, 'verified');
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_verify(bigint, boolean, text) IS 'every file of the object was read again: good makes its versions verified, else it fails and is written again';

CREATE FUNCTION @extschema@.archive_object_fail(archive_object_id bigint, message text, hint text, retry_seconds double precision)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    failed @extschema@.archive_object := @extschema@.archive_object_of(archive_object_fail.archive_object_id);
BEGIN
    IF failed.state NOT IN ('packaged', 'accepted', 'failed') THEN
        RAISE EXCEPTION 'archive object % cannot fail: it is %', failed.archive_object_id, failed.state
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'For a copy that was found bad: everarchive.archive_object_verify(id, false, detail).';
    END IF;
    PERFORM @extschema@.archive_object_fence(failed);
    UPDATE @extschema@.archive_object o
    SET claimed_until = NULL, claimed_by = NULL, attempts = o.attempts + 1,
        next_attempt_at = clock_timestamp() + make_interval(secs => coalesce(retry_seconds, 60)),
        message = archive_object_fail.message, hint = archive_object_fail.hint, changed_at = now()
    WHERE o.archive_object_id = failed.archive_object_id;
    UPDATE @extschema@.target t
    SET message = archive_object_fail.message, hint = archive_object_fail.hint
    WHERE t.target_id = failed.target_id
      AND (t.message, t.hint) IS DISTINCT FROM (archive_object_fail.message, archive_object_fail.hint);
    -- What the archive has taken stays accepted: only reading it back is tried again.
    IF failed.state = 'packaged' THEN
        PERFORM @extschema@.archive_object_set_state(failed.archive_object_id, 'failed');
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_fail(bigint, text, text, double precision) IS 'the delivery failed: stores why, and when to try again';
