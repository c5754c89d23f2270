\echo Use "CREATE EXTENSION marc" to load this file. \quit

-- Everything is created unqualified: the extension is relocatable, and CREATE EXTENSION puts its schema first in the
-- search path. No function here is written in SQL, so none depends on a search path when it runs.

CREATE FUNCTION marc_version() RETURNS text
	AS 'MODULE_PATHNAME', 'marc_version' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_version() IS 'version of the loaded marc library';

DO $$
BEGIN
	IF marc_version() OPERATOR(pg_catalog.<>) '0.1.0' THEN
		RAISE EXCEPTION 'the marc library is version %, but this script installs 0.1.0', marc_version()
			USING HINT = 'Install the extension''s files again with "make -f Makefile.pgxs install", then start a new session.';
	END IF;
END
$$;

-- The type: a MARC record in its canonical form (UTF-8, fields in their order) in one varlena value.

CREATE TYPE marc;
COMMENT ON TYPE marc IS 'a MARC 21 or UNIMARC record; text form: one line a field, as catalogers write it';

CREATE FUNCTION marc_in(cstring) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_in(cstring) IS 'input function: mnemonic text, MARCXML or ISO 2709, recognised by its first characters';

CREATE FUNCTION marc_out(marc) RETURNS cstring
	AS 'MODULE_PATHNAME', 'marc_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_out(marc) IS 'output function: mnemonic text that is valid in the database''s encoding';

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
COMMENT ON FUNCTION marc(bytea) IS 'reads one record from bytes: ISO 2709, MARCXML or mnemonic text, recognised by its first bytes';

CREATE CAST (bytea AS marc) WITH FUNCTION marc(bytea);
COMMENT ON CAST (bytea AS marc) IS 'reads ISO 2709, MARCXML or mnemonic text';

CREATE CAST (marc AS bytea) WITH FUNCTION marc_to_iso2709(marc);
COMMENT ON CAST (marc AS bytea) IS 'writes ISO 2709 in UTF-8';

-- Field paths: '001', '245$a', '650[^_0]$a'. A constant path is compiled once for each place where it is used.

