-- Holdings and items: textual holdings of MARC holdings fields, and the items that library systems embed in records, as
-- rows and back.

CREATE FUNCTION marc_holdings_text(record marc)
	RETURNS TABLE (ord integer, location integer, kind text, link text, holdings text, note text, problem text)
	AS 'MODULE_PATHNAME', 'marc_holdings_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 3;
COMMENT ON FUNCTION marc_holdings_text(marc) IS 'holdings in words, such as v.1:no.1(1990:Jan.)-v.12:no.4(2001:Dec.), from fields 853-855 with 863-865, and from 866-868: kind is basic, supplement or index, location the number of the field 852 that they belong to, note what readers may know, problem what is odd in the fields';

CREATE FUNCTION marc_items(record marc, layout text DEFAULT 'auto')
	RETURNS TABLE (ord integer, layout text, library text, location text, shelving text, call_number text, call_number_scheme text,
		copy text, enumeration text, chronology text, barcode text, item_type text, status text, price text, note_public text,
		note_staff text, uri text, other jsonb)
	AS 'MODULE_PATHNAME', 'marc_items' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300 ROWS 3;
COMMENT ON FUNCTION marc_items(marc, text) IS 'the items in a record: Koha''s 952 (koha) or 995 (koha_unimarc), Evergreen''s 852 (evergreen), 852 with 876-878 (marc21), or the one of these that the record has (auto); other has the values of every further subfield by its place, such as 952$9';

CREATE FUNCTION marc_with_items(record marc, items jsonb, layout text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_with_items' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_with_items(marc, jsonb, text) IS 'the record with these items, an array of objects as jsonb_agg makes it from marc_items, in place of the items of that layout which it has; data about loans is left out';

CREATE FUNCTION marc_items_unheld(items jsonb, layout text) RETURNS TABLE (ord integer, place text, value text)
	AS 'MODULE_PATHNAME', 'marc_items_unheld' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 5;
COMMENT ON FUNCTION marc_items_unheld(jsonb, text) IS 'what marc_with_items leaves out of items because the layout has no place for it; ord numbers the items from 1';

CREATE FUNCTION marc_holdings_records(record marc, layout text DEFAULT 'auto') RETURNS TABLE (ord integer, holdings marc)
	AS 'MODULE_PATHNAME', 'marc_holdings_records' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 2;
COMMENT ON FUNCTION marc_holdings_records(marc, text) IS 'MARC 21 holdings records for the items in a record, one for each library, shelving location and call number: 004 names the record, 852 the location, 876 each item';

CREATE FUNCTION marc_item_layouts() RETURNS TABLE (layout text, place text, meaning text)
	AS 'MODULE_PATHNAME', 'marc_item_layouts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 80;
COMMENT ON FUNCTION marc_item_layouts() IS 'where the layouts of items have what: a column of marc_items, or something that other holds and another layout has a place for';
