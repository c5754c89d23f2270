-- Input that is wrong is a soft error where the server has them (16): pg_input_is_valid() answers, COPY may go on (17).
\set ECHO none
\set QUIET 1
\set ON_ERROR_STOP 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
SELECT current_setting('server_version_num')::integer >= 160000 AS soft, current_setting('server_version_num')::integer >= 170000 AS copy_goes_on \gset
\if :soft
CREATE TEMP TABLE input (type text, text text, state text);
INSERT INTO input VALUES
	('marc', '', '22P02'),
	('marc', 'hello', '22P02'),
	('marc', E'=LDR  00000nam a2200000 a 4500\n=24', 'MR004'),
	('marc', E'=LDR  00000nam a2200000 a 4500\n=245  10$a{U+110000}', '22P02'),
	('marc', '<record><leader>', '2200N'),
	('marc', '<!DOCTYPE x [<!ENTITY a "b">]><record/>', '2200N'),
	('marc', '{"leader": 1', '22P02'),
	('marc', '00057nam a2200037 a 4500', 'MR001'),
	('marc_query', '245$a:', '22023'),
	('marc_query', '245 & ', '22023'),
	('marc_query', '(245', '22023'),
	('marc_query', '', '22023');
SELECT plan(6);
SELECT results_eq($$SELECT type, text, pg_input_is_valid(text, type) FROM input$$, $$SELECT type, text, false FROM input$$,
	'wrong input is no error of pg_input_is_valid()');
SELECT results_eq($$SELECT type, text, i.sql_error_code FROM input, pg_input_error_info(text, type) i$$, $$SELECT type, text, state FROM input$$,
	'pg_input_error_info() tells the SQLSTATE');
SELECT is_empty($$SELECT type, text FROM input, pg_input_error_info(text, type) i WHERE coalesce(i.message, '') = ''$$, 'and the message');
SELECT ok(pg_input_is_valid(E'=LDR  00000nam a2200000 a 4500\n=245  10$aTitle', 'marc'), 'a good record is valid');
SELECT ok(pg_input_is_valid('245$a:dogs & 650$2=fast & !900', 'marc_query'), 'so is a good query');
\else
SELECT plan(1);
SELECT skip('this server has no soft errors', 1);
\endif
\if :copy_goes_on
CREATE TEMP TABLE record (n integer, m marc);
COPY record FROM PROGRAM $$printf '1\t=LDR  00000nam a2200000 a 4500\n2\tnonsense\n3\t<record>\n4\t=LDR  00000nam a2200000 a 4500\\\\n=001  x\n'$$ (ON_ERROR ignore);
SELECT results_eq('SELECT n FROM record ORDER BY n', ARRAY[1, 4], 'COPY leaves out records that cannot be read');
\elif :soft
SELECT skip('COPY of this server has no ON_ERROR', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
