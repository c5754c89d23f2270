#!/usr/bin/env bash
# The stream, beside the server's own replication of the same changes, on the same machine in the same run: first a backlog
# of CHANGES single-row updates (default 200,000) of a record of about 3 kB, then one transaction of ROWS rows (default
# 1,000,000) in the table of the items.
#   PostgreSQL: the program, and a subscription to plain tables
#   MariaDB:    the program, and a replica
#
#   tests/bench/stream.sh [CHANGES] [ROWS] [RECORDS]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh

CHANGES=${1:-200000}
ROWS=${2:-1000000}
RECORDS=${3:-20000}
harness_begin bench
now() { date +%s.%N; }
rate() { awk -v what="$1" -v n="$2" -v from="$3" -v to="$(now)" 'BEGIN { printf "%-52s %9.0f changes/s  (%d in %.1f s)\n", what, n / (to - from), n, to - from }'; }
memory() { sed -n 's/^VmHWM:[[:space:]]*/the program, peak memory: /p' "/proc/$DAEMON_PID/status"; }

library_start "$RECORDS" && library_connect || exit 1
ea target pause vault >/dev/null || exit 1
ea run --until-idle 2>>"$HARNESS_DIR/log/everarchive.log"

# The peers start from what the program has as well.
pg pg postgres -c 'CREATE DATABASE plain'
pg pg plain -c 'CREATE SCHEMA biblio; CREATE TABLE biblio.record_entry (id bigint PRIMARY KEY, marc text)' \
    -c 'CREATE SCHEMA asset; CREATE TABLE asset.copy (id bigint PRIMARY KEY, call_number bigint, circ_lib int, barcode text, status int, copy_number int)'
evergreen -c 'CREATE PUBLICATION bench FOR TABLE biblio.record_entry (id, marc), TABLE ONLY asset.copy (id, call_number, circ_lib, barcode, status, copy_number)'
evergreen -Atc 'COPY (SELECT id, marc FROM biblio.record_entry) TO STDOUT' | pg pg plain -c 'COPY biblio.record_entry FROM STDIN'
evergreen -Atc 'COPY (SELECT id, call_number, circ_lib, barcode, status, copy_number FROM ONLY asset.copy) TO STDOUT' | pg pg plain -c 'COPY asset.copy FROM STDIN'
evergreen -Atc "SELECT pg_create_logical_replication_slot('bench', 'pgoutput')" >/dev/null
pg pg plain -c "CREATE SUBSCRIPTION bench CONNECTION 'host=$HARNESS_DIR/sockets port=${PG_PORT[pg]} user=postgres dbname=evergreen'
    PUBLICATION bench WITH (create_slot = false, slot_name = bench, copy_data = false, enabled = false)"
mariadb_start replica --server-id=2 --sync-binlog=0 || exit 1
mariadb_root replica -e 'RESET MASTER' # what its installation wrote is no part of the source's history
{ echo 'SET sql_log_bin = 0;' && mariadb-dump --no-defaults -u root -S "${MARIADB_SOCKET[koha]}" --single-transaction --master-data=1 --gtid --databases koha; } | mariadb_root replica || exit 1
mariadb_root koha -e "CREATE USER replica@'127.0.0.1' IDENTIFIED BY '$LIBRARY_SECRET'; GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1'"
mariadb_root replica -e "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${MARIADB_PORT[koha]}, MASTER_USER = 'replica', MASTER_PASSWORD = '$LIBRARY_SECRET', MASTER_USE_GTID = slave_pos"

