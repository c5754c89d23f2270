-- A file into its records.
CREATE TABLE file (data bytea);
INSERT INTO file SELECT string_agg(marc_to_iso2709((E'=LDR  00000nam a2200000 a 4500\n=001  ' || i)::marc), '' ORDER BY i)
FROM generate_series(1, 3) AS i;

SELECT ord, byte_offset, record ->> '001' AS number, length(bytes), problem FROM file, marc_split(data);

-- junk before, between and behind; a record that ends too soon
SELECT ord, byte_offset, record ->> '001' AS number, length(bytes), problem
FROM file, marc_split('\x0d0a'::bytea || data || 'junk'::bytea || '\x1d' || data || '\x0d0a1a' || substr(data, 1, 30));

-- junk without a terminator does not hide the record behind it; the last record may lack its own
SELECT ord, byte_offset, record ->> '001' AS number, length(bytes), problem
FROM file, marc_split(data || 'GARBAGE HERE'::bytea || substr(data, 1, 119));

-- every byte of a piece is what the file had there
SELECT bool_and(substr(data, byte_offset::int + 1, length(bytes)) = bytes) FROM file, marc_split(data);

SELECT count(*) FROM marc_split('');
SELECT count(*) FROM marc_split('\x00');

-- more records than work_mem holds
SET work_mem = '64kB';
SELECT count(*), count(record), sum(length(bytes)) = max(length(whole)) AS all_bytes
FROM (SELECT string_agg(data, '') AS whole FROM file, generate_series(1, 2000)) w, marc_split(whole);
RESET work_mem;

-- cancelled in the middle
CREATE TABLE huge AS SELECT string_agg(data, '') AS data FROM file, generate_series(1, 100000);
SET statement_timeout = '100ms';
\set VERBOSITY sqlstate
SELECT count(*) FROM huge, marc_split(data || data || data);
\set VERBOSITY default
RESET statement_timeout;
DROP TABLE file, huge;
