-- Editing: each function returns a new record. None is strict: a null argument, other than the record, leaves the record
-- as it is, so that no UPDATE loses a record because a value is missing. New fields stand behind the last field of their
-- tag; without one, before the first field of a higher tag.

CREATE FUNCTION marc_new(kind text DEFAULT 'bibliographic') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_new' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_new(text) IS 'a record without fields, with a leader for bibliographic, authority, holdings, classification or community';

CREATE FUNCTION marc_set(record marc, path text, value text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_set' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_set(marc, text, text) IS 'the record with every value that the path selects set to this one; where it selects none, 245$c, 650[1]$2 or 003 make the subfield or the field; characters such as 008/35-37 or LDR/5 take as many others; a data field without a subfield cannot be set; another path that matches nothing, such as 650[5]$a, has no effect; a null value changes nothing';

CREATE FUNCTION marc_set_leader(record marc, leader text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_set_leader' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_set_leader(marc, text) IS 'the record with another leader of 24 ASCII characters';

CREATE FUNCTION marc_replace(record marc, path text, pattern text, replacement text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_replace' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_replace(marc, text, text, text) IS 'the record with each occurrence of the text pattern replaced in the values that the path selects; a data field without subfields stands for all of its subfields';

CREATE FUNCTION marc_delete(record marc, path text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_delete' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_delete(marc, text) IS 'the record without the fields or subfields that the path selects; a field whose last subfield goes, goes too; in a tag . is any character (9..)';

CREATE FUNCTION marc_add(record marc, field text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_add(marc, text) IS 'the record with another field in its place, given as a mnemonic line such as =650  \0$aDogs; several lines add several fields';

CREATE FUNCTION marc_add(record marc, tag text, value text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_add_control' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_add(marc, text, text) IS 'the record with another control field in its place';

CREATE FUNCTION marc_add(record marc, tag text, ind1 text, ind2 text, VARIADIC subfields text[]) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_add_data' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_add(marc, text, text, text, text[]) IS 'the record with another data field in its place; subfields are code, value, code, value and so on, and one whose value is null is left out';

CREATE FUNCTION marc_append(record marc, field text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_append' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_append(marc, text) IS 'the record with another field at the end, given as a mnemonic line';

CREATE FUNCTION marc_sort(record marc) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_sort' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_sort(marc) IS 'the record with its fields sorted by tag, numbers before letters; fields of a tag keep their order';

CREATE FUNCTION marc_keep(record marc, tags text[]) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_keep' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_keep(marc, text[]) IS 'the record with only the fields of these tags; . or X stands for any character';

CREATE OPERATOR || (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_add);
COMMENT ON OPERATOR || (marc, text) IS 'the record with another field, given as a mnemonic line';

CREATE OPERATOR - (LEFTARG = marc, RIGHTARG = text, FUNCTION = marc_delete);
COMMENT ON OPERATOR - (marc, text) IS 'the record without the fields or subfields that the path selects; in a tag . is any character (9..)';
