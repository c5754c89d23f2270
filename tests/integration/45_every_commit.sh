#!/usr/bin/env bash
# versions = every commit: one version for each source transaction that changed an entity's content, in order, none missing, none twice,
# whatever kills the program meanwhile; on both kinds of server. And the way there and back while the program runs.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

SAVES=50
SEED=${EVERARCHIVE_SEED:-$RANDOM}
RANDOM=$SEED
echo "# seed $SEED"

harness_begin commits
LIBRARY_FSYNC=off
library_start 60 && preservation_start >/dev/null || exit 1
ea source add koha_main --adapter koha --from "$KOHA_ORIGIN" --every-commit >/dev/null || exit 1
ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN" >/dev/null || exit 1

entity() { # entity SOURCE KIND KEY: its entity_id
    preservation -c "SELECT entity_id FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE (name, kind, key) = ('$1', '$2', '$3')"
}
n() { # n SOURCE KIND KEY: how many versions it has
    preservation -c "SELECT count(*) FROM everarchive.version WHERE entity_id = ${4:-$(entity "$1" "$2" "$3")}"
}
# The numbers of the notes in each version since one, as in "1 | 1 2 | 1 2 3".
notes() { # notes SOURCE KEY WORD SINCE
    preservation -c "SELECT string_agg(found, ' | ' ORDER BY n) FROM (SELECT v.n, (SELECT string_agg(m[1], ' ') FROM
        regexp_matches(convert_from(v.captured, 'UTF8'), '$3-(\d+)<', 'g') m) AS found FROM everarchive.version v
        WHERE v.entity_id = $(entity "$1" bib "$2") AND v.n > $4) x"
}
wanted_notes() { # wanted_notes COUNT
    local i line="" all=""
    for ((i = 1; i <= $1; i++)); do
        line="$line${line:+ }$i"
        all="$all${all:+ | }$line"
    done
    echo "$all"
}
koha_save() { # koha_save KEY NOTE: the statement
    echo "UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', '<datafield tag=\"500\" ind1=\" \" ind2=\" \"><subfield code=\"a\">$2</subfield></datafield></record>') WHERE biblionumber = $1;"
}
evergreen_save() {
    echo "UPDATE biblio.record_entry SET marc = replace(marc, '</record>', '<datafield tag=\"500\" ind1=\" \" ind2=\" \"><subfield code=\"a\">$2</subfield></datafield></record>'), edit_date = now() WHERE id = $1;"
}
save_all() { # save_all WORD: SAVES transactions for record 7 in each system, now and then a moment's rest
    local i
    for ((i = 1; i <= SAVES; i++)); do
        koha_save 7 "$1-$i" | koha
        evergreen_save 7 "$1-$i" | evergreen
        sleep 0.0$((RANDOM % 10))
    done
}

daemon_start
ok "the first copies arrive" settled 60
ok "a source is set to every commit while the program runs" ea source set evergreen versions 'every commit'
restarted() { [ "$(grep -c 'message=starting.*source=evergreen\|starting source=evergreen' "$HARNESS_DIR/log/everarchive.log")" -ge 2 ]; }
ok "which it notices" wait_for 20 restarted
ok "and goes on" settled 60

K=$(n koha_main bib 7)
E=$(n evergreen bib 7)
save_all calm
ok "$SAVES saves of one record in each system arrive" settled 60
is "each has its version, in order (MariaDB)" "$(notes koha_main 7 calm "$K")" "$(wanted_notes $SAVES)"
is "each has its version, in order (PostgreSQL)" "$(notes evergreen 7 calm "$E")" "$(wanted_notes $SAVES)"

# The same from a backlog: all of them in few batches.
K=$(n koha_main bib 7)
E=$(n evergreen bib 7)
daemon_stop
for ((i = 1; i <= SAVES; i++)); do koha_save 7 "backlog-$i"; done | koha
for ((i = 1; i <= SAVES; i++)); do evergreen_save 7 "backlog-$i"; done | evergreen
daemon_start
ok "$SAVES saves that waited arrive" settled 60
is "each has its version, in order (MariaDB)" "$(notes koha_main 7 backlog "$K")" "$(wanted_notes $SAVES)"
is "each has its version, in order (PostgreSQL)" "$(notes evergreen 7 backlog "$E")" "$(wanted_notes $SAVES)"

times() { preservation -c "SELECT count(DISTINCT commit_time) FROM everarchive.version WHERE entity_id = $(entity evergreen bib 7) AND n > $E"; }
is "each with the commit time of its own transaction (PostgreSQL has microseconds)" "$(times)" "$SAVES"

# The same while the program is killed again and again.
K=$(n koha_main bib 7)
E=$(n evergreen bib 7)
save_all killed &
SAVER=$!
KILLS=0
while kill -0 $SAVER 2>/dev/null; do
    sleep 0.$((RANDOM % 9 + 1))
    daemon_kill
    KILLS=$((KILLS + 1))
    daemon_start
done
wait $SAVER
ok "$SAVES saves during $KILLS kills arrive" settled 90
is "each has its version, in order (MariaDB)" "$(notes koha_main 7 killed "$K")" "$(wanted_notes $SAVES)"
is "each has its version, in order (PostgreSQL)" "$(notes evergreen 7 killed "$E")" "$(wanted_notes $SAVES)"

# Several records in one transaction, five times; one of them saved twice in each; and saves that change nothing or are undone.
many() { preservation -c "SELECT string_agg(DISTINCT x.count::text, ' ') FROM (SELECT count(*) FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id)
    WHERE s.name = '$1' AND e.kind = 'bib' AND e.key::integer BETWEEN 11 AND 20 AND v.n > 1 GROUP BY entity_id) x"; }
