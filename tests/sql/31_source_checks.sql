-- Comparisons of a source with its mirror: what may be asked for, and when.
\set ECHO none
\set QUIET 1
\set ON_ERROR_STOP 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
CREATE EXTENSION IF NOT EXISTS everarchive;

SELECT plan(19);

SELECT everarchive.source_add('k', 'koha', 'mariadb:defaults-group=k', 'k', '[{"kind":"bib","key_types":["integer"]}]') \g /dev/null
CREATE TABLE k.biblio (biblionumber integer PRIMARY KEY);
CREATE TABLE k.items (itemnumber integer PRIMARY KEY);

SELECT throws_ok($$SELECT everarchive.source_check('k', 'verify')$$, '55000', 'source "k" has not been copied yet', 'nothing is compared before the first copy');
UPDATE everarchive.source_progress SET position = '0-1-1|b.000001:4' WHERE source_id = (SELECT source_id FROM everarchive.source WHERE name = 'k');
SELECT everarchive.source_set_state('k', 'streaming') \g /dev/null
SELECT throws_ok($$SELECT everarchive.source_check('nobody', 'verify')$$, '42704', 'there is no source "nobody"', 'a source must exist');
SELECT throws_ok($$SELECT everarchive.source_check('k', 'burn')$$, '22023', NULL, 'only verify and resync');
SELECT throws_ok($$SELECT everarchive.source_check('k', 'verify', NULL, '1', '2')$$, '22023', 'a range of keys is of one table', 'a range needs a table');
SELECT throws_matching($$SELECT everarchive.source_check('k', 'verify', 'nothing')$$, 'has no table "nothing"', 'a table must be in the mirror');
SELECT ok(everarchive.source_check('k', 'verify', 'items', '10', '20') > 0, 'a range of keys of a table');
SELECT is((what, table_name, from_key, to_key, state, new_position)::text, '(verify,items,10,20,requested,f)', 'is a row')
FROM everarchive.source_check_run;
SELECT is((source, what, table_name, percent)::text, '(k,verify,items,)', 'that the report shows') FROM report.source_check;

INSERT INTO everarchive.source_difference (run_id, table_name, key, kind, columns) SELECT run_id, 'items', '12', 'different', '{barcode}' FROM everarchive.source_check_run;
SELECT is((source, table_name, key, kind, columns, repaired)::text, '(k,items,12,different,{barcode},f)', 'a difference is named') FROM report.source_difference;
SELECT throws_ok($$INSERT INTO everarchive.source_difference (run_id, table_name, key, kind) SELECT run_id, 'items', '12', 'extra' FROM everarchive.source_check_run$$,
    '23505', NULL, 'once in a run');

SELECT ok(everarchive.source_check_cancel(run_id), 'a run can be cancelled') FROM everarchive.source_check_run;
SELECT is(state, 'cancelled', 'and is') FROM everarchive.source_check_run;
SELECT ok(NOT everarchive.source_check_cancel(run_id), 'once') FROM everarchive.source_check_run;

SELECT everarchive.source_set_state('k', 'position_lost', 'purged', 'resync') \g /dev/null
SELECT throws_ok($$SELECT everarchive.source_check('k', 'verify')$$, '55000', 'source "k" has lost its position', 'without a position nothing can be verified');
SELECT throws_ok($$SELECT everarchive.source_check('k', 'resync', 'items')$$, '55000', 'source "k" has lost its position', 'nor one table repaired');
SELECT ok(everarchive.source_check('k', 'resync') > 0, 'but all of it');
SELECT is((SELECT (state, message)::text FROM everarchive.source WHERE name = 'k'), '(streaming,)', 'then it is followed again');
SELECT ok(new_position, 'from a new position') FROM everarchive.source_check_run WHERE what = 'resync';

INSERT INTO everarchive.source_table (source_id, table_name, state, message, hint)
SELECT source_id, t, s, 'why', 'how' FROM everarchive.source, (VALUES ('items', 'stopped'), ('biblio', 'ok')) v (t, s);
SELECT is((SELECT string_agg(table_name, ',') FROM report.source_table WHERE source = 'k'), 'items', 'tables that are not followed are told, no others');

SELECT * FROM finish();
ROLLBACK;
