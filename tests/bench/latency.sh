#!/usr/bin/env bash
# Latency from a commit in the source to the version that everybody sees, with everything else idle.
#
#   tests/bench/latency.sh [EDITS]      default 500 for each source
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/packages.sh
source tests/harness/servers.sh
source tests/harness/library.sh
need_packages "${PACKAGES_BENCH[@]}" || exit 1

EDITS=${1:-500}
harness_begin bench
library_start 2000 && library_connect || exit 1
ea run --until-idle 2>>"$HARNESS_DIR/log/everarchive.log"
daemon_start
settled 60 || exit 1
/usr/bin/python3 tests/bench/latency.py evergreen "$EDITS" --source "host=$HARNESS_DIR/sockets port=${PG_PORT[pg]} user=postgres dbname=evergreen" --preservation "$PRESERVATION"
/usr/bin/python3 tests/bench/latency.py koha "$EDITS" --source "${MARIADB_SOCKET[koha]}" --preservation "$PRESERVATION"
sed -n 's/^VmHWM:[[:space:]]*/peak memory of the program: /p' "/proc/$DAEMON_PID/status"
daemon_stop
