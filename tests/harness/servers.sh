# shellcheck shell=bash
# The one harness for servers: private PostgreSQL and MariaDB servers on loopback, in a scratch directory, on free ports,
# stopped by their pid when the script that sourced this file ends. Used by demo.sh, the integration and fault tests and the
# benchmarks.
#
#   source tests/harness/servers.sh
#   harness_begin NAME            makes $HARNESS_DIR and the clean-up; what a script puts elsewhere it adds to HARNESS_ELSEWHERE
#   pg_start NAME [SETTING…]      PostgreSQL: ${PG_PORT[NAME]}, socket in $HARNESS_DIR; superuser postgres, no password on the socket
#   pg_standby NAME OF            a stand-by of the server OF, by the physical slot NAME; from 17 on it takes failover slots over
#   mariadb_start NAME [OPTION…]  MariaDB: ${MARIADB_PORT[NAME]}, ${MARIADB_SOCKET[NAME]}; root without password on the socket
#   mysql_start NAME [OPTION…]    MySQL of tests/mysql_server.sh in $EVERARCHIVE_MYSQL_ROOT; the same, with MYSQL_ for MARIADB_.
#                                 Ask mysql_is_there first, and skip the test where it says no
#   EVERARCHIVE_MARIADB_ROOT      a MariaDB that the same script unpacked: mariadb_start takes that one
#   pg_private_installation       servers started from then on have an extension folder of their own: $PG_EXTENSION_FOLDER
#   pg NAME DATABASE [psql …]     psql as superuser        mariadb_root NAME [mariadb …]
#   pg_stop, pg_kill, mariadb_stop, mariadb_kill, mysql_stop, mysql_kill NAME; pg_restart, mariadb_restart, mysql_restart NAME

declare -A PG_PORT PG_DATA MARIADB_PORT MARIADB_SOCKET MARIADB_DATA MARIADB_OPTIONS MARIADB_PID
declare -A MYSQL_PORT MYSQL_SOCKET MYSQL_DATA MYSQL_OPTIONS MYSQL_PID
HARNESS_KEEP=${HARNESS_KEEP:-no}
HARNESS_ELSEWHERE=()
PG_BIN=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}

harness_begin() {
    HARNESS_DIR=$(mktemp -d "${TMPDIR:-/tmp}/everarchive-$1.XXXXXX")
    # The servers run as users of their own and must be able to pass through.
    chmod 755 "$HARNESS_DIR"
    mkdir -m 1777 "$HARNESS_DIR/sockets" "$HARNESS_DIR/log"
    trap harness_end EXIT
    trap 'exit 130' INT TERM
}

harness_end() {
    local status=$?
    trap - EXIT
    # Jobs of the script itself first, so that none of them sees its server vanish.
    if declare -F before_harness_end >/dev/null; then before_harness_end; fi
    if [ "$HARNESS_KEEP" = yes ]; then exit "$status"; fi
    local name
    for name in "${!PG_DATA[@]}"; do pg_kill "$name" 2>/dev/null; done
    for name in "${!MARIADB_DATA[@]}"; do mariadb_kill "$name" 2>/dev/null; done
    for name in "${!MYSQL_DATA[@]}"; do mysql_kill "$name" 2>/dev/null; done
    rm -rf "$HARNESS_DIR" "${HARNESS_ELSEWHERE[@]}"
    exit "$status"
}

# A copy of the server's installation whose extension folder a test may write to; the servers started afterwards run from
# it. The server finds its files relative to its program, so that is copied; the rest is links.
pg_private_installation() {
    local copy=$HARNESS_DIR/installation config=$PG_BIN/pg_config folder
    for folder in "$("$config" --pkglibdir)" "$("$config" --sharedir)"; do
        mkdir -p "$copy$(dirname "$folder")"
        cp -as "$folder" "$copy$folder"
    done
    mkdir -p "$copy$(dirname "$PG_BIN")"
    cp -a "$PG_BIN" "$copy$PG_BIN"
    PG_BIN=$copy$PG_BIN
    PG_EXTENSION_FOLDER=$copy$("$config" --sharedir)/extension
}

