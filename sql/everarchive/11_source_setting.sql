-- Settings of sources. What there is to set comes with the extension (source_setting_kind); what a site has set is its own
-- (source_setting). The program notices a change within seconds.

CREATE TABLE @extschema@.source_setting_kind (
    name          text PRIMARY KEY,
    default_value text NOT NULL,
    allowed       text NOT NULL,
    what          text NOT NULL
);
COMMENT ON TABLE @extschema@.source_setting_kind IS 'what can be set for a source, with its default; part of the extension';
COMMENT ON COLUMN @extschema@.source_setting_kind.allowed IS 'regular expression that a value must match';
COMMENT ON COLUMN @extschema@.source_setting_kind.what IS 'what the setting does';

CREATE TABLE @extschema@.source_setting (
    source_id  integer NOT NULL REFERENCES @extschema@.source ON DELETE CASCADE,
    name       text NOT NULL,
    value      text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (source_id, name)
);
COMMENT ON TABLE @extschema@.source_setting IS 'settings of sources that are not the default; written by source_set()';

INSERT INTO @extschema@.source_setting_kind (name, default_value, allowed, what) VALUES
    ('versions', 'settled', '^(settled|every commit)$',
     'settled: changes that follow each other quickly make one version; every commit: each transaction of the source that changes content makes one, which is slower'),
    ('spool_limit_bytes', '17179869184', '^[1-9][0-9]{0,17}$', 'most that large transactions may take on the disk of the program'),
    ('snapshot_workers', '2', '^([1-9]|1[0-6])$', 'connections that copy the source at once, at the beginning and after a resync'),
    ('wal_warn_bytes', '8589934592', '^[0-9]{1,18}$', 'PostgreSQL: warn when the source keeps more log for us than this; 0 never'),
    ('wal_limit_bytes', '0', '^[0-9]{1,18}$', 'PostgreSQL: do what on_wal_limit says when the source keeps more log for us than this; 0 never'),
    ('on_wal_limit', 'pause', '^(pause|drop)$',
     'PostgreSQL: pause: stop and tell; drop: give the slot up, so that the source is free of us and needs a resync'),
    ('on_position_lost', 'stop', '^(stop|resync)$',
     'stop: a person decides when the source no longer has the changes that come next; resync: compare with the source and repair, at once'),
    ('chunk_rows', '2000', '^[1-9][0-9]{0,5}$', 'rows that a comparison with the source reads at a time'),
    ('resync_rows_per_second', '20000', '^[0-9]{1,9}$', 'most rows that a comparison reads from the source in a second; 0: as fast as it can'),
    ('lag_warn_seconds', '300', '^[1-9][0-9]{0,8}$', 'report.source_health warns when the source is so far ahead of its mirror'),
    ('lag_critical_seconds', '3600', '^[1-9][0-9]{0,8}$', 'report.source_health, and with it /healthz, calls the source unwell when it is so far ahead of its mirror'),
    ('binlog_warn_hours', '24', '^[0-9]{1,5}$', 'MariaDB and MySQL: warn when the server will purge what comes next within so many hours; 0 never');

CREATE FUNCTION @extschema@.source_setting_check() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind  @extschema@.source_setting_kind;
    names text;
BEGIN
    SELECT k.* INTO kind FROM @extschema@.source_setting_kind k WHERE k.name = new.name;
    IF NOT FOUND THEN
        SELECT string_agg(k.name, ', ' ORDER BY k.name) INTO names FROM @extschema@.source_setting_kind k;
        RAISE EXCEPTION 'there is no setting "%" of a source', new.name
            USING ERRCODE = 'undefined_object', HINT = format('Settings are: %s.', names);
    ELSIF new.value !~ kind.allowed THEN
        RAISE EXCEPTION 'not a value for %: "%"', new.name, left(new.value, 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('%s must match %s and is %s if not set. It says: %s.', kind.name, kind.allowed, kind.default_value, kind.what);
    END IF;
    RETURN new;
END
$$;
COMMENT ON FUNCTION @extschema@.source_setting_check() IS 'refuses settings that there are not, and values that they do not take';
CREATE TRIGGER source_setting_check BEFORE INSERT OR UPDATE ON @extschema@.source_setting
    FOR EACH ROW EXECUTE FUNCTION @extschema@.source_setting_check();
COMMENT ON TRIGGER source_setting_check ON @extschema@.source_setting IS 'no way into the table goes around the check';

CREATE FUNCTION @extschema@.source_setting(source_id integer, name text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_value text;
    names       text;
BEGIN
    SELECT coalesce(v.value, k.default_value) INTO found_value
    FROM @extschema@.source_setting_kind k
    LEFT JOIN @extschema@.source_setting v ON v.source_id = $1 AND v.name = k.name
    WHERE k.name = $2;
    IF NOT FOUND THEN
        SELECT string_agg(k.name, ', ' ORDER BY k.name) INTO names FROM @extschema@.source_setting_kind k;
        RAISE EXCEPTION 'there is no setting "%" of a source', $2
            USING ERRCODE = 'undefined_object', HINT = format('Settings are: %s.', names);
    END IF;
    RETURN found_value;
END
$$;
COMMENT ON FUNCTION @extschema@.source_setting(integer, text) IS 'the value of a setting of a source, its default if it is not set';
