#!/usr/bin/env bash
# The main job end to end: what staff do in Koha and Evergreen arrives, gets versions, is archived and read back; circulation makes no
# version; the archive is valid and holds the very bytes of the library system; no secret is seen anywhere.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

harness_begin main
LIBRARY_FSYNC=off
library_start 400 && library_connect >"$HARNESS_DIR/log/connect" 2>&1 || { cat "$HARNESS_DIR/log/connect"; exit 1; }
versions() { preservation -c "SELECT e.n FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, kind, key) = ('$1', '$2', '$3')"; }
dead() { preservation -c "SELECT e.deleted FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, kind, key) = ('$1', '$2', '$3')"; }

daemon_start
ok "the first copy arrives and is verified" delivered 120
compare_all
ps axww -o args >"$HARNESS_DIR/processes"
is "no password in the process list" "$(grep -c "$LIBRARY_SECRET" "$HARNESS_DIR/processes")" 0
is "each source has its slot and no other was made" "$(evergreen -Atc 'SELECT string_agg(slot_name, chr(32)) FROM pg_replication_slots')" everarchive_evergreen
is "the publication names tables, never all tables" "$(evergreen -Atc 'SELECT bool_or(puballtables) FROM pg_publication')" f
is "no table, trigger or function was added to the library's PostgreSQL" \
    "$(evergreen -Atc "SELECT count(*) FROM pg_class WHERE relname ~ 'everarchive'")" 0

koha_note 7 "Bequest of the Reverend Pell"
koha -e "UPDATE items SET onloan = CURDATE(), issues = COALESCE(issues, 0) + 1 WHERE itemnumber = 9"
koha -e "UPDATE items SET itemcallnumber = 'Q 127' WHERE itemnumber = 10"
koha_delete 11
koha_delete_cascade 12
evergreen_note 21 "Imperfect"
evergreen_delete 22
evergreen -c "UPDATE asset.copy SET status = 1, status_changed_time = now() WHERE id = 23"
evergreen -c "UPDATE asset.copy SET barcode = 'NEW-0001' WHERE id = 24"
evergreen -c "UPDATE biblio.record_entry SET merged_to = 25, deleted = true WHERE id = 26"
ok "the changes arrive and are verified" delivered 60
is "koha: an edit makes one version" "$(versions koha_main bib 7)" 2
is "koha: a checkout makes no version" "$(versions koha_main item 9)" 1
is "koha: a new call number makes one" "$(versions koha_main item 10)" 2
is "koha: Koha's own delete makes a tombstone" "$(dead koha_main bib 11)" t
is "koha: a delete by foreign key makes a tombstone" "$(dead koha_main bib 12)" t
is "koha: the items of both are gone" "$(preservation -c "SELECT count(*) FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE name = 'koha_main' AND kind = 'item' AND parent_key IN ('11', '12') AND NOT deleted")" 0
is "evergreen: an edit makes one version" "$(versions evergreen bib 21)" 2
is "evergreen: a delete that the rule makes an update is a tombstone" "$(dead evergreen bib 22)" t
is "evergreen: a checkout makes no version" "$(versions evergreen item 23)" 1
is "evergreen: a new barcode makes one" "$(versions evergreen item 24)" 2
is "evergreen: a merged record is a tombstone" "$(dead evergreen bib 26)" t
compare_all

# The captured bytes, out of the database and out of the archive.
koha -N -B -r -e "SELECT metadata FROM biblio_metadata WHERE biblionumber = 7" | head -c -1 | md5sum | cut -c1-32 >"$HARNESS_DIR/wanted"
is "the version holds the very bytes of Koha" "$(preservation -c "SELECT md5(captured) FROM everarchive.version v JOIN everarchive.entity e USING (entity_id, n) JOIN everarchive.source s USING (source_id) WHERE (s.name, kind, key) = ('koha_main', 'bib', '7')")" "$(cat "$HARNESS_DIR/wanted")"
mkdir "$HARNESS_DIR/unpacked"
find "$HARNESS_DIR/archive" -name records.zip -exec unzip -q -o -d "$HARNESS_DIR/unpacked" {} \;
is "the archive holds the very bytes of Koha" "$(md5sum <"$HARNESS_DIR/unpacked/koha_main/bib/7/v2/record.xml" | cut -c1-32)" "$(cat "$HARNESS_DIR/wanted")"
ok "what lies beside it says what it is" jq -e '.source == "koha_main" and .kind == "bib" and .key == "7" and .n == 2' "$HARNESS_DIR/unpacked/koha_main/bib/7/v2/entity.json"
is "every version is in the archive once" "$(find "$HARNESS_DIR/unpacked" -name entity.json | wc -l)" "$(preservation -c 'SELECT count(*) FROM everarchive.version')"
ok "the archive is a valid OCFL root" ea target check vault

