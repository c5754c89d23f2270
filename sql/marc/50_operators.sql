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
COMMENT ON FUNCTION marc_eq(marc, marc) IS 'implementation of the = operator';

CREATE FUNCTION marc_ne(a marc, b marc) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_ne(marc, marc) IS 'implementation of the <> operator';

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
