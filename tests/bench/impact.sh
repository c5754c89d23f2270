#!/usr/bin/env bash
# What the library system notices: throughput of its own write pattern with nothing attached, with the server's own reader of
# the same stream attached (pg_recvlogical, mariadb-binlog: what decoding or sending alone costs), and with the program
# attached. PAIRS rounds (default 30), each all three in an order that changes; a round's ratios come from its own runs.
# The peer connects as the program does, over TCP, whose work is partly done on the sender's core.
# The source's server and its load have one core, the program and the preservation database the other. The source's is the one to
# which the disk's interrupts go: its own machine would answer them, and a flush that waits for the program's core to do so is slower.
# Beside the throughput stand how long the source's core worked for a transaction, and what share of this work was the server's sender's
# (walsender, binlog dump thread), until all was sent: a share within one run scatters less than throughputs of seconds on a shared host.
#
#   tests/bench/impact.sh [PAIRS] [SECONDS] [SOURCE…]     default 30 rounds of 3 × 4 s for evergreen, koha, folio, dspace and archivesspace
#   (evergreen and koha are followed both; the others alone, so they come after them)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/packages.sh
EVERGREEN_SERVER=ils
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/one_source.sh
source tests/bench/impact_systems.sh

# What each is kept in, and where: the database on the server ils, or the MariaDB server.
declare -A KEPT_IN=([evergreen]=postgresql [koha]=mariadb [folio]=postgresql [dspace]=postgresql [archivesspace]=mariadb)
declare -A KEPT_AT=([evergreen]=evergreen [koha]=koha [folio]=folio [dspace]=dspace [archivesspace]=aspace)
at_source() { "${KEPT_IN[$2]}_$1" "${KEPT_AT[$2]}"; } # at_source sender|rested|peer_stop SOURCE

PAIRS=${1:-30}
SECONDS_EACH=${2:-4}
RECORDS=${RECORDS:-5000}
harness_begin bench
library_start "$RECORDS" && library_connect || exit 1
ea run --until-idle 2>>"$HARNESS_DIR/log/everarchive.log"
# The preservation database and the archive have disks of their own; here all share one, whose writes would be counted as ours: so the
# one lies in memory, and the other rests.
ea target pause vault >/dev/null || exit 1
IN_MEMORY=$(mktemp -d /dev/shm/everarchive-bench.XXXXXX)
HARNESS_ELSEWHERE+=("$IN_MEMORY")
chmod 755 "$IN_MEMORY"
pg_stop pg && mv "${PG_DATA[pg]}" "$IN_MEMORY/pg" && ln -s "$IN_MEMORY/pg" "${PG_DATA[pg]}" && pg_up pg || exit 1

SOURCE_CORE=$(awk '/-req\.|nvme|ahci|scsi/ { zero += $2; one += $3 } END { print (one > zero) }' /proc/interrupts)
PROGRAM_CORE=$((1 - SOURCE_CORE))
# Children inherit the core of their server. -a: all threads.
taskset -acp "$SOURCE_CORE" "$(head -n 1 "${PG_DATA[ils]}/postmaster.pid")" >/dev/null
taskset -acp "$SOURCE_CORE" "${MARIADB_PID[koha]}" >/dev/null
taskset -acp "$PROGRAM_CORE" "$(head -n 1 "${PG_DATA[pg]}/postmaster.pid")" >/dev/null

# Autovacuum, and the purge of what a run before left, would fall into one run and not into the next: each begins vacuumed and purged.
pg ils postgres -c "ALTER SYSTEM SET autovacuum = off" -c "SELECT pg_reload_conf()" >/dev/null || exit 1

