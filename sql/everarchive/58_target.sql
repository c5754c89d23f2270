-- Targets: the archives.

CREATE FUNCTION @extschema@.target_named(name text) RETURNS @extschema@.target
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_target @extschema@.target;
    names        text;
BEGIN
    SELECT * INTO found_target FROM @extschema@.target t WHERE t.name = target_named.name;
    IF NOT FOUND THEN
        SELECT string_agg(t.name, ', ' ORDER BY t.name) INTO names FROM @extschema@.target t;
        RAISE EXCEPTION 'there is no target "%"', target_named.name
            USING ERRCODE = 'undefined_object',
                  HINT = coalesce('Targets are: ' || names || '.', 'There are none yet: everarchive target add NAME dir:/path');
    END IF;
    RETURN found_target;
END
$$;
COMMENT ON FUNCTION @extschema@.target_named(text) IS 'the row of a target; an error that lists the targets if there is none of the name';

CREATE FUNCTION @extschema@.target_setting_limits()
RETURNS TABLE (setting text, fallback bigint, lowest bigint, highest bigint, meaning text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    VALUES ('segment_versions', 10000::bigint, 1::bigint, 100000::bigint, 'versions that close a segment'),
           ('segment_bytes', 67108864, 65536, 1073741824, 'bytes of captured content that close a segment'),
           ('segment_seconds', 60, 0, 86400, 'seconds after which what waits is made a segment')
$$;
COMMENT ON FUNCTION @extschema@.target_setting_limits() IS 'the settings that a target may have, with their defaults and bounds';

CREATE FUNCTION @extschema@.target_setting(settings jsonb, setting text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(($1 ->> $2)::bigint, l.fallback) FROM @extschema@.target_setting_limits() l WHERE l.setting = $2
$$;
COMMENT ON FUNCTION @extschema@.target_setting(jsonb, text) IS 'a setting of a target, or its default';

CREATE FUNCTION @extschema@.target_add(name text, uri text, settings jsonb DEFAULT '{}') RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    given  record;
    limits record;
    new_id integer;
BEGIN
    IF target_add.name !~ '^[a-z][a-z0-9_-]{0,39}$' OR target_add.name IS NULL THEN
        RAISE EXCEPTION 'not a name for a target: "%"', target_add.name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use up to 40 lower-case letters, digits, underscores and hyphens, a letter first.';
    END IF;
    IF target_add.uri ~ '://[^/@]*:[^/@]*@' THEN
        RAISE EXCEPTION 'the address of target "%" holds a password', target_add.name
            USING ERRCODE = 'invalid_parameter_value', HINT = 'No password is kept in the database: leave it where the client library looks for it.';
    END IF;
    IF target_add.uri !~ '^dir:/' OR target_add.uri IS NULL THEN
        RAISE EXCEPTION 'not an address of an archive: "%"', target_add.uri
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give dir: and an absolute path, for example dir:/srv/archive.';
    END IF;
    IF jsonb_typeof(target_add.settings) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'the settings of target "%" must be a JSON object', target_add.name
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example: {"segment_seconds": 60}';
    END IF;
    FOR given IN SELECT s.key, s.value FROM jsonb_each_text(target_add.settings) s LOOP
        SELECT l.* INTO limits FROM @extschema@.target_setting_limits() l WHERE l.setting = given.key;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a target has no setting "%"', given.key
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = (SELECT 'Settings are ' || string_agg(format('%s (%s)', l.setting, l.meaning), ', ') || '.'
                              FROM @extschema@.target_setting_limits() l);
        ELSIF given.value !~ '^\d{1,12}$' OR given.value IS NULL OR given.value::bigint NOT BETWEEN limits.lowest AND limits.highest THEN
            RAISE EXCEPTION 'setting % cannot be %', given.key, coalesce(given.value, 'null')
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('It is a whole number from %s to %s.', limits.lowest, limits.highest);
        END IF;
    END LOOP;
    INSERT INTO @extschema@.target (name, uri, settings)
    VALUES (target_add.name, target_add.uri, target_add.settings)
    RETURNING target_id INTO new_id;
    RETURN new_id;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'there is a target "%" already', target_add.name
        USING ERRCODE = 'duplicate_object', HINT = 'Choose another name.';
END
$$;
COMMENT ON FUNCTION @extschema@.target_add(text, text, jsonb) IS 'adds an archive; returns target_id';

CREATE FUNCTION @extschema@.target_pause(name text) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE @extschema@.target SET paused = true WHERE target_id = (@extschema@.target_named($1)).target_id
$$;
COMMENT ON FUNCTION @extschema@.target_pause(text) IS 'stops delivery to an archive; what is selected for it still queues';

CREATE FUNCTION @extschema@.target_resume(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    resumed @extschema@.target := @extschema@.target_named(target_resume.name);
BEGIN
    UPDATE @extschema@.target t SET paused = false, message = NULL, hint = NULL WHERE t.target_id = resumed.target_id;
    UPDATE @extschema@.archive_object o SET next_attempt_at = now()
    WHERE o.target_id = resumed.target_id AND o.state IN ('packaged', 'accepted', 'failed') AND o.next_attempt_at > now();
END
$$;
COMMENT ON FUNCTION @extschema@.target_resume(text) IS 'lets delivery to an archive go on, and tries what failed again at once';
