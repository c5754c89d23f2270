\echo Use "ALTER EXTENSION everarchive UPDATE TO '0.2.0'" to load this file. \quit

-- From 0.1.0 to 0.2.0: subject vocabularies and mappings, links between bibs and authority records, crosswalk rules of a site. The indexes of the links
-- read every captured record once: on twenty million bibs that takes minutes, in which mapping waits. Its records are values
-- of the extension marc, whose own script says what an update of that needs; it goes first.

SET LOCAL search_path TO pg_catalog, pg_temp;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                   WHERE p.proname = 'marc_headings' AND p.pronamespace = (SELECT e.extnamespace FROM pg_catalog.pg_extension e WHERE e.extname = 'marc')) THEN
        RAISE EXCEPTION 'the extension marc is older than 0.2.0'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'ALTER EXTENSION marc UPDATE; then this again.';
    END IF;
END
$$;

-- Subjects: terms of vocabularies and what they are in other vocabularies. A load is replaced as a whole: its rows have its
-- number. No foreign keys to vocabulary: a load is millions of rows in one transaction with that one row. What is only ever
-- compared for equality is COLLATE "C": faster, and no index changes its order with the operating system.

CREATE TABLE @extschema@.vocabulary (
    vocabulary_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,59}$'),
    scheme        text CHECK (scheme <> ''),
    version       text,
    file          text NOT NULL,
    format        text NOT NULL CHECK (format IN ('skos-xml', 'ntriples', 'csv')),
    sha256        bytea NOT NULL CHECK (pg_catalog.octet_length(sha256) = 32),
    terms         bigint NOT NULL,
    maps          bigint NOT NULL,
    left_out      bigint NOT NULL,
    loaded_at     timestamptz NOT NULL DEFAULT pg_catalog.now(),
    replaced_at   timestamptz
);
COMMENT ON TABLE @extschema@.vocabulary IS 'loads of vocabularies and mappings, one row each; made by everarchive import-vocabulary, taken away by vocabulary_remove()';
COMMENT ON COLUMN @extschema@.vocabulary.name IS 'what a load is called and replaced by';
COMMENT ON COLUMN @extschema@.vocabulary.scheme IS 'of concepts whose address and skos:inScheme say nothing';
COMMENT ON COLUMN @extschema@.vocabulary.terms IS 'rows of subject_term';
COMMENT ON COLUMN @extschema@.vocabulary.maps IS 'mappings in the file; subject_map has each in both directions';
COMMENT ON COLUMN @extschema@.vocabulary.left_out IS 'lines, terms and mappings that could not be taken: the program named the first of them';
COMMENT ON COLUMN @extschema@.vocabulary.replaced_at IS 'since when its rows are gone; null for what is in force';
CREATE UNIQUE INDEX vocabulary_in_force ON @extschema@.vocabulary (name) WHERE replaced_at IS NULL;

CREATE TABLE @extschema@.subject_scheme (
    prefix text PRIMARY KEY CHECK (prefix ~ '^https?://.'),
    scheme text NOT NULL CHECK (scheme <> '')
);
COMMENT ON TABLE @extschema@.subject_scheme IS 'of which scheme the concepts are whose address begins so, for the site''s own lists; counts before the ones that come with the extension (scheme_address)';

CREATE TABLE @extschema@.subject_term (
    vocabulary_id integer NOT NULL,
    scheme        text NOT NULL,
    uri           text,
    reference     text COLLATE "C",
    term          text NOT NULL,
    key           text COLLATE "C" NOT NULL,
    preferred     boolean NOT NULL,
    language      text
);
COMMENT ON TABLE @extschema@.subject_term IS 'labels of the concepts of loaded vocabularies, preferred ones and others';
COMMENT ON COLUMN @extschema@.subject_term.scheme IS 'code of the vocabulary as in $2 of a MARC heading: lcsh, fast, mesh, …';
COMMENT ON COLUMN @extschema@.subject_term.reference IS 'the address as marc_authority_reference() has it, so that $0 finds it too';
COMMENT ON COLUMN @extschema@.subject_term.key IS 'the term as marc_subject_key() has it';
CREATE INDEX subject_term_key ON @extschema@.subject_term (scheme, key);
CREATE INDEX subject_term_reference ON @extschema@.subject_term (reference) WHERE reference IS NOT NULL;

