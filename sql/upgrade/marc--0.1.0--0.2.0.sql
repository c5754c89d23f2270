\echo Use "ALTER EXTENSION marc UPDATE TO '0.2.0'" to load this file. \quit

-- From 0.1.0 to 0.2.0. Everything is named unqualified: the extension is relocatable, and ALTER EXTENSION puts its schema
-- first in the search path.

-- The stored layout went from version 1 to version 2, and the library reads only the latter. So nothing that is stored may
-- hold a record: no column, no index, no constant in a default or a view. What is looked at, none of it by reading a record:
--   the types that can hold one: arrays, domains, ranges and rows of it, and of those
--   columns of tables and materialised views that have a value
--   indexes that sort by records, unless their table has no page: deleted rows are in them until VACUUM
--   the expression trees of the catalogue, all columns of pg_node_tree: a constant says its type there
-- Statistics of columns keep values, too: they are removed, and come back with the next ANALYZE.
DO $$
DECLARE
	given text := pg_catalog.current_setting('search_path');
	holders oid[];
	held text[] := '{}';
	item record;
	holds boolean;
	more text[];
BEGIN
	IF marc_version() OPERATOR(pg_catalog.=) '0.1.0' THEN
		RAISE EXCEPTION 'the marc library is version 0.1.0, but this script updates to 0.2.0'
			USING HINT = 'Install the extension''s files again with "make -f Makefile.pgxs install", then start a new session.';
	END IF;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	WITH RECURSIVE holder (type) AS (
		SELECT t.oid FROM pg_type t JOIN pg_extension e ON e.extnamespace = t.typnamespace
		WHERE e.extname = 'marc' AND t.typname = 'marc'
		UNION
		SELECT u.type FROM holder h CROSS JOIN LATERAL (
			SELECT d.objid FROM pg_depend d
			WHERE d.classid = 'pg_type'::regclass AND d.refclassid = 'pg_type'::regclass AND d.refobjid = h.type
			UNION ALL
			SELECT c.reltype FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			WHERE a.atttypid = h.type AND NOT a.attisdropped AND c.reltype <> 0
		) u (type)
	)
	SELECT array_agg(type) INTO holders FROM holder;

	FOR item IN
		SELECT c.oid::regclass AS relation, a.attname AS name
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE a.atttypid = ANY (holders) AND NOT a.attisdropped AND c.relispopulated
			AND (c.relkind = 'r' OR c.relkind = 'm') AND NOT pg_is_other_temp_schema(c.relnamespace)
		ORDER BY c.oid::regclass::text, a.attnum
	LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %s WHERE %I IS DISTINCT FROM NULL)', item.relation, item.name) INTO holds;
		IF holds THEN
			held := held || format('column %s of %s', quote_ident(item.name), item.relation);
		END IF;
	END LOOP;

	SELECT array_agg(format('index %s', i.indexrelid::regclass) ORDER BY i.indexrelid::regclass::text) INTO more
	FROM pg_index i
	WHERE pg_relation_size(i.indrelid) > 0
		AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.atttypid = ANY (holders));
	held := held || coalesce(more, '{}');

	FOR item IN
		SELECT c.oid::regclass AS catalog, a.attname AS name,
			CASE c.relname WHEN 'pg_index' THEN 'pg_class' WHEN 'pg_partitioned_table' THEN 'pg_class' ELSE c.relname END AS class,
			CASE c.relname WHEN 'pg_index' THEN 'indexrelid' WHEN 'pg_partitioned_table' THEN 'partrelid' ELSE 'oid' END AS object
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE a.atttypid = 'pg_node_tree'::regtype AND c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r'
	LOOP
		EXECUTE format('SELECT array_agg(pg_describe_object(%L::regclass, %I, 0)) FROM %s WHERE %I::text ~ %L',
			item.class, item.object, item.catalog, item.name, ':consttype (' || array_to_string(holders, '|') || ') [^}]*:constisnull false') INTO more;
		held := held || coalesce(more, '{}');
	END LOOP;

	IF cardinality(held) > 0 THEN
		RAISE EXCEPTION 'marc 0.2.0 cannot read the records that marc 0.1.0 stored in this database'
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = 'Records are in: ' || array_to_string(held[1:20], ', ')
					|| CASE WHEN cardinality(held) > 20 THEN format(' and %s more.', cardinality(held) - 20) ELSE '.' END,
				HINT = 'Install the files of 0.1.0 again, dump the database with pg_dump in a new session, install 0.2.0, and restore the dump into a new database: the text form is the same. See "Upgrade" in docs/install.md.';
	END IF;

	DELETE FROM pg_statistic s USING pg_attribute a
	WHERE a.attrelid = s.starelid AND a.attnum = s.staattnum AND a.atttypid = ANY (holders);
	UPDATE pg_statistic_ext_data d SET stxdmcv = NULL
	FROM pg_statistic_ext e JOIN pg_attribute a ON a.attrelid = e.stxrelid AND a.attnum = ANY (e.stxkeys)
	WHERE e.oid = d.stxoid AND d.stxdmcv IS NOT NULL AND a.atttypid = ANY (holders);

	PERFORM pg_catalog.set_config('search_path', given, true);
END
$$;

-- Other comments.