free_port() {
    local port
    while :; do
        port=$((${HARNESS_PORTS:-22000} + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

pg_start() {
    local name=$1
    shift
    PG_DATA[$name]=$HARNESS_DIR/$name
    PG_PORT[$name]=$(free_port)
    mkdir -m 700 "${PG_DATA[$name]}"
    [ "$(id -u)" = 0 ] && chown postgres "${PG_DATA[$name]}"
    as_postgres "$PG_BIN/initdb" -D "${PG_DATA[$name]}" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync -A trust >"$HARNESS_DIR/log/$name.initdb" 2>&1 ||
        { cat "$HARNESS_DIR/log/$name.initdb" >&2; return 1; }
    {
        echo "port = ${PG_PORT[$name]}"
        echo "listen_addresses = '127.0.0.1'"
        echo "unix_socket_directories = '$HARNESS_DIR/sockets'"
        echo "wal_level = logical"
        echo "max_wal_senders = 20"
        echo "max_replication_slots = 20"
        echo "max_slot_wal_keep_size = 20GB"
        printf '%s\n' "$@"
    } | as_postgres tee -a "${PG_DATA[$name]}/postgresql.conf" >/dev/null
    # The socket is for the harness; whoever comes over TCP shows a password, as in a library.
    printf '%s\n' 'local all all trust' 'host all all 127.0.0.1/32 scram-sha-256' 'local replication all trust' \
        'host replication all 127.0.0.1/32 scram-sha-256' | as_postgres tee "${PG_DATA[$name]}/pg_hba.conf" >/dev/null
    pg_up "$name"
}

pg_standby() {
    local name=$1 primary=$2
    PG_DATA[$name]=$HARNESS_DIR/$name
    PG_PORT[$name]=$(free_port)
    mkdir -m 700 "${PG_DATA[$name]}"
    [ "$(id -u)" = 0 ] && chown postgres "${PG_DATA[$name]}"
    # With a database in the connection string: the worker that copies slots needs one.
    as_postgres "$PG_BIN/pg_basebackup" -d "host=$HARNESS_DIR/sockets port=${PG_PORT[$primary]} user=postgres dbname=postgres" \
        -D "${PG_DATA[$name]}" -X stream -c fast -R -C -S "$name" --no-sync >"$HARNESS_DIR/log/$name.basebackup" 2>&1 ||
        { cat "$HARNESS_DIR/log/$name.basebackup" >&2; return 1; }
    {
        echo "port = ${PG_PORT[$name]}"
        echo "hot_standby_feedback = on"
        [ "$("$PG_BIN/postgres" -V | grep -oE '[0-9]+' | head -n 1)" -lt 17 ] || echo "sync_replication_slots = on"
    } | as_postgres tee -a "${PG_DATA[$name]}/postgresql.conf" >/dev/null
    pg_up "$name"
}

pg_up() { as_postgres "$PG_BIN/pg_ctl" -D "${PG_DATA[$1]}" -l "${PG_DATA[$1]}/server.log" -w -t 60 start >/dev/null; }
pg_stop() { as_postgres "$PG_BIN/pg_ctl" -D "${PG_DATA[$1]}" -m fast -w stop >/dev/null; }
pg_kill() { as_postgres "$PG_BIN/pg_ctl" -D "${PG_DATA[$1]}" -m immediate -w stop >/dev/null; }
pg_restart() { pg_stop "$1" && pg_up "$1"; }

pg() {
    local name=$1 database=$2
    shift 2
    psql -X -q -v ON_ERROR_STOP=1 -h "$HARNESS_DIR/sockets" -p "${PG_PORT[$name]}" -U postgres -d "$database" "$@"
}

mariadb_start() {
    local name=$1
    shift
    MARIADB_DATA[$name]=$HARNESS_DIR/$name
    MARIADB_PORT[$name]=$(free_port)
    MARIADB_SOCKET[$name]=$HARNESS_DIR/sockets/$name.sock
    MARIADB_OPTIONS[$name]=$(printf '%s\n' "$@")
    mkdir -m 755 "${MARIADB_DATA[$name]}"
    local user=()
    if [ "$(id -u)" = 0 ]; then
        chown mysql "${MARIADB_DATA[$name]}"
        user=(--user=mysql)
    fi
    # A server that starts removes what it takes for its own leftovers in the temporary folder: not in a shared one.
    mkdir -m 1777 "$HARNESS_DIR/$name.tmp"
    mariadb_programs
    "${MARIADB_PROGRAMS[@]}" --no-defaults "${user[@]}" --tmpdir="$HARNESS_DIR/$name.tmp" --datadir="${MARIADB_DATA[$name]}" --auth-root-authentication-method=normal \
        --skip-test-db >"$HARNESS_DIR/log/$name.install" 2>&1 || { cat "$HARNESS_DIR/log/$name.install" >&2; return 1; }
    mariadb_up "$name"
}

# Finds the server: the system's, or the unpacked one through its own dynamic loader.
mariadb_programs() {
    local root=${EVERARCHIVE_MARIADB_ROOT:-} base=$HARNESS_DIR/mariadb-programs program
    MARIADB_PROGRAMS=(mariadb-install-db)
    MARIADB_SERVER=("$(command -v mariadbd || echo /usr/sbin/mariadbd)" --no-defaults)
    [ -n "$root" ] || return 0
    if [ ! -d "$base" ]; then
        mkdir -p "$base/bin" "$base/sbin" "$base/share"
        ln -s "$root/usr/share/mariadb" "$base/share/mariadb"
        ln -s "$root/usr/lib" "$base/lib"
        for program in bin/my_print_defaults bin/resolveip sbin/mariadbd; do
            printf '#!/bin/sh\nexec %s/usr/lib64/ld-linux-x86-64.so.2 --library-path %s/usr/lib/x86_64-linux-gnu %s/usr/%s "$@"\n' \
                "$root" "$root" "$root" "$program" >"$base/$program"
            chmod 755 "$base/$program"
        done
    fi
    MARIADB_PROGRAMS=(sh "$root/usr/bin/mariadb-install-db" --basedir="$base")
    MARIADB_SERVER=("$base/sbin/mariadbd" --no-defaults --basedir="$base" --lc-messages-dir="$root/usr/share/mariadb"
        --character-sets-dir="$root/usr/share/mariadb/charsets" --plugin-dir="$root/usr/lib/mysql/plugin")
}

mariadb_up() {
    local name=$1 user=() options=() i
    mariadb_programs
    [ "$(id -u)" = 0 ] && user=(--user=mysql)
    [ -n "${MARIADB_OPTIONS[$name]}" ] && mapfile -t options <<<"${MARIADB_OPTIONS[$name]}"
    "${MARIADB_SERVER[@]}" "${user[@]}" --datadir="${MARIADB_DATA[$name]}" --tmpdir="$HARNESS_DIR/$name.tmp" \
        --bind-address=127.0.0.1 --port="${MARIADB_PORT[$name]}" --socket="${MARIADB_SOCKET[$name]}" \
        --pid-file="${MARIADB_DATA[$name]}/server.pid" --log-error="${MARIADB_DATA[$name]}/server.log" \
        --server-id=1 --log-bin=binlog --binlog-format=ROW --binlog-row-metadata=FULL --gtid-strict-mode=ON --sync-binlog=1 --expire-logs-days=7 \
        --character-set-server=utf8mb4 --innodb-buffer-pool-size=256M --local-infile=ON "${options[@]}" >/dev/null 2>&1 &
    MARIADB_PID[$name]=$!
    disown
    for ((i = 0; i < 300; i++)); do
        mariadb_root "$name" -e 'SELECT 1' >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    echo "MariaDB did not start; its log ends:" >&2
    tail -n 20 "${MARIADB_DATA[$name]}/server.log" >&2
    return 1
}

mariadb_stop() {
    mariadb_root "$1" -e SHUTDOWN >/dev/null 2>&1
    mariadb_gone "$1"
}
mariadb_kill() {
    kill -9 "${MARIADB_PID[$1]}" 2>/dev/null
    mariadb_gone "$1"
}
mariadb_gone() { process_gone "${MARIADB_PID[$1]}"; }
process_gone() {
    local i
    for ((i = 0; i < 300; i++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}
mariadb_restart() { mariadb_stop "$1" && mariadb_up "$1"; }

mariadb_root() {
    local name=$1
    shift
    mariadb --no-defaults --default-character-set=utf8mb4 --local-infile=1 -u root -S "${MARIADB_SOCKET[$name]}" "$@"
}

mysql_is_there() { [ -n "${EVERARCHIVE_MYSQL_ROOT:-}" ] && [ -x "$EVERARCHIVE_MYSQL_ROOT/usr/sbin/mysqld" ]; }

# mysqld …: the server through its own dynamic loader and its own libraries.
mysqld_program() {
    local root=$EVERARCHIVE_MYSQL_ROOT
    exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu:$root/usr/lib/mysql/private" \
        "$root/usr/sbin/mysqld" --no-defaults --basedir="$root/usr" --lc-messages-dir="$root/usr/share/mysql" \
        --character-sets-dir="$root/usr/share/mysql/charsets" --plugin-dir="$root/usr/lib/mysql/plugin" "$@"
}

mysql_start() {
    local name=$1 user=()
    shift
    MYSQL_DATA[$name]=$HARNESS_DIR/$name
    MYSQL_PORT[$name]=$(free_port)
    MYSQL_SOCKET[$name]=$HARNESS_DIR/sockets/$name.sock
    MYSQL_OPTIONS[$name]=$(printf '%s\n' "$@")
    mkdir -m 755 "${MYSQL_DATA[$name]}"
    if [ "$(id -u)" = 0 ]; then
        chown mysql "${MYSQL_DATA[$name]}"
        user=(--user=mysql)
    fi
    (mysqld_program "${user[@]}" --datadir="${MYSQL_DATA[$name]}" --initialize-insecure) >"$HARNESS_DIR/log/$name.install" 2>&1 ||
        { cat "$HARNESS_DIR/log/$name.install" >&2; return 1; }
    mysql_up "$name"
}

mysql_up() {
    local name=$1 user=() options=() i
    [ "$(id -u)" = 0 ] && user=(--user=mysql)
    [ -n "${MYSQL_OPTIONS[$name]}" ] && mapfile -t options <<<"${MYSQL_OPTIONS[$name]}"
    (mysqld_program "${user[@]}" --datadir="${MYSQL_DATA[$name]}" \
        --bind-address=127.0.0.1 --port="${MYSQL_PORT[$name]}" --socket="${MYSQL_SOCKET[$name]}" --mysqlx=OFF \
        --pid-file="${MYSQL_DATA[$name]}/server.pid" --log-error="${MYSQL_DATA[$name]}/server.log" --log-error-verbosity=2 \
        --server-id=1 --log-bin=binlog --gtid-mode=ON --enforce-gtid-consistency=ON --binlog-row-metadata=FULL --sync-binlog=1 \
        --innodb-buffer-pool-size=128M --secure-file-priv=NULL "${options[@]}") >/dev/null 2>&1 &
    MYSQL_PID[$name]=$!
    disown
    for ((i = 0; i < 600; i++)); do
        mysql_root "$name" -e 'SELECT 1' >/dev/null 2>&1 && return 0
        kill -0 "${MYSQL_PID[$name]}" 2>/dev/null || break
        sleep 0.1
    done
    echo "MySQL did not start; its log ends:" >&2
    tail -n 20 "${MYSQL_DATA[$name]}/server.log" >&2
    return 1
}

mysql_stop() {
    mysql_root "$1" -e SHUTDOWN >/dev/null 2>&1
    process_gone "${MYSQL_PID[$1]}"
}
mysql_kill() {
    kill -9 "${MYSQL_PID[$1]}" 2>/dev/null
    process_gone "${MYSQL_PID[$1]}"
}
mysql_restart() { mysql_stop "$1" && mysql_up "$1"; }

mysql_root() {
    local name=$1
    shift
    mariadb --no-defaults --default-character-set=utf8mb4 --local-infile=1 -u root -S "${MYSQL_SOCKET[$name]}" "$@"
}

# wait_for SECONDS COMMAND…: until the command succeeds; the tests wait for a state, never for a time.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}
