#!/usr/bin/env bash
# Koha on MySQL, end to end: first copy under load, what staff do, a kill, partial row images, compressed transactions, a
# fail-over by GTID, a lost position. Then the same server without GTIDs. Needs the server of tests/mysql_server.sh.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

if ! mysql_is_there; then
    skip "EVERARCHIVE_MYSQL_ROOT names no MySQL server (tests/mysql_server.sh)"
    done_testing
    exit
fi
harness_begin mysql
# The library's Koha, answered by MySQL.
mariadb_start() {
    # shellcheck disable=SC2086
    mysql_start "$1" --local-infile=ON --character-set-server=utf8mb4 ${KOHA_OPTIONS:-} && MARIADB_PORT[$1]=${MYSQL_PORT[$1]}
}
mariadb_root() { mysql_root "$@"; }
evergreen_start() {
    (
        umask 077
        printf '%s\n' '[preservation]' host=127.0.0.1 "port=${PG_PORT[pg]}" dbname=preservation user=everarchive_daemon >"$HARNESS_DIR/pg_service.conf"
        printf '%s\n' "127.0.0.1:*:*:*:$LIBRARY_SECRET" >"$HARNESS_DIR/pgpass"
    )
    export PGSERVICEFILE=$HARNESS_DIR/pg_service.conf PGPASSFILE=$HARNESS_DIR/pgpass
}
LIBRARY_FSYNC=off
library_start 200 && preservation_start >"$HARNESS_DIR/log/start" 2>&1 || { cat "$HARNESS_DIR/log/start"; exit 1; }
koha -e "GRANT REPLICATION CLIENT ON *.* TO everarchive@'127.0.0.1'"
ORIGIN=mysql:${KOHA_ORIGIN#mariadb:}
ok "source check finds nothing missing" ea source check koha_main --adapter koha --from "$ORIGIN"
ok "source add" ea source add koha_main --adapter koha --from "$ORIGIN"

marker_arrived() { [ "$(preservation -c "SELECT count(*) FROM koha_main.biblio WHERE notes = 'marker $1'" 2>/dev/null)" = 1 ]; }
settled() {
    local marker=$RANDOM$RANDOM
    koha -e "UPDATE biblio SET notes = 'marker $marker' WHERE biblionumber = 1"
    wait_for "${1:-120}" marker_arrived "$marker" && wait_for "${1:-120}" mapped
}
state_is() { [ "$(preservation -c "SELECT state FROM everarchive.source WHERE name = 'koha_main'")" = "$1" ]; }
# Saves in the background until the file is gone.
busy() {
    local turn=0
    while [ -e "$HARNESS_DIR/busy" ]; do
        turn=$((turn + 1))
        koha_note "$((RANDOM % 150 + 20))" "busy-$turn" 2>/dev/null
        koha -e "UPDATE items SET itemcallnumber = 'B $turn' WHERE itemnumber = $((RANDOM % 150 + 20))" 2>/dev/null
    done
}

touch "$HARNESS_DIR/busy"
busy &
BUSY=$!
daemon_start
ok "the first copy arrives while staff save" wait_for 120 state_is streaming
rm "$HARNESS_DIR/busy"
wait "$BUSY"
ok "and settles" settled 120
compare_koha
is "nothing is in quarantine" "$(preservation -c 'SELECT count(*), min(message) FROM everarchive.quarantine WHERE resolved_at IS NULL')" "0|"

koha -e "SET SESSION binlog_row_image = 'MINIMAL'; UPDATE items SET itemcallnumber = 'Q 127' WHERE itemnumber = 10;
    INSERT INTO items (itemnumber, biblionumber, biblioitemnumber, barcode) SELECT 900001, biblionumber, biblioitemnumber, 'M-1' FROM items WHERE itemnumber = 10;
    SET SESSION binlog_transaction_compression = ON; UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', '<controlfield tag=\"009\">compressed</controlfield></record>') WHERE biblionumber < 50;
    DELETE FROM biblio WHERE biblionumber = 12"
daemon_kill
koha -e "UPDATE items SET itemcallnumber = 'Q 128' WHERE itemnumber = 11"
daemon_start
ok "after a kill, with minimal images, compression and a cascade" settled 60
compare_koha

# A replica takes over.
mysql_start replica --server-id=2 --log-replica-updates=ON || exit 1
koha -e "CREATE USER replica@'127.0.0.1' IDENTIFIED BY '$LIBRARY_SECRET'; GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1'"
mysql_root replica -e "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${MYSQL_PORT[koha]}, SOURCE_USER = 'replica',
    SOURCE_PASSWORD = '$LIBRARY_SECRET', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA"
replica_is_there() { [ "$(mysql_root replica -N -e "SELECT GTID_SUBSET('$(koha -N -e 'SELECT @@gtid_executed' | tr -d '\n')', @@gtid_executed)")" = 1 ]; }
ok "a replica has everything" wait_for 120 replica_is_there
koha -e "UPDATE items SET itemcallnumber = 'not read before' WHERE itemnumber = 13"
ok "a replica has everything again" wait_for 60 replica_is_there
mysql_root replica -e "STOP REPLICA; RESET REPLICA ALL"
mysql_kill koha
sed -i "s/^port=.*/port=${MYSQL_PORT[replica]}/" "$HARNESS_DIR/my.cnf"
MYSQL_SOCKET[koha]=${MYSQL_SOCKET[replica]}
koha -e "UPDATE items SET itemcallnumber = 'on the new primary' WHERE itemnumber = 14"
before=$(preservation -c "SELECT identity FROM everarchive.source_progress")
ok "it is followed from the same position" settled 60
isnt() { ok "$1" [ "$2" != "$3" ]; }
isnt "its identity is stored" "$(preservation -c "SELECT identity FROM everarchive.source_progress")" "$before"
compare_koha

# Purged logs: the position is lost, and says what is missing.
daemon_stop
koha -e "UPDATE items SET itemcallnumber = 'purged' WHERE itemnumber = 15; FLUSH BINARY LOGS"
newest_file=$(koha -N -e 'SHOW BINARY LOG STATUS' | cut -f 1)
purged() { koha -e "PURGE BINARY LOGS TO '$newest_file'" && [ "$(koha -N -e 'SHOW BINARY LOGS' | head -n 1 | cut -f 1)" = "$newest_file" ]; }
ok "its logs are purged" wait_for 60 purged
daemon_start
ok "the position is lost" wait_for 60 state_is position_lost
ok "the message names what is missing" [ -n "$(preservation -c "SELECT message FROM everarchive.source WHERE name = 'koha_main' AND message ~ 'missing'")" ]
ok "a resync repairs it" ea source resync koha_main --wait
ok "and goes on" settled 120
compare_koha
done_testing
