#!/usr/bin/env bash
# kill -9 of the program at 20 random moments while both sources change; afterwards the mirror equals the sources, and every
# entity's newest version equals its source record. FAULT_SEED=… repeats a run; FAULT_CHANGES=…, FAULT_KILLS=… change its size.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

SEED=${FAULT_SEED:-$RANDOM$RANDOM}
CHANGES=${FAULT_CHANGES:-5000}
KILLS=${FAULT_KILLS:-20}
RECORDS=2000
RANDOM=$((SEED % 32768))
echo "# seed $SEED (repeat with FAULT_SEED=$SEED $0)"

harness_begin faults
LIBRARY_SEED=$SEED
library_start "$RECORDS" && library_connect || exit 1
python3 tests/harness/workload.py --seed "$SEED" --changes "$CHANGES" --records "$RECORDS" --out "$HARNESS_DIR"

# The work begins while the first copy is still under way.
koha --force <"$HARNESS_DIR/koha.sql" >"$HARNESS_DIR/log/koha.work" 2>&1 &
KOHA_WORK=$!
pg pg evergreen -v ON_ERROR_STOP=0 -f "$HARNESS_DIR/evergreen.sql" >"$HARNESS_DIR/log/evergreen.work" 2>&1 &
EVERGREEN_WORK=$!

for ((kill = 1; kill <= KILLS; kill++)); do
    daemon_start
    sleep "$((RANDOM % 3)).$((RANDOM % 10))$((RANDOM % 10))"
    daemon_kill
done
wait "$KOHA_WORK" "$EVERGREEN_WORK"
daemon_start
ok "everything arrives after $KILLS kills" delivered 300
compare_all
daemon_stop
is "the program stops on SIGTERM with exit code 0" $? 0
ok "the archive is a valid OCFL root" ea target check vault
like "every submission is verified" "$(preservation -c 'SELECT DISTINCT state FROM everarchive.submission')" '^verified$'
is "no password in the program's log" "$(grep -c "$LIBRARY_SECRET" "$HARNESS_DIR/log/everarchive.log")" 0
done_testing || { tail -n 40 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
