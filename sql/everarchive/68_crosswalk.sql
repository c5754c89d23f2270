-- Crosswalk rules of a site: what it has otherwise than the rules that come with the extension marc. They take effect with
-- the commit, and each state of them is kept, so that the version that a document names can be looked up for ever.

CREATE TABLE @extschema@.crosswalk_rule (
    format     text NOT NULL,
    name       text NOT NULL,
    position   integer NOT NULL DEFAULT 0,
    rules      text NOT NULL,
    enabled    boolean NOT NULL DEFAULT true,
    note       text,
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_by name NOT NULL DEFAULT SESSION_USER,
    PRIMARY KEY (format, name)
);
COMMENT ON TABLE @extschema@.crosswalk_rule IS 'rules of this site that change a crosswalk: texts in the language of marc_crosswalk_rules(), each checked when it is written';
COMMENT ON COLUMN @extschema@.crosswalk_rule.format IS 'the crosswalk: one of marc_crosswalk_formats()';
COMMENT ON COLUMN @extschema@.crosswalk_rule.name IS 'what the site calls it; errors name it';
COMMENT ON COLUMN @extschema@.crosswalk_rule.position IS 'texts apply in this order, then by name: later ones change earlier ones';
COMMENT ON COLUMN @extschema@.crosswalk_rule.rules IS 'table, rule, template, let, set, drop: what to add, replace or leave out';
COMMENT ON COLUMN @extschema@.crosswalk_rule.enabled IS 'false: kept, without effect';
COMMENT ON COLUMN @extschema@.crosswalk_rule.note IS 'why the site has it so';

CREATE TABLE @extschema@.crosswalk_release (
    format  text NOT NULL,
    n       integer NOT NULL,
    version text NOT NULL,
    options jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    made_by name NOT NULL DEFAULT SESSION_USER,
    PRIMARY KEY (format, n)
);
COMMENT ON TABLE @extschema@.crosswalk_release IS 'every state that this site''s rules of a crosswalk had; written by a trigger of crosswalk_rule, never changed';
COMMENT ON COLUMN @extschema@.crosswalk_release.version IS 'the version that documents made by it name, such as 1+site.4';
COMMENT ON COLUMN @extschema@.crosswalk_release.options IS 'for marc_crosswalk(): with these the same document can be made again';

CREATE FUNCTION @extschema@.crosswalk_options(format text) RETURNS jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT r.options FROM @extschema@.crosswalk_release r
                     WHERE r.format = crosswalk_options.format ORDER BY r.n DESC LIMIT 1), '{}')
$$;
COMMENT ON FUNCTION @extschema@.crosswalk_options(text) IS 'this site''s rules of a crosswalk, as options for marc_crosswalk(); in a query over many records write (SELECT everarchive.crosswalk_options(''mods'')), which is asked once';

CREATE FUNCTION @extschema@.crosswalk_changed() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed record;
    version text;
BEGIN
    -- One after the other, so that no state is missed and numbers have no holes.
    PERFORM pg_advisory_xact_lock(1163281239, 0); -- 'EVCW'
    FOR changed IN
        SELECT f.format, coalesce(newest.n, 0) + 1 AS n, rules.options
        FROM (SELECT r.format FROM @extschema@.crosswalk_rule r UNION SELECT r.format FROM @extschema@.crosswalk_release r) f
        LEFT JOIN LATERAL (
            SELECT r.n, r.options FROM @extschema@.crosswalk_release r WHERE r.format = f.format ORDER BY r.n DESC LIMIT 1
        ) newest ON true
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_object('name', r.name, 'text', r.rules) ORDER BY r.position, r.name) AS texts
            FROM @extschema@.crosswalk_rule r WHERE r.format = f.format AND r.enabled
        ) site
        CROSS JOIN LATERAL (
            SELECT CASE WHEN site.texts IS NULL THEN '{}' ELSE jsonb_build_object('rules',
                       jsonb_build_array(jsonb_build_object('name', 'version',
                           'text', format('version "site.%s"', coalesce(newest.n, 0) + 1))) || site.texts) END AS options
        ) rules
        -- A state that is the newest one already, as when a dump is restored, is none.
        WHERE coalesce(newest.options #- '{rules,0}', '{}') <> rules.options #- '{rules,0}'
        ORDER BY f.format
    LOOP
        EXECUTE format('SELECT %I.marc_crosswalk_version($1, $2)', @extschema@.marc_schema())
            INTO version USING changed.format, changed.options;
        INSERT INTO @extschema@.crosswalk_release (format, n, version, options)
        VALUES (changed.format, changed.n, version, changed.options);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.crosswalk_changed() IS 'trigger of crosswalk_rule: compiles the rules of each crosswalk that changed, which is an error if they cannot be understood, and keeps the new state';
CREATE TRIGGER crosswalk_changed AFTER INSERT OR UPDATE OR DELETE ON @extschema@.crosswalk_rule
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.crosswalk_changed();
COMMENT ON TRIGGER crosswalk_changed ON @extschema@.crosswalk_rule IS 'rules take effect with the commit, and only those that can be understood';

-- In a dump the states stand beside the rules, and pg_restore -j may load the rules first: then the state that their trigger
-- made gives way to the one of the dump.
CREATE FUNCTION @extschema@.crosswalk_release_kept() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN -- not by crosswalk_changed
        PERFORM pg_advisory_xact_lock(1163281239, 0);
        DELETE FROM @extschema@.crosswalk_release r WHERE r.format = NEW.format AND r.n = NEW.n;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION @extschema@.crosswalk_release_kept() IS 'trigger of crosswalk_release: a dump can be restored whichever of rules and states comes first';
CREATE TRIGGER crosswalk_release_kept BEFORE INSERT ON @extschema@.crosswalk_release
    FOR EACH ROW EXECUTE FUNCTION @extschema@.crosswalk_release_kept();
COMMENT ON TRIGGER crosswalk_release_kept ON @extschema@.crosswalk_release IS 'the states of a dump count before one that its rules made';

CREATE FUNCTION @extschema@.crosswalk_stamp() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.changed_at := now();
    NEW.changed_by := SESSION_USER;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION @extschema@.crosswalk_stamp() IS 'trigger of crosswalk_rule: who changed a row last, and when';
CREATE TRIGGER crosswalk_stamp BEFORE UPDATE ON @extschema@.crosswalk_rule
    FOR EACH ROW EXECUTE FUNCTION @extschema@.crosswalk_stamp();
COMMENT ON TRIGGER crosswalk_stamp ON @extschema@.crosswalk_rule IS 'changed_at and changed_by follow every change';

DO $do$
BEGIN
    EXECUTE pg_catalog.format($create$
CREATE FUNCTION @extschema@.crosswalk(record %1$I.marc, format text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    document text;
BEGIN
    EXECUTE format('SELECT %%I.marc_crosswalk($1, $2, $3)', @extschema@.marc_schema())
        INTO document USING record, format, @extschema@.crosswalk_options(format);
    RETURN document;
END
$$;
COMMENT ON FUNCTION @extschema@.crosswalk(%1$I.marc, text) IS 'a record in another form of metadata, by this site''s rules; over many records marc_crosswalk(record, ''mods'', (SELECT everarchive.crosswalk_options(''mods''))) is faster';
$create$, @extschema@.marc_schema());
END
$do$;
