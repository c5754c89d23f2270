-- Loading vocabularies, and mapping headings by them.

CREATE VIEW @extschema@.scheme_address AS
    SELECT s.prefix, s.scheme, true AS own FROM @extschema@.subject_scheme s
    UNION ALL
    SELECT b.prefix, b.scheme, false
    FROM (VALUES ('http://id.loc.gov/authorities/subjects/', 'lcsh'),
                 ('http://id.loc.gov/authorities/childrensSubjects/', 'lcshac'),
                 ('http://id.loc.gov/authorities/genreForms/', 'lcgft'),
                 ('http://id.loc.gov/authorities/demographicTerms/', 'lcdgt'),
                 ('http://id.loc.gov/authorities/performanceMediums/', 'lcmpt'),
                 ('http://id.loc.gov/authorities/names/', 'naf'),
                 ('http://id.worldcat.org/fast/', 'fast'),
                 ('http://id.nlm.nih.gov/mesh/', 'mesh'),
                 ('http://lod.nal.usda.gov/nalt/', 'nal'),
                 ('http://aims.fao.org/aos/agrovoc/', 'agrovoc'),
                 ('https://d-nb.info/gnd/', 'gnd'),
                 ('http://data.bnf.fr/ark:/', 'rameau'),
                 ('http://www.idref.fr/', 'idref'),
                 ('http://vocab.getty.edu/aat/', 'aat'),
                 ('http://vocab.getty.edu/tgn/', 'tgn'),
                 ('http://vocab.getty.edu/ulan/', 'ulan'),
                 ('http://eurovoc.europa.eu/', 'eurovoc'),
                 ('https://homosaurus.org/v3/', 'homoit'),
                 ('http://viaf.org/viaf/', 'viaf'),
                 ('http://www.wikidata.org/entity/', 'wikidata')) b (prefix, scheme);
COMMENT ON VIEW @extschema@.scheme_address IS 'of which scheme the concepts are whose address begins so: the site''s rows of subject_scheme, and the ones that come with the extension';

