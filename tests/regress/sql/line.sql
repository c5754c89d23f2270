-- Line mode and Aleph sequential.
CREATE TABLE r AS SELECT E'=LDR  00000nam a2200000 a 4500\n=001  42\n=020  \\\\$a0152038655 :$c{dollar}15.95\n=245  10$aTitle $b$bother {dollar}b x\n=FMT  BK'::marc AS m;
SELECT marc_to_line(m) FROM r;
SELECT marc_to_aleph(m) FROM r;
SELECT marc_to_aleph(m, 7) FROM r;
SELECT marc_from_line(marc_to_line(m)) = m, marc_from_aleph(marc_to_aleph(m)) = m, marc_to_line(m)::marc = m, marc_to_aleph(m)::marc = m FROM r;
SELECT marc_from_aleph(E'000000042 LDR   L 00000nam^a2200000^a^4500\n000000042 FMT   L BK');
SELECT marc_to_aleph(NULL) IS NULL, marc_to_line(NULL) IS NULL;

SELECT marc_from_line(E'00000nam a2200000 a 4500\n001 1\n\n00000nam a2200000 a 4500');
SELECT marc_from_line(E'00000nam a2200000 a 4500\n245x');
SELECT marc_from_aleph('245 10');
SELECT marc_to_aleph(m, -1) FROM r;
SELECT marc_to_aleph(m, 1000000000) FROM r;
DROP TABLE r;
