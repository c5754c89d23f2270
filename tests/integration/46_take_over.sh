#!/usr/bin/env bash
# Two programs for the same sources: one follows each source, the other takes over when it dies, hangs, or loses its network; nothing
# is lost, doubled or written by the one that lost. And many sources in one program: what is wrong with one is no other's matter.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

harness_begin takeover
LIBRARY_FSYNC=off
library_start 60 && preservation_start >/dev/null || exit 1
ea source add koha_main --adapter koha --from "$KOHA_ORIGIN" --every-commit >/dev/null || exit 1
ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN" --every-commit >/dev/null || exit 1
ea target add vault "dir:$HARNESS_DIR/archive" --segment-seconds 1 >/dev/null || exit 1

declare -A PROGRAM
# program NAME [DATABASE]: starts one more, with a log of its own
program() {
    "$EVERARCHIVE" --database "${2:-service=preservation}" run >>"$HARNESS_DIR/log/$1.out" 2>>"$HARNESS_DIR/log/$1.log" &
    PROGRAM[$1]=$!
}
end_program() { # end_program NAME [SIGNAL]
    kill "-${2:-TERM}" "${PROGRAM[$1]}" 2>/dev/null
    wait "${PROGRAM[$1]}" 2>/dev/null
}
before_harness_end() {
    local name
    [ -n "${PROXY_PID:-}" ] && kill "$PROXY_PID" 2>/dev/null
    [ "$HARNESS_KEEP" = yes ] && return 0
    for name in "${!PROGRAM[@]}"; do
        kill -CONT "${PROGRAM[$name]}" 2>/dev/null
        end_program "$name" 9
    done
    return 0
}
leads() { # leads NAME: it has both sources
    [ "$(preservation -c "SELECT count(*) FROM everarchive.source_lease WHERE split_part(program, ':', 2) = '${PROGRAM[$1]}'" 2>/dev/null)" = 2 ]
}
epochs() { preservation -c 'SELECT sum(epoch) FROM everarchive.source_progress'; }
seconds() { # seconds COMMAND…: how long it took
    local begin=$EPOCHREALTIME
    "$@" || return 1
    awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begin }"
}
SAVED=0
save() { # one save of record 7 in each system
    SAVED=$((SAVED + 1))
    koha_note 7 "save-$SAVED" && evergreen_note 7 "save-$SAVED"
}
# The saves that are in the versions of record 7, each once, in order.
saves_of() {
    preservation -c "SELECT string_agg(found::text, ' ' ORDER BY n) FROM (SELECT v.n, (SELECT max(m[1]::integer) FROM regexp_matches(convert_from(v.captured, 'UTF8'), 'save-(\d+)<', 'g') m) AS found
        FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id)
        WHERE (s.name, e.kind, e.key) = ('$1', 'bib', '7')) x"
}
all_saves() { seq -s ' ' 1 "$SAVED"; }
nothing_lost() { # nothing_lost WHEN
    is "$1: each save has its version, none twice (MariaDB)" "$(saves_of koha_main)" "$(all_saves)"
    is "$1: each save has its version, none twice (PostgreSQL)" "$(saves_of evergreen)" "$(all_saves)"
}

# A first copy that is told to stop in the middle is not complete, whichever of its threads hears of it first.
evergreen -c "INSERT INTO asset.copy (call_number, circ_lib, barcode, creator, editor, loan_duration, fine_level)
    SELECT c.call_number, c.circ_lib, 'many' || g, 1, 1, 2, 2 FROM asset.copy c, generate_series(1, 100000) g WHERE c.id = 1" >/dev/null
whole() { # no position before all is there
    preservation -c "SELECT p.position IS NULL OR (SELECT count(*) FROM evergreen.asset_copy) > 100000 FROM everarchive.source_progress p
        JOIN everarchive.source USING (source_id) WHERE name = 'evergreen'"
}
is_stopped() { [ "$(cut -d ' ' -f 3 "/proc/${PROGRAM[$1]}/stat")" = T ]; }
for round in 2 3 4; do
    EVERARCHIVE_FAULT=snapshot.amid_copy:$round=stop program "half$round"
    ok "a copy, in the middle of its part $round" wait_for 30 is_stopped "half$round"
    kill -TERM "${PROGRAM[half$round]}"
    kill -CONT "${PROGRAM[half$round]}"
    wait "${PROGRAM[half$round]}"
    is "that is told to stop does not count" "$(whole)" t