CREATE FUNCTION @extschema@.scheme_of_uri(uri text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    -- http and https are the same; an address of the whole scheme may lack the last slash.
    SELECT a.scheme
    FROM @extschema@.scheme_address a
    WHERE starts_with(regexp_replace($1, '^https?:', '') || '/', regexp_replace(a.prefix, '^https?:', ''))
    ORDER BY a.own DESC, length(a.prefix) DESC
    LIMIT 1
$$;
COMMENT ON FUNCTION @extschema@.scheme_of_uri(text) IS 'the scheme of a concept by its address, or null: see scheme_address';

-- The program fills pg_temp.everarchive_vocabulary: what is p (preferred label), a (another label), l (a label of any
-- resource), s (object is the address of the scheme), m (relation to object) or c (a row of a CSV file).
CREATE FUNCTION @extschema@.vocabulary_load(name text, scheme text, version text, file text, format text, sha256 bytea,
                                            left_out bigint, replace boolean) RETURNS @extschema@.vocabulary
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET work_mem = '256MB'
SET jit = off
AS $fn$
#variable_conflict use_column
DECLARE
    before  @extschema@.vocabulary;
    made    @extschema@.vocabulary;
    marc    constant name := @extschema@.marc_schema();
    unknown record;
    counted bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1163286083, hashtext(vocabulary_load.name)); -- 'EVVC'
    SELECT * INTO before FROM @extschema@.vocabulary v WHERE v.name = vocabulary_load.name AND v.replaced_at IS NULL;
    IF before.vocabulary_id IS NOT NULL AND before.sha256 = vocabulary_load.sha256 AND before.format = vocabulary_load.format
       AND before.scheme IS NOT DISTINCT FROM vocabulary_load.scheme AND NOT vocabulary_load.replace THEN
        RETURN before;
    END IF;
    IF before.vocabulary_id IS NOT NULL THEN
        IF NOT vocabulary_load.replace THEN
            RAISE EXCEPTION 'there is a vocabulary "%" already, of %', vocabulary_load.name, before.file
                USING ERRCODE = 'duplicate_object', HINT = 'Give --replace to load this file in its place, or another --name.';
        END IF;
        PERFORM @extschema@.vocabulary_remove(vocabulary_load.name);
    END IF;

    -- A concept's scheme: by its address, else as it says itself, else as the command line says. A concept of which nothing
    -- is known but that others map to it gets its address up to the last slash: the site can name it in subject_scheme.
    -- The same as scheme_of_uri(), which is too slow to call a million times.
    CREATE TEMP TABLE everarchive_address ON COMMIT DROP AS
    SELECT regexp_replace(a.prefix, '^https?:', '') AS prefix, a.scheme, row_number() OVER (ORDER BY a.own DESC, length(a.prefix) DESC) AS rank
    FROM @extschema@.scheme_address a;
    EXECUTE format($sql$
        CREATE TEMP TABLE everarchive_concept ON COMMIT DROP AS
        WITH scheme_named AS MATERIALIZED (
            SELECT d.object, @extschema@.scheme_of_uri(d.object) AS scheme
            FROM (SELECT DISTINCT v.object FROM pg_temp.everarchive_vocabulary v WHERE v.what = 's') d
        )
        SELECT s.uri, (%1$I.marc_authority_reference(s.uri))[1] AS reference, l.term,
               coalesce((SELECT a.scheme FROM pg_temp.everarchive_address a
                         WHERE starts_with(s.address, a.prefix) ORDER BY a.rank LIMIT 1), i.scheme, CASE WHEN NOT s.is_target THEN $1 END,
                        CASE WHEN s.is_target THEN regexp_replace(s.uri, '[^/#]+$', '') END) AS scheme
        FROM (SELECT u.uri, regexp_replace(u.uri, '^https?:', '') AS address, bool_or(u.is_target) AND NOT bool_or(u.is_source) AS is_target
              FROM (SELECT v.subject AS uri, v.what = 'm' AS is_source, false AS is_target
                    FROM pg_temp.everarchive_vocabulary v WHERE v.what IN ('p', 'a', 'm')
                    UNION ALL
                    SELECT v.object, false, true FROM pg_temp.everarchive_vocabulary v WHERE v.what = 'm') u
              GROUP BY u.uri) s
        LEFT JOIN (SELECT DISTINCT ON (v.subject) v.subject, v.term
                   FROM pg_temp.everarchive_vocabulary v
                   WHERE v.what IN ('p', 'l')
                   ORDER BY v.subject, v.what DESC, coalesce(v.language, 'en') !~* '^en\M', v.language COLLATE "C", v.term COLLATE "C") l
               ON l.subject = s.uri
        LEFT JOIN (SELECT v.subject, min(o.scheme COLLATE "C") AS scheme
                   FROM pg_temp.everarchive_vocabulary v
                   JOIN scheme_named o ON o.object = v.object
                   WHERE v.what = 's' AND o.scheme IS NOT NULL
                   GROUP BY v.subject) i
               ON i.subject = s.uri
    $sql$, marc) USING vocabulary_load.scheme;
    SELECT count(*) AS concepts, min(c.uri) AS uri INTO unknown
    FROM (SELECT c.uri FROM pg_temp.everarchive_concept c WHERE c.scheme IS NULL
          UNION
          SELECT coalesce(e.uri, e.term)
          FROM pg_temp.everarchive_vocabulary v
          CROSS JOIN LATERAL (VALUES (v.subject, v.scheme, v.term), (v.object, v.object_scheme, v.object_term)) e (uri, scheme, term)
          WHERE v.what = 'c' AND coalesce(e.scheme, @extschema@.scheme_of_uri(e.uri)) IS NULL) c;
    IF unknown.concepts > 0 THEN
        RAISE EXCEPTION 'the scheme of % concepts is not known, such as %', unknown.concepts, unknown.uri
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give it on the command line: --scheme CODE, as the source code stands in $2 of MARC headings (local for a list of your own).';
    END IF;
    CREATE INDEX ON pg_temp.everarchive_concept (uri);
    ANALYZE pg_temp.everarchive_concept;

    INSERT INTO @extschema@.vocabulary (name, scheme, version, file, format, sha256, terms, maps, left_out)
    VALUES (vocabulary_load.name, vocabulary_load.scheme, vocabulary_load.version, vocabulary_load.file, vocabulary_load.format,
            vocabulary_load.sha256, 0, 0, vocabulary_load.left_out)
    RETURNING * INTO made;

    -- No index takes keys of 2,704 bytes; no vocabulary has terms of a thousand.
    EXECUTE format($sql$
        INSERT INTO @extschema@.subject_term (vocabulary_id, scheme, uri, reference, term, key, preferred, language)
        SELECT $1, c.scheme, c.uri, c.reference, v.term, %1$I.marc_subject_key(v.term), bool_or(v.what <> 'a'), v.language
        FROM pg_temp.everarchive_vocabulary v
        JOIN pg_temp.everarchive_concept c ON c.uri = v.subject
        WHERE (v.what IN ('p', 'a') OR (v.what = 'l' AND v.term = c.term)) AND octet_length(v.term) <= 1000
        GROUP BY c.scheme, c.uri, c.reference, v.term, v.language
    $sql$, marc) USING made.vocabulary_id;
    GET DIAGNOSTICS counted = ROW_COUNT;
    made.terms := counted;

    EXECUTE format($sql$
        INSERT INTO @extschema@.subject_map (vocabulary_id, from_scheme, from_uri, from_reference, from_term, from_key, relation,
                                             to_scheme, to_uri, to_reference, to_term, inverse)
        WITH stated AS (
            SELECT f.scheme AS from_scheme, f.uri AS from_uri, f.reference AS from_reference, f.term AS from_term, v.relation,
                   t.scheme AS to_scheme, t.uri AS to_uri, t.reference AS to_reference, t.term AS to_term
            FROM pg_temp.everarchive_vocabulary v
            JOIN pg_temp.everarchive_concept f ON f.uri = v.subject
            JOIN pg_temp.everarchive_concept t ON t.uri = v.object
            WHERE v.what = 'm'
            UNION
            SELECT coalesce(v.scheme, @extschema@.scheme_of_uri(v.subject)), v.subject,
                   (SELECT r[cardinality(r)] FROM %1$I.marc_authority_reference(v.subject) r), v.term, v.relation,
                   coalesce(v.object_scheme, @extschema@.scheme_of_uri(v.object)), v.object,
                   (SELECT r[cardinality(r)] FROM %1$I.marc_authority_reference(v.object) r), v.object_term
            FROM pg_temp.everarchive_vocabulary v
            WHERE v.what = 'c'
        )
        SELECT $1, s.from_scheme, s.from_uri, s.from_reference, s.from_term, %1$I.marc_subject_key(s.from_term), s.relation,
               s.to_scheme, s.to_uri, s.to_reference, s.to_term, false
        FROM stated s
        UNION ALL
        SELECT $1, s.to_scheme, s.to_uri, s.to_reference, s.to_term, %1$I.marc_subject_key(s.to_term),
               CASE s.relation WHEN 'broad' THEN 'narrow' WHEN 'narrow' THEN 'broad' ELSE s.relation END,
               s.from_scheme, s.from_uri, s.from_reference, s.from_term, true
        FROM stated s
    $sql$, marc) USING made.vocabulary_id;
    GET DIAGNOSTICS counted = ROW_COUNT;
    made.maps := counted / 2;
    IF made.terms = 0 AND made.maps = 0 THEN
        RAISE EXCEPTION 'there are no terms and no mappings in %', vocabulary_load.file
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Terms are skos:prefLabel, skos:altLabel, madsrdf:authoritativeLabel; mappings skos:exactMatch and the like: is it a SKOS file, and this its --format?';
    END IF;
    DROP TABLE pg_temp.everarchive_concept, pg_temp.everarchive_address;
    UPDATE @extschema@.vocabulary v SET terms = made.terms, maps = made.maps WHERE v.vocabulary_id = made.vocabulary_id;
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION @extschema@.vocabulary_load(text, text, text, text, text, bytea, bigint, boolean) IS 'makes a vocabulary of what everarchive import-vocabulary has put into its temporary table; the same file again changes nothing';

