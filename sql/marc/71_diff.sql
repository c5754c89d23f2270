-- Differences. Two records with equal digests have none; the positions of the leader that describe the packing in
-- ISO 2709 do not count.

CREATE FUNCTION marc_diff(a marc, b marc, OUT kind text, OUT tag text, OUT ord_a integer, OUT ord_b integer,
		OUT old_field text, OUT new_field text, OUT detail text[])
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_diff' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300 ROWS 10;
COMMENT ON FUNCTION marc_diff(marc, marc) IS 'what leads from record a to record b: a row for each field with kind add, delete, change or move, its place in both (numbered from 1, as in marc_fields) and its mnemonic lines; for a change, detail names what differs inside the field; each changed character of the leader is a row with tag LDR; where one record is null, the leader and all fields of the other were added or deleted';

CREATE FUNCTION marc_diff_text(a marc, b marc, context integer DEFAULT 1) RETURNS text
	AS 'MODULE_PATHNAME', 'marc_diff_text' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300;
COMMENT ON FUNCTION marc_diff_text(marc, marc, integer) IS 'the differences as lines for people: - gone, + new, ~ moved to here, blank unchanged (as many around each change as context says), ... left out; empty when there are none; where one record is null, all of the other was added or deleted';
