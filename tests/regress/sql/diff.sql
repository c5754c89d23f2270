-- Differences between two versions of a record.
CREATE TABLE pair (n integer, a marc, b marc);
INSERT INTO pair VALUES
(1, $$=LDR  00714nam a2200205 a 4500
=001  ocm1
=008  850101s1985\\\\nyu\\\\\\\\\\\000\0\eng\d
=100  1\$aDoe, Jane.
=245  10$aDogs :$ba history /$cJane Doe.
=500  \\$aFirst note.
=500  \\$aSecond note.
=650  \0$aDogs$xTraining.
=650  \0$aCats.$0(DLC)sh1
=700  1\$aRoe, Richard.$$,
$$=LDR  00999cam a2200217 i 4500
=001  ocm1
=008  850101s1985\\\\nyu\\\\\\\\\\\000\0\ger\d
=020  \\$a9780000000000
=100  1\$aDoe, Jane.
=245  14$aDogs :$ba natural history /$cJane Doe.$hmicroform
=500  \\$aSecond note.
=500  \\$aFirst note.
=650  \0$aCats.$0(DLC)sh1
=650  \0$aDogs$xTraining.$zMalta.$$),
(2, $$=LDR  00714nam a2200205 a 4500
=001  ocm1$$, $$=LDR  00001nam a2200001 a 4500
=001  ocm1$$);
SELECT n, d.* FROM pair, marc_diff(a, b) AS d ORDER BY n;
SELECT marc_diff_text(a, b) FROM pair ORDER BY n;
SELECT marc_diff_text(b, a, 0) FROM pair WHERE n = 1;
SELECT count(*), count(*) FILTER (WHERE kind = 'add') FROM pair, marc_diff(b, a);
SELECT n, a = b AS equal, marc_diff_text(a, b) = '' AS no_text, NOT EXISTS (SELECT FROM marc_diff(a, b)) AS no_rows FROM pair ORDER BY n;

-- which parts of the records changed: what a daily report asks
SELECT tag, kind, count(*) FROM pair, marc_diff(a, b) GROUP BY 1, 2 ORDER BY 1, 2;

-- a record with very many fields
SELECT count(*), min(kind), max(kind) FROM marc_diff(
	(SELECT ('=LDR  00000nam a2200000 a 4500' || string_agg(E'\n=500  \\\\$anote ' || i, '' ORDER BY i))::marc FROM generate_series(1, 10000) AS i),
	(SELECT ('=LDR  00000nam a2200000 a 4500' || string_agg(E'\n=500  \\\\$anote ' || i, '' ORDER BY -i))::marc FROM generate_series(1, 10000) AS i));

\set VERBOSITY sqlstate
SELECT marc_diff_text(a, b, -1) FROM pair;
DROP TABLE pair;

-- One record is null.
SELECT kind, tag, ord_a, ord_b, old_field, new_field, detail FROM marc_diff(NULL, E'=LDR  00000nam a2200000 a 4500\n=001  1\n=245  10$aT');
SELECT kind, tag, ord_a, ord_b, old_field, new_field, detail FROM marc_diff(E'=LDR  00000nam a2200000 a 4500\n=001  1', NULL);
SELECT count(*) FROM marc_diff(NULL, NULL);
SELECT marc_diff_text(NULL, E'=LDR  00000nam a2200000 a 4500\n=001  1\n=245  10$aT');
SELECT marc_diff_text(E'=LDR  00000nam a2200000 a 4500\n=001  1', NULL, NULL);
SELECT marc_diff_text(NULL, NULL) IS NULL AS nothing;
