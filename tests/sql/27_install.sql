-- Installing where others may create functions in the schema of marc: no name of the extension binds to theirs.
\set ECHO none
\set QUIET 1
\set ON_ERROR_STOP 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
SELECT n.nspname AS marc FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'marc' \gset

-- Each fits better than what is meant, if its schema is in the path.
CREATE FUNCTION :"marc".format(text, bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'taken over' $$;
CREATE FUNCTION :"marc".round(numeric, bigint) RETURNS numeric LANGUAGE sql AS $$ SELECT 0 $$;
CREATE FUNCTION :"marc".taken_over(marc, marc) RETURNS text LANGUAGE sql AS $$ SELECT 'taken over' $$;
CREATE OPERATOR :"marc".->> (LEFTARG = marc, RIGHTARG = marc, FUNCTION = :"marc".taken_over);
CREATE EXTENSION IF NOT EXISTS everarchive;

SELECT plan(4);
-- RESTRICT: refused if anything uses it.
SELECT lives_ok(format('DROP OPERATOR %I.->> (marc, marc)', :'marc'::text), 'no view uses an operator of someone else');
SELECT lives_ok(format('DROP FUNCTION %I.format(text, bigint), %1$I.round(numeric, bigint)'::text, :'marc'::text), 'nor a function');
SELECT is((SELECT string_agg(DISTINCT pg_describe_object(d.refclassid, d.refobjid, 0), ', ')
           FROM pg_depend d
           WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass) AND d.deptype = 'n'
             AND (d.classid, d.objid) IN (
                 SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
                 WHERE c.relnamespace IN ('everarchive'::regnamespace, 'report'::regnamespace)
                 UNION ALL SELECT 'pg_class'::regclass, c.oid FROM pg_class c WHERE c.relnamespace = 'everarchive'::regnamespace
                 UNION ALL SELECT 'pg_constraint'::regclass, c.oid FROM pg_constraint c WHERE c.connamespace = 'everarchive'::regnamespace)
             AND NOT EXISTS (
                 SELECT 1 FROM pg_depend m JOIN pg_extension e ON m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid
                 WHERE m.deptype = 'e' AND m.classid = d.refclassid AND m.objid = d.refobjid AND e.extname IN ('marc', 'everarchive'))),
    NULL, 'all that views, tables and constraints use is of PostgreSQL, marc or everarchive');
SELECT is((SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'everarchive.entity'::regclass AND attname = 'record'), 'marc', 'the record is a marc');

SELECT * FROM finish();
ROLLBACK;
