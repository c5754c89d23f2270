-- Managing sources: add, take over, pause, resume, remap, remove.

CREATE FUNCTION @extschema@.marc_schema() RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'marc'
$$;
COMMENT ON FUNCTION @extschema@.marc_schema() IS 'the schema that the extension marc is installed in';

CREATE FUNCTION @extschema@.source_named(name text) RETURNS @extschema@.source
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_source @extschema@.source;
    names        text;
BEGIN
    SELECT * INTO found_source FROM @extschema@.source s WHERE s.name = source_named.name AND s.state <> 'removed';
    IF NOT FOUND THEN
        SELECT string_agg(s.name, ', ' ORDER BY s.name) INTO names FROM @extschema@.source s WHERE s.state <> 'removed';
        RAISE EXCEPTION 'there is no source "%"', source_named.name
            USING ERRCODE = 'undefined_object',
                  HINT = coalesce('Sources are: ' || names || '.', 'There are none yet: everarchive source add NAME --adapter … --from …');
    END IF;
    RETURN found_source;
END
$$;
COMMENT ON FUNCTION @extschema@.source_named(text) IS 'the row of a source that is not removed; an error that lists the sources if there is none of the name';

CREATE FUNCTION @extschema@.source_key_types(kinds jsonb) RETURNS TABLE (kind text, key_types text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    element jsonb;
    given   text;
BEGIN
    IF jsonb_typeof(kinds) IS DISTINCT FROM 'array' OR jsonb_array_length(kinds) = 0 THEN
        RAISE EXCEPTION 'kinds must be a JSON array that is not empty'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example: [{"kind": "bib", "key_types": ["integer"]}]';
    END IF;
    FOR element IN SELECT * FROM jsonb_array_elements(kinds) LOOP
        source_key_types.kind := element ->> 'kind';
        IF source_key_types.kind IS NULL OR source_key_types.kind <> ALL ('{bib,authority,holding,item,order,object}')
           OR jsonb_typeof(element -> 'key_types') IS DISTINCT FROM 'array'
           OR jsonb_array_length(element -> 'key_types') NOT BETWEEN 1 AND 3 THEN
            RAISE EXCEPTION 'not a kind of entity: %', element
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Kinds are bib, authority, holding, item, order, object, each with one to three key_types.';
        END IF;
        source_key_types.key_types := '{}';
        FOR given IN SELECT * FROM jsonb_array_elements_text(element -> 'key_types') LOOP
            -- Stored as the type's own name, because refresh() writes it into a statement as a cast.
            IF to_regtype(given) IS NULL THEN
                RAISE EXCEPTION 'kind % has a key of unknown type "%"', source_key_types.kind, given
                    USING ERRCODE = 'undefined_object', HINT = 'Give a type of PostgreSQL, such as integer, bigint or text.';
            END IF;
            source_key_types.key_types := source_key_types.key_types || to_regtype(given)::text;
        END LOOP;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.source_key_types(jsonb) IS 'reads and checks the kinds argument of source_add()';

CREATE FUNCTION @extschema@.source_add(name text, adapter text, origin text, mirror_schema name, kinds jsonb) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    old_source @extschema@.source;
    new_id     integer;
BEGIN
    IF source_add.name !~ '^[a-z][a-z0-9_]{0,39}$' OR source_add.name IS NULL THEN
        RAISE EXCEPTION 'not a name for a source: "%"', source_add.name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use up to 40 lower-case letters, digits and underscores, a letter first.';
    END IF;
    IF source_add.origin ~* '(passw(or)?d|pwd)\s*=' OR source_add.origin ~ '://[^/@]*:[^/@]*@' THEN
        -- The origin is not repeated: the message may end in a log.
        RAISE EXCEPTION 'the origin of source "%" holds a password', source_add.name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Put it into ~/.pgpass (postgresql:service=NAME) or into a MariaDB option file '
                         '(mariadb:defaults-group=NAME), readable only by the user that runs everarchive.';
    END IF;
    IF source_add.origin !~ '^(postgresql|mariadb|mysql|file):.' OR source_add.origin IS NULL THEN
        RAISE EXCEPTION 'not an origin: "%"', source_add.origin
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give postgresql:service=NAME, mariadb:defaults-group=NAME or mysql:defaults-group=NAME.';
    END IF;
    IF coalesce(source_add.adapter, '') = '' THEN
        RAISE EXCEPTION 'source "%" needs an adapter', source_add.name
            USING ERRCODE = 'invalid_parameter_value', HINT = 'everarchive adapters lists them.';
    END IF;
    IF source_add.mirror_schema !~ '^[a-z][a-z0-9_]*$' OR source_add.mirror_schema ~ '^pg_'
       OR source_add.mirror_schema IN ('everarchive', 'report', 'public', 'information_schema', @extschema@.marc_schema()) THEN
        RAISE EXCEPTION 'not a name for a mirror schema: "%"', source_add.mirror_schema
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The name of the source is a good name for its mirror schema.';
    END IF;

    SELECT * INTO old_source FROM @extschema@.source s WHERE s.name = source_add.name FOR UPDATE;
    IF FOUND AND old_source.state <> 'removed' THEN
        RAISE EXCEPTION 'there is a source "%" already', source_add.name
            USING ERRCODE = 'duplicate_object',
                  HINT = format('Choose another name, or remove it: SELECT everarchive.source_remove(%L);', source_add.name);
    ELSIF FOUND AND old_source.adapter <> source_add.adapter THEN
        RAISE EXCEPTION 'source "%" was removed but its history is kept, and that is of adapter %', source_add.name, old_source.adapter
            USING ERRCODE = 'duplicate_object', HINT = 'Choose another name: entities of two systems must not share their keys.';
    END IF;
    IF NOT has_database_privilege(current_database(), 'CREATE') THEN
        RAISE EXCEPTION '% may not create the mirror schema "%"', current_user, source_add.mirror_schema
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('As the owner of the database: GRANT CREATE ON DATABASE %I TO everarchive_operator;', current_database());
    END IF;
    IF to_regnamespace(quote_ident(source_add.mirror_schema)) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a schema "%" already', source_add.mirror_schema
            USING ERRCODE = 'duplicate_schema',
                  HINT = format('Choose another name, or if nothing needs it: DROP SCHEMA %I CASCADE;', source_add.mirror_schema);
    END IF;

    -- It belongs to the operators together: any of them can remove it. Whoever runs this makes the mirror tables next.
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION everarchive_operator', source_add.mirror_schema);
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', source_add.mirror_schema,
                   'mirror of the source ' || source_add.name || ' of everarchive');
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO everarchive_replicator', source_add.mirror_schema);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES '
                   'TO everarchive_replicator, everarchive_operator', source_add.mirror_schema);

    IF old_source.source_id IS NOT NULL THEN
        new_id := old_source.source_id;
        UPDATE @extschema@.source s
        SET origin = source_add.origin, mirror_schema = source_add.mirror_schema, state = 'new', paused = false,
            message = NULL, hint = NULL, changed_at = now()
        WHERE s.source_id = new_id;
    ELSE
        INSERT INTO @extschema@.source (name, adapter, origin, mirror_schema)
        VALUES (source_add.name, source_add.adapter, source_add.origin, source_add.mirror_schema)
        RETURNING source_id INTO new_id;
    END IF;
    INSERT INTO @extschema@.source_progress (source_id) VALUES (new_id);
    INSERT INTO @extschema@.source_kind (source_id, kind, key_types)
    SELECT new_id, k.kind, k.key_types FROM @extschema@.source_key_types(source_add.kinds) k;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION @extschema@.source_add(text, text, text, name, jsonb) IS 'adds a source and makes its mirror schema; a removed source of the same name and adapter goes on with its history';

