-- The record as rows, its leader, and whether it is whole.

CREATE FUNCTION marc_leader(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_leader' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_leader(marc) IS 'the 24 characters of the leader as received; reads only the head of a large record';

CREATE FUNCTION marc_is_lossy(record marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_is_lossy' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_is_lossy(marc) IS 'whether the reader left out or replaced something that the received form held; no part of equality; kept by the binary and the text form of the type, not by marc_to_mrk() and the other forms';

CREATE FUNCTION marc_fields(record marc, OUT ord integer, OUT tag text, OUT ind1 text, OUT ind2 text, OUT code text, OUT value text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_fields' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 60;
COMMENT ON FUNCTION marc_fields(marc) IS 'a row for each control field and for each subfield, in the order of the record; ord numbers the fields from 1';
