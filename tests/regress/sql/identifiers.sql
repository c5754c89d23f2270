-- Standard numbers, keys, titles.
SELECT text, marc_normalize_isbn(text) AS isbn, marc_normalize_issn(text) AS issn, marc_normalize_lccn(text) AS lccn, marc_normalize_oclc(text) AS oclc
FROM unnest(ARRAY['0-306-40615-2 (pbk.) : $12.00', '9780306406157', '080442957X', '0306406153', 'ISBN 978 0 306 40615 7', '0317-8471', '0317-8472',
	'85-2 ', 'n78-890351', '75-425165//r75', ' 79139101 /AC/r932', '2001-000002', '(OCoLC)ocm00012345', 'on1234567890', '(OCoLC)fst00848973',
	'978-0-000003-00-0', '0-306-40615-2-9', '9780306406157-1', '1234-5679-1', '123456789 pages', '306406152 (pbk.)', '2024 title',
	'', 'none']) AS text;

SELECT text, marc_fold(text) AS fold, marc_naco(text) AS naco
FROM unnest(ARRAY['  The Cat: a--STORY [ed.]', 'Müller, Hans, 1950-', 'Ægir & Łódź', 'E' || U&'\0301' || 'te = Été', 'C++ / C#', 'Straße', '東京 tower']) AS text;

CREATE TABLE record (id integer, m marc);
INSERT INTO record VALUES (1, $$=LDR  00714cam a2200205 a 4500
=001  ocm00000005
=003  OCoLC
=008  891101s1990    maua   j      001 0 eng  
=010  \\$a   85-2 
=020  \\$a0306406152 (pbk.)
=020  \\$a9780306406157
=020  \\$z080442957X
=022  \\$a0317-8471
=035  \\$a(OCoLC)00007
=100  1\$aMüller, Hans,$d1950-$eauthor.
=245  14$aThe title :$bthe rest /$cby Hans.
=250  \\$a2nd ed.
=260  \\$aBoston :$bPress,$c1991.
=300  \\$axii, 345 p. ;
=650  \0$aDogs$xHistory.$$), (2, $$=LDR  00714nz  a2200205n  4500
=001  a1
=100  1\$aMuller, Hans,$d1950-
=400  1\$aMiller$$), (3, '=LDR  00000nam a2200000 a 4500'), (4, NULL);

SELECT id, marc_isbn(m) AS isbn, marc_issn(m) AS issn, marc_lccn(m) AS lccn, marc_oclc(m) AS oclc FROM record ORDER BY id;
SELECT id, marc_title(m) AS title, marc_sort_title(m) AS sort_title, marc_author(m) AS author, marc_date(m) AS date, marc_language(m) AS language,
	marc_kind(m) AS kind FROM record ORDER BY id;
SELECT id, marc_match_key(m) AS match_key, marc_heading_key(m) AS heading_key, marc_heading_keys(m) AS heading_keys FROM record ORDER BY id;

-- a bibliographic record and its authority record find each other
SELECT b.id AS bib, a.id AS authority FROM record b JOIN record a ON marc_heading_key(a.m) = ANY (marc_heading_keys(b.m)) AND marc_kind(a.m) = 'authority'
WHERE marc_kind(b.m) = 'book';

-- so do a series and a subdivided heading, the latter as a whole and as its base; a name is another heading than a name with a title
SELECT a.heading, array_agg(b.heading ORDER BY b.n) AS controls
FROM unnest(ARRAY['=130  \0$aNASA technical memorandum', '=151  \\$aUnited States', '=151  \\$aUnited States$xHistory', '=100  1\$aMüller, Hans']) AS a (heading)
LEFT JOIN unnest(ARRAY['=830  \0$aNASA technical memorandum ;$x0499-9320 ;$v107402.', '=440  \0$aNASA technical memorandum ;$v1', '=651  \0$aUnited States$xHistory.',
	'=651  \0$aUnited States.', '=700  1\$aMuller, Hans.', '=700  12$aMuller, Hans.$tSongs.']) WITH ORDINALITY AS b (heading, n)
	ON marc_heading_keys(marc_new('bibliographic') || b.heading) @> ARRAY[marc_heading_key(marc_new('authority') || a.heading)]
GROUP BY a.heading ORDER BY a.heading COLLATE "C";

-- indexes over keys
CREATE TABLE many AS SELECT i AS id, (E'=LDR  00000nam a2200000 a 4500\n=001  ' || i || E'\n=020  \\\\$a' || CASE i WHEN 500 THEN '0306406152' ELSE 'none' END
	|| E'\n=100  1\\$aName, A.\n=245  10$aTitle ' || i % 1000)::marc AS m FROM generate_series(1, 2000) AS i;
CREATE INDEX ON many USING gin (marc_isbn(m));
CREATE INDEX ON many (marc_match_key(m));
CREATE INDEX ON many (marc_sort_title(m));
ANALYZE many;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE marc_isbn(m) @> ARRAY['9780306406157'];
SELECT id FROM many WHERE marc_isbn(m) @> ARRAY['9780306406157'];
EXPLAIN (COSTS OFF) SELECT id FROM many WHERE marc_match_key(m) = '1|amp|title7|namea|||||';
SELECT id FROM many WHERE marc_match_key(m) = (SELECT marc_match_key(m) FROM many WHERE id = 7) ORDER BY id;
SELECT marc_title(m) FROM many ORDER BY marc_sort_title(m), id LIMIT 3;
RESET enable_seqscan;
DROP TABLE record, many;
