#!/usr/bin/env bash
# Random faults under a random mixed workload on two library systems, then an oracle: for each seed new databases, a schedule of
# faults that is a function of the seed, and what must hold afterwards (tests/faults/README.md). Prints each seed.
#
#   tests/faults/90_random.sh                                 three seeds, as ./test.sh runs it, and a proof of the oracle
#   tests/faults/90_random.sh --seed N [--mode every-commit]  repeats one
#   tests/faults/90_random.sh --seeds 200 --from 1            the long run; --minutes M ends it after the seed under way
#
# Options: --systems koha,evergreen (instead of two by turns)  --mode settled|every-commit|mixed (default)  --huge ROWS (of a huge transaction)
#          --faults NAME[,NAME…] (only these)  --verbose  --prove
# FAULT_DISK_MB: size of the disk that gets full, in memory (700). Transactions of two million rows need more: FAULT_DISK_MB=7000
# tests/faults/90_random.sh --seed 1 --systems koha --faults huge --huge 2000000 (the oracle then takes up to 10 GB of memory).
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
export VAULT_PROXY VAULT_PORT=${PG_PORT[vault]} VAULT_DATA=${PG_DATA[vault]}
VAULT_PROXY=$(free_port)
mkdir "$HARNESS_DIR/records" "$HARNESS_DIR/archive" "$HARNESS_DIR/spool"
python3 tests/harness/make_records.py --count "$RECORDS" --seed 7 --out "$HARNESS_DIR/records" || exit 1

# ---- the library systems, each on a server of its own ------------------------------------------------------------------------

# What each is made of, read in its database.
evergreen_load() { pg evergreen "$1" -f tests/harness/evergreen_schema.sql && (cd "$HARNESS_DIR/records/evergreen" && pg evergreen "$1" -f load.sql); }
folio_load() {
    pg folio "$1" -v tenant=diku -f tests/harness/folio_schema.sql &&
        /usr/bin/python3 tests/harness/folio_records.py --tenant diku --count "$RECORDS" | pg folio "$1" -f -
}
dspace_load() {
    pg dspace "$1" -v version=9 -f tests/harness/dspace_schema.sql && /usr/bin/python3 tests/harness/dspace_records.py --count "$RECORDS" | pg dspace "$1" -f -
}
archivesspace_load() { cat tests/harness/archivesspace_{schema,records,many}.sql | mariadb_root archivesspace archivesspace; }
koha_load() { mariadb_root koha koha <tests/harness/koha_schema.sql && (cd "$HARNESS_DIR/records/koha" && mariadb_root koha koha <load.sql); }

# The program reaches each server through a proxy; who works in the library systems does not.
exported() { # exported NAME PORT DATA [SOCKET]
    export "${1^^}_PROXY=$(free_port)" "${1^^}_PORT=$2" "${1^^}_DATA=$3" "${1^^}_SOCKET=${4:-}"
}
postgresql_system() {
    local proxy=${1^^}_PROXY
    pg_start "$1" "fsync = off" "max_wal_size = 2GB" "shared_buffers = 128MB" "max_prepared_transactions = 20" || return 1
    exported "$1" "${PG_PORT[$1]}" "${PG_DATA[$1]}"
    printf '%s\n' "[$1]" host=127.0.0.1 "port=${!proxy}" "dbname=$1" user=everarchive_capture '' >>"$HARNESS_DIR/pg_service.conf"
    pg "$1" postgres -c "CREATE DATABASE ${1}_template" -c "CREATE ROLE everarchive_capture LOGIN REPLICATION PASSWORD '$LIBRARY_SECRET'" &&
        "${1}_load" "${1}_template" >/dev/null && adapter_grants "$1" | pg "$1" "${1}_template" -f -
}
mariadb_system() {
    local proxy=${1^^}_PROXY
    mariadb_start "$1" --sync-binlog=0 --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=128M --innodb-lock-wait-timeout=3 \
        --lock-wait-timeout=5 || return 1
    exported "$1" "${MARIADB_PORT[$1]}" "${MARIADB_DATA[$1]}" "${MARIADB_SOCKET[$1]}"
    printf '%s\n' "[$1]" host=127.0.0.1 "port=${!proxy}" user=everarchive "password=$LIBRARY_SECRET" "database=$1" '' >>"$HARNESS_DIR/my.cnf"
    mariadb_fresh "$1" && mariadb_grants "$1" | mariadb_root "$1"
}
postgresql_fresh() {
    # The checkpoint, because a sequence that was copied counts on what the template wrote ahead: after a crash it would give numbers again.
    pg "$1" postgres -c "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL" \
        -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots" \
        -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" -c "CREATE DATABASE $1 TEMPLATE ${1}_template" -c CHECKPOINT >/dev/null
}
mariadb_fresh() {
    mariadb_root "$1" -e "DROP DATABASE IF EXISTS $1; CREATE DATABASE $1 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; RESET MASTER" && "${1}_load"
}

(
    umask 077
    printf '%s\n' '[preservation]' host=127.0.0.1 "port=$VAULT_PROXY" dbname=preservation user=everarchive_daemon '' >"$HARNESS_DIR/pg_service.conf"
    printf '%s\n' "127.0.0.1:*:*:*:$LIBRARY_SECRET" >"$HARNESS_DIR/pgpass"
    : >"$HARNESS_DIR/my.cnf"
)
export PGSERVICEFILE=$HARNESS_DIR/pg_service.conf PGPASSFILE=$HARNESS_DIR/pgpass
NEEDED=$(/usr/bin/python3 tests/faults/harness/systems.py "$@") || exit 1
while read -r kind system; do
    "${kind}_system" "$system" </dev/null || exit 1
done <<<"$NEEDED"

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

vault_fresh() {
    rm -rf "$HARNESS_DIR/archive" "$HARNESS_DIR/spool" "$SMALL/archive" "$SMALL/spool"
    mkdir "$HARNESS_DIR/archive" "$HARNESS_DIR/spool"
    [ "$SMALL_MOUNTED" = yes ] && mkdir "$SMALL/archive" "$SMALL/spool"
    pg vault postgres -c 'DROP DATABASE IF EXISTS preservation WITH (FORCE)' -c 'CREATE DATABASE preservation TEMPLATE preservation_template' \
        -c 'GRANT CREATE ON DATABASE preservation TO everarchive_operator' >/dev/null
}
ALLOWED=' postgresql_fresh mariadb_fresh vault_fresh pg_up pg_stop pg_kill mariadb_up mariadb_stop mariadb_kill '

export HARNESS_DIR EVERARCHIVE LIBRARY_SECRET SMALL SMALL_MOUNTED PG_BIN

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
