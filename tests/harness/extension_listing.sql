-- Everything that the catalogue says of an extension, as lines of text without OIDs: two databases whose listings are equal
-- have the same extension, whether it was installed or updated.
--   psql -XqAt -v extension=NAME -f extension_listing.sql
SET search_path = pg_catalog;

-- A column counted among those that there are: one that an update dropped leaves its number behind.
CREATE FUNCTION pg_temp.place(class oid, object oid, sub integer) RETURNS bigint LANGUAGE sql AS $$
	SELECT CASE WHEN class <> 'pg_class'::regclass OR sub <= 0 THEN sub ELSE
		(SELECT count(*) FROM pg_attribute a WHERE a.attrelid = object AND a.attnum BETWEEN 1 AND sub AND NOT a.attisdropped) END
$$;

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE d.deptype = 'e' AND e.extname = :'extension';

-- What belongs to a member: defaults, constraints, indexes, rules, triggers, array types. Left out: names with OIDs in
-- them, of TOAST tables and of the triggers behind foreign keys.
CREATE TEMP VIEW part AS
WITH RECURSIVE part (classid, objid) AS (
	SELECT classid, objid FROM member
	UNION
	SELECT d.classid, d.objid FROM part p JOIN pg_depend d ON d.refclassid = p.classid AND d.refobjid = p.objid
	WHERE d.deptype IN ('a', 'i')
)
SELECT p.classid, p.objid, pg_describe_object(p.classid, p.objid, 0) AS name FROM part p
WHERE pg_describe_object(p.classid, p.objid, 0) !~ 'pg_toast|RI_ConstraintTrigger';

CREATE TEMP VIEW line (kind, name, says) AS
SELECT 'extension', extname::text, concat_ws(' ', extversion, extnamespace::regnamespace, extrelocatable,
	(SELECT string_agg(relation::regclass || ':' || condition, ', ' ORDER BY relation::regclass::text) FROM unnest(extconfig, extcondition) c (relation, condition)))
FROM pg_extension WHERE extname = :'extension'
UNION ALL
SELECT 'comment', p.name, pg_temp.place(d.classoid, d.objoid, d.objsubid) || ' ' || d.description
FROM part p JOIN pg_description d ON d.classoid = p.classid AND d.objoid = p.objid
UNION ALL
SELECT 'dependency', p.name, concat_ws(' ', d.deptype, pg_temp.place(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid))
FROM part p JOIN pg_depend d ON d.classid = p.classid AND d.objid = p.objid
UNION ALL
SELECT 'initial privileges', p.name, concat_ws(' ', pg_temp.place(i.classoid, i.objoid, i.objsubid), i.privtype, i.initprivs::text)
FROM part p JOIN pg_init_privs i ON i.classoid = p.classid AND i.objoid = p.objid
UNION ALL
SELECT 'function', m.name, concat_ws(' ', pg_get_userbyid(proowner), proacl::text, prokind, prosrc, proleakproof, provolatile, proparallel,
	proisstrict, proretset, procost, prorows, prosupport::regproc, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
	CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END)
FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
UNION ALL
SELECT 'aggregate', m.name, concat_ws(' ', aggkind, aggtransfn::regprocedure, aggfinalfn::regprocedure, aggcombinefn::regprocedure,
	aggserialfn::regprocedure, aggdeserialfn::regprocedure, aggfinalmodify, aggfinalextra, aggtranstype::regtype, aggtransspace,
	coalesce(agginitval, 'null'))
FROM member m JOIN pg_aggregate a ON m.classid = 'pg_proc'::regclass AND m.objid = a.aggfnoid
UNION ALL
SELECT 'operator', m.name, concat_ws(' ', oprcode::regprocedure, oprcom::regoperator, oprnegate::regoperator, oprrest::regprocedure,
	oprjoin::regprocedure, oprcanhash, oprcanmerge, oprresult::regtype)
FROM member m JOIN pg_operator o ON m.classid = 'pg_operator'::regclass AND m.objid = o.oid
UNION ALL
SELECT 'operator class', m.name, concat_ws(' ', opcdefault, opcintype::regtype, opckeytype::regtype)
FROM member m JOIN pg_opclass c ON m.classid = 'pg_opclass'::regclass AND m.objid = c.oid
UNION ALL
SELECT 'operator of a family', m.name, concat_ws(' ', amopstrategy, amoppurpose, amopopr::regoperator, amoplefttype::regtype, amoprighttype::regtype)
FROM member m JOIN pg_amop o ON m.classid = 'pg_opfamily'::regclass AND m.objid = o.amopfamily
UNION ALL
SELECT 'function of a family', m.name, concat_ws(' ', amprocnum, amproc::regprocedure, amproclefttype::regtype, amprocrighttype::regtype)
FROM member m JOIN pg_amproc p ON m.classid = 'pg_opfamily'::regclass AND m.objid = p.amprocfamily
UNION ALL
SELECT 'cast', m.name, concat_ws(' ', castfunc::regprocedure, castcontext, castmethod)
FROM member m JOIN pg_cast c ON m.classid = 'pg_cast'::regclass AND m.objid = c.oid
UNION ALL
SELECT 'type', m.name, concat_ws(' ', pg_get_userbyid(typowner), typacl::text, typtype, typcategory, typispreferred, typlen, typbyval, typdelim,
	typalign, typstorage, typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typcollation, typdefault)
FROM part m JOIN pg_type t ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
UNION ALL
SELECT 'relation', p.name, concat_ws(' ', pg_get_userbyid(relowner), relacl::text, relkind, relpersistence, reloptions::text, relrowsecurity,
	CASE WHEN relkind = 'i' THEN pg_get_indexdef(c.oid) WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)
FROM part p JOIN pg_class c ON p.classid = 'pg_class'::regclass AND p.objid = c.oid
UNION ALL
SELECT 'column', p.name, concat_ws(' ', pg_temp.place('pg_class'::regclass, c.oid, attnum), attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attstorage,
	attcompression_of.value, attacl::text,
	(SELECT string_agg(o, ' ') FROM unnest(attoptions) o WHERE o !~ '^pg_attver='), pg_get_expr(d.adbin, d.adrelid))
FROM part p JOIN pg_class c ON p.classid = 'pg_class'::regclass AND p.objid = c.oid
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	-- The column came with 14. The option pg_attver, of 15.20 and others, counts changes of the table.
	CROSS JOIN LATERAL (SELECT to_jsonb(a) ->> 'attcompression') attcompression_of (value)
UNION ALL
SELECT 'constraint', p.name, pg_get_constraintdef(c.oid) FROM part p JOIN pg_constraint c ON p.classid = 'pg_constraint'::regclass AND p.objid = c.oid
UNION ALL
SELECT 'trigger', p.name, concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled) FROM part p JOIN pg_trigger t ON p.classid = 'pg_trigger'::regclass AND p.objid = t.oid
UNION ALL
SELECT 'schema', m.name, concat_ws(' ', pg_get_userbyid(nspowner), nspacl::text)
FROM member m JOIN pg_namespace n ON m.classid = 'pg_namespace'::regclass AND m.objid = n.oid;

SELECT kind || ': ' || name || ': ' || regexp_replace(coalesce(says, ''), '\s+', ' ', 'g') FROM line ORDER BY kind COLLATE "C", name COLLATE "C", says COLLATE "C";