# Evergreen: 4 of 10 a checkout, 3 a record saved, 3 a copy edited, each with its triggers.
cat >"$HARNESS_DIR/checkout.sql" <<SQL
\set id random(1, $RECORDS)
UPDATE asset.copy SET status = 1 - status % 2, status_changed_time = now() WHERE id = :id;
SQL
cat >"$HARNESS_DIR/save.sql" <<SQL
\set id random(1, $RECORDS)
\set note random(1, 1000000000)
UPDATE biblio.record_entry SET marc = regexp_replace(marc, '(<controlfield tag="005">)[^<]*', '\1' || :note), edit_date = now() WHERE id = :id;
SQL
cat >"$HARNESS_DIR/edit.sql" <<SQL
\set id random(1, $RECORDS)
\set n random(1, 99)
UPDATE asset.copy SET copy_number = :n, edit_date = now() WHERE id = :id;
SQL
pgbench_load() { # pgbench_load DATABASE FILE@WEIGHT…
    local database=$1 file files=()
    shift
    for file in "$@"; do files+=(-f "$HARNESS_DIR/$file"); done
    taskset -c "$SOURCE_CORE" pgbench -n -h "$HARNESS_DIR/sockets" -p "${PG_PORT[ils]}" -U postgres -c 4 -T "$SECONDS_EACH" "${files[@]}" "$database" 2>"$HARNESS_DIR/log/pgbench" |
        sed -nE 's/^tps = ([0-9.]+).*/\1/p'
}
postgresql_peer_start() { # postgresql_peer_start DATABASE PUBLICATION
    pg ils "$1" -c "SELECT pg_create_logical_replication_slot('peer', 'pgoutput')" >/dev/null
    pg_recvlogical -d "service=$1" --slot peer --start -f /dev/null --no-loop \
        -o proto_version=1 -o publication_names="$2" 2>>"$HARNESS_DIR/log/peer" &
    PEER=$!
    taskset -cp "$PROGRAM_CORE" "$PEER" >/dev/null
}
postgresql_peer_stop() {
    kill "$PEER" 2>/dev/null
    wait "$PEER" 2>/dev/null
    wait_for 10 pg ils evergreen -c "SELECT pg_drop_replication_slot('peer')" >/dev/null 2>&1
}
evergreen_load() { pgbench_load evergreen checkout.sql@4 save.sql@3 edit.sql@3; }
evergreen_peer_start() { postgresql_peer_start evergreen everarchive_evergreen; }
evergreen_settled() { settled 300; }
postgresql_sender() { pg ils postgres -Atc "SELECT pid FROM pg_stat_replication WHERE state = 'streaming' AND sent_lsn >= pg_current_wal_lsn()"; } # once it has sent all there was
postgresql_rested() { pg ils "$1" -c "VACUUM ANALYZE" -c CHECKPOINT; } # DATABASE

# Koha: the same shares; mariadb-slap runs the statements in turn, from four connections. 20,000 statements, then again.
/usr/bin/python3 - "$RECORDS" >"$HARNESS_DIR/koha_load.sql" <<'PY'
import random, sys
rng, records = random.Random(11), int(sys.argv[1])
for n in range(20000):
    record, kind = rng.randint(1, records), rng.random()
    if kind < 0.4:
        print(f"UPDATE items SET onloan = '2026-12-{rng.randint(1, 28):02d}', issues = COALESCE(issues, 0) + 1, datelastseen = NOW() WHERE biblionumber = {record};")
    elif kind < 0.7:
        print(f"UPDATE biblio_metadata SET metadata = CONCAT(LEFT(metadata, LENGTH(metadata) - 9), '{rng.randint(100000, 999999)}', '</record>') WHERE biblionumber = {record} AND LENGTH(metadata) < 9000;")
    else:
        print(f"UPDATE items SET itemcallnumber = 'call {rng.randint(1, 10**9)}' WHERE biblionumber = {record};")