CREATE TABLE @extschema@.subject_map (
    vocabulary_id  integer NOT NULL,
    from_scheme    text NOT NULL,
    from_uri       text,
    from_reference text COLLATE "C",
    from_term      text,
    from_key       text COLLATE "C",
    relation       text NOT NULL CHECK (relation IN ('exact', 'close', 'broad', 'narrow', 'related')),
    to_scheme      text NOT NULL,
    to_uri         text,
    to_reference   text COLLATE "C",
    to_term        text,
    inverse        boolean NOT NULL,
    CHECK (from_key IS NOT NULL OR from_reference IS NOT NULL),
    CHECK (to_term IS NOT NULL OR to_uri IS NOT NULL)
);
COMMENT ON TABLE @extschema@.subject_map IS 'what a term or concept of one scheme is in another, by the vocabularies that are loaded; read by map_heading()';
COMMENT ON COLUMN @extschema@.subject_map.from_key IS 'the term as marc_subject_key() has it; null when the load has only the address: subject_term of another load may know its terms';
COMMENT ON COLUMN @extschema@.subject_map.relation IS 'the target is exactly the same, close, broader, narrower or related';
COMMENT ON COLUMN @extschema@.subject_map.inverse IS 'true for the other direction of what the file says';
CREATE INDEX subject_map_key ON @extschema@.subject_map (from_scheme, from_key, to_scheme) WHERE from_key IS NOT NULL;
CREATE INDEX subject_map_reference ON @extschema@.subject_map (from_reference, to_scheme) WHERE from_reference IS NOT NULL;

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

-- Reports on authorities and subjects.

DO $do$
BEGIN
    EXECUTE pg_catalog.format($create$
CREATE VIEW report.authority_impact AS
    SELECT s.name AS source, a.entity_id AS authority_id, a.key, a.n, a.deleted, a.changed_at, w.heading, p.heading AS heading_before,
           w.heading_key IS DISTINCT FROM p.heading_key AND p.heading IS NOT NULL AS renamed,
           @extschema@.bibs_of_authority_count(a.entity_id) AS bibs
    FROM @extschema@.entity a
    JOIN @extschema@.source s ON s.source_id = a.source_id
    LEFT JOIN LATERAL (
        SELECT h.heading, h.heading_key FROM %1$I.marc_headings(a.record) h WHERE h.role = 'heading' ORDER BY h.ord LIMIT 1
    ) w ON true
    LEFT JOIN LATERAL (
        SELECT h.heading, h.heading_key
        FROM (SELECT v.captured FROM @extschema@.version v
              WHERE v.entity_id = a.entity_id AND v.n < a.n AND v.captured IS NOT NULL ORDER BY v.n DESC LIMIT 1) v
        CROSS JOIN LATERAL %1$I.marc_try(v.captured) r
        CROSS JOIN LATERAL %1$I.marc_headings(r.record) h
        WHERE h.role = 'heading'
        ORDER BY h.ord
        LIMIT 1
    ) p ON true
    WHERE a.kind = 'authority' AND (a.n > 1 OR a.deleted);
$create$, @extschema@.marc_schema());
END
$do$;
COMMENT ON VIEW report.authority_impact IS 'for authority librarians: authority records that were changed or deleted since they were first captured, with the heading before and now, and how many bibs name them; ask for a time: WHERE changed_at > now() - interval ''1 day''';

CREATE VIEW report.vocabularies AS
    SELECT v.name, v.scheme, v.version, v.format, v.file, v.terms, v.maps, v.left_out, v.loaded_at, pg_catalog.encode(v.sha256, 'hex') AS sha256
    FROM @extschema@.vocabulary v
    WHERE v.replaced_at IS NULL;
