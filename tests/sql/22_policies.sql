-- Targets and policies: what is refused, what is queued, and what a condition that fails does.
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
UPDATE everarchive.source_progress SET position = '0-1-1' WHERE source_id = :source_id;
CREATE FUNCTION pg_temp.refreshed(kind text, VARIADIC keys text[]) RETURNS text LANGUAGE sql AS $$
    SELECT r.versions || ' ' || r.quarantined
    FROM everarchive.source s, everarchive.refresh(s.source_id, $1, $2) r WHERE s.name = 'demo'
$$;
CREATE FUNCTION pg_temp.queued(policy text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(e.key || 'v' || v.n, ' ' ORDER BY e.kind, e.key, v.n), '')
    FROM everarchive.policy p JOIN everarchive.submission q USING (policy_id)
    JOIN everarchive.version v USING (version_id) JOIN everarchive.entity e USING (entity_id)
    WHERE p.name = $1
$$;

SELECT throws_ok($$SELECT everarchive.target_add('a', 'srv/archive')$$, '22023', NULL, 'an address without a scheme is refused');
SELECT throws_ok($$SELECT everarchive.target_add('a', 'dir:archive')$$, '22023', NULL, 'so is a path that is not absolute');
SELECT throws_ok($$SELECT everarchive.target_add('a', 'https://me:geheim@host/x')$$, '22023', 'the address of target "a" holds a password', 'so is a password');
SELECT throws_ok($$SELECT everarchive.target_add('a', 'dir:/srv/a', '{"segment_size": 5}')$$, '22023', 'a target has no setting "segment_size"', 'so is an unknown setting');
SELECT throws_ok($$SELECT everarchive.target_add('a', 'dir:/srv/a', '{"segment_versions": 0}')$$, '22023', 'setting segment_versions cannot be 0', 'and one out of bounds');
SELECT lives_ok($$SELECT everarchive.target_add('demo-a', 'dir:/srv/a', '{"segment_seconds": 0}')$$, 'a target is added');
SELECT throws_ok($$SELECT everarchive.target_add('demo-a', 'dir:/srv/a')$$, '42710', 'there is a target "demo-a" already', 'once only');

SELECT lives_ok($$SELECT everarchive.policy_check('true')$$, 'true is a condition');
SELECT lives_ok($$SELECT everarchive.policy_check('kind = ''bib'' AND record ->> ''245$a'' LIKE ''T%'' AND NOT deleted')$$, 'a condition uses the operators of marc');
SELECT throws_ok($$SELECT everarchive.policy_check('n > 1 -- comment')$$, '22023', NULL, 'a comment at its end is refused');
SELECT throws_ok(format('SELECT everarchive.policy_check(%L)', c), '22023', NULL, 'refused: ' || c)
FROM unnest(ARRAY['1', 'no_such_column = 1', 'kind =', 'true) OR (true', 'true; DROP TABLE everarchive.policy',
                  'EXISTS (SELECT 1 FROM pg_authid)', 'count(*) > 1']) c;
SELECT throws_ok($$SELECT everarchive.policy_check(NULL)$$, '22023', NULL, 'refused: null');
SELECT throws_ok($$SELECT everarchive.policy_add('p', 'nowhere')$$, '42704', 'there is no target "nowhere"', 'a policy needs its target');

-- Backfill: the newest version of what is there.
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Title ' || i) FROM generate_series(1, 3) i;
SELECT pg_temp.refreshed('bib', '1', '2', '3') AS done \gset
UPDATE demo_mirror.biblio SET metadata = pg_temp.marcxml('Other ' || id) WHERE id <= 2;
SELECT pg_temp.refreshed('bib', '1', '2', '3') AS done \gset
SELECT everarchive.policy_add('all', 'demo-a') AS policy_all \gset
SELECT is(pg_temp.queued('all'), '1v2 2v2 3v1', 'adding a policy queues the newest version of each entity');
SELECT is((SELECT count(*) FROM pg_locks WHERE relation = 'everarchive.entity'::regclass AND mode = 'ShareLock' AND pid = pg_backend_pid()), 1::bigint,
    'while no version is made');
INSERT INTO demo_mirror.biblio VALUES (4, pg_temp.marcxml('Title 4'));
SELECT is(pg_temp.refreshed('bib', '1', '4'), '1 0', 'a new version');
SELECT is(pg_temp.queued('all'), '1v2 2v2 3v1 4v1', 'is queued as it is made');
SELECT everarchive.policy_add('again', 'demo-a', 'kind = ''bib''') \g /dev/null
SELECT is(pg_temp.queued('again'), '', 'a version goes to a target once: the first policy wins');

SELECT everarchive.target_add('demo-b', 'dir:/srv/b') AS target_b \gset
SELECT everarchive.policy_add('titles', 'demo-b', 'record ->> ''245$a'' LIKE ''Title%''', 'object') \g /dev/null
SELECT is(pg_temp.queued('titles'), '3v1 4v1', 'a condition selects');
SELECT is(array_agg(DISTINCT packing), '{object}', 'and its packing is kept with the submission') FROM everarchive.submission WHERE target_id = :target_b;
SELECT everarchive.policy_enable('titles', false) \g /dev/null
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Title ' || i) FROM generate_series(5, 6) i;
SELECT is(pg_temp.refreshed('bib', '5'), '1 0', 'while a policy is off');
SELECT is(pg_temp.queued('titles'), '3v1 4v1', 'nothing is queued by it');
SELECT everarchive.policy_enable('titles', true) \g /dev/null
SELECT is(pg_temp.queued('titles'), '3v1 4v1 5v1', 'switched on it queues what came meanwhile');

