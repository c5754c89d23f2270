-- The mapping step: what makes a version, what makes none, and what goes to quarantine.
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

SELECT plan(51);
CREATE FUNCTION pg_temp.refreshed(kind text, VARIADIC keys text[]) RETURNS text LANGUAGE sql AS $$
    SELECT r.versions || ' ' || r.quarantined
    FROM everarchive.source s, everarchive.refresh(s.source_id, $1, $2) r WHERE s.name = 'demo'
$$;
CREATE FUNCTION pg_temp.waiting() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM everarchive.touched $$;

SELECT throws_ok(format('SELECT everarchive.refresh(%s, ''bib'', ''{1}'')', :source_id), '55000', 'the mirror of source "demo" is not complete',
    'nothing is mapped from a mirror that is not complete');
UPDATE everarchive.source_progress SET position = '0-1-100', commit_time = '2026-01-02 03:04:05+00' WHERE source_id = :source_id;
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Title ' || i) FROM generate_series(1, 5) i;

SELECT is(pg_temp.refreshed('bib', '1', '2', '3', '3', '99'), '3 0', 'new keys make a version each; a key twice one; an unknown key none');
SELECT is((key, n, deleted, record ->> '245$a', attributes)::text, '(1,1,f,"Title 1","{""framework"": ""BKS""}")', 'the entity has its newest version')
FROM everarchive.entity WHERE source_id = :source_id AND key = '1';
SELECT is(convert_from(v.captured, 'UTF8'), pg_temp.marcxml('Title 1'), 'captured bytes are kept exactly')
FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) WHERE e.key = '1' AND e.source_id = :source_id;
SELECT is((v.format, v.position, v.commit_time AT TIME ZONE 'UTC')::text, '(marcxml,0-1-100,"2026-01-02 03:04:05")', 'position and commit time are those of the source')
FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) WHERE e.key = '1' AND e.source_id = :source_id;
SELECT is(pg_temp.refreshed('bib', '1', '2', '3'), '0 0', 'unchanged entities make no version');

UPDATE demo_mirror.biblio SET metadata = pg_temp.marcxml('Changed') WHERE id = 2;
SELECT is(pg_temp.refreshed('bib', '1', '2', '3'), '1 0', 'a changed one makes one');
SELECT is(n, 2, 'its number goes on') FROM everarchive.entity WHERE source_id = :source_id AND key = '2';
UPDATE demo_mirror.biblio SET metadata = replace(metadata, '><', '>' || chr(10) || '<') WHERE id = 2;
SELECT is(pg_temp.refreshed('bib', '2'), '0 0', 'another layout of the same content makes none');

