#!/usr/bin/env bash
# Faults 4, 6, 7 and 20 of README.md: servers that end and come back exactly where they were, and histories that are gone. A lost
# position is said with its reason, nothing is captured past it in silence, and a resync repairs without doubling a version.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

harness_begin position
LIBRARY_FSYNC=off
library_start 100 && library_connect >"$HARNESS_DIR/log/connect" || exit 1

state() { preservation -c "SELECT state FROM everarchive.source WHERE name = '$1'"; }
state_is() { [ "$(state "$1")" = "$2" ]; }
said() { preservation -c "SELECT message || ' ' || hint FROM everarchive.source WHERE name = '$1'"; }
# Without the record that the markers of settled() are written into.
versions() { preservation -c "SELECT count(*) FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id) WHERE s.name = '$1' AND NOT (e.kind = 'bib' AND e.key = '1')"; }
streams() { state_is "$1" streaming && wait_for 60 mapped; }
lost_slot() { [ "$(evergreen -Atc "SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'everarchive_evergreen'")" = lost ]; }

# lost SOURCE REGEX NAME: what the source says, and that a resync mends it: one bib was changed meanwhile, one version comes.
N=0
lost_and_repaired() {
    local source=$1 regex=$2 name=$3 before
    ok "$name: the position is lost" wait_for 60 state_is "$source" position_lost
    like "$name: and said why" "$(said "$source")" "$regex"
    like "$name: with the command that mends it" "$(said "$source")" "source resync"
    sleep 1
    is "$name: nothing goes on in silence" "$(state "$source")" position_lost
    before=$(versions "$source")
    ok "$name: resync" timeout 150 "$EVERARCHIVE" --database service=preservation source resync "$source" --wait
    ok "$name: it follows again" wait_for 120 streams "$source"
    ok "$name: and has everything" settled 120
    is "$name: what did not change has no new version" "$(versions "$source")" $((before + 1))
}
change() { # one bib, which makes one version
    N=$((N + 1))
    if [ "$1" = evergreen ]; then evergreen_note $((N + 10)) "lost $N"; else koha_note $((N + 10)) "lost $N"; fi
}

daemon_start
ok "the first copy arrives" settled 120

# 4: servers.
for how in restart crash; do
    for source in evergreen koha; do change "$source"; done
    if [ $how = restart ]; then pg_restart pg; mariadb_restart koha; else pg_kill pg; pg_up pg; mariadb_kill koha; mariadb_up koha; fi
    for source in evergreen koha; do change "$source"; done
    ok "4: after a $how of all servers everything arrives" settled 180
done

# 4: a server that lost the end of its log, as with sync_binlog = 0 and a power cut: a copy of its files is put back.
koha -e 'FLUSH TABLES'
mariadb_stop koha
cp -a "${MARIADB_DATA[koha]}" "$HARNESS_DIR/earlier"
mariadb_up koha
koha_note 3 "was captured and then lost"
ok "4: what the server is about to lose has arrived" settled 180
mariadb_kill koha
rm -rf "${MARIADB_DATA[koha]}" && mv "$HARNESS_DIR/earlier" "${MARIADB_DATA[koha]}"
mariadb_up koha
lost_and_repaired koha_main 'binary log|not in the' "4: a tail of the binary log is gone"

# 6: the log was purged past our place.
daemon_kill
change koha_main
koha -e 'FLUSH BINARY LOGS'
# The server keeps what a reader still reads, until it has noticed that this one is gone.
purged() { koha -e "PURGE BINARY LOGS TO '$(koha -NBe 'SHOW MASTER STATUS' | cut -f1)'" && [ "$(koha -NBe 'SHOW BINARY LOGS' | wc -l)" = 1 ]; }
wait_for 60 purged
daemon_start
lost_and_repaired koha_main 'purged|any binary log|binlog' "6: the binary log was purged"

# 7: the slot.
daemon_kill
slot_free() { [ "$(evergreen -Atc 'SELECT count(*) FROM pg_replication_slots WHERE active')" = 0 ]; }
wait_for 30 slot_free
change evergreen
evergreen -c "SELECT pg_drop_replication_slot('everarchive_evergreen')" >/dev/null
daemon_start
lost_and_repaired evergreen 'slot everarchive_evergreen is gone' "7: the slot was dropped"

