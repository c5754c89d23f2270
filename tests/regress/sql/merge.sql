-- Merging a better copy into the local record.
CREATE TABLE work (base marc, incoming marc);
INSERT INTO work VALUES (
$$=LDR  00714nam a2200205 a 4500
=001  local1
=003  OURS
=008  850101s1985\\\\nyu\\\\\\\\\\\000\0\eng\d
=020  \\$a9780000000001
=100  1\$aDoe, Jane.$9123
=245  10$aDogs /$cJane Doe.
=500  \\$aOur copy has no cover.$5NcD
=590  \\$aSigned by the author.
=650  \0$aDogs.
=650  \0$aKennels$9LOCAL
=952  \\$p39001$$,
$$=LDR  01204cam a2200301 i 4500
=001  ocm99
=003  OCoLC
=008  990101s1985\\\\nyu\\\\\\\\\\\001\0\eng\\
=020  \\$a9780000000001 (hardback)
=020  \\$a9780000000002
=100  1\$aDoe, Jane,$d1950-
=100  1\$aDoe, Jane
=245  10$aDogs :$ba history /$cJane Doe.
=500  \\$aIncludes index.
=590  \\$aTheir own note.
=650  \0$aDogs$xHistory.
=938  \\$aVendor$$);

SELECT marc_merge(base, incoming) FROM work;
SELECT marc_merge(base, incoming, '{"tags": {"6XX": "append", "LDR": "keep"}, "positions": {"008/0-5": "keep"}, "order": "base"}') FROM work;
SELECT e.* FROM work, marc_merge_explain(base, incoming, '{"ignore": ["938"], "tags": {"650": "append"}}') AS e;

-- nothing to do: the record itself, with all that it is
SELECT marc_identical(marc_merge(base, base), base) AS same,
	marc_identical(marc_merge(marc_merge(base, incoming), incoming), marc_merge(base, incoming)) AS again FROM work;

-- rules of a table: one compiled after the other
SELECT n, marc_merge(base, incoming, rules) -> '650' AS subjects
FROM work, (VALUES (1, '{}'::jsonb), (2, '{"tags": {"650": "append"}}'), (3, '{"defaults": false}'), (4, '{"default": "keep"}'), (5, '{}')) AS r (n, rules)
ORDER BY n;

SELECT marc_merge(NULL, incoming) IS NULL AS no_base FROM work;

-- mistakes are named
SELECT marc_merge(base, incoming, '{"protects": ["590"]}') FROM work;
SELECT marc_merge(base, incoming, '{"tags": {"650": "overwrite"}}') FROM work;
SELECT marc_merge(base, incoming, '{"protect": ["590", {"tag": "6XX", "subfield": "5"}]}') FROM work;
SELECT marc_merge(base, incoming, '[]') FROM work;
SELECT marc_merge_explain(base, incoming, '{"order": "any"}') FROM work;
DROP TABLE work;

-- large records
CREATE TABLE large AS
SELECT ('=LDR  00000nam a2200000 a 4500' || string_agg(E'\n=650  \\0$aheading ' || i, '' ORDER BY i))::marc AS m FROM generate_series(1, 10000) AS i;
SELECT cardinality(marc_merge(m, m, '{"tags": {"650": "append"}}') -> '650') FROM large;
DROP TABLE large;

-- Null: nothing comes in, or the built-in rules.
SELECT marc_merge(b, NULL) = b AS base, marc_merge(b, NULL, '{"default": "remove"}') = b AS rules, marc_merge(NULL, b) IS NULL AS none,
	marc_merge(b, i, NULL) = marc_merge(b, i) AS built_in
FROM (VALUES (E'=LDR  00000nam a2200000 a 4500\n=001  1\n=245  10$aOld'::marc, E'=LDR  00000nam a2200000 a 4500\n=001  2\n=245  10$aNew'::marc)) v (b, i);
SELECT * FROM marc_merge_explain(E'=LDR  00000nam a2200000 a 4500\n=001  1\n=245  10$aOld', NULL);
SELECT count(*) FROM marc_merge_explain(NULL, E'=LDR  00000nam a2200000 a 4500\n=001  1');
SELECT marc_merge(E'=LDR  00000nam a2200000 a 4500\n=001  1', NULL, '{"default": "all"}');

-- A pair of linked fields gets a free number.
SELECT marc_merge(E'=LDR  00000nam a2200000 a 4500\n=500  \\\\$6880-02$aN\n=880  \\\\$6500-02$aD',
	E'=LDR  00000nam a2200000 a 4500\n=264  \\1$6880-02$aP\n=880  \\1$6264-02$aE');
