-- What the catalogue must say of both extensions: labels, comments, privileges. Runs in a database that has pgtap; makes
-- the extensions in a transaction and takes them away again.
\set ECHO none
\set QUIET 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;

CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
SELECT count(*) > 0 AS with_everarchive FROM pg_available_extensions WHERE name = 'everarchive' \gset
\if :with_everarchive
CREATE EXTENSION IF NOT EXISTS everarchive;
\endif

CREATE TEMP VIEW member AS
SELECT e.extname, d.classid, d.objid, d.objsubid, pg_describe_object(d.classid, d.objid, d.objsubid) AS name
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE d.deptype = 'e' AND e.extname IN ('marc', 'everarchive');

CREATE TEMP VIEW member_function AS
SELECT m.extname, m.name, p.* FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid;

SELECT plan(22);

SELECT cmp_ok((SELECT count(*) FROM member_function WHERE extname = 'marc'), '>=', 30::bigint, 'marc has its functions');

SELECT is_empty($$
	SELECT name FROM member_function WHERE provolatile = 'i' AND proparallel <> 's'
$$, 'an immutable function is parallel safe');

SELECT is_empty($$
	SELECT name FROM member_function
	WHERE extname = 'marc' AND prokind = 'f' AND NOT proisstrict AND proname !~ '_agg_(add|end)$'
	AND proname NOT IN ('marc_from_iso2709', 'marc_to_aleph', 'marc_read_file', 'marc_validate', 'marc_is_valid',
		'marc_to_iso2709', 'marc_to_xml', 'marc_to_json', 'marc_to_json_text', 'marc_merge', 'marc_merge_explain', 'marc_diff', 'marc_diff_text',
		'marc_new', 'marc_set', 'marc_set_leader', 'marc_replace', 'marc_delete', 'marc_add', 'marc_append', 'marc_sort', 'marc_keep')
$$, 'every function of marc is strict, except those with optional arguments, the edits, which a null must not undo, and the parts of aggregates');

SELECT is_empty($$
	SELECT name FROM member_function WHERE extname = 'marc' AND provolatile <> 'i' AND proname <> 'marc_read_file'
	AND NOT 'internal'::regtype = ANY (proargtypes::oid[])
$$, 'every function of marc that a query can call is immutable, except the one that reads a file');

SELECT results_eq($$
	SELECT provolatile::text, proparallel::text, has_function_privilege('public', oid, 'EXECUTE'),
		has_function_privilege('pg_read_server_files', oid, 'EXECUTE')
	FROM member_function WHERE proname = 'marc_read_file'
$$, $$VALUES ('v', 'r', false, true)$$, 'server files are read by the role for it only');

SELECT is_empty($$
	SELECT name FROM member_function WHERE proleakproof
$$, 'no function is leakproof: each may name the value in an error');

SELECT is_empty($$
	SELECT f.name FROM member_function f JOIN pg_language l ON l.oid = f.prolang
	WHERE l.lanname = 'c' AND f.prosrc !~ '^(marc|everarchive)_'
$$, 'C functions have our prefix');

SELECT is_empty($$
	SELECT name FROM member_function WHERE prosecdef AND NOT coalesce(proconfig::text ~ 'search_path', false)
$$, 'a function with the rights of its owner has a fixed search path');

-- Row types, array types and TOAST tables belong to their table; indexes and sequences of identity columns to theirs.
SELECT is_empty($$
	SELECT m.extname, m.name FROM member m
	WHERE m.classid <> 'pg_am'::regclass
	AND obj_description(m.objid, m.classid::regclass::name) IS NULL
	AND NOT EXISTS (SELECT FROM pg_type t WHERE m.classid = 'pg_type'::regclass AND t.oid = m.objid
		AND (t.typelem <> 0 OR t.typrelid <> 0))
	AND NOT EXISTS (SELECT FROM pg_class c WHERE m.classid = 'pg_class'::regclass AND c.oid = m.objid
		AND c.relkind IN ('i', 'S', 't'))
	AND m.classid NOT IN ('pg_amop'::regclass, 'pg_amproc'::regclass)
$$, 'every object of the extensions has a comment');

SELECT is_empty($$
	SELECT m.name, d.description FROM member m JOIN pg_description d
		ON d.classoid = m.classid AND d.objoid = m.objid AND d.objsubid = 0
	WHERE d.description ~ '\.$'
$$, 'no comment ends with a full stop');