done
is "none came to its end" "$(preservation -c "SELECT count(*) FROM everarchive.source_progress p JOIN everarchive.source USING (source_id) WHERE name = 'evergreen' AND p.position IS NOT NULL")" 0
evergreen -c 'ALTER TABLE asset.copy DISABLE RULE protect_copy_delete' -c "DELETE FROM asset.copy WHERE barcode LIKE 'many%'" \
    -c 'ALTER TABLE asset.copy ENABLE RULE protect_copy_delete' >/dev/null

# SIGSTOP in the middle of a first copy: several sessions stay open, and with them their locks.
EVERARCHIVE_FAULT=snapshot.amid_copy:1=stop program frozen
ok "a program that is stopped while it copies" wait_for 30 is_stopped frozen

program one
ok "the first program follows both sources" wait_for 60 leads one
ok "and copies them" settled 60
end_program frozen 9
program two
save
ok "a second one beside it changes nothing" settled 60
ok "the first still has the sources" leads one
waits() { [ "$(grep -c 'waiting to take over' "$HARNESS_DIR/log/$1.log")" -ge 2 ]; }
ok "the second says that it waits" wait_for 10 waits two

end_program one 9
TIME=$(seconds wait_for 20 leads two)
ok "killed: the other takes over" leads two
echo "# after $TIME s"
save
ok "and goes on" settled 60
nothing_lost "killed"

# The lock is lost while a batch is open: whoever gets it next begins where the last commit was.
program one
ok "the first one comes back as the stand-by" wait_for 20 waits one
for ((i = 0; i < 8; i++)); do
    save
    preservation -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'everarchive apply%'" >/dev/null
done
ok "sessions that end again and again" settled 60
nothing_lost "sessions ended"
end_program one
ok "the other one has both again" wait_for 20 leads two

# SIGSTOP: its connections stay open, and with them its locks.
waits_again() { [ "$(grep -c 'waiting to take over' "$HARNESS_DIR/log/$1.log")" -ge $((WAITED + 2)) ]; }
WAITED=$(grep -c 'waiting to take over' "$HARNESS_DIR/log/one.log")
program one
ok "the first one stands by" wait_for 20 waits_again one
E=$(epochs)
kill -STOP "${PROGRAM[two]}"
TIME=$(seconds wait_for 40 leads one)
ok "stopped in the middle: the other takes over" leads one
echo "# after $TIME s"
save
ok "and goes on" settled 60
kill -CONT "${PROGRAM[two]}"
save
ok "the one that wakes up stands by" settled 60
ok "and does not take the sources back" leads one
is "each take-over raised the epoch once" "$(epochs)" $((E + 2))
nothing_lost "stopped"

# A network that is cut tells nobody: the connection to the preservation database goes through a proxy that forwards nothing.
end_program two
free_port >"$HARNESS_DIR/port"
PROXY_PORT=$(cat "$HARNESS_DIR/port")
mkfifo "$HARNESS_DIR/network"
python3 tests/harness/proxy.py "$PROXY_PORT" "${PG_PORT[pg]}" <"$HARNESS_DIR/network" >"$HARNESS_DIR/log/proxy.log" 2>&1 &
PROXY_PID=$!
exec 7>"$HARNESS_DIR/network"
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$PROXY_PORT") 2>/dev/null; }
wait_for 10 listens
printf '%s\n' "127.0.0.1:$PROXY_PORT:*:*:$LIBRARY_SECRET" >>"$HARNESS_DIR/pgpass"
program far "service=preservation port=$PROXY_PORT"
ok "a third one, over another network, stands by" wait_for 20 waits far
end_program one 9
ok "and takes over" wait_for 20 leads far
save
ok "it follows" settled 60
WAITED=$(grep -c 'waiting to take over' "$HARNESS_DIR/log/one.log")
program one
ok "the first stands by again" wait_for 20 waits_again one
echo stall >&7
TIME=$(seconds wait_for 40 leads one)
ok "its network is cut without a word: the other takes over" leads one
echo "# after $TIME s"
save
ok "and goes on" settled 60
echo pass >&7
save
ok "the network is back: nothing changes hands" settled 60
ok "the first still has the sources" leads one
nothing_lost "cut off"
end_program far
ok "everything is delivered, by whichever program" delivered 90
is "each version once" "$(preservation -c 'SELECT count(*) - count(DISTINCT (version_id, target_id)) FROM everarchive.submission')" 0

