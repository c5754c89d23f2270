-- Crosswalks: marc_crosswalk, marc_to_…, options, marc_crosswalk_notes, marc_unmapped, and what the rules say of themselves.
CREATE TABLE record (id integer, m marc);
INSERT INTO record VALUES
(1, '=LDR  00000nam a2200000 a 4500
=001  91000001
=003  DLC
=008  920219s1993    caua   j      000 0 eng  
=020  \\$a0152038655 (pbk.) :$c{dollar}15.95
=100  1\$aSandburg, Carl,$d1878-1967.
=245  10$aArithmetic /$cCarl Sandburg & Ted Rand <ill.>
=260  \\$aSan Diego :$bHarcourt,$cc1993.
=300  \\$a1 v. :$bill. ;$c26 cm.
=650  \0$aArithmetic$vJuvenile poetry.
=856  42$3Publisher$uhttps://example.com/?a=1&b=2
=949  \\$alocal'),
(2, '=LDR  00000nam a2200000 a 4500
=001  none'),
(3, '=LDR  00000n?x a2200000 a 4500
=008  99999999999xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
=245  ++
=260  \\$c99999-[0000?]
=880  \\$6245-99/(3/r$aOrphan
=880  \\$6999$aOrphan
=880  \\$a');

SELECT * FROM marc_crosswalk_formats();
SELECT marc_to_dc(m) FROM record ORDER BY id;
SELECT marc_to_mods(m) FROM record ORDER BY id;
SELECT marc_to_dcterms(m) FROM record WHERE id = 1;
SELECT marc_to_bibframe(m) FROM record WHERE id = 1;
SELECT marc_to_schema_org(m)::jsonb - '@context' FROM record ORDER BY id;
SELECT marc_to_folio(m)::jsonb ->> 'title' FROM record ORDER BY id;
SELECT marc_to_bibliographic(m)::jsonb -> 'name' FROM record ORDER BY id;
SELECT marc_to_ris(m) FROM record WHERE id = 1;
SELECT marc_to_bibtex(m) FROM record WHERE id = 1;
SELECT marc_to_csv(m) FROM record ORDER BY id;
SELECT marc_to_mads('=LDR  00000nz  a2200000n  4500
=001  n1
=008  800101n| azannaabn          |a aaa      
=100  1\$aTwain, Mark,$d1835-1910
=400  1\$aClemens, Samuel Langhorne,$d1835-1910');

-- Every format makes something well-formed of odd records, and says what it thought odd.
SELECT id, format, xmlparse(DOCUMENT marc_crosswalk(m, format)) IS NOT NULL AS well_formed
FROM record, marc_crosswalk_formats() WHERE output = 'xml' AND id > 1 ORDER BY 1, 2;
SELECT id, format, jsonb_typeof(marc_crosswalk(m, format)::jsonb)
FROM record, marc_crosswalk_formats() WHERE output = 'json' AND id > 1 ORDER BY 1, 2;
SELECT id, n.* FROM record, marc_crosswalk_notes(m, 'mods') n ORDER BY 1, 2, 3;

-- The named functions are marc_crosswalk.
SELECT bool_and(marc_to_mods(m) = marc_crosswalk(m, 'mods')) FROM record;
SELECT marc_crosswalk(m, NULL) IS NULL, marc_to_dc(NULL) IS NULL FROM record WHERE id = 1;

-- Nothing vanishes without a trace.
SELECT u.* FROM record, marc_unmapped(m, 'dc') u WHERE id = 1;
SELECT u.* FROM record, marc_unmapped(m, 'mods') u WHERE id = 1;

-- A site's own rules.
SELECT marc_to_dc(m, '{"rules": "version \"site.1\"\nrule local\n  for 949\n    dc:description = $a\n"}') FROM record WHERE id = 1;
SELECT marc_crosswalk_version('dc'), marc_crosswalk_version('dc', '{"rules": [{"name": "one", "text": "version \"one\""}, {"name": "two", "text": "version 2"}]}');
SELECT u.* FROM record, marc_unmapped(m, 'dc', '{"rules": "rule local\n  for 949\n    dc:description = $a\n"}') u WHERE id = 1;
SELECT marc_to_bibframe(m, '{"set": {"base": "https://library.example/\"x\\"}}') ~ '<bf:Work rdf:about="https://library.example/&quot;x\\91000001#Work">' FROM record WHERE id = 1;
SELECT left(marc_crosswalk_rules('dc'), 40);
SELECT * FROM marc_crosswalk_codes('ris') LIMIT 3;
SELECT meaning FROM marc_crosswalk_codes('mods', '{"rules": "table type_of_resource\n  a = \"my text\""}') WHERE code_table = 'type_of_resource' AND code = 'a';

SELECT rule, element, source, value FROM marc_crosswalk_mapping('dc') WHERE element LIKE '%creator' ORDER BY 1, 2, 3;
SELECT rule, element, source FROM marc_crosswalk_mapping('dc', '{"rules": "rule local\n  for 949\n    dc:description = $a\n"}') WHERE rule = 'local';
SELECT left(marc_crosswalk(m, 'bibframe', '{"output": "jsonld"}')::jsonb ->> '@context', 20) FROM record WHERE id = 1;

-- From other forms.
SELECT mods_to_marc(marc_to_mods(m)) FROM record WHERE id = 1;
SELECT dc_to_marc(marc_to_dc(m)) FROM record WHERE id = 1;
SELECT mods_to_marc(marc_to_mods(m)) IS NOT NULL, dc_to_marc(marc_to_dc(m)) IS NOT NULL FROM record ORDER BY id;
SELECT marc_from_crosswalk('<modsCollection xmlns="http://www.loc.gov/mods/v3"><mods><titleInfo><title>A &lt; B</title><mystery>lost</mystery></titleInfo></mods></modsCollection>', 'from_mods') ->> '245$a';
SELECT * FROM marc_from_crosswalk_unmapped('<mods><titleInfo><title>A</title><mystery at="1">lost</mystery></titleInfo></mods>', 'from_mods');
SELECT * FROM marc_from_crosswalk_notes('<mods><titleInfo><title>A</title></titleInfo></mods>', 'from_mods');
SELECT unimarc_to_marc21(m) = m FROM record WHERE id = 1;
CREATE TABLE unimarc AS SELECT t::marc AS m FROM (VALUES (E'=LDR  00000nam0 2200000   450 \n=001  u1\n=100  \\\\$a19960101d1996    m  y0frey50      ba\n=101  0\\$afre\n=200  1\\$aTitre$fAuteur\n=700  \\1$aAuteur$bJeanne$4070\n=801  \\0$aFR$bBNF$zx'), (E'=LDR  00000nx  a2200000   45  \n=001  a1\n=200  \\1$aAuteur$bJeanne')) v (t);
SELECT unimarc_to_marc21(m) FROM unimarc;
SELECT marc_to_dc(m) = marc_to_dc(unimarc_to_marc21(m)), marc_to_mads(m) = marc_to_mads(unimarc_to_marc21(m)) FROM unimarc;
SELECT u.* FROM unimarc, marc_unmapped(m, 'dc') u;
SELECT folio_to_marc(marc_to_folio(m)::jsonb) FROM record WHERE id = 1;
SELECT dspace_to_marc('[{"schema": "dc", "element": "title", "value": "A thesis", "language": "en"}, {"schema": "dc", "element": "contributor", "qualifier": "author", "value": "Doe, Jane"}]');
SELECT ead_to_marc('<ead><eadheader><eadid>x1</eadid></eadheader><archdesc level="collection"><did><unittitle>Papers</unittitle><unitdate normal="1900/1910">1900-1910</unitdate></did></archdesc></ead>');
SELECT mods_to_marc('<mods>');
SELECT mods_to_marc('<html/>');
SELECT mods_to_marc('<!DOCTYPE a [<!ENTITY b "c">]><mods>&b;</mods>');
SELECT marc_from_crosswalk('{', 'from_folio');
SELECT marc_from_crosswalk('<mods/>', 'mods');
SELECT marc_crosswalk(m, 'from_mods') FROM record WHERE id = 1;

-- Options that cannot be understood.
SELECT marc_crosswalk(m, 'modz') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '{"rule": "x"}') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '[]') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '{"set": {"bases": "x"}}') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '{"set": {"fixed": 1}}') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '{"output": "yaml"}') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '{"rules": [{"name": "local"}]}') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '{"rules": [{"name": "local", "text": "rule x\n  for 24z5\n    a = $a"}]}') FROM record WHERE id = 1;
SELECT marc_crosswalk(m, 'mods', '{"rules": "drop nothing"}') FROM record WHERE id = 1;
\set VERBOSITY sqlstate
SELECT marc_crosswalk_version('mods', '{"rules": "nonsense"}');
\set VERBOSITY default
DROP TABLE record;