COMMENT ON FUNCTION marc_in(cstring) IS 'input function: mnemonic text, MARCXML, MARC-in-JSON, line mode, Aleph sequential or ISO 2709, recognised by its first characters';
COMMENT ON FUNCTION marc_out(marc) IS 'output function: mnemonic text that is valid in the database''s encoding, with a last line that keeps marc_raw() and flags of a record from ISO 2709';
COMMENT ON FUNCTION marc_from_iso2709(bytea, text) IS 'reads one ISO 2709 record; unless given (utf-8, marc-8, latin-1, iso-5426), the encoding comes from leader/09, in UNIMARC from 100$a/26-29, and from the bytes where that is wrong';
COMMENT ON FUNCTION marc(bytea) IS 'reads one record from bytes in whichever form, recognised by its first bytes; XML and other text also in UTF-16, XML in ISO-8859-1 or windows-1252';
COMMENT ON CAST (bytea AS marc) IS 'reads a record in whichever form';
COMMENT ON FUNCTION marc_values(marc, text) IS 'all values that the path (MARCspec) selects, in the order of the record; an empty array when there are none; in a tag . is any character (9..), and X is the letter';
COMMENT ON OPERATOR -> (marc, text) IS 'all values that the path selects; in a tag . is any character (9..), and X is the letter';
COMMENT ON FUNCTION marc_value(marc, text) IS 'the first value that the path (MARCspec) selects; null when there is none';
COMMENT ON FUNCTION marc_exists(marc, text) IS 'whether the path (MARCspec) selects anything';
COMMENT ON FUNCTION marc_is_lossy(marc) IS 'whether the reader left out or replaced something that the received form held; no part of equality; kept by the binary and the text form of the type, not by marc_to_mrk() and the other forms';
COMMENT ON FUNCTION marc_eq(marc, marc) IS 'implementation of the = operator';
COMMENT ON FUNCTION marc_ne(marc, marc) IS 'implementation of the <> operator';
COMMENT ON FUNCTION marc_try(text) IS 'reads a record in whichever text form; where it cannot be read, record is null and problem says why';
COMMENT ON FUNCTION marc_try(bytea) IS 'reads a record in whichever form; where it cannot be read, record is null and problem says why';
COMMENT ON FUNCTION marc_split(bytea) IS 'every record of a file of ISO 2709 (a bytea has 1 GB at most; marc_read_file reads longer ones), one row each with its offset and bytes; a record that cannot be read has a problem instead';
COMMENT ON FUNCTION marc_problems(text) IS 'what is odd in a record in whichever text form and was mended by the reader; occurrence counts fields of this tag from 1';
COMMENT ON FUNCTION marc_problems(bytea) IS 'what is odd in a record in whichever form and was mended by the reader; occurrence counts fields of this tag from 1';

-- Without an option there is the default, not null.

ALTER FUNCTION marc_to_xml(marc, text) CALLED ON NULL INPUT;
COMMENT ON FUNCTION marc_to_xml(marc, text) IS 'writes MARCXML; for content that XML cannot hold, such as control characters, raises an error or with ''replace'' writes U+FFFD; an option that is null is the default';

-- Writing ISO 2709 takes an encoding. The old function becomes the one of the cast, so that what uses it goes on.

ALTER FUNCTION marc_to_iso2709(marc) RENAME TO bytea;
COMMENT ON FUNCTION bytea(marc) IS 'writes ISO 2709 in UTF-8; for the cast';

CREATE FUNCTION marc_to_iso2709(record marc, encoding text DEFAULT 'utf-8', unencodable text DEFAULT 'error') RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_to_iso2709_encoded' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_iso2709(marc, text, text) IS 'writes ISO 2709 in utf-8 or marc-8, where a character that MARC-8 lacks raises an error or with ''ncr'' becomes a character reference such as &#x1F4DA; and refuses a record over the format''s limits of 99999 bytes and 9999 bytes a field; an option that is null is the default';

CREATE FUNCTION marc_raw(record marc) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_raw' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_raw(marc) IS 'the exact bytes from which the record was read as ISO 2709, damaged or not; null for a record that came in another form or was edited';

