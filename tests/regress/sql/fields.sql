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
