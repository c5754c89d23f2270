# shellcheck shell=bash
# The SQL jobs of marc.sh: a private server, and one backend's processor time for each statement.
source tests/bench/marc_sql_access.sh
source tests/bench/marc_sql_load.sh
source tests/bench/marc_sql_search.sh

sql() { pg pg bench -At "$@"; }

# backend_cpu STATEMENT…: seconds of processor time that one backend takes for the last of the statements.
backend_cpu() {
    local before=("${@:1:$#-1}") statement
    {
        for statement in "${before[@]}"; do printf '%s;\n' "$statement"; done
        # shellcheck disable=SC2016
        printf '%s\n' 'SELECT pg_backend_pid() AS backend \gset' '\setenv BACKEND :backend' '\! cut -d " " -f 1 /proc/$BACKEND/schedstat' \
            '\o /dev/null' "${*: -1};" '\o' '\! cut -d " " -f 1 /proc/$BACKEND/schedstat'
    } | sql 2>>"$HARNESS_DIR/log/jobs" | awk '/^[0-9]+$/ { at[++n] = $1 } END { print n >= 2 ? (at[n] - at[n - 1]) / 1e9 : 0 }'
}

sql_begin() {
    # What disturbs a measurement is off; what both sides pay for is as installed.
    pg_start pg 'fsync = off' 'jit = off' 'max_parallel_workers_per_gather = 0' 'shared_buffers = 1GB' 'max_wal_size = 8GB' \
        'autovacuum = off' 'wal_level = minimal' 'max_wal_senders = 0' 'max_replication_slots = 0' 'work_mem = 256MB' || return 1
    pg pg postgres -c 'CREATE DATABASE bench' && sql -c 'CREATE EXTENSION marc' || return 1
}

has_extension() { [ "$(sql -c "SELECT count(*) FROM pg_available_extensions WHERE name = '$1'")" = 1 ]; }
