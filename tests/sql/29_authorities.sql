-- Authorities: which captured authority record a heading names, which bibs a changed one touches, and by what index.
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

SELECT plan(35);
-- Three sources with the same keys: Koha links by $9, Evergreen by $0 (ORGANISATION)id, a file of authority records by number.
CREATE FUNCTION pg_temp.made(name text, adapter text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE id integer;
BEGIN
    id := everarchive.source_add(name, adapter, 'mariadb:defaults-group=x', name || '_mirror', '[{"kind": "bib", "key_types": ["integer"]}, {"kind": "authority", "key_types": ["integer"]}]');
    EXECUTE format('CREATE TABLE %I.record (id integer, kind text, mrk text, PRIMARY KEY (kind, id))', name || '_mirror');
    EXECUTE format($v$CREATE VIEW %1$I.bib AS SELECT r.id AS key1, NULL::text AS parent_key, t.record, t.problem, convert_to(r.mrk, 'UTF8') AS captured,
        'marcxml'::text AS format, NULL::jsonb AS attributes, false AS deleted FROM %1$I.record r CROSS JOIN LATERAL marc_try(r.mrk) t WHERE r.kind = 'bib'$v$, name || '_mirror');
    EXECUTE format($v$CREATE VIEW %1$I.authority AS SELECT r.id AS key1, NULL::text AS parent_key, t.record, t.problem, convert_to(r.mrk, 'UTF8') AS captured,
        'marcxml'::text AS format, NULL::jsonb AS attributes, false AS deleted FROM %1$I.record r CROSS JOIN LATERAL marc_try(r.mrk) t WHERE r.kind = 'authority'$v$, name || '_mirror');
    UPDATE everarchive.source_progress SET position = '0-1-1' WHERE source_id = id;
    RETURN id;
END
$$;
CREATE FUNCTION pg_temp.put(source text, kind text, id integer, fields text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.record VALUES ($1, $2, $3) ON CONFLICT (kind, id) DO UPDATE SET mrk = excluded.mrk', source || '_mirror')
        USING id, kind, CASE kind WHEN 'bib' THEN E'=LDR  00000nam a2200000 a 4500\n=008  x\n' ELSE E'=LDR  00000nz  a2200000n  4500\n=008  860211i| anannbabn          |a ana      \n' END || fields;
    PERFORM everarchive.refresh((SELECT s.source_id FROM everarchive.source s WHERE s.name = source), kind, ARRAY[id::text]);
END
$$;
CREATE FUNCTION pg_temp.links(source text, key text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s: %s', l.tag, l.heading, coalesce(l.authority_source || ' ' || l.authority_key || ' v' || l.authority_n || ' by ' || l.matched, '-') || coalesce('; ' || l.problem, '')), E'\n' ORDER BY l.ord)
    FROM everarchive.authority_link l WHERE l.source = $1 AND l.bib_key = $2
$$;
CREATE FUNCTION pg_temp.id(source text, key text) RETURNS bigint LANGUAGE sql AS $$
    SELECT e.entity_id FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE s.name = $1 AND e.kind = 'authority' AND e.key = $2
$$;
CREATE FUNCTION pg_temp.touched(source text, key text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(b.source || ' ' || b.bib_key || ' ' || b.tag || ' ' || b.heading, ', ' ORDER BY b.source, b.bib_key, b.ord) FROM everarchive.bibs_of_authority(pg_temp.id($1, $2)) b
$$;
SELECT pg_temp.made('koha', 'koha') AS koha, pg_temp.made('evergreen', 'evergreen') AS evergreen, pg_temp.made('lc', 'marcfile') AS lc \gset

SELECT pg_temp.put('koha', 'authority', 17, '=150  \\$aDogs'), pg_temp.put('koha', 'authority', 18, E'=001  18\n=100  1\\$aTwain, Mark'),
    pg_temp.put('evergreen', 'authority', 17, E'=001  17\n=003  CONS\n=150  \\\\$aCats'), pg_temp.put('evergreen', 'authority', 19, '=150  \\$aBirds'),
    pg_temp.put('lc', 'authority', 1, E'=001  sh85038796\n=003  DLC\n=010  \\\\$ash 85038796\n=150  \\\\$aDogs') \g /dev/null
SELECT pg_temp.put('koha', 'bib', 1, E'=650  \\0$aDogs$917\n=650  \\0$aDogs$xTraining$0(DLC)sh 85038796\n=100  1\\$aTwain, Mark$918\n=650  \\0$aFish\n=650  \\0$aX$999\n=952  \\\\$917\n=653  \\\\$aFree'),
    pg_temp.put('evergreen', 'bib', 1, E'=650  \\0$aCats$0(CONS)17\n=650  \\0$aBirds$0(CONS)19\n=650  \\0$aDogs$0https://id.loc.gov/authorities/subjects/sh85038796$917\n=650  \\0$aY$0(OTHER)17') \g /dev/null

SELECT is(pg_temp.links('koha', '1'), E'650 Dogs: koha 17 v1 by record id\n650 Dogs--Training: lc 1 v1 by number\n100 Twain, Mark: koha 18 v1 by record id\n'
    '650 Fish: -; the heading names no authority record\n650 X: -; no captured authority record has this number', 'Koha''s $9 is the authority''s key; a number finds a record of another source; what finds none says why');
SELECT is(pg_temp.links('evergreen', '1'), E'650 Cats: evergreen 17 v1 by number\n650 Birds: evergreen 19 v1 by record id\n650 Dogs: lc 1 v1 by number\n650 Y: evergreen 17 v1 by record id',
    'Evergreen''s (ORGANISATION)id by 003 and 001, or where the record has none by its key; an address as the number; its $9 says nothing');
SELECT is(pg_temp.touched('koha', '17'), 'koha 1 650 Dogs', 'the bibs of an authority record: not those of another system with the same number, nor items with a $9');
SELECT is(pg_temp.touched('koha', '18'), 'koha 1 100 Twain, Mark', 'each by its number');
SELECT is(pg_temp.touched('evergreen', '17'), 'evergreen 1 650 Cats, evergreen 1 650 Y', 'Evergreen''s');
SELECT is(pg_temp.touched('evergreen', '19'), 'evergreen 1 650 Birds', 'without 003');
SELECT is(pg_temp.touched('lc', '1'), 'evergreen 1 650 Dogs, koha 1 650 Dogs--Training', 'and of a record that all sources may name');
SELECT is(everarchive.bibs_of_authority_count(pg_temp.id('lc', '1')), 2::bigint, 'counted');
SELECT throws_ok('SELECT everarchive.bibs_of_authority(-1)', '42704', 'entity -1 is no authority record', 'something else is refused');

-- Incremental: links are those of the newest version.
SELECT pg_temp.put('koha', 'bib', 1, E'=650  \\0$aDogs$917\n=650  \\0$aDog$917'), pg_temp.put('koha', 'bib', 2, '=650  \\0$aDogs$917') \g /dev/null
SELECT is(pg_temp.touched('koha', '17'), 'koha 1 650 Dogs, koha 1 650 Dog, koha 2 650 Dogs', 'a new version has its links at once');
SELECT is(pg_temp.touched('koha', '18'), NULL, 'and those that it lost are gone');
SELECT is(everarchive.bibs_of_authority_count(pg_temp.id('koha', '17')), 2::bigint, 'a bib counts once');
DELETE FROM koha_mirror.record WHERE kind = 'bib' AND id = 2;
SELECT everarchive.refresh(:koha, 'bib', '{2}') \g /dev/null
SELECT is(pg_temp.touched('koha', '17'), 'koha 1 650 Dogs, koha 1 650 Dog', 'a deleted bib is touched by nothing');
SELECT is(pg_temp.links('koha', '2'), NULL, 'and has no links');

-- A changed authority record. All of this test is one transaction, so its times are set by hand.
SELECT is((SELECT count(*) FROM report.authority_impact), 0::bigint, 'nothing has changed yet');
UPDATE everarchive.version SET captured_at = now() - interval '1 hour' WHERE entity_id = pg_temp.id('koha', '17');
UPDATE everarchive.version v SET captured_at = now() - interval '1 minute' FROM everarchive.entity e WHERE e.entity_id = v.entity_id AND e.source_id = :koha AND e.kind = 'bib';
SELECT pg_temp.put('koha', 'authority', 17, '=150  \\$aDomestic dogs') \g /dev/null
SELECT is((SELECT i::text FROM (SELECT source, key, n, deleted, heading, heading_before, renamed, bibs FROM report.authority_impact) i), '(koha,17,2,f,"Domestic dogs",Dogs,t,1)', 'then the report has it, with the heading before and the bibs');
SELECT is((SELECT DISTINCT (l.authority_n, l.authority_n_then)::text FROM everarchive.authority_link l WHERE l.source = 'koha' AND l.bib_key = '1'), '(2,1)', 'the link says which version was the newest when the bib was captured');
SELECT pg_temp.put('koha', 'authority', 17, E'=150  \\$aDomestic dogs\n=450  \\$aDogs') \g /dev/null
SELECT is((SELECT (n, renamed, heading_before)::text FROM report.authority_impact), '(3,f,"Domestic dogs")', 'a change beside the heading renames nothing');
DELETE FROM koha_mirror.record WHERE kind = 'authority' AND id = 17;
SELECT everarchive.refresh(:koha, 'authority', '{17}') \g /dev/null
SELECT is((SELECT (n, deleted, heading, bibs)::text FROM report.authority_impact), '(4,t,"Domestic dogs",1)', 'a deleted one still has its bibs');
SELECT is(pg_temp.links('koha', '1'), E'650 Dogs: koha 17 v4 by record id; the authority record was deleted\n650 Dog: koha 17 v4 by record id; the authority record was deleted', 'and their links say so');

-- Several records with one number.
SELECT pg_temp.put('lc', 'authority', 2, E'=035  \\\\$a(DLC)sh85038796\n=150  \\\\$aDogs'), pg_temp.put('koha', 'bib', 3, '=650  \\0$aDogs$0(DLC)sh85038796') \g /dev/null
SELECT is(pg_temp.links('koha', '3'), '650 Dogs: lc 1 v1 by number; several captured authority records have this number', 'the first is taken, and it is told');
SELECT pg_temp.put('koha', 'authority', 30, E'=035  \\\\$a(DLC)sh85038796\n=150  \\\\$aDogs') \g /dev/null
SELECT is(pg_temp.links('koha', '3'), '650 Dogs: koha 30 v1 by number', 'one of the same source counts before others');

-- UNIMARC: $3.
SELECT pg_temp.put('lc', 'authority', 3, E'=001  027253139\n=150  \\\\$aChiens') \g /dev/null
INSERT INTO lc_mirror.record VALUES (9, 'bib', E'=LDR  00000nam  2200000   450 \n=200  1\\$aTitre\n=606  \\\\$3027253139$aChiens$2rameau');
SELECT everarchive.refresh(:lc, 'bib', '{9}') \g /dev/null
SELECT is(pg_temp.links('lc', '9'), '606 Chiens: lc 3 v1 by number', 'a bare number is one of its own source');
SELECT is(pg_temp.touched('lc', '3'), 'lc 9 606 Chiens', 'and back');

-- What no index takes, and what is no authority link.
SELECT pg_temp.put('koha', 'bib', 4, '=650  \\0$aA$0' || repeat('x', 5000) || '$9' || repeat('9', 5000)) \g /dev/null
SELECT is(pg_temp.links('koha', '4'), '650 A: -; what it names is too long for a number', 'a $0 of 5,000 characters finds nothing and stops nothing');
SELECT pg_temp.put('koha', 'bib', 5, (SELECT string_agg('=650  \0$aT' || i || '$9' || i, E'\n') FROM generate_series(1, 3000) i)) \g /dev/null
SELECT is((SELECT count(*) FROM everarchive.authority_link l WHERE l.source = 'koha' AND l.bib_key = '5'), 3000::bigint, 'a bib of 3,000 subjects');

-- The indexes are used, whatever the statistics are.
CREATE FUNCTION pg_temp.plan(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; all_lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || sql LOOP all_lines := all_lines || line || E'\n'; END LOOP;
    RETURN all_lines;
END
$$;
INSERT INTO koha_mirror.record SELECT i, 'bib', E'=LDR  00000nam a2200000 a 4500\n=008  x\n=650  \\0$aT$9' || i FROM generate_series(1000, 4000) i;
INSERT INTO koha_mirror.record SELECT i, 'authority', E'=LDR  00000nz  a2200000n  4500\n=001  ' || i || E'\n=150  \\\\$aT' || i FROM generate_series(1000, 4000) i;
SELECT everarchive.refresh(:koha, k, ARRAY(SELECT i::text FROM generate_series(1000, 4000) i)) FROM unnest('{bib,authority}'::text[]) k \g /dev/null
ANALYZE everarchive.entity;
SELECT ok(pg_temp.plan($$SELECT e.entity_id FROM everarchive.entity e WHERE e.kind = 'bib' AND NOT e.deleted AND marc_authority_reference_keys(e.record) && ARRAY[marc_authority_key('9:17')]$$)
    ~ 'Bitmap Index Scan on entity_authority_references', 'bibs are found by their index');
SELECT ok(pg_temp.plan($$SELECT e.entity_id FROM everarchive.entity e WHERE e.kind = 'authority' AND marc_authority_number_keys(e.record) && ARRAY[marc_authority_key('17')]$$)
    ~ 'Bitmap Index Scan on entity_authority_numbers', 'authority records by theirs');
SET LOCAL enable_seqscan = off;
SELECT ok(pg_temp.plan($$SELECT i.bibs FROM report.authority_impact i WHERE i.changed_at > now() - interval '1 day'$$) ~ 'entity_authority_changed', 'and the changed ones by a small one');
RESET enable_seqscan;
SELECT is(pg_temp.touched('koha', '3500'), 'koha 3500 650 T', 'among many');
SELECT is(everarchive.authority_of(:koha, NULL)::text, '(,,"the heading names no authority record")', 'no reference at all');
SELECT is(everarchive.authority_of(:koha, '{}')::text, '(,,"the heading names no authority record")', 'nor an empty list');
SELECT ok(NOT everarchive.is_worldwide(r), r || ' counts in one source') FROM unnest('{9:17,0:17,sh1}'::text[]) r LIMIT 1;
SELECT ok(everarchive.is_worldwide('(dlc)n1') AND everarchive.is_worldwide('//viaf.org/viaf/1'), 'numbers with their organisation and addresses everywhere');

-- Who may.
CREATE ROLE demo_reader IN ROLE everarchive_reader;
SELECT format('GRANT demo_reader TO %I', current_user) AS sql WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec
SET LOCAL ROLE demo_reader;
SELECT lives_ok($$SELECT count(*) FROM report.authority_impact; SELECT count(*) FROM everarchive.authority_link WHERE bib_key = '1';
    SELECT * FROM everarchive.map_subjects(E'=LDR  00000nam a2200000 a 4500\n=650  \\0$aDogs', 'fast')$$, 'a reader asks for all of it');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
