#!/usr/bin/env bash
# Initial load of RECORDS bibliographic records (default 100,000) from each kind of source into versions, beside COPY of the same
# rows between two PostgreSQL databases and mariadb-dump of the same table to /dev/null. All servers on this machine.
#
#   tests/bench/initial_load.sh [RECORDS] [FILE.mrc]
#   BIBS_ONLY=yes: without the items, holdings and authorities that come with the bibs (about four entities a bib)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh

RECORDS=${1:-100000}
harness_begin bench
now() { date +%s.%N; }
rate() { awk -v n="$1" -v from="$2" -v to="$3" 'BEGIN { printf "%9.0f rows/s  (%d rows in %.1f s)\n", n / (to - from), n, to - from }'; }

library_start "$RECORDS" "${2:-}" && preservation_start || exit 1
rm -r "$HARNESS_DIR/records" # a million records take some 35 GB without what they were loaded from
if [ "${BIBS_ONLY:-no}" = yes ]; then
    koha -e 'DELETE FROM items; DELETE FROM auth_header'
    evergreen -c 'TRUNCATE asset.copy, asset.call_number, authority.record_entry, serial.record_entry CASCADE'
fi
pg pg postgres -c 'CREATE DATABASE plain'
pg pg plain -c 'CREATE TABLE record_entry (id bigint PRIMARY KEY, marc text)'
evergreen -c 'VACUUM ANALYZE' -c CHECKPOINT

from=$(now)
evergreen -c 'COPY (SELECT id, marc FROM biblio.record_entry WHERE id > 0) TO STDOUT' | pg pg plain -c 'COPY record_entry FROM STDIN'
printf 'COPY between two databases:      %s\n' "$(rate "$RECORDS" "$from" "$(now)")"

from=$(now)
mariadb-dump --no-defaults -u root -S "${MARIADB_SOCKET[koha]}" --single-transaction koha biblio_metadata >/dev/null
printf 'mariadb-dump to /dev/null:       %s\n' "$(rate "$RECORDS" "$from" "$(now)")"

pg pg postgres -c 'DROP DATABASE plain'
memory() { sed -n "s/^VmHWM:[[:space:]]*/$1: peak memory of the program: /p" "/proc/$DAEMON_PID/status" 2>/dev/null; }
load() { # load NAME ADAPTER ORIGIN TABLE
    local name=$1 from rows versions
    ea source add "$name" --adapter "$2" --from "$3" >/dev/null || exit 1
    pg pg preservation -c CHECKPOINT
    from=$(now)
    daemon_start
    wait_for 14400 streaming "$name"
    rows=$(preservation -c "SELECT snapshot_rows FROM everarchive.source_progress JOIN everarchive.source USING (source_id) WHERE name = '$name'")
    printf '%s: rows into the mirror:  %s\n' "$name" "$(rate "$rows" "$from" "$(now)")"
    wait_for 14400 mapped
    versions=$(preservation -c "SELECT count(*) FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE name = '$name'")
    printf '%s: entities into versions: %s' "$name" "$(rate "$versions" "$from" "$(now)")"
    preservation -c "SELECT ' of them ' || string_agg(kind || ' ' || n, ', ' ORDER BY n DESC) FROM (SELECT kind, count(*) n FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE name = '$name' GROUP BY 1) k"
    printf '%s: bibs into versions:    %s\n' "$name" "$(rate "$RECORDS" "$from" "$(now)")"
    memory "$name"
    daemon_stop
    ea source pause "$name" >/dev/null
}
streaming() { [ "$(preservation -c "SELECT state FROM everarchive.source WHERE name = '$1'")" = streaming ]; }

load koha_main koha "$KOHA_ORIGIN"
mariadb_root koha -e 'DROP DATABASE koha; RESET MASTER' # its room is needed
load evergreen evergreen "$EVERGREEN_ORIGIN"
