-- Subjects: loading a vocabulary as a whole, and mapping headings by what is loaded.
\set ECHO none
\set QUIET 1
\set ON_ERROR_STOP 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
CREATE EXTENSION IF NOT EXISTS everarchive;

SELECT plan(43);
-- As the program makes it.
CREATE TEMP TABLE everarchive_vocabulary (what "char", subject text, scheme text, term text, language text, relation text,
    object text, object_scheme text, object_term text);
CREATE FUNCTION pg_temp.label(what "char", subject text, term text, language text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO everarchive_vocabulary (what, subject, term, language) VALUES ($1, $2, $3, $4)
$$;
CREATE FUNCTION pg_temp.match(subject text, relation text, object text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO everarchive_vocabulary (what, subject, relation, object) VALUES ('m', $1, $2, $3)
$$;
CREATE FUNCTION pg_temp.row(scheme text, term text, relation text, object_scheme text, object_term text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO everarchive_vocabulary (what, scheme, term, relation, object_scheme, object_term) VALUES ('c', $1, $2, $3, $4, $5)
$$;
CREATE FUNCTION pg_temp.loaded(name text, scheme text DEFAULT NULL, sha text DEFAULT 'a', replace boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE made text;
BEGIN
    SELECT v.terms || ' ' || v.maps INTO made
    FROM everarchive.vocabulary_load($1, $2, '2026', $1 || '.nt', 'ntriples', sha256(convert_to($3, 'UTF8')), 0, $4) v;
    TRUNCATE everarchive_vocabulary;
    RETURN made;
END
$$;
CREATE FUNCTION pg_temp.mapped(scheme text, heading text, to_scheme text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(m.term, '?') || ' ' || m.relation || ' ' || m.origin, ', ') FROM everarchive.map_heading($1, $2, $3) m
$$;
CREATE FUNCTION pg_temp.mapped(m marc, to_scheme text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s [%s] %s %s', s.ord, s.part, coalesce(s.term, '-'), coalesce(s.relation, '-')), E'\n') FROM everarchive.map_subjects($1, $2) s
$$;

-- Schemes.
SELECT is(everarchive.scheme_of_uri(a), b, coalesce(b, 'no scheme') || ' by address') FROM (VALUES
    ('http://id.loc.gov/authorities/subjects/sh1', 'lcsh'), ('https://id.loc.gov/authorities/subjects/sh1', 'lcsh'),
    ('http://id.loc.gov/authorities/subjects', 'lcsh'), ('http://d-nb.info/gnd/1', 'gnd'), ('http://id.worldcat.org/fast/ontology/1.0/#fast', 'fast'),
    ('http://example.org/1', NULL)) v (a, b);
INSERT INTO everarchive.subject_scheme VALUES ('http://example.org/', 'own'), ('http://id.loc.gov/authorities/subjects/dg', 'dg');
SELECT is(everarchive.scheme_of_uri('http://example.org/1') || everarchive.scheme_of_uri('http://id.loc.gov/authorities/subjects/dg1'), 'owndg', 'the site''s own rows count first');

-- LCSH with matches; FAST's terms are in another load.
SELECT pg_temp.label('p', 'http://id.loc.gov/authorities/subjects/sh1', 'Water-supply', 'en'), pg_temp.label('p', 'http://id.loc.gov/authorities/subjects/sh1', 'Eau', 'fr'),
    pg_temp.label('a', 'http://id.loc.gov/authorities/subjects/sh1', 'Drinking water supply'),
    pg_temp.match('http://id.loc.gov/authorities/subjects/sh1', 'close', 'https://id.worldcat.org/fast/1172350'),
    pg_temp.match('http://id.loc.gov/authorities/subjects/sh1', 'broad', 'http://example.org/water'),
    pg_temp.match('http://id.loc.gov/authorities/subjects/sh1', 'exact', 'http://elsewhere.example/thing#1'),
    pg_temp.label('l', 'http://example.org/water', 'Water, in general'),
    pg_temp.label('l', 'http://id.loc.gov/authorities/subjects', 'Library of Congress Subject Headings') \g /dev/null
SELECT is(pg_temp.loaded('lcsh'), '4 3', 'labels of concepts and mappings are counted; a label of the scheme is neither');
SELECT is((SELECT count(*) FROM everarchive.subject_map), 6::bigint, 'each mapping is there in both directions');
SELECT is(pg_temp.mapped('lcsh', 'Water-supply', 'fast'), '? close lcsh', 'before FAST is loaded only its address is known');
SELECT is(pg_temp.mapped('lcsh', 'WATER-supply.', 'own'), 'Water, in general broad lcsh', 'headings are compared in NACO form');
SELECT is(pg_temp.mapped('lcsh', 'Drinking water supply', 'own'), 'Water, in general broad lcsh', 'another label of the concept finds it too');
SELECT is(pg_temp.mapped('lcsh', 'Eau', 'own'), 'Water, in general broad lcsh', 'and one in another language');
SELECT is(pg_temp.mapped('own', 'Water, in general', 'lcsh'), 'Water-supply narrow lcsh', 'the other direction of broad is narrow; a label in English is shown');
SELECT is((SELECT to_uri FROM everarchive.subject_map WHERE to_scheme = 'http://elsewhere.example/thing#'), 'http://elsewhere.example/thing#1', 'a target of an unknown scheme is kept under its address');
SELECT is(pg_temp.mapped('lcsh', 'Fire', 'own'), NULL, 'an unknown heading has no row');
SELECT is(pg_temp.mapped('lcsh', '!!!', 'own'), NULL, 'nor one without a letter');

SELECT pg_temp.label('p', 'http://id.worldcat.org/fast/1172350', 'Water-supply'), pg_temp.label('p', 'http://id.worldcat.org/fast/1204155', 'United States'),
    pg_temp.match('http://id.worldcat.org/fast/1204155', 'exact', 'http://id.loc.gov/authorities/names/n78095330'),
    pg_temp.label('l', 'http://id.loc.gov/authorities/names/n78095330', 'United States'),
    pg_temp.label('p', 'http://id.worldcat.org/fast/940727', 'Geology, Stratigraphic'),
    pg_temp.match('http://id.worldcat.org/fast/940727', 'exact', 'http://id.loc.gov/authorities/subjects/sh85054086') \g /dev/null
SELECT is(pg_temp.loaded('fast'), '4 2', 'FAST');
SELECT is(pg_temp.mapped('lcsh', 'Water-supply', 'fast'), 'Water-supply close lcsh', 'then the term is that of the other load');
SELECT is(pg_temp.mapped('fast', 'Water-supply', 'lcsh'), 'Water-supply close lcsh', 'and FAST maps to LCSH, though the load that says so does not know FAST''s term');
SELECT is(pg_temp.mapped('naf', 'United States', 'fast'), 'United States exact fast', 'names too');

-- A whole subdivided heading, and parts.
SELECT pg_temp.row('lcsh', 'Water-supply--Law and legislation', 'exact', 'local', 'Water law'), pg_temp.row('lcsh', 'Water-supply', 'exact', 'local', 'Water'),
    pg_temp.row('lcsh', 'Water-supply', 'related', 'local', 'Pipes'), pg_temp.row('lcsh', 'History', 'exact', 'local', 'The past') \g /dev/null
SELECT is(pg_temp.loaded('own'), '0 4', 'a table of terms has no addresses');
SELECT is(pg_temp.mapped('lcsh', 'Water-supply', 'local'), 'Water exact own, Pipes related own', 'the best relation comes first');
SELECT is(pg_temp.mapped('local', 'Water law', 'lcsh'), 'Water-supply--Law and legislation exact own', 'and back');
SELECT is(pg_temp.mapped(E'=LDR  00000nam a2200000 a 4500\n=008  x\n=650  \\0$aWater-supply$xLaw and legislation$zTexas\n=650  \\0$aWater-supply$xHistory.\n'
    '=650  \\0$aFire$xHistory\n=650  \\7$aX$2local\n=653  \\\\$aDogs\n=650  \\2$aWater\n=100  1\\$aA'::marc, 'local'),
    E'2 [Water-supply--Law and legislation] Water law exact\n2 [Texas] - -\n3 [Water-supply] Water exact\n3 [Water-supply] Pipes related\n'
    '3 [History] The past exact\n4 [Fire] - -\n4 [History] The past exact\n5 [X] X same\n6 [Dogs] - -\n7 [Water] - -',
    'the longest part that is known, the rest one by one, and what is not found is a row');
SELECT is(pg_temp.mapped(E'=LDR  00000nam a2200000 a 4500\n=610  10$aUnited States.\n=650  \\0$aRocks in layers$0(DLC)sh 85054086\n=650  \\0$aRocks$xX$0(DLC)sh 85054086'::marc, 'fast'),
    E'1 [United States] United States exact\n2 [Rocks in layers] Geology, Stratigraphic exact\n3 [Rocks] - -\n3 [X] - -',
    'names of LCSH are in the name file; a $0 counts for a heading without subdivisions');
SELECT is((SELECT array_agg(DISTINCT s.heading) FROM everarchive.map_subjects(E'=LDR  00000nam a2200000 a 4500\n=655  \\7$aNovels.$2lcgft'::marc, 'fast') s), '{Novels}', 'genres too');

-- One look-up. Enough rows that the planner must decide.
SELECT pg_temp.row('lcsh', 'Term ' || i, 'exact', 'mesh', 'MeSH ' || i) FROM generate_series(1, 20000) i \g /dev/null
SELECT is(pg_temp.loaded('many'), '0 20000', 'many mappings');
ANALYZE everarchive.subject_map;
CREATE FUNCTION pg_temp.plan(sql text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || sql; END $$;
SELECT ok((SELECT string_agg(p, ' ') FROM pg_temp.plan($$SELECT * FROM everarchive.subject_map WHERE from_scheme = ANY ('{lcsh,naf}') AND from_key = 'term 5' AND to_scheme = 'mesh'$$) p)
    ~ 'Index Scan using subject_map_key', 'a heading is found by one index');
SELECT is(pg_temp.mapped('lcsh', 'Term 17000', 'mesh'), 'MeSH 17000 exact many', 'whichever');

-- Loads.
SELECT throws_ok($$SELECT pg_temp.loaded('own', sha => 'b')$$, '42710', 'there is a vocabulary "own" already, of own.nt', 'another file of the name is refused');
SELECT is(pg_temp.loaded('own'), '0 4', 'the same file again is what it was');
SELECT is((SELECT count(*) FROM everarchive.vocabulary WHERE name = 'own'), 1::bigint, 'and makes no load');
SELECT pg_temp.row('lcsh', 'Water-supply', 'exact', 'local', 'Aqua') \g /dev/null
SELECT is(pg_temp.loaded('own', sha => 'b', replace => true), '0 1', 'replaced');
SELECT is(pg_temp.mapped('lcsh', 'Water-supply', 'local') || (SELECT count(*) FROM everarchive.map_heading('lcsh', 'History', 'local')), 'Aqua exact own0', 'nothing of the old load is left');
SELECT is((SELECT string_agg(maps || ' ' || (replaced_at IS NULL), ', ' ORDER BY vocabulary_id) FROM everarchive.vocabulary WHERE name = 'own'), '4 false, 1 true', 'but its row');
SELECT everarchive.vocabulary_remove('own');
SELECT is(pg_temp.mapped('lcsh', 'Water-supply', 'local'), NULL, 'removed');
SELECT throws_ok($$SELECT everarchive.vocabulary_remove('own')$$, '42704', 'there is no vocabulary "own"', 'only once');
SELECT pg_temp.label('p', 'http://list.example/1', 'Dogs') \g /dev/null
SELECT throws_ok($$SELECT pg_temp.loaded('list')$$, '22023', 'the scheme of 1 concepts is not known, such as http://list.example/1', 'a list without a scheme is refused');
SELECT is(pg_temp.loaded('list', 'local'), '1 0', 'with one it is taken');
SELECT is((SELECT scheme FROM everarchive.subject_term WHERE uri = 'http://list.example/1'), 'local', 'and has it');
SELECT throws_like($$SELECT pg_temp.loaded('nothing')$$, 'there are no terms and no mappings in nothing.nt', 'a file of something else is refused');
SELECT is((SELECT string_agg(name, ' ' ORDER BY name) FROM report.vocabularies), 'fast lcsh list many', 'the report has what is in force');

SELECT * FROM finish();
ROLLBACK;
