-- Files of the text forms into their records, server files, and records into files.
CREATE TABLE r AS SELECT i, (E'=LDR  00000nam a2200000 a 4500\n=001  ' || i || E'\n=245  10$aT\u00e9' || i)::marc AS m FROM generate_series(1, 3) AS i;

SELECT ord, byte_offset, record ->> '001' AS number, left(source, 20), problem
FROM marc_split_xml((SELECT marc_collection_agg(m ORDER BY i) FROM r));
-- prefixes, an envelope, a broken record in the middle, an end that is missing
SELECT ord, byte_offset, record ->> '001' AS number, left(source, 20) AS source,
    regexp_replace(problem, 'line \d+', 'line N') AS problem -- libxml2 counts from 0 or from 1
FROM marc_split_xml('<?xml version="1.0" encoding="ISO-8859-1"?><o:OAI xmlns:o="urn:o" xmlns:m="http://www.loc.gov/MARC21/slim"><o:record><m:record><m:controlfield tag="001">é1</m:controlfield></m:record></o:record><m:record><m:controlfield tag="001">2</m:record><m:record><m:controlfield tag="001">3</m:controlfield></m:record>');
SELECT count(*) FROM marc_split_xml('<collection/>');
SELECT ord, record, source, problem FROM marc_split_xml('<html>503</html>');

-- bytes: the declaration is not believed
SELECT ord, byte_offset, record ->> '001' AS number, length(bytes), problem
FROM marc_split_xml(convert_to('<?xml version="1.0" encoding="ISO-8859-1"?><collection><record><controlfield tag="001">é</controlfield></record></collection>', 'LATIN1'));
SELECT ord, byte_offset, record ->> '001' AS number, length(bytes), problem
FROM marc_split_xml(convert_to('<?xml version="1.0" encoding="UTF-8"?><collection><record><controlfield tag="001">é</controlfield></record></collection>', 'LATIN1'));
SELECT marc(convert_to('<?xml version="1.0" encoding="UTF-8"?><record><controlfield tag="001">é</controlfield></record>', 'LATIN1')) ->> '001';
SELECT code, message FROM marc_problems(convert_to('<?xml version="1.0" encoding="ISO-8859-1"?><record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">é</controlfield></record>', 'UTF8'));
SELECT problem FROM marc_try(convert_to('<?xml version="1.0" encoding="KOI8-R"?><record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">é</controlfield></record>', 'LATIN1'));
SELECT record ->> '001' FROM marc_try('\xfeff003c007200650063006f00720064003e003c006c00650061006400650072003e0078003c002f006c00650061006400650072003e003c0063006f006e00740072006f006c006600690065006c00640020007400610067003d00220030003000310022003e00e9003c002f0063006f006e00740072006f006c006600690065006c0064003e003c002f007200650063006f00720064003e'::bytea);

SELECT ord, byte_offset, record ->> '001' AS number, left(source, 12) AS source, problem
FROM marc_split_json((SELECT string_agg(marc_to_json_text(m), E'\n' ORDER BY i) FROM r) || E'\n{"leader":"x",\n{"leader":"x","fields":[{"001":"5"}]}');
SELECT ord, byte_offset, record ->> '001' AS number, left(source, 10) AS source, problem
FROM marc_split_mrk((SELECT string_agg(m::text, E'\n\n' ORDER BY i) FROM r) || E'\n\n=LDR  x\njunk\n');
SELECT ord, byte_offset, record ->> '001' AS number, left(source, 10) AS source, problem
FROM marc_split_line((SELECT string_agg(marc_to_line(m), E'\n\n' ORDER BY i) FROM r));
SELECT ord, byte_offset, record ->> '001' AS number, left(source, 10) AS source, problem
FROM marc_split_aleph((SELECT string_agg(marc_to_aleph(m), E'\n' ORDER BY i) FROM r));

-- aggregates
SELECT marc_collection_agg(m ORDER BY i) FROM r WHERE i < 3;
SELECT count(*), count(record) FROM marc_split((SELECT marc_iso2709_agg(m ORDER BY i) FROM r));
SELECT marc_iso2709_agg(m) IS NULL, marc_collection_agg(m) IS NULL FROM (SELECT NULL::marc) v(m);
SELECT marc_collection_agg(m) FROM (SELECT E'=LDR  00000nam a2200000 a 4500\n=001  {U+0001}'::marc) v(m);
SELECT marc_collection_agg(m, 'replace') FROM (SELECT E'=LDR  00000nam a2200000 a 4500\n=001  {U+0001}'::marc) v(m);
-- records that do not fit: the error names the record, or they are left out with one warning
CREATE TABLE unfit AS SELECT m, i FROM r UNION ALL SELECT marc_set(m, '245$a', repeat('x', 10000)), 10 + i FROM r;
SELECT marc_iso2709_agg(m ORDER BY i) FROM unfit;
SELECT count(*), count(record) FROM marc_split((SELECT marc_iso2709_agg(m, 'skip' ORDER BY i) FROM unfit));
SELECT marc_iso2709_agg(m, 'error' ORDER BY i) FROM unfit;
SELECT marc_iso2709_agg(m, 'never' ORDER BY i) FROM unfit;
SELECT marc_collection_agg(m, 'skip') FROM (VALUES (E'=LDR  x\n=001  {U+0001}'::marc), (E'=LDR  x\n=001  2')) v(m);
DROP TABLE unfit;

