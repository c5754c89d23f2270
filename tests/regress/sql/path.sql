-- Field paths: ->, ->>, @? and their functions.
CREATE TABLE record (m marc);
INSERT INTO record VALUES ($$=LDR  00714cam a2200205 a 4500
=001  ocm1
=008  891101s1990    maua   j      001 0 eng  
=020  \\$a0123456789$qpbk.
=020  \\$a9870123456786
=245  10$aTitle :$bthe rest /$cAuthor.
=650  \0$aOne$xTwo$xThree
=650  \7$aFour$2lcsh$$);

SELECT path, m -> path AS "values", m ->> path AS "value", m @? path AS "exists"
FROM record, unnest(ARRAY['LDR', 'LDR/6', '001', '008/35-37', '245', '245$a', '245$a$c', '245^1', '650[1]$a', '650$x[1]', '020$a',
	'6..$a', '999', '245$z', '856$u']) WITH ORDINALITY AS p (path, n) ORDER BY n;

-- the functions are the operators
SELECT marc_values(m, '020$a') = m -> '020$a' AS "values", marc_value(m, '020$a') = m ->> '020$a' AS "value",
	marc_exists(m, '020$a') = m @? '020$a' AS "exists" FROM record;

-- nulls
SELECT NULL::marc ->> '001' IS NULL AS record, m ->> NULL IS NULL AS path FROM record;

-- one call site, many paths: the cache follows the text
SELECT string_agg(m ->> (ARRAY['001', '245$a', '020$a', '245$b'])[1 + i % 4], '|' ORDER BY i) FROM record, generate_series(0, 7) AS i;

-- an index on a path
CREATE TABLE many AS SELECT ('=LDR  00000nam a2200000 a 4500' || E'\n=001  ' || i)::marc AS m FROM generate_series(1, 2000) AS i;
CREATE INDEX ON many ((m ->> '001'));
ANALYZE many;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT FROM many WHERE m ->> '001' = '1234';
SELECT m FROM many WHERE m ->> '001' = '1234';
RESET enable_seqscan;

-- subspecs: the same field, the same occurrence of a subfield, or the whole record
SELECT path, m -> path AS "values"
FROM record, unnest(ARRAY['650$a{$2=\lcsh}', '650$a{!$2}', '650$a{^2=\0}', '650{^1=\\s}{$2}', '020$a{$q}', '020$a{020[0]$q}', '020$q{/#=\.}',
	'245$a{LDR/6=\a}', '245$b{008/35-37=\eng|008/35-37=\ger}', '245$c{$c~\Auth}', '650$x{!=\Two}', '650$x{[1]}', '65.[1]$a']) WITH ORDINALITY AS p (path, n)
ORDER BY n;

-- the values as one text
SELECT marc_concat(m, '245') AS "245", marc_concat(m, '245$a$b') AS blank, marc_concat(m, '650$a', '; ') AS semicolon, marc_concat(m, '650$a', '') AS nothing,
	marc_concat(m, '999$a') IS NULL AS "null" FROM record;

-- the control number
SELECT marc_control_number(m), marc_control_number('=LDR  x'::marc) IS NULL AS without FROM record;

