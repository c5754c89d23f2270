-- Roles: what each may do, and what it may not.
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

\ir demo_mirror.psql

SELECT plan(34);
GRANT USAGE ON SCHEMA demo_mirror TO everarchive_replicator;
GRANT ALL ON ALL TABLES IN SCHEMA demo_mirror TO everarchive_replicator, everarchive_operator;
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Title ' || i) FROM generate_series(1, 9) i;
CREATE ROLE demo_reader IN ROLE everarchive_reader;
CREATE ROLE demo_operator IN ROLE everarchive_operator;
CREATE ROLE demo_replicator IN ROLE everarchive_replicator;
CREATE ROLE demo_nobody;
SELECT format('GRANT demo_reader, demo_operator, demo_replicator, demo_nobody TO %I', current_user) AS sql
WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec

SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'everarchive'::regnamespace AND prosecdef), 0::bigint, 'no function runs with the rights of its owner');
SELECT is((SELECT string_agg(proname, ' ') FROM pg_proc WHERE pronamespace = 'everarchive'::regnamespace AND has_function_privilege('demo_nobody', oid, 'EXECUTE')),
    NULL, 'nobody runs functions without a role');
SELECT is((SELECT string_agg(oid::regclass::text, ' ') FROM pg_class
           WHERE relnamespace IN ('everarchive'::regnamespace, 'report'::regnamespace) AND relkind IN ('r', 'v') AND has_table_privilege('demo_nobody', oid, 'SELECT')),
    NULL, 'nor reads anything');
SELECT is((SELECT string_agg(oid::regclass::text, ' ') FROM pg_class
           WHERE relnamespace IN ('everarchive'::regnamespace, 'report'::regnamespace) AND relkind IN ('r', 'v') AND NOT has_table_privilege('demo_reader', oid, 'SELECT')),
    NULL, 'a reader reads everything');
SELECT is((SELECT string_agg(oid::regclass::text, ' ') FROM pg_class
           WHERE relnamespace IN ('everarchive'::regnamespace, 'report'::regnamespace) AND relkind IN ('r', 'v')
             AND (has_any_column_privilege('demo_reader', oid, 'INSERT, UPDATE') OR has_table_privilege('demo_reader', oid, 'DELETE, TRUNCATE'))),
    NULL, 'and writes nothing');
SELECT is((SELECT string_agg(oid::regclass::text, ' ' ORDER BY relname) FROM pg_class
           WHERE relnamespace = 'everarchive'::regnamespace AND relkind = 'r'
             AND (has_table_privilege('demo_replicator', oid, 'DELETE, TRUNCATE') OR has_table_privilege('demo_operator', oid, 'TRUNCATE'))),
    'everarchive.ledger_tile everarchive.touched', 'the program deletes only what is mapped, and tiles that it rewrites');
SELECT ok(NOT has_table_privilege(r, 'everarchive.version', 'UPDATE, DELETE'), 'no version is changed by ' || r) FROM unnest(ARRAY['demo_operator', 'demo_replicator']) r;

-- An operator sets everything up.
SELECT format('REVOKE CREATE ON DATABASE %I FROM PUBLIC, everarchive_operator', current_database()) AS sql \gexec
SET LOCAL ROLE demo_operator;
SELECT throws_like($$SELECT everarchive.source_add('s2', 'demo', 'mariadb:defaults-group=x', 's2_mirror', '[{"kind":"bib","key_types":["integer"]}]')$$,
    'demo_operator may not create the mirror schema "s2_mirror"', 'without CREATE on the database the operator is told so');
RESET ROLE;
SELECT format('GRANT CREATE ON DATABASE %I TO everarchive_operator', current_database()) AS sql \gexec
SET LOCAL ROLE demo_operator;
SELECT lives_ok($$SELECT everarchive.source_add('s2', 'demo', 'mariadb:defaults-group=x', 's2_mirror', '[{"kind":"bib","key_types":["integer"]}]')$$, 'operator: source_add');
CREATE TABLE s2_mirror.t (id integer PRIMARY KEY);
SELECT lives_ok($$SELECT everarchive.target_add('arch', 'dir:/srv/a', '{"segment_seconds": 0}')$$, 'operator: target_add');
SELECT lives_ok($$SELECT everarchive.policy_add('arch', 'arch', 'kind = ''bib'' AND record ->> ''245$a'' <> ''x''')$$, 'operator: policy_add');
SELECT lives_ok($$SELECT everarchive.policy_enable('arch', false), everarchive.policy_enable('arch', true)$$, 'operator: policy_enable');
SELECT lives_ok($$SELECT everarchive.target_pause('arch'), everarchive.target_resume('arch')$$, 'operator: target_pause, target_resume');
SELECT lives_ok($$SELECT everarchive.source_pause('s2'), everarchive.source_resume('s2')$$, 'operator: source_pause, source_resume');
SELECT lives_ok($$SELECT everarchive.source_set('s2', 'versions', 'every commit'), everarchive.source_set('s2', 'versions', NULL)$$, 'operator: source_set');
SELECT throws_ok($$SELECT everarchive.claim_packages(1)$$, '42501', NULL, 'operator: claims no packages');
RESET ROLE;
CREATE ROLE demo_other_operator IN ROLE everarchive_operator;

