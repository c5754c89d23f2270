-- The type: a MARC record in its canonical form (UTF-8, fields in their order) in one varlena value.

CREATE TYPE marc;
COMMENT ON TYPE marc IS 'a MARC 21 or UNIMARC record; text form: one line a field, as catalogers write it';

CREATE FUNCTION marc_in(cstring) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_in(cstring) IS 'input function: mnemonic text, MARCXML, MARC-in-JSON, line mode, Aleph sequential or ISO 2709, recognised by its first characters';

CREATE FUNCTION marc_out(marc) RETURNS cstring
	AS 'MODULE_PATHNAME', 'marc_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_out(marc) IS 'output function: mnemonic text that is valid in the database''s encoding, with a last line that keeps marc_raw() and flags of a record from ISO 2709';

CREATE FUNCTION marc_recv(internal) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_recv(internal) IS 'binary input: the stored layout in network byte order, checked in full';

CREATE FUNCTION marc_send(marc) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_send(marc) IS 'binary output: the stored layout, whose first byte is its version, in network byte order';

CREATE TYPE marc (
	INPUT = marc_in,
	OUTPUT = marc_out,
	RECEIVE = marc_recv,
	SEND = marc_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