daemon_kill
wait_for 30 slot_free
change evergreen
evergreen -c "SELECT pg_drop_replication_slot('everarchive_evergreen')" -c "SELECT pg_create_logical_replication_slot('everarchive_evergreen', 'pgoutput')" >/dev/null
daemon_start
lost_and_repaired evergreen 'moved it or made it anew' "7: somebody made the slot anew"

daemon_kill
wait_for 30 slot_free
change evergreen
evergreen -c "SELECT pg_drop_replication_slot('everarchive_evergreen')" -c "SELECT pg_create_logical_replication_slot('everarchive_evergreen', 'test_decoding')" >/dev/null
daemon_start
ok "7: the slot is somebody else's: the position is lost" wait_for 60 state_is evergreen position_lost
like "7: the slot is somebody else's: and said why" "$(said evergreen)" 'not ours any more'
ok "7: the slot is somebody else's: resync" ea source resync evergreen
ok "7: the slot is somebody else's: which takes nobody's slot away" wait_for 60 state_is evergreen stopped
like "7: the slot is somebody else's: and says so" "$(said evergreen)" 'not ours'
evergreen -c "SELECT pg_drop_replication_slot('everarchive_evergreen')" >/dev/null
ok "7: the slot is somebody else's: resume, when it is gone" ea source resume evergreen
ok "7: the slot is somebody else's: it follows again" settled 120

daemon_kill
wait_for 30 slot_free
evergreen -c "ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'" -c 'SELECT pg_reload_conf()' >/dev/null
change evergreen
fill_log() { evergreen -c 'CREATE TABLE filler AS SELECT repeat(md5(g::text), 100) FROM generate_series(1, 20000) g' -c 'DROP TABLE filler' -c 'SELECT pg_switch_wal()' -c CHECKPOINT >/dev/null && lost_slot; }
ok "7: the server gives the slot up" wait_for 120 fill_log
daemon_start
lost_and_repaired evergreen 'max_slot_wal_keep_size' "7: the server removed log that the slot needs"
evergreen -c 'ALTER SYSTEM RESET max_slot_wal_keep_size' -c 'SELECT pg_reload_conf()' >/dev/null

# 20: histories of MariaDB.
daemon_kill
change koha_main
koha -e 'RESET MASTER'
koha_note 5 'after RESET MASTER' && koha -e "UPDATE biblio_metadata SET metadata = REPLACE(metadata, 'after RESET MASTER', 'before') WHERE biblionumber = 5"
before_reset=$(versions koha_main)
daemon_start
ok "20: after RESET MASTER the position is lost" wait_for 60 state_is koha_main position_lost
like "20: and said why" "$(said koha_main)" 'RESET MASTER|emptied|not in the|another history|restored'
ok "20: resync" timeout 150 "$EVERARCHIVE" --database service=preservation source resync koha_main --wait
ok "20: it follows again" settled 120
is "20: two records changed" "$(versions koha_main)" $((before_reset + 2))

koha -e "SET GLOBAL server_id = 77"
daemon_kill
daemon_start
ok "20: a server with another server_id whose log holds our position is taken for a fail-over" settled 120
like "20: which is told" "$(cat "$HARNESS_DIR/log/everarchive.log")" 'another server of the same history.*server_id=77'
koha -e "SET GLOBAL server_id = 1"

# Other domains and servers write into the same log.
koha -e "SET SESSION gtid_domain_id = 7; UPDATE items SET itemcallnumber = 'domain 7' WHERE itemnumber = 7; SET SESSION server_id = 9; UPDATE items SET itemcallnumber = 'server 9' WHERE itemnumber = 8"
daemon_kill
koha -e "SET SESSION gtid_domain_id = 7; UPDATE items SET itemcallnumber = 'domain 7 again' WHERE itemnumber = 7"
daemon_start
ok "20: domains are followed each for itself" settled 120

compare_all
daemon_stop
is "the program stops on SIGTERM with exit code 0" $? 0
done_testing || { tail -n 40 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
