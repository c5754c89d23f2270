-- Headings as rows.
\pset null ~
SELECT h.* FROM marc_headings($$=LDR  00000nam a2200000 a 4500
=001  1
=100  1\$6880-01$aTolstoy, Leo,$cgraf,$d1828-1910,$eauthor.$0(DLC)n  79068416$0http://id.loc.gov/authorities/names/n79068416$9 17
=240  10$aNovels.$kSelections.
=490  1\$aSeries ;$v3
=650  \0$aDogs$xTraining$vFiction.
=653  \\$aFree.$aTerms
=655  \7$aNovels.$2lcgft$0(DLC)gf2015026020
=700  12$aPoe, Edgar Allan.$tRaven.
=830  \0$aSeries ;$v3
=880  1\$6100-01/(N$aТолстой, Лев
$$) h;
-- An authority record.
SELECT h.tag, h.kind, h.role, h.relation, h.heading, h.heading_key, h.scheme FROM marc_headings($$=LDR  00000nz  a2200000n  4500
=001  4711
=003  CONS
=008  860211i| anannbabn          |a ana     
=150  \\$aDogs
=450  \\$wnne$aDogges
=550  \\$wg$aPets
=750  \2$aDogs
$$) h;
-- UNIMARC.
SELECT h.tag, h.kind, h.role, h.heading, h.heading_key, h.scheme, h.reference FROM marc_headings($$=LDR  00000nam  2200000   450 
=200  1\$aTitre
=606  \\$3027253139$aChiens$xDressage$2rameau
=700  \1$3028$aHugo$bVictor$f1802-1885
$$) h;
SELECT count(*) FROM marc_headings('=LDR  00000nam a2200000 a 4500') h;
SELECT marc_subject_key(h) FROM unnest('{Dogs--Training.,"Dogs -- Training",Éléphants,"Twain, Mark--Homes",--,""}'::text[]) h;
SELECT marc_authority_reference(r) FROM unnest('{(DLC)n  79068416,http://id.loc.gov/authorities/names/n79068416,(OCoLC)fst00801397,https://id.worldcat.org/fast/801397/,(CONS)4711,(uri)http://viaf.org/viaf/96987389,027253139,""}'::text[]) r;
SELECT marc_authority_references(m), cardinality(marc_authority_reference_keys(m)), marc_authority_reference_keys(m) @> ARRAY[marc_authority_key('9:17')] AS has_it
FROM (VALUES ($$=LDR  00000nam a2200000 a 4500
=650  \0$aDogs$0(CONS)4711$917
=952  \\$99$$::marc)) v (m);
SELECT marc_authority_numbers(m), cardinality(marc_authority_number_keys(m)) FROM (VALUES ($$=LDR  00000nz  a2200000n  4500
=001  4711
=003  CONS
=010  \\$ash 85038796
=035  \\$a(OCoLC)12345
=150  \\$aDogs$$::marc)) v (m);
-- The numbers in an index are for ever.
SELECT marc_authority_key(''), marc_authority_key('(dlc)sh85038796');
