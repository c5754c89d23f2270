-- Input and output of the type.
SELECT $$=LDR  00000nam a2200000 a 4500
=001  ocm00000001
=245  10$aTitle :$bthe rest /$cAuthor.
=650  \0$aLibraries$zÖsterreich.$$::marc;

-- out(in(x)) = x, for every form that goes in
WITH record (m) AS (VALUES ($$=LDR  00000nam a2200000 a 4500
=001  a{dollar}b
=245  10$aA $$::marc))
SELECT m::text::marc = m AS text_form, marc_from_mrk(marc_to_mrk(m)) = m AS mrk, marc_from_xml(marc_to_xml(m)) = m AS xml,
	marc_from_iso2709(marc_to_iso2709(m)) = m AS iso2709, m::bytea::marc = m AS casts, marc_to_xml(m)::marc = m AS detected
FROM record;

SELECT marc_to_xml('=LDR  00000nam a2200000 a 4500
=001  1
=245  10$aA <&> B');
SELECT encode(marc_to_iso2709('=LDR  00000nam a2200000 a 4500
=001  1
=245  10$aÄ'), 'escape');

-- a control character, which XML cannot hold
SELECT marc_to_xml('=LDR  00000nam a2200000 a 4500
=245  10$aA{U+0007}B', 'replace');

-- good and bad input, by number
CREATE TABLE input (n integer, good boolean, data text);
INSERT INTO input VALUES
(1, true, '=LDR  00000nam a2200000 a 4500'),
(2, true, E'=LDR  00000nam a2200000 a 4500\r\n=001  x\r\n'),
(3, true, E'=LDR  00000nam a2200000 a 4500\n\n=999  \\\\$a'),
(4, true, '<record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">1</controlfield></record>'),
(5, true, '<?xml version="1.0" encoding="ISO-8859-1"?><collection xmlns="http://www.loc.gov/MARC21/slim"><record><leader>00000nam a2200000 a 4500</leader></record></collection>'),
(6, true, '<m:record xmlns:m="http://www.loc.gov/MARC21/slim"><m:leader>00000nam a2200000 a 4500</m:leader><m:datafield tag="245" ind1="1" ind2="0"><m:subfield code="a">&#x416;</m:subfield></m:datafield></m:record>'),
(20, false, ''),
(21, false, 'no record'),
(22, false, '<record'),
(23, false, '<html></html>'),
(24, false, '<!DOCTYPE record [<!ENTITY x "y">]><record><leader>00000nam a2200000 a 4500</leader></record>'),
(25, false, '<collection><record><leader>00000nam a2200000 a 4500</leader></record><record><leader>00000nam a2200000 a 4500</leader></record></collection>'),
(26, true, '{"leader":"00000nam a2200000 a 4500","fields":[]}'),
(27, false, E'=LDR  00000nam a2200000 a 4500\nno field line'),
(28, false, '<record><leader>00000nam a2200000 a 4500</leader><datafield tag="2450" ind1=" " ind2=" "/></record>');
SELECT n, good, (t.record IS NOT NULL) = good AS as_expected, split_part(t.problem, ':', 1) AS problem FROM input, marc_try(data) AS t ORDER BY n;

\set VERBOSITY sqlstate
SELECT ''::marc;
SELECT 'no record'::marc;
SELECT marc_from_xml('<record');
SELECT marc_from_xml('<!DOCTYPE x><record/>');
SELECT marc_from_mrk('=24');
SELECT marc_from_iso2709('\x00');
SELECT '\x3132'::bytea::marc;
SELECT marc_from_iso2709('00026nam a2200025 a 4500'::bytea || '\x1e1d', 'koi8-r');
SELECT marc_to_iso2709(('=LDR  00000nam a2200000 a 4500' || E'\n=520  \\\\$a' || repeat('x', 10000))::marc);
SELECT marc_to_xml(E'=LDR  00000nam a2200000 a 4500\n=245  10$aA{U+0007}B');
SELECT marc_to_xml('=LDR  00000nam a2200000 a 4500', 'ignore');
SELECT marc_from_iso2709(NULL) IS NULL AS null_record, marc_from_iso2709('00026nam a2200025 a 4500'::bytea || '\x1e1d', 'UTF-8') IS NOT NULL AS with_encoding;
\set VERBOSITY default

SELECT marc_version() = (SELECT extversion FROM pg_extension WHERE extname = 'marc') AS same_version;
DROP TABLE input;

-- Options that are null are the defaults; what is no record is said with a hint.
SELECT marc_to_xml(r, NULL) = marc_to_xml(r) AS xml, marc_to_iso2709(r, NULL, NULL) = marc_to_iso2709(r) AS iso2709,
	marc_to_json(r, NULL, NULL) = marc_to_json(r) AS json, marc_to_json_text(r, NULL) = marc_to_json_text(r) AS json_text
FROM (SELECT E'=LDR  00000nam a2200000 a 4500\n=001  1'::marc) v (r);
SELECT marc_to_xml(NULL, 'error') IS NULL AND marc_to_iso2709(NULL) IS NULL AND marc_to_json(NULL, 'list') IS NULL AND marc_to_json_text(NULL) IS NULL AS none;
\set VERBOSITY default
SELECT marc_from_iso2709('');
SELECT E'=LDR  00040nam  2200037 a 4500\n=001  \u00E9\n#iso2709 ascii'::marc;
SELECT E'=LDR  00040nam  2200037 a 4500\n=001  another\n#iso2709 utf-8'::marc;
