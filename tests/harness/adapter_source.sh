# shellcheck shell=bash
# One library system in PostgreSQL and the preservation database beside it, for the tests of an adapter: the grants as its
# README gives them, and questions to both databases; the program and the preservation database as in library.sh. Needs servers.sh
# and tap.sh.
#
#   adapter_begin DATABASE          server, an empty source database, the role everarchive_capture, the preservation database
#   settled [SECONDS]               everything has arrived and is mapped (needs functions `mark` and `marked`)
#   first_copy_or_end               the first copy arrives, or the test ends, because nothing behind it can hold
#   source_sql                      psql on the source
#   entity SOURCE KIND KEY EXPRESSION     of the entity and its newest version

source "$(dirname "${BASH_SOURCE[0]}")/library.sh"

adapter_begin() {
    ADAPTER_DATABASE=$1
    pg_start pg "fsync = off" "max_wal_size = 4GB" "shared_buffers = 256MB" "max_worker_processes = 16" || return 1
    PRESERVATION="host=$HARNESS_DIR/sockets port=${PG_PORT[pg]} user=postgres dbname=preservation"
    pg pg postgres -c "CREATE DATABASE $1" -c "CREATE ROLE everarchive_capture LOGIN REPLICATION PASSWORD '$LIBRARY_SECRET'" || return 1
    (
        umask 077
        printf '%s\n' "[$1]" host=127.0.0.1 "port=${PG_PORT[pg]}" "dbname=$1" user=everarchive_capture '' \
            '[preservation]' host=127.0.0.1 "port=${PG_PORT[pg]}" dbname=preservation user=everarchive_daemon >"$HARNESS_DIR/pg_service.conf"
        printf '%s\n' "127.0.0.1:${PG_PORT[pg]}:*:*:$LIBRARY_SECRET" >"$HARNESS_DIR/pgpass"
    )
    export PGSERVICEFILE=$HARNESS_DIR/pg_service.conf PGPASSFILE=$HARNESS_DIR/pgpass
    preservation_start >/dev/null
}

source_sql() { pg pg "$ADAPTER_DATABASE" "$@"; }

# A marker that is committed after the work: once it has arrived, everything before it has.
settled() {
    local marker=$RANDOM$RANDOM
    mark "$marker" && wait_for "${1:-60}" marked "$marker" && wait_for "${1:-60}" mapped
}
# While a first copy goes on nothing is touched yet, though the marker may be in the mirror.
mapped() {
    [ "$(preservation -c "SELECT (SELECT count(*) FROM everarchive.touched) + (SELECT count(*) FROM everarchive.source WHERE state IN ('new', 'snapshot'))" 2>/dev/null)" = 0 ]
}

first_copy_or_end() {
    ok "the first copy arrives" settled 120
    [ "$TAP_FAILED" = 0 ] && return
    tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'
    done_testing
    exit 1
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
