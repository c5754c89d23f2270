-- Equality, order, hash and digest on canonical content.
CREATE TABLE record (n integer, m marc);
INSERT INTO record VALUES
(1, E'=LDR  00000nam a2200000 a 4500\n=001  a\n=245  10$aTitle'),
(2, E'=LDR  12345nam a2299999 a 4500\n=001  a\n=245  10$aTitle'),
(3, E'=LDR  00000nam a2200000 a 4500\n=001  b\n=245  10$aTitle'),
(4, E'=LDR  00000cam a2200000 a 4500\n=001  a\n=245  10$aTitle'),
(5, E'=LDR  00000nam a2200000 a 4500\n=245  10$aTitle\n=001  a'),
(6, E'=LDR  00000nam a2200000 a 4500\n=001  a');
INSERT INTO record SELECT 10 + n, marc_from_xml(marc_to_xml(m)) FROM record;
INSERT INTO record SELECT 20 + n, marc_from_iso2709(marc_to_iso2709(m)) FROM record WHERE n < 10;

-- the record, whatever form it came in
SELECT array_agg(n ORDER BY n) FROM record GROUP BY m ORDER BY 1;
SELECT array_agg(n ORDER BY n) FROM record GROUP BY marc_digest(m) ORDER BY 1;
SELECT count(*) FROM record a, record b WHERE (a.m = b.m) <> (marc_digest(a.m) = marc_digest(b.m))
	OR (a.m = b.m) = (a.m <> b.m) OR (a.m = b.m AND (marc_hash(a.m) <> marc_hash(b.m)
	OR marc_hash_extended(a.m, 7) <> marc_hash_extended(b.m, 7)));
-- order is total
SELECT count(*) FROM record a, record b WHERE (a.m < b.m) <> (b.m > a.m) OR (a.m <= b.m) <> (b.m >= a.m)
	OR (a.m < b.m)::int + (a.m = b.m)::int + (a.m > b.m)::int <> 1 OR sign(marc_cmp(a.m, b.m)) <> -sign(marc_cmp(b.m, a.m));
SELECT count(*) FROM record a, record b, record c WHERE a.m < b.m AND b.m < c.m AND NOT a.m < c.m;
-- byte equality is stricter
SELECT a.n, b.n FROM record a, record b WHERE a.n < b.n AND b.n < 10 AND a.m = b.m AND NOT marc_identical(a.m, b.m);
SELECT bool_and(marc_identical(m, m)) FROM record;

-- a digest is for ever
SELECT n, encode(marc_digest(m), 'hex') FROM record WHERE n < 7 ORDER BY n;
-- the definition (marc/digest.hpp), written out for record 1
SELECT encode(sha256(convert_to(E'marc 1\n' || '     nam a        a     ', 'UTF8')
	|| '001'::bytea || '\x00000001' || 'a'::bytea
	|| '245'::bytea || '\x00000009' || '10'::bytea || '\x1f' || 'aTitle'::bytea), 'hex') AS expected;

-- every way in which the executor compares
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT DISTINCT m FROM record) d;
RESET enable_hashagg;
SET enable_sort = off;
SELECT count(*) FROM (SELECT DISTINCT m FROM record) d;
RESET enable_sort;
SET enable_mergejoin = off; SET enable_nestloop = off;
SELECT count(*) FROM record a JOIN record b USING (m);
SET enable_mergejoin = on; SET enable_hashjoin = off;
SELECT count(*) FROM record a JOIN record b USING (m);
RESET enable_mergejoin; RESET enable_nestloop; RESET enable_hashjoin;
SELECT count(*) FROM (SELECT m FROM record WHERE n < 10 INTERSECT SELECT m FROM record WHERE n > 10) d;

-- compiled queries: C++ must not reach the server's bitcode inliner (see Makefile.pgxs)
SET jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = 0;
SELECT count(*) FROM record a, record b WHERE (a.m = b.m) <> (marc_digest(a.m) = marc_digest(b.m));
RESET jit; RESET jit_above_cost; RESET jit_inline_above_cost; RESET jit_optimize_above_cost;

-- indexes
CREATE INDEX record_btree ON record (m);
CREATE INDEX record_hash ON record USING hash (m);
SET enable_seqscan = off;
SELECT array_agg(n ORDER BY n) FROM record WHERE m = E'=LDR  00000nam a2200000 a 4500\n=001  b\n=245  10$aTitle';
DROP INDEX record_btree;
SELECT array_agg(n ORDER BY n) FROM record WHERE m = E'=LDR  00000nam a2200000 a 4500\n=001  b\n=245  10$aTitle';
RESET enable_seqscan;
CREATE UNIQUE INDEX ON record (marc_digest(m), n);
CREATE TABLE part (m marc) PARTITION BY HASH (m);
CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO part SELECT m FROM record;
SELECT count(*) FROM part;
\set VERBOSITY sqlstate
CREATE UNIQUE INDEX ON record (m);
\set VERBOSITY default
DROP TABLE record, part;