-- A condition that fails for one version.
SELECT everarchive.target_add('demo-c', 'dir:/srv/c') \g /dev/null
SELECT everarchive.policy_add('fails', 'demo-c', '100 / (key::integer - 7) <> 0 AND kind = ''bib''') \g /dev/null
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Seven ' || i) FROM generate_series(7, 8) i;
SELECT is(pg_temp.refreshed('bib', '6', '7', '8'), '3 0', 'a condition that fails stops no version');
SELECT is(pg_temp.queued('fails'), '1v2 2v2 3v1 4v1 5v1 6v1 8v1', 'the others are queued');
SELECT is((stage, key, sqlstate)::text, '(policy,7,22012)', 'the one that failed is in quarantine')
FROM everarchive.quarantine WHERE source_id = :source_id AND resolved_at IS NULL;
UPDATE everarchive.policy SET condition = 'true' WHERE name = 'fails';
SELECT is(everarchive.quarantine_retry(quarantine_id), 'retried', 'with a better condition a retry queues it')
FROM everarchive.quarantine WHERE source_id = :source_id AND resolved_at IS NULL;
SELECT is(pg_temp.queued('fails'), '1v2 2v2 3v1 4v1 5v1 6v1 7v1 8v1', 'so that nothing is missing');

-- A condition gets into the table only when it passes, whoever writes it.
CREATE ROLE demo_operator IN ROLE everarchive_operator;
SELECT format('GRANT demo_operator TO %I', current_user) AS sql WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec
SET LOCAL ROLE demo_operator;
SELECT throws_ok($$INSERT INTO everarchive.policy (name, target_id, condition) SELECT 'evil', target_id, 'true) OR (true' FROM everarchive.target LIMIT 1$$,
    '22023', NULL, 'an operator inserts no condition that policy_check refuses');
SELECT throws_ok($$UPDATE everarchive.policy SET condition = 'pg_read_file(''/etc/passwd'') IS NULL' WHERE name = 'fails'$$,
    '22023', NULL, 'nor changes one to such');
SELECT lives_ok($$UPDATE everarchive.policy SET condition = 'kind = ''bib''' WHERE name = 'fails'$$, 'a good one may be changed');
SELECT throws_ok($$UPDATE everarchive.policy SET name = 'x' WHERE name = 'fails'$$, '42501', NULL, 'nothing else of a policy');
RESET ROLE;
SELECT lives_ok($$UPDATE everarchive.policy SET condition = 'no_such_column' WHERE name = 'fails'$$, 'who owns the table may load what a dump has');
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Nine ' || i) FROM generate_series(9, 10) i;
SELECT is(pg_temp.refreshed('bib', '9', '10'), '2 0', 'and that stops no version either');
SELECT is(array_agg(key || ' ' || sqlstate ORDER BY key), '{"10 42703","9 42703"}', 'but all go to quarantine') FROM everarchive.quarantine
WHERE source_id = :source_id AND stage = 'policy' AND resolved_at IS NULL;
-- 3F000, a missing schema: in a mapping view it stops mapping until somebody mends it; here it is the condition's own.
UPDATE everarchive.quarantine SET resolved_at = now(), resolution = 'discarded' WHERE resolved_at IS NULL;
UPDATE everarchive.policy SET condition = 'has_schema_privilege(''gone'' || key, ''usage'')' WHERE name = 'fails';
INSERT INTO demo_mirror.biblio VALUES (11, pg_temp.marcxml('Eleven'));
SELECT is(pg_temp.refreshed('bib', '11'), '1 0', 'a condition that raises what stops mapping elsewhere stops no version');
SELECT is(array_agg(key || ' ' || sqlstate), '{"11 3F000"}', 'its entity is in quarantine') FROM everarchive.quarantine WHERE source_id = :source_id AND stage = 'policy' AND resolved_at IS NULL;
SELECT lives_ok($$SELECT everarchive.policy_enable('fails', false)$$, 'it is switched off');

-- What a condition names is asked again whenever it is used: here somebody makes a function that fits it better.
UPDATE everarchive.policy SET condition = 'left(record ->> ''245$a'', 5::smallint) = ''Title''' WHERE name = 'titles';
UPDATE everarchive.quarantine SET resolved_at = now(), resolution = 'discarded' WHERE resolved_at IS NULL;
SELECT n.nspname AS marc FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'marc' \gset
CREATE TABLE demo_mirror.ran (by text);
CREATE FUNCTION :"marc".left(text, smallint) RETURNS text LANGUAGE sql AS $$ INSERT INTO demo_mirror.ran VALUES (current_user); SELECT 'Title' $$;
UPDATE demo_mirror.biblio SET metadata = pg_temp.marcxml('Title twelve') WHERE id = 3;
SELECT is(pg_temp.refreshed('bib', '3'), '1 0', 'with a function of someone else in the way a version is made');
SELECT is((SELECT count(*) FROM demo_mirror.ran), 0::bigint, 'the function never runs');
SELECT is(array_agg(key || ' ' || sqlstate), '{"3 42000"}', 'the entity is in quarantine') FROM everarchive.quarantine WHERE source_id = :source_id AND stage = 'policy' AND resolved_at IS NULL;
SELECT throws_ok($$SELECT everarchive.policy_check('left(key, 5::smallint) = ''x''')$$, '22023', NULL, 'and no policy with it is taken');

SELECT * FROM finish();
ROLLBACK;
