-- Searching: the type marc_query, and an index for it.

CREATE TYPE marc_query;
COMMENT ON TYPE marc_query IS 'a search query, such as 245$a:dogs & 650$2=fast & !900; its text form is the query as it was written';

CREATE FUNCTION marc_query_in(cstring) RETURNS marc_query
	AS 'MODULE_PATHNAME', 'marc_query_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_in(cstring) IS 'input function: checks the grammar';

CREATE FUNCTION marc_query_out(marc_query) RETURNS cstring
	AS 'MODULE_PATHNAME', 'marc_query_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_out(marc_query) IS 'output function: the query as it was written';

CREATE FUNCTION marc_query_recv(internal) RETURNS marc_query
	AS 'MODULE_PATHNAME', 'marc_query_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_recv(internal) IS 'binary input: the text in the client''s encoding';

CREATE FUNCTION marc_query_send(marc_query) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_query_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_send(marc_query) IS 'binary output: the text in the client''s encoding';

CREATE TYPE marc_query (
	INPUT = marc_query_in,
	OUTPUT = marc_query_out,
	RECEIVE = marc_query_recv,
	SEND = marc_query_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);

CREATE FUNCTION marc_matches(record marc, query marc_query) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_matches' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_matches(marc, marc_query) IS 'whether the record matches the query';

CREATE FUNCTION marc_contains(record marc, query marc_query) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_contains' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_contains(marc, marc_query) IS 'whether the record contains all the fields, values and indicators that the query names; refuses queries that ask for anything else';

CREATE FUNCTION marc_query_selectivity(internal, oid, internal, integer) RETURNS double precision
	AS 'MODULE_PATHNAME', 'marc_query_selectivity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_selectivity(internal, oid, internal, integer) IS 'for the planner: what share of the records a query selects, by the kinds of its terms';

CREATE OPERATOR @@ (
	LEFTARG = marc, RIGHTARG = marc_query, FUNCTION = marc_matches, RESTRICT = marc_query_selectivity, JOIN = contjoinsel
);
COMMENT ON OPERATOR @@ (marc, marc_query) IS 'matches the query';

CREATE OPERATOR @> (
	LEFTARG = marc, RIGHTARG = marc_query, FUNCTION = marc_contains, RESTRICT = marc_query_selectivity, JOIN = contjoinsel
);
COMMENT ON OPERATOR @> (marc, marc_query) IS 'contains the fields, values and indicators that the query names';

-- The server wants the indexed type where these functions get a query.

CREATE FUNCTION marc_gin_options(internal) RETURNS void
	AS 'MODULE_PATHNAME', 'marc_gin_options' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_options(internal) IS 'GIN support: the options words and tags of an index';

CREATE FUNCTION marc_gin_extract_value(marc, internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_gin_extract_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_gin_extract_value(marc, internal, internal) IS 'GIN support: the keys of a record';

CREATE FUNCTION marc_gin_extract_query(marc, internal, smallint, internal, internal, internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_gin_extract_query' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_extract_query(marc, internal, smallint, internal, internal, internal, internal) IS 'GIN support: the keys of a query';

CREATE FUNCTION marc_gin_consistent(internal, smallint, marc, integer, internal, internal, internal, internal) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_gin_consistent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_consistent(internal, smallint, marc, integer, internal, internal, internal, internal) IS 'GIN support: whether keys that were found fulfil the query';

CREATE FUNCTION marc_gin_compare_partial(bytea, bytea, smallint, internal) RETURNS integer
	AS 'MODULE_PATHNAME', 'marc_gin_compare_partial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_compare_partial(bytea, bytea, smallint, internal) IS 'GIN support: whether a key is in a range of keys';

CREATE FUNCTION marc_gin_triconsistent(internal, smallint, marc, integer, internal, internal, internal) RETURNS "char"
	AS 'MODULE_PATHNAME', 'marc_gin_triconsistent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_triconsistent(internal, smallint, marc, integer, internal, internal, internal) IS 'GIN support: whether keys, of which some are unknown, fulfil the query';

CREATE OPERATOR FAMILY marc_gin_ops USING gin;
COMMENT ON OPERATOR FAMILY marc_gin_ops USING gin IS 'searching records by words, values, subfields, indicators and coded positions';

-- The form of the keys is for ever: another one needs another operator class (extension/marc/include/marc/index_terms.hpp).
CREATE OPERATOR CLASS marc_gin_ops DEFAULT FOR TYPE marc USING gin FAMILY marc_gin_ops AS
	OPERATOR 1 @@ (marc, marc_query),
	OPERATOR 2 @> (marc, marc_query),
	OPERATOR 3 @? (marc, text),
	FUNCTION 2 marc_gin_extract_value(marc, internal, internal),
	FUNCTION 3 marc_gin_extract_query(marc, internal, smallint, internal, internal, internal, internal),
	FUNCTION 4 marc_gin_consistent(internal, smallint, marc, integer, internal, internal, internal, internal),
	FUNCTION 5 marc_gin_compare_partial(bytea, bytea, smallint, internal),
	FUNCTION 6 marc_gin_triconsistent(internal, smallint, marc, integer, internal, internal, internal),
	FUNCTION 7 marc_gin_options(internal),
	STORAGE bytea;
COMMENT ON OPERATOR CLASS marc_gin_ops USING gin IS 'index for @@, @> and @?; options: words = off leaves out single words, tags = ''001,020,245,6XX'' keeps only these fields';
