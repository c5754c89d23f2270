-- Formats: parse and write.

CREATE FUNCTION marc_from_iso2709(record bytea, encoding text DEFAULT NULL) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_iso2709' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_iso2709(bytea, text) IS 'reads one ISO 2709 record; unless given (utf-8, marc-8, latin-1, iso-5426), the encoding comes from leader/09, in UNIMARC from 100$a/26-29, and from the bytes where that is wrong';

CREATE FUNCTION marc_from_xml(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_xml' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_from_xml(text) IS 'reads one MARCXML record, alone or in a collection';

CREATE FUNCTION marc_from_mrk(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_mrk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_mrk(text) IS 'reads one record in mnemonic text, one line a field';

CREATE FUNCTION marc_to_iso2709(record marc, encoding text DEFAULT 'utf-8', unencodable text DEFAULT 'error') RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_to_iso2709_encoded' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_iso2709(marc, text, text) IS 'writes ISO 2709 in utf-8 or marc-8, where a character that MARC-8 lacks raises an error or with ''ncr'' becomes a character reference such as &#x1F4DA; and refuses a record over the format''s limits of 99999 bytes and 9999 bytes a field; an option that is null is the default';

CREATE FUNCTION marc_raw(record marc) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_raw' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_raw(marc) IS 'the exact bytes from which the record was read as ISO 2709, damaged or not; null for a record that came in another form or was edited';

CREATE FUNCTION marc_encoding(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_encoding' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_encoding(marc) IS 'the encoding in which the record came as ISO 2709 (utf-8, ascii, marc-8, latin-1, iso-5426), whatever its leader says; null for other forms';

CREATE FUNCTION marc_nfc(record marc) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_nfc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_nfc(marc) IS 'the record with every value in Unicode normalisation form C; a record that this changes has no raw bytes any more';

CREATE FUNCTION marc_to_xml(record marc, inexpressible text DEFAULT 'error') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_xml' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_to_xml(marc, text) IS 'writes MARCXML; for content that XML cannot hold, such as control characters, raises an error or with ''replace'' writes U+FFFD; an option that is null is the default';

CREATE FUNCTION marc_to_mrk(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_mrk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_mrk(marc) IS 'writes mnemonic text, one line a field';

CREATE FUNCTION marc(record bytea) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_bytes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc(bytea) IS 'reads one record from bytes in whichever form, recognised by its first bytes; XML and other text also in UTF-16, XML in ISO-8859-1 or windows-1252';

CREATE CAST (bytea AS marc) WITH FUNCTION marc(bytea);
COMMENT ON CAST (bytea AS marc) IS 'reads a record in whichever form';

CREATE FUNCTION bytea(record marc) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_to_iso2709' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bytea(marc) IS 'writes ISO 2709 in UTF-8; for the cast';

CREATE CAST (marc AS bytea) WITH FUNCTION bytea(marc);
COMMENT ON CAST (marc AS bytea) IS 'writes ISO 2709 in UTF-8';