# What tells that everything before it has arrived: the last change of each backlog. Evergreen's trigger adds a 901 to the record.
marker=
evergreen_mark() { evergreen -c "UPDATE biblio.record_entry SET tcn_source = 'last', marc = '<record>$marker</record>' WHERE id = 1" -c CHECKPOINT; }
koha_mark() { koha -e "UPDATE biblio_metadata SET metadata = '<record>$marker</record>' WHERE id = 1"; }
subscription_there() { [ "$(pg pg plain -Atc "SELECT marc LIKE '<record>$marker<%' FROM biblio.record_entry WHERE id = 1")" = t ]; }
evergreen_there() { [ "$(preservation -c "SELECT marc LIKE '<record>$marker<%' FROM evergreen.biblio_record_entry WHERE id = 1")" = t ]; }
replica_there() { [ "$(mariadb_root replica koha -N -B -e 'SELECT metadata FROM biblio_metadata WHERE id = 1')" = "<record>$marker</record>" ]; }
koha_there() { [ "$(preservation -c 'SELECT metadata FROM koha_main.biblio_metadata WHERE id = 1')" = "<record>$marker</record>" ]; }

race() { # race SOURCE LABEL N: the peer, then the program, each alone
    local source=$1 label=$2 n=$3 from
    marker=$label-$RANDOM
    "${source}_mark"
    from=$(now)
    if [ "$source" = evergreen ]; then
        pg pg plain -c 'ALTER SUBSCRIPTION bench ENABLE'
        wait_for 1200 subscription_there || exit 1
        rate "PostgreSQL, $label: subscription, plain tables" "$n" "$from"
        pg pg plain -c 'ALTER SUBSCRIPTION bench DISABLE'
    else
        mariadb_root replica -e 'START SLAVE'
        wait_for 1200 replica_there || exit 1
        rate "MariaDB, $label: replica" "$n" "$from"
        mariadb_root replica -e 'STOP SLAVE'
    fi
    from=$(now)
    daemon_start
    wait_for 1200 "${source}_there" || exit 1
    rate "$source, $label: the program, into the mirror" "$n" "$from"
    wait_for 3600 mapped || exit 1
    rate "$source, $label: the program, into versions" "$n" "$from"
    memory
    daemon_stop
}

cat >"$HARNESS_DIR/update.sql" <<SQL
\set id random(2, $RECORDS)
\set note random(1, 1000000000)
UPDATE biblio.record_entry SET marc = regexp_replace(marc, '(<controlfield tag="005">)[^<]*', '\1' || :note) WHERE id = :id;
SQL
pgbench -n -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres -c 4 -j 2 -t $((CHANGES / 4)) -f "$HARNESS_DIR/update.sql" evergreen >"$HARNESS_DIR/log/pgbench" 2>&1 ||
    { cat "$HARNESS_DIR/log/pgbench"; exit 1; }
race evergreen "single-row updates" "$CHANGES"

evergreen -c "INSERT INTO asset.copy (call_number, circ_lib, barcode, creator, editor, loan_duration, fine_level)
    SELECT c.call_number, c.circ_lib, 'bench' || g, 1, 1, 2, 2
    FROM generate_series(1, $ROWS) g, LATERAL (SELECT call_number, circ_lib FROM asset.copy WHERE id = 1 + g % $RECORDS) c"
race evergreen "one transaction of $ROWS rows" "$ROWS"

mariadb_root koha -e 'SET GLOBAL sync_binlog = 0; SET GLOBAL innodb_flush_log_at_trx_commit = 0'
/usr/bin/python3 - "$CHANGES" "$RECORDS" <<'PY' | koha
import random, sys
rng = random.Random(3)
for n in range(int(sys.argv[1])):
    print(f"UPDATE biblio_metadata SET metadata = REGEXP_REPLACE(metadata, '<controlfield tag=\"005\">[^<]*', '<controlfield tag=\"005\">{n}') WHERE id = {rng.randint(2, int(sys.argv[2]))};")
PY
race koha "single-row updates" "$CHANGES"

koha -e "INSERT INTO items (biblionumber, biblioitemnumber, barcode, homebranch, holdingbranch, itemcallnumber, itype)
    SELECT b.biblionumber, b.biblioitemnumber, CONCAT('bench', s.seq), 'CPL', 'CPL', CONCAT('call ', s.seq), 'BK'
    FROM seq_1_to_$ROWS s JOIN biblioitems b ON b.biblioitemnumber = 1 + s.seq % $RECORDS"
race koha "one transaction of $ROWS rows" "$ROWS"