# Reports.
is "every entity is verified" "$(preservation -c "SELECT count(*) FROM report.preservation_status WHERE state <> 'verified'")" 0
is "the backlog is empty" "$(preservation -c "SELECT count(*) FROM report.backlog WHERE state NOT IN ('verified', 'anchored')")" 0
is "both sources stream" "$(preservation -c "SELECT count(*) FROM report.status_by_source WHERE state = 'streaming'")" 2
ok "status shows one screen" ea status
ok "status --json is JSON" bash -c "'$EVERARCHIVE' --database service=preservation status --json | jq -e '.sources | length >= 2'"

# Patrons stay where they are.
pg_dumped() { "$PG_BIN/pg_dump" -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres preservation; }
pg_dumped >"$HARNESS_DIR/dump.sql"
is "no patron in the preservation database" "$(grep -ciE 'canary|borrowernumber' "$HARNESS_DIR/dump.sql")" 0
is "no password in the preservation database" "$(grep -c "$LIBRARY_SECRET" "$HARNESS_DIR/dump.sql")" 0

# pg_dump and restore keep everything.
pg pg postgres -c 'CREATE DATABASE restored'
ok "a dump can be restored" bash -c "psql -X -q -v ON_ERROR_STOP=1 -h '$HARNESS_DIR/sockets' -p ${PG_PORT[pg]} -U postgres -d restored -f '$HARNESS_DIR/dump.sql'"
sum="SELECT md5(string_agg(marc_digest(record)::text || n, ',' ORDER BY entity_id)) FROM everarchive.entity WHERE record IS NOT NULL"
is "and has every record with the same digest" "$(pg pg restored -Atc "$sum")" "$(preservation -c "$sum")"

daemon_stop
is "the program stops on SIGTERM with exit code 0" $? 0
is "no password in the log" "$(grep -c "$LIBRARY_SECRET" "$HARNESS_DIR/log/everarchive.log")" 0
like "the log is one event a line, with source and position" "$(cat "$HARNESS_DIR/log/everarchive.log")" '^[0-9T:.Z-]+ info [a-z]+ .*source=koha_main.*position='

# Pause, work, resume.
ea source pause koha_main >/dev/null
daemon_start
koha_note 30 "while paused"
evergreen_note 30 "not paused"
ok "a paused source does not hold up the other" wait_for 60 bash -c "[ \"\$(psql -X -At -h '$HARNESS_DIR/sockets' -p ${PG_PORT[pg]} -U postgres -d preservation -c \"SELECT e.n FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, kind, key) = ('evergreen', 'bib', '30')\")\" = 2 ]"
is "and takes nothing" "$(versions koha_main bib 30)" 1
ea source resume koha_main >/dev/null
ok "resumed, it catches up" delivered 60
is "nothing was lost meanwhile" "$(versions koha_main bib 30)" 2
daemon_stop

# A resync makes no version of what is unchanged, and a tombstone of what is gone meanwhile.
before=$(preservation -c 'SELECT count(*) FROM everarchive.version')
ea source resync koha_main --copy >/dev/null
koha -e 'DELETE FROM biblio WHERE biblionumber = 31'
daemon_start
streaming_again() { [ "$(preservation -c "SELECT state || (position IS NOT NULL) FROM everarchive.source JOIN everarchive.source_progress USING (source_id) WHERE name = 'koha_main'")" = streamingtrue ]; }
ok "resync copies the source again" wait_for 60 streaming_again
ok "and it is followed and mapped" settled 60
is "what is gone has its tombstone" "$(dead koha_main bib 31)" t
is "unchanged records have no new version" "$(preservation -c "SELECT count(*) FROM everarchive.version WHERE version_id > $before AND NOT deleted AND format = 'marcxml' AND entity_id IN (SELECT entity_id FROM everarchive.entity WHERE source_id = 1)")" 0
compare_koha
daemon_stop
ok "source remove takes slot and publication away" ea source remove evergreen
is "nothing is left in Evergreen" "$(evergreen -Atc "SELECT (SELECT count(*) FROM pg_replication_slots) + (SELECT count(*) FROM pg_publication WHERE pubname ~ 'everarchive' AND pg_get_userbyid(pubowner) = 'everarchive_capture')")" 0
is "its versions stay" "$(preservation -c "SELECT count(*) > 400 FROM everarchive.version JOIN everarchive.entity USING (entity_id) JOIN everarchive.source USING (source_id) WHERE name = 'evergreen'")" t
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