PY
slap_load() { # slap_load SERVER DATABASE: a fixed number of statements, chosen once so that a run takes about SECONDS_EACH
    local from to n
    if [ "$SLAP_STATEMENTS" = 0 ]; then
        from=$(date +%s.%N)
        slap "$@" 4000
        to=$(date +%s.%N)
        SLAP_STATEMENTS=$(awk -v from="$from" -v to="$to" -v want="$SECONDS_EACH" 'BEGIN { printf "%d", 4000 / (to - from) * want / 4 }')
        SLAP_STATEMENTS=$((SLAP_STATEMENTS * 4))
    fi
    n=$SLAP_STATEMENTS
    from=$(date +%s.%N)
    slap "$@" "$n"
    to=$(date +%s.%N)
    awk -v n="$n" -v from="$from" -v to="$to" 'BEGIN { print n / (to - from) }'
}
slap() {
    taskset -c "$SOURCE_CORE" mariadb-slap --no-defaults -u root -S "${MARIADB_SOCKET[$1]}" --create-schema="$2" --no-drop --delimiter=';' \
        --query="$HARNESS_DIR/$2_load.sql" --concurrency=4 --number-of-queries="$3" >"$HARNESS_DIR/log/slap" 2>&1 || cat "$HARNESS_DIR/log/slap" >&2
}
mariadb_peer_start() { # mariadb_peer_start SERVER
    local file position rest
    read -r file position rest < <(mariadb_root "$1" -N -e 'SHOW MASTER STATUS')
    MYSQL_PWD=$LIBRARY_SECRET mariadb-binlog --no-defaults --read-from-remote-server --stop-never --stop-never-slave-server-id=4711 -h 127.0.0.1 -P "${MARIADB_PORT[$1]}" -u everarchive \
        --start-position="$position" "$file" >/dev/null 2>>"$HARNESS_DIR/log/peer" &
    PEER=$!
    taskset -cp "$PROGRAM_CORE" "$PEER" >/dev/null
}
mariadb_peer_stop() {
    kill "$PEER" 2>/dev/null
    wait "$PEER" 2>/dev/null
    return 0
}
koha_load() { slap_load koha koha; }
koha_peer_start() { mariadb_peer_start koha; }
koha_settled() { settled 300; }
# mariadb_sender SERVER: once it has sent all there was, after the search for the position, which without an index of GTIDs reads the log from
# its beginning.
mariadb_sender() {
    mariadb_root "$1" -N -e "SELECT IF(state LIKE '%waiting for more updates%', tid, '') FROM information_schema.processlist WHERE command = 'Binlog Dump'"
}
purged() { [ "$(mariadb_root "$1" -N -e "SHOW GLOBAL STATUS LIKE 'Innodb_history_list_length'" | cut -f 2)" -lt 50 ]; }
left_alone() { # left_alone SERVER: no dump thread; one whose reader is gone would end when it next sends
    local thread threads
    threads=$(mariadb_root "$1" -N -e "SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'") && [ -n "$threads" ] || return 0
    for thread in $threads; do mariadb_root "$1" -e "KILL $thread" 2>/dev/null; done
    return 1
}
mariadb_rested() { wait_for 30 left_alone "$1" && wait_for 60 purged "$1"; } # SERVER

program_start() { # program_start SOURCE
    daemon_start
    taskset -acp "$PROGRAM_CORE" "$DAEMON_PID" >/dev/null
    "$1_settled" || echo "# the program did not catch up" >&2
    taskset -acp "$PROGRAM_CORE" "$DAEMON_PID" >/dev/null # threads that began meanwhile
}

source_core_worked() { # ticks of 10 ms: user, nice, system, irq, softirq (proc(5)); not idle, waiting for the disk, or stolen
    awk -v core="cpu$SOURCE_CORE" '$1 == core { print $2 + $3 + $4 + $7 + $8 }' /proc/stat
}
has_sender() { SENDER=$(at_source sender "$1") && [ -n "$SENDER" ]; }
sender_worked() { # sender_worked [TID]: nanoseconds it was on a processor
    if [ -n "$1" ]; then cut -d ' ' -f 1 "/proc/$1/schedstat"; else echo 0; fi
}
# loaded SOURCE KIND: a line of results: transactions/s, microseconds the source's core worked for one, the sender's share of this work.
loaded() {
    local from to before after sent_before sent_after tps
    SENDER=
    [ "$2" = none ] || wait_for 30 has_sender "$1" || echo "# $1, $2: no sender waits for changes" >&2
    before=$(source_core_worked) sent_before=$(sender_worked "$SENDER") from=$(date +%s.%N)
    tps=$("$1_load")
    to=$(date +%s.%N)
    [ "$2" = none ] || wait_for 30 has_sender "$1" || echo "# $1, $2: not all was sent" >&2
    after=$(source_core_worked) sent_after=$(sender_worked "$SENDER")
    awk -v tps="$tps" -v from="$from" -v to="$to" -v us=$(((after - before) * 10000)) -v sent=$(((sent_after - sent_before) / 1000)) \
        'BEGIN { printf "%.1f %.1f %.4f\n", tps, us / (tps * (to - from)), sent / us }'
}