-- The program does all that run does.
SET LOCAL ROLE demo_replicator;
SELECT lives_ok($$INSERT INTO s2_mirror.t VALUES (1); TRUNCATE s2_mirror.t$$, 'replicator: writes the mirror tables that an operator made');
SELECT lives_ok($$SELECT * FROM everarchive.source_take('demo')$$, 'replicator: source_take');
SELECT lives_ok($$SELECT setting, value FROM report.source_settings; SELECT everarchive.source_setting(1, 'versions')$$, 'replicator: reads settings');
SELECT lives_ok(format($$SELECT everarchive.source_set_state('demo', 'streaming', epoch => %s)$$, (SELECT epoch FROM everarchive.source_progress WHERE source_id = :source_id)), 'replicator: source_set_state');
SELECT lives_ok(format($$INSERT INTO everarchive.touched (source_id, kind, key) VALUES (%s, 'bib', '1');
    UPDATE everarchive.source_progress SET position = '0-1-1' WHERE source_id = %1$s$$, :source_id), 'replicator: the apply step');
SELECT is(keys, 1, 'replicator: map_touched') FROM everarchive.map_touched(:source_id);
INSERT INTO demo_mirror.biblio VALUES (10, 'junk');
SELECT is(quarantined, 1, 'replicator: refresh') FROM everarchive.refresh(:source_id, 'bib', '{10}');
SELECT lives_ok(format($$INSERT INTO everarchive.quarantine (source_id, stage, key, message) VALUES (%s, 'apply', '1', 'x')$$, :source_id), 'replicator: quarantine');
SELECT target_id FROM everarchive.target WHERE name = 'arch' \gset
SELECT everarchive.claim_packages(:target_id) AS object \gset
SELECT ok(:object > 0, 'replicator: claim_packages');
SELECT lives_ok(format('SELECT p.* FROM everarchive.submission q CROSS JOIN LATERAL everarchive.package(q.version_id) p WHERE archive_object_id = %s', :object), 'replicator: package');
SELECT lives_ok(format($$SELECT everarchive.archive_object_fail(%s, 'x', 'y', 0), everarchive.archive_object_accept(%1$s, 'x', repeat('0a', 64), 1),
    everarchive.archive_object_renew(%1$s), everarchive.archive_object_verify(%1$s, true)$$, :object), 'replicator: receipts');
SELECT throws_ok($$SELECT everarchive.source_remove('demo')$$, '42501', NULL, 'replicator: removes no source');
SELECT throws_ok($$SELECT everarchive.policy_add('x', 'arch')$$, '42501', NULL, 'replicator: adds no policy');
RESET ROLE;

-- Quarantine, and the end of a source.
SELECT quarantine_id FROM everarchive.quarantine WHERE source_id = :source_id AND stage = 'map' \gset
SET LOCAL ROLE demo_operator;
UPDATE demo_mirror.biblio SET metadata = (SELECT metadata FROM demo_mirror.biblio WHERE id = 1) WHERE id = 10;
SELECT is(everarchive.quarantine_retry(:quarantine_id), 'mended', 'operator: quarantine_retry');
SELECT lives_ok(format('SELECT everarchive.quarantine_discard(%s)', max(quarantine_id)), 'operator: quarantine_discard') FROM everarchive.quarantine WHERE stage = 'apply';
SET LOCAL ROLE demo_other_operator;
SELECT lives_ok($$SELECT everarchive.source_remove('s2')$$, 'an operator removes what another made');
SET LOCAL ROLE demo_reader;
SELECT throws_ok($$SELECT everarchive.source_pause('demo')$$, '42501', NULL, 'a reader pauses nothing');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
