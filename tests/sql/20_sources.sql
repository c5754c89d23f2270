-- Sources: adding, taking over, pausing, removing; what is refused, and with which hint.
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

SELECT plan(54);

SELECT throws_ok($$SELECT everarchive.source_add('Bad Name', 'koha', 'mariadb:defaults-group=k', 'k', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '22023', 'not a name for a source: "Bad Name"', 'a name with blanks is refused');
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'mariadb:host=h password=geheim', 'k', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '22023', 'the origin of source "k" holds a password', 'a password in the origin is refused, and not repeated');
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'postgresql://me:geheim@host/db', 'k', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '22023', 'the origin of source "k" holds a password', 'a password in a URI is refused');
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'oracle:sid=x', 'k', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '22023', 'not an origin: "oracle:sid=x"', 'an unknown system is refused');
SELECT throws_ok($$SELECT everarchive.source_add('k', '', 'mariadb:defaults-group=k', 'k', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '22023', NULL, 'an empty adapter is refused');
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'mariadb:defaults-group=k', 'pg_catalog', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '22023', NULL, 'a schema of the system is refused as a mirror');
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'mariadb:defaults-group=k', 'k', '[]')$$, '22023', NULL, 'no kinds are refused');
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'mariadb:defaults-group=k', 'k', '[{"kind":"patron","key_types":["integer"]}]')$$,
    '22023', NULL, 'a kind that is none is refused');
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'mariadb:defaults-group=k', 'k', '[{"kind":"bib","key_types":["integer) OR (true"]}]')$$,
    NULL, NULL, 'a key type that is no type is refused');

SELECT everarchive.source_add('k', 'koha', 'mariadb:defaults-group=k', 'k_mirror',
    '[{"kind": "bib", "key_types": ["int4"]}, {"kind": "holding", "key_types": ["int", "text"]}]') AS source_id \gset
