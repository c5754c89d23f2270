-- The binary form, and a dump's text form.
CREATE TABLE record (n integer, m marc);
INSERT INTO record VALUES
(1, E'=LDR  00000nam a2200000 a 4500'),
(2, E'=LDR  00000nam a2200000 a 4500\n=001  ocm1\n=245  10$aTitle\n=880  10$6245-01$aЖ 日本 \U0001F4DA'),
(3, marc_from_iso2709(marc_to_iso2709(E'=LDR  00000nam a2200000 a 4500\n=001  x\n=245  10$aÄ'))),
(4, NULL),
(5, '<record><leader>00000nam a2200000 a 4500</leader>stray</record>');
SELECT n, length(marc_send(m)) > 24 AS sent FROM record ORDER BY n;

CREATE TABLE again (n integer, m marc);
SELECT current_setting('data_directory') || '/marc_regress.copy' AS file \gset
COPY record TO :'file' (FORMAT binary);
COPY again FROM :'file' (FORMAT binary);
SELECT n, r.m = a.m AS equal, marc_identical(r.m, a.m) AS identical, marc_is_lossy(a.m) AS lossy FROM record r JOIN again a USING (n) ORDER BY n;
TRUNCATE again;
COPY record TO :'file';
COPY again FROM :'file';
SELECT n, r.m = a.m AS equal FROM record r JOIN again a USING (n) ORDER BY n;

-- binary input is not believed: the sent form of a bytea with flipped bytes, as a binary COPY file
CREATE TABLE raw (n integer, b bytea);
CREATE FUNCTION try_binary(sent bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	file text := current_setting('data_directory') || '/marc_regress.copy';
BEGIN
	DELETE FROM raw;
	DELETE FROM again;
	INSERT INTO raw VALUES (1, sent);
	EXECUTE format('COPY raw TO %L (FORMAT binary)', file);
	EXECUTE format('COPY again FROM %L (FORMAT binary)', file);
	PERFORM m::text::marc, marc_digest(m) FROM again;
	RETURN 'read';
EXCEPTION WHEN invalid_binary_representation OR program_limit_exceeded THEN
	RETURN 'refused';
END
$$;
SELECT try_binary(marc_send(m)) FROM record WHERE n = 2;
SELECT try_binary('') AS empty, try_binary('\x00') AS zero, try_binary(substr(marc_send(m), 1, 39)) AS short,
	try_binary(marc_send(m) || '\x00') AS long, try_binary(set_byte(marc_send(m), 0, 99)) AS version
FROM record WHERE n = 2;
SELECT count(*) FILTER (WHERE outcome = 'refused') > 0 AS some_refused, count(*) FILTER (WHERE outcome NOT IN ('read', 'refused')) AS others
FROM record, generate_series(0, length(marc_send(m)) - 1) AS i, unnest(ARRAY[0, 1, 30, 128, 255]) AS byte,
	try_binary(set_byte(marc_send(m), i, byte)) AS outcome WHERE n = 2;
SELECT 'cat >/dev/null; rm ' || quote_literal(:'file') AS remove \gset
COPY (SELECT) TO PROGRAM :'remove';
DROP FUNCTION try_binary(bytea);
DROP TABLE record, again, raw;