CREATE FUNCTION marc_encoding(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_encoding' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_encoding(marc) IS 'the encoding in which the record came as ISO 2709 (utf-8, ascii, marc-8, latin-1, iso-5426), whatever its leader says; null for other forms';

CREATE FUNCTION marc_nfc(record marc) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_nfc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_nfc(marc) IS 'the record with every value in Unicode normalisation form C; a record that this changes has no raw bytes any more';

-- The planner knows how many records have a path.

CREATE FUNCTION marc_exists_restrict(internal, oid, internal, integer) RETURNS double precision
	AS 'MODULE_PATHNAME', 'marc_exists_restrict' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_exists_restrict(internal, oid, internal, integer) IS 'tells the planner how many records a constant path is found in (internal)';

CREATE FUNCTION marc_exists_join(internal, oid, internal, smallint, internal) RETURNS double precision
	AS 'MODULE_PATHNAME', 'marc_exists_join' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_exists_join(internal, oid, internal, smallint, internal) IS 'tells the planner how many records the paths of another table are found in (internal)';

CREATE FUNCTION marc_exists_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_exists_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_exists_support(internal) IS 'tells the planner how many records marc_exists is true for (internal)';

ALTER FUNCTION marc_exists(marc, text) SUPPORT marc_exists_support;
ALTER OPERATOR @? (marc, text) SET (RESTRICT = marc_exists_restrict, JOIN = marc_exists_join);

CREATE FUNCTION marc_concat(record marc, path text, separator text DEFAULT ' ') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_concat' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_concat(marc, text, text) IS 'the values that the path selects as one text, in the order of the record, with the separator between them; null when there are none';

CREATE FUNCTION marc_control_number(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_control_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_control_number(marc) IS 'the first 001 that is not empty; null when there is none';

CREATE FUNCTION marc_linked(record marc) RETURNS TABLE (field integer, linked integer, occurrence integer, script text)
	AS 'MODULE_PATHNAME', 'marc_linked' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 10;
COMMENT ON FUNCTION marc_linked(marc) IS 'the fields with a $6 and the 880 each goes with, by the ord of marc_fields: field or linked is null where the other one is missing';

-- MARC-in-JSON. jsonb sorts the members of an object and holds no NUL; text keeps both.

CREATE FUNCTION marc_from_json(record jsonb) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 400;
COMMENT ON FUNCTION marc_from_json(jsonb) IS 'reads one record of MARC-in-JSON, fields as a list or keyed by tag, or of marc-json; also a JSON string that holds one, as FOLIO keeps it';

CREATE FUNCTION marc_from_json(record json) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_json_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_from_json(json) IS 'reads one record of MARC-in-JSON or marc-json; members of an object count in their order';

CREATE FUNCTION marc_from_json(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_json_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_from_json(text) IS 'reads one record of MARC-in-JSON or marc-json; members of an object count in their order';

CREATE FUNCTION marc_to_json(record marc) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'marc_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_to_json(marc) IS 'writes MARC-in-JSON with fields as a list; raises an error for a NUL, which jsonb cannot hold';

CREATE FUNCTION marc_to_json(record marc, form text, inexpressible text DEFAULT 'error') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'marc_to_jsonb_form' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_to_json(marc, text, text) IS 'writes MARC-in-JSON with fields as a ''list'' or ''keyed'' by tag; for a NUL, which jsonb cannot hold, raises an error or with ''replace'' writes U+FFFD; an option that is null is the default';

CREATE FUNCTION marc_to_json_text(record marc, form text DEFAULT 'list') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_json_text' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_to_json_text(marc, text) IS 'writes MARC-in-JSON as text on one line, leader first, with fields as a ''list'' or ''keyed'' by tag (null is the default); holds every record';

CREATE CAST (jsonb AS marc) WITH FUNCTION marc_from_json(jsonb);
COMMENT ON CAST (jsonb AS marc) IS 'reads MARC-in-JSON';

CREATE CAST (marc AS jsonb) WITH FUNCTION marc_to_json(marc);
COMMENT ON CAST (marc AS jsonb) IS 'writes MARC-in-JSON with fields as a list';

-- Line mode and Aleph sequential.

CREATE FUNCTION marc_from_line(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_line' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_line(text) IS 'reads one record in line mode, as yaz-marcdump -o line writes it';

CREATE FUNCTION marc_to_line(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_line' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_line(marc) IS 'writes line mode: the leader, then one line a field (245 10 $a Title $b rest); what would be misread is an escape such as {dollar}';

CREATE FUNCTION marc_from_aleph(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_aleph' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_aleph(text) IS 'reads one record in Aleph sequential; a record without 001 gets one with the system number, unless that is 000000000';

CREATE FUNCTION marc_to_aleph(record marc, system_number integer DEFAULT NULL) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_aleph' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_aleph(marc, integer) IS 'writes Aleph sequential; the system number comes from 001 unless given, and is 000000000 where that is no number';

-- Files into records, and records into files. Every split gives the same columns: the number of the piece, where it starts,
-- the record or the reason why it cannot be read, and what the file has there, in the type of the file.

CREATE FUNCTION marc_split_xml(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_xml_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_xml(text) IS 'every MARCXML record of a text, one row each, wherever it stands: in a collection, in answers of OAI-PMH or SRU; a record that cannot be read has a problem instead';

CREATE FUNCTION marc_split_xml(data bytea, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT bytes bytea, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_xml_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_xml(bytea) IS 'the same for bytes in UTF-8, UTF-16, ISO-8859-1 or windows-1252, whatever the declaration says';

CREATE FUNCTION marc_split_json(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_json' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_json(text) IS 'every record of newline-delimited JSON, or of an array, one row each; a record that cannot be read has a problem instead';

CREATE FUNCTION marc_split_mrk(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_mrk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_mrk(text) IS 'every record of a file of mnemonic text, one row each; a record starts with =LDR';

CREATE FUNCTION marc_split_line(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_line' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_line(text) IS 'every record of a file in line mode, one row each; an empty line ends a record';

CREATE FUNCTION marc_split_aleph(data text, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT source text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_split_aleph' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION marc_split_aleph(text) IS 'every record of a file in Aleph sequential, one row each; lines with one system number are a record';

CREATE FUNCTION marc_read_file(path text, form text DEFAULT NULL, OUT ord bigint, OUT byte_offset bigint, OUT record marc, OUT bytes bytea, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_read_file' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10000 ROWS 1000000;
COMMENT ON FUNCTION marc_read_file(text, text) IS 'every record of a file on the server, read in steps, one row each; form is iso2709, marcxml, json, mrk, line or aleph, by default recognised; for roles with the privileges of pg_read_server_files; in a SELECT list it needs memory for one record, in FROM the server keeps all rows in a temporary file';
REVOKE EXECUTE ON FUNCTION marc_read_file(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION marc_read_file(text, text) TO pg_read_server_files;

CREATE FUNCTION marc_iso2709_agg_add(state internal, record marc) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_iso2709_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_iso2709_agg_add(internal, marc) IS 'transition function of marc_iso2709_agg';

CREATE FUNCTION marc_iso2709_agg_end(state internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_iso2709_agg_end' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_iso2709_agg_end(internal) IS 'final function of marc_iso2709_agg';

CREATE AGGREGATE marc_iso2709_agg(record marc) (
	SFUNC = marc_iso2709_agg_add, STYPE = internal, FINALFUNC = marc_iso2709_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_iso2709_agg(marc) IS 'a file of ISO 2709 with all records, in UTF-8, of up to 1 GB; null records are left out; a record over the limits of the format is an error';

CREATE FUNCTION marc_iso2709_agg_add(state internal, record marc, too_long text) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_iso2709_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_iso2709_agg_add(internal, marc, text) IS 'transition function of marc_iso2709_agg';

CREATE AGGREGATE marc_iso2709_agg(record marc, too_long text) (
	SFUNC = marc_iso2709_agg_add, STYPE = internal, FINALFUNC = marc_iso2709_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_iso2709_agg(marc, text) IS 'the same; a record over the limits of the format is an error with ''error'', and with ''skip'' is left out, which one warning at the end says';

CREATE FUNCTION marc_collection_agg_add(state internal, record marc) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_collection_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_collection_agg_add(internal, marc) IS 'transition function of marc_collection_agg';

CREATE FUNCTION marc_collection_agg_add(state internal, record marc, inexpressible text) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_collection_agg_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_collection_agg_add(internal, marc, text) IS 'transition function of marc_collection_agg';

CREATE FUNCTION marc_collection_agg_end(state internal) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_collection_agg_end' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_collection_agg_end(internal) IS 'final function of marc_collection_agg';

CREATE AGGREGATE marc_collection_agg(record marc) (
	SFUNC = marc_collection_agg_add, STYPE = internal, FINALFUNC = marc_collection_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_collection_agg(marc) IS 'a MARCXML collection with all records, of up to 1 GB; null records are left out; content that XML cannot hold is an error';

CREATE AGGREGATE marc_collection_agg(record marc, inexpressible text) (
	SFUNC = marc_collection_agg_add, STYPE = internal, FINALFUNC = marc_collection_agg_end, FINALFUNC_MODIFY = READ_WRITE,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE marc_collection_agg(marc, text) IS 'a MARCXML collection with all records; for content that XML cannot hold, ''error'' raises an error, ''replace'' writes U+FFFD, and ''skip'' leaves the record out, which one warning at the end says';

-- Editing: each function returns a new record. None is strict: a null argument, other than the record, leaves the record
-- as it is, so that no UPDATE loses a record because a value is missing. New fields stand behind the last field of their
-- tag; without one, before the first field of a higher tag.

CREATE FUNCTION marc_new(kind text DEFAULT 'bibliographic') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_new' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_new(text) IS 'a record without fields, with a leader for bibliographic, authority, holdings, classification or community';

CREATE FUNCTION marc_set(record marc, path text, value text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_set' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_set(marc, text, text) IS 'the record with every value that the path selects set to this one; where it selects none, 245$c, 650[1]$2 or 003 make the subfield or the field; characters such as 008/35-37 or LDR/5 take as many others; a data field without a subfield cannot be set; another path that matches nothing, such as 650[5]$a, has no effect; a null value changes nothing';

CREATE FUNCTION marc_set_leader(record marc, leader text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_set_leader' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_set_leader(marc, text) IS 'the record with another leader of 24 ASCII characters';

CREATE FUNCTION marc_replace(record marc, path text, pattern text, replacement text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_replace' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_replace(marc, text, text, text) IS 'the record with each occurrence of the text pattern replaced in the values that the path selects; a data field without subfields stands for all of its subfields';

CREATE FUNCTION marc_delete(record marc, path text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_delete' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_delete(marc, text) IS 'the record without the fields or subfields that the path selects; a field whose last subfield goes, goes too; in a tag . is any character (9..)';

CREATE FUNCTION marc_add(record marc, field text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_add(marc, text) IS 'the record with another field in its place, given as a mnemonic line such as =650  \0$aDogs; several lines add several fields';

CREATE FUNCTION marc_add(record marc, tag text, value text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_add_control' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_add(marc, text, text) IS 'the record with another control field in its place';

CREATE FUNCTION marc_add(record marc, tag text, ind1 text, ind2 text, VARIADIC subfields text[]) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_add_data' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_add(marc, text, text, text, text[]) IS 'the record with another data field in its place; subfields are code, value, code, value and so on, and one whose value is null is left out';

CREATE FUNCTION marc_append(record marc, field text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_append' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_append(marc, text) IS 'the record with another field at the end, given as a mnemonic line';

CREATE FUNCTION marc_sort(record marc) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_sort' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_sort(marc) IS 'the record with its fields sorted by tag, numbers before letters; fields of a tag keep their order';

CREATE FUNCTION marc_keep(record marc, tags text[]) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_keep' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_keep(marc, text[]) IS 'the record with only the fields of these tags; . or X stands for any character';

CREATE OPERATOR || (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_add);
COMMENT ON OPERATOR || (marc, text) IS 'the record with another field, given as a mnemonic line';

CREATE OPERATOR - (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_delete);
COMMENT ON OPERATOR - (marc, text) IS 'the record without the fields or subfields that the path selects; in a tag . is any character (9..)';

-- Differences. Two records with equal digests have none; the positions of the leader that describe the packing in
-- ISO 2709 do not count.

CREATE FUNCTION marc_diff(a marc, b marc, OUT kind text, OUT tag text, OUT ord_a integer, OUT ord_b integer,
		OUT old_field text, OUT new_field text, OUT detail text[])
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_diff' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300 ROWS 10;
COMMENT ON FUNCTION marc_diff(marc, marc) IS 'what leads from record a to record b: a row for each field with kind add, delete, change or move, its place in both (numbered from 1, as in marc_fields) and its mnemonic lines; for a change, detail names what differs inside the field; each changed character of the leader is a row with tag LDR; where one record is null, the leader and all fields of the other were added or deleted';

CREATE FUNCTION marc_diff_text(a marc, b marc, context integer DEFAULT 1) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_diff_text' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_diff_text(marc, marc, integer) IS 'the differences as lines for people: - gone, + new, ~ moved to here, blank unchanged (as many around each change as context says), ... left out; empty when there are none; where one record is null, all of the other was added or deleted';

-- Merging by rules. extension/marc/include/marc/merge.hpp has the grammar of the rules, what they mean and the built-in
-- ones. Constant rules are compiled once for each place where they are used.

CREATE FUNCTION marc_merge(base marc, incoming marc, rules jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_merge' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_merge(marc, marc, jsonb) IS 'the local record base after taking over what the better or newer copy incoming says; fields that the rules protect (built in: 001, 003, 09X to 89X with 9 in the middle except 49X, 9XX, $5, $9 local) stay byte for byte, and merging again changes nothing; an incoming pair of linked fields whose number in $6 base has given to another pair gets the next free one; without incoming it is base, and rules that are null are the built-in ones';

CREATE FUNCTION marc_merge_explain(base marc, incoming marc, rules jsonb DEFAULT '{}', OUT origin text, OUT tag text, OUT ord integer,
		OUT action text, OUT reason text, OUT field text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_merge_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 600 ROWS 60;
COMMENT ON FUNCTION marc_merge_explain(marc, marc, jsonb) IS 'what marc_merge does with each field of base (keep or drop) and of incoming (take or ignore), and by which rule; ord numbers the fields of each record from 1; without incoming every field is kept';

-- Validation by Avram schema. The specification is https://format.gbv.de/schema/avram/specification; a schema is compiled once
-- for a session.

CREATE FUNCTION marc_validate(record marc, schema jsonb DEFAULT NULL, options jsonb DEFAULT NULL,
		OUT severity text, OUT rule text, OUT tag text, OUT occurrence integer, OUT "position" text, OUT subfield text,
		OUT value text, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_validate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200 ROWS 5;
COMMENT ON FUNCTION marc_validate(marc, jsonb, jsonb) IS 'a row for each problem of the record by an Avram schema, or without one by the built-in MARC 21 schema for its leader/06, which knows the code lists of languages, countries, areas, relators and RDA types, too; options switch rules: {"undefinedField": false, "localField": true, "invalidISBN": "warning"}';

CREATE FUNCTION marc_is_valid(record marc, schema jsonb DEFAULT NULL, options jsonb DEFAULT NULL) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_is_valid' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_is_valid(marc, jsonb, jsonb) IS 'whether marc_validate finds no error; null when no built-in schema is for this kind of record';

CREATE FUNCTION marc_schema(name text) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'marc_schema' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION marc_schema(text) IS 'a built-in Avram schema of MARC 21, to start a site''s own from: bibliographic, authority or holdings';

CREATE FUNCTION marc_schema_check(schema jsonb, OUT severity text, OUT path text, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_schema_check' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION marc_schema_check(jsonb) IS 'a row for each problem of an Avram schema itself, by the rules of the specification and its metaschema';

-- Standard numbers, keys, and what a record says of itself. Numbers have one form each; keys compare records and headings.

CREATE FUNCTION marc_fold(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_fold' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_fold(text) IS 'the text without case, diacritics, punctuation and superfluous blanks, as searches compare it';

CREATE FUNCTION marc_naco(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_naco' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_naco(text) IS 'the text in the form in which authority files compare headings (NACO normalisation), in lower case';

CREATE FUNCTION marc_normalize_isbn(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_isbn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_isbn(text) IS 'the ISBN at the start of the text or behind a qualifier in parentheses, as 13 digits, made of 10 where needed; null when there is none, more digits follow, its check digit is wrong, all its digits are 0, or it is an ISMN; nine digits (SBN) only when nothing but a qualifier or a price follows';

CREATE FUNCTION marc_normalize_issn(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_issn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_issn(text) IS 'the ISSN at the start of the text or behind a qualifier in parentheses, with its hyphen; null when there is none, more digits follow, its check digit is wrong, or it is 0000-0000';

CREATE FUNCTION marc_normalize_lccn(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_lccn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_lccn(text) IS 'the LCCN as the Library of Congress normalises it; null when it is none';

CREATE FUNCTION marc_normalize_oclc(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_oclc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_oclc(text) IS 'the OCLC number without prefix and leading zeros; null when it is none; without a prefix the whole text must be digits';

CREATE FUNCTION marc_isbn(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_isbn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_isbn(marc) IS 'the valid ISBNs of 020$a as 13 digits, in UNIMARC of 010$a';

CREATE FUNCTION marc_issn(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_issn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_issn(marc) IS 'the valid ISSNs of 022$a, in UNIMARC of 011$a';

CREATE FUNCTION marc_lccn(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_lccn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_lccn(marc) IS 'the LCCN of 010$a, normalised; null for UNIMARC, which has ISBNs there';

CREATE FUNCTION marc_oclc(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_oclc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_oclc(marc) IS 'the OCLC numbers: of 001 where 003 or a prefix says so, and of 035$a';

CREATE FUNCTION marc_title(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_title' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_title(marc) IS 'the title: 245$a$b$n$p, in UNIMARC 200$a$e$h$i, without the punctuation at its end and without non-sorting marks';

CREATE FUNCTION marc_sort_title(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_sort_title' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_sort_title(marc) IS 'the title for sorting: without what stands between non-sorting marks, or without its article as the second indicator of 245 counts it, folded';

CREATE FUNCTION marc_author(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_author' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_author(marc) IS 'the main name (100, 110, 111), or else the first added one (700, 710, 711), in UNIMARC the first of 70X to 72X by its last digit; null when there is none';

CREATE FUNCTION marc_date(record marc) RETURNS integer
	AS 'MODULE_PATHNAME', 'marc_date' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_date(marc) IS 'the year of publication: 008/07-10, or else the first year in 264$c or 260$c, in UNIMARC 100$a/9-12 or 210$d or 214$d; null when unknown';

CREATE FUNCTION marc_language(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_language' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_language(marc) IS 'the code of the language: 008/35-37, or else 041$a, in UNIMARC 101$a; null when there is none';

CREATE FUNCTION marc_kind(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_kind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_kind(marc) IS 'what is described, by leader/06-07: book, article, serial, integrating resource, manuscript, score, map, projected, spoken, music, image, computer file, kit, mixed materials, object, or authority, holdings, classification, community';

CREATE FUNCTION marc_match_key(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_match_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_match_key(marc) IS 'a key that descriptions of the same publication in other catalogues have too, in MARC 21 or UNIMARC: form, title without its article, author, year, extent, publisher, edition; begins with the number of the recipe; null without a title, with neither name nor year, and for records that are not bibliographic';

CREATE FUNCTION marc_heading_key(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_heading_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_heading_key(marc) IS 'the key of an authority record''s heading (1XX, in UNIMARC 2XX): its kind and its subfields, subdivisions included, in NACO form';

CREATE FUNCTION marc_heading_keys(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_heading_keys' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_heading_keys(marc) IS 'the keys of all headings of a bibliographic record, as marc_heading_key() gives them for authority records, series without volume and ISSN, subdivided headings as a whole and without their subdivisions, a name with a title as one heading; for a GIN index over the array';

-- Searching: the type marc_query, and an index for it.

CREATE TYPE marc_query;
COMMENT ON TYPE marc_query IS 'a search query, such as 245$a:dogs & 650$2=fast & !900; its text form is the query as it was written';

CREATE FUNCTION marc_query_in(cstring) RETURNS marc_query
	AS 'MODULE_PATHNAME', 'marc_query_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_in(cstring) IS 'input function: checks the grammar';

CREATE FUNCTION marc_query_out(marc_query) RETURNS cstring
	AS 'MODULE_PATHNAME', 'marc_query_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_out(marc_query) IS 'output function: the query as it was written';

CREATE FUNCTION marc_query_recv(internal) RETURNS marc_query
	AS 'MODULE_PATHNAME', 'marc_query_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_recv(internal) IS 'binary input: the text in the client''s encoding';

CREATE FUNCTION marc_query_send(marc_query) RETURNS bytea
	AS 'MODULE_PATHNAME', 'marc_query_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_send(marc_query) IS 'binary output: the text in the client''s encoding';

CREATE TYPE marc_query (
	INPUT = marc_query_in,
	OUTPUT = marc_query_out,
	RECEIVE = marc_query_recv,
	SEND = marc_query_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);

CREATE FUNCTION marc_matches(record marc, query marc_query) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_matches' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_matches(marc, marc_query) IS 'whether the record matches the query';

CREATE FUNCTION marc_contains(record marc, query marc_query) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_contains' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_contains(marc, marc_query) IS 'whether the record contains all the fields, values and indicators that the query names; refuses queries that ask for anything else';

CREATE FUNCTION marc_query_selectivity(internal, oid, internal, integer) RETURNS double precision
	AS 'MODULE_PATHNAME', 'marc_query_selectivity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_query_selectivity(internal, oid, internal, integer) IS 'for the planner: what share of the records a query selects, by the kinds of its terms';

CREATE OPERATOR @@ (
	LEFTARG = marc, RIGHTARG = marc_query, FUNCTION = marc_matches, RESTRICT = marc_query_selectivity, JOIN = contjoinsel
);
COMMENT ON OPERATOR @@ (marc, marc_query) IS 'matches the query';

CREATE OPERATOR @> (
	LEFTARG = marc, RIGHTARG = marc_query, FUNCTION = marc_contains, RESTRICT = marc_query_selectivity, JOIN = contjoinsel
);
COMMENT ON OPERATOR @> (marc, marc_query) IS 'contains the fields, values and indicators that the query names';

-- The server wants the indexed type where these functions get a query.

CREATE FUNCTION marc_gin_options(internal) RETURNS void
	AS 'MODULE_PATHNAME', 'marc_gin_options' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_options(internal) IS 'GIN support: the options words and tags of an index';

CREATE FUNCTION marc_gin_extract_value(marc, internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_gin_extract_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_gin_extract_value(marc, internal, internal) IS 'GIN support: the keys of a record';

CREATE FUNCTION marc_gin_extract_query(marc, internal, smallint, internal, internal, internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'marc_gin_extract_query' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_extract_query(marc, internal, smallint, internal, internal, internal, internal) IS 'GIN support: the keys of a query';

CREATE FUNCTION marc_gin_consistent(internal, smallint, marc, integer, internal, internal, internal, internal) RETURNS boolean
	AS 'MODULE_PATHNAME', 'marc_gin_consistent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_consistent(internal, smallint, marc, integer, internal, internal, internal, internal) IS 'GIN support: whether keys that were found fulfil the query';

CREATE FUNCTION marc_gin_compare_partial(bytea, bytea, smallint, internal) RETURNS integer
	AS 'MODULE_PATHNAME', 'marc_gin_compare_partial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_compare_partial(bytea, bytea, smallint, internal) IS 'GIN support: whether a key is in a range of keys';

CREATE FUNCTION marc_gin_triconsistent(internal, smallint, marc, integer, internal, internal, internal) RETURNS "char"
	AS 'MODULE_PATHNAME', 'marc_gin_triconsistent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_gin_triconsistent(internal, smallint, marc, integer, internal, internal, internal) IS 'GIN support: whether keys, of which some are unknown, fulfil the query';

CREATE OPERATOR FAMILY marc_gin_ops USING gin;
COMMENT ON OPERATOR FAMILY marc_gin_ops USING gin IS 'searching records by words, values, subfields, indicators and coded positions';

-- The form of the keys is for ever: another one needs another operator class (extension/marc/include/marc/index_terms.hpp).
CREATE OPERATOR CLASS marc_gin_ops DEFAULT FOR TYPE marc USING gin FAMILY marc_gin_ops AS
	OPERATOR 1 @@ (marc, marc_query),
	OPERATOR 2 @> (marc, marc_query),
	OPERATOR 3 @? (marc, text),
	FUNCTION 2 marc_gin_extract_value(marc, internal, internal),
	FUNCTION 3 marc_gin_extract_query(marc, internal, smallint, internal, internal, internal, internal),
	FUNCTION 4 marc_gin_consistent(internal, smallint, marc, integer, internal, internal, internal, internal),
	FUNCTION 5 marc_gin_compare_partial(bytea, bytea, smallint, internal),
	FUNCTION 6 marc_gin_triconsistent(internal, smallint, marc, integer, internal, internal, internal),
	FUNCTION 7 marc_gin_options(internal),
	STORAGE bytea;
COMMENT ON OPERATOR CLASS marc_gin_ops USING gin IS 'index for @@, @> and @?; options: words = off leaves out single words, tags = ''001,020,245,6XX'' keeps only these fields';

-- PostgreSQL's full-text search over records. The default configuration is a constant, so that the function is immutable
-- however it is called; simple fits catalogues in many languages.

CREATE FUNCTION marc_tsvector(record marc, config regconfig DEFAULT 'pg_catalog.simple') RETURNS tsvector
	AS 'MODULE_PATHNAME', 'marc_tsvector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION marc_tsvector(marc, regconfig) IS 'the words of a record with the weights A title, B names, C subjects, D notes and the rest of the description; without control fields, coded fields, local fields (9XX), addresses and links; the first 384 KiB of its text';

CREATE FUNCTION marc_problems(record marc, OUT code text, OUT tag text, OUT occurrence integer, OUT byte_offset bigint, OUT message text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_problems_record' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5;
COMMENT ON FUNCTION marc_problems(marc) IS 'what is odd in a stored record: what its fields show, and whether its reader mended (mended) or lost (lossy) anything, of which marc_problems(marc_raw(record)) says more for one from ISO 2709; byte_offset is null';

-- Headings as rows, and how they name authority records.

CREATE FUNCTION marc_headings(record marc, OUT ord integer, OUT tag text, OUT kind text, OUT role text, OUT relation text,
	OUT heading text, OUT heading_key text, OUT scheme text, OUT control_number text[], OUT uri text[], OUT local_id text,
	OUT alternate text, OUT reference text[])
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_headings' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300 ROWS 12;
COMMENT ON FUNCTION marc_headings(marc) IS 'headings of 1XX, 240, 4XX, 6XX, 7XX, 8XX (of an authority record 1XX, 4XX, 5XX, 7XX), in MARC 21 or UNIMARC: ord as in marc_fields(); kind, such as topical; role: name, title, subject, genre, series, place, or heading, see from, see also, equivalent with their relation; the heading with two hyphens in front of subdivisions; heading_key as marc_heading_key() makes it, null for what is not under authority control; scheme as a MARC code (lcsh, mesh, fast); $0; URIs of $0 and $1; $9; alternate out of the 880; reference as marc_authority_references() has it';

CREATE FUNCTION marc_subject_key(heading text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_subject_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_subject_key(text) IS 'the key of a heading that is written out with two hyphens between its parts: each part in NACO form; two labels of a vocabulary are the same heading when their keys are';

CREATE FUNCTION marc_authority_reference(value text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_authority_reference' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_authority_reference(text) IS 'the forms in which a $0, a $1 or a URI of a vocabulary is compared: lower case without blanks, addresses of the Library of Congress, FAST, MeSH, GND and others as (organisation)number; with 0:number in front for the number of another organisation';

CREATE FUNCTION marc_authority_references(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_authority_references' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_authority_references(marc) IS 'what the headings of a bibliographic record say about their authority records ($0, $1, in UNIMARC $3), as marc_authority_numbers() gives it for those, and 9: with a $9';

CREATE FUNCTION marc_authority_numbers(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_authority_numbers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_authority_numbers(marc) IS 'the numbers that an authority record answers to, in the form of marc_authority_reference(): 001, 003 with 001, 010, 035, addresses in 024';

CREATE FUNCTION marc_authority_key(reference text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'marc_authority_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_authority_key(text) IS 'a reference, as marc_authority_reference() gives it, as a number for an index: another reference may have the same, so compare the texts too';

CREATE FUNCTION marc_authority_reference_keys(record marc) RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'marc_authority_reference_keys' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_authority_reference_keys(marc) IS 'marc_authority_references() as numbers (marc_authority_key), for a GIN index over the array: a sixth of the work of one over the texts';

CREATE FUNCTION marc_authority_number_keys(record marc) RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'marc_authority_number_keys' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_authority_number_keys(marc) IS 'marc_authority_numbers() as numbers (marc_authority_key), for a GIN index over the array';

-- Crosswalks: records in other forms of metadata, and records out of them. Rules that come with the extension say how; options
-- change them for a call. Rules are compiled once for a session. UNIMARC records become MARC 21 on the way.

CREATE FUNCTION marc_crosswalk(record marc, format text, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_crosswalk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_crosswalk(marc, text, jsonb) IS 'the record in another form of metadata: a format of marc_crosswalk_formats(), by the rules that come with the extension; options is an object with any of rules (a text of rules that change them), set (an object with values for what the rules let be set, such as base) and output';

CREATE FUNCTION marc_to_dc(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_dc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_dc(marc, jsonb) IS 'the record as simple Dublin Core, in XML; options as for marc_crosswalk';

CREATE FUNCTION marc_to_dcterms(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_dcterms' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_dcterms(marc, jsonb) IS 'the record as qualified Dublin Core (DCMI metadata terms), in XML; options as for marc_crosswalk';

CREATE FUNCTION marc_to_mods(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_mods' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_mods(marc, jsonb) IS 'the record as MODS 3.7, in XML; options as for marc_crosswalk';

CREATE FUNCTION marc_to_mads(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_mads' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_mads(marc, jsonb) IS 'an authority record as MADS 2, in XML; options as for marc_crosswalk';

CREATE FUNCTION marc_to_bibframe(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_bibframe' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_bibframe(marc, jsonb) IS 'the record as BIBFRAME 2: a work, its instance and items, in RDF/XML; options as for marc_crosswalk';

CREATE FUNCTION marc_to_schema_org(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_schema_org' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_schema_org(marc, jsonb) IS 'the record as schema.org''s vocabulary, in JSON-LD; options as for marc_crosswalk';

CREATE FUNCTION marc_to_folio(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_folio' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_folio(marc, jsonb) IS 'the record as an instance of FOLIO''s inventory, in JSON; options as for marc_crosswalk';

CREATE FUNCTION marc_to_bibliographic(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_bibliographic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_bibliographic(marc, jsonb) IS 'the record as bibliographic.jsonld of a package for EverArchive, in JSON-LD; options as for marc_crosswalk';

CREATE FUNCTION marc_to_ris(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_ris' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_ris(marc, jsonb) IS 'the record for reference managers, in RIS; options as for marc_crosswalk';

CREATE FUNCTION marc_to_bibtex(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_bibtex' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_bibtex(marc, jsonb) IS 'the record for reference managers, in BibTeX; options as for marc_crosswalk';

CREATE FUNCTION marc_to_csv(record marc, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_csv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_to_csv(marc, jsonb) IS 'the record as a line of CSV for reports: marc_crosswalk_rules(''csv'') names the columns; options as for marc_crosswalk';

CREATE FUNCTION marc_crosswalk_notes(record marc, format text, options jsonb DEFAULT '{}') RETURNS TABLE (rule text, note text)
	AS 'MODULE_PATHNAME', 'marc_crosswalk_notes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 1;
COMMENT ON FUNCTION marc_crosswalk_notes(marc, text, jsonb) IS 'what the rules of a crosswalk have to say of odd content in the record';

CREATE FUNCTION marc_unmapped(record marc, format text, options jsonb DEFAULT '{}')
	RETURNS TABLE (ord integer, tag text, code text, value text)
	AS 'MODULE_PATHNAME', 'marc_unmapped' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 10;
COMMENT ON FUNCTION marc_unmapped(marc, text, jsonb) IS 'fields and subfields of which a crosswalk keeps nothing; code is null where that is the whole field; ord numbers the fields from 1';

CREATE FUNCTION marc_from_crosswalk(document text, format text, options jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_crosswalk' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION marc_from_crosswalk(text, text, jsonb) IS 'a MARC 21 record out of another form of metadata, by rules of marc_crosswalk_formats() whose name begins with from_; options as for marc_crosswalk';

CREATE FUNCTION mods_to_marc(xml text, options jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_mods' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION mods_to_marc(text, jsonb) IS 'a MARC 21 record out of MODS (3.0 to 3.8), also inside of a collection or an answer of OAI-PMH; options as for marc_crosswalk';

CREATE FUNCTION dc_to_marc(xml text, options jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_dc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dc_to_marc(text, jsonb) IS 'a MARC 21 record out of Dublin Core, simple or qualified; options as for marc_crosswalk';

CREATE FUNCTION ead_to_marc(xml text, options jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_ead' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ead_to_marc(text, jsonb) IS 'a MARC 21 record out of a finding aid in EAD 2002 or EAD3: the record of the collection; options as for marc_crosswalk';

CREATE FUNCTION folio_to_marc(instance jsonb, options jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_folio' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION folio_to_marc(jsonb, jsonb) IS 'a MARC 21 record out of an instance of FOLIO''s inventory; options as for marc_crosswalk';

CREATE FUNCTION dspace_to_marc(metadata jsonb, options jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_dspace' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION dspace_to_marc(jsonb, jsonb) IS 'a MARC 21 record out of metadata rows of an item in DSpace: an array of objects with schema, element, qualifier, value, language; options as for marc_crosswalk';

CREATE FUNCTION unimarc_to_marc21(record marc, options jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_unimarc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION unimarc_to_marc21(marc, jsonb) IS 'a UNIMARC record as one of MARC 21; any other record as it is; options as for marc_crosswalk';

CREATE FUNCTION marc_from_crosswalk_notes(document text, format text, options jsonb DEFAULT '{}')
	RETURNS TABLE (rule text, note text)
	AS 'MODULE_PATHNAME', 'marc_from_crosswalk_notes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1;
COMMENT ON FUNCTION marc_from_crosswalk_notes(text, text, jsonb) IS 'what the rules of a crosswalk to MARC 21 have to say of odd content in the document, and what did not fit MARC';

CREATE FUNCTION marc_from_crosswalk_unmapped(document text, format text, options jsonb DEFAULT '{}')
	RETURNS TABLE (path text, value text)
	AS 'MODULE_PATHNAME', 'marc_from_crosswalk_unmapped' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION marc_from_crosswalk_unmapped(text, text, jsonb) IS 'texts and attributes of a document of which a crosswalk to MARC 21 keeps nothing';

CREATE FUNCTION marc_crosswalk_formats() RETURNS TABLE (format text, version text, source text, output text)
	AS 'MODULE_PATHNAME', 'marc_crosswalk_formats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION marc_crosswalk_formats() IS 'the crosswalks: to a form of metadata, or from one where the name begins with from_; the version of their rules, what they read and what they write';

CREATE FUNCTION marc_crosswalk_rules(format text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_crosswalk_rules' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_crosswalk_rules(text) IS 'the rules of a crosswalk that come with the extension';

CREATE FUNCTION marc_crosswalk_version(format text, options jsonb DEFAULT '{}') RETURNS text
	AS 'MODULE_PATHNAME', 'marc_crosswalk_version' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_crosswalk_version(text, jsonb) IS 'the version of a crosswalk''s rules with these options; an error, which says where, if they cannot be used';

CREATE FUNCTION marc_crosswalk_codes(format text, options jsonb DEFAULT '{}')
	RETURNS TABLE (code_table text, code text, meaning text)
	AS 'MODULE_PATHNAME', 'marc_crosswalk_codes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 500;
COMMENT ON FUNCTION marc_crosswalk_codes(text, jsonb) IS 'the tables of codes and what they stand for in a crosswalk; a site''s rules may add rows or replace them';

CREATE FUNCTION marc_crosswalk_mapping(format text, options jsonb DEFAULT '{}')
	RETURNS TABLE (part text, rule text, element text, source text, condition text, value text, about text)
	AS 'MODULE_PATHNAME', 'marc_crosswalk_mapping' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 500;
COMMENT ON FUNCTION marc_crosswalk_mapping(text, jsonb) IS 'what a crosswalk does, a row for each element: what it comes from, when, and how it is made; part is rule, template (lines that rules use) or value (a name for a value of the record)';

-- Holdings and items: textual holdings of MARC holdings fields, and the items that library systems embed in records, as
-- rows and back.

CREATE FUNCTION marc_holdings_text(record marc)
	RETURNS TABLE (ord integer, location integer, kind text, link text, holdings text, note text, problem text)
	AS 'MODULE_PATHNAME', 'marc_holdings_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 3;
COMMENT ON FUNCTION marc_holdings_text(marc) IS 'holdings in words, such as v.1:no.1(1990:Jan.)-v.12:no.4(2001:Dec.), from fields 853-855 with 863-865, and from 866-868: kind is basic, supplement or index, location the number of the field 852 that they belong to, note what readers may know, problem what is odd in the fields';

CREATE FUNCTION marc_items(record marc, layout text DEFAULT 'auto')
	RETURNS TABLE (ord integer, layout text, library text, location text, shelving text, call_number text, call_number_scheme text,
		copy text, enumeration text, chronology text, barcode text, item_type text, status text, price text, note_public text,
		note_staff text, uri text, other jsonb)
	AS 'MODULE_PATHNAME', 'marc_items' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300 ROWS 3;
COMMENT ON FUNCTION marc_items(marc, text) IS 'the items in a record: Koha''s 952 (koha) or 995 (koha_unimarc), Evergreen''s 852 (evergreen), 852 with 876-878 (marc21), or the one of these that the record has (auto); other has the values of every further subfield by its place, such as 952$9';

CREATE FUNCTION marc_with_items(record marc, items jsonb, layout text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_with_items' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_with_items(marc, jsonb, text) IS 'the record with these items, an array of objects as jsonb_agg makes it from marc_items, in place of the items of that layout which it has; data about loans is left out';

CREATE FUNCTION marc_items_unheld(items jsonb, layout text) RETURNS TABLE (ord integer, place text, value text)
	AS 'MODULE_PATHNAME', 'marc_items_unheld' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 5;
COMMENT ON FUNCTION marc_items_unheld(jsonb, text) IS 'what marc_with_items leaves out of items because the layout has no place for it; ord numbers the items from 1';

CREATE FUNCTION marc_holdings_records(record marc, layout text DEFAULT 'auto') RETURNS TABLE (ord integer, holdings marc)
	AS 'MODULE_PATHNAME', 'marc_holdings_records' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 2;
COMMENT ON FUNCTION marc_holdings_records(marc, text) IS 'MARC 21 holdings records for the items in a record, one for each library, shelving location and call number: 004 names the record, 852 the location, 876 each item';

CREATE FUNCTION marc_item_layouts() RETURNS TABLE (layout text, place text, meaning text)
	AS 'MODULE_PATHNAME', 'marc_item_layouts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 80;
COMMENT ON FUNCTION marc_item_layouts() IS 'where the layouts of items have what: a column of marc_items, or something that other holds and another layout has a place for';