SELECT has_schema('k_mirror', 'the mirror schema is there');
SELECT schema_owner_is('k_mirror', 'everarchive_operator', 'it belongs to the operators');
SELECT is(key_types, '{integer,text}', 'types are kept under their own names')
FROM everarchive.source_kind WHERE source_id = :source_id AND kind = 'holding';
SELECT throws_ok($$SELECT everarchive.source_add('k', 'koha', 'mariadb:defaults-group=k', 'k2', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '42710', 'there is a source "k" already', 'a second source of the name is refused');
SELECT throws_ok($$SELECT everarchive.source_add('k2', 'koha', 'mariadb:defaults-group=k', 'k_mirror', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '42P06', NULL, 'a second source in the same schema is refused');

SELECT epoch AS first_epoch FROM everarchive.source_take('k') \gset
SELECT ok(:first_epoch > 1700000000000, 'epochs begin at the milliseconds since 1970');
SELECT is(epoch, :first_epoch + 1, 'the next to take it over has the next epoch') FROM everarchive.source_take('k');
SELECT is((adapter, origin, mirror_schema, state, jsonb_array_length(kinds))::text, '(koha,mariadb:defaults-group=k,k_mirror,new,2)',
    'source_take tells all that capture needs') FROM everarchive.source_take('k');
SELECT throws_ok($$SELECT everarchive.source_take('nobody')$$, '42704', 'there is no source "nobody"', 'an unknown source is an error');

SELECT lives_ok(format($$SELECT everarchive.source_set_state('k', 'snapshot', epoch => %s)$$, :first_epoch + 2), 'the owner of the epoch sets the state');
SELECT throws_ok(format($$SELECT everarchive.source_set_state('k', 'streaming', epoch => %s)$$, :first_epoch + 1), '55000', NULL, 'an older epoch is refused');
SELECT throws_ok($$SELECT everarchive.source_set_state('k', 'dancing')$$, '23514', NULL, 'a state that is none is refused');
SELECT everarchive.source_set_state('k', 'stopped', 'binary log gone', 'everarchive source resync k') \g /dev/null
SELECT is((state, message, hint)::text, '(stopped,"binary log gone","everarchive source resync k")', 'message and hint are kept')
FROM everarchive.source WHERE name = 'k';
SELECT everarchive.source_pause('k') \g /dev/null
SELECT ok(paused, 'pause pauses') FROM everarchive.source WHERE name = 'k';
SELECT everarchive.source_resume('k') \g /dev/null
SELECT is((state, paused, message)::text, '(new,f,)', 'resume clears what stopped it; with no position it is new')
FROM everarchive.source WHERE name = 'k';
UPDATE everarchive.source_progress SET position = '0-1-5' WHERE source_id = :source_id;
SELECT everarchive.source_set_state('k', 'stopped', 'x', 'y') \g /dev/null
SELECT everarchive.source_resume('k') \g /dev/null
SELECT is(state, 'streaming', 'with a position it streams on') FROM everarchive.source WHERE name = 'k';
SELECT everarchive.source_set_state('k', 'position_lost', 'x', 'y') \g /dev/null
SELECT throws_ok($$SELECT everarchive.source_resume('k')$$, '55000', NULL, 'a lost position is not resumed');
DO $$
DECLARE
    advice text;
BEGIN
    PERFORM everarchive.source_resume('k');
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    GET STACKED DIAGNOSTICS advice = PG_EXCEPTION_HINT;
    PERFORM set_config('test.advice', advice, true);
END
$$;
SELECT is(current_setting('test.advice'), 'Compare it with its mirror and repair what differs: everarchive source resync k', 'but repaired by comparison');

-- Settings.
SELECT is(everarchive.source_setting(:source_id, 'versions'), 'settled', 'a setting that is not set is its default');
SELECT lives_ok($$SELECT everarchive.source_set('k', 'versions', 'every commit')$$, 'source_set sets');
SELECT is(everarchive.source_setting(:source_id, 'versions'), 'every commit', 'and source_setting tells it');
SELECT is(everarchive.source_setting(0, 'versions'), 'settled', 'other sources keep the default');
SELECT is((value, default_value, changed_at IS NOT NULL)::text, '("every commit",settled,t)', 'the report shows both')
FROM report.source_settings WHERE source = 'k' AND setting = 'versions';
SELECT is((SELECT count(*) FROM everarchive.source_setting_kind k WHERE k.default_value !~ k.allowed OR k.allowed !~ '^\^.*\$$'), 0::bigint,
    'every default is allowed, and every expression takes the whole value');
SELECT everarchive.source_set('k', 'versions', NULL) \g /dev/null
SELECT is(everarchive.source_setting(:source_id, 'versions'), 'settled', 'NULL goes back to the default');
SELECT throws_ok($$SELECT everarchive.source_set('k', 'versions', 'sometimes')$$, '22023', 'not a value for versions: "sometimes"', 'a value that it does not take is refused');
SELECT throws_ok($$SELECT everarchive.source_set('k', 'chunk_rows', '0')$$, '22023', NULL, 'a chunk of nothing is refused');
SELECT throws_ok($$SELECT everarchive.source_set('k', 'chunk_rows', E'5\n6')$$, '22023', NULL, 'a second line is refused');
SELECT throws_ok($$SELECT everarchive.source_set('k', 'colour', 'red')$$, '42704', 'there is no setting "colour" of a source', 'a setting that there is not is refused');
SELECT throws_ok($$SELECT everarchive.source_set('k', 'colour', NULL)$$, '42704', NULL, 'also when it is taken back');
SELECT throws_ok($$SELECT everarchive.source_setting(1, 'colour')$$, '42704', NULL, 'and when it is asked for');
SELECT throws_ok(format($$INSERT INTO everarchive.source_setting VALUES (%s, 'versions', 'sometimes')$$, :source_id), '22023', NULL, 'no way goes around the check');
SELECT everarchive.source_set('k', 'chunk_rows', '10') \g /dev/null

SELECT everarchive.source_remove('k') \g /dev/null
SELECT is((SELECT count(*) FROM everarchive.source_setting WHERE source_id = :source_id), 0::bigint, 'settings go with their source');
SELECT hasnt_schema('k_mirror', 'remove drops the mirror');
SELECT is((SELECT count(*) FROM everarchive.source WHERE name = 'k'), 0::bigint, 'a source without history goes');
SELECT is((SELECT count(*) FROM everarchive.source_kind WHERE source_id = :source_id), 0::bigint, 'and its kinds');

-- With history.
SELECT everarchive.source_add('h', 'koha', 'mariadb:defaults-group=h', 'h_mirror', '[{"kind": "bib", "key_types": ["integer"]}]') AS source_id \gset
INSERT INTO everarchive.entity (source_id, kind, key, n, digest, deleted) VALUES (:source_id, 'bib', '1', 1, '\x00', false);
INSERT INTO everarchive.quarantine (source_id, stage, kind, key, message) VALUES (:source_id, 'map', 'bib', '1', 'x'), (:source_id, 'map', 'bib', '2', 'x');
SELECT is(everarchive.source_remap('h'), 2::bigint, 'remap takes what could not be mapped too, each key once');
SELECT epoch AS old_epoch FROM everarchive.source_take('h') \gset
SELECT pg_sleep(0.01) \g /dev/null
INSERT INTO everarchive.touched (source_id, kind, key) VALUES (:source_id, 'bib', '1');
INSERT INTO everarchive.source_table (source_id, table_name, state, message, hint) VALUES (:source_id, 'items', 'stopped', 'why', 'how');
INSERT INTO everarchive.source_check_run (source_id, what, state) VALUES (:source_id, 'resync', 'running'), (:source_id, 'verify', 'finished');
INSERT INTO everarchive.source_lease (source_id, program, epoch) VALUES (:source_id, 'host:1:a', 1);
SELECT everarchive.source_remove('h') \g /dev/null
SELECT is(state, 'removed', 'a source with history stays as removed') FROM everarchive.source WHERE name = 'h';
SELECT is((SELECT count(*) FROM everarchive.touched WHERE source_id = :source_id), 0::bigint, 'nothing of it waits to be mapped');
SELECT throws_ok($$SELECT everarchive.source_add('h', 'evergreen', 'postgresql:service=h', 'h_mirror', '[{"kind":"bib","key_types":["integer"]}]')$$,
    '42710', NULL, 'another adapter may not go on with its history');
SELECT is(everarchive.source_add('h', 'koha', 'mariadb:defaults-group=h', 'h_mirror', '[{"kind": "bib", "key_types": ["integer"]}]'),
    :source_id, 'the same adapter goes on with it');
SELECT is((SELECT count(*) FROM everarchive.source_table WHERE source_id = :source_id), 0::bigint, 'a table that was not followed is, with the new mirror');
SELECT is((SELECT string_agg(what || ' ' || state, ', ' ORDER BY run_id) FROM everarchive.source_check_run WHERE source_id = :source_id), 'resync cancelled, verify finished',
    'a comparison that was under way does not go on');
SELECT is((SELECT count(*) FROM everarchive.source_lease WHERE source_id = :source_id), 0::bigint, 'and no program is said to have followed it');
SELECT cmp_ok(epoch, '>', :old_epoch + 1, 'a program that has it from before is fenced') FROM everarchive.source_take('h');

SELECT * FROM finish();
ROLLBACK;