CREATE FUNCTION @extschema@.vocabulary_remove(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    gone  integer;
    names text;
BEGIN
    UPDATE @extschema@.vocabulary v SET replaced_at = now()
    WHERE v.name = vocabulary_remove.name AND v.replaced_at IS NULL
    RETURNING v.vocabulary_id INTO gone;
    IF NOT FOUND THEN
        SELECT string_agg(v.name, ', ' ORDER BY v.name) INTO names FROM @extschema@.vocabulary v WHERE v.replaced_at IS NULL;
        RAISE EXCEPTION 'there is no vocabulary "%"', vocabulary_remove.name
            USING ERRCODE = 'undefined_object',
                  HINT = coalesce('Loaded are: ' || names || '.', 'None is loaded yet: everarchive import-vocabulary FILE');
    END IF;
    DELETE FROM @extschema@.subject_map m WHERE m.vocabulary_id = gone;
    DELETE FROM @extschema@.subject_term t WHERE t.vocabulary_id = gone;
END
$$;
COMMENT ON FUNCTION @extschema@.vocabulary_remove(text) IS 'takes a loaded vocabulary away, with its terms and mappings; its row in vocabulary stays as history';

CREATE FUNCTION @extschema@.subject_targets(schemes text[], key text, reference_list text[], to_scheme text)
RETURNS TABLE (term text, uri text, relation text, origin text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 2
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan -- planning its queries anew takes longer than running them
AS $$
#variable_conflict use_column
DECLARE
    concepts text[];
    wanted   text[];
BEGIN
    -- The concepts that have it as preferred term, else those that have it as another one, in any load; their preferred terms
    -- are what loads without addresses map from. A look-up in an index each.
    SELECT coalesce(array_agg(t.reference) FILTER (WHERE t.preferred), array_agg(t.reference)) INTO concepts
    FROM @extschema@.subject_term t
    WHERE t.scheme = ANY (subject_targets.schemes) AND t.key = nullif(subject_targets.key, '') AND t.reference IS NOT NULL;
    concepts := concepts || subject_targets.reference_list;
    wanted := ARRAY(SELECT t.key FROM @extschema@.subject_term t
                    WHERE t.reference = ANY (concepts) AND t.preferred AND t.scheme = ANY (subject_targets.schemes) AND t.key <> '')
              || nullif(subject_targets.key, '');
    RETURN QUERY
        SELECT f.term, f.uri, f.relation, v.name
        FROM (SELECT DISTINCT ON (coalesce(m.to_reference, m.to_term))
                     coalesce(m.to_term, (SELECT t.term FROM @extschema@.subject_term t
                                          WHERE t.reference = m.to_reference AND t.preferred
                                          ORDER BY coalesce(t.language, 'en') !~* '^en\M', t.language COLLATE "C", t.term COLLATE "C"
                                          LIMIT 1)) AS term,
                     m.to_uri AS uri, m.relation, m.vocabulary_id, m.rank
              FROM (SELECT d.*, array_position('{exact,close,narrow,broad,related}', d.relation) AS rank
                    FROM @extschema@.subject_map d
                    WHERE d.from_scheme = ANY (subject_targets.schemes) AND d.from_key = ANY (wanted) AND d.to_scheme = subject_targets.to_scheme
                    UNION ALL
                    SELECT d.*, array_position('{exact,close,narrow,broad,related}', d.relation)
                    FROM @extschema@.subject_map d
                    WHERE d.from_reference = ANY (concepts) AND d.to_scheme = subject_targets.to_scheme) m
              ORDER BY coalesce(m.to_reference, m.to_term), m.rank, m.inverse, m.vocabulary_id) f
        JOIN @extschema@.vocabulary v ON v.vocabulary_id = f.vocabulary_id
        ORDER BY f.rank, f.term COLLATE "C", f.uri COLLATE "C";
END
$$;
COMMENT ON FUNCTION @extschema@.subject_targets(text[], text, text[], text) IS 'what a term, given by its key and the schemes it may be of, or a concept, given by its references, is in another scheme: best relation first';

CREATE FUNCTION @extschema@.map_heading(scheme text, heading text, to_scheme text)
RETURNS TABLE (term text, uri text, relation text, origin text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 2
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    heading_key text;
BEGIN
    EXECUTE format('SELECT %I.marc_subject_key($1)', @extschema@.marc_schema()) INTO heading_key USING map_heading.heading;
    RETURN QUERY
        SELECT t.term, t.uri, t.relation, t.origin
        FROM @extschema@.subject_targets(ARRAY[map_heading.scheme], heading_key, NULL, map_heading.to_scheme) t;
END
$$;
COMMENT ON FUNCTION @extschema@.map_heading(text, text, text) IS 'what a heading, written with two hyphens in front of subdivisions, is in another scheme, and which load says so; best relation first; no row when no load knows';

-- The one function with an argument of marc's type. Nothing but the names of types is looked up here, pg_catalog first.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp, ' || pg_catalog.quote_ident(@extschema@.marc_schema()), true);
CREATE FUNCTION @extschema@.map_subjects(record marc, to_scheme text)
RETURNS TABLE (ord integer, tag text, scheme text, heading text, part text, term text, uri text, relation text, origin text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    marc     constant name := @extschema@.marc_schema();
    subject  record;
    parts    text[];
    keys     text[];
    schemes  text[];
    taken    integer;
    numbered text[];
BEGIN
    FOR subject IN EXECUTE format('SELECT h.ord, h.tag, h.scheme, h.heading, h.reference
            FROM %I.marc_headings($1) h WHERE h.role IN (''subject'', ''genre'') AND h.heading IS NOT NULL ORDER BY h.ord', marc)
        USING map_subjects.record
    LOOP
        ord := subject.ord;
        tag := subject.tag;
        scheme := subject.scheme;
        heading := subject.heading;
        part := subject.heading;
        term := NULL;
        uri := NULL;
        relation := NULL;
        origin := NULL;
        IF subject.scheme = map_subjects.to_scheme THEN
            term := subject.heading;
            relation := 'same';
        END IF;
        IF subject.scheme IS NULL OR relation IS NOT NULL THEN
            RETURN NEXT;
            CONTINUE;
        END IF;
        -- Names in 600 to 630 with second indicator 0 are of the name authority file.
        schemes := CASE WHEN subject.scheme = 'lcsh' THEN '{lcsh,naf}' ELSE ARRAY[subject.scheme] END;
        parts := string_to_array(subject.heading, '--');
        numbered := CASE WHEN cardinality(parts) = 1 THEN subject.reference END;
        EXECUTE format('SELECT array_agg(%I.marc_subject_key(p) ORDER BY i) FROM unnest($1) WITH ORDINALITY u (p, i)', marc) INTO keys USING parts;
        -- The longest beginning that is known, then each part behind it on its own. 0: nothing was.
        taken := 0;
        FOR upto IN REVERSE cardinality(parts) .. 1 LOOP
            FOR term, uri, relation, origin IN
                SELECT t.term, t.uri, t.relation, t.origin
                FROM @extschema@.subject_targets(schemes, array_to_string(keys[1:upto], '--'), numbered, map_subjects.to_scheme) t
            LOOP
                part := array_to_string(parts[1:upto], '--');
                taken := upto;
                RETURN NEXT;
            END LOOP;
            EXIT WHEN taken > 0;
        END LOOP;
        FOR alone IN taken + 1 .. cardinality(parts) LOOP
            part := parts[alone];
            IF alone > 1 THEN
                FOR term, uri, relation, origin IN
                    SELECT t.term, t.uri, t.relation, t.origin
                    FROM @extschema@.subject_targets(schemes, keys[alone], NULL, map_subjects.to_scheme) t
                LOOP
                    taken := alone;
                    RETURN NEXT;
                END LOOP;
                CONTINUE WHEN taken = alone;
            END IF;
            term := NULL;
            uri := NULL;
            relation := NULL;
            origin := NULL;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.map_subjects(marc, text) IS 'the subjects and genres of a record in another scheme: the whole heading if a load knows it, else without its last subdivisions, and each of these on its own; what no load knows is a row without term; relation same where the heading is of that scheme already';
SET LOCAL search_path TO pg_catalog, pg_temp;
