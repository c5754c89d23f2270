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

\set VERBOSITY sqlstate
SELECT m -> '' FROM record;
SELECT m -> '24' FROM record;
SELECT m -> '245$' FROM record;
SELECT m -> '245$a{?245$b}' FROM record;
\set VERBOSITY default
DROP TABLE record, many;
