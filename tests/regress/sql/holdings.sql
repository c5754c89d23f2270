-- Textual holdings, items as rows, and holdings records.
\pset null (null)
CREATE TEMP TABLE r (name text, m marc);
INSERT INTO r VALUES
('serial', E'=LDR  00000ny\\\\a22000004i\\4500\n=001  h1\n=004  1234\n=852  0\\$bMAIN$cSTACKS$hQA76$i.J6\n'
	'=853  20$81$av.$bno.$u12$vr$i(year)$j(month)$wm$x01\n=854  20$82$av.$i(year)$oSupplement\n'
	'=863  40$81.1$a1-12$b1-4$i1990-2001$j01-12$wg\n=863  40$81.2$a15-$b1-$i2004-$j01-\n=864  41$82.1$a1$i1995\n'
	'=866  41$83$aCurrent issues in the reading room$zask at the desk\n=868  \\0$80$aIndex v.1-5\n'
	'=876  \\\\$81.2$a77$jAvailable$p3900$t1\n'),
('koha', E'=LDR  00000nam\\a2200000\\a\\4500\n=001  1234\n=008  990802s1999\\\\\\\\nyu\\\\\\\\\\\\\\\\\\\\\\000\\0\\eng\\d\n'
	'=245  10$aTitle\n=952  \\\\$00$11$2ddc$71$947$aCPL$bFPL$cGEN$d2014-09-04$hv.3$l5$o813.54 SMI$p3900001$yBK$zpublic\n'
	'=952  \\\\$2ddc$948$aCPL$bCPL$cGEN$o813.54 SMI$p3900002$yBK\n=952  \\\\$949$aMPL$bMPL$oFIC$p3900003$yBK\n'),
('evergreen', E'=LDR  00000nam\\a2200000\\a\\4500\n=001  5\n=245  10$aTitle\n'
	'=852  4\\$aINST$bBR1$bBR2$cStacks$kREF$jQA 76$gbook$p3900$sAvailable$y{dollar}12.00$t2$xhidden\n'),
('none', E'=245  10$aTitle\n'),
('odd', E'=863  40$81.1$a1-2$b3((x))$i20010-$j99-77\n=853  20$82$av.\n=853  20$82$aBd.\n=863  41$82.1$a1$a2$wq\n=863  \\9$8x$a1\n');

SELECT name, h.* FROM r, marc_holdings_text(m) h ORDER BY name, ord;
SELECT name, i.ord, i.layout, library, i.location, shelving, call_number, call_number_scheme AS scheme, enumeration, chronology
FROM r, marc_items(m) i ORDER BY name, ord;
SELECT name, i.ord, copy, barcode, item_type, status, price, note_public, note_staff, uri, other
FROM r, marc_items(m) i ORDER BY name, ord;
SELECT count(*) FROM r, marc_items(m, 'koha_unimarc');

-- Items of Koha as holdings records, which are valid, and back.
CREATE TEMP TABLE h AS SELECT ord, holdings FROM r, marc_holdings_records(m) WHERE name = 'koha';
SELECT ord, holdings::text FROM h ORDER BY ord;
SELECT rule, tag, count(*) FROM h, marc_validate(holdings) GROUP BY rule, tag; -- 001 is of the system that loads them
SELECT marc_with_items((SELECT m FROM r WHERE name = 'none'), jsonb_agg(i ORDER BY h.ord, i.ord), 'koha')::text FROM h, marc_items(holdings) i;
SELECT u.* FROM (SELECT jsonb_agg(i ORDER BY ord) AS items FROM r, marc_items(m) i WHERE name = 'koha') x, marc_items_unheld(items, 'marc21') u;
SELECT marc_with_items(m, items, 'evergreen')::text
FROM (SELECT m, (SELECT jsonb_agg(i ORDER BY ord) FROM marc_items(m) i) AS items FROM r WHERE name = 'koha') x;
-- The same layout keeps all but loans.
SELECT name, marc_with_items(m, items, layout) = m AS same
FROM (SELECT name, m, (SELECT jsonb_agg(i ORDER BY ord) FROM marc_items(m) i) AS items, (SELECT min(i.layout) FROM marc_items(m) i) AS layout FROM r) x
WHERE items IS NOT NULL ORDER BY name;
SELECT marc_with_items(m, '[]', 'koha')::text FROM r WHERE name = 'koha';
SELECT ord, holdings = m AS same FROM r, marc_holdings_records(m) WHERE name = 'serial';

SELECT layout, count(*), count(DISTINCT place) FROM marc_item_layouts() GROUP BY layout ORDER BY layout;
SELECT place, meaning FROM marc_item_layouts() WHERE layout = 'evergreen';

\set VERBOSITY default
SELECT * FROM marc_items('=245  10$aT', 'symphony');
SELECT marc_with_items('=245  10$aT', '[{"libary": "X"}]', 'koha');
SELECT marc_with_items('=245  10$aT', '{}', 'koha');
SELECT marc_with_items('=245  10$aT', '[]', 'auto');
SELECT marc_with_items('=245  10$aT', NULL, 'koha') IS NULL;
