-- Standard numbers, keys, and what a record says of itself. Numbers have one form each; keys compare records and headings.

CREATE FUNCTION marc_fold(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_fold' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_fold(text) IS 'the text without case, diacritics, punctuation and superfluous blanks, as searches compare it';

CREATE FUNCTION marc_naco(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_naco' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_naco(text) IS 'the text in the form in which authority files compare headings (NACO normalisation), in lower case';

CREATE FUNCTION marc_normalize_isbn(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_isbn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_isbn(text) IS 'the ISBN at the start of the text or behind a qualifier in parentheses, as 13 digits, made of 10 where needed; null when there is none, more digits follow, its check digit is wrong, all its digits are 0, or it is an ISMN; nine digits (SBN) only when nothing but a qualifier or a price follows';

CREATE FUNCTION marc_normalize_issn(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_issn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_issn(text) IS 'the ISSN at the start of the text or behind a qualifier in parentheses, with its hyphen; null when there is none, more digits follow, its check digit is wrong, or it is 0000-0000';

CREATE FUNCTION marc_normalize_lccn(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_lccn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_lccn(text) IS 'the LCCN as the Library of Congress normalises it; null when it is none';

CREATE FUNCTION marc_normalize_oclc(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_normalize_oclc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_normalize_oclc(text) IS 'the OCLC number without prefix and leading zeros; null when it is none; without a prefix the whole text must be digits';

CREATE FUNCTION marc_isbn(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_isbn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_isbn(marc) IS 'the valid ISBNs of 020$a as 13 digits, in UNIMARC of 010$a';

CREATE FUNCTION marc_issn(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_issn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_issn(marc) IS 'the valid ISSNs of 022$a, in UNIMARC of 011$a';

CREATE FUNCTION marc_lccn(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_lccn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_lccn(marc) IS 'the LCCN of 010$a, normalised; null for UNIMARC, which has ISBNs there';

CREATE FUNCTION marc_oclc(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_oclc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_oclc(marc) IS 'the OCLC numbers: of 001 where 003 or a prefix says so, and of 035$a';

CREATE FUNCTION marc_title(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_title' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_title(marc) IS 'the title: 245$a$b$n$p, in UNIMARC 200$a$e$h$i, without the punctuation at its end and without non-sorting marks';

CREATE FUNCTION marc_sort_title(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_sort_title' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_sort_title(marc) IS 'the title for sorting: without what stands between non-sorting marks, or without its article as the second indicator of 245 counts it, folded';

CREATE FUNCTION marc_author(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_author' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_author(marc) IS 'the main name (100, 110, 111), or else the first added one (700, 710, 711), in UNIMARC the first of 70X to 72X by its last digit; null when there is none';

CREATE FUNCTION marc_date(record marc) RETURNS integer
	AS 'MODULE_PATHNAME', 'marc_date' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_date(marc) IS 'the year of publication: 008/07-10, or else the first year in 264$c or 260$c, in UNIMARC 100$a/9-12 or 210$d or 214$d; null when unknown';

CREATE FUNCTION marc_language(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_language' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_language(marc) IS 'the code of the language: 008/35-37, or else 041$a, in UNIMARC 101$a; null when there is none';

CREATE FUNCTION marc_kind(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_kind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_kind(marc) IS 'what is described, by leader/06-07: book, article, serial, integrating resource, manuscript, score, map, projected, spoken, music, image, computer file, kit, mixed materials, object, or authority, holdings, classification, community';

CREATE FUNCTION marc_match_key(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_match_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_match_key(marc) IS 'a key that descriptions of the same publication in other catalogues have too, in MARC 21 or UNIMARC: form, title without its article, author, year, extent, publisher, edition; begins with the number of the recipe; null without a title, with neither name nor year, and for records that are not bibliographic';

CREATE FUNCTION marc_heading_key(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_heading_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_heading_key(marc) IS 'the key of an authority record''s heading (1XX, in UNIMARC 2XX): its kind and its subfields, subdivisions included, in NACO form';

CREATE FUNCTION marc_heading_keys(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_heading_keys' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_heading_keys(marc) IS 'the keys of all headings of a bibliographic record, as marc_heading_key() gives them for authority records, series without volume and ISSN, subdivided headings as a whole and without their subdivisions, a name with a title as one heading; for a GIN index over the array';
