-- Parsing that does not raise an error.
SELECT record ->> '001' AS number, problem FROM marc_try('<record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">1</controlfield></record>'::text);
SELECT record ->> '001' AS number, problem FROM marc_try('no record'::text);
SELECT record, problem FROM marc_try(''::bytea);
SELECT record, problem FROM marc_try('\x00ff1e1d'::bytea);
SELECT record, problem FROM marc_try(NULL::text);
SELECT (marc_try(E'=LDR  00000nam a2200000 a 4500\n=001  x'::text)).record;

-- no bytes whatever raise an error
DO $$
DECLARE
	good bytea := marc_to_iso2709(E'=LDR  00000nam a2200000 a 4500\n=001  number\n=245  10$aTitle$bÄ');
	xml bytea := convert_to(marc_to_xml(good::marc), 'UTF8');
	bad bytea;
	read integer := 0;
	refused integer := 0;
BEGIN
	FOR i IN 0 .. length(good) - 1 LOOP
		FOREACH bad IN ARRAY ARRAY[set_byte(good, i, 0), set_byte(good, i, 29), set_byte(good, i, 30), set_byte(good, i, 31),
			set_byte(good, i, 255), substr(good, 1, i), substr(good, i + 1)] LOOP
			IF (marc_try(bad)).record IS NULL THEN refused := refused + 1; ELSE read := read + 1; END IF;
			PERFORM (marc_try(bad)).record::text::marc;
		END LOOP;
	END LOOP;
	FOR i IN 0 .. length(xml) - 1 LOOP
		FOREACH bad IN ARRAY ARRAY[set_byte(xml, i, 0), set_byte(xml, i, 60), set_byte(xml, i, 255), substr(xml, 1, i), substr(xml, i + 1)] LOOP
			IF (marc_try(bad)).record IS NULL THEN refused := refused + 1; ELSE read := read + 1; END IF;
			PERFORM (marc_try(bad)).record::text::marc;
		END LOOP;
	END LOOP;
	RAISE NOTICE 'some are read: %, some refused: %', read > 0, refused > 0;
END
$$;

-- what was odd
SELECT * FROM marc_problems('00000nam a2200049 a 4500'::bytea || '001000200000245000800002'::bytea || '\x1e' || 'x'::bytea || '\x1e' || '10'::bytea || '\x1f' || 'aAB'::bytea || '\x1e1d');
SELECT * FROM marc_problems('<record><leader>00000nam a2200000 a 4500</leader><datafield tag="245"><subfield code="a">x</subfield></datafield></record>'::text);
SELECT * FROM marc_problems('no record'::text);
-- of a stored record
SELECT * FROM marc_problems(marc('00000nam a2200049 a 4500'::bytea || '001000200000245000800002'::bytea || '\x1e' || 'x'::bytea || '\x1e' || '10'::bytea || '\x1f' || 'aAB'::bytea || '\x1e1d'));
SELECT * FROM marc_problems('<record><leader>00000nam a2200000 a 4500</leader>stray<datafield tag="24%" ind1="1" ind2="0"><subfield code="a">x</subfield></datafield></record>'::marc);
SELECT count(*) FROM marc_problems(E'=LDR  00000nam a2200000 a 4500\n=245  10$aT'::marc);
