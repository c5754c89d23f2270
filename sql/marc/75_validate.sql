-- Validation by Avram schema. The specification is https://format.gbv.de/schema/avram/specification; a schema is compiled once
-- for a session.

CREATE FUNCTION marc_validate(record marc, schema jsonb DEFAULT NULL, options jsonb DEFAULT NULL,
		OUT severity text, OUT rule text, OUT tag text, OUT occurrence integer, OUT "position" text, OUT subfield text,
		OUT value text, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_validate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200 ROWS 5;
COMMENT ON FUNCTION marc_validate(marc, jsonb, jsonb) IS 'a row for each problem of the record by an Avram schema, or without one by the built-in MARC 21 schema for its leader/06, which knows the code lists of languages, countries, areas, relators and RDA types, too; options switch rules: {"undefinedField": false, "localField": true, "invalidISBN": "warning"}';

CREATE FUNCTION marc_is_valid(record marc, schema jsonb DEFAULT NULL, options jsonb DEFAULT NULL) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_is_valid' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_is_valid(marc, jsonb, jsonb) IS 'whether marc_validate finds no error; null when no built-in schema is for this kind of record';

CREATE FUNCTION marc_schema(name text) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'marc_schema' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION marc_schema(text) IS 'a built-in Avram schema of MARC 21, to start a site''s own from: bibliographic, authority or holdings';

CREATE FUNCTION marc_schema_check(schema jsonb, OUT severity text, OUT path text, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_schema_check' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION marc_schema_check(jsonb) IS 'a row for each problem of an Avram schema itself, by the rules of the specification and its metaschema';