COMMENT ON VIEW report.vocabularies IS 'for subject librarians: which vocabularies and mappings are loaded, and from which file';

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

-- Who may do what, as in 90_roles.sql.
COMMENT ON ROLE everarchive_operator IS 'reads everything, and manages sources, targets, policies, crosswalk rules and quarantine';
GRANT SELECT ON @extschema@.crosswalk_rule, @extschema@.crosswalk_release TO everarchive_reader, everarchive_replicator;
REVOKE EXECUTE ON FUNCTION @extschema@.crosswalk_options(text), @extschema@.crosswalk, @extschema@.crosswalk_changed(),
    @extschema@.crosswalk_stamp(), @extschema@.crosswalk_release_kept() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.crosswalk_options(text), @extschema@.crosswalk TO everarchive_reader, everarchive_replicator;
-- Not who wrote it and when.
GRANT INSERT (format, name, position, rules, enabled, note), UPDATE (format, name, position, rules, enabled, note), DELETE
    ON @extschema@.crosswalk_rule TO everarchive_operator;
GRANT INSERT (format, n, version, options) ON @extschema@.crosswalk_release TO everarchive_operator;
GRANT SELECT ON @extschema@.vocabulary, @extschema@.subject_scheme, @extschema@.subject_term, @extschema@.subject_map,
    @extschema@.scheme_address, @extschema@.authority_link, report.authority_impact, report.vocabularies
    TO everarchive_reader, everarchive_replicator;
