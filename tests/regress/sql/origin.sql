-- Where a record came from: its bytes, their encoding, and the text form that keeps both.
CREATE FUNCTION iso2709(label text, value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT convert_to(lpad((38 + length(value) + 5)::text, 5, '0') || 'nam ' || label || '2200037 a 4500', 'UTF8')
		|| convert_to('245' || lpad((length(value) + 5)::text, 4, '0') || '00000', 'UTF8') || '\x1e' || '10'::bytea || '\x1f61'
		|| value || '\x1e1d'
$$;
CREATE TABLE input (n integer, what text, data bytea);
INSERT INTO input VALUES
(1, 'UTF-8', iso2709('a', 'Caf\303\251')),
(2, 'ASCII', iso2709(' ', 'Cafe')),
(3, 'MARC-8', iso2709(' ', 'Caf\342e')),
(4, 'MARC-8 with escapes', iso2709(' ', '\x1b284e6142431b284220e561')),
(5, 'UTF-8 labelled MARC-8', iso2709(' ', 'Caf\303\251')),
(6, 'MARC-8 labelled UTF-8', iso2709('a', 'Caf\342e')),
(7, 'Latin-1 labelled UTF-8', iso2709('a', 'Qu\351bec')),
(8, 'filler around it', '\x0d0a' || iso2709('a', 'Caf\303\251') || '\x1a'),
(9, 'no end', substr(iso2709('a', 'Caf\303\251'), 1, 45)),
(10, 'wrong leader', set_byte(iso2709('a', 'Caf\303\251'), 22, 101)),
(11, 'broken directory', set_byte(iso2709('a', 'Caf\303\251'), 30, 120));

CREATE TABLE record AS SELECT n, what, data, data::marc AS m FROM input;
SELECT n, what, m ->> '245$a' AS title, marc_encoding(m) AS encoding, marc_raw(m) = data AS exact, marc_is_lossy(m) AS lossy FROM record ORDER BY n;
SELECT n, code, tag, occurrence, byte_offset FROM record, marc_problems(data) ORDER BY n, byte_offset, code;

-- the text form keeps everything
SELECT m FROM record WHERE n IN (1, 7) ORDER BY n;
SELECT n FROM record WHERE NOT marc_identical(m, m::text::marc) OR marc_raw(m::text::marc) <> data OR marc_digest(m) <> marc_digest(m::text::marc);
SELECT current_setting('data_directory') || '/marc_regress.copy' AS file \gset
CREATE TABLE again (n integer, m marc);
COPY (SELECT n, m FROM record) TO :'file';
COPY again FROM :'file';
SELECT count(*) AS restored, count(*) FILTER (WHERE marc_identical(r.m, a.m) AND marc_raw(a.m) = r.data) AS exact FROM record r JOIN again a USING (n);
TRUNCATE again;
COPY (SELECT n, m FROM record) TO :'file' (FORMAT binary);
COPY again FROM :'file' (FORMAT binary);
SELECT count(*) AS restored, count(*) FILTER (WHERE marc_identical(r.m, a.m) AND marc_raw(a.m) = r.data) AS exact FROM record r JOIN again a USING (n);
SELECT 'cat >/dev/null; rm ' || quote_literal(:'file') AS remove \gset
COPY (SELECT) TO PROGRAM :'remove';

-- pieces of a file have exactly their bytes
SELECT bool_and(marc_raw(p.record) = p.bytes) AS exact, count(*) FROM (SELECT string_agg(data, '' ORDER BY n) AS file FROM record WHERE n <> 9) f, marc_split(file) AS p;

-- the bytes count for marc_identical(), and for nothing else
SELECT a.m = b.m AS equal, marc_digest(a.m) = marc_digest(b.m) AS digest, marc_identical(a.m, b.m) AS identical FROM record a, record b WHERE a.n = 1 AND b.n = 8;

-- no other form has raw bytes, nor a record that NFC changes
SELECT marc_raw(marc_from_xml(marc_to_xml(m))) IS NULL AS xml, marc_encoding(marc_from_mrk(marc_to_mrk(m))) IS NULL AS mrk, marc_raw(marc_nfc(m)) IS NULL AS nfc
FROM record WHERE n = 3;
SELECT marc_nfc(a.m) = b.m AS same_in_nfc, a.m = b.m AS same, marc_raw(marc_nfc(b.m)) = b.data AS unchanged_keeps FROM record a, record b WHERE a.n = 3 AND b.n = 1;

-- encodings that the caller names
SELECT marc_from_iso2709(iso2709('a', 'Qu\351bec'), name) ->> '245$a' AS title FROM unnest(ARRAY['latin-1', 'ISO-8859-1', 'marc-8', 'utf-8']) AS name;
SELECT marc_from_iso2709(iso2709(' ', 'Caf\302e'), 'iso-5426') ->> '245$a' AS title;

-- writing MARC-8
SELECT encode(substr(marc_to_iso2709(m, 'marc-8'), 38), 'escape') AS written, marc_to_iso2709(m, 'marc-8') = data AS same FROM record WHERE n IN (1, 3, 4) ORDER BY n;
SELECT encode(substr(marc_to_iso2709(E'=LDR  00000nam a2200000 a 4500\n=245  10$a\U0001F4DA', 'marc-8', 'ncr'), 38), 'escape');
SELECT marc_to_iso2709(E'=LDR  00000nam a2200000 a 4500\n=245  10$a\U0001F4DA', 'marc-8');
\set VERBOSITY sqlstate
SELECT marc_to_iso2709(m, 'latin-1') FROM record WHERE n = 1;
SELECT marc_to_iso2709(m, 'marc-8', 'ignore') FROM record WHERE n = 1;
SELECT marc_from_iso2709(data, 'koi8-r') FROM record WHERE n = 1;

-- a text that was changed, a residue that is none, lines that are none
SELECT replace(m::text, 'bec', 'beck')::marc FROM record WHERE n = 7;
SELECT (m::text || 'AAAA')::marc FROM record WHERE n = 7;
SELECT (m::text || E'\n=500  \\\\$ax')::marc FROM record WHERE n = 1;
SELECT E'=LDR  00000nam a2200000 a 4500\n#comment'::marc;
SELECT E'=LDR  00000nam a2200000 a 4500\n#iso2709'::marc;
SELECT E'=LDR  00000nam a2200000 a 4500\n#iso2709 unicode'::marc;
SELECT E'=LDR  00000nam a2200000 a 4500\n#marcxml lossy AAAA'::marc;
\set VERBOSITY default
SELECT marc_is_lossy(E'=LDR  00000nam a2200000 a 4500\n#marcxml defects lossy'::marc) AS lossy;

-- normalisation is the server's own
SELECT count(*) AS texts, count(*) FILTER (WHERE marc_nfc(m) ->> '500$a' = normalize(text, NFC)) AS same
FROM (
	SELECT string_agg(chr((ARRAY[768, 769, 771, 775, 795, 803, 807, 97, 101, 111, 197, 233, 7841, 8491, 4352, 4449, 4520, 44032, 44033, 2325, 2364, 2392,
		3953, 3954, 3955, 12363, 12441, 945, 788, 64285, 119134])[1 + (i * 7919 + j * 104729 + i * j * 31) % 31]), '') AS text
	FROM generate_series(1, 2000) AS i, generate_series(1, 8) AS j GROUP BY i
) t, LATERAL (SELECT marc_from_mrk('=LDR  00000nam a2200000 a 4500' || E'\n=500  \\\\$a' || text) AS m) r;
DROP TABLE input, record, again;
DROP FUNCTION iso2709(text, bytea);
