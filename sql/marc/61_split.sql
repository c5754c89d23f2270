-- Files into records, and records into files. Every split gives the same columns: the number of the piece, where it starts,
-- the record or the reason why it cannot be read, and what the file has there, in the type of the file.

CREATE FUNCTION marc_split_xml(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_xml_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_xml(text) IS 'every MARCXML record of a text, one row each, wherever it stands: in a collection, in answers of OAI-PMH or SRU; a record that cannot be read has a problem instead';

CREATE FUNCTION marc_split_xml(data bytea, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT bytes bytea, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_xml_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_xml(bytea) IS 'the same for bytes in UTF-8, UTF-16, ISO-8859-1 or windows-1252, whatever the declaration says';

CREATE FUNCTION marc_split_json(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_json' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_json(text) IS 'every record of newline-delimited JSON, or of an array, one row each; a record that cannot be read has a problem instead';

CREATE FUNCTION marc_split_mrk(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_mrk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_mrk(text) IS 'every record of a file of mnemonic text, one row each; a record starts with =LDR';

CREATE FUNCTION marc_split_line(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_line' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_line(text) IS 'every record of a file in line mode, one row each; an empty line ends a record';

CREATE FUNCTION marc_split_aleph(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_aleph' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_aleph(text) IS 'every record of a file in Aleph sequential, one row each; lines with one system number are a record';

CREATE FUNCTION marc_read_file(path text, form text DEFAULT NULL, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT bytes bytea, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_read_file' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10000 ROWS 1000000;
COMMENT ON FUNCTION marc_read_file(text, text) IS 'every record of a file on the server, read in steps, one row each; form is iso2709, marcxml, json, mrk, line or aleph, by default recognised; for roles with the privileges of pg_read_server_files; in a SELECT list it needs memory for one record, in FROM the server keeps all rows in a temporary file';
REVOKE EXECUTE ON FUNCTION marc_read_file(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION marc_read_file(text, text) TO pg_read_server_files;

CREATE FUNCTION marc_iso2709_agg_add(state internal, record marc) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_iso2709_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_iso2709_agg_add(internal, marc) IS 'transition function of marc_iso2709_agg';

CREATE FUNCTION marc_iso2709_agg_end(state internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_iso2709_agg_end' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_iso2709_agg_end(internal) IS 'final function of marc_iso2709_agg';

CREATE AGGREGATE marc_iso2709_agg(record marc) (
	SFUNC = marc_iso2709_agg_add, STYPE = internal, FINALFUNC = marc_iso2709_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_iso2709_agg(marc) IS 'a file of ISO 2709 with all records, in UTF-8, of up to 1 GB; null records are left out; a record over the limits of the format is an error';

CREATE FUNCTION marc_iso2709_agg_add(state internal, record marc, too_long text) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_iso2709_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_iso2709_agg_add(internal, marc, text) IS 'transition function of marc_iso2709_agg';

CREATE AGGREGATE marc_iso2709_agg(record marc, too_long text) (
	SFUNC = marc_iso2709_agg_add, STYPE = internal, FINALFUNC = marc_iso2709_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_iso2709_agg(marc, text) IS 'the same; a record over the limits of the format is an error with ''error'', and with ''skip'' is left out, which one warning at the end says';

CREATE FUNCTION marc_collection_agg_add(state internal, record marc) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_collection_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_collection_agg_add(internal, marc) IS 'transition function of marc_collection_agg';

CREATE FUNCTION marc_collection_agg_add(state internal, record marc, inexpressible text) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_collection_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_collection_agg_add(internal, marc, text) IS 'transition function of marc_collection_agg';

CREATE FUNCTION marc_collection_agg_end(state internal) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_collection_agg_end' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_collection_agg_end(internal) IS 'final function of marc_collection_agg';

CREATE AGGREGATE marc_collection_agg(record marc) (
	SFUNC = marc_collection_agg_add, STYPE = internal, FINALFUNC = marc_collection_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_collection_agg(marc) IS 'a MARCXML collection with all records, of up to 1 GB; null records are left out; content that XML cannot hold is an error';

CREATE AGGREGATE marc_collection_agg(record marc, inexpressible text) (
	SFUNC = marc_collection_agg_add, STYPE = internal, FINALFUNC = marc_collection_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_collection_agg(marc, text) IS 'a MARCXML collection with all records; for content that XML cannot hold, ''error'' raises an error, ''replace'' writes U+FFFD, and ''skip'' leaves the record out, which one warning at the end says';