REVOKE EXECUTE ON FUNCTION
    @extschema@.scheme_of_uri(text), @extschema@.subject_targets(text[], text, text[], text), @extschema@.map_heading(text, text, text),
    @extschema@.map_subjects, @extschema@.is_worldwide(text), @extschema@.authority_of(integer, text[]),
    @extschema@.bibs_of_authority(bigint), @extschema@.bibs_of_authority_count(bigint),
    @extschema@.vocabulary_load(text, text, text, text, text, bytea, bigint, boolean), @extschema@.vocabulary_remove(text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    @extschema@.scheme_of_uri(text), @extschema@.subject_targets(text[], text, text[], text), @extschema@.map_heading(text, text, text),
    @extschema@.map_subjects, @extschema@.is_worldwide(text), @extschema@.authority_of(integer, text[]),
    @extschema@.bibs_of_authority(bigint), @extschema@.bibs_of_authority_count(bigint)
    TO everarchive_reader, everarchive_replicator;
GRANT EXECUTE ON FUNCTION
    @extschema@.vocabulary_load(text, text, text, text, text, bytea, bigint, boolean), @extschema@.vocabulary_remove(text)
    TO everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.vocabulary TO everarchive_operator;
GRANT INSERT, DELETE ON @extschema@.subject_term, @extschema@.subject_map TO everarchive_operator;
GRANT INSERT, UPDATE, DELETE ON @extschema@.subject_scheme TO everarchive_operator;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.crosswalk_release', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.crosswalk_rule', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.subject_map', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.subject_scheme', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.subject_term', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.vocabulary', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.vocabulary_vocabulary_id_seq', '');

-- Settings of sources (11_source_setting.sql). What was the column source.mapping is one of them.

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

INSERT INTO @extschema@.source_setting (source_id, name, value)
    SELECT s.source_id, 'versions', 'every commit' FROM @extschema@.source s WHERE s.mapping = 'every commit';
ALTER TABLE @extschema@.source DROP COLUMN mapping;

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

DROP FUNCTION @extschema@.source_take(text);
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

CREATE OR REPLACE FUNCTION @extschema@.source_remove(name text) RETURNS void
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

CREATE VIEW report.source_settings AS
    SELECT s.name AS source, k.name AS setting, coalesce(v.value, k.default_value) AS value, k.default_value, v.changed_at, k.what
    FROM @extschema@.source s
    CROSS JOIN @extschema@.source_setting_kind k
    LEFT JOIN @extschema@.source_setting v ON v.source_id = s.source_id AND v.name = k.name
    WHERE s.state <> 'removed';
COMMENT ON VIEW report.source_settings IS 'for whoever operates the service: how each source is set, what each setting does, and since when it is not the default; changed by everarchive.source_set()';

GRANT SELECT ON @extschema@.source_setting_kind, @extschema@.source_setting, report.source_settings TO everarchive_reader, everarchive_replicator;
REVOKE EXECUTE ON FUNCTION @extschema@.source_setting_check(), @extschema@.source_setting(integer, text),
    @extschema@.source_set(text, text, text), @extschema@.source_take(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.source_setting(integer, text) TO everarchive_reader, everarchive_replicator;
GRANT EXECUTE ON FUNCTION @extschema@.source_set(text, text, text) TO everarchive_operator;
GRANT EXECUTE ON FUNCTION @extschema@.source_take(text) TO everarchive_replicator;
GRANT INSERT, UPDATE, DELETE ON @extschema@.source_setting TO everarchive_operator;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.source_setting', '');

-- Which program follows a source (12_source_lease.sql).

CREATE TABLE @extschema@.source_lease (
    source_id  integer PRIMARY KEY REFERENCES @extschema@.source ON DELETE CASCADE,
    program    text NOT NULL,
    epoch      bigint NOT NULL,
    taken_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    renewed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE @extschema@.source_lease IS 'which program follows each source, and when it was last heard of; another one takes over ten seconds after that stands still';
COMMENT ON COLUMN @extschema@.source_lease.program IS 'machine, process and a random number';
COMMENT ON COLUMN @extschema@.source_lease.epoch IS 'the epoch with which it took the source';
GRANT SELECT ON @extschema@.source_lease TO everarchive_reader, everarchive_replicator;
GRANT INSERT, UPDATE ON @extschema@.source_lease TO everarchive_replicator;

-- Lag and health (82_replication_report.sql).

ALTER TABLE @extschema@.source_progress
    ADD COLUMN lag_seconds double precision,
    ADD COLUMN lag_transactions bigint,
    ADD COLUMN retained_bytes bigint,
    ADD COLUMN log_state text,
    ADD COLUMN log_hours double precision;
COMMENT ON COLUMN @extschema@.source_progress.lag_seconds IS 'from the commit in the source to ours, at seen_at; 0 when everything that the source had is here';
COMMENT ON COLUMN @extschema@.source_progress.lag_transactions IS 'transactions that the source has and we have not, where it tells';
COMMENT ON COLUMN @extschema@.source_progress.retained_bytes IS 'log that the source keeps because we have not read it';
COMMENT ON COLUMN @extschema@.source_progress.log_state IS 'wal_status of the replication slot of a PostgreSQL source';
COMMENT ON COLUMN @extschema@.source_progress.log_hours IS 'hours until a MariaDB or MySQL source purges the log that comes next';

-- While the program lives, lag is what it was at the last word of the source; from half a minute without any, it grows.
CREATE VIEW report.replication_lag AS
    SELECT s.name AS source, CASE WHEN s.paused THEN 'paused' ELSE s.state END AS state, p.position, p.lag_bytes AS bytes,
           CASE WHEN s.state = 'streaming' THEN
               round((coalesce(p.lag_seconds, 0) + CASE WHEN w.silent > interval '30 seconds' THEN extract(epoch FROM w.silent) ELSE 0 END)::numeric, 3)
           END AS seconds,
           p.lag_transactions AS transactions, p.seen_at AS as_of
    FROM @extschema@.source s
    JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    CROSS JOIN LATERAL (SELECT greatest(pg_catalog.now() - p.seen_at, interval '0') AS silent) w
    WHERE s.state <> 'removed' AND s.origin NOT LIKE 'file:%';
COMMENT ON VIEW report.replication_lag IS 'for whoever operates the service: how far the mirror of each source is behind it, in bytes of its log, in seconds, and in transactions where the source tells; as of when the source was last heard of';

CREATE OR REPLACE VIEW report.status_by_source AS
    SELECT s.name AS source, s.adapter, s.state, s.paused, p.position, p.commit_time, p.seen_at,
           round(g.seconds)::bigint AS behind_seconds,
           p.lag_bytes AS behind_bytes, p.snapshot_rows, p.snapshot_expected, p.transactions, p.changes,
           coalesce(w.waiting, 0) AS waiting, c.entities, c.deleted, c.versions,
           coalesce(c.by_kind, '{}') AS entities_by_kind,
           (SELECT count(*) FROM @extschema@.quarantine q WHERE q.source_id = s.source_id AND q.resolved_at IS NULL) AS quarantined,
           s.message, s.hint
    FROM @extschema@.source s
    LEFT JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    LEFT JOIN report.replication_lag g ON g.source = s.name
    LEFT JOIN @extschema@.source_waiting w ON w.source_id = s.source_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.entities), 0)::bigint AS entities, coalesce(sum(k.deleted), 0)::bigint AS deleted,
               coalesce(sum(k.versions), 0)::bigint AS versions, jsonb_object_agg(k.kind, k.entities) AS by_kind
        FROM (SELECT n.kind, sum(n.entities) AS entities, sum(n.deleted) AS deleted, sum(n.versions) AS versions
              FROM @extschema@.entity_count n WHERE n.source_id = s.source_id GROUP BY n.kind) k
    ) c;

