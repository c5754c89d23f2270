-- Field paths in MARCspec: '001', '245$a', '650$a{$2=\fast}'. A path is compiled once for each place where it is used.

CREATE FUNCTION marc_exists_restrict(internal, oid, internal, integer) RETURNS double precision
	AS 'MODULE_PATHNAME', 'marc_exists_restrict' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_exists_restrict(internal, oid, internal, integer) IS 'tells the planner how many records a constant path is found in (internal)';

CREATE FUNCTION marc_exists_join(internal, oid, internal, smallint, internal) RETURNS double precision
	AS 'MODULE_PATHNAME', 'marc_exists_join' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_exists_join(internal, oid, internal, smallint, internal) IS 'tells the planner how many records the paths of another table are found in (internal)';

CREATE FUNCTION marc_exists_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_exists_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_exists_support(internal) IS 'tells the planner how many records marc_exists is true for (internal)';

CREATE FUNCTION marc_values(record marc, path text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_values' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_values(marc, text) IS 'all values that the path (MARCspec) selects, in the order of the record; an empty array when there are none; in a tag . is any character (9..), and X is the letter';

CREATE FUNCTION marc_value(record marc, path text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_value(marc, text) IS 'the first value that the path (MARCspec) selects; null when there is none';

CREATE FUNCTION marc_exists(record marc, path text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_exists' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 SUPPORT marc_exists_support;
COMMENT ON FUNCTION marc_exists(marc, text) IS 'whether the path (MARCspec) selects anything';

CREATE OPERATOR -> (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_values);
COMMENT ON OPERATOR -> (marc, text) IS 'all values that the path selects; in a tag . is any character (9..), and X is the letter';

CREATE OPERATOR ->> (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_value);
COMMENT ON OPERATOR ->> (marc, text) IS 'the first value that the path selects';

CREATE OPERATOR @? (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_exists, RESTRICT = marc_exists_restrict, JOIN = marc_exists_join);
COMMENT ON OPERATOR @? (marc, text) IS 'whether the path selects anything';

CREATE FUNCTION marc_concat(record marc, path text, separator text DEFAULT ' ') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_concat' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_concat(marc, text, text) IS 'the values that the path selects as one text, in the order of the record, with the separator between them; null when there are none';

CREATE FUNCTION marc_control_number(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_control_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_control_number(marc) IS 'the first 001 that is not empty; null when there is none';

CREATE FUNCTION marc_linked(record marc) RETURNS TABLE (field integer, linked integer, occurrence integer, script text)
	AS 'MODULE_PATHNAME', 'marc_linked' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 10;
COMMENT ON FUNCTION marc_linked(marc) IS 'the fields with a $6 and the 880 each goes with, by the ord of marc_fields: field or linked is null where the other one is missing';