# One source in trouble: the other's stream goes on as before. Each time a save of the healthy one must arrive within ten seconds.
arrives() { # arrives SOURCE: a save of record 9
    local word=well-$RANDOM$RANDOM
    case $1 in koha_main) koha_note 9 "$word" ;; evergreen) evergreen_note 9 "$word" ;; esac
    wait_for 10 has_word "$1" "$word"
}
has_word() {
    [ "$(preservation -c "SELECT count(*) FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id)
        WHERE (s.name, e.kind, e.key) = ('$1', 'bib', '9') AND convert_from(v.captured, 'UTF8') LIKE '%$2%'" 2>/dev/null)" = 1 ]
}
mariadb_kill koha
ok "the server of one source is down: the other goes on" arrives evergreen
unwell() { [ "$(preservation -c "SELECT grade <> 'good' FROM report.source_health WHERE source = '$1'")" = t ]; }
ok "report.source_health tells which one" wait_for 30 unwell koha_main
is "and that the other is well" "$(preservation -c "SELECT grade FROM report.source_health WHERE source = 'evergreen'")" good
mariadb_up koha
ok "it comes back and follows again" settled 90

preservation -c 'ALTER TABLE koha_main.items RENAME TO elsewhere' >/dev/null
koha -e "UPDATE items SET itemnotes = 'x' WHERE itemnumber = 3"
critical() { [ "$(preservation -c "SELECT grade FROM report.source_health WHERE source = '$1'")" = critical ]; }
ok "a mirror that does not fit is critical for its source" wait_for 30 critical koha_main
is "which tells the table" "$(preservation -c "SELECT what LIKE 'the table items is not followed%' FROM report.source_health WHERE source = 'koha_main'")" t
ok "and no matter of the other's" arrives evergreen
is "which is well" "$(preservation -c "SELECT grade FROM report.source_health WHERE source = 'evergreen'")" good
preservation -c 'ALTER TABLE koha_main.elsewhere RENAME TO items' >/dev/null
ok "mended, its table is compared" ea source resync koha_main --table items
compared() { [ "$(preservation -c "SELECT count(*) FROM everarchive.source_table WHERE state <> 'ok'")" = 0 ] && preservation -c 'SELECT count(*) FROM koha_main.items WHERE itemnumber = 3 AND itemnotes = '"'x'" | grep -qx 1; }
ok "and follows again" wait_for 60 compared

koha -e "UPDATE items SET itemnotes = CONCAT('bad', CHAR(0))"
ok "a flood of bad rows in one source: the other goes on" arrives evergreen
flooded() { [ "$(preservation -c "SELECT count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL AND table_name = 'items'")" = "$(koha -N -B -e 'SELECT count(*) FROM items')" ]; }
ok "each is in quarantine" wait_for 60 flooded
ok "and the one with the flood goes on, too" arrives koha_main
koha -e "UPDATE items SET itemnotes = NULL"
ok "mended, they follow" settled 90
is "nothing is left in quarantine" "$(preservation -c 'SELECT count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL')" 0

# What makes one program give a source up is no matter for the other: a person is asked for.
program two
ok "a stand-by again" wait_for 20 waits two
evergreen -c 'ALTER PUBLICATION everarchive_evergreen RENAME TO away' -c "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots" >/dev/null
state_is() { [ "$(preservation -c "SELECT state FROM everarchive.source WHERE name = 'evergreen'")" = "$1" ]; }
ok "a publication is missing: the position is lost" wait_for 30 state_is position_lost
sleep 3 # each program has looked several times
ok "and stays lost, although another program stands by" state_is position_lost
is "with the reason" "$(preservation -c "SELECT message LIKE '%publication%' FROM everarchive.source WHERE name = 'evergreen'")" t
ea source pause koha_main >/dev/null
sleep 2
E=$(epochs)
sleep 3
is "nor does anyone take a source that is paused" "$(epochs)" "$E"
evergreen -c 'ALTER PUBLICATION away RENAME TO everarchive_evergreen' >/dev/null
ea source resume koha_main >/dev/null
ea source resync evergreen >/dev/null
ok "mended and resynced, it follows" arrives evergreen
ok "likewise the paused one" arrives koha_main
end_program two

compare_koha
compare_evergreen
end_program one
is "the program stops with exit code 0" $? 0
done_testing || { for name in "${!PROGRAM[@]}"; do tail -n 15 "$HARNESS_DIR/log/$name.log" | cut -c1-300 | sed "s/^/# $name /"; done; exit 1; }
