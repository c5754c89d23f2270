-- Tables that a source's stream cannot follow for the time being, and comparisons of sources with their mirrors.

CREATE TABLE @extschema@.source_table (
    source_id  integer NOT NULL REFERENCES @extschema@.source ON DELETE CASCADE,
    table_name text NOT NULL,
    state      text NOT NULL CHECK (state IN ('ok', 'stopped', 'resync')),
    message    text,
    hint       text,
    since      timestamptz NOT NULL DEFAULT pg_catalog.now(),
    absent     text[],
    PRIMARY KEY (source_id, table_name)
);
COMMENT ON TABLE @extschema@.source_table IS 'tables of sources of which something is to be said; a table without a row is followed';
COMMENT ON COLUMN @extschema@.source_table.table_name IS 'as the mirror calls it';
COMMENT ON COLUMN @extschema@.source_table.state IS 'ok, stopped (its changes are left out, the other tables go on: see message and hint), resync (followed again, and compared from its beginning)';
COMMENT ON COLUMN @extschema@.source_table.absent IS 'optional columns of the adapter that a PostgreSQL source did not have when the table was copied or compared; null: to be looked up when the stream opens';

CREATE TABLE @extschema@.source_check_run (
    run_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer NOT NULL REFERENCES @extschema@.source ON DELETE CASCADE,
    what          text NOT NULL CHECK (what IN ('verify', 'resync')),
    table_name    text,
    from_key      text,
    to_key        text,
    new_position  boolean NOT NULL DEFAULT false,
    state         text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'running', 'finished', 'failed', 'cancelled')),
    at_table      text,
    at_pass       smallint NOT NULL DEFAULT 0,
    at_key        text[],
    chunks        bigint NOT NULL DEFAULT 0,
    rows          bigint NOT NULL DEFAULT 0,
    rows_expected bigint NOT NULL DEFAULT 0,
    differences   bigint NOT NULL DEFAULT 0,
    repaired      bigint NOT NULL DEFAULT 0,
    unsettled     bigint NOT NULL DEFAULT 0,
    requested_at  timestamptz NOT NULL DEFAULT pg_catalog.now(),
    started_at    timestamptz,
    seen_at       timestamptz,
    finished_at   timestamptz,
    message       text,
    hint          text
);
CREATE INDEX source_check_run_open ON @extschema@.source_check_run (source_id, run_id) WHERE state IN ('requested', 'running');
COMMENT ON TABLE @extschema@.source_check_run IS 'comparisons of a source with its mirror: asked for by source_check(), done by the program while the stream goes on';
COMMENT ON COLUMN @extschema@.source_check_run.what IS 'verify: name what differs; resync: repair it as well';
COMMENT ON COLUMN @extschema@.source_check_run.table_name IS 'the one table to compare, as the mirror calls it; null for all';
COMMENT ON COLUMN @extschema@.source_check_run.from_key IS 'first key to compare, the parts of a key joined by colons; null for the first there is';
COMMENT ON COLUMN @extschema@.source_check_run.new_position IS 'the stream begins at a new position first, because the old one is lost';
COMMENT ON COLUMN @extschema@.source_check_run.at_key IS 'everything of at_table up to this key is done: a program that starts again goes on there';
COMMENT ON COLUMN @extschema@.source_check_run.at_pass IS 'tables with keys of text are walked twice: 0 by the keys of the source, 1 by those of the mirror';
COMMENT ON COLUMN @extschema@.source_check_run.rows IS 'rows of the source that were compared';
COMMENT ON COLUMN @extschema@.source_check_run.unsettled IS 'keys that the source changed at every look, so that nothing can be said of them';

CREATE TABLE @extschema@.source_difference (
    run_id     bigint NOT NULL REFERENCES @extschema@.source_check_run ON DELETE CASCADE,
    table_name text NOT NULL,
    key        text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('missing', 'extra', 'different')),
    columns    text[],
    repaired   boolean NOT NULL DEFAULT false,
    seen_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (run_id, table_name, key)
);
COMMENT ON TABLE @extschema@.source_difference IS 'rows of a mirror that are not what the source has, each seen at two points of the stream';
COMMENT ON COLUMN @extschema@.source_difference.kind IS 'missing: only in the source; extra: only in the mirror; different';
COMMENT ON COLUMN @extschema@.source_difference.columns IS 'the columns that differ';

