-- Crosswalks: records in other forms of metadata. Rules that come with the extension say how; a library may give rules of
-- its own that change them.

CREATE FUNCTION marc_crosswalk(record marc, format text, rules text DEFAULT NULL) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_crosswalk' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_crosswalk(marc, text, text) IS 'the record in another form of metadata: a format of marc_crosswalk_formats(), by the rules that come with the extension, changed by those given; XML, JSON or lines of text';

CREATE FUNCTION marc_crosswalk_notes(record marc, format text, rules text DEFAULT NULL) RETURNS TABLE (rule text, note text)
	AS 'MODULE_PATHNAME', 'marc_crosswalk_notes' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500 ROWS 1;
COMMENT ON FUNCTION marc_crosswalk_notes(marc, text, text) IS 'what the rules of a crosswalk have to say of odd content in the record';

CREATE FUNCTION marc_unmapped(record marc, format text, rules text DEFAULT NULL)
	RETURNS TABLE (ord integer, tag text, code text, value text)
	AS 'MODULE_PATHNAME', 'marc_unmapped' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500 ROWS 10;
COMMENT ON FUNCTION marc_unmapped(marc, text, text) IS 'fields and subfields of which a crosswalk keeps nothing; code is null where that is the whole field; ord numbers the fields from 1';

CREATE FUNCTION marc_crosswalk_rules(format text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_crosswalk_rules' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_crosswalk_rules(text) IS 'the rules of a crosswalk that come with the extension';

CREATE FUNCTION marc_crosswalk_formats() RETURNS TABLE (format text, version text, output text)
	AS 'MODULE_PATHNAME', 'marc_crosswalk_formats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION marc_crosswalk_formats() IS 'the forms of metadata that there are crosswalks to, the version of their rules, and whether they are XML, JSON or lines of text';
