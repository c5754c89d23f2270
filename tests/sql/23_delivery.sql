-- Packages and delivery: what is in a package, how queued versions are claimed, and what a receipt changes.
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
UPDATE everarchive.source_progress SET position = '0-1-1' WHERE source_id = :source_id; -- the mirror is complete

SELECT plan(58);
CREATE FUNCTION pg_temp.refreshed(kind text, VARIADIC keys text[]) RETURNS text LANGUAGE sql AS $$
    SELECT r.versions || ' ' || r.quarantined
    FROM everarchive.source s, everarchive.refresh(s.source_id, $1, $2) r WHERE s.name = 'demo'
$$;
CREATE FUNCTION pg_temp.states(target integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(state || ' ' || count, ', ' ORDER BY state)
    FROM (SELECT state, count(*) FROM everarchive.submission WHERE target_id = $1 GROUP BY state) s
$$;
CREATE FUNCTION pg_temp.sha() RETURNS text LANGUAGE sql AS $$ SELECT repeat('0a', 64) $$;
-- As if the worker that claimed it had died: the backend of its claim is gone.
CREATE FUNCTION pg_temp.forget() RETURNS void LANGUAGE sql AS $$ UPDATE everarchive.archive_object SET claimed_by = 2147483647 WHERE claimed_by IS NOT NULL $$;

INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Title ' || i) FROM generate_series(1, 10) i;
SELECT pg_temp.refreshed('bib', '1', '2') AS done \gset
DELETE FROM demo_mirror.biblio WHERE id = 2;
SELECT pg_temp.refreshed('bib', '2') AS done \gset
INSERT INTO demo_mirror.items VALUES (1, 1, 'A/B', 'x');
SELECT pg_temp.refreshed('holding', '1:A/B') AS done \gset

-- Packages.
CREATE TEMP VIEW files AS
    SELECT e.kind, e.key, v.n, f.* FROM everarchive.entity e JOIN everarchive.version v USING (entity_id)
    CROSS JOIN LATERAL everarchive.package(v.version_id) f;
SELECT is(array_agg(path ORDER BY path), '{demo/bib/1/v1/entity.json,demo/bib/1/v1/record.xml}', 'the files of a record') FROM files WHERE kind = 'bib' AND key = '1';
SELECT is(convert_from(content, 'UTF8'), pg_temp.marcxml('Title 1'), 'record.xml is what was captured') FROM files WHERE path = 'demo/bib/1/v1/record.xml';
SELECT is(media_type, 'application/marcxml+xml', 'with its media type') FROM files WHERE path = 'demo/bib/1/v1/record.xml';
SELECT is(j ->> 'source' || ' ' || (j ->> 'key') || ' ' || (j ->> 'n') || ' ' || (j ->> 'deleted') || ' ' || (j -> 'attributes' ->> 'framework'), 'demo 1 1 false BKS', 'entity.json says what it is')
FROM (SELECT convert_from(content, 'UTF8')::jsonb AS j FROM files WHERE path = 'demo/bib/1/v1/entity.json') f;
SELECT is(array_agg(path ORDER BY path), '{demo/bib/2/v2/entity.json,demo/bib/2/v2/tombstone.json}', 'the files of a tombstone') FROM files WHERE key = '2' AND n = 2;
SELECT is(j ->> 'last_digest', encode(v.digest, 'hex'), 'it names the content that was deleted')
FROM (SELECT convert_from(content, 'UTF8')::jsonb AS j FROM files WHERE path = 'demo/bib/2/v2/tombstone.json') f,
     everarchive.version v JOIN everarchive.entity e USING (entity_id) WHERE e.key = '2' AND v.n = 1;
SELECT is(array_agg(path ORDER BY path), '{demo/holding/1%3AA%2FB/v1/entity.json}', 'a key is percent-encoded in the path') FROM files WHERE kind = 'holding';
SELECT is(everarchive.package_directory('s', 'bib', k, 1), 's/bib/' || p || '/v1', 'path of the key ' || k)
FROM (VALUES ('..', '%2E.'), ('.hidden', '%2Ehidden'), ('a.b-c_d', 'a.b-c_d'), ('ü', '%C3%BC'), ('%41', '%2541'), ('', '')) c (k, p);
SELECT ok(length(everarchive.package_directory('s', 'bib', repeat('ä', 500), 1)) < 255, 'a long key makes no name that is too long');
SET LOCAL TimeZone = 'Asia/Tokyo';
SELECT md5(content) AS tokyo FROM files WHERE path = 'demo/bib/1/v1/entity.json' \gset
SET LOCAL TimeZone = 'America/Lima';
SELECT is(md5(content), :'tokyo', 'a package is the same in every session') FROM files WHERE path = 'demo/bib/1/v1/entity.json';

-- Segments.
SELECT everarchive.target_add('seg', 'dir:/srv/seg', '{"segment_versions": 3, "segment_seconds": 60}') AS seg \gset
SELECT is(everarchive.claim_packages(:seg), NULL, 'nothing queued: nothing to claim');
SELECT everarchive.policy_add('seg', 'seg', 'kind = ''bib''') \g /dev/null
SELECT is(pg_temp.states(:seg), 'queued 2', 'two versions queue');
SELECT is(everarchive.claim_packages(:seg), NULL, 'too few, and not yet long: nothing to claim');
SELECT pg_temp.refreshed('bib', '3', '4') AS done \gset
SELECT everarchive.target_pause('seg') \g /dev/null
SELECT is(everarchive.claim_packages(:seg), NULL, 'a paused target claims nothing');
SELECT everarchive.target_resume('seg') \g /dev/null
SELECT everarchive.claim_packages(:seg) AS object \gset
SELECT is(pg_temp.states(:seg), 'packaged 3, queued 1', 'enough: the oldest three are a segment');
SELECT is((packing, state, versions, ocfl_version)::text, '(segment,packaged,3,1)', 'as one archive object') FROM everarchive.archive_object WHERE archive_object_id = :object;
SELECT matches(ocfl_id, '^tag:everarchive,2026:[0-9a-f-]{36}/segment/\d+$', 'whose id is a tag URI') FROM everarchive.archive_object WHERE archive_object_id = :object;
SELECT is(everarchive.claim_packages(:seg), NULL, 'what a living worker has is not given out again');
SELECT ok(everarchive.archive_object_renew(:object), 'its worker may renew the claim');
SELECT pg_temp.forget() \g /dev/null
SELECT ok(NOT everarchive.archive_object_renew(:object), 'another may not');
SELECT is(everarchive.claim_packages(:seg), :object::bigint, 'what a dead worker left is given out again, as the same object');
SELECT everarchive.archive_object_fail(:object, 'no space left', 'free some', 3600) \g /dev/null
SELECT is(pg_temp.states(:seg), 'failed 3, queued 1', 'a failure is shown');
SELECT is((t.message, o.attempts)::text, '("no space left",1)', 'with the reason at the target')
FROM everarchive.target t JOIN everarchive.archive_object o USING (target_id) WHERE o.archive_object_id = :object;
SELECT is(everarchive.claim_packages(:seg), NULL, 'and rests until its time has come');
SELECT everarchive.target_resume('seg') \g /dev/null
SELECT is(everarchive.claim_packages(:seg), :object::bigint, 'or until someone says go on');
SELECT throws_ok(format('SELECT everarchive.archive_object_accept(%s, ''x'', ''abc'', 1)', :object), '22023', NULL, 'a receipt needs a SHA-512');
SELECT throws_ok(format('SELECT everarchive.archive_object_verify(%s, true)', :object), '55000', NULL, 'not accepted, not verified');
SELECT everarchive.archive_object_accept(:object, 'a/b/c', pg_temp.sha(), 1000) \g /dev/null
SELECT everarchive.archive_object_accept(:object, 'a/b/c', pg_temp.sha(), 1000) \g /dev/null
SELECT is(pg_temp.states(:seg), 'accepted 3, queued 1', 'accepted');
SELECT is((SELECT count(*) FROM everarchive.receipt WHERE archive_object_id = :object), 1::bigint, 'said twice, one receipt');
SELECT pg_temp.forget() \g /dev/null
SELECT is(everarchive.claim_packages(:seg), :object::bigint, 'accepted and never verified: given out again');
SELECT everarchive.archive_object_verify(:object, false, 'file x differs') \g /dev/null
SELECT is(pg_temp.states(:seg), 'failed 3, queued 1', 'read back and bad: failed, to be written again');
SELECT everarchive.target_resume('seg') \g /dev/null
SELECT everarchive.claim_packages(:seg) AS object \gset
SELECT everarchive.archive_object_accept(:object, 'a/b/c', pg_temp.sha(), 1000) \g /dev/null
SELECT everarchive.archive_object_verify(:object, true, '5 files') \g /dev/null
SELECT is(pg_temp.states(:seg), 'queued 1, verified 3', 'read back and good: verified');
SELECT is(string_agg(type || ' ' || outcome, ', ' ORDER BY event_id), 'creation success, ingestion success, fixity check failure, ingestion success, fixity check success', 'all of it is in the events')
FROM everarchive.event WHERE archive_object_id = :object;
SELECT throws_ok(format('SELECT everarchive.archive_object_fail(%s, ''x'', ''y'', 1)', :object), '55000', NULL, 'what is verified does not fail any more');
UPDATE everarchive.submission SET queued_at = now() - interval '2 minutes' WHERE target_id = :seg AND state = 'queued';
SELECT ok(everarchive.claim_packages(:seg) > :object, 'what waited long enough is a segment, few as it is');

-- Objects.
SELECT everarchive.target_add('obj', 'dir:/srv/obj') AS obj \gset
SELECT everarchive.policy_add('obj', 'obj', 'kind = ''holding''', 'object') \g /dev/null
SELECT everarchive.claim_packages(:obj) AS first \gset
INSERT INTO demo_mirror.items VALUES (2, 1, 'A/B', 'y');
SELECT pg_temp.refreshed('holding', '1:A/B') AS done \gset
SELECT is(everarchive.claim_packages(:obj), NULL, 'version 2 of an object waits for version 1');
SELECT everarchive.archive_object_accept(:first, 'o', pg_temp.sha(), 1) \g /dev/null
SELECT everarchive.archive_object_verify(:first, true) \g /dev/null
SELECT is(regexp_replace(ocfl_id, '2026:[^/]*', '') || ' ' || ocfl_version, 'tag:everarchive,/demo/holding/1%3AA%2FB 2', 'then it comes, as the next version of the same OCFL object')
FROM everarchive.archive_object WHERE archive_object_id = everarchive.claim_packages(:obj);

-- What is preserved: the default, and a view of the library's own.
CREATE SCHEMA library;
CREATE VIEW library."Package" AS
    SELECT f.version_id, f.path, f.media_type, f.content FROM everarchive.package_file f
    UNION ALL
    SELECT v.version_id, 'notes/' || v.version_id || '.txt', 'text/plain', convert_to('a note', 'UTF8') FROM everarchive.version v;
CREATE VIEW library.short AS SELECT 1::bigint AS version_id, 'x'::text AS path, 'x'::text AS content;
CREATE FUNCTION pg_temp.package_view(target integer, view text) RETURNS void LANGUAGE sql AS $$
    UPDATE everarchive.target SET settings = settings || jsonb_build_object('package_view', $2) WHERE target_id = $1
$$;
-- Runs the statement as delivery does.
CREATE FUNCTION pg_temp.packed(target integer, object bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT coalesce(p.path, ''nothing'') FROM (' || everarchive.package_statement(target) || ') p' USING object;
END
$$;
SELECT is((SELECT array_agg(p ORDER BY p) FROM pg_temp.packed(:obj, :first) p), '{demo/holding/1%3AA%2FB/v1/entity.json}', 'package_statement: the files of the default view');
SELECT pg_temp.package_view(:obj, 'library."Package"') \g /dev/null
SELECT is((SELECT count(*) FROM pg_temp.packed(:obj, :first) p WHERE p LIKE 'notes/%'), 1::bigint, 'package_statement: a view of the library''s own, its name quoted');
SELECT is((SELECT count(*) FROM pg_temp.packed(:seg, :object) p WHERE p LIKE 'notes/%'), 0::bigint, 'only for its target');
SELECT throws_ok('SELECT everarchive.package_statement(-1)', '42704', NULL, 'package_statement: there must be such a target');
SELECT pg_temp.package_view(:obj, 'library.none') \g /dev/null
SELECT throws_ok(format('SELECT everarchive.package_statement(%s)', :obj), '42P01', NULL, 'not the name of a view with its schema: "library.none"');
SELECT pg_temp.package_view(:obj, 'package_file') \g /dev/null
SELECT throws_ok(format('SELECT everarchive.package_statement(%s)', :obj), '42P01', NULL, 'not the name of a view with its schema: "package_file"');
SELECT pg_temp.package_view(:obj, 'library.short; DROP TABLE x') \g /dev/null
SELECT throws_ok(format('SELECT everarchive.package_statement(%s)', :obj), '42P01', NULL, 'not the name of a view with its schema: "library.short; DROP TABLE x"');
SELECT pg_temp.package_view(:obj, 'a.b.c') \g /dev/null
SELECT throws_ok(format('SELECT everarchive.package_statement(%s)', :obj), '42P01', NULL, 'not the name of a view with its schema: "a.b.c"');
SELECT pg_temp.package_view(:obj, '') \g /dev/null
SELECT throws_ok(format('SELECT everarchive.package_statement(%s)', :obj), '42P01', NULL, 'not the name of a view with its schema: ""');
SELECT pg_temp.package_view(:obj, 'library.short') \g /dev/null
SELECT throws_ok(format('SELECT everarchive.package_statement(%s)', :obj), '42703', 'the package_view library.short of target "obj" lacks columns: media_type text, content bytea', 'a view without the columns');
CREATE VIEW library.lossy AS SELECT * FROM everarchive.package_file WHERE false;
SELECT pg_temp.package_view(:obj, 'library.lossy') \g /dev/null
SELECT is((SELECT array_agg(p) FROM pg_temp.packed(:obj, :first) p), '{nothing}', 'a version without files is a row, so that it is seen');
UPDATE everarchive.target SET settings = settings - 'package_view' WHERE target_id = :obj;

-- The claim fences results. The checkpointer lives as long as the server: another worker's backend.
INSERT INTO demo_mirror.items VALUES (3, 9, 'C', 'z');
SELECT pg_temp.refreshed('holding', '9:C') AS done \gset
SELECT everarchive.claim_packages(:obj) AS mine \gset
UPDATE everarchive.archive_object SET claimed_by = (SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer') WHERE archive_object_id = :mine;
SELECT throws_ok(format('SELECT everarchive.archive_object_accept(%s, ''o'', pg_temp.sha(), 1)', :mine), '55P03', NULL, 'accept: not by a worker that lost its claim');
SELECT throws_ok(format('SELECT everarchive.archive_object_fail(%s, ''x'', ''y'', 1)', :mine), '55P03', NULL, 'fail: neither');
UPDATE everarchive.archive_object SET claimed_by = pg_backend_pid() WHERE archive_object_id = :mine;
SELECT everarchive.archive_object_accept(:mine, 'o', pg_temp.sha(), 1) \g /dev/null
UPDATE everarchive.archive_object SET claimed_by = (SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer') WHERE archive_object_id = :mine;
SELECT throws_ok(format('SELECT everarchive.archive_object_verify(%s, false)', :mine), '55P03', NULL, 'verify: neither');
UPDATE everarchive.archive_object SET claimed_until = now() - interval '1 hour' WHERE archive_object_id = :mine;
SELECT lives_ok(format('SELECT everarchive.archive_object_verify(%s, true)', :mine), 'a claim whose time is over fences nothing');
UPDATE everarchive.archive_object SET claimed_until = now() + interval '1 hour', claimed_by = (SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer')
WHERE archive_object_id = :mine;
SELECT lives_ok(format('SELECT everarchive.archive_object_verify(%s, true, ''audit'')', :mine), 'an audit of what is verified needs no claim');
SELECT everarchive.archive_object_verify(:mine, false, 'bad'), everarchive.archive_object_accept(:mine, 'o', pg_temp.sha(), 1) \g /dev/null
UPDATE everarchive.archive_object SET attempts = 9 WHERE archive_object_id = :mine;
SELECT everarchive.archive_object_verify(:mine, false, 'bad again') \g /dev/null
SELECT is(next_attempt_at, now() + interval '1 day', 'what is bad again and again is written anew once a day at most') FROM everarchive.archive_object WHERE archive_object_id = :mine;

SELECT * FROM finish();
ROLLBACK;
