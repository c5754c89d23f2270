-- Full-text search over records.
CREATE TABLE record (id integer, m marc, words tsvector GENERATED ALWAYS AS (marc_tsvector(m, 'english')) STORED);
INSERT INTO record VALUES (1, $$=LDR  00714cam a2200205 a 4500
=100  1\$aCortázar, Julio.
=245  14$aThe hot dogs /$cJ. Cortázar.
=500  \\$aIncludes a note on cats.
=650  \0$aStreet food$0(OCoLC)fst1
=880  10$6245-01$aσκύλοι
=856  40$uhttps://example.org/hidden$$), (2, $$=LDR  00714cam a2200205 a 4500
=245  10$aCats
=500  \\$aDogs are mentioned.$$), (3, NULL);

SELECT id, marc_tsvector(m) AS simple FROM record ORDER BY id;
SELECT id, words FROM record ORDER BY id;

-- titles come first
SELECT id FROM record WHERE words @@ to_tsquery('english', 'cat') ORDER BY ts_rank(words, to_tsquery('english', 'cat')) DESC;
SELECT id FROM record WHERE words @@ to_tsquery('english', 'dog') ORDER BY ts_rank(words, to_tsquery('english', 'dog')) DESC;
SELECT id FROM record WHERE words @@ to_tsquery('english', 'food:C');
SELECT id FROM record WHERE words @@ to_tsquery('english', 'food:A');

-- an expression index, with the configuration given and by default
INSERT INTO record (id, m) SELECT i, (E'=LDR  00000nam a2200000 a 4500\n=245  10$aNumber n' || i)::marc FROM generate_series(10, 2000) AS i;
CREATE INDEX ON record USING gin (marc_tsvector(m, 'simple'));
CREATE INDEX ON record USING gin (words);
ANALYZE record;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM record WHERE marc_tsvector(m) @@ to_tsquery('simple', 'n77');
SELECT id FROM record WHERE marc_tsvector(m) @@ to_tsquery('simple', 'n77');
SELECT id FROM record WHERE words @@ to_tsquery('english', 'n77');
RESET enable_seqscan;

-- a record with more text than a tsvector holds can be stored all the same
SELECT length(marc_tsvector((E'=LDR  00000nam a2200000 a 4500\n=245  10$aTitle' || string_agg(E'\n=500  \\\\$anote w' || i || ' with some text behind x' || i, ''))::marc)) > 20000 AS many
FROM generate_series(1, 60000) AS i;
DROP TABLE record;
