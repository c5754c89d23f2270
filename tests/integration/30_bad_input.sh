#!/usr/bin/env bash
# Bad input and broken surroundings: each gives a clear message that names what mends it, nothing is lost, and the rest goes on.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/tap.sh

harness_begin bad
LIBRARY_FSYNC=off
library_start 120 && preservation_start >/dev/null || exit 1
# said COMMAND…: standard output and error of a command, and its exit code in the last line.
said() { "$@" 2>&1; echo "exit $?"; }

# ---- before anything runs
output=$(said ea source add x --adapter nosuch --from "$KOHA_ORIGIN")
like "a wrong adapter name lists those there are" "$output" 'koha.*|evergreen'
like "and exits with 2" "$output" '^exit 2$'
output=$(said ea source add x --adapter koha --from 'mariadb:host=127.0.0.1,password=geheim')
like "a password in an origin is refused, with the place for it" "$output" 'option file|my\.cnf'
is "and not printed" "$(grep -c geheim <<<"$output")" 0
output=$(said ea source add x --adapter koha --from postgresql:service=evergreen)
like "an origin of another system is refused" "$output" 'mariadb:'

koha -e "SET GLOBAL binlog_format = STATEMENT; SET GLOBAL binlog_row_metadata = NO_LOG"
output=$(said ea source check koha_main --adapter koha --from "$KOHA_ORIGIN")
like "a source without ROW format: the statement that mends it" "$output" 'SET GLOBAL binlog_format *= *.?ROW'
like "without full metadata: likewise" "$output" 'SET GLOBAL binlog_row_metadata *= *.?FULL'
like "exit 4" "$output" '^exit 4$'
output=$(said ea source add koha_main --adapter koha --from "$KOHA_ORIGIN")
like "and it is not added" "$output" '^exit 4$'
koha -e "SET GLOBAL binlog_format = ROW; SET GLOBAL binlog_row_metadata = FULL"

koha -e "REVOKE SELECT (itemcallnumber) ON koha.items FROM everarchive@'127.0.0.1'"
like "a missing grant: the GRANT that mends it" "$(said ea source check koha_main --adapter koha --from "$KOHA_ORIGIN")" 'GRANT SELECT.*items'
koha -e "GRANT SELECT (itemcallnumber) ON koha.items TO everarchive@'127.0.0.1'"
koha -e "REVOKE REPLICATION SLAVE ON *.* FROM everarchive@'127.0.0.1'"
like "no right to read the binary log: the GRANT" "$(said ea source check koha_main --adapter koha --from "$KOHA_ORIGIN")" 'GRANT REPLICATION SLAVE'
koha -e "GRANT REPLICATION SLAVE ON *.* TO everarchive@'127.0.0.1'"
koha -e "ALTER TABLE items CHANGE itemcallnumber shelfmark varchar(255)"
like "a column that the source does not have is named" "$(said ea source check koha_main --adapter koha --from "$KOHA_ORIGIN")" 'itemcallnumber'
koha -e "ALTER TABLE items CHANGE shelfmark itemcallnumber varchar(255)"

evergreen -c 'REVOKE SELECT ON asset.copy FROM everarchive_capture'
like "evergreen: a missing grant" "$(said ea source check evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN")" 'GRANT SELECT.*asset\.copy'
evergreen_grants | pg pg evergreen -v ON_ERROR_STOP=0 >/dev/null 2>&1
evergreen -c 'ALTER ROLE everarchive_capture NOREPLICATION'
like "evergreen: no REPLICATION" "$(said ea source check evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN")" 'ALTER ROLE .*REPLICATION'
evergreen -c 'ALTER ROLE everarchive_capture REPLICATION'
evergreen -c 'CREATE PUBLICATION everything FOR ALL TABLES'
like "evergreen: a publication for all tables is found and named" "$(said ea source check evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN")" 'everything'
evergreen -c 'DROP PUBLICATION everything'

# ---- archives
output=$(said ea target add vault "dir:$HARNESS_DIR/nowhere")
like "a directory that is not there: mkdir" "$output" 'mkdir'
like "exit 5" "$output" '^exit 5$'
output=$(said ea target add vault "dir:$HARNESS_DIR/archive" --only "1 = 1); DROP TABLE everarchive.version; --")
like "a policy that is no expression is refused" "$output" '^exit 2$'
like "a policy with a subquery is refused" "$(said ea target add vault "dir:$HARNESS_DIR/archive" --only "key IN (SELECT 'x')")" '^exit 2$'
like "a policy over an unknown column is refused" "$(said ea target add vault "dir:$HARNESS_DIR/archive" --only "colour = 'red'")" 'colour'

