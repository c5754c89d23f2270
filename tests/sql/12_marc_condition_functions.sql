-- What the names in a policy's condition may stand for: the second of the two checks of a condition.
\set ECHO none
\set QUIET 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
SELECT count(*) = 0 AS missing FROM pg_available_extensions WHERE name = 'everarchive' \gset
\if :missing
SELECT plan(1);
SELECT skip('the everarchive extension is not installed', 1);
SELECT * FROM finish();
ROLLBACK;
\quit
\endif
CREATE EXTENSION IF NOT EXISTS everarchive;

CREATE SCHEMA other;
CREATE FUNCTION other.yes(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION other.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE OPERATOR other.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.texteq);
CREATE DOMAIN other.checked AS text CHECK (other.yes(VALUE));
CREATE TYPE other.pair AS (a other.checked);
CREATE FUNCTION other.to_pair(text) RETURNS other.pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1)::other.pair';
CREATE CAST (text AS other.pair) WITH FUNCTION other.to_pair(text);
-- A function beside those of marc, but not of the extension: its schema is in the search path.
SELECT extnamespace::regnamespace AS marc_schema FROM pg_extension WHERE extname = 'marc' \gset
CREATE FUNCTION :marc_schema.beside(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';

-- As policy_check() does it; the path is put back, for pgtap is not in it.
CREATE FUNCTION pg_temp.problem(condition text) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	PERFORM set_config('search_path', everarchive.policy_search_path(), true);
	RETURN everarchive.condition_functions_problem(condition);
END
$$;

CREATE TEMP TABLE harmless (condition text);
INSERT INTO harmless VALUES
('true'), ($$kind = 'bib'$$), ($$record ->> '008/35-37' = 'fre'$$), ($$record @? '245$a' AND NOT deleted$$),
($$lower(s.key) LIKE 'a%' OR n IN (1, 2, 3)$$), ($$captured_at > now() - interval '1 year'$$),
($$CASE WHEN deleted THEN false ELSE coalesce(member, '') <> 'x' END$$), ($$'{a,b}'::text[] && (record -> '650$a')$$),
($$attributes ->> 'x' ~ '^[0-9]+$' AND (attributes ->> 'x')::int > 3$$), ($$(kind, key) < ('bib', '3')$$), ($$key::bigint % 2 = 0$$),
($$marc_is_lossy(record) IS NOT TRUE$$), ($$kind = ANY (ARRAY['bib', 'hold'])$$), ($$greatest(n, 2) = 2$$),
($$'=LDR  00000nam a2200000 a 4500'::marc = record$$);
CREATE TEMP TABLE harmful (condition text, problem text);
INSERT INTO harmful VALUES
($$other.yes(key)$$, '%function other.yes is neither%'), ($$key = other.lower(key)$$, '%function other.lower is neither%'),
($$beside(key)$$, '%beside is neither%'), ($$CASE WHEN true THEN other.yes(key) END$$, '%function other.yes is neither%'),
($$kind OPERATOR(other.===) key$$, '%operator === of the schema other%'),
($$key::other.checked IS NULL$$, '%type other.checked is neither%'), ($$'x'::other.checked = 'x'$$, '%type other.checked is neither%'),
($$ARRAY['x']::other.checked[] IS NULL$$, '%other.checked%'), ($$key::other.pair IS NOT NULL$$, '%other.%is neither%'),
($$s::text = ''$$, '%policy_subject is neither%'),
($$random() < 0.5$$, '%random is volatile%'), ($$set_config('a.b', key, false) = ''$$, '%set_config is volatile%'),
($$pg_sleep(1) IS NULL$$, '%pg_sleep is volatile%'), ($$setseed(0.5) IS NULL$$, '%setseed is volatile%'),
($$table_to_xml('pg_class', true, true, '') IS NULL$$, '%table_to_xml is not allowed%'),
($$query_to_xml('SELECT 1', true, true, '') IS NULL$$, '%query_to_xml%'),
($$domain_in('x', 'other.checked'::regtype, -1) IS NULL$$, '%cstring%'),
($$EXISTS (SELECT 1)$$, '%subquery%');

SELECT plan(5);
SELECT is_empty($$SELECT condition, pg_temp.problem(condition) FROM harmless WHERE pg_temp.problem(condition) IS NOT NULL$$,
	'functions, operators and types of PostgreSQL and of marc are allowed');
SELECT is_empty($$SELECT condition, pg_temp.problem(condition) FROM harmful
	WHERE (pg_temp.problem(condition) LIKE problem) IS NOT TRUE$$, 'others and volatile ones are named');
SELECT throws_ok($$SELECT pg_temp.problem('no_such_function(key)')$$, '42883', NULL, 'an unknown function is PostgreSQL''s error');
SELECT throws_ok($$SELECT pg_temp.problem('no_such_column = 1')$$, '42703', NULL, 'an unknown column, too');
SELECT throws_ok($$SELECT pg_temp.problem('true) OR (true')$$, '42601', NULL, 'what is no expression, too');
SELECT * FROM finish();
ROLLBACK;
