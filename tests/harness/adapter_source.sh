# shellcheck shell=bash
# One library system in PostgreSQL and the preservation database beside it, for the tests of an adapter: the grants as its
# README gives them, the program, and questions to both databases. Needs servers.sh.
#
#   adapter_begin DATABASE          server, an empty source database, the role everarchive_capture, the preservation database
#   adapter_grants ADAPTER          the SQL blocks of its README that are marked `sql grants`
#   ea …                            the program, connected to the preservation database
#   daemon_start, daemon_stop; settled [SECONDS]: everything has arrived and is mapped (needs a function `mark` and `marked`)
#   source_sql, preservation        psql on the source and on the preservation database
#   entity SOURCE KIND KEY EXPRESSION     of the entity and its newest version

ADAPTER_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
EVERARCHIVE=${EVERARCHIVE:-$ADAPTER_ROOT/build/release/replicator/everarchive}
ADAPTER_SECRET=s3cret-$RANDOM$RANDOM

adapter_begin() {
    ADAPTER_DATABASE=$1
    pg_start pg "fsync = off" "max_wal_size = 4GB" "shared_buffers = 256MB" "max_worker_processes = 16" || return 1
    pg pg postgres -c "CREATE DATABASE $1" -c 'CREATE DATABASE preservation' \
        -c "CREATE ROLE everarchive_capture LOGIN REPLICATION PASSWORD '$ADAPTER_SECRET'" || return 1
    (
        umask 077
        printf '%s\n' "[$1]" host=127.0.0.1 "port=${PG_PORT[pg]}" "dbname=$1" user=everarchive_capture '' \
            '[preservation]' host=127.0.0.1 "port=${PG_PORT[pg]}" dbname=preservation user=everarchive_daemon >"$HARNESS_DIR/pg_service.conf"
        printf '%s\n' "127.0.0.1:${PG_PORT[pg]}:*:*:$ADAPTER_SECRET" >"$HARNESS_DIR/pgpass"
    )
    export PGSERVICEFILE=$HARNESS_DIR/pg_service.conf PGPASSFILE=$HARNESS_DIR/pgpass
    "$EVERARCHIVE" --database "host=$HARNESS_DIR/sockets port=${PG_PORT[pg]} user=postgres dbname=preservation" init >/dev/null || return 1
    pg pg preservation <<SQL
CREATE ROLE everarchive_daemon LOGIN PASSWORD '$ADAPTER_SECRET';
GRANT everarchive_replicator, everarchive_operator TO everarchive_daemon;
GRANT CREATE ON DATABASE preservation TO everarchive_operator;
SQL
}

adapter_grants() { sed -n '/^```sql grants/,/^```/p' "$ADAPTER_ROOT/adapters/$1/README.md" | grep -v '^```'; }

ea() { "$EVERARCHIVE" --database service=preservation "$@"; }
daemon_start() {
    "$EVERARCHIVE" --database service=preservation run "$@" >>"$HARNESS_DIR/log/everarchive.out" 2>>"$HARNESS_DIR/log/everarchive.log" &
    DAEMON_PID=$!
}
daemon_stop() { kill -TERM "$DAEMON_PID" 2>/dev/null && wait "$DAEMON_PID"; }
before_harness_end() {
    [ -n "${DAEMON_PID:-}" ] && [ "$HARNESS_KEEP" != yes ] && kill -9 "$DAEMON_PID" 2>/dev/null && wait "$DAEMON_PID" 2>/dev/null
    return 0
}

source_sql() { pg pg "$ADAPTER_DATABASE" "$@"; }
preservation() { pg pg preservation -At "$@"; }

# A marker that is committed after the work: once it has arrived, everything before it has.
settled() {
    local marker=$RANDOM$RANDOM
    mark "$marker" && wait_for "${1:-60}" marked "$marker" && wait_for "${1:-60}" mapped
}
# While a first copy goes on nothing is touched yet, though the marker may be in the mirror.
mapped() {
    [ "$(preservation -c "SELECT (SELECT count(*) FROM everarchive.touched) + (SELECT count(*) FROM everarchive.source WHERE state IN ('new', 'snapshot'))" 2>/dev/null)" = 0 ]
}

entity() {
    preservation -c "SELECT $4 FROM everarchive.entity e JOIN everarchive.version v USING (entity_id, n) JOIN everarchive.source s USING (source_id)
        WHERE (s.name, e.kind, e.key) = ('$1', '$2', '$3')"
}
versions() { entity "$1" "$2" "$3" e.n; }
open_cases() { preservation -c "SELECT string_agg(concat_ws(' ', stage, kind, table_name, key, message), '; ' ORDER BY quarantine_id) FROM everarchive.quarantine WHERE resolved_at IS NULL"; }

# same_sums NAME SOURCE_SQL MIRROR_SQL: both give one value, the checksum of all rows.
same_sums() {
    local wanted
    wanted=$(source_sql -At -c "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\n' ORDER BY t::text)), '') FROM ($2) t")
    is "$1 (${wanted%% *} rows)" "$(preservation -c "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\n' ORDER BY t::text)), '') FROM ($3) t")" "$wanted"
}

# Every missing privilege is named by `source check` with the statement that gives it back.
# each_grant_is_named NAME CHECK_ARGUMENT…: reads the grants from standard input.
each_grant_is_named() {
    local name=$1 statement revoke said bad=0
    shift
    while IFS= read -r statement; do
        revoke=$(sed -E 's/^GRANT/REVOKE/; s/ TO everarchive_capture/ FROM everarchive_capture/' <<<"$statement")
        source_sql -c "$revoke"
        said=$(ea source check "$@" 2>&1) && { bad=1 && echo "# not noticed: $revoke"; }
        # The same privilege, whatever the order of its columns.
        grep -qF "GRANT" <<<"$said" || { bad=1 && echo "# no GRANT for: $revoke"; }
        said=$(sed -n 's/^ *\(GRANT .*\)$/\1;/p' <<<"$said" | sort -u)
        source_sql -c "$said" 2>&1 || { bad=1 && echo "# cannot be run: $said"; }
        ea source check "$@" >"$HARNESS_DIR/check.out" 2>&1 || { bad=1 && echo "# does not mend: $said" && cat "$HARNESS_DIR/check.out"; }
    done
    is "$name" "$bad" 0
}
