-- Merging by rules. extension/marc/include/marc/merge.hpp has the grammar of the rules, what they mean and the built-in
-- ones. Constant rules are compiled once for each place where they are used.

CREATE FUNCTION marc_merge(base marc, incoming marc, rules jsonb DEFAULT '{}') RETURNS marc
	AS 'MODULE_PATHNAME', 'marc_merge' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500;
COMMENT ON FUNCTION marc_merge(marc, marc, jsonb) IS 'the local record base after taking over what the better or newer copy incoming says; fields that the rules protect (built in: 001, 003, 09X to 89X with 9 in the middle except 49X, 9XX, $5, $9 local) stay byte for byte, and merging again changes nothing; an incoming pair of linked fields whose number in $6 base has given to another pair gets the next free one; without incoming it is base, and rules that are null are the built-in ones';

CREATE FUNCTION marc_merge_explain(base marc, incoming marc, rules jsonb DEFAULT '{}', OUT origin text, OUT tag text, OUT ord integer,
		OUT action text, OUT reason text, OUT field text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'marc_merge_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 600 ROWS 60;
COMMENT ON FUNCTION marc_merge_explain(marc, marc, jsonb) IS 'what marc_merge does with each field of base (keep or drop) and of incoming (take or ignore), and by which rule; ord numbers the fields of each record from 1; without incoming every field is kept';