CREATE FUNCTION @extschema@.source_take(name text)
RETURNS TABLE (source_id integer, adapter text, origin text, mirror_schema name, state text, paused boolean,
               epoch bigint, "position" text, identity text, commit_time timestamptz,
               snapshot_rows bigint, snapshot_expected bigint, kinds jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    taken @extschema@.source := @extschema@.source_named(source_take.name);
BEGIN
    -- The row lock waits for a batch that another program has under way; after it, that program's epoch is too old.
    RETURN QUERY
        UPDATE @extschema@.source_progress p
        SET epoch = p.epoch + 1
        FROM @extschema@.source s
        WHERE p.source_id = taken.source_id AND s.source_id = taken.source_id
        RETURNING s.source_id, s.adapter, s.origin, s.mirror_schema, s.state, s.paused,
                  p.epoch, p.position, p.identity, p.commit_time, p.snapshot_rows, p.snapshot_expected,
                  (SELECT jsonb_agg(jsonb_build_object('kind', k.kind, 'key_types', k.key_types) ORDER BY k.kind)
                   FROM @extschema@.source_kind k WHERE k.source_id = taken.source_id);
END
$$;
COMMENT ON FUNCTION @extschema@.source_take(text) IS 'takes a source over: raises its epoch, so that batches of the program that had it before are refused, and tells all that capture needs';

CREATE FUNCTION @extschema@.source_set_state(name text, state text, message text DEFAULT NULL, hint text DEFAULT NULL,
                                             epoch bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_set_state.name);
BEGIN
    IF source_set_state.epoch IS NOT NULL THEN
        PERFORM 1 FROM @extschema@.source_progress p
        WHERE p.source_id = found_source.source_id AND p.epoch = source_set_state.epoch FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another program has taken source "%" over', source_set_state.name
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Stop one of the two everarchive programs.';
        END IF;
    END IF;
    UPDATE @extschema@.source s
    SET state = source_set_state.state, message = source_set_state.message, hint = source_set_state.hint, changed_at = now()
    WHERE s.source_id = found_source.source_id
      AND (s.state, s.message, s.hint) IS DISTINCT FROM (source_set_state.state, source_set_state.message, source_set_state.hint);
END
$$;
COMMENT ON FUNCTION @extschema@.source_set_state(text, text, text, text, bigint) IS 'tells what the program does with a source, and why it stopped; refused if epoch is given and is not the newest';

CREATE FUNCTION @extschema@.source_set(source text, name text, value text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_set.source);
BEGIN
    PERFORM @extschema@.source_setting(found_source.source_id, source_set.name); -- an error names those that there are
    IF source_set.value IS NULL THEN
        DELETE FROM @extschema@.source_setting v WHERE v.source_id = found_source.source_id AND v.name = source_set.name;
    ELSE
        INSERT INTO @extschema@.source_setting AS v (source_id, name, value)
        VALUES (found_source.source_id, source_set.name, source_set.value)
        ON CONFLICT (source_id, name) DO UPDATE SET value = excluded.value, changed_at = now()
        WHERE v.value <> excluded.value;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.source_set(text, text, text) IS 'sets something of a source, see report.source_settings; NULL: the default again; the program notices within seconds';

CREATE FUNCTION @extschema@.source_pause(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_pause.name);
BEGIN
    UPDATE @extschema@.source s SET paused = true, changed_at = now()
    WHERE s.source_id = found_source.source_id AND NOT s.paused;
END
$$;
COMMENT ON FUNCTION @extschema@.source_pause(text) IS 'stops capture of a source until source_resume(); the library system keeps its log meanwhile';

CREATE FUNCTION @extschema@.source_resume(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_resume.name);
BEGIN
    IF found_source.state = 'position_lost' THEN
        RAISE EXCEPTION 'source "%" cannot go on from where it was', source_resume.name
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = coalesce(found_source.message, ''),
                  HINT = format('Compare it with its mirror and repair what differs: everarchive source resync %s', source_resume.name);
    END IF;
    UPDATE @extschema@.source s
    SET paused = false, message = NULL, hint = NULL, changed_at = now(),
        state = CASE WHEN s.state <> 'stopped' THEN s.state WHEN p.position IS NULL THEN 'new' ELSE 'streaming' END
    FROM @extschema@.source_progress p
    WHERE s.source_id = found_source.source_id AND p.source_id = found_source.source_id;
END
$$;
COMMENT ON FUNCTION @extschema@.source_resume(text) IS 'lets a paused or stopped source go on';

CREATE FUNCTION @extschema@.is_tombstone(entity_id bigint, n integer, digest bytea) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM @extschema@.version p WHERE p.entity_id = $1 AND p.n = $2 - 1 AND $3 = sha256('\x03'::bytea || p.digest))
$$;
COMMENT ON FUNCTION @extschema@.is_tombstone(bigint, integer, bytea) IS 'whether a version says that its entity is gone, rather than marked as deleted; told by its digest, which is over the one before it (see mapping_statement)';