-- server files, read in steps; the file comes and goes with this test
CREATE TABLE path AS SELECT current_setting('data_directory') || '/marc_read_file_test' AS path;
CREATE FUNCTION write_file(data bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	file oid := lo_from_bytea(0, data);
BEGIN
	PERFORM lo_export(file, (SELECT path FROM path));
	PERFORM lo_unlink(file);
END
$$;
SELECT write_file(marc_iso2709_agg(m ORDER BY i) || 'junk'::bytea) FROM r;
SELECT ord, byte_offset, record ->> '001' AS number, length(bytes), problem FROM path, marc_read_file(path);
SELECT (f).ord, (f).record ->> '001' AS number FROM (SELECT marc_read_file(path) AS f FROM path) s LIMIT 2;
SELECT write_file(convert_to(string_agg(marc_to_json_text(m), E'\n' ORDER BY i), 'UTF8')) FROM r;
SELECT ord, byte_offset, record ->> '001' AS number, length(bytes), problem FROM path, marc_read_file(path, 'json');
SELECT ord, record ->> '001' AS number, problem FROM path, marc_read_file(path, 'mrk');
SELECT ord, record ->> '001' AS number, problem FROM path, marc_read_file(path, 'marcxml');
SELECT ord, record ->> '001' AS number, left(problem, 30) AS problem FROM path, marc_read_file(path, 'iso2709');
SELECT ord, record ->> '001' AS number, left(problem, 30) AS problem FROM path, marc_read_file(path, 'line');
SELECT ord, record ->> '001' AS number, left(problem, 30) AS problem FROM path, marc_read_file(path, 'aleph');
SELECT write_file('no MARC at all');
SELECT * FROM path, marc_read_file(path);
SELECT write_file(marc_iso2709_agg(m ORDER BY i)) FROM r;
SELECT ord, record ->> '001' AS number, left(problem, 30) AS problem FROM path, marc_read_file(path, 'marcxml');
SELECT write_file(convert_to(marc_collection_agg(m ORDER BY i), 'UTF8')) FROM r;
SELECT ord, record ->> '001' AS number, left(problem, 30) AS problem FROM path, marc_read_file(path, 'json');
SELECT write_file(convert_to(string_agg(marc_to_json_text(m), E'\n' ORDER BY i), 'UTF8')) FROM r;
SELECT count(*) FROM path, marc_read_file(path), marc_read_file(path) AS again;
SELECT write_file('\x1f8b0800');
SELECT * FROM path, marc_read_file(path, NULL);
SELECT write_file('');
SELECT count(*) FROM path, marc_read_file(path);
-- a cursor that stays after its transaction
SELECT write_file(marc_iso2709_agg(m ORDER BY i)) FROM r;
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT (f).ord FROM (SELECT marc_read_file(path) AS f FROM path) s;
FETCH 1 FROM c;
COMMIT;
FETCH ALL FROM c;
CLOSE c;
BEGIN;
DECLARE c CURSOR FOR SELECT (f).ord FROM (SELECT marc_read_file(path) AS f FROM path) s;
FETCH 1 FROM c;
ROLLBACK;

SELECT * FROM marc_read_file('/nonexistent/file');
\set VERBOSITY sqlstate
SELECT * FROM marc_read_file(current_setting('data_directory'));
\set VERBOSITY default
SELECT * FROM marc_read_file('', 'json');
SELECT * FROM path, marc_read_file(path, 'pdf');
SELECT count(*) FROM marc_read_file(NULL);

CREATE ROLE marc_test_reader;
SET ROLE marc_test_reader;
SELECT * FROM marc_read_file('/etc/passwd');
RESET ROLE;
GRANT EXECUTE ON FUNCTION marc_read_file TO marc_test_reader;
SET ROLE marc_test_reader;
SELECT * FROM marc_read_file('/etc/passwd');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION marc_read_file FROM marc_test_reader;
GRANT pg_read_server_files TO marc_test_reader;
SET ROLE marc_test_reader;
SELECT * FROM marc_read_file('/nonexistent/file');
RESET ROLE;
DROP ROLE marc_test_reader;
COPY (SELECT) TO PROGRAM 'cat >/dev/null; rm -f marc_read_file_test';

-- records of every kind, MARC 21 by leader/06 and UNIMARC, in and out of every form
SELECT kind, m ->> '001' AS number, bool_and(back = m) AS same
FROM (VALUES ('authority', E'=LDR  00000nz  a2200000n  4500\n=001  a1\n=008  860211n| azannaabn          |a ana      \n=100  1\\$aTwain, Mark,$d1835-1910\n=400  1\\$aClemens, Samuel'),
	('holdings', E'=LDR  00000nx  a2200000zn 4500\n=001  h1\n=004  b1\n=852  0\\$aDLC$hQA76\n=863  40$81.1$a1-$i1990-'),
	('classification', E'=LDR  00000nw  a2200000n  4500\n=001  c1\n=153  \\\\$aQA76$jComputers'),
	('community', E'=LDR  00000nq  a2200000n  4500\n=001  q1\n=245  00$aClinic'),
	('UNIMARC', E'=LDR  00000nam0 2200000   450 \n=001  u1\n=100  \\\\$a19960101d1996    m  y0frey50      ba\n=200  1\\$aTitre$fAuteur\n=461  \\0$1001x$12001\\$aEnsemble')) v(kind, t),
	LATERAL (SELECT t::marc) AS l(m),
	LATERAL (VALUES (marc_from_json(marc_to_json(m))), (marc_from_json(marc_to_json(m, 'keyed'))), (marc_from_line(marc_to_line(m))),
		(marc_from_aleph(marc_to_aleph(m))), (marc_from_xml(marc_to_xml(m))), (marc_from_iso2709(marc_to_iso2709(m)))) AS b(back)
GROUP BY kind, m ->> '001' ORDER BY kind;
DROP FUNCTION write_file;
DROP TABLE r, path;