CREATE FUNCTION @extschema@.source_check(name text, what text, table_name text DEFAULT NULL, from_key text DEFAULT NULL,
                                         to_key text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_check.name);
    new_run      bigint;
BEGIN
    IF source_check.what IS NULL OR source_check.what <> ALL ('{verify,resync}') THEN
        RAISE EXCEPTION 'a source is checked by verify or resync, not by "%"', source_check.what USING ERRCODE = 'invalid_parameter_value';
    ELSIF source_check.table_name IS NULL AND (source_check.from_key IS NOT NULL OR source_check.to_key IS NOT NULL) THEN
        RAISE EXCEPTION 'a range of keys is of one table' USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the table, too.';
    ELSIF found_source.origin LIKE 'file:%' THEN
        RAISE EXCEPTION 'source "%" was imported from files: there is nothing to compare it with', source_check.name
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM 1 FROM @extschema@.source_progress p WHERE p.source_id = found_source.source_id AND p.position IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'source "%" has not been copied yet', source_check.name
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'everarchive run copies it.';
    END IF;
    IF source_check.table_name IS NOT NULL THEN
        PERFORM 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = found_source.mirror_schema AND c.relname = source_check.table_name AND c.relkind IN ('r', 'p');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the mirror of source "%" has no table "%"', source_check.name, source_check.table_name
                USING ERRCODE = 'undefined_table',
                      HINT = format('Its tables are: %s.',
                                    (SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                     WHERE n.nspname = found_source.mirror_schema AND c.relkind IN ('r', 'p')));
        END IF;
    END IF;
    IF found_source.state = 'position_lost' AND (source_check.what = 'verify' OR source_check.table_name IS NOT NULL) THEN
        RAISE EXCEPTION 'source "%" has lost its position', source_check.name
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = coalesce(found_source.message, ''),
                  HINT = format('Compare and repair all of it: everarchive source resync %s', source_check.name);
    END IF;
    INSERT INTO @extschema@.source_check_run (source_id, what, table_name, from_key, to_key, new_position)
    VALUES (found_source.source_id, source_check.what, source_check.table_name, source_check.from_key, source_check.to_key,
            found_source.state = 'position_lost')
    RETURNING run_id INTO new_run;
    -- A repair that was under way when the position was lost has nothing left to do that this one does not.
    UPDATE @extschema@.source_check_run r
    SET state = 'cancelled', finished_at = now(), message = format('run %s repairs all of it', new_run)
    WHERE found_source.state = 'position_lost' AND r.source_id = found_source.source_id AND r.what = 'resync'
      AND r.state IN ('requested', 'running') AND r.run_id <> new_run;
    IF source_check.what = 'resync' AND found_source.state IN ('position_lost', 'stopped') THEN
        UPDATE @extschema@.source s SET state = 'streaming', message = NULL, hint = NULL, changed_at = now()
        WHERE s.source_id = found_source.source_id;
    END IF;
    RETURN new_run;
END
$$;
COMMENT ON FUNCTION @extschema@.source_check(text, text, text, text, text) IS 'asks the program to compare a source with its mirror (verify), or to repair what differs as well (resync): all of it, one table, or a range of its keys; returns the number of the run';

CREATE FUNCTION @extschema@.source_check_cancel(run_id bigint) RETURNS boolean
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    WITH cancelled AS (
        UPDATE @extschema@.source_check_run r SET state = 'cancelled', finished_at = now()
        WHERE r.run_id = $1 AND r.state IN ('requested', 'running')
        RETURNING 1)
    SELECT EXISTS (SELECT FROM cancelled)
$$;
COMMENT ON FUNCTION @extschema@.source_check_cancel(bigint) IS 'ends a comparison that is asked for or under way; what it has repaired stays; false if there is none';