# A small disk of its own, so that it can be filled.
if [ "$(id -u)" = 0 ] && mkdir "$HARNESS_DIR/small" && mount -t tmpfs -o size=3m,mode=777 tmpfs "$HARNESS_DIR/small" 2>/dev/null; then
    SMALL=$HARNESS_DIR/small
    before_harness_end() {
        [ -n "${DAEMON_PID:-}" ] && daemon_kill
        umount "$SMALL" 2>/dev/null
        return 0
    }
fi
ea target add vault "dir:$HARNESS_DIR/archive" --segment-seconds 1 >/dev/null
[ -n "${SMALL:-}" ] && ea target add small "dir:$SMALL" --segment-seconds 1 >/dev/null && dd if=/dev/zero of="$SMALL/extensions/ballast" bs=1k count=4000 2>/dev/null

ea source add koha_main --adapter koha --from "$KOHA_ORIGIN" >/dev/null
ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN" >/dev/null
daemon_start
ok "the first copy arrives" settled 120
vault_verified() { [ "$(preservation -c "SELECT count(*) FILTER (WHERE state <> 'verified') || ' ' || (count(*) > 0) FROM everarchive.submission JOIN everarchive.target USING (target_id) WHERE name = 'vault'")" = "0 true" ]; }
ok "the good archive has everything" wait_for 60 vault_verified
if [ -n "${SMALL:-}" ]; then
    small_hint() { [ -n "$(preservation -c "SELECT message FROM everarchive.target WHERE name = 'small' AND message IS NOT NULL")" ]; }
    ok "the full one says so" wait_for 60 small_hint
    like "with what mends it" "$(preservation -c "SELECT message || ' ' || hint FROM everarchive.target WHERE name = 'small'")" '[Ss]pace'
    rm "$SMALL/extensions/ballast"
    mount -o remount,size=200m "$SMALL"
    ok "with room again, everything is delivered by itself" wait_for 120 all_verified
    ok "and the archive is valid" ea target check small
    mount -o remount,ro "$SMALL"
    koha_note 3 "read-only"
    ok "a read-only archive says so" wait_for 60 small_hint
    like "and what mends it" "$(preservation -c "SELECT message || ' ' || hint FROM everarchive.target WHERE name = 'small'")" '[Rr]ead-only|remount'
    ok "the other archive is not held up" wait_for 60 vault_verified
    mount -o remount,rw "$SMALL"
    ok "writable again, it catches up" wait_for 120 all_verified
else
    skip "a full and a read-only archive: needs root and tmpfs"
fi

# ---- records
koha -e "UPDATE biblio_metadata SET metadata = 'this is not MARC' WHERE biblionumber = 5"
koha_note 6 "the next one goes on"
evergreen -c "UPDATE authority.record_entry SET marc = '<html>no</html>' WHERE id = 2"
ok "records that are not MARC hold nothing up" settled 60
is "both are in quarantine" "$(preservation -c 'SELECT source || kind || key FROM report.quarantine ORDER BY 1')" "$(printf 'evergreenauthority2\nkoha_mainbib5')"
like "with the reason and the command" "$(preservation -c 'SELECT * FROM report.quarantine')" 'quarantine_retry'
is "with their bytes" "$(preservation -c "SELECT convert_from(bytes, 'UTF8') FROM everarchive.quarantine WHERE key = '5'")" "this is not MARC"
CASE=$(preservation -c "SELECT quarantine_id FROM report.quarantine WHERE key = '5'")
like "the program lists them" "$(ea quarantine list --source koha_main)" "$CASE +koha_main +map +bib +5 +open"
like "and shows all that is known of one" "$(ea quarantine show "$CASE" --bytes "$HARNESS_DIR/captured")" 'bytes kept +16'
is "with its bytes" "$(cat "$HARNESS_DIR/captured")" "this is not MARC"
like "of one at a time" "$(ea quarantine show "$CASE" "$CASE" --bytes "$HARNESS_DIR/captured" 2>&1)" 'bytes of one case'
like "trying again says why it stays" "$(ea quarantine retry "$CASE")" "$CASE: still in quarantine"
like "a number that there is not is an error" "$(ea quarantine show 999999 2>&1)" 'there is no quarantine row 999999'
is "the last good version stays the newest" "$(preservation -c "SELECT n FROM everarchive.entity WHERE kind = 'bib' AND key = '5' AND source_id = 1")" 1
is "the next record went on" "$(preservation -c "SELECT n FROM everarchive.entity WHERE kind = 'bib' AND key = '6' AND source_id = 1")" 2
koha -e "UPDATE biblio_metadata SET metadata = (SELECT metadata FROM (SELECT metadata FROM biblio_metadata WHERE biblionumber = 6) x) WHERE biblionumber = 5"
ok "mended in Koha, it follows by itself" settled 60
is "and leaves the quarantine" "$(preservation -c 'SELECT count(*) FROM report.quarantine')" 1

