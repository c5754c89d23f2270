-- MARC-in-JSON: both forms, both types, what is refused.
CREATE TABLE r AS SELECT E'=LDR  00000nam a2200000 a 4500\n=001  ocm1\n=245  10$aT\u00e9st "x" \\$bU\n=020  \\\\$a1\n=245  \\\\$b2'::marc AS m;

SELECT marc_to_json(m) FROM r;
SELECT marc_to_json(m, 'keyed') FROM r;
SELECT marc_to_json_text(m) FROM r;
SELECT marc_to_json_text(m, 'keyed') FROM r;
SELECT marc_from_json(marc_to_json(m)) = m, marc_from_json(marc_to_json(m, 'keyed')) = m, m::jsonb::marc = m,
	marc_from_json(marc_to_json_text(m)) = m, marc_from_json(marc_to_json_text(m, 'keyed')::json) = m, marc_to_json_text(m)::marc = m
FROM r;
SELECT marc_to_json(NULL) IS NULL, marc_from_json(NULL::jsonb) IS NULL;

-- what others write
SELECT marc_from_json('{"leader": "00000nam a2200000 a 4500", "controlfield": [{"tag": "001", "data": "1"}],
	"datafield": [{"tag": "245", "ind": "10", "subfield": [{"code": "a", "data": "T"}]}]}');
SELECT marc_from_json('{"fields": {"001": "1", "650": [{"ind1": " ", "ind2": "0", "subfields": [{"a": "One"}]}, {"ind1": " ", "ind2": "0", "subfields": [{"a": "Two"}]}]}}'::jsonb);
-- FOLIO: a member of another record, an object or a string
SELECT marc_from_json(j -> 'parsedRecord' -> 'content') ->> '001'
FROM (VALUES ('{"parsedRecord": {"content": {"leader": "x", "fields": [{"001": "as object"}]}}}'::jsonb),
	('{"parsedRecord": {"content": "{\"leader\": \"x\", \"fields\": [{\"001\": \"as string\"}]}"}}')) v(j);

-- the type, marc_try and marc_problems recognise it
SELECT '{"leader": "00000nam a2200000 a 4500", "fields": [{"001": "1"}]}'::marc;
SELECT convert_to('{"leader": "00000nam a2200000 a 4500", "fields": [{"001": "1"}]}', 'UTF8')::marc;
SELECT record ->> '001', problem FROM marc_try('{"leader": "x", "fields": [{"001": "1"}]}'::text);
SELECT record IS NULL, problem FROM marc_try('{"leader": "x", "fields": [{"245": {"ind1": "10"}}]}'::text);
SELECT code, tag, byte_offset, message FROM marc_problems('{"id": 7, "fields": [{"1": "x"}, {"245": {"subfields": []}}]}'::text);

-- what is refused
SELECT marc_from_json('{"leader": "x", "fields": [{"001": 1}]}');
SELECT marc_from_json('{"leader": "x"');
SELECT marc_from_json('[]'::jsonb);
SELECT marc_from_json('{"title": "x"}'::jsonb);
SELECT marc_to_json(m, 'flat') FROM r;
SELECT marc_to_json(m, 'list', 'ignore') FROM r;

-- NUL: text holds it, jsonb does not
CREATE TABLE n AS SELECT E'=LDR  00000nam a2200000 a 4500\n=001  a{U+0000}b'::marc AS m;
SELECT marc_to_json_text(m), marc_from_json(marc_to_json_text(m)) = m FROM n;
SELECT marc_to_json(m) FROM n;
SELECT m::jsonb FROM n;
SELECT marc_to_json(m, 'list', 'replace') FROM n;

-- what has no place in MARC-in-JSON
SELECT marc_from_json(marc_to_json(m)) = m, marc_to_json_text(m)
FROM (SELECT E'=LDR  00000nam a2200000 a 4500\n={hex:FF0041}  x\n=245  {hex:311F6154}\n=245  {hex:3130781F6154}\n=245  10$$aT'::marc) v(m);

-- longer than ISO 2709 can be
SELECT marc_from_json(marc_to_json(m)) = m, length(marc_to_json_text(m)) > 99999
FROM (SELECT (E'=LDR  00000nam a2200000 a 4500\n=500  \\\\$a' || repeat('long ', 40000))::marc) v(m);
DROP TABLE r, n;
