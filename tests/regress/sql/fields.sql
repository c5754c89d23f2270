-- The record as rows.
SELECT f.* FROM marc_fields($$=LDR  00714cam a2200205 a 4500
=001  ocm1
=245  10$aTitle :$bthe rest /
=650  \0$aÖne
=650  \7$aTwo$$) AS f;

SELECT '[' || marc_leader($$=LDR  00714cam a2200205 a 4500
=001  ocm1$$) || ']' AS leader;

-- the head of a large value is enough for the leader
CREATE TABLE large (m marc);
ALTER TABLE large ALTER m SET STORAGE external;
INSERT INTO large SELECT ('=LDR  00000nam a2200000 a 4500' || string_agg(E'\n=500  \\\\$a' || repeat(md5(i::text), 20), ''))::marc
FROM generate_series(1, 200) AS i;
SELECT marc_leader(m), pg_column_size(m) > 100000 AS large FROM large;
ALTER TABLE large ALTER m SET STORAGE extended;
INSERT INTO large SELECT m FROM large;
SELECT count(DISTINCT marc_leader(m)), count(DISTINCT m) FROM large;

-- as many rows as there are subfields, also when they pass work_mem
SET work_mem = '64kB';
SELECT count(*), count(DISTINCT ord), max(ord) FROM large, marc_fields(m);
RESET work_mem;

-- in the target list
SELECT (marc_fields('=LDR  00000nam a2200000 a 4500
=001  x')).*;
SELECT count(*) FROM marc_fields(NULL);
DROP TABLE large;

-- cancelled in the middle of a field, while the memory of its values is in use
CREATE TABLE huge (m marc);
INSERT INTO huge SELECT (E'=LDR  00000nam a2200000 a 4500\n=500  \\\\' || repeat('$ax', 1000000))::marc;
SET statement_timeout = '60ms';
SELECT count(*) FROM huge, marc_fields(m);
RESET statement_timeout;
SELECT count(*) FROM huge, marc_fields(m);
DROP TABLE huge;

-- whether the reader left something out; it is no part of equality, and the text form of the type keeps it
CREATE TABLE part (n integer, m marc);
INSERT INTO part VALUES
(1, '<record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">1</controlfield></record>'),
(2, '<record><leader>00000nam a2200000 a 4500</leader>stray<controlfield tag="001">1</controlfield></record>'),
(3, marc_from_iso2709('00045nam a2200037 a 4500'::bytea || '001000200000'::bytea || '\x1e31' || '\x1e1d'::bytea)),
(4, marc_from_iso2709('00045nam a2200037 a 4500'::bytea || '001000200000'::bytea || '\x1e31' || '\x1e6c6f73741e1d'::bytea));
SELECT n, marc_is_lossy(m), m = first_value(m) OVER (ORDER BY n) AS equal, marc_digest(m) = marc_digest(first_value(m) OVER (ORDER BY n)) AS same_digest,
	marc_is_lossy(m::text::marc) AS after_text FROM part ORDER BY n;
SELECT marc_is_lossy(NULL);
DROP TABLE part;

-- a first field without a byte
SELECT * FROM marc_fields(marc_new() || '=001  ');
SELECT * FROM marc_fields('<record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001"/><controlfield tag="003">x</controlfield></record>'::marc);