daemon_stop
for i in 1 2 3 4 5; do
    echo 'START TRANSACTION;'
    for key in {11..20}; do koha_save "$key" "together-$i"; done
    koha_save 11 "again-$i"
    echo 'COMMIT; UPDATE biblio_metadata SET timestamp = timestamp WHERE biblionumber = 12; START TRANSACTION;'
    koha_save 13 "undone-$i"
    echo "UPDATE biblio_metadata SET metadata = REPLACE(metadata, '<datafield tag=\"500\" ind1=\" \" ind2=\" \"><subfield code=\"a\">undone-$i</subfield></datafield>', '') WHERE biblionumber = 13; COMMIT; START TRANSACTION;"
    koha_save 14 "given-up-$i"
    echo 'ROLLBACK;'
done | koha
for i in 1 2 3 4 5; do
    echo 'BEGIN;'
    for key in {11..20}; do evergreen_save "$key" "together-$i"; done
    evergreen_save 11 "again-$i"
    echo 'COMMIT; UPDATE biblio.record_entry SET edit_date = edit_date WHERE id = 12; BEGIN;'
    evergreen_save 13 "undone-$i"
    echo "UPDATE biblio.record_entry SET marc = replace(marc, '<datafield tag=\"500\" ind1=\" \" ind2=\" \"><subfield code=\"a\">undone-$i</subfield></datafield>', '') WHERE id = 13; COMMIT; BEGIN;"
    evergreen_save 14 "given-up-$i"
    echo 'ROLLBACK;'
done | evergreen
daemon_start
ok "five transactions over ten records each arrive" settled 60
is "each record has five versions more (MariaDB)" "$(many koha_main)" 5
is "each record has five versions more (PostgreSQL)" "$(many evergreen)" 5

# Gone, back, and gone again; a cascade that the binary log does not hold; a bad row among good ones.
daemon_stop
KEY=$(koha -N -B -e 'SELECT max(biblionumber) FROM items WHERE biblionumber > 30')
ITEMS=$(koha -N -B -e "SELECT count(*) FROM items WHERE biblionumber = $KEY")
GONE="SELECT string_agg(n || CASE WHEN deleted THEN ' gone' ELSE '' END, ', ' ORDER BY n) FROM everarchive.version WHERE entity_id = "
koha_delete_cascade "$KEY"
for state in there gone there; do
    case $state in
        there) koha -e "START TRANSACTION; INSERT INTO biblio (biblionumber, frameworkcode, title, datecreated) VALUES (77001, '', 'x', '2026-01-01');
            INSERT INTO biblio_metadata (biblionumber, format, \`schema\`, metadata) SELECT 77001, format, \`schema\`, metadata FROM biblio_metadata WHERE biblionumber = 8; COMMIT" ;;
        gone) koha -e 'DELETE FROM biblio WHERE biblionumber = 77001' ;;
    esac
done
ITEM=$(koha -N -B -e 'SELECT min(itemnumber) FROM items WHERE biblionumber = 21')
koha -e "START TRANSACTION; UPDATE items SET itemnotes = CONCAT('bad', CHAR(0)) WHERE itemnumber = $ITEM; $(koha_save 21 beside-1) COMMIT;
    $(koha_save 21 beside-2) START TRANSACTION; UPDATE items SET itemnotes = 'mended' WHERE itemnumber = $ITEM; $(koha_save 21 beside-3) COMMIT"
BEFORE=$(n koha_main bib 21)
daemon_start
ok "deletes, cascades and a bad row arrive" settled 60
is "deleted by cascade: one tombstone" "$(preservation -c "$GONE $(entity koha_main bib "$KEY")")" "1, 2 gone"
is "one tombstone for each item" "$(preservation -c "SELECT count(*) FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id)
    WHERE s.name = 'koha_main' AND e.kind = 'item' AND e.deleted AND v.deleted AND v.n = e.n AND e.parent_key LIKE '$KEY%'")" "$ITEMS"
is "there, gone, there again" "$(preservation -c "$GONE $(entity koha_main bib 77001)")" "1, 2 gone, 3"
is "the record beside the bad row has its versions" "$(notes koha_main 21 beside "$BEFORE")" "1 | 1 2 | 1 2 3"
is "the mended row has one, and its bad state none" "$(preservation -c "SELECT n FROM everarchive.entity WHERE entity_id = $(entity koha_main item "$ITEM")")" 2

ok "back to settled while the program runs" ea source set koha_main versions --default
back() { [ "$(grep -c 'starting.*source=koha_main' "$HARNESS_DIR/log/everarchive.log")" -gt "$STARTS" ]; }
STARTS=$(grep -c 'starting.*source=koha_main' "$HARNESS_DIR/log/everarchive.log")
wait_for 20 back
ok "goes on" settled 60
is "versions are numbered without a gap" "$(preservation -c 'SELECT count(*) FROM (SELECT entity_id FROM everarchive.version GROUP BY 1 HAVING max(n) <> count(*)) x')" 0
is "no two versions in a row are the same" "$(preservation -c 'SELECT count(*) FROM everarchive.version a JOIN everarchive.version b ON b.entity_id = a.entity_id AND b.n = a.n + 1 AND b.digest = a.digest')" 0
compare_koha
is "nothing is left in quarantine" "$(preservation -c 'SELECT count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL')" 0
daemon_stop
is "the program stops with exit code 0" $? 0
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
