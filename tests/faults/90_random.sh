#!/usr/bin/env bash
# Random faults under a random mixed workload on each source, then an oracle: for each seed new databases, a schedule of
# faults that is a function of the seed, and what must hold afterwards (tests/faults/README.md). Prints each seed.
#
#   tests/faults/90_random.sh                                 three seeds, as ./test.sh runs it, and a proof of the oracle
#   tests/faults/90_random.sh --seed N [--mode every-commit]  repeats one
#   tests/faults/90_random.sh --seeds 200 --from 1            the long run; --minutes M ends it after the seed under way
#
# Options: --sources koha,evergreen  --mode settled|every-commit|mixed (default)  --huge ROWS (of a huge transaction)
#          --faults NAME[,NAME…] (only these)  --verbose  --prove
#
# Servers are started, stopped and crashed here, by servers.sh; harness/seeds.py says when, over a pipe.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/packages.sh

RECORDS=${FAULT_RECORDS:-60}
[ -d "${1:-}" ] && shift # test.sh gives the build folder to each script
[ $# = 0 ] && set -- --seeds 3 --prove

need_packages python3-psycopg2 python3-pymysql faketime || exit 1
harness_begin random

# What can be filled: the preservation database's tables and the archive. Without the right to mount, that fault is left out.
SMALL=$HARNESS_DIR/small
mkdir "$SMALL"
SMALL_MOUNTED=no
[ "$(id -u)" = 0 ] && mount -t tmpfs -o "size=${FAULT_DISK_MB:-700}m,mode=1777" everarchive-faults "$SMALL" 2>/dev/null && SMALL_MOUNTED=yes
before_harness_end() {
    [ -n "${PLAYER_PID:-}" ] && kill "$PLAYER_PID" 2>/dev/null && wait "$PLAYER_PID" 2>/dev/null
    local name
    for name in "${!PG_DATA[@]}"; do pg_kill "$name" 2>/dev/null; done
    [ "$SMALL_MOUNTED" = yes ] && umount "$SMALL"
    return 0
}

# A crash here is the end of a process, not of the machine: what the kernel has is not lost, and fsync would only cost time.
pg_start vault "fsync = off" "max_wal_size = 2GB" "shared_buffers = 128MB" || exit 1
pg_start evergreen "fsync = off" "max_wal_size = 2GB" "shared_buffers = 128MB" "max_prepared_transactions = 20" || exit 1
mariadb_start koha --sync-binlog=0 --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=128M --innodb-lock-wait-timeout=3 --lock-wait-timeout=5 || exit 1

# The program reaches every server through a proxy; who works in the library systems does not.
export VAULT_PROXY EVERGREEN_PROXY KOHA_PROXY
VAULT_PROXY=$(free_port) EVERGREEN_PROXY=$(free_port) KOHA_PROXY=$(free_port)
mkdir "$HARNESS_DIR/records" "$HARNESS_DIR/archive" "$HARNESS_DIR/spool"
python3 tests/harness/make_records.py --count "$RECORDS" --seed 7 --out "$HARNESS_DIR/records" || exit 1

(
    umask 077
    printf '%s\n' '[evergreen]' host=127.0.0.1 "port=$EVERGREEN_PROXY" dbname=evergreen user=everarchive_capture '' \
        '[preservation]' host=127.0.0.1 "port=$VAULT_PROXY" dbname=preservation user=everarchive_daemon >"$HARNESS_DIR/pg_service.conf"
    printf '%s\n' "127.0.0.1:*:*:*:$LIBRARY_SECRET" >"$HARNESS_DIR/pgpass"
    printf '%s\n' '[koha]' host=127.0.0.1 "port=$KOHA_PROXY" user=everarchive "password=$LIBRARY_SECRET" database=koha >"$HARNESS_DIR/my.cnf"
)
export PGSERVICEFILE=$HARNESS_DIR/pg_service.conf PGPASSFILE=$HARNESS_DIR/pgpass

mariadb_root koha -e 'CREATE DATABASE koha DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci' &&
    mariadb_root koha koha <tests/harness/koha_schema.sql && koha_grants | mariadb_root koha || exit 1

pg evergreen postgres -c 'CREATE DATABASE evergreen_template'
pg evergreen evergreen_template -f tests/harness/evergreen_schema.sql >/dev/null &&
    (cd "$HARNESS_DIR/records/evergreen" && pg evergreen evergreen_template -f load.sql >/dev/null) || exit 1
pg evergreen evergreen_template <<SQL || exit 1
CREATE ROLE everarchive_capture LOGIN REPLICATION PASSWORD '$LIBRARY_SECRET';
$(evergreen_grants)
SQL

[ "$SMALL_MOUNTED" = yes ] && {
    mkdir "$SMALL/tables"
    [ "$(id -u)" = 0 ] && chown postgres "$SMALL/tables"
    pg vault postgres -c "CREATE TABLESPACE small LOCATION '$SMALL/tables'"
}
pg vault postgres -c "CREATE DATABASE preservation_template $([ "$SMALL_MOUNTED" = yes ] && echo 'TABLESPACE small')"
"$EVERARCHIVE" --database "host=$HARNESS_DIR/sockets port=${PG_PORT[vault]} user=postgres dbname=preservation_template" init >/dev/null || exit 1
pg vault preservation_template <<SQL || exit 1
CREATE ROLE everarchive_daemon LOGIN PASSWORD '$LIBRARY_SECRET';
GRANT everarchive_replicator, everarchive_operator TO everarchive_daemon;
SQL

# ---- what harness/seeds.py asks for -----------------------------------------------------------------------------------------

koha_fresh() {
    mariadb_root koha -e 'DROP DATABASE IF EXISTS koha; CREATE DATABASE koha DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; RESET MASTER' &&
        mariadb_root koha koha <tests/harness/koha_schema.sql &&
        (cd "$HARNESS_DIR/records/koha" && mariadb_root koha koha <load.sql)
}
evergreen_fresh() {
    pg evergreen postgres -c "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL" \
        -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots" \
        -c 'DROP DATABASE IF EXISTS evergreen WITH (FORCE)' -c 'CREATE DATABASE evergreen TEMPLATE evergreen_template' >/dev/null
}
vault_fresh() {
    rm -rf "$HARNESS_DIR/archive" "$HARNESS_DIR/spool" "$SMALL/archive" "$SMALL/spool"
    mkdir "$HARNESS_DIR/archive" "$HARNESS_DIR/spool"
    [ "$SMALL_MOUNTED" = yes ] && mkdir "$SMALL/archive" "$SMALL/spool"
    pg vault postgres -c 'DROP DATABASE IF EXISTS preservation WITH (FORCE)' -c 'CREATE DATABASE preservation TEMPLATE preservation_template' \
        -c 'GRANT CREATE ON DATABASE preservation TO everarchive_operator' >/dev/null
}
ALLOWED=' koha_fresh evergreen_fresh vault_fresh pg_up pg_stop pg_kill mariadb_up mariadb_stop mariadb_kill '

export HARNESS_DIR EVERARCHIVE LIBRARY_SECRET SMALL SMALL_MOUNTED PG_BIN
export VAULT_PORT=${PG_PORT[vault]} EVERGREEN_PORT=${PG_PORT[evergreen]} KOHA_SOCKET=${MARIADB_SOCKET[koha]} KOHA_PORT=${MARIADB_PORT[koha]}
export VAULT_DATA=${PG_DATA[vault]} EVERGREEN_DATA=${PG_DATA[evergreen]} KOHA_DATA=${MARIADB_DATA[koha]}

exec 3>&1
coproc SEEDS { exec /usr/bin/python3 tests/faults/harness/seeds.py "$@" 4>&1 1>&3 3>&-; }
PLAYER_PID=$SEEDS_PID
while read -r -u "${SEEDS[0]}" command argument; do
    if [[ $ALLOWED == *" $command "* ]]; then
        "$command" ${argument:+"$argument"} >>"$HARNESS_DIR/log/requests" 2>&1
    else
        echo "not allowed: $command $argument" >>"$HARNESS_DIR/log/requests"
        false
    fi
    echo "$?" >&"${SEEDS[1]}"
done 2>/dev/null
wait "$PLAYER_PID"
status=$?
PLAYER_PID=
exit "$status"
