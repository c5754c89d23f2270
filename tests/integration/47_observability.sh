#!/usr/bin/env bash
# What is told of a running program: metrics, health, the service manager's protocol, status --watch, the systemd unit, the alert rules.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/tap.sh
BUILD=${1:-$LIBRARY_ROOT/build/release}

harness_begin observe
LIBRARY_FSYNC=off
library_start 60 && library_connect >/dev/null || exit 1

# systemd's side: one datagram a line.
NOTES=$HARNESS_DIR/notes
python3 -u - "$HARNESS_DIR/notify" >"$NOTES" <<'PYTHON' &
import os, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
while True:
    print(manager.recv(4096).decode().replace("\n", "|"))
PYTHON
MANAGER=$!
before_harness_end() {
    kill "$MANAGER" 2>/dev/null
    [ -n "${DAEMON_PID:-}" ] && daemon_kill
    return 0
}
wait_for 10 test -S "$HARNESS_DIR/notify"
noted() { grep -qE "$1" "$NOTES"; }
count_of() { grep -cE "$1" "$NOTES"; }

PORT=$(free_port)
page() { # page PATH: the body
    python3 - "$PORT" "$1" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    sys.stdout.write(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{sys.argv[2]}", timeout=5).read().decode())
except urllib.error.HTTPError as answer:
    sys.stdout.write(answer.read().decode())
PYTHON
}
code() { # code PATH: the status
    python3 - "$PORT" "$1" 2>/dev/null <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{sys.argv[2]}", timeout=5).status)
except urllib.error.HTTPError as answer:
    print(answer.code)
PYTHON
}
metric() { page /metrics | awk -v name="$1" '$1 == name { print $2 }'; }
is_code() { [ "$(code "$1")" = "$2" ]; }
is_metric() { [ "$(metric "$1")" = "$2" ]; }
at_least() { [ "$(metric "$1" | cut -d. -f1)" -ge "$2" ] 2>/dev/null; }

export NOTIFY_SOCKET=$HARNESS_DIR/notify WATCHDOG_USEC=4000000
daemon_start --listen "127.0.0.1:$PORT"
unset NOTIFY_SOCKET WATCHDOG_USEC
ok "READY=1 comes when the preservation database has answered" wait_for 20 noted '^READY=1$'
ok "/readyz says so, too" wait_for 20 is_code /readyz 200
ok "everything arrives" delivered 90
streaming() { noted '^STATUS=2 of 2 sources streaming$'; }
ok "the status line tells how many sources stream" wait_for 20 streaming
ok "all is well" wait_for 20 is_code /healthz 200
is "in JSON" "$(page /healthz | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["status"], [(s["source"], s["grade"]) for s in d["sources"]])')" \
    "well [('evergreen', 'good'), ('koha_main', 'good')]"
BEATS=$(count_of '^WATCHDOG=1$')
beats_on() { [ "$(count_of '^WATCHDOG=1$')" -gt $((BEATS + 2)) ]; }
ok "the watchdog gets its signs of life" wait_for 20 beats_on
is "nothing but assignments is sent" "$(grep -cvE '^(READY=1|WATCHDOG=1|STOPPING=1|STATUS=[^|]*)$' "$NOTES")" 0

for ((i = 0; i < 10; i++)); do koha_note 5 "note-$i"; done
ok "ten saves arrive" settled 60
ok "and are counted" at_least 'everarchive_changes_total{source="koha_main"}' 10
CHANGES=$(metric 'everarchive_changes_total{source="koha_main"}')
ok "so are transactions, batches and mapped keys" test -n "$(page /metrics | grep -E '^everarchive_(transactions|batches|map_keys|map_versions)_total\{source="koha_main"\} [1-9]' | sed -n 4p)"
is "histograms are whole" "$(page /metrics | awk -F'[ ]' '/^everarchive_apply_seconds_bucket\{source="koha_main",le="\+Inf"\}/ { a = $2 } /^everarchive_apply_seconds_count\{source="koha_main"\}/ { b = $2 } END { print (a == b && a > 0) }')" 1
is "the state is a series with value 1" "$(metric 'everarchive_source_state{source="koha_main",state="streaming"}')" 1
is "this program leads" "$(metric 'everarchive_leader{source="koha_main"}')" 1
# The bytes of a MariaDB source need BINLOG MONITOR, which the adapter does not ask for.
lag_told() { [ "$(page /metrics | grep -cE '^everarchive_lag_(seconds\{source="(koha_main|evergreen)"|bytes\{source="evergreen")\} [0-9.]+$')" = 3 ]; }
ok "lag is told" wait_for 60 lag_told
preservation -c 'UPDATE everarchive.source_progress SET lag_seconds = 77' >/dev/null
no_lag() { [ "$(preservation -c 'SELECT string_agg(lag_seconds::text, chr(32)) FROM everarchive.source_progress')" = "0 0" ]; }
ok "sources that have nothing more, and say nothing, are not behind" wait_for 60 no_lag
retained() { page /metrics | grep -qE '^everarchive_retained_log_bytes\{source="evergreen"\} [0-9]+$' && is_metric 'everarchive_slot_state{source="evergreen",state="reserved"}' 1; }
ok "and what the replication slot holds back" wait_for 60 retained
is "no secret is in any of it" "$({ page /metrics; page /healthz; } | grep -c "$LIBRARY_SECRET")" 0
is "no other page is there" "$(code /../../../etc/passwd) $(code /) $(code /metrics/x)" "404 404 404"
if command -v promtool >/dev/null; then
    lint() { page /metrics | promtool check metrics; }
    ok "promtool finds nothing to say of the metrics" lint
    ok "promtool takes the alert rules" promtool check rules docs/prometheus-alerts.yml
else
    echo "# promtool (package prometheus) is not installed: metrics and alert rules are not checked by it"
fi
# Each metric that a rule names is one that is served, or that needs what this test has not.
served=$(page /metrics | sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p')
is "the alert rules name metrics that there are" "$(grep -oE 'everarchive_[a-z_]+' docs/prometheus-alerts.yml | sort -u | grep -vxF "$served" | tr '\n' ' ')" ""

ea source set koha_main chunk_rows 1999 >/dev/null
restarted() { at_least 'everarchive_streams_opened_total{source="koha_main"}' 2; }
ok "a setting restarts the stream" wait_for 20 restarted
koha_note 5 after
ok "which goes on" settled 60
ok "and its counters with it" at_least 'everarchive_changes_total{source="koha_main"}' $((CHANGES + 1))

preservation -c "SELECT everarchive.source_set_state('koha_main', 'stopped', 'for a test', 'resume it')" >/dev/null
ok "a source that needs a person makes /healthz 503" wait_for 20 is_code /healthz 503
like "which names it, why, and what mends it" "$(page /healthz | tr -d '\n')" '"status": "unwell"'
is "in JSON" "$(page /healthz | python3 -c 'import json, sys; print([(s["what"], s["hint"]) for s in json.load(sys.stdin)["sources"] if s["grade"] == "critical"])')" "[('for a test', 'resume it')]"
is "the metric, too" "$(metric 'everarchive_source_health{source="koha_main"}')" 2
unwell() { noted '^STATUS=1 of 2 sources streaming; unwell: koha_main$'; }
ok "and the status line" wait_for 20 unwell
is "the program is ready all the same" "$(code /readyz)" 200
ea source resume koha_main >/dev/null
ok "mended, all is well" wait_for 30 is_code /healthz 200

pg_stop pg
ok "the preservation database is down: 503" wait_for 30 is_code /healthz 503
ok "metrics are served nevertheless" is_metric everarchive_database_up 0
is "with what was counted" "$(metric 'everarchive_changes_total{source="koha_main"}' | grep -c .)" 1
BEATS=$(count_of '^WATCHDOG=1$')
ok "a database that is away is no reason to be killed" wait_for 20 beats_on
pg_up pg
ok "it comes back, and all is well" wait_for 60 is_code /healthz 200

# One block an interval, when it is no terminal.
blocks() { [ "$(grep -c '^everarchive ' "$HARNESS_DIR/watch")" -ge "$1" ]; }
watched() { # watched BLOCKS OPTION…: until it has shown so many
    local blocks=$1 watcher
    shift
    rm -f "$HARNESS_DIR/watch" # what an earlier one has shown must not count
    "$EVERARCHIVE" --database service=preservation status "$@" >"$HARNESS_DIR/watch" &
    watcher=$!
    wait_for 30 blocks "$blocks"
    kill -INT $watcher
    wait $watcher
}
ok "status --watch repeats itself, and ends when asked" watched 3 --watch 0.5
ok "with a rate from the second block on" grep -qE 'koha_main .* [0-9,]+/s' "$HARNESS_DIR/watch"
is "and no codes of a terminal" "$(grep -c $'\033' "$HARNESS_DIR/watch")" 0
ok "every two seconds if nothing is said" watched 2 --watch
is "once without it" "$("$EVERARCHIVE" --database service=preservation status | grep -c '^everarchive ')" 1
if command -v script >/dev/null; then
    script -qfc "exec '$EVERARCHIVE' --database service=preservation status --watch 0.5" "$HARNESS_DIR/screen" </dev/null >/dev/null 2>&1 &
    SCREEN=$!
    drawn() { [ "$(grep -o $'\033\[H' "$HARNESS_DIR/screen" 2>/dev/null | wc -l)" -ge 3 ]; }
    ok "on a terminal it draws in place" wait_for 30 drawn
    is "and clears the screen once" "$(grep -o $'\033\[2J' "$HARNESS_DIR/screen" | wc -l)" 1
    kill $SCREEN
    wait $SCREEN 2>/dev/null
fi
is "another program on the same port says what is wrong" "$("$EVERARCHIVE" --database service=preservation run --listen "127.0.0.1:$PORT" 2>&1 | grep -c 'cannot listen on')" 1

if command -v systemd-analyze >/dev/null && [ -f "$BUILD/replicator/everarchive.service" ]; then
    # The program where it is, and a user that there is.
    sed "s#^ExecStart=[^ ]*#ExecStart=$EVERARCHIVE#; s#^User=.*#User=$(id -un)#; /^Documentation=/d" "$BUILD/replicator/everarchive.service" >"$HARNESS_DIR/everarchive.service"
    ok "systemd takes the unit" systemd-analyze verify "$HARNESS_DIR/everarchive.service"
else
    echo "# systemd-analyze is not installed: the unit is not checked"
fi

daemon_stop
is "the program stops with exit code 0" $? 0
ok "and said so before" noted '^STOPPING=1$'
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