GRANT SELECT ON report.replication_lag TO everarchive_reader, everarchive_replicator;
-- Parameters of a source's adapter, as in 10_source.sql.
ALTER TABLE @extschema@.source
    ADD COLUMN parameters jsonb NOT NULL DEFAULT '{}' CHECK (pg_catalog.jsonb_typeof(parameters) = 'object');
COMMENT ON COLUMN @extschema@.source.parameters IS 'what its adapter leaves open, such as {"tenant": "diku"} of a FOLIO; given by everarchive source add';
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

-- What comparisons of sources with their mirrors have found.

CREATE VIEW report.source_check AS
    SELECT s.name AS source, r.run_id, r.what, r.table_name, r.from_key, r.to_key, r.state, r.at_table, r.rows, r.rows_expected,
           CASE WHEN r.state = 'finished' THEN 100 WHEN r.rows_expected > 0 THEN least(floor(100.0 * r.rows / r.rows_expected), 99)::integer END AS percent,
           r.differences, r.repaired, r.unsettled, r.requested_at, r.started_at, r.finished_at, r.message, r.hint
    FROM @extschema@.source_check_run r
    JOIN @extschema@.source s ON s.source_id = r.source_id;
COMMENT ON VIEW report.source_check IS 'for whoever operates the service: each comparison of a source with its mirror, how far it is and what it found';

CREATE VIEW report.source_difference AS
    SELECT s.name AS source, d.run_id, r.what, d.table_name, d.key, d.kind, d.columns, d.repaired, d.seen_at
    FROM @extschema@.source_difference d
    JOIN @extschema@.source_check_run r ON r.run_id = d.run_id
    JOIN @extschema@.source s ON s.source_id = r.source_id;
COMMENT ON VIEW report.source_difference IS 'for systems librarians and the DBA: every row of a mirror that was not what the source has, by the comparison that found it, and whether it was repaired';

CREATE VIEW report.source_table AS
    SELECT s.name AS source, t.table_name, t.state, t.message, t.hint, t.since
    FROM @extschema@.source_table t
    JOIN @extschema@.source s ON s.source_id = t.source_id
    WHERE t.state <> 'ok';
COMMENT ON VIEW report.source_table IS 'for systems librarians: tables of sources that cannot be followed for the time being, why, and what mends it; the other tables go on';

GRANT SELECT ON @extschema@.source_table, @extschema@.source_check_run, @extschema@.source_difference, report.source_check,
    report.source_difference, report.source_table TO everarchive_reader, everarchive_replicator;
