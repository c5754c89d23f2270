-- Searching: marc_query, @@, @> and the GIN operator class.
CREATE TABLE record (id integer, m marc);
INSERT INTO record VALUES (1, $$=LDR  00714cam a2200205 a 4500
=001  ocm1
=008  891101s1990    maua   j      001 0 eng  
=020  \\$a0-306-40615-2 (pbk.)
=245  14$aThe hot dogs of N.Y. /$cJ. Cortázar.
=650  \0$aDogs$xHistory
=650  \7$aCats$2fast
=856  40$uhttps://example.org/1$$), (2, $$=LDR  00714cas a2200205 a 4500
=001  ocm2
=008  891101c19909999mau           000 0 fre  
=022  \\$a0317-8471
=245  00$aDogs and cats
=650  \7$aDogs$2fast
=900  \\$alocal$$), (3, NULL);

SELECT query, array(SELECT id FROM record WHERE m @@ query::marc_query ORDER BY id) AS found
FROM unnest(ARRAY['dogs', '"hot dogs"', 'do*', 'cortazar', '245$a:dogs & !900', '650$2=fast', '650{$a:dogs & $2=fast}', '650$a=cats$2=fast',
	'020$a=9780306406157', '020$a=0306406152', '022$a=03178471', '856$u', '900 | 245^1=1', 'LDR/7=s', '008/35-37=eng', '6..$a:cats',
	'!dogs', '245$a="dogs and"*', '9..']) WITH ORDINALITY AS q (query, n) ORDER BY n;

SELECT query, array(SELECT id FROM record WHERE m @> query::marc_query ORDER BY id) AS found
FROM unnest(ARRAY['020$a=9780306406157', '650$a=dogs & 650$2=fast', '650$a=dogs$2=fast', '245^1=0 & 900']) WITH ORDINALITY AS q (query, n) ORDER BY n;

-- the functions are the operators
SELECT id, marc_matches(m, 'dogs & cats') AS matches, marc_contains(m, '650$a=dogs') AS contains FROM record ORDER BY id;

-- the type: text, binary, null
SELECT '245$a:dogs  &(cats|!"x y")'::marc_query, marc_query_send('650$2=fast'), NULL::marc @@ 'x' IS NULL AS record, m @@ NULL IS NULL AS query
FROM record WHERE id = 1;
COPY (SELECT 'dogs & !900'::marc_query) TO PROGRAM 'cat > /dev/null' (FORMAT binary);

-- one call site, many queries: the cache follows the text
SELECT string_agg((m @@ (ARRAY['hot', '020', '022', '245$a:hot'])[1 + i % 4]::marc_query)::text, ' ' ORDER BY i)
FROM record, generate_series(0, 7) AS i WHERE id = 1;

\set VERBOSITY terse
SELECT 'dogs cats'::marc_query;
SELECT '245$a$b:x'::marc_query;
SELECT '245$a:'::marc_query;
SELECT '(dogs'::marc_query;
SELECT 'title:dogs'::marc_query;
SELECT '008/35-37=english'::marc_query;
SELECT 'dogs & 245[0]$a'::marc_query;
SELECT 'AND dogs'::marc_query;
SELECT m @> 'dogs' FROM record;
CREATE INDEX ON record USING gin (m marc_gin_ops (tags = '24'));
CREATE INDEX ON record USING gin (m marc_gin_ops (tags = '245;650'));
CREATE INDEX ON record USING gin (m marc_gin_ops (letters = on));
\set VERBOSITY default
SELECT 'dogs cats'::marc_query;

