-- Reports: each view says what happened, and a look-up of one record reads no whole table.
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

SELECT plan(48);
CREATE FUNCTION pg_temp.refreshed(kind text, VARIADIC keys text[]) RETURNS text LANGUAGE sql AS $$
    SELECT r.versions || ' ' || r.quarantined
    FROM everarchive.source s, everarchive.refresh(s.source_id, $1, $2) r WHERE s.name = 'demo'
$$;
-- The nodes of the plan of a query that read a whole table of the extension.
CREATE FUNCTION pg_temp.whole_scans(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN (SELECT string_agg(m[1], ' ') FROM regexp_matches(plan::text, '"Node Type": "Seq Scan"[^{}]*"Relation Name": "(entity|version|submission|quarantine)"', 'g') m);
END
$$;

SELECT everarchive.target_add('arch', 'dir:/srv/arch') AS target_id \gset
UPDATE everarchive.source_progress SET position = '0-1-100', commit_time = now() - interval '90 seconds', lag_bytes = 5000, lag_seconds = 90, seen_at = now() WHERE source_id = :source_id;
SELECT everarchive.source_set_state('demo', 'streaming') \g /dev/null
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Title ' || i) FROM generate_series(1, 4) i;
INSERT INTO demo_mirror.biblio VALUES (5, 'junk');
SELECT pg_temp.refreshed('bib', '1', '2', '5') AS done \gset
SELECT everarchive.policy_add('arch', 'arch', 'kind = ''bib'' AND key <> ''3''') \g /dev/null
UPDATE everarchive.submission SET queued_at = now() - interval '1 hour' WHERE target_id = :target_id;
SELECT everarchive.claim_packages(:target_id) AS object \gset
SELECT everarchive.archive_object_accept(:object, 'a/b', repeat('0a', 64), 10) \g /dev/null
SELECT everarchive.archive_object_verify(:object, true) \g /dev/null
UPDATE demo_mirror.biblio SET metadata = pg_temp.marcxml('New title') WHERE id = 2;
SELECT pg_temp.refreshed('bib', '2', '3', '4') AS done \gset
DELETE FROM demo_mirror.biblio WHERE id = 4;
SELECT pg_temp.refreshed('bib', '4') AS done \gset
INSERT INTO everarchive.touched (source_id, kind, key) SELECT :source_id, 'bib', i::text FROM generate_series(1, 40) i;

SELECT is((source, adapter, state, position)::text, '(demo,demo,streaming,0-1-100)', 'status_by_source: what the source does') FROM report.status_by_source WHERE source = 'demo';
SELECT is((behind_seconds, behind_bytes)::text, '(90,5000)', 'how far it is behind') FROM report.status_by_source WHERE source = 'demo';
SELECT is((waiting, entities, deleted, versions, quarantined)::text, '(40,4,1,6,1)', 'what waits, what there is') FROM report.status_by_source WHERE source = 'demo';
SELECT is(entities_by_kind, '{"bib": 4}', 'by kind') FROM report.status_by_source WHERE source = 'demo';
UPDATE everarchive.source_progress SET lag_bytes = 0, lag_seconds = 0 WHERE source_id = :source_id;
SELECT is(behind_seconds, 0::bigint, 'nothing to fetch: not behind, however old the last commit is') FROM report.status_by_source WHERE source = 'demo';

SELECT is(array_agg((key, title, n, deleted, target, state)::text ORDER BY key),
    ARRAY['(1,"Title 1",1,f,arch,verified)', '(2,"New title",2,f,arch,queued)', '(3,"Title 3",1,f,,"not submitted")', '(4,"Title 4",2,t,arch,queued)'],
    'preservation_status: each entity, in its newest version') FROM report.preservation_status WHERE source = 'demo';
SELECT is(array_agg((n, deleted, format, state)::text ORDER BY n), ARRAY['(1,f,marcxml,verified)', '(2,f,marcxml,queued)'],
    'version_history: all versions of an entity') FROM report.version_history WHERE source = 'demo' AND key = '2';
SELECT is(array_agg((key, n, location, directory)::text ORDER BY key), ARRAY['(1,1,a/b,demo/bib/1/v1)', '(2,1,a/b,demo/bib/2/v1)'],
    'archive_contents: where a version lies') FROM report.archive_contents WHERE target = 'arch';
SELECT is(array_agg((state, versions)::text ORDER BY state), ARRAY['(queued,3)'], 'backlog: what is on its way') FROM report.backlog WHERE target = 'arch';
UPDATE everarchive.submission SET queued_at = now() - interval '1 hour' WHERE target_id = :target_id AND state = 'queued';
SELECT everarchive.claim_packages(:target_id) AS object2 \gset
SELECT everarchive.archive_object_fail(:object2, 'disk full', 'make room', 60) \g /dev/null
SELECT is((state, versions, message, hint)::text, '(failed,3,"disk full","make room")', 'and what failed, with the reason') FROM report.backlog WHERE target = 'arch';
SELECT is((entities, verified, percent)::text, '(4,1,25.00)', 'coverage: how much is preserved in its newest version') FROM report.coverage WHERE source = 'demo' AND kind = 'bib';
SELECT is((stage, kind, key)::text, '(map,bib,5)', 'quarantine: what is open') FROM report.quarantine WHERE source = 'demo';
SELECT matches(retry, '^SELECT everarchive\.quarantine_retry\(\d+\);$', 'with the SQL to retry it') FROM report.quarantine WHERE source = 'demo';
SELECT lives_ok(retry, 'which runs') FROM report.quarantine WHERE source = 'demo';
SELECT lives_ok(discard, 'and the SQL to give it up') FROM report.quarantine WHERE source = 'demo';
SELECT is((SELECT count(*) FROM report.quarantine WHERE source = 'demo'), 0::bigint, 'then it is closed');

-- On a catalogue of some size.
INSERT INTO everarchive.entity (source_id, kind, key, n, digest, deleted)
SELECT :source_id, 'authority', i::text, 1, '\x00', false FROM generate_series(1, 20000) i;
INSERT INTO everarchive.version (entity_id, n, digest, deleted, format)
SELECT entity_id, 1, digest, false, 'none' FROM everarchive.entity WHERE kind = 'authority' AND source_id = :source_id;
INSERT INTO everarchive.submission (version_id, target_id, policy_id, packing)
SELECT version_id, :target_id, 1, 'segment' FROM everarchive.version WHERE format = 'none' AND captured IS NULL AND NOT deleted;
INSERT INTO everarchive.quarantine (source_id, stage, kind, key, message, resolved_at, resolution)
SELECT :source_id, 'map', 'authority', i::text, 'x', now(), 'mended' FROM generate_series(1, 20000) i;
ANALYZE everarchive.entity, everarchive.version, everarchive.submission, everarchive.quarantine;
SELECT is(pg_temp.whole_scans(q), NULL, 'reads by index: ' || q)
FROM unnest(ARRAY[
    $$SELECT * FROM report.preservation_status WHERE source = 'demo' AND kind = 'bib' AND key = '2'$$,
    $$SELECT * FROM report.version_history WHERE source = 'demo' AND kind = 'bib' AND key = '2'$$,
    $$SELECT * FROM report.archive_contents WHERE source = 'demo' AND kind = 'bib' AND key = '2'$$,
    $$SELECT * FROM everarchive.package(1)$$,
    $$SELECT * FROM report.status_by_source$$,
    $$SELECT * FROM report.replication_lag$$,
    $$SELECT * FROM report.source_health$$,
    $$SELECT * FROM report.backlog$$,
    format('SELECT f.* FROM everarchive.submission q CROSS JOIN LATERAL everarchive.package(q.version_id) f WHERE q.archive_object_id = %s',
           (SELECT max(archive_object_id) FROM everarchive.archive_object))]) q;

-- Lag and health.
CREATE FUNCTION pg_temp.health() RETURNS text LANGUAGE sql AS $$
    SELECT grade || coalesce(': ' || what, '') FROM report.source_health WHERE source = 'demo'
$$;
UPDATE everarchive.quarantine SET resolved_at = now(), resolution = 'discarded' WHERE resolved_at IS NULL;
UPDATE everarchive.source_progress SET lag_seconds = 1.5, seen_at = now() - interval '10 seconds', lag_transactions = 3 WHERE source_id = :source_id;
SELECT is((source, state, position, bytes, seconds, transactions, as_of = now() - interval '10 seconds')::text, '(demo,streaming,0-1-100,0,1.500,3,t)',
    'lag is that of the last word') FROM report.replication_lag;
UPDATE everarchive.source_progress SET seen_at = now() - interval '2 minutes' WHERE source_id = :source_id;
SELECT is(seconds, 121.5, 'a source that is silent falls behind') FROM report.replication_lag;
UPDATE everarchive.source_progress SET seen_at = now() + interval '1 hour' WHERE source_id = :source_id;
SELECT is(seconds, 1.5, 'a clock that was set back makes no lag') FROM report.replication_lag;
UPDATE everarchive.source_progress SET seen_at = now(), lag_seconds = 0 WHERE source_id = :source_id;
SELECT is(pg_temp.health(), 'critical: no program follows it', 'without a program it is unwell');
INSERT INTO everarchive.source_lease (source_id, program, epoch, renewed_at) VALUES (:source_id, 'host:1:a', 1, now() - interval '1 hour');
SELECT matches(pg_temp.health(), '^critical: no program has followed it since ', 'also when one did an hour ago');
UPDATE everarchive.source_lease SET renewed_at = clock_timestamp();
SELECT is(pg_temp.health(), 'good: all is well', 'with one it is well');
UPDATE everarchive.source_progress SET lag_seconds = 400 WHERE source_id = :source_id;
SELECT is(pg_temp.health(), 'warning: 400 seconds behind', 'behind: a warning');
SELECT everarchive.source_set('demo', 'lag_critical_seconds', '350') \g /dev/null
SELECT is(pg_temp.health(), 'critical: 400 seconds behind', 'from when on it is critical can be set');
UPDATE everarchive.source_progress SET lag_seconds = 0, log_state = 'unreserved' WHERE source_id = :source_id;
SELECT matches(pg_temp.health(), '^critical: its replication slot is unreserved', 'a slot that is about to be lost');
SELECT is(hint, 'let the program catch up at once; if the slot is lost: everarchive source resync demo', 'and what is to be done') FROM report.source_health WHERE source = 'demo';
UPDATE everarchive.source_progress SET log_state = 'extended', retained_bytes = 9 * 1024::bigint ^ 3 WHERE source_id = :source_id;
SELECT is(pg_temp.health(), 'warning: it keeps 9216 MB of log for us', 'log that the source keeps');
SELECT is(hint, 'look at the program and at its log; if the source''s disk fills: everarchive source set demo on_wal_limit drop, everarchive source set demo wal_limit_bytes BYTES, '
    'or where no program runs SELECT pg_drop_replication_slot(''everarchive_demo'') on the source; then: everarchive source resync demo', 'and what frees its disk')
FROM report.source_health WHERE source = 'demo';
SELECT everarchive.source_set('demo', 'wal_warn_bytes', '0') \g /dev/null
SELECT is(pg_temp.health(), 'good: all is well', 'that warning can be switched off');
UPDATE everarchive.source_progress SET log_hours = 5.25 WHERE source_id = :source_id;
SELECT is(pg_temp.health(), 'warning: the server purges the log that comes next in 5.3 hours', 'log that is about to be purged');
UPDATE everarchive.source_progress SET log_hours = NULL WHERE source_id = :source_id;
INSERT INTO everarchive.quarantine (source_id, stage, kind, key, message) SELECT :source_id, 'map', 'bib', i::text, 'x' FROM generate_series(1, 1000) i;
SELECT is(pg_temp.health(), 'warning: 1000 in quarantine', 'what is in quarantine');
INSERT INTO everarchive.quarantine (source_id, stage, kind, key, message) VALUES (:source_id, 'map', 'bib', 'last', 'x');
SELECT is(pg_temp.health(), 'critical: more than 1000 in quarantine', 'a flood of it');
UPDATE everarchive.quarantine SET resolved_at = now(), resolution = 'discarded' WHERE resolved_at IS NULL;
UPDATE everarchive.touched SET touched_at = now() - interval '1 hour';
INSERT INTO everarchive.touched (source_id, kind, key, touched_at) VALUES (:source_id, 'bib', '9', now() - interval '11 minutes');
SELECT matches(pg_temp.health(), '^warning: changes have waited to be mapped since ', 'mapping that does not follow');
DELETE FROM everarchive.touched;
INSERT INTO everarchive.source_table (source_id, table_name, state, message, hint) VALUES (:source_id, 'items', 'stopped', 'a column is gone', 'mend it');
SELECT is((grade, what, hint)::text, '(critical,"the table items is not followed: a column is gone","mend it")', 'a table that is not followed') FROM report.source_health WHERE source = 'demo';
DELETE FROM everarchive.source_table;
SELECT everarchive.source_set_state('demo', 'streaming', 'connection refused', 'look at its server') \g /dev/null
SELECT is(pg_temp.health(), 'warning: connection refused', 'a trouble that passes');
UPDATE everarchive.source_progress SET seen_at = now() - interval '6 minutes' WHERE source_id = :source_id;
SELECT matches(pg_temp.health(), '^critical: connection refused', 'and one that does not');
UPDATE everarchive.source_progress SET seen_at = now() WHERE source_id = :source_id;
SELECT everarchive.source_pause('demo') \g /dev/null
SELECT matches(pg_temp.health(), '^warning: paused since ', 'paused');
SELECT everarchive.source_resume('demo'), everarchive.source_set_state('demo', 'position_lost', 'the binary log is gone', 'everarchive source resync demo') \g /dev/null
SELECT is((grade, what, hint)::text, '(critical,"the binary log is gone","everarchive source resync demo")', 'a lost position, and what mends it') FROM report.source_health WHERE source = 'demo';
SELECT everarchive.source_set_state('demo', 'stopped', 'no such table', 'mend it') \g /dev/null
UPDATE everarchive.source_progress SET log_state = 'lost' WHERE source_id = :source_id;
SELECT matches(pg_temp.health(), '^critical: no such table; its replication slot is lost', 'several troubles in one row, the first first');

SELECT * FROM finish();
ROLLBACK;
