-- Authorities: which captured authority record a heading names, and which bibs an authority record touches. What names it is
-- read out of the records themselves, in the form of marc_authority_reference(), and indexed: nothing else is kept, so links
-- are always those of the newest versions. The indexes hold numbers in place of the texts (marc_authority_key), at a sixth of
-- the cost for each new version of a bib; so whoever uses them compares the texts too.

DO $do$
DECLARE
    marc constant name := @extschema@.marc_schema();
BEGIN
    EXECUTE pg_catalog.format('CREATE INDEX entity_authority_references ON @extschema@.entity
        USING gin (%I.marc_authority_reference_keys(record)) WHERE kind = ''bib'' AND NOT deleted', marc);
    EXECUTE pg_catalog.format('CREATE INDEX entity_authority_numbers ON @extschema@.entity
        USING gin (%I.marc_authority_number_keys(record)) WHERE kind = ''authority''', marc);
END
$do$;
-- Only those that changed since their first capture, which are few.
CREATE INDEX entity_authority_changed ON @extschema@.entity (changed_at) WHERE kind = 'authority' AND (n > 1 OR deleted);

-- Names of a record in one system only (9:17, 0:17, 17) count within a source; (DLC)n79021164 and addresses everywhere.
CREATE FUNCTION @extschema@.is_worldwide(reference text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT $1 ~ '^(\(|//|info:|urn:)'
$$;
COMMENT ON FUNCTION @extschema@.is_worldwide(text) IS 'whether a reference to an authority record means the same in every source';

CREATE FUNCTION @extschema@.authority_of(source_id integer, reference_list text[])
RETURNS TABLE (authority_id bigint, matched text, problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    own_source integer := authority_of.source_id;
    wanted     text[] := authority_of.reference_list;
    evergreen  boolean;
    keys       text[];
    numbers    text[];
    candidates integer;
    gone       boolean;
BEGIN
    IF coalesce(cardinality(wanted), 0) = 0 THEN
        RETURN QUERY SELECT NULL::bigint, NULL::text, 'the heading names no authority record';
        RETURN;
    END IF;
    SELECT s.adapter = 'evergreen' INTO evergreen FROM @extschema@.source s WHERE s.source_id = own_source;
    -- Evergreen writes (ORGANISATION)id into $0, the others id into $9.
    SELECT array_agg(substr(r, 3)) FILTER (WHERE left(r, 2) = CASE WHEN evergreen THEN '0:' ELSE '9:' END),
           array_agg(r) FILTER (WHERE left(r, 2) <> ALL ('{0:,9:}'))
    INTO keys, numbers
    FROM unnest(wanted) r;
    EXECUTE format($sql$
        SELECT f.entity_id, f.matched, f.candidates, f.deleted
        FROM (SELECT c.*, row_number() OVER (ORDER BY c.rank, c.deleted, c.entity_id) AS place,
                     count(*) FILTER (WHERE NOT c.deleted) OVER (PARTITION BY c.rank) AS candidates
              FROM (SELECT DISTINCT ON (a.entity_id) a.*
                    FROM (SELECT CASE WHEN $5 THEN 3 ELSE 1 END AS rank, 'record id' AS matched, e.entity_id, e.deleted
                          FROM @extschema@.entity e
                          WHERE e.source_id = $1 AND e.kind = 'authority' AND e.key = ANY ($2)
                          UNION ALL
                          SELECT CASE WHEN e.source_id = $1 THEN 2 ELSE 4 END, 'number', e.entity_id, e.deleted
                          FROM @extschema@.entity e
                          WHERE e.kind = 'authority'
                            AND %1$I.marc_authority_number_keys(e.record) && ARRAY(SELECT %1$I.marc_authority_key(r) FROM unnest($3) r)
                            AND %1$I.marc_authority_numbers(e.record) && CASE WHEN e.source_id = $1 THEN $3 ELSE $4 END) a
                    ORDER BY a.entity_id, a.rank) c) f
        WHERE f.place = 1
    $sql$, @extschema@.marc_schema())
        INTO authority_id, matched, candidates, gone
        USING own_source, coalesce(keys, '{}'), coalesce(numbers, '{}'),
              coalesce((SELECT array_agg(r) FROM unnest(numbers) r WHERE @extschema@.is_worldwide(r)), '{}'), evergreen;
    problem := CASE WHEN authority_id IS NULL THEN 'no captured authority record has this number'
                    WHEN gone THEN 'the authority record was deleted'
                    WHEN candidates > 1 THEN 'several captured authority records have this number' END;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION @extschema@.authority_of(integer, text[]) IS 'the captured authority record that a heading of a bib of this source names, how it was found, and what is wrong: one row always; its own source counts before others; references as marc_authority_reference() gives them, and 9: with a $9';

DO $do$
BEGIN
    EXECUTE pg_catalog.format($create$
CREATE VIEW @extschema@.authority_link AS
    SELECT b.entity_id AS bib_id, s.name AS source, b.key AS bib_key, b.n AS bib_n, h.ord, h.tag, h.role, h.heading, h.heading_key,
           h.control_number, h.uri, h.local_id, l.authority_id, t.name AS authority_source, a.key AS authority_key, a.n AS authority_n,
           c.n AS authority_n_then, l.matched,
           CASE WHEN cardinality(h.reference) > 0 OR (cardinality(h.control_number || h.uri) = 0 AND h.local_id IS NULL) THEN l.problem
                ELSE 'what it names is too long for a number' END AS problem
    FROM @extschema@.entity b
    JOIN @extschema@.source s ON s.source_id = b.source_id
    CROSS JOIN LATERAL %1$I.marc_headings(b.record) h
    CROSS JOIN LATERAL @extschema@.authority_of(b.source_id, h.reference) l
    LEFT JOIN @extschema@.entity a ON a.entity_id = l.authority_id
    LEFT JOIN @extschema@.source t ON t.source_id = a.source_id
    LEFT JOIN LATERAL (
        SELECT max(v.n) AS n
        FROM @extschema@.version v
        JOIN @extschema@.version o ON o.entity_id = b.entity_id AND o.n = b.n
        WHERE v.entity_id = a.entity_id AND v.captured_at <= o.captured_at
    ) c ON true
    WHERE b.kind = 'bib' AND NOT b.deleted AND h.heading_key IS NOT NULL;
$create$, @extschema@.marc_schema());
END
$do$;
COMMENT ON VIEW @extschema@.authority_link IS 'each heading of each bib with the captured authority record that it names, its newest version (authority_n) and the one that was the newest when this version of the bib was captured (authority_n_then, null when it came later); problem says why there is none; ask for one bib or a few: for all it reads everything';

CREATE FUNCTION @extschema@.bibs_of_authority(authority_id bigint)
RETURNS TABLE (bib_id bigint, source text, bib_key text, bib_n integer, ord integer, tag text, role text, heading text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    marc      constant name := @extschema@.marc_schema();
    authority record;
    local     text[];
    worldwide text[];
BEGIN
    EXECUTE format('SELECT e.source_id, e.key, %I.marc_authority_numbers(e.record) AS numbers, s.adapter
                    FROM @extschema@.entity e JOIN @extschema@.source s ON s.source_id = e.source_id
                    WHERE e.entity_id = $1 AND e.kind = ''authority''', marc)
        INTO authority USING bibs_of_authority.authority_id;
    IF authority.source_id IS NULL THEN
        RAISE EXCEPTION 'entity % is no authority record', bibs_of_authority.authority_id
            USING ERRCODE = 'undefined_object', HINT = 'SELECT entity_id, key FROM everarchive.entity WHERE kind = ''authority'';';
    END IF;
    local := authority.numbers || (CASE WHEN authority.adapter = 'evergreen' THEN '0:' ELSE '9:' END || authority.key);
    worldwide := ARRAY(SELECT r FROM unnest(authority.numbers) r WHERE @extschema@.is_worldwide(r));
    -- Two scans of the index rather than one with OR on the source: what counts in one source only is common in others.
    RETURN QUERY EXECUTE format($sql$
        SELECT b.entity_id, s.name, b.key, b.n, h.ord, h.tag, h.role, h.heading
        FROM (SELECT e.* FROM @extschema@.entity e
              WHERE e.kind = 'bib' AND NOT e.deleted AND e.source_id = $1
                AND %1$I.marc_authority_reference_keys(e.record) && ARRAY(SELECT %1$I.marc_authority_key(r) FROM unnest($2) r)
              UNION ALL
              SELECT e.* FROM @extschema@.entity e
              WHERE e.kind = 'bib' AND NOT e.deleted AND e.source_id <> $1
                AND %1$I.marc_authority_reference_keys(e.record) && ARRAY(SELECT %1$I.marc_authority_key(r) FROM unnest($3) r)) b
        JOIN @extschema@.source s ON s.source_id = b.source_id
        CROSS JOIN LATERAL %1$I.marc_headings(b.record) h
        WHERE h.reference && CASE WHEN b.source_id = $1 THEN $2 ELSE $3 END
    $sql$, marc) USING authority.source_id, local, worldwide;
END
$$;
COMMENT ON FUNCTION @extschema@.bibs_of_authority(bigint) IS 'the headings of bibs that name this authority record (an entity_id) by $0, $1, $9 or in UNIMARC $3: what a change of it touches; found by an index';

CREATE FUNCTION @extschema@.bibs_of_authority_count(authority_id bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE COST 10000
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(DISTINCT b.bib_id) FROM @extschema@.bibs_of_authority($1) b
$$;
COMMENT ON FUNCTION @extschema@.bibs_of_authority_count(bigint) IS 'how many bibs name this authority record';