-- The index gives the rows that a sequential scan gives, whatever it keeps. Queries are made of parts that are frequent, rare or
-- missing in the records.
CREATE TABLE many AS
SELECT i AS id, format(E'=LDR  00000n%sm a2200000 a 4500\n=001  n%s\n=008  891101s%s    mau           000 0 %s  \n%s=100  1\\$aName%s, A.\n=245  1%s$aTitle %s of %s$bpart %s\n=650  \\%s$aSubject %s$xpart%s\n%s',
	substr('acem', 1 + i % 4, 1), i, 1900 + i % 120, (ARRAY['eng', 'fre', 'ger'])[1 + i % 3],
	CASE WHEN i % 2 = 0 THEN format(E'=020  \\\\$a%s\n', lpad(i::text, 9, '0') || CASE (11 - (SELECT sum(substr(lpad(i::text, 9, '0'), k, 1)::integer * (11 - k)) FROM generate_series(1, 9) AS k) % 11) % 11 WHEN 10 THEN 'X' ELSE ((11 - (SELECT sum(substr(lpad(i::text, 9, '0'), k, 1)::integer * (11 - k)) FROM generate_series(1, 9) AS k) % 11) % 11)::text END) ELSE '' END,
	i % 37, i % 10, i % 11, (ARRAY['dogs', 'cats', 'birds', 'Fische', 'Müller'])[1 + i % 5], i % 3, i % 2 * 7, i % 13,
	CASE WHEN i % 2 = 1 THEN '$2fast' ELSE '' END, CASE WHEN i % 5 = 0 THEN '=900  \\$alocal' ELSE E'=856  40$uhttp://x/' || i END)::marc AS m
FROM generate_series(1, 3000) AS i;