CREATE FUNCTION @extschema@.source_remap(name text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_remap.name);
    queued       bigint;
BEGIN
    INSERT INTO @extschema@.touched (source_id, kind, key)
    SELECT e.source_id, e.kind, e.key
    FROM @extschema@.entity e
    WHERE e.source_id = found_source.source_id
      AND (NOT e.deleted OR NOT @extschema@.is_tombstone(e.entity_id, e.n, e.digest))
    UNION ALL
    -- What never had a good version is only here. A key that was too long for the index (see refresh) is not whole.
    SELECT q.source_id, q.kind, q.key
    FROM @extschema@.quarantine q
    WHERE q.source_id = found_source.source_id AND q.stage = 'map' AND q.resolved_at IS NULL AND q.key !~ '… [0-9a-f]{64}$'
      AND NOT EXISTS (SELECT 1 FROM @extschema@.entity e
                      WHERE e.source_id = q.source_id AND e.kind = q.kind AND e.key = q.key AND NOT e.deleted);
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END
$$;
COMMENT ON FUNCTION @extschema@.source_remap(text) IS 'queues every entity of a source that has no tombstone, and every key that could not be mapped, to be mapped again: after a resync, so that what is gone gets its tombstone, or after a change of the mapping views';

CREATE FUNCTION @extschema@.source_remove(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_remove.name);
BEGIN
    -- The progress row first: a program that still runs finds no row with its epoch and writes nothing more.
    DELETE FROM @extschema@.source_progress p WHERE p.source_id = found_source.source_id;
    DELETE FROM @extschema@.touched t WHERE t.source_id = found_source.source_id;
    DELETE FROM @extschema@.map_progress m WHERE m.source_id = found_source.source_id;
    DELETE FROM @extschema@.source_kind k WHERE k.source_id = found_source.source_id;
    DELETE FROM @extschema@.source_setting v WHERE v.source_id = found_source.source_id;
    -- What was said of the old mirror is not true of the one that a source of this name gets next.
    DELETE FROM @extschema@.source_table t WHERE t.source_id = found_source.source_id;
    DELETE FROM @extschema@.source_lease l WHERE l.source_id = found_source.source_id;
    UPDATE @extschema@.source_check_run r SET state = 'cancelled', finished_at = now(), message = 'the source was removed'
    WHERE r.source_id = found_source.source_id AND r.state IN ('requested', 'running');
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', found_source.mirror_schema);
    IF EXISTS (SELECT 1 FROM @extschema@.entity e WHERE e.source_id = found_source.source_id) THEN
        UPDATE @extschema@.quarantine q SET resolved_at = now(), resolution = 'discarded'
        WHERE q.source_id = found_source.source_id AND q.resolved_at IS NULL;
        UPDATE @extschema@.source s
        SET state = 'removed', paused = false, message = NULL, hint = NULL, changed_at = now()
        WHERE s.source_id = found_source.source_id;
    ELSE
        DELETE FROM @extschema@.source s WHERE s.source_id = found_source.source_id;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.source_remove(text) IS 'drops the mirror of a source; its entities and versions stay, and with them its row in state removed';
