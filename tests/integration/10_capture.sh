#!/usr/bin/env bash
# The capture tests in C++ against private servers: PostgreSQL by logical replication, MariaDB by the binary log.
#   10_capture.sh BUILD_FOLDER
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/tap.sh
BUILD=${1:-build/release}

harness_begin capture
# A certificate authority of our own, for encrypted connections.
tls=$HARNESS_DIR/tls
mkdir "$tls"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=everarchive-test-ca -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 2 -copy_extensions copy -out "$tls/server.pem" 2>/dev/null
chmod 644 "$tls"/*
pg_start pg "fsync = off" && pg_standby standby pg && mariadb_start maria --ssl-ca="$tls/ca.pem" --ssl-cert="$tls/server.pem" --ssl-key="$tls/server.key" &&
    mariadb_start replica --server-id=2 --log-slave-updates=ON || exit 1
# MySQL is in no Debian release: tests/mysql_server.sh gets one. Without it these tests skip themselves.
if mysql_is_there; then
    mysql_start my && mysql_start my_by_file --gtid-mode=OFF --enforce-gtid-consistency=OFF || exit 1
    export EVERARCHIVE_TEST_MYSQL_SOCKET=${MYSQL_SOCKET[my]} EVERARCHIVE_TEST_MYSQL_FILE_SOCKET=${MYSQL_SOCKET[my_by_file]}
fi
# The MariaDB tests restart their server themselves.
declare -p MARIADB_DATA MARIADB_PORT MARIADB_SOCKET MARIADB_OPTIONS MARIADB_PID HARNESS_DIR >"$HARNESS_DIR/servers"
cat >"$HARNESS_DIR/restart.sh" <<SH
source '$PWD/tests/harness/servers.sh'
source '$HARNESS_DIR/servers'
kill -9 "\$(cat "\${MARIADB_DATA[maria]}/server.pid")"
while [ -e "/proc/\$(cat "\${MARIADB_DATA[maria]}/server.pid")" ]; do sleep 0.1; done
mariadb_up maria
SH
export PGHOST=$HARNESS_DIR/sockets PGPORT=${PG_PORT[pg]} PGUSER=postgres
export EVERARCHIVE_TEST_STANDBY="host=$HARNESS_DIR/sockets port=${PG_PORT[standby]}"
export EVERARCHIVE_TEST_MARIADB_SOCKET=${MARIADB_SOCKET[maria]}
export EVERARCHIVE_TEST_MARIADB_PORT=${MARIADB_PORT[maria]} EVERARCHIVE_TEST_MARIADB_CA=$tls/ca.pem
export EVERARCHIVE_TEST_MARIADB_REPLICA_SOCKET=${MARIADB_SOCKET[replica]}
export EVERARCHIVE_TEST_MARIADB_RESTART="bash $HARNESS_DIR/restart.sh"
before_harness_end() {
    kill -9 "$(cat "${MARIADB_DATA[maria]}/server.pid" 2>/dev/null)" 2>/dev/null
    return 0
}

for program in "$BUILD"/tests/integration/capture_*_test; do
    log=$HARNESS_DIR/log/$(basename "$program")
    "$program" >"$log" 2>&1
    status=$?
    # Each test of the program is a test here, with what it printed where it failed.
    while read -r _ _ _ name _; do
        TAP_RUN=$((TAP_RUN + 1)) && echo "ok $TAP_RUN - $name"
    done < <(grep -E '^\[       OK \]' "$log")
    while read -r _ _ _ name _; do
        TAP_RUN=$((TAP_RUN + 1)) && echo "ok $TAP_RUN # SKIP ${name}"
    done < <(grep -E '^\[  SKIPPED \] .* \(' "$log")
    while read -r _ _ _ name _; do
        TAP_RUN=$((TAP_RUN + 1)) && TAP_FAILED=$((TAP_FAILED + 1)) && echo "not ok $TAP_RUN - $name"
    done < <(grep -E '^\[  FAILED  \] .* \(' "$log")
    if [ "$status" != 0 ]; then
        grep -E -B 8 '^\[  FAILED  \] .* \(' "$log" | head -n 60 | sed 's/^/#   /'
        grep -qE '^\[  FAILED  \]' "$log" || { TAP_RUN=$((TAP_RUN + 1)) && TAP_FAILED=$((TAP_FAILED + 1)) && echo "not ok $TAP_RUN - $(basename "$program") ran to its end"; }
    fi
done
done_testing
