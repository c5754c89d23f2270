-- Maintenance runs with pg_catalog alone in the search path: pg_dump and restore everywhere, from 17 on also index builds,
-- REINDEX, ANALYZE, CLUSTER and REFRESH. So nothing that an index or a stored column may use can look for a name.
\set ECHO none
\set QUIET 1
\set ON_ERROR_STOP 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
SELECT n.nspname AS marc FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'marc' \gset

CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.record (n integer, m marc);
INSERT INTO elsewhere.record
SELECT n, (E'=LDR  00000nam a2200000 a 4500\n=001  ' || n || E'\n=008  200101s2020\\\\\\\\xx\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\000\\0\\eng\\d\n=020  \\\\$a0306406152\n=100  1\\$aÉcrivain, Une'
	|| E'\n=245  14$aThe title ' || n || E'\n=650  \\0$aDogs')::marc
FROM generate_series(1, 20) n;

-- Runs statements as maintenance would.
CREATE FUNCTION pg_temp.maintain(statements text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
	AS $$ BEGIN EXECUTE statements; END $$;

-- Every function of marc that takes a record, where the other arguments have defaults, and whose result has a hash.
CREATE TEMP VIEW function AS
SELECT p.pronamespace::regnamespace AS schema, p.proname AS name, p.prorettype = 'tsvector'::regtype AS words
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid
WHERE e.extname = 'marc' AND p.prokind = 'f' AND p.provolatile = 'i' AND NOT p.proretset
	AND p.proargtypes[0] = 'marc'::regtype AND p.pronargs - p.pronargdefaults = 1
	AND (p.prorettype = 'tsvector'::regtype OR EXISTS (SELECT FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod
		WHERE a.amname = 'hash' AND c.opcdefault
			AND (c.opcintype = p.prorettype OR c.opcintype = 'anyarray'::regtype AND p.prorettype = ANY (ARRAY['text[]'::regtype, 'integer[]'::regtype]))));

SELECT plan(8);
SELECT cmp_ok((SELECT count(*) FROM function), '>=', 25::bigint, 'many functions can be in an index');
SELECT lives_ok($run$
	SELECT pg_temp.maintain(format('CREATE INDEX ON elsewhere.record USING %s ((%s.%I(m)))', CASE WHEN words THEN 'gin' ELSE 'hash' END, schema, name)) FROM function
$run$, 'indexes over each of them');
SELECT lives_ok(format('SELECT pg_temp.maintain(%L)', format($$
	CREATE INDEX ON elsewhere.record USING gin (m);
	CREATE INDEX ON elsewhere.record (m);
	CREATE INDEX ON elsewhere.record USING hash (m);
	CREATE INDEX ON elsewhere.record ((m OPERATOR(%1$I.->>) '245$a{008/35-37=\eng}'));
	CREATE INDEX ON elsewhere.record USING gin ((m OPERATOR(%1$I.->) '650$a'));
	CREATE INDEX ON elsewhere.record (n) WHERE m OPERATOR(%1$I.@?) '020' AND m OPERATOR(%1$I.@@) '245:title & !900';
	CREATE INDEX ON elsewhere.record ((%1$I.marc_set(m, '001', 'x')));
	CREATE INDEX ON elsewhere.record ((%1$I.marc_is_valid(m)))
$$, :'marc')), 'over operators, paths and queries');
SELECT lives_ok($$SELECT pg_temp.maintain('REINDEX TABLE elsewhere.record')$$, 'REINDEX');
SELECT lives_ok($$SELECT pg_temp.maintain('ANALYZE elsewhere.record')$$, 'ANALYZE');
SELECT lives_ok(format('SELECT pg_temp.maintain(%L)', format($$
	ALTER TABLE elsewhere.record ADD COLUMN title text GENERATED ALWAYS AS (%1$I.marc_title(m)) STORED,
		ADD COLUMN words tsvector GENERATED ALWAYS AS (%1$I.marc_tsvector(m)) STORED, ADD CHECK (m OPERATOR(%1$I.@?) '245')
$$, :'marc')), 'stored columns and checks');
SELECT lives_ok(format('SELECT pg_temp.maintain(%L)', format($$
	CREATE MATERIALIZED VIEW elsewhere.field AS SELECT r.n, f.* FROM elsewhere.record r, %1$I.marc_fields(r.m) f;
	REFRESH MATERIALIZED VIEW elsewhere.field
$$, :'marc')), 'REFRESH');
SET enable_seqscan = off;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SELECT is((SELECT count(*) FROM elsewhere.record WHERE m @@ '245:title & 650$a:dogs'), 20::bigint, 'the index finds records');
SELECT * FROM finish();
ROLLBACK;
