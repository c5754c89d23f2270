-- MARC-in-JSON. jsonb sorts the members of an object and holds no NUL; text keeps both.

CREATE FUNCTION marc_from_json(record jsonb) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 400;
COMMENT ON FUNCTION marc_from_json(jsonb) IS 'reads one record of MARC-in-JSON, fields as a list or keyed by tag, or of marc-json; also a JSON string that holds one, as FOLIO keeps it';

CREATE FUNCTION marc_from_json(record json) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_json_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_from_json(json) IS 'reads one record of MARC-in-JSON or marc-json; members of an object count in their order';

CREATE FUNCTION marc_from_json(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_json_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_from_json(text) IS 'reads one record of MARC-in-JSON or marc-json; members of an object count in their order';

CREATE FUNCTION marc_to_json(record marc) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'marc_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_to_json(marc) IS 'writes MARC-in-JSON with fields as a list; raises an error for a NUL, which jsonb cannot hold';

CREATE FUNCTION marc_to_json(record marc, form text, inexpressible text DEFAULT 'error') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'marc_to_jsonb_form' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_to_json(marc, text, text) IS 'writes MARC-in-JSON with fields as a ''list'' or ''keyed'' by tag; for a NUL, which jsonb cannot hold, raises an error or with ''replace'' writes U+FFFD; an option that is null is the default';

CREATE FUNCTION marc_to_json_text(record marc, form text DEFAULT 'list') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_json_text' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_to_json_text(marc, text) IS 'writes MARC-in-JSON as text on one line, leader first, with fields as a ''list'' or ''keyed'' by tag (null is the default); holds every record';

CREATE CAST (jsonb AS marc) WITH FUNCTION marc_from_json(jsonb);
COMMENT ON CAST (jsonb AS marc) IS 'reads MARC-in-JSON';

CREATE CAST (marc AS jsonb) WITH FUNCTION marc_to_json(marc);
COMMENT ON CAST (marc AS jsonb) IS 'writes MARC-in-JSON with fields as a list';
