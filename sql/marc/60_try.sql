-- Parsing without errors, for data of unknown quality.

CREATE FUNCTION marc_try(data text, OUT record marc, OUT problem text)
	AS 'MODULE_PATHNAME', 'marc_try_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_try(text) IS 'reads a record in whichever text form; where it cannot be read, record is null and problem says why';

CREATE FUNCTION marc_try(data bytea, OUT record marc, OUT problem text)
	AS 'MODULE_PATHNAME', 'marc_try_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_try(bytea) IS 'reads a record in whichever form; where it cannot be read, record is null and problem says why';

CREATE FUNCTION marc_split(data bytea, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT bytes bytea, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split(bytea) IS 'every record of a file of ISO 2709 (a bytea has 1 GB at most; marc_read_file reads longer ones), one row each with its offset and bytes; a record that cannot be read has a problem instead';

CREATE FUNCTION marc_problems(data text, OUT code text, OUT tag text, OUT occurrence integer, OUT byte_offset bigint, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_problems_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5;
COMMENT ON FUNCTION marc_problems(text) IS 'what is odd in a record in whichever text form and was mended by the reader; occurrence counts fields of this tag from 1';

CREATE FUNCTION marc_problems(data bytea, OUT code text, OUT tag text, OUT occurrence integer, OUT byte_offset bigint, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_problems_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5;
COMMENT ON FUNCTION marc_problems(bytea) IS 'what is odd in a record in whichever form and was mended by the reader; occurrence counts fields of this tag from 1';

CREATE FUNCTION marc_problems(record marc, OUT code text, OUT tag text, OUT occurrence integer, OUT byte_offset bigint, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_problems_record' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5;
COMMENT ON FUNCTION marc_problems(marc) IS 'what is odd in a stored record: what its fields show, and whether its reader mended (mended) or lost (lossy) anything, of which marc_problems(marc_raw(record)) says more for one from ISO 2709; byte_offset is null';
