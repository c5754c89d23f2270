-- A package is a query: what of a version is written to an archive. Whoever wants something else preserved changes the view.

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
