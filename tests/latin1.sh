#!/bin/sh
# The marc extension in a database that does not store UTF-8: latin1.sh (libpq's variables name the server; superuser)
#
# Text that leaves the type must be valid in the database's encoding, or a dump could not be restored.
set -u
database=marc_latin1_$$
failed=0
number=0
echo 1..13
psql -XqAtc "CREATE DATABASE $database ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0" postgres || exit 1
trap 'psql -XqAtc "DROP DATABASE IF EXISTS $database" postgres' EXIT INT TERM

# expect TITLE ANSWER SQL: runs it with client encoding UTF8; the answer is the last line.
expect() {
    number=$((number + 1))
    answer=$(PGCLIENTENCODING=UTF8 psql -XqAt -v VERBOSITY=sqlstate -d "$database" -c "$3" 2>&1)
    if [ "$answer" = "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        echo "# expected: $2"
        printf '%s\n' "$answer" | sed 's/^/# got: /'
        failed=1
    fi
}

PGCLIENTENCODING=UTF8 psql -XqAt -d "$database" <<'SQL' || exit 1
SET client_min_messages = warning;
CREATE EXTENSION marc;
CREATE TABLE record (n integer, m marc);
INSERT INTO record VALUES (1, marc_from_iso2709(convert_to('00000nam a2200049 a 4500245001400000', 'UTF8') || '\x1e' || '10'
    || '\x1f'::bytea || 'a' || '\xc396d096e697a5'::bytea || '\x1e1d'));
INSERT INTO record VALUES (2, E'=LDR  00000nam a2200000 a 4500\n=245  10$aÖl');
SQL
expect "text output is ASCII" t "SELECT bool_and(m::text ~ '^[\x01-\x7f]*\$') FROM record"
expect "and comes back as it was" t "SELECT bool_and(m::text::marc = m AND marc_from_mrk(marc_to_mrk(m)) = m) FROM record"
expect "MARCXML comes back as it was" t "SELECT bool_and(marc_from_xml(marc_to_xml(m)) = m) FROM record"
expect "text input is converted" "c396c3" "SELECT encode(convert_to(m ->> '245\$a', 'UTF8'), 'hex')::char(6) FROM (SELECT E'=LDR  00000nam a2200000 a 4500\n=245  10\$aÖÄ'::marc AS m) r"
expect "a value that the encoding holds is text" "Öl" "SELECT m ->> '245\$a' FROM record WHERE n = 2"
expect "one that it does not hold is refused" "ERROR:  22P05" "SELECT m ->> '245\$a' FROM record WHERE n = 1"
expect "also behind a hundred thousand values" "ERROR:  22P05" "SELECT count(*) FROM (SELECT (E'=LDR  00000nam a2200000 a 4500\n=500  \\\\\\\\' || repeat('\$ax', 100000) || '\$a{U+20AC}')::marc AS m) r, marc_fields(m)"
expect "which leaves the server running" 100000 "SELECT count(*) FROM (SELECT (E'=LDR  00000nam a2200000 a 4500\n=500  \\\\\\\\' || repeat('\$ax', 100000))::marc AS m) r, marc_fields(m)"
expect "full text has a question mark instead, and the rest" t "SELECT marc_tsvector(E'=LDR  00000nam a2200000 a 4500\n=500  \\\\\\\\\$aother {U+65E5}{U+672C} words'::marc, 'simple') @@ 'other & words'"
expect "so has a problem that validation found" "Ö?x" "SELECT value FROM (SELECT E'=LDR  00000nam a2200000 a 4500\n=020  \\\\\\\\\$aÖ{U+20AC}x'::marc AS m) r, marc_validate(m) WHERE rule = 'invalidISBN'"
expect "whatever its length" 3000 "SELECT length(value) FROM (SELECT (E'=LDR  00000nam a2200000 a 4500\n=020  \\\\\\\\\$a' || repeat('xÖ{U+20AC}', 1000))::marc AS m) r, marc_validate(m) WHERE rule = 'invalidISBN'"
expect "marc_try reads converted text" "Öl" "SELECT (marc_try(marc_to_xml(m))).record ->> '245\$a' FROM record WHERE n = 2"
restored=$(pg_dump -d "$database" -t record --data-only --encoding=UTF8 | sed -n '/^COPY/,/^\\\.$/p' | grep -c '=LDR')
number=$((number + 1))
if [ "$restored" = 2 ]; then echo "ok $number - a dump has both records"; else echo "not ok $number - a dump has $restored of 2 records"; failed=1; fi
exit $failed
