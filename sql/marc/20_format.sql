-- Formats: parse and write.

CREATE FUNCTION marc_from_iso2709(record bytea, encoding text DEFAULT NULL) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_iso2709' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_iso2709(bytea, text) IS 'reads one ISO 2709 record; the encoding comes from leader/09 unless given (utf-8)';

CREATE FUNCTION marc_from_xml(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_xml' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_from_xml(text) IS 'reads one MARCXML record, alone or in a collection';

CREATE FUNCTION marc_from_mrk(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_mrk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_mrk(text) IS 'reads one record in mnemonic text, one line a field';

CREATE FUNCTION marc_to_iso2709(record marc) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_to_iso2709' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_iso2709(marc) IS 'writes ISO 2709 in UTF-8; refuses a record over the format''s limits of 99999 bytes and 9999 bytes a field';

CREATE FUNCTION marc_to_xml(record marc, inexpressible text DEFAULT 'error') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_xml' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_to_xml(marc, text) IS 'writes MARCXML; for content that XML cannot hold, such as control characters, raises an error or with ''replace'' writes U+FFFD';

CREATE FUNCTION marc_to_mrk(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_mrk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_mrk(marc) IS 'writes mnemonic text, one line a field';

CREATE FUNCTION marc(record bytea) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_bytes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc(bytea) IS 'reads one record from bytes in whichever form, recognised by its first bytes; XML and other text also in UTF-16, XML in ISO-8859-1 or windows-1252';

CREATE CAST (bytea AS marc) WITH FUNCTION marc(bytea);
COMMENT ON CAST (bytea AS marc) IS 'reads a record in whichever form';

CREATE CAST (marc AS bytea) WITH FUNCTION marc_to_iso2709(marc);
COMMENT ON CAST (marc AS bytea) IS 'writes ISO 2709 in UTF-8';