CREATE TABLE question (n serial, query marc_query);
CREATE FUNCTION pick(parts text[], seed integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT parts[1 + abs(hashint4(seed)) % cardinality(parts)] $$;
INSERT INTO question (query)
SELECT CASE i % 6
	WHEN 0 THEN a
	WHEN 1 THEN '!' || a
	WHEN 2 THEN a || ' & ' || b
	WHEN 3 THEN a || ' & !' || b
	WHEN 4 THEN '(' || a || ' | ' || b || ') & ' || c
	ELSE '!(' || a || ' & ' || b || ') | ' || c END::marc_query
FROM (SELECT i, pick(parts, i) AS a, pick(parts, i + 1000000) AS b, pick(parts, i + 2000000) AS c FROM generate_series(0, 299) AS i,
	(VALUES (ARRAY['dogs', 'zebra', 'title', '245$a:dogs', '245:part', '245$b:part', '"of cats"', '"cats of"', '245$a:"title 3 of"', 'do*', 't*', '6..$a:subject',
		'650$a="subject 5"', '650$a="sub"*', '650$2=fast', '6..$2=fast', '020$a=0000000027', '020$a=9780000000026', '020', '020$a', '02.', '900',
		'9..$a=local', '856$u', '856$y', '245^2=4', '650^2=7', '6XX^2=7', '24.^2=9', '245^1=1',
		'245^1=1$a:cats', '650{^2=7 & !$2}', '020:0-00-000002-7', '0-00-000002-7', '008/35-37=ger', '008/7-10=1950', 'LDR/6=e', '001=n77', '001:n77', 'muller', 'fische',
		'650{$a:5 & $2=fast}', '650{!$2}', '650$a="subject 7"$x=part', '100$a="name5, a"', '100:name1*', '...$a:dogs'])) AS p (parts)) AS q;
CREATE TABLE answer AS SELECT n, array(SELECT id FROM many WHERE m @@ query ORDER BY id) AS ids FROM question;
SELECT count(*) AS questions, count(*) FILTER (WHERE cardinality(ids) BETWEEN 1 AND 2999) AS neither_all_nor_none FROM answer;

CREATE INDEX many_gin ON many USING gin (m);
SET enable_seqscan = off;
SELECT 'all keys' AS index, count(*) AS different FROM question JOIN answer USING (n)
WHERE ids <> array(SELECT id FROM many WHERE m @@ query ORDER BY id);
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE m @@ '020$a=0000000027';
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE m @> '020$a=0000000027';
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE m @? '856$u';
SELECT count(*) FROM many WHERE m @? '856$u';
SELECT count(*) FROM many WHERE m @? '856$y';
SELECT count(*) FROM many WHERE m @? '65.';
SELECT count(*) FROM many WHERE m @? '245{^2=\4}';
SELECT count(*) FROM many WHERE m @? '650$a{^2=\0|^2=\7}{245^2=\9}';
SELECT count(*) FROM many WHERE m @? '650{^2=\8}';
SELECT array_agg(id) FROM many WHERE m @> '020$a=0000000027 & 245';
DROP INDEX many_gin;

CREATE INDEX many_gin ON many USING gin (m marc_gin_ops (words = off));
SELECT 'words = off' AS index, count(*) AS different FROM question JOIN answer USING (n)
WHERE ids <> array(SELECT id FROM many WHERE m @@ query ORDER BY id);
DROP INDEX many_gin;

CREATE INDEX many_gin ON many USING gin (m marc_gin_ops (tags = '001, 020,6XX'));
SELECT 'few tags' AS index, count(*) AS different FROM question JOIN answer USING (n)
WHERE ids <> array(SELECT id FROM many WHERE m @@ query ORDER BY id);
SELECT count(*) FROM many WHERE m @? '856$u';
SELECT pg_get_indexdef('many_gin'::regclass);
DROP INDEX many_gin;

-- rows that come after the index, and updates (the pending list of GIN)
CREATE INDEX many_gin ON many USING gin (m) WITH (fastupdate = on);
UPDATE many SET m = (SELECT m FROM record WHERE record.id = 1) WHERE id IN (5, 6);
DELETE FROM many WHERE id = 10;
INSERT INTO many SELECT 4000, m FROM record WHERE id = 2;
SELECT array_agg(id ORDER BY id) FROM many WHERE m @@ '245$a:hot | "dogs and cats"';
VACUUM many;
SELECT array_agg(id ORDER BY id) FROM many WHERE m @@ '245$a:hot | "dogs and cats"';
RESET enable_seqscan;

-- The planner knows that a number names one record, and that most terms are rare.
ANALYZE many;
CREATE FUNCTION estimated(query text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE format('EXPLAIN (FORMAT json) SELECT FROM many WHERE m @@ %L', query) INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$;
SELECT query, estimated(query) <= most AND estimated(query) >= least AS good
FROM (VALUES ('020$a=0000000027', 1, 1), ('001=n77', 1, 1), ('245$a:dogs', 1, 300), ('dogs & cats', 1, 30), ('245', 2700, 3000), ('!900', 1500, 3000),
	('!020$a=0000000027', 2900, 3000), ('650$2=fast', 30, 1500)) AS e (query, least, most);
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE m @@ '245$a:dogs & 650$a="subject 5"';

-- Answers by the index alone. PostgreSQL does not look into expression indexes for this, as the expression needs the record; a
-- generated column does, and so does a partial index whose condition is the query's.
ALTER TABLE many ADD number text GENERATED ALWAYS AS (m ->> '001') STORED;
CREATE INDEX many_number ON many (number);
CREATE INDEX many_local ON many (id) WHERE m @@ '900';
CREATE INDEX many_expression ON many ((m ->> '001'));
VACUUM ANALYZE many;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT number FROM many WHERE number = 'n77';
SELECT number FROM many WHERE number = 'n77';
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE m @@ '900' ORDER BY id;
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE m ->> '001' = 'n77';

-- What a path needs of the index: a subfield behind a subspec would do; a field with the tag LDR is not the leader.
CREATE TABLE odd (m marc);
INSERT INTO odd VALUES (E'=LDR  00000nam a2200000 a 4500\n=245  10$bonly b'), (E'=LDR  00000nam a2200000 a 4500\n={hex:4C4452}  xxxxxzzz\n=245  10$aonly a');
CREATE INDEX ON odd USING gin (m marc_gin_ops);
SET enable_indexscan = off;
SET enable_bitmapscan = on;
EXPLAIN (COSTS OFF) SELECT m ->> '245' FROM odd WHERE m @? '245$a{$c}$b';
SELECT m ->> '245' AS title FROM odd WHERE m @? '245$a{$c}$b';
SELECT count(*) FROM odd WHERE m @@ 'LDR/6=z';
SELECT count(*) FROM odd WHERE m @@ 'LDR/5-7=nam AND NOT 245$b';
DROP TABLE odd;
DROP FUNCTION estimated(text), pick(text[], integer);
DROP TABLE record, many, question, answer;
