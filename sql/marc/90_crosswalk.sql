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
