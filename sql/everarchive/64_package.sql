-- A package is a query: what of a version is written to an archive. Whoever wants something else preserved makes a view of
-- their own and names it in the settings of the target: this one belongs to the extension, so a dump does not keep changes.

CREATE FUNCTION @extschema@.path_encode(part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    -- RFC 3986 percent-encoding, of the dots of a leading dot name too; a name too long for a file system ends in its digest.
    SELECT CASE WHEN length(e.encoded) <= 200 THEN e.encoded
                ELSE left(e.encoded, 120) || '-' || encode(sha256(convert_to($1, 'UTF8')), 'hex') END
    FROM (
        SELECT coalesce(string_agg(
                   CASE WHEN b.char ~ '[A-Za-z0-9_.-]' COLLATE "C" AND NOT (b.i = 0 AND b.char = '.') THEN b.char
                        ELSE '%' || upper(lpad(to_hex(b.byte), 2, '0')) END, '' ORDER BY b.i), '') AS encoded
        FROM (SELECT i, get_byte(u.bytes, i) AS byte, CASE WHEN get_byte(u.bytes, i) BETWEEN 33 AND 126 THEN chr(get_byte(u.bytes, i)) ELSE ' ' END AS char
              FROM (SELECT convert_to($1, 'UTF8') AS bytes) u, generate_series(0, octet_length(u.bytes) - 1) i) b
    ) e
$$;
COMMENT ON FUNCTION @extschema@.path_encode(text) IS 'a text as one name of a path, of the characters A-Z a-z 0-9 . _ - and % only';

-- This function and the next two have no settings of their own, so that they are inlined and a segment of 10,000 versions
-- is one plan: all names in them are qualified.
CREATE FUNCTION @extschema@.package_directory(source text, kind text, key text, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.format('%s/%s/%s/v%s', $1, $2,
                             CASE WHEN $3 COLLATE pg_catalog."C" OPERATOR(pg_catalog.~) '^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$' THEN $3
                                  ELSE @extschema@.path_encode($3) END, $4)
$$;
COMMENT ON FUNCTION @extschema@.package_directory(text, text, text, integer) IS 'the folder of a version in its package: source/kind/key/vN, the key percent-encoded';

CREATE FUNCTION @extschema@.json_time(timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.to_char(pg_catalog.timezone('UTC', $1), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
COMMENT ON FUNCTION @extschema@.json_time(timestamptz) IS 'a time as RFC 3339 in UTC, the same in every session';

CREATE VIEW @extschema@.package_file AS
    SELECT v.version_id, d.directory || '/' || f.name AS path, f.media_type, f.content
    FROM @extschema@.version v
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    CROSS JOIN LATERAL (
        SELECT @extschema@.package_directory(s.name, e.kind, e.key, v.n) AS directory OFFSET 0
    ) d
    CROSS JOIN LATERAL (
        SELECT CASE v.format WHEN 'marcxml' THEN 'record.xml' WHEN 'iso2709' THEN 'record.mrc' ELSE 'record.json' END,
               CASE v.format WHEN 'marcxml' THEN 'application/marcxml+xml' WHEN 'iso2709' THEN 'application/marc'
                             ELSE 'application/json' END,
               v.captured
        WHERE v.captured IS NOT NULL
        UNION ALL
        SELECT 'entity.json', 'application/json', convert_to(jsonb_pretty(jsonb_build_object(
                   'source', s.name, 'kind', e.kind, 'key', e.key, 'parent_key', v.parent_key, 'n', v.n,
                   'digest', encode(v.digest, 'hex'), 'deleted', v.deleted, 'format', v.format, 'attributes', v.attributes,
                   'position', v.position, 'commit_time', @extschema@.json_time(v.commit_time),
                   'captured_at', @extschema@.json_time(v.captured_at))) || E'\n', 'UTF8')
        UNION ALL
        SELECT 'tombstone.json', 'application/json', convert_to(jsonb_pretty(jsonb_build_object(
                   'deleted_at', @extschema@.json_time(coalesce(v.commit_time, v.captured_at)),
                   'last_digest', (SELECT encode(p.digest, 'hex') FROM @extschema@.version p WHERE p.entity_id = v.entity_id AND p.n = v.n - 1),
                   'reason', CASE WHEN v.format = 'none' AND v.captured IS NULL AND v.attributes IS NULL
                                  THEN 'deleted from the library system' ELSE 'marked as deleted by the library system' END)) || E'\n', 'UTF8')
        WHERE v.deleted
    ) f (name, media_type, content);
COMMENT ON VIEW @extschema@.package_file IS 'the files of the package of each version: the captured bytes exactly, entity.json, and for deletions tombstone.json; JSON keys in the order of jsonb';

CREATE FUNCTION @extschema@.package(version_id bigint) RETURNS TABLE (path text, media_type text, content bytea)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
AS $$
    SELECT f.path, f.media_type, f.content FROM @extschema@.package_file f WHERE f.version_id OPERATOR(pg_catalog.=) $1
$$;
COMMENT ON FUNCTION @extschema@.package(bigint) IS 'the files of the package of a version, as rows';

CREATE FUNCTION @extschema@.package_statement(target_id integer) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    goal   text;
    named  text;
    chosen regclass;
    lacks  text;
BEGIN
    SELECT t.name, coalesce(t.settings ->> 'package_view', '@extschema@.package_file') INTO goal, named
    FROM @extschema@.target t WHERE t.target_id = package_statement.target_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no target %', package_statement.target_id
            USING ERRCODE = 'undefined_object', HINT = 'SELECT target_id, name FROM everarchive.target;';
    END IF;
    BEGIN
        -- With its schema: what a name alone means would depend on the search path of the session.
        IF cardinality(parse_ident(named)) = 2 THEN
            chosen := to_regclass(named);
        END IF;
    EXCEPTION WHEN invalid_parameter_value OR invalid_name OR syntax_error THEN
        NULL;
    END;
    IF chosen IS NULL THEN
        RAISE EXCEPTION 'the package_view of target "%" is no view with its schema: "%"', goal, named
            USING ERRCODE = 'undefined_table',
                  HINT = format('UPDATE everarchive.target SET settings = settings || ''{"package_view": "SCHEMA.VIEW"}'' WHERE name = %L;', goal);
    END IF;
    SELECT string_agg(c.name || ' ' || c.type::text, ', ' ORDER BY c.i) INTO lacks
    FROM (VALUES (1, 'version_id', 'bigint'::regtype), (2, 'path', 'text'), (3, 'media_type', 'text'), (4, 'content', 'bytea')) c (i, name, type)
    WHERE NOT EXISTS (SELECT 1 FROM pg_attribute a
                      WHERE a.attrelid = chosen AND a.attname = c.name AND a.atttypid = c.type AND NOT a.attisdropped);
    IF lacks IS NOT NULL THEN
        RAISE EXCEPTION 'the package_view % of target "%" lacks columns: %', chosen, goal, lacks
            USING ERRCODE = 'undefined_column', HINT = 'It needs the columns of everarchive.package_file, with the same types.';
    END IF;
    IF NOT has_table_privilege(chosen, 'SELECT') THEN
        RAISE EXCEPTION 'the package_view % of target "%" may not be read by %', chosen, goal, current_user
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('GRANT USAGE ON SCHEMA %s TO everarchive_replicator; GRANT SELECT ON %s TO everarchive_replicator;',
                                (SELECT c.relnamespace::regnamespace FROM pg_class c WHERE c.oid = chosen), chosen);
    END IF;
    -- The inner query sorts small rows; LATERAL then reads the view version by version in that order, so that neither side
    -- ever holds a whole segment. A version without files stays visible, with nulls.
    RETURN format($statement$
SELECT v.version_id::text, v.source, v.kind, v.key, v.n::text, v.newest::text, v.digest, p.path, p.media_type, p.content
FROM (SELECT s.version_id, o.name AS source, e.kind, e.key, w.n, pg_catalog.encode(w.digest, 'hex') AS digest,
             w.n = pg_catalog.max(w.n) OVER (PARTITION BY w.entity_id) AS newest
      FROM @extschema@.submission s
      JOIN @extschema@.version w ON w.version_id = s.version_id
      JOIN @extschema@.entity e ON e.entity_id = w.entity_id
      JOIN @extschema@.source o ON o.source_id = e.source_id
      WHERE s.archive_object_id = $1
      ORDER BY s.version_id) v
LEFT JOIN LATERAL (SELECT f.path, f.media_type, f.content FROM %s f WHERE f.version_id = v.version_id
                   ORDER BY f.path COLLATE "C") p ON true$statement$, chosen);
END
$$;
COMMENT ON FUNCTION @extschema@.package_statement(integer) IS 'the query that delivery to a target runs for an archive object, $1: each version with the files that the target''s package_view has for it';
