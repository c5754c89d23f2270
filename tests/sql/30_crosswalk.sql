-- Rules of a site: they take effect with the commit, each state is kept, and what cannot be understood is refused.
\set ECHO none
\set QUIET 1
\set ON_ERROR_STOP 1
BEGIN;
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS marc;
CREATE EXTENSION IF NOT EXISTS everarchive;

SELECT plan(26);
CREATE TEMP TABLE record AS SELECT '=LDR  00000nam a2200000 a 4500
=001  1
=008  920219s1993    caua   j      000 0 eng  
=245  10$aArithmetic
=949  \\$alocal'::marc AS m;
CREATE FUNCTION pg_temp.dc() RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(everarchive.crosswalk(m, 'dc'), '^<[^>]*>|</oai_dc:dc>$', '', 'g') FROM record
$$;

SELECT is(everarchive.crosswalk_options('dc'), '{}'::jsonb, 'a site without rules has the shipped ones');
SELECT is(everarchive.crosswalk(m, 'dc'), marc_to_dc(m), 'and makes the same of a record') FROM record;

INSERT INTO everarchive.crosswalk_rule (format, name, rules, note)
VALUES ('dc', 'call number', E'rule local\n  for 949\n    dc:identifier = "local:" ~ $a', 'asked for by the union catalogue');
SELECT matches(pg_temp.dc(), '<dc:identifier>local:local</dc:identifier>', 'a rule takes effect at once');
SELECT is(n || ' ' || version || ' ' || made_by, '1 1+site.1 ' || session_user, 'its state is kept with the version') FROM everarchive.crosswalk_release;
SELECT is(marc_crosswalk_version('dc', everarchive.crosswalk_options('dc')), '1+site.1', 'which is that of the rules');
SELECT matches(everarchive.crosswalk(m, 'mods'), 'version 1</recordOrigin>', 'other crosswalks are as they were') FROM record;

INSERT INTO everarchive.crosswalk_rule (format, name, rules) VALUES ('mods', 'codes', E'table type_of_resource\n  a = "sound recording"');
SELECT matches(everarchive.crosswalk(m, 'mods'), '<typeOfResource>sound recording</typeOfResource>', 'a row of a table of codes is replaced') FROM record;
SELECT matches(everarchive.crosswalk(m, 'mods'), 'version 1\+site.1</recordOrigin>', 'what is made says by which version') FROM record;

UPDATE everarchive.crosswalk_rule SET rules = E'rule local\n  for 949\n    dc:source = $a' WHERE format = 'dc';
SELECT matches(pg_temp.dc(), '<dc:source>local</dc:source>', 'a change takes effect at once');
SELECT is((SELECT array_agg(version ORDER BY format, n) FROM everarchive.crosswalk_release), ARRAY['1+site.1', '1+site.2', '1+site.1'], 'and is the next version of its crosswalk alone');
SELECT matches(marc_crosswalk(m, 'dc', r.options), 'local:local', 'with the options of an old state its documents can be made again')
FROM record, everarchive.crosswalk_release r WHERE r.format = 'dc' AND r.n = 1;

SELECT throws_like($$INSERT INTO everarchive.crosswalk_rule (format, name, rules) VALUES ('mods', 'bad', 'nonsense')$$,
    'these options cannot be used for a crosswalk to "mods"', 'rules that cannot be understood are refused');
SELECT throws_ok($$INSERT INTO everarchive.crosswalk_rule (format, name, rules) VALUES ('modz', 'bad', 'drop x')$$, '22023', NULL, 'so is a crosswalk that there is not');
SELECT throws_ok($$UPDATE everarchive.crosswalk_rule SET rules = 'drop nothing'$$, '22023', NULL, 'and a change to such');

INSERT INTO everarchive.crosswalk_rule (format, name, position, rules) VALUES ('dc', 'again', 1, E'rule local\n  for 949\n    dc:relation = $a');
SELECT matches(pg_temp.dc(), '<dc:relation>local</dc:relation>', 'a later text changes an earlier one');
UPDATE everarchive.crosswalk_rule SET enabled = false WHERE name = 'again';
SELECT matches(pg_temp.dc(), '<dc:source>local</dc:source>', 'one that is switched off has no effect');
UPDATE everarchive.crosswalk_rule SET note = 'nothing new';
SELECT is((SELECT max(n) FROM everarchive.crosswalk_release WHERE format = 'dc'), 4, 'what changes no rule makes no version');
DELETE FROM everarchive.crosswalk_rule;
SELECT is(pg_temp.dc(), '<dc:title>Arithmetic</dc:title><dc:type>text</dc:type><dc:language>eng</dc:language>', 'without rules it is as shipped');
SELECT is((SELECT array_agg(version ORDER BY format) FROM everarchive.crosswalk_release WHERE n = 5 OR format = 'mods'), ARRAY['1', '1+site.1', '1'], 'which is a state, too');

SET LOCAL ROLE everarchive_operator;
SELECT lives_ok($$INSERT INTO everarchive.crosswalk_rule (format, name, rules) VALUES ('dc', 'operator', E'table type_of_record\n  a = "my text"')$$, 'an operator may write rules');
SELECT throws_ok($$UPDATE everarchive.crosswalk_release SET version = '1'$$, '42501', NULL, 'but not change a state that was');
SELECT throws_ok($$UPDATE everarchive.crosswalk_rule SET changed_by = 'another'$$, '42501', NULL, 'nor say that another wrote a rule');
SELECT throws_ok($$INSERT INTO everarchive.crosswalk_rule (format, name, rules, changed_by) VALUES ('dc', 'x', '', 'another')$$, '42501', NULL, 'neither in a new one');
SELECT throws_ok($$INSERT INTO everarchive.crosswalk_release (format, n, version, options) VALUES ('dc', 6, '1', '{}')$$, '42501', NULL, 'and write no state by hand');
SELECT lives_ok($$UPDATE everarchive.crosswalk_rule SET note = 'mine'; DELETE FROM everarchive.crosswalk_rule$$, 'but change and delete rules');
SET LOCAL ROLE everarchive_reader;
SELECT throws_ok($$DELETE FROM everarchive.crosswalk_rule$$, '42501', NULL, 'a reader may not');
SELECT * FROM finish();
ROLLBACK;