SELECT is_empty($$
	SELECT name FROM member_function
	WHERE extname = 'marc' AND proname <> 'marc_read_file' AND NOT has_function_privilege('public', oid, 'EXECUTE')
$$, 'everyone may call the other functions of marc');

-- What the planner and the indexes call.
SELECT is_empty($$
	SELECT name FROM member_function WHERE extname = 'marc' AND proparallel <> 's' AND proname <> 'marc_read_file'
$$, 'every function and aggregate of marc is parallel safe, support and estimators included, except the one that reads a file');

SELECT is_empty($$
	SELECT name FROM member_function
	WHERE extname = 'marc' AND 'internal'::regtype = ANY (proargtypes::oid[]) AND proname !~ '_agg_(add|end)$' AND NOT proisstrict
$$, 'support functions and estimators are strict');

SELECT is_empty($$
	SELECT m.name, c.opcname FROM member m JOIN pg_opclass c ON m.classid = 'pg_opclass'::regclass AND m.objid = c.oid
	WHERE NOT amvalidate(c.oid)
$$, 'the server finds nothing wrong with an operator class');

SELECT results_eq($$
	SELECT p.amprocnum::integer, f.proname::text COLLATE "default" FROM pg_amproc p JOIN pg_opfamily o ON o.oid = p.amprocfamily JOIN pg_proc f ON f.oid = p.amproc
	WHERE o.opfname = 'marc_gin_ops' ORDER BY 1
$$, $$VALUES (2, 'marc_gin_extract_value'), (3, 'marc_gin_extract_query'), (4, 'marc_gin_consistent'), (5, 'marc_gin_compare_partial'),
	(6, 'marc_gin_triconsistent'), (7, 'marc_gin_options')$$, 'GIN has its support functions: ranges, three-valued logic, options');

SELECT is_empty($$
	SELECT m.name FROM member m JOIN pg_operator o ON m.classid = 'pg_operator'::regclass AND m.objid = o.oid
	WHERE o.oprresult = 'boolean'::regtype AND (o.oprrest = 0 OR o.oprjoin = 0)
$$, 'every operator that selects has estimators');

SELECT results_eq($$
	SELECT o.oprname::text COLLATE "default", o.oprcom::regoper::text ~ '=|<|>', o.oprnegate <> 0, o.oprcanhash, o.oprcanmerge
	FROM member m JOIN pg_operator o ON m.classid = 'pg_operator'::regclass AND m.objid = o.oid
	WHERE o.oprleft = o.oprright ORDER BY o.oprname COLLATE "C"
$$, $$VALUES ('<', true, true, false, false), ('<=', true, true, false, false), ('<>', true, true, false, false), ('=', true, true, true, true),
	('>', true, true, false, false), ('>=', true, true, false, false)$$, 'comparisons have commutators and negators; equality hashes and merges');

SELECT is_empty($$
	SELECT name FROM member_function f
	WHERE extname = 'marc' AND prokind = 'f' AND procost = 1 AND 'marc'::regtype = ANY (proargtypes::oid[])
	AND NOT 'internal'::regtype = ANY (proargtypes::oid[])
$$, 'every function that reads a record says that this costs more than an addition');

SELECT is_empty($$
	SELECT name FROM member_function WHERE extname = 'marc' AND proretset AND prorows = 1000 AND proname !~ '^marc_split'
$$, 'every function that returns rows says how many, unless it takes a file');

SELECT is_empty($$
	SELECT name FROM member_function WHERE extname = 'marc' AND prokind = 'f' AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c')
$$, 'no function of marc depends on a search path: all are in C');

SELECT is_empty($$
	SELECT f.name FROM member_function f LEFT JOIN pg_operator o ON o.oprcode = f.oid
	WHERE f.extname = 'marc' AND f.proargnames IS NULL AND f.pronargs > 0
	AND NOT 'internal'::regtype = ANY (f.proargtypes::oid[]) AND f.proname !~ '_(in|out|send|compare_partial)$'
$$, 'arguments have names');

-- A combine function over internal state needs the means to pass that between processes.
SELECT is_empty($$
	SELECT a.aggfnoid FROM pg_aggregate a JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = a.aggfnoid
	WHERE (a.aggcombinefn <> 0 AND a.aggtranstype = 'internal'::regtype AND (a.aggserialfn = 0 OR a.aggdeserialfn = 0))
	OR (a.aggtranstype <> 'internal'::regtype AND a.aggcombinefn = 0)
$$, 'an aggregate is combined where its state can travel');

SELECT * FROM finish();
ROLLBACK;