-- fields and their 880s
SELECT l.* FROM marc_linked($$=LDR  00000nam a2200000 a 4500
=100  1\$6880-01$aA
=245  10$6880-02$aT
=880  10$6245-02/(2/r$aB
=880  1\$6500-00/{dollar}1$aC$$::marc) AS l;

-- more paths at one call site than it keeps
SELECT count(*), count(DISTINCT v) FROM (SELECT m ->> ('650$a{\' || i % 20 || '=\' || i % 20 || '}') AS v FROM record, generate_series(1, 200) AS i) AS x;

-- the leader is read from the head of a large record alone
CREATE TABLE large (m marc);
ALTER TABLE large ALTER m SET STORAGE external;
INSERT INTO large SELECT ('=LDR  00000nam a2200000 a 4500' || string_agg(E'\n=500  \\\\$a' || i, '' ORDER BY i))::marc FROM generate_series(1, 5000) AS i;
SELECT m ->> 'LDR/6-7' AS "value", m ->> 'LDR/24' IS NULL AS nothing, m @? 'LDR/6' AS "exists", m @? 'LDR[1]' AS second, m ->> 'LDR/6{500[#]$a=\5000}' AS subspec FROM large;

-- the planner knows which fields are common
CREATE FUNCTION rows_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	EXECUTE 'EXPLAIN ' || query INTO line;
	RETURN substring(line from 'rows=(\d+)');
END $$;
SELECT p AS path, rows_of(format('SELECT FROM many WHERE m @? %L', p)) AS operator, rows_of(format('SELECT FROM many WHERE marc_exists(m, %L)', p)) AS function
FROM unnest(ARRAY['001', '245$a', '245$n', '650[3]', '586', '650$a{$2=\fast}', '6..', 'LDR/6', 'nonsense']) WITH ORDINALITY AS u (p, n) ORDER BY n;
SELECT rows_of('SELECT FROM many WHERE m @? NULL') AS "null", rows_of('SELECT FROM many, (VALUES (''001''), (''245'')) AS v (p) WHERE m @? p') AS "join";

\set VERBOSITY terse
SELECT m -> '245$a{$b{$c}}' FROM record;
SELECT m -> '245$a{$b=\two words}' FROM record;
SELECT m -> '245{$a}$b' FROM record;
SELECT m -> '245^1{/0}' FROM record;
SELECT m -> ('245' || repeat('$a', 65)) FROM record;
\set VERBOSITY sqlstate
SELECT m -> '' FROM record;
SELECT m -> '24' FROM record;
SELECT m -> '245$' FROM record;
SELECT m -> '245$a{?245$b' FROM record;
SELECT m -> ('245' || repeat('{$a}', 1001)) FROM record;
\set VERBOSITY default
DROP FUNCTION rows_of(text);
DROP TABLE record, many, large;

-- a compressed or far record: the front says the same as the whole
CREATE TABLE kept (how text, m marc);
ALTER TABLE kept ALTER m SET STORAGE external;
INSERT INTO kept SELECT 'plain', ('=LDR  00000nam a2200000 a 4500' || E'\n=001  1\n=245  10$aFirst$bsecond\n=020  \\\\$z1' ||
	string_agg(E'\n=500  \\\\$aNote ' || i || repeat(' x', i % 50), '' ORDER BY i) || E'\n=020  \\\\$a2\n=856  40$uhttp://x')::marc
	FROM generate_series(1, 300) AS i;
CREATE TABLE packed (how text, m marc);
INSERT INTO packed SELECT * FROM kept;
ALTER TABLE packed ALTER m SET STORAGE main;
INSERT INTO packed SELECT 'main', marc_nfc(m) || '=999  \\$azzz' FROM kept;
SELECT bool_and(pg_column_size(m) < 9000) AS packed, min(length(m::text)) > 9000 AS long FROM packed;
SELECT path, count(DISTINCT coalesce(t.m ->> path, 'null')) AS answers, min(t.m ->> path) AS value, bool_and((t.m @? path) = (t.m ->> path IS NOT NULL)) AS agree
	FROM (SELECT * FROM kept UNION ALL SELECT * FROM packed) AS t,
	unnest(ARRAY['001', '245$a', '245$b', '245$c', '245^1', '020$a', '020$z', '100$a', '856$u', '500[299]$a/0-7', '500[#]$a/0-7', '5..[0]$a/0-7', '...[#]$a/0-7', '...[1]', '2..', '24.$b', '245$a{020$a=\2}', 'LDR/6']) AS path
	GROUP BY path ORDER BY path;
-- one call for many rows, which learns from the first ones
SELECT (SELECT m ->> '856$u' FROM packed LIMIT 1 OFFSET i % 2 + i * 0), count(*) FROM generate_series(1, 200) AS i GROUP BY 1;
SELECT count(t.m ->> '856$u') AS far, count(t.m ->> '245$b') AS near, count(t.m ->> '999$b') AS none FROM packed AS t, generate_series(1, 200);
DROP TABLE kept, packed;