# A row that does not fit the mirror: a NUL byte cannot be in PostgreSQL's text.
koha -e "UPDATE items SET itemcallnumber = CONCAT('A', CHAR(0), 'B') WHERE itemnumber = 4; UPDATE items SET itemcallnumber = 'fine' WHERE itemnumber = 5"
ok "a row that cannot be applied holds nothing up" settled 60
like "it is in quarantine with table and key" "$(preservation -c 'SELECT * FROM report.quarantine')" 'items.*4'
is "the rest of the batch went on" "$(preservation -c 'SELECT itemcallnumber FROM koha_main.items WHERE itemnumber = 5')" fine
koha -e "UPDATE items SET itemcallnumber = 'mended' WHERE itemnumber = 4"
ok "mended in Koha, it follows" settled 60
is "the mirror has it" "$(preservation -c 'SELECT itemcallnumber FROM koha_main.items WHERE itemnumber = 4')" mended
is "and it has left the quarantine" "$(preservation -c "SELECT count(*) FROM report.quarantine WHERE kind IS DISTINCT FROM 'authority'")" 0

like "what nobody will mend is dropped" "$(ea quarantine drop "$(preservation -c "SELECT quarantine_id FROM report.quarantine WHERE kind = 'authority'")")" 'given up'
is "nothing is open then" "$(ea quarantine list | wc -l)" 1
like "what was dropped stays, as discarded" "$(ea quarantine list --all)" 'evergreen +map +authority +2 +discarded'

# ---- columns and servers
koha -e "ALTER TABLE items ADD COLUMN patron_note varchar(80) AFTER barcode; UPDATE items SET patron_note = 'canary', itemcallnumber = 'after the new column' WHERE itemnumber = 7"
ok "a new column in the middle changes nothing" settled 60
is "the right column arrives" "$(preservation -c 'SELECT itemcallnumber FROM koha_main.items WHERE itemnumber = 7')" "after the new column"
is "the new one never does" "$(preservation -c "SELECT count(*) FROM koha_main.items i WHERE i::text ~ 'canary'")" 0

koha -e "ALTER TABLE items CHANGE itemcallnumber shelfmark varchar(255); UPDATE items SET shelfmark = 'x' WHERE itemnumber = 8"
stopped() { [ "$(preservation -c "SELECT t.state FROM everarchive.source_table t JOIN everarchive.source USING (source_id) WHERE (name, table_name) = ('koha_main', 'items')")" = stopped ]; }
ok "a column that vanishes stops that table" wait_for 60 stopped
like "with the column and what to do" "$(preservation -c "SELECT message || ' ' || hint FROM everarchive.source_table WHERE table_name = 'items'")" 'itemcallnumber.*resync koha_main --table items'
is "which names the source, and the resync once" "$(preservation -c "SELECT (SELECT count(*) FROM regexp_matches(hint, 'source resync', 'g')) || ' ' || (hint !~ 'NAME') FROM everarchive.source_table WHERE table_name = 'items'")" "1 true"
koha_note 9 "the other tables go on"
koha_on() { [ "$(preservation -c "SELECT n FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE (name, kind, key) = ('koha_main', 'bib', '9')")" = 2 ]; }
ok "the other tables of that source go on" wait_for 60 koha_on
evergreen_note 9 "the other source goes on"
evergreen_on() { [ "$(preservation -c "SELECT n FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE (name, kind, key) = ('evergreen', 'bib', '9')")" = 2 ]; }
ok "the other source goes on" wait_for 60 evergreen_on

mariadb_restart koha
pg_restart pg
ok "after a restart of both servers the program goes on" wait_for 60 bash -c "kill -0 $DAEMON_PID"
evergreen_note 10 "after the restart"
evergreen_again() { [ "$(preservation -c "SELECT n FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE (name, kind, key) = ('evergreen', 'bib', '10')")" = 2 ]; }
ok "and captures again" wait_for 90 evergreen_again

# The slot goes: never made again in silence.
daemon_stop
evergreen -Atc "SELECT pg_drop_replication_slot('everarchive_evergreen')" >/dev/null
daemon_start
lost() { [ "$(preservation -c "SELECT state FROM everarchive.source WHERE name = 'evergreen'")" = position_lost ]; }
ok "a dropped slot is position_lost" wait_for 60 lost
is "and is not made again in silence" "$(evergreen -Atc 'SELECT count(*) FROM pg_replication_slots')" 0
daemon_stop
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
