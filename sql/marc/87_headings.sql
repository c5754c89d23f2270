-- Headings: names, titles, subjects, genres and series of a record as rows, and how they name authority records.

CREATE FUNCTION marc_headings(record marc, OUT ord integer, OUT tag text, OUT kind text, OUT role text, OUT relation text,
	OUT heading text, OUT heading_key text, OUT scheme text, OUT control_number text[], OUT uri text[], OUT local_id text,
	OUT alternate text, OUT reference text[])
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_headings' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300 ROWS 12;
COMMENT ON FUNCTION marc_headings(marc) IS 'headings of 1XX, 240, 4XX, 6XX, 7XX, 8XX (of an authority record 1XX, 4XX, 5XX, 7XX), in MARC 21 or UNIMARC: ord as in marc_fields(); kind, such as topical; role: name, title, subject, genre, series, place, or heading, see from, see also, equivalent with their relation; the heading with two hyphens in front of subdivisions; heading_key as marc_heading_key() makes it, null for what is not under authority control; scheme as a MARC code (lcsh, mesh, fast); $0; URIs of $0 and $1; $9; alternate out of the 880; reference as marc_authority_references() has it';

CREATE FUNCTION marc_subject_key(heading text) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_subject_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION marc_subject_key(text) IS 'the key of a heading that is written out with two hyphens between its parts: each part in NACO form; two labels of a vocabulary are the same heading when their keys are';

CREATE FUNCTION marc_authority_reference(value text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_authority_reference' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION marc_authority_reference(text) IS 'the forms in which a $0, a $1 or a URI of a vocabulary is compared: lower case without blanks, addresses of the Library of Congress, FAST, MeSH, GND and others as (organisation)number; with 0:number in front for the number of another organisation';

CREATE FUNCTION marc_authority_references(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_authority_references' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_authority_references(marc) IS 'what the headings of a bibliographic record say about their authority records ($0, $1, in UNIMARC $3), as marc_authority_numbers() gives it for those, and 9: with a $9';

CREATE FUNCTION marc_authority_numbers(record marc) RETURNS text[]
	AS 'MODULE_PATHNAME', 'marc_authority_numbers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_authority_numbers(marc) IS 'the numbers that an authority record answers to, in the form of marc_authority_reference(): 001, 003 with 001, 010, 035, addresses in 024';

CREATE FUNCTION marc_authority_key(reference text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'marc_authority_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION marc_authority_key(text) IS 'a reference, as marc_authority_reference() gives it, as a number for an index: another reference may have the same, so compare the texts too';

CREATE FUNCTION marc_authority_reference_keys(record marc) RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'marc_authority_reference_keys' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION marc_authority_reference_keys(marc) IS 'marc_authority_references() as numbers (marc_authority_key), for a GIN index over the array: a sixth of the work of one over the texts';

CREATE FUNCTION marc_authority_number_keys(record marc) RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'marc_authority_number_keys' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION marc_authority_number_keys(marc) IS 'marc_authority_numbers() as numbers (marc_authority_key), for a GIN index over the array';
