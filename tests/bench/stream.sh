#!/usr/bin/env bash
# A stream of CHANGES single-row updates (default 100,000) of a record of about 3 kB, applied by the program to its mirror and
# mapped into versions, beside PostgreSQL's own subscription that applies the same stream to a plain table. Same machine, same run.
#
#   tests/bench/stream.sh [CHANGES] [RECORDS] [FILE.mrc]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh

CHANGES=${1:-100000}
RECORDS=${2:-20000}
harness_begin bench
now() { date +%s.%N; }
rate() { awk -v n="$1" -v from="$2" -v to="$3" 'BEGIN { printf "%9.0f changes/s  (%d in %.1f s)\n", n / (to - from), n, to - from }'; }

library_start "$RECORDS" "${3:-}" && preservation_start || exit 1
ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN" >/dev/null || exit 1
ea run --until-idle 2>>"$HARNESS_DIR/log/everarchive.log"

pg pg postgres -c 'CREATE DATABASE plain'
pg pg plain -c 'CREATE SCHEMA biblio' -c 'CREATE TABLE biblio.record_entry (id bigint PRIMARY KEY, marc text)'
pg pg evergreen -c 'CREATE PUBLICATION bench FOR TABLE biblio.record_entry (id, marc)'
pg pg evergreen -Atc 'COPY (SELECT id, marc FROM biblio.record_entry) TO STDOUT' | pg pg plain -c 'COPY biblio.record_entry FROM STDIN'
pg pg evergreen -Atc "SELECT pg_create_logical_replication_slot('bench', 'pgoutput')" >/dev/null
pg pg plain -c "CREATE SUBSCRIPTION bench CONNECTION 'host=$HARNESS_DIR/sockets port=${PG_PORT[pg]} user=postgres dbname=evergreen'
    PUBLICATION bench WITH (create_slot = false, slot_name = bench, copy_data = false, enabled = false)"

# One update a transaction, with the triggers that cataloguing runs through.
cat >"$HARNESS_DIR/update.sql" <<SQL
\set id random(1, $RECORDS)
\set note random(1, 1000000000)
UPDATE biblio.record_entry SET marc = regexp_replace(marc, '(<controlfield tag="005">)[^<]*', '\1' || :note) WHERE id = :id;
SQL
pgbench -n -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres -c 4 -j 2 -t $((CHANGES / 4)) -f "$HARNESS_DIR/update.sql" evergreen >"$HARNESS_DIR/log/pgbench" 2>&1 ||
    { cat "$HARNESS_DIR/log/pgbench"; exit 1; }
evergreen -c "UPDATE biblio.record_entry SET tcn_source = 'last', marc = marc || ' ' WHERE id = 1"
pg pg evergreen -c CHECKPOINT
LAST=$(pg pg evergreen -Atc 'SELECT md5(marc) FROM biblio.record_entry WHERE id = 1')
plain_there() { [ "$(pg pg plain -Atc 'SELECT md5(marc) FROM biblio.record_entry WHERE id = 1')" = "$LAST" ]; }
mirror_there() { [ "$(preservation -c 'SELECT md5(marc) FROM evergreen.biblio_record_entry WHERE id = 1')" = "$LAST" ]; }

from=$(now)
pg pg plain -c 'ALTER SUBSCRIPTION bench ENABLE'
wait_for 600 plain_there
printf 'native subscription, plain table: %s\n' "$(rate "$CHANGES" "$from" "$(now)")"
pg pg plain -c 'ALTER SUBSCRIPTION bench DISABLE'

one_run() { # one_run LABEL OPTION…
    local label=$1
    shift
    from=$(now)
    daemon_start "$@"
    wait_for 600 mirror_there
    printf '%s into the mirror: %s\n' "$label" "$(rate "$CHANGES" "$from" "$(now)")"
    wait_for 600 mapped
    printf '%s into versions:   %s\n' "$label" "$(rate "$CHANGES" "$from" "$(now)")"
    daemon_stop
}
one_run "the program,"