CREATE FUNCTION marc_values(record marc, path text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_values' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_values(marc, text) IS 'all values that the path selects, in the order of the record; an empty array when there are none';

CREATE FUNCTION marc_value(record marc, path text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_value(marc, text) IS 'the first value that the path selects; null when there is none';

CREATE FUNCTION marc_exists(record marc, path text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_exists' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_exists(marc, text) IS 'whether the path selects anything';

CREATE OPERATOR -> (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_values);
COMMENT ON OPERATOR -> (marc, text) IS 'all values that the path selects';

CREATE OPERATOR ->> (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_value);
COMMENT ON OPERATOR ->> (marc, text) IS 'the first value that the path selects';

CREATE OPERATOR @? (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_exists, RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR @? (marc, text) IS 'whether the path selects anything';

-- The record as rows, its leader, and whether it is whole.

CREATE FUNCTION marc_leader(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_leader' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_leader(marc) IS 'the 24 characters of the leader as received; reads only the head of a large record';

CREATE FUNCTION marc_is_lossy(record marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_is_lossy' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_is_lossy(marc) IS 'whether the reader left out or replaced something that the received form held; no part of equality, and not kept by text forms';

CREATE FUNCTION marc_fields(record marc, OUT ord integer, OUT tag text, OUT ind1 text, OUT ind2 text, OUT code text, OUT value text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_fields' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 60;
COMMENT ON FUNCTION marc_fields(marc) IS 'a row for each control field and for each subfield, in the order of the record; ord numbers the fields from 1';

-- Equality and order on canonical content: leader 00-04, 10-16 and 20-23, which describe the packing in ISO 2709, do not
-- count, and leader/09 is 'a' in a record with characters beyond ASCII. Order: the leader, then field by field tag and
-- content, as bytes. marc_identical() compares every stored byte.

CREATE FUNCTION marc_digest(record marc) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_digest' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_digest(marc) IS 'SHA-256 of the canonical content: equal records have equal digests';

CREATE FUNCTION marc_identical(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_identical' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_identical(marc, marc) IS 'whether two records are the same in every stored byte, the lengths in their leaders included';

CREATE FUNCTION marc_eq(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_eq(marc, marc) IS 'whether two records have the same content';

CREATE FUNCTION marc_ne(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_ne(marc, marc) IS 'whether two records differ in content';

CREATE FUNCTION marc_lt(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_lt(marc, marc) IS 'implementation of the < operator';

CREATE FUNCTION marc_le(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_le(marc, marc) IS 'implementation of the <= operator';

CREATE FUNCTION marc_gt(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_gt(marc, marc) IS 'implementation of the > operator';

CREATE FUNCTION marc_ge(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_ge(marc, marc) IS 'implementation of the >= operator';

CREATE FUNCTION marc_cmp(a marc, b marc) RETURNS integer
	AS 'MODULE_PATHNAME', 'marc_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_cmp(marc, marc) IS 'compares canonical content byte by byte: negative, 0 or positive';

CREATE FUNCTION marc_hash(record marc) RETURNS integer
	AS 'MODULE_PATHNAME', 'marc_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_hash(marc) IS 'hash of the canonical content';

CREATE FUNCTION marc_hash_extended(record marc, seed bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'marc_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_hash_extended(marc, bigint) IS 'hash of the canonical content, 64 bits with a seed';

CREATE OPERATOR = (
	LEFTARG = marc, RIGHTARG = marc, FUNCTION = marc_eq, COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (marc, marc) IS 'same content';

CREATE OPERATOR <> (
	LEFTARG = marc, RIGHTARG = marc, FUNCTION = marc_ne, COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (marc, marc) IS 'different content';

CREATE OPERATOR < (
	LEFTARG = marc, RIGHTARG = marc, FUNCTION = marc_lt, COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (marc, marc) IS 'sorts before, by the bytes of the canonical content';

CREATE OPERATOR <= (
	LEFTARG = marc, RIGHTARG = marc, FUNCTION = marc_le, COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (marc, marc) IS 'sorts before, or same content';

CREATE OPERATOR > (
	LEFTARG = marc, RIGHTARG = marc, FUNCTION = marc_gt, COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (marc, marc) IS 'sorts after, by the bytes of the canonical content';

CREATE OPERATOR >= (
	LEFTARG = marc, RIGHTARG = marc, FUNCTION = marc_ge, COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (marc, marc) IS 'sorts after, or same content';

CREATE OPERATOR FAMILY marc_ops USING btree;
COMMENT ON OPERATOR FAMILY marc_ops USING btree IS 'order of records by canonical content';

CREATE OPERATOR CLASS marc_ops DEFAULT FOR TYPE marc USING btree FAMILY marc_ops AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 marc_cmp(marc, marc);
COMMENT ON OPERATOR CLASS marc_ops USING btree IS 'sorting, DISTINCT and merge joins; index large records by marc_digest() instead';

CREATE OPERATOR FAMILY marc_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY marc_hash_ops USING hash IS 'hash of records by canonical content';

CREATE OPERATOR CLASS marc_hash_ops DEFAULT FOR TYPE marc USING hash FAMILY marc_hash_ops AS
	OPERATOR 1 =,
	FUNCTION 1 marc_hash(marc), FUNCTION 2 marc_hash_extended(marc, bigint);
COMMENT ON OPERATOR CLASS marc_hash_ops USING hash IS 'hash joins, hash aggregates and hash indexes on records';

-- Parsing that never raises an error, for data of unknown quality.

CREATE FUNCTION marc_try(data text, OUT record marc, OUT problem text)
	AS 'MODULE_PATHNAME', 'marc_try_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_try(text) IS 'reads MARCXML or mnemonic text; where it cannot be read, record is null and problem says why';

CREATE FUNCTION marc_try(data bytea, OUT record marc, OUT problem text)
	AS 'MODULE_PATHNAME', 'marc_try_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_try(bytea) IS 'reads ISO 2709, MARCXML or mnemonic text; where it cannot be read, record is null and problem says why';

CREATE FUNCTION marc_split(data bytea, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT bytes bytea, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split(bytea) IS 'a file of ISO 2709 records, one row each with its offset and bytes; a record that cannot be read has a problem instead';

CREATE FUNCTION marc_problems(data text, OUT code text, OUT tag text, OUT occurrence integer, OUT byte_offset bigint, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_problems_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5;
COMMENT ON FUNCTION marc_problems(text) IS 'what is odd in a record as MARCXML or mnemonic text and was mended by the reader; occurrence counts fields of this tag from 1';

CREATE FUNCTION marc_problems(data bytea, OUT code text, OUT tag text, OUT occurrence integer, OUT byte_offset bigint, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_problems_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5;
COMMENT ON FUNCTION marc_problems(bytea) IS 'what is odd in a record as ISO 2709, MARCXML or mnemonic text and was mended by the reader; occurrence counts fields of this tag from 1';

