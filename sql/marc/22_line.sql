-- Line mode and Aleph sequential.

CREATE FUNCTION marc_from_line(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_line' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_line(text) IS 'reads one record in line mode, as yaz-marcdump -o line writes it';

CREATE FUNCTION marc_to_line(record marc) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_line' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_line(marc) IS 'writes line mode: the leader, then one line a field (245 10 $a Title $b rest); what would be misread is an escape such as {dollar}';

CREATE FUNCTION marc_from_aleph(record text) RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_from_aleph' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION marc_from_aleph(text) IS 'reads one record in Aleph sequential; a record without 001 gets one with the system number, unless that is 000000000';

CREATE FUNCTION marc_to_aleph(record marc, system_number integer DEFAULT NULL) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_to_aleph' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marc_to_aleph(marc, integer) IS 'writes Aleph sequential; the system number comes from 001 unless given, and is 000000000 where that is no number';
