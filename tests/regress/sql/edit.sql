-- Editing a record.
CREATE TABLE record (m marc);
INSERT INTO record VALUES ($$=LDR  00714cam a2200205 a 4500
=001  ocm1
=008  891101s1990\\\\maua\\\j\\\\\\001\0\eng\d
=020  \\$a0123456789$qpbk.
=020  \\$a9870123456786
=245  10$aTitle :$bthe rest /$cAuthor.
=650  \0$aOne
=650  \7$aTwo$2fast
=700  1\$aDoe, Jane.$$);

-- new records
SELECT marc_new(), marc_new('authority');
SELECT marc_new('holdings') || '=001  1';
SELECT marc_add(marc_add(marc_new(), '245', '1', '0', 'a', 'Dogs :', 'b', 'a history /', 'c', NULL), '001', 'x1');

-- setting values
SELECT marc_set(m, '245$a', 'Other :') ->> '245' FROM record;
SELECT marc_set(m, '020$a', 'x') -> '020$a', marc_set(m, '020[1]$a', 'x') -> '020$a', marc_set(m, '020[#]$a', 'x') -> '020$a' FROM record;
SELECT marc_set(m, '008/35-37', 'ger') ->> '008', marc_leader(marc_set(m, 'LDR/5', 'd')), marc_set(m, '245^2', '4') ->> '245^2' FROM record;
SELECT marc_set(m, '001', 'n1') ->> '001', marc_set(m, '245$a/0-4', 'Book') ->> '245$a' FROM record;
SELECT marc_leader(marc_set_leader(m, '00000nam a2200000 i 4500')) FROM record;
SELECT marc_set(m, '245^1', '\') ->> '245^1', marc_set(m, '245^1', '') ->> '245^1' FROM record;

-- making what is missing: a subfield, a field, a control field; nothing where it is not clear which
SELECT marc_set(m, '245$h', 'text') ->> '245', marc_set(m, '650[0]$2', 'lcsh') -> '650$2' FROM record;
SELECT marc_set(m, '500$a', 'A note') FROM record;
SELECT marc_set(m, '003', 'DLC') -> '00.' FROM record;
SELECT p AS path, marc_set(m, p, 'x') = m AS unchanged FROM record,
	unnest(ARRAY['020$c', '650[5]$2', '6..$9', '500$a-c', '500$a/0', '500$a[0]', '001$a', '245$q$r', '500^1', '008/90']) AS p;

-- missing arguments change nothing, and lose nothing
SELECT marc_set(m, '245$a', NULL) = m, marc_set(m, NULL, 'x') = m, marc_set_leader(m, NULL) = m, marc_replace(m, '245', 'a', NULL) = m,
	marc_delete(m, NULL) = m, marc_add(m, NULL) = m, m || NULL = m, marc_add(m, '003', NULL) = m,
	marc_add(m, '500', ' ', ' ', 'a', NULL) = m, marc_add(m, '500', ' ', ' ', VARIADIC NULL) = m, marc_keep(m, NULL) = m FROM record;
SELECT marc_set(NULL, '245$a', 'x') IS NULL, marc_delete(NULL, '245') IS NULL, marc_sort(NULL) IS NULL, marc_new(NULL) = marc_new();

-- an edit that changes nothing gives the very same record
SELECT marc_identical(marc_set(m, '001', 'ocm1'), m), marc_identical(marc_delete(m, '999'), m), marc_identical(marc_sort(m), m),
	marc_identical(marc_keep(m, '{...}'), m) FROM record;

-- deleting
SELECT m - '020' - '245$b$c' - '650' - '700$a' FROM record;
SELECT marc_delete(m, '020[0]$a') FROM record;
SELECT marc_delete(m, '020[0]') -> '020$a', marc_delete(m, '...') FROM record;

-- conditions choose what is edited, and nothing is made for them; they stand behind what they are about
SELECT marc_delete(m, '650{$2=\fast}') -> '650', marc_set(m, '650$2{$2=\fast}', 'gnd') -> '650$2', marc_replace(m, '650$a{!$2}', 'O', 'o') -> '650$a',
	marc_set(m, '650$0{$2=\fast}', 'x') = m AS unchanged FROM record;
SELECT marc_set(m, '650{$2=\fast}$0', 'x') FROM record;

-- paths out of a column
SELECT string_agg(p, ' ' ORDER BY p) AS deleted FROM record, unnest(ARRAY['001', '008', '020', '100', '245', '300', '500', '650', '700', '856', '020$q']) AS p,
	generate_series(1, 2) WHERE marc_delete(m, p) <> m;

-- adding, in place or at the end
SELECT m || '=650  \0$aThree' || '=500  \\$aNote' || '=100  1\$aRoe' FROM record;
SELECT marc_append(m, E'=650  \\0$aThree\n=500  \\\\$aNote') FROM record;
SELECT marc_add(m, '650', ' ', '0', 'a', 'Three {and} $4', '0', '(DLC)sh1') - '0..' - '245' - '700' FROM record;

-- sorting and keeping
SELECT marc_sort(marc_append(marc_append(m, '=FMT  BK'), '=100  1\$aRoe') || '=880  1\$6100-01$aRoe') FROM record;
SELECT marc_keep(m, ARRAY['001', '6XX']) FROM record;

-- find and replace
SELECT marc_replace(m, '245$a', ' :', '') ->> '245$a', marc_replace(m, '...', 'o', '0') FROM record;
SELECT marc_replace(m, '650', 'w', 'ww') -> '650', marc_replace(m, '245$a', '', 'x') = m FROM record;
-- regular expressions are those of the server
SELECT marc_set(m, '245$a', regexp_replace(m ->> '245$a', '\s*:$', '')) ->> '245$a' FROM record;

-- many records at once
CREATE TABLE many AS SELECT m || ('=035  \\$a' || i) AS m FROM record, generate_series(1, 100) AS i;
UPDATE many SET m = marc_delete(marc_set(marc_set(m, '008/35-37', 'ger'), '040$b', 'ger'), '650');
SELECT count(DISTINCT m), min(m ->> '008/35-37'), bool_or(m @? '650'), min(m ->> '040$b') FROM many;
DROP TABLE many;

-- where it came from is no longer true, what was lost still is
SELECT marc_is_lossy(marc_set(l, '001', '2')), marc_is_lossy(l || '=003  X') FROM
	(SELECT '<record><leader>00000nam a2200000 a 4500</leader>stray<controlfield tag="001">1</controlfield></record>'::marc AS l) AS lossy;

-- what cannot be done
SELECT marc_set(m, '245', 'x') FROM record;
SELECT marc_set(m, '245/0', 'x') FROM record;
SELECT marc_set(m, '008/35-37', 'de') FROM record;
SELECT marc_set(m, 'LDR', 'x') FROM record;
SELECT marc_set(m, 'LDR/5', 'é') FROM record;
SELECT marc_set(m, '245^1', '10') FROM record;
SELECT marc_set(m, '245$a', E'x\x1Fy') FROM record;
SELECT marc_set(m, '24', 'x') FROM record;
SELECT marc_set_leader(m, 'short') FROM record;
SELECT marc_delete(m, '245^1') FROM record;
SELECT marc_delete(m, '008/1') FROM record;
SELECT marc_delete(m, 'LDR') FROM record;
SELECT marc_replace(m, '008/35-37', 'eng', 'de') FROM record;
SELECT marc_add(m, '650  \0$aDogs') FROM record;
SELECT marc_add(m, '=LDR  00000nam a2200000 a 4500') FROM record;
SELECT marc_add(m, '245', 'x') FROM record;
SELECT marc_add(m, '001', ' ', ' ', 'a', 'x') FROM record;
SELECT marc_add(m, '24', ' ', ' ', 'a', 'x') FROM record;
SELECT marc_add(m, 'é1', ' ', ' ', 'a', 'x') FROM record;
SELECT marc_add(m, '245', ' ', 'xx', 'a', 'x') FROM record;
SELECT marc_add(m, '245', ' ', ' ', 'ab', 'x') FROM record;
SELECT marc_add(m, '245', ' ', ' ', 'a') FROM record;
SELECT marc_add(m, '500', ' ', ' ', 'a', E'x\x1Ey') FROM record;
SELECT marc_keep(m, '{65}') FROM record;
SELECT marc_new('book');
DROP TABLE record;

-- X is a letter in a path, and a whole data field cannot be set; neither is passed over in silence.
\set VERBOSITY default
SELECT marc_delete(E'=LDR  00000nam a2200000 a 4500\n=952  \\\\$aT', '9XX');
SELECT E'=LDR  00000nam a2200000 a 4500\n=952  \\\\$aT'::marc - '9XX$a';
SELECT E'=LDR  00000nam a2200000 a 4500\n=952  \\\\$aT'::marc - '9..';
SELECT marc_set(E'=LDR  00000nam a2200000 a 4500', '999', 'x');
SELECT marc_set(E'=LDR  00000nam a2200000 a 4500', '650[5]$a', 'x');
SELECT marc_add(E'=LDR  00000nam a2200000 a 4500', '65', ' ', '0', 'a', 'x');
SELECT marc_add(E'=LDR  00000nam a2200000 a 4500', '650', ' ', '0', 'ab', 'x');
SELECT E'=LDR  00000nam a2200000 a 4500'::marc -> '650{$x}$a';