-- Deletes.
DELETE FROM demo_mirror.biblio WHERE id = 2;
SELECT is(pg_temp.refreshed('bib', '2'), '1 0', 'a deleted one gets a tombstone');
SELECT is((v.n, v.deleted, v.format, v.captured IS NULL)::text, '(3,t,none,t)', 'the tombstone has no content')
FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) WHERE e.key = '2' AND e.source_id = :source_id AND v.n = 3;
SELECT is((n, deleted, record ->> '245$a')::text, '(3,t,Changed)', 'the entity keeps its last record')
FROM everarchive.entity WHERE source_id = :source_id AND key = '2';
SELECT is(pg_temp.refreshed('bib', '2'), '0 0', 'deleted once is enough');
INSERT INTO demo_mirror.biblio VALUES (2, pg_temp.marcxml('Changed'));
SELECT is(pg_temp.refreshed('bib', '2'), '1 0', 'created again with the same content it is a new version');
SELECT is((n, deleted)::text, '(4,f)', 'numbers go on') FROM everarchive.entity WHERE source_id = :source_id AND key = '2';
UPDATE demo_mirror.biblio SET suppressed = true WHERE id = 3;
SELECT is(pg_temp.refreshed('bib', '3'), '1 0', 'marked as deleted by the system is a change');
SELECT is((v.deleted, v.format)::text, '(t,marcxml)', 'such a version has its content')
FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) WHERE e.key = '3' AND e.source_id = :source_id AND v.n = 2;
DELETE FROM demo_mirror.biblio WHERE id = 3;
SELECT is(everarchive.source_remap('demo'), (SELECT count(*) FROM everarchive.entity WHERE source_id = :source_id), 'remap takes it still');
DELETE FROM everarchive.touched;
SELECT is(pg_temp.refreshed('bib', '3'), '1 0', 'and gone afterwards it gets its tombstone');
SELECT is((v.n, v.deleted, v.format)::text, '(3,t,none)', 'as any other')
FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) WHERE e.key = '3' AND e.source_id = :source_id AND v.n = e.n;
SELECT is(pg_temp.refreshed('bib', '3'), '0 0', 'once');
SELECT is(everarchive.source_remap('demo'), (SELECT count(*) - 1 FROM everarchive.entity WHERE source_id = :source_id), 'then remap leaves it');
DELETE FROM everarchive.touched;
SELECT is((SELECT array_agg((l.objid::bigint - :source_id * 16)::integer ORDER BY l.objid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 1163280722 AND l.pid = pg_backend_pid()),
    (SELECT array_agg(DISTINCT hashtext(k) & 15 ORDER BY hashtext(k) & 15) FROM unnest('{1,2,3,99}'::text[]) k), 'each key is mapped under the lock of its part');

-- What the reader cannot keep: the digest is over the bytes too.
INSERT INTO demo_mirror.biblio VALUES (50, replace(pg_temp.marcxml('Lossy'), '</leader>', '</leader><note>one</note>'));
SELECT is(pg_temp.refreshed('bib', '50'), '1 0', 'a record of which something is lost in reading');
UPDATE demo_mirror.biblio SET metadata = replace(metadata, 'one', 'two') WHERE id = 50;
SELECT is(pg_temp.refreshed('bib', '50') || ', ' || pg_temp.refreshed('bib', '50'), '1 0, 0 0', 'makes a version when that changes, and only then');

-- What cannot be read.
UPDATE demo_mirror.biblio SET metadata = '<record><leader>' WHERE id = 4;
SELECT is(pg_temp.refreshed('bib', '4', '5'), '1 1', 'an unreadable one goes to quarantine, the other goes on');
SELECT is((stage, kind, key, convert_from(bytes, 'UTF8'), attempts, position)::text, '(map,bib,4,<record><leader>,1,0-1-100)', 'with its bytes')
FROM everarchive.quarantine WHERE source_id = :source_id AND resolved_at IS NULL;
SELECT is(pg_temp.refreshed('bib', '4'), '0 1', 'it stays there');
SELECT is((count(*), max(attempts))::text, '(1,2)', 'as one row that counts') FROM everarchive.quarantine WHERE source_id = :source_id;
UPDATE demo_mirror.biblio SET metadata = pg_temp.marcxml('Good') WHERE id = 4;
SELECT quarantine_id FROM everarchive.quarantine WHERE source_id = :source_id \gset
SELECT is(everarchive.quarantine_retry(:quarantine_id), 'mended', 'mended in the system, a retry maps it');
SELECT throws_ok(format('SELECT everarchive.quarantine_retry(%s)', :quarantine_id), '55000', NULL, 'a resolved row is not retried');
UPDATE demo_mirror.biblio SET metadata = 'junk' WHERE id = 4;
SELECT is(pg_temp.refreshed('bib', '4'), '0 1', 'unreadable again');
SELECT is((n, deleted)::text, '(1,f)', 'the entity stays in its last good version') FROM everarchive.entity WHERE source_id = :source_id AND key = '4';
DELETE FROM demo_mirror.biblio WHERE id = 4;
SELECT is(pg_temp.refreshed('bib', '4'), '1 0', 'and deleted');
SELECT is(array_agg(resolution ORDER BY quarantine_id), '{mended,superseded}', 'what was deleted is superseded')
FROM everarchive.quarantine WHERE source_id = :source_id;

-- An error while mapping: halved until the key stands alone.
INSERT INTO demo_mirror.biblio SELECT i, pg_temp.marcxml('Many ' || i) FROM generate_series(100, 199) i;
ALTER VIEW demo_mirror.item RENAME TO item_good;
CREATE VIEW demo_mirror.item AS
    SELECT i.key1, i.parent_key, i.record, i.problem, i.captured, i.format,
           i.attributes || jsonb_build_object('share', 100 / (i.key1 - 150)) AS attributes, i.deleted
    FROM demo_mirror.item_good i;
INSERT INTO demo_mirror.items SELECT i, 1, 'CPL', 'b' || i FROM generate_series(100, 199) i;
SELECT is((r.versions, r.quarantined)::text, '(99,1)', 'an exception quarantines its key, the other 99 go on')
FROM (SELECT array_agg(i::text) AS keys FROM generate_series(100, 199) i) k, everarchive.refresh(:source_id, 'item', k.keys) r;
SELECT is((key, sqlstate, message)::text, '(150,22012,"division by zero")', 'with the error') FROM everarchive.quarantine
WHERE source_id = :source_id AND resolved_at IS NULL;
SELECT is(pg_temp.refreshed('item', 'no number', '100'), '0 1', 'a key that is no number goes to quarantine');
SELECT is(pg_temp.refreshed('item', repeat('9', 5000)), '0 1', 'so does one that is longer than an index takes');
SELECT throws_like(format('SELECT everarchive.quarantine_retry(%s)', quarantine_id), 'the key of quarantine row % is too long to be kept whole%', 'that one cannot be tried again by its shortened key')
FROM everarchive.quarantine WHERE source_id = :source_id AND resolved_at IS NULL AND key LIKE '999%';
SELECT is(count(*), 1::bigint, 'and stays open') FROM everarchive.quarantine WHERE source_id = :source_id AND resolved_at IS NULL AND key LIKE '999%';
ALTER VIEW demo_mirror.item RENAME TO item_bad;
SELECT throws_ok(format('SELECT everarchive.refresh(%s, ''item'', ''{100}'')', :source_id), '42P01', NULL, 'a missing view is no fault of the keys: an error');
SELECT throws_ok(format('SELECT everarchive.refresh(%s, ''order'', ''{100}'')', :source_id), '42704', NULL, 'so is a kind that the source has not');
ALTER VIEW demo_mirror.item_good RENAME TO item;

SELECT is(array_agg(c ORDER BY c) FILTER (WHERE everarchive.is_about_data(c)), '{21000,22012,P0001}', 'what the server says of itself is no fault of a key either')
FROM unnest('{22012,P0001,21000,XX000,XX001,57014,53100,40001,42501,55P03,08006}'::text[]) c;

-- Keys of two columns; the last may hold a colon.
INSERT INTO demo_mirror.items VALUES (1, 7, 'A:B', 'x'), (2, 7, '', 'y');
SELECT is(pg_temp.refreshed('holding', '7:A:B', '7:', '7', '8:A'), '2 0', 'composite keys find their rows');
SELECT is(array_agg(key || ' ' || parent_key ORDER BY key), '{"7: 7","7:A:B 7"}', 'and belong to their bib')
FROM everarchive.entity WHERE source_id = :source_id AND kind = 'holding';
SELECT is(pg_temp.refreshed('item', '1'), '1 0', 'an item');
UPDATE demo_mirror.items SET biblio = 8 WHERE id = 1;
SELECT is(pg_temp.refreshed('item', '1'), '1 0', 'moved to another bib it is a new version');

-- By way of touched.
INSERT INTO everarchive.touched (source_id, kind, key)
SELECT :source_id, 'bib', i::text FROM generate_series(100, 199) i, generate_series(1, 3);
DO $$
DECLARE
    step  record;
    total integer := 0;
BEGIN
    LOOP
        SELECT m.* INTO step FROM everarchive.source s, everarchive.map_touched(s.source_id, 7) m WHERE s.name = 'demo';
        EXIT WHEN step.keys = 0;
        total := total + step.versions;
    END LOOP;
    PERFORM set_config('demo.total', total::text, true);
END
$$;
SELECT is(current_setting('demo.total'), '100', 'map_touched maps each key, in steps');
SELECT is(pg_temp.waiting(), 0::bigint, 'nothing waits afterwards');
SELECT is((c.entities, c.deleted, c.versions), (SELECT (count(*), count(*) FILTER (WHERE deleted), sum(n)::bigint) FROM everarchive.entity WHERE source_id = :source_id),
    'the counts are those of the rows')
FROM (SELECT sum(entities)::bigint AS entities, sum(deleted)::bigint AS deleted, sum(versions)::bigint AS versions
      FROM everarchive.entity_count WHERE source_id = :source_id) c;

SELECT * FROM finish();
ROLLBACK;
