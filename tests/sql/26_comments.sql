-- Every object of the extension says what it is for.
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

SELECT plan(7);
CREATE TEMP VIEW member AS
    SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
    FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE d.deptype = 'e' AND e.extname = 'everarchive';

SELECT ok((SELECT count(*) FROM member) > 80, 'the extension has its objects');
SELECT is((SELECT string_agg(m.name, ', ') FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
           WHERE c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL), NULL, 'each table and view has a comment');
SELECT is((SELECT string_agg(m.name, ', ') FROM member m
           WHERE m.classid = 'pg_proc'::regclass AND obj_description(m.objid, 'pg_proc') IS NULL), NULL, 'each function has a comment');
SELECT is((SELECT string_agg(n, ', ') FROM unnest(ARRAY['everarchive', 'report']) n
           WHERE obj_description(n::regnamespace, 'pg_namespace') IS NULL), NULL, 'each schema has a comment');
SELECT is((SELECT string_agg(r, ', ') FROM unnest(ARRAY['everarchive_reader', 'everarchive_operator', 'everarchive_replicator']) r
           WHERE shobj_description(r::regrole, 'pg_authid') IS NULL), NULL, 'each role has a comment');
SELECT is((SELECT string_agg(m.name || ': ' || d.description, E'\n') FROM member m
           JOIN pg_description d ON d.classoid = m.classid AND d.objoid = m.objid
           WHERE d.description ~ '\.$' OR d.description ~ '^[A-Z][a-z ]'), NULL, 'a comment is one sentence, lower case, no full stop');
-- What is written into a body as a string is looked up when it runs: with the path of the caller if it sets none.
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
           JOIN pg_language l ON l.oid = p.prolang
           WHERE l.lanname IN ('sql', 'plpgsql') AND NOT coalesce(p.proconfig::text, '') LIKE '%search_path=pg_catalog%'
             AND p.proname <> ALL ('{package,package_directory,json_time}')), NULL,
    'each function fixes its search path, but for those that are qualified throughout, to be inlined');

SELECT * FROM finish();
ROLLBACK;
