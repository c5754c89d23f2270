#!/usr/bin/env bash
# What apply must get right where changes meet: every commit a version, foreign keys that the source was told to leave alone, rows
# in quarantine whose key changes, is deleted or gets better and worse within one group of transactions.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

harness_begin rules
LIBRARY_FSYNC=off
library_start 60 && preservation_start >/dev/null || exit 1
ea source add koha_main --adapter koha --from "$KOHA_ORIGIN" --every-commit >/dev/null || exit 1
ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN" >/dev/null || exit 1
bib() { preservation -c "SELECT $1 FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE (name, kind, key) = ('koha_main', 'bib', '$2')"; }
open_cases() { preservation -c "SELECT string_agg(table_name || ' ' || key, ', ' ORDER BY quarantine_id) FROM everarchive.quarantine WHERE resolved_at IS NULL"; }
item_count() { koha -N -B -e "SELECT count(*) FROM items WHERE biblionumber = $1"; }

daemon_start
ok "the first copy arrives" settled 60
for note in one two three; do koha_note 7 "$note"; done
ok "three saves in a row arrive" settled 60
is "every commit: each has its version" "$(bib n 7)" 4

koha -e "SET foreign_key_checks = 0; REPLACE INTO biblio (biblionumber, frameworkcode, title, datecreated) VALUES (4, '', 'restored', '2026-01-01')"
ok "a REPLACE without foreign key checks arrives" settled 60
is "the items that the source keeps stay in the mirror" "$(preservation -c 'SELECT count(*) FROM koha_main.items WHERE biblionumber = 4')" "$(item_count 4)"
is "and the record lives" "$(bib deleted 4)" f

# Bad, good, bad in one group of transactions: the program is away meanwhile.
daemon_stop
for value in "CONCAT('A', CHAR(0))" "'good'" "CONCAT('B', CHAR(0))"; do koha -e "UPDATE items SET itemnotes = $value WHERE itemnumber = 5"; done
daemon_start
ok "bad, good and bad again arrive" settled 60
is "the last one is in quarantine" "$(open_cases)" "items 5"
koha -e "UPDATE items SET itemnotes = 'mended' WHERE itemnumber = 5"
ok "mended, it follows" settled 60
is "and has left the quarantine" "$(open_cases)" ""

# Inserted rows go straight into the mirror, unless it has one of them, as a comparison may have brought it. A trigger tells the
# statements that write.
pg pg preservation <<'SQL'
CREATE TABLE public.written (what text);
CREATE FUNCTION public.note_written() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
    $$BEGIN INSERT INTO public.written VALUES (split_part(current_query(), ' ', 1)); RETURN NULL; END$$;
CREATE TRIGGER note_written AFTER INSERT ON koha_main.items FOR EACH STATEMENT EXECUTE FUNCTION public.note_written();
SQL
written() { preservation -c "WITH w AS (DELETE FROM public.written RETURNING *) SELECT string_agg(what || ' ' || times, ', ') FROM (SELECT what, count(*) AS times FROM w GROUP BY 1 ORDER BY 1) x"; }
new_items() { koha -e "BEGIN; INSERT INTO items (itemnumber, biblionumber, biblioitemnumber, barcode) SELECT $1 + seq, 9, (SELECT biblioitemnumber FROM biblioitems WHERE biblionumber = 9), CONCAT('new', $1 + seq) FROM seq_1_to_100; ${2:-} COMMIT"; }
there() { preservation -c "SELECT count(*) FROM koha_main.items WHERE itemnumber BETWEEN $1 + 1 AND $1 + 100 AND barcode = 'new' || itemnumber"; }

new_items 60000 "UPDATE items SET itemnotes = 'beside' WHERE itemnumber IN (10, 11, 60001);"
ok "a hundred new rows arrive, and old ones that were changed beside them" settled 60
is "the new ones are there" "$(there 60000)" 100
is "the changed ones as well" "$(preservation -c "SELECT string_agg(itemnumber::text, ' ' ORDER BY itemnumber) FROM koha_main.items WHERE itemnotes = 'beside'")" "10 11 60001"
is "the new ones came by one COPY" "$(written)" "COPY 1, INSERT 2"
daemon_stop
preservation -c "INSERT INTO koha_main.items (itemnumber, biblionumber, biblioitemnumber, barcode) SELECT 70050, 9, biblioitemnumber, 'as it was' FROM koha_main.biblioitems WHERE biblionumber = 9"
written >/dev/null
new_items 70000
daemon_start
ok "a hundred new rows arrive, one of which the mirror has" settled 60
is "each is there once, as the source has it" "$(there 70000)" 100
is "they came by one merge, and none alone" "$(written)" "INSERT 1"

# A mirror whose key somebody has dropped: COPY would double the row that is there.
daemon_stop
preservation -c "INSERT INTO koha_main.items (itemnumber, biblionumber, biblioitemnumber, barcode) SELECT 80050, 9, biblioitemnumber, 'as it was' FROM koha_main.biblioitems WHERE biblionumber = 9" \
    -c 'ALTER TABLE koha_main.items DROP CONSTRAINT items_pkey'
new_items 80000
daemon_start
ok "rows for a mirror without a key do not hold up the rest" settled 60
is "the table is stopped and told of" "$(preservation -c "SELECT table_name || ' ' || state FROM report.source_table WHERE source = 'koha_main'")" "items stopped"
is "nothing was doubled" "$(preservation -c 'SELECT count(*) FROM koha_main.items WHERE itemnumber BETWEEN 80001 AND 80100')" 1
preservation -c 'ALTER TABLE koha_main.items ADD PRIMARY KEY (itemnumber)' -c 'DROP TRIGGER note_written ON koha_main.items'
ok "mended, the table is compared" ea source resync koha_main --table items --wait

koha -e "UPDATE items SET itemnumber = 88888, itemnotes = CONCAT('A', CHAR(0)) WHERE itemnumber = 6"
ok "a key that changes in a row that cannot be applied arrives" settled 60
is "the new key is in quarantine" "$(open_cases)" "items 88888"
is "the old one is gone from the mirror" "$(preservation -c 'SELECT count(*) FROM koha_main.items WHERE itemnumber = 6')" 0
koha -e "UPDATE items SET itemnotes = 'mended' WHERE itemnumber = 88888"
ok "mended, it follows" settled 60

BIB=$(koha -N -B -e 'SELECT biblionumber FROM items WHERE itemnumber = 9')
koha -e "UPDATE items SET itemnotes = CONCAT('A', CHAR(0)) WHERE itemnumber = 9"
ok "another bad row arrives" settled 60
is "and is in quarantine" "$(open_cases)" "items 9"
koha -e "UPDATE items SET itemnotes = CONCAT('B', CHAR(0)) WHERE itemnumber = 9"
ok "saved once more, as bad as before" settled 60
is "it has one case, the last" "$(open_cases)" "items 9"
koha_delete_cascade "$BIB"
ok "its record is deleted by foreign key" settled 60
is "which closes the case" "$(open_cases)" ""
preservation -c "SELECT everarchive.quarantine_retry(quarantine_id) FROM everarchive.quarantine WHERE key = '9' AND stage = 'apply'" >/dev/null 2>&1
ok "a closed case is not retried" settled 60
compare_koha
is "nothing is left in quarantine" "$(open_cases)" ""
daemon_stop
is "the program stops with exit code 0" $? 0
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