REVOKE EXECUTE ON FUNCTION @extschema@.source_check(text, text, text, text, text), @extschema@.source_check_cancel(bigint) FROM PUBLIC;
-- Comparisons: an operator asks for them, the program does them, and asks for one when a source is set to on_position_lost = resync.
GRANT EXECUTE ON FUNCTION @extschema@.source_check(text, text, text, text, text), @extschema@.source_check_cancel(bigint)
    TO everarchive_replicator, everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.source_check_run TO everarchive_replicator, everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.source_difference, @extschema@.source_table TO everarchive_replicator;
GRANT UPDATE, DELETE ON @extschema@.source_table TO everarchive_operator;
GRANT DELETE ON @extschema@.source_lease TO everarchive_operator;
GRANT DELETE ON @extschema@.source_check_run, @extschema@.source_difference TO everarchive_operator;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.source_check_run', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.source_check_run_run_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.source_difference', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.source_table', '');

-- Keys are looked up by an index, however dear the planner thinks the rest of a mapping view.
ALTER FUNCTION @extschema@.refresh(integer, text, text[], text) SET enable_seqscan = off;

-- MySQL as a source.
CREATE OR REPLACE FUNCTION @extschema@.source_add(name text, adapter text, origin text, mirror_schema name, kinds jsonb) RETURNS integer
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

