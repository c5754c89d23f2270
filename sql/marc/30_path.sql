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
