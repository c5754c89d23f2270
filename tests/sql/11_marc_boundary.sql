-- The guard between C++ and PostgreSQL, with functions that misuse it on purpose. Needs the test module: its path is in
-- the environment variable MARC_BOUNDARY_TEST, readable by the server.
\set ECHO none
\set QUIET 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;

\set module `echo "$MARC_BOUNDARY_TEST"`
SELECT :'module' = '' AS missing \gset
\if :missing
SELECT plan(1);
SELECT skip('MARC_BOUNDARY_TEST does not name the test module marc_boundary_test.so', 1);
SELECT * FROM finish();
ROLLBACK;
\quit
\endif

CREATE FUNCTION pg_temp.boundary_throw(kind text) RETURNS void AS :'module', 'marc_boundary_throw' LANGUAGE C STRICT;
CREATE FUNCTION pg_temp.boundary_server_error() RETURNS void AS :'module', 'marc_boundary_server_error' LANGUAGE C STRICT;
CREATE FUNCTION pg_temp.boundary_attempt() RETURNS text AS :'module', 'marc_boundary_attempt' LANGUAGE C STRICT;
CREATE FUNCTION pg_temp.boundary_loop(seconds float8) RETURNS bigint AS :'module', 'marc_boundary_loop' LANGUAGE C STRICT;
CREATE FUNCTION pg_temp.boundary_huge() RETURNS void AS :'module', 'marc_boundary_huge' LANGUAGE C STRICT;
CREATE FUNCTION pg_temp.live_objects() RETURNS integer AS :'module', 'marc_boundary_live_objects' LANGUAGE C STRICT;

-- What an error said: sqlstate, message, detail, hint.
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text;
BEGIN
	EXECUTE statement;
	RETURN NULL;
EXCEPTION WHEN OTHERS OR query_canceled THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
		hint = PG_EXCEPTION_HINT;
	RETURN ARRAY[state, message, detail, hint];
END
$$;

SELECT plan(14);

SELECT is((pg_temp.error_of($$SELECT pg_temp.boundary_throw('runtime_error')$$))[1:2],
	ARRAY['XX000', 'thrown on purpose'], 'a std::runtime_error is an SQL error');
SELECT is((pg_temp.error_of($$SELECT pg_temp.boundary_throw('bad_alloc')$$))[1:2],
	ARRAY['53200', 'out of memory'], 'std::bad_alloc is out of memory');
SELECT is((pg_temp.error_of($$SELECT pg_temp.boundary_throw('int')$$))[1:2],
	ARRAY['XX000', 'unknown C++ exception'], 'anything that is thrown is caught');
SELECT is(pg_temp.error_of($$SELECT pg_temp.boundary_throw('sql_error')$$),
	ARRAY['22023', 'bad argument', 'The detail.', 'The hint.'], 'an error keeps SQLSTATE, detail and hint');
SELECT is((pg_temp.error_of($$SELECT pg_temp.boundary_throw(E'\u00e4\n')$$))[2],
	'unknown kind of exception: \xc3\xa4\x0a', 'hostile bytes in a message are escaped');
SELECT is(pg_temp.live_objects(), 0, 'all objects were destroyed');

SELECT is(pg_temp.error_of('SELECT pg_temp.boundary_server_error()'),
	ARRAY['22012', 'division by zero', '', 'kept'], 'an error of the server passes through C++ unchanged');
SELECT is(pg_temp.live_objects(), 0, 'and destroys the objects that it passes');

SELECT is(pg_temp.boundary_attempt(), 'division by zero', 'an error in a subtransaction can be swallowed');
SELECT is((pg_temp.error_of('SELECT pg_temp.boundary_huge()'))[1], '53200',
	'over 1 GB, and over the alignment of palloc, is out of memory and not a crash');
SELECT is(pg_temp.live_objects(), 0, 'and destroys the objects');

SAVEPOINT cancelled;
SET LOCAL statement_timeout = '500ms';
SELECT clock_timestamp() AS started \gset
SELECT is((pg_temp.error_of('SELECT pg_temp.boundary_loop(30)'))[1], '57014', 'a C++ loop is cancelled');
SET LOCAL statement_timeout = 0;
SELECT cmp_ok(clock_timestamp() - :'started'::timestamptz, '<', interval '5 seconds', 'soon');
SELECT is(pg_temp.live_objects(), 0, 'and destroys the objects');

SELECT * FROM finish();
ROLLBACK;