-- One finding a line; the view below takes the worst.
CREATE VIEW @extschema@.source_finding AS
    SELECT s.source_id, f.place, f.grade, f.what, f.hint
    FROM @extschema@.source s
    LEFT JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    LEFT JOIN @extschema@.source_lease l ON l.source_id = s.source_id
    LEFT JOIN report.replication_lag g ON g.source = s.name
    CROSS JOIN LATERAL (SELECT count(*) AS open FROM (SELECT FROM @extschema@.quarantine q
                                                      WHERE q.source_id = s.source_id AND q.resolved_at IS NULL LIMIT 1001) o) q
    CROSS JOIN LATERAL (SELECT s.state = ANY ('{new,snapshot,streaming}') AND NOT s.paused AND s.origin NOT LIKE 'file:%' AS wanted,
                               l.renewed_at > pg_catalog.now() - interval '30 seconds' AS alive) n
    CROSS JOIN LATERAL (
        SELECT 1 AS place, 'critical' AS grade, coalesce(s.message, 'it is stopped') AS what, coalesce(s.hint, format('everarchive source resume %s', s.name)) AS hint
        WHERE s.state = 'stopped'
        UNION ALL
        SELECT 2, 'critical', coalesce(s.message, 'the source no longer has the changes that come next'), coalesce(s.hint, format('everarchive source resync %s', s.name))
        WHERE s.state = 'position_lost'
        UNION ALL
        SELECT 3, 'critical', coalesce('no program has followed it since ' || to_char(l.renewed_at, 'YYYY-MM-DD HH24:MI:SS'), 'no program follows it'), 'everarchive run'
        WHERE n.wanted AND n.alive IS NOT TRUE
        UNION ALL
        SELECT 3, 'critical', format('the table %s is not followed: %s', t.table_name, coalesce(t.message, 'its schema changed')),
               coalesce(t.hint, format('everarchive source resync %s --table %s', s.name, t.table_name))
        FROM @extschema@.source_table t
        WHERE t.source_id = s.source_id AND t.state = 'stopped' AND s.state <> 'removed'
        UNION ALL
        SELECT 3, 'critical',
               format('changes of %s may be missing: the comparison that was to find them did not get there (%s)',
                      CASE WHEN count(*) > 3 THEN count(*) || ' tables' ELSE string_agg(t.table_name, ', ' ORDER BY t.table_name) END,
                      coalesce(max(r.message), 'it was cancelled')),
               format('everarchive source resync %s; if a table cannot be compared: everarchive source resync %1$s --copy', s.name)
        FROM @extschema@.source_table t
        LEFT JOIN LATERAL (SELECT c.message FROM @extschema@.source_check_run c
                           WHERE c.source_id = s.source_id AND c.what = 'resync' AND c.state = ANY ('{finished,failed}')
                           ORDER BY c.run_id DESC LIMIT 1) r ON true
        WHERE t.source_id = s.source_id AND t.state = 'resync' AND s.state <> 'removed'
          AND NOT EXISTS (SELECT FROM @extschema@.source_check_run c
                          WHERE c.source_id = s.source_id AND c.what = 'resync' AND c.state = ANY ('{requested,running}')
                            AND (c.table_name IS NULL OR c.table_name = t.table_name))
        HAVING count(*) > 0
        UNION ALL
        SELECT 4, CASE WHEN p.seen_at > pg_catalog.now() - interval '5 minutes' THEN 'warning' ELSE 'critical' END, s.message, s.hint
        WHERE n.wanted AND s.message IS NOT NULL
        UNION ALL
        SELECT 5, 'warning', 'paused since ' || to_char(s.changed_at, 'YYYY-MM-DD HH24:MI:SS') || '; it keeps its log for us', format('everarchive source resume %s', s.name)
        WHERE s.paused AND s.state <> 'removed'
        UNION ALL
        SELECT 6, CASE WHEN g.seconds >= @extschema@.source_setting(s.source_id, 'lag_critical_seconds')::bigint THEN 'critical' ELSE 'warning' END,
               format('%s seconds behind', round(g.seconds)), 'SELECT * FROM report.replication_lag;'
        WHERE n.wanted AND g.seconds >= @extschema@.source_setting(s.source_id, 'lag_warn_seconds')::bigint
        UNION ALL
        SELECT 7, CASE WHEN p.log_state = ANY ('{lost,unreserved}') THEN 'critical' ELSE 'warning' END,
               CASE WHEN p.log_state = ANY ('{lost,unreserved}') THEN format('its replication slot is %s: the server removes the log that comes next', p.log_state)
                    ELSE format('it keeps %s of log for us', pg_size_pretty(p.retained_bytes)) END,
               CASE WHEN p.log_state = ANY ('{lost,unreserved}') THEN format('let the program catch up at once; if the slot is lost: everarchive source resync %s', s.name)
                    ELSE format('look at the program and at its log; if the source''s disk fills: everarchive source set %1$s on_wal_limit drop, '
                                'everarchive source set %1$s wal_limit_bytes BYTES, or where no program runs SELECT pg_drop_replication_slot(%2$L) on the source; '
                                'then: everarchive source resync %1$s', s.name, 'everarchive_' || s.name) END
        WHERE s.state <> 'removed' AND (p.log_state = ANY ('{lost,unreserved}')
              OR p.retained_bytes >= nullif(@extschema@.source_setting(s.source_id, 'wal_warn_bytes')::bigint, 0))
        UNION ALL
        SELECT 8, 'warning', format('the server purges the log that comes next in %s hours', round(p.log_hours::numeric, 1)),
               'raise binlog_expire_logs_seconds (MySQL, MariaDB from 10.6) or expire_logs_days on the source, or find out why it is behind'
        WHERE s.state <> 'removed' AND p.log_hours < @extschema@.source_setting(s.source_id, 'binlog_warn_hours')::double precision
        UNION ALL
        SELECT 9, CASE WHEN q.open > 1000 THEN 'critical' ELSE 'warning' END,
               format('%s in quarantine', CASE WHEN q.open > 1000 THEN 'more than 1000' ELSE q.open::text END), 'SELECT * FROM report.quarantine;'
        WHERE q.open > 0 AND s.state <> 'removed'
        UNION ALL
        SELECT 10, 'warning', 'changes have waited to be mapped since ' || to_char(w.oldest, 'YYYY-MM-DD HH24:MI:SS'), 'look at the log of the program: its map steps'
        FROM (SELECT min(t.touched_at) AS oldest
              FROM generate_series(0, 15) a (part)
              LEFT JOIN @extschema@.map_progress m ON m.source_id = s.source_id AND m.part = a.part
              CROSS JOIN LATERAL (
                  SELECT t.touched_at
                  FROM @extschema@.touched t
                  WHERE t.source_id = s.source_id AND t.part = a.part::smallint
                    AND (t.xid, t.touched_id) > (coalesce(m.xid, '0'::xid8), coalesce(m.touched_id, 0))
                  ORDER BY t.xid, t.touched_id
                  LIMIT 1
              ) t) w -- the first of each part, so that a long backlog costs nothing
        WHERE w.oldest < pg_catalog.now() - interval '10 minutes' AND s.state = 'streaming'
    ) f;
