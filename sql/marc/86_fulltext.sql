-- PostgreSQL's full-text search over records. The default configuration is a constant, so that the function is immutable
-- however it is called; simple fits catalogues in many languages.

CREATE FUNCTION marc_tsvector(record marc, config regconfig DEFAULT 'pg_catalog.simple') RETURNS tsvector
	AS 'MODULE_PATHNAME', 'marc_tsvector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION marc_tsvector(marc, regconfig) IS 'the words of a record with the weights A title, B names, C subjects, D notes and the rest of the description; without control fields, coded fields, local fields (9XX), addresses and links; the first 384 KiB of its text';