measure() { # measure SOURCE: rounds of three runs
    local source=$1 round kind order
    if declare -F "${source}_add" >/dev/null; then "${source}_add" || exit 1; fi
    SLAP_STATEMENTS=0
    "${source}_load" >/dev/null # caches, and the number of statements
    : >"$HARNESS_DIR/$source.results"
    for ((round = 1; round <= PAIRS; round++)); do
        case $((round % 3)) in
        0) order="none peer program" ;;
        1) order="program none peer" ;;
        2) order="peer program none" ;;
        esac
        for kind in $order; do
            at_source rested "$source" || echo "# $source, $kind: not rested" >&2
            case $kind in
            none) printf '%s none %s\n' "$round" "$(loaded "$source" "$kind")" ;;
            peer)
                "${source}_peer_start"
                printf '%s peer %s\n' "$round" "$(loaded "$source" "$kind")"
                at_source peer_stop "$source"
                ;;
            program)
                program_start "$source"
                printf '%s program %s\n' "$round" "$(loaded "$source" "$kind")"
                daemon_stop
                ;;
            esac
        done >>"$HARNESS_DIR/$source.results"
    done
    sed "s/^/# $source round /" "$HARNESS_DIR/$source.results"
    /usr/bin/python3 - "$source" "$HARNESS_DIR/$source.results" <<'PY'
import math, statistics, sys
rounds = {}
for line in open(sys.argv[2]):
    n, kind, *figures = line.split()
    rounds.setdefault(int(n), {})[kind] = [float(figure) for figure in figures]
def told(name, over, under, figure=0):
    ratios = sorted(r[over][figure] / r[under][figure] for r in rounds.values())
    logs = [math.log(ratio) for ratio in ratios]
    mean = statistics.mean(logs)
    error = 2 * statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else math.inf
    print(f"{sys.argv[1]}: {name}: median {statistics.median(ratios):.3f}, {ratios[0]:.3f} to {ratios[-1]:.3f} in {len(ratios)} pairs; "
          f"geometric mean {math.exp(mean):.3f}, two standard errors {math.exp(mean - error):.3f} to {math.exp(mean + error):.3f}")
def median(kind, figure):
    return statistics.median(r[kind][figure] for r in rounds.values())
print(f"{sys.argv[1]}: with nothing attached: median {median('none', 0):.0f} transactions/s, {median('none', 1):.0f} µs of the source's core for each")
told("the server's own reader / nothing", "peer", "none")
told("the program / nothing", "program", "none")
told("the program / the server's own reader", "program", "peer")
told("work of the source's core for a transaction, the program / the server's own reader", "program", "peer", 1)
by_share = [(1 - r["program"][2]) / (1 - r["peer"][2]) for r in rounds.values()]
print(f"{sys.argv[1]}: the sender's share of the work of the source's core: the server's own reader {median('peer', 2):.3f}, the program {median('program', 2):.3f}; "
      f"what is left for the load, the program / the server's own reader: median {statistics.median(by_share):.3f}, {min(by_share):.3f} to {max(by_share):.3f}")
PY
}

[ $# -gt 2 ] || set -- "$PAIRS" "$SECONDS_EACH" evergreen koha folio dspace archivesspace
for source in "${@:3}"; do measure "$source"; done