COMMENT ON VIEW @extschema@.source_finding IS 'what is not as it should be with each source, a row for each; report.source_health sums them up';

CREATE VIEW report.source_health AS
    SELECT s.name AS source, coalesce(w.grade, 'good') AS grade,
           coalesce(w.what, CASE WHEN s.state = 'snapshot' THEN format('the first copy is under way: %s of %s rows', p.snapshot_rows, p.snapshot_expected)
                                 ELSE 'all is well' END) AS what,
           w.hint
    FROM @extschema@.source s
    LEFT JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    LEFT JOIN LATERAL (
        SELECT f.grade, string_agg(f.what, '; ' ORDER BY f.place) AS what, (array_agg(f.hint ORDER BY f.place))[1] AS hint
        FROM @extschema@.source_finding f
        WHERE f.source_id = s.source_id
        GROUP BY f.grade
        ORDER BY f.grade -- critical before warning
        LIMIT 1
    ) w ON true
    WHERE s.state <> 'removed';
COMMENT ON VIEW report.source_health IS 'for monitoring: each source with a grade (good, warning, critical), what is wrong at worst, and the command or SQL that mends it';
GRANT SELECT ON @extschema@.source_finding, report.source_health TO everarchive_reader, everarchive_replicator;

-- Hints that name what works (50_source_functions.sql, 70_quarantine.sql).
CREATE OR REPLACE FUNCTION @extschema@.source_resume(name text) RETURNS void
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

CREATE OR REPLACE FUNCTION @extschema@.quarantine_retry(quarantine_id bigint) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    tried  @extschema@.quarantine := @extschema@.quarantine_open(quarantine_retry.quarantine_id);
    before integer := tried.attempts;
BEGIN
    IF tried.stage = 'apply' THEN
        UPDATE @extschema@.quarantine q SET retry_at = now() WHERE q.quarantine_id = tried.quarantine_id;
        RETURN 'requested: the program applies the change again with its next batch';
    END IF;
    IF tried.stage = 'map' THEN
        IF tried.key ~ '… [0-9a-f]{64}$' THEN
            -- Under the shortened key (see refresh) nothing is found, which would look as if the entity were gone.
            RAISE EXCEPTION 'the key of quarantine row % is too long to be kept whole, so it cannot be tried again by it', tried.quarantine_id
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = format('Correct the record in the library system: it is then mapped by itself. After that: SELECT everarchive.quarantine_discard(%s);', tried.quarantine_id);
        END IF;
        -- Refuses while the mirror is copied; waits for a mapping worker that has the key.
        PERFORM @extschema@.refresh(tried.source_id, tried.kind, ARRAY[tried.key]);
    ELSE
        PERFORM @extschema@.policy_apply(p.policy_id, v.version_ids)
        FROM (SELECT array_agg(v.version_id ORDER BY v.version_id) AS version_ids
              FROM @extschema@.entity e
              JOIN @extschema@.version v ON v.entity_id = e.entity_id
              WHERE e.source_id = tried.source_id AND e.kind = tried.kind AND e.key = tried.key
                AND (v.n = e.n OR v.captured_at >= tried.first_at)) v,
             @extschema@.policy p
        WHERE p.enabled;
        UPDATE @extschema@.quarantine q SET resolved_at = now(), resolution = 'retried'
        WHERE q.quarantine_id = tried.quarantine_id AND q.attempts = before;
    END IF;
    SELECT q.* INTO tried FROM @extschema@.quarantine q WHERE q.quarantine_id = tried.quarantine_id;
    RETURN coalesce(tried.resolution, 'still in quarantine: ' || tried.message);
END
$$;
