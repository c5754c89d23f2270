-- Validation by Avram schema: marc_validate, marc_is_valid, marc_schema, marc_schema_check.
CREATE TABLE record (id integer, m marc);
INSERT INTO record VALUES
(1, '=LDR  00000nam a2200000 a 4500
=001  good
=008  920219s1993    caua   j      000 0 eng  
=020  \\$a0152038655 (pbk.)
=245  10$aArithmetic /$cCarl Sandburg.
=949  \\$alocal'),
(2, '=LDR  00000nam a2200000 a 45e0
=001  bad
=002  x
=008  920219s1993    caua   j      000 0 eng 
=020  \\$a0152038654
=022  \\$a0378-5954
=100  2\$6880-01$aSandburg$aCarl
=245  1x$aThe arithmetic /$q1
=245  10$aAgain
=350  \\$a$5
=650  \0before$aafter'),
(3, '=LDR  00000nz  a2200000n  4500
=001  authority
=008  141201|| anznnbabn          |a ana     x
=155  \\$aIllustrated works$qx'),
(4, '=LDR  00000nx  a22000003n 4500
=001  holding
=008  0101014p    8   4001uueng0000000
=852  0\$aDLC$1x'),
(5, '=LDR  00000nw  a2200000n  4500
=001  classification'),
(6, NULL);

-- the built-in schema follows leader/06
SELECT id, severity, rule, tag, occurrence AS occ, position AS pos, subfield AS sf, value FROM record, marc_validate(m);
SELECT message FROM record, marc_validate(m) WHERE id = 2;
SELECT id, marc_is_valid(m) FROM record ORDER BY id;
SELECT severity, rule, message FROM marc_validate($$=LDR  00000nam a2200000 a 4500
=001  codes
=008  999999s1993    qqqa   j      000 0 xqq  
=041  1\$aenglish$hengfre$kscr
=041  07$aen$2iso639-1
=043  \\$an-us$an-us---
=100  1\$aSandburg, Carl$4zzz$4http://id.loc.gov/vocabulary/relators/aut
=245  10$aArithmetic
=336  \\$bqqq$2rdacontent
=336  \\$bqqq$2local$$);

-- options
SELECT rule, count(*) FROM record, marc_validate(m, options => '{"localField": true, "invalidISBN": "info", "invalidLength": false}')
WHERE id IN (1, 2) AND rule IN ('localField', 'invalidISBN', 'invalidLength') GROUP BY rule ORDER BY rule;
SELECT marc_is_valid(m, options => '{"invalidRecord": false, "misplacedContent": false}') FROM record WHERE id = 2;

-- a site's own schemas, in its own table
CREATE TABLE site_schema (name text, schema jsonb, options jsonb);
INSERT INTO site_schema VALUES
('items', '{"family": "marc", "fields": {"949": {"required": true, "subfields": {"a": {"codes": "branches", "required": true}}}},
	"codelists": {"branches": {"codes": {"CPL": "Centerville", "MPL": {"label": "Midway"}}}}}', '{"undefinedField": false}'),
('strict', jsonb_set(marc_schema('bibliographic'), '{fields,245,subfields,c,required}', 'true'), '{"missingField": "warning"}');
SELECT name, id, severity, message FROM site_schema s, record, marc_validate(m, s.schema, s.options) AS p
WHERE id = 1 OR (id = 2 AND (rule LIKE 'missing%')) ORDER BY name, id, message;
SELECT name, id, marc_is_valid(m, schema, options) FROM site_schema, record WHERE id < 3 ORDER BY name, id;

-- one call site, more schemas than it keeps
SELECT count(*), count(DISTINCT message) FROM record, generate_series(1, 60) AS n,
	marc_validate(m, jsonb_build_object('fields', jsonb_build_object('001', jsonb_build_object('pattern', '^x{' || n % 20 || '}$'))), '{"undefinedField": false}')
WHERE id = 1;

-- in a constraint
CREATE TABLE checked (m marc CHECK (marc_is_valid(m)));
INSERT INTO checked SELECT m FROM record WHERE id = 1;
INSERT INTO checked SELECT m FROM record WHERE id = 5;

-- built-in schemas
SELECT name, schema ->> 'title' AS title, (SELECT count(*) FROM jsonb_object_keys(schema -> 'fields')) > 45 AS has_fields,
	(SELECT count(*) FROM marc_schema_check(schema)) AS problems
FROM unnest(ARRAY['bibliographic', 'authority', 'holdings']) AS name, marc_schema(name) AS schema;
SELECT marc_schema('bibliographic') #>> '{fields,245,subfields,a,label}' AS label;

-- schemas that are wrong
SELECT * FROM marc_schema_check('{"count": 1, "family": "marc", "fields": {"1": {}, "245": {"subfields": {"a": {"pattern": "("},
	"b": {"pattern": "(?!x)"}}, "codes": {}}, "300": {"positions": {"00-02": {}, "02": {"codes": {"ab": {}}}}}}}');
SELECT * FROM marc_schema_check('[]');
SELECT marc_is_valid(m, '{"fields": {"245": 1}}') FROM record WHERE id = 1;
SELECT marc_is_valid(m, options => '{"undefinedFeild": true}') FROM record WHERE id = 1;
SELECT marc_is_valid(m, options => '{"countField": true}') FROM record WHERE id = 1;
SELECT marc_schema('classification');
\set VERBOSITY sqlstate
SELECT marc_is_valid(m, '[]') FROM record WHERE id = 1;
SELECT marc_is_valid(m, '{"fields": {"001": {"pattern": "["}}}') FROM record WHERE id = 1;
SELECT marc_is_valid(m, options => '[]') FROM record WHERE id = 1;
SELECT marc_schema('');
\set VERBOSITY default
DROP TABLE record, site_schema, checked;
