-- A stored value that is no record, as after a damaged page: every function says XX001, none reads beyond it.
CREATE CAST (json AS marc) WITHOUT FUNCTION;
CREATE TABLE damaged (n integer, m marc);
INSERT INTO damaged SELECT n, to_json(repeat('x', n))::json::marc FROM unnest(ARRAY[0, 1, 22, 26, 38, 100, 5000]) AS n;
CREATE FUNCTION state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;
SELECT state_of(format('SELECT count(%s) FROM damaged WHERE n = %s', replace(f, '$', 'm'), n)) AS state, count(*), f
FROM unnest(ARRAY['$::text', 'marc_send($)', 'marc_to_xml($)', 'marc_to_mrk($)', 'marc_to_iso2709($)', 'marc_value($, ''001'')',
	'marc_values($, ''001'')', 'marc_exists($, ''001'')', 'marc_leader($)', 'marc_is_lossy($)', 'marc_digest($)', 'marc_hash($)',
	'marc_hash_extended($, 0)', 'marc_cmp($, $)', '($ = $)', 'marc_identical($, $)']) AS f,
	(SELECT n FROM damaged) d
GROUP BY 1, 3 ORDER BY 3, 1;
SELECT state_of(format('SELECT count(*) FROM damaged, marc_fields(m) WHERE n = %s', n)) AS state FROM damaged;

-- a record of a layout that this library does not know
SELECT state_of('SELECT (''"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"''::json::marc) ->> ''001''');
DROP TABLE damaged;
DROP FUNCTION state_of(text);
DROP CAST (json AS marc);
