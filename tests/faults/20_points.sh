#!/usr/bin/env bash
# kill -9 at every fault point of points.txt, and an error at each (fault 1 of README.md): the program goes on by itself or when
# it is started again, and nothing is lost or doubled. FAULT_POINTS='map.before_begin …' tries only some.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

harness_begin points
LIBRARY_FSYNC=off
library_start 100 && library_connect >"$HARNESS_DIR/log/connect" || exit 1
LOG=$HARNESS_DIR/log/everarchive.log

daemon_with() {
    export EVERARCHIVE_FAULT=$1
    daemon_start
    unset EVERARCHIVE_FAULT
}
work() { # a few changes of both sources, other ones each time
    local n=$1
    koha_note $((n % 90 + 2)) "point $n"
    koha -e "UPDATE items SET itemcallnumber = 'point $n' WHERE biblionumber BETWEEN 2 AND 20; DELETE FROM items WHERE itemnumber = $((n + 60))"
    evergreen_note $((n % 90 + 2)) "point $n"
    evergreen -c "UPDATE asset.copy SET copy_number = $n WHERE id BETWEEN 2 AND 20"
    # More than the server keeps of a transaction in memory for us (8 MB), so that it comes before it is committed.
    [[ $point == spool.* ]] && evergreen -c "INSERT INTO asset.copy (id, circ_lib, creator, call_number, editor, loan_duration, fine_level, barcode)
        SELECT $n * 1000000 + g, 4, 1, -1, 1, 2, 2, 'large ' || $n * 1000000 + g FROM generate_series(1, 60000) g"
    return 0
}
ended() { ! kill -0 "$DAEMON_PID" 2>/dev/null; }
compared() { [ "$(preservation -c "SELECT count(*) FROM everarchive.source_check_run WHERE state IN ('requested', 'running')")" = 0 ]; }
has_failed() { grep -qF "the fault point $1 was asked to fail" "$LOG"; }

# What must be under way for a passage of the point.
prepare() {
    case $1 in
    snapshot.*) for source in koha_main evergreen; do ea source resync "$source" --copy >/dev/null; done ;;
    resync.*)
        preservation -c 'DELETE FROM koha_main.auth_header WHERE authid = 3'
        ea source resync koha_main >/dev/null
        ;;
    apply.before_refresh) for source in koha_main evergreen; do preservation -c "SELECT everarchive.source_set('$source', 'versions', 'every commit')" >/dev/null; done ;;
    esac
}

daemon_start
ok "the first copy arrives" delivered 300
daemon_kill

N=0
for point in ${FAULT_POINTS:-$(awk '!/^#/ { print $1 }' tests/faults/points.txt)}; do
    N=$((N + 1))
    prepare "$point"
    daemon_with "$point=kill"
    work "$N"
    wait_for 120 ended
    wait "$DAEMON_PID" 2>/dev/null
    is "$point: the program is killed there" $? 137
    N=$((N + 1))
    prepare "$point"
    daemon_with "$point=error"
    work "$N"
    ok "$point: and fails there when it is started again" wait_for 120 has_failed "$point"
    ok "$point: everything arrives nevertheless" settled 120
    daemon_kill
    if [ "$point" = apply.before_refresh ]; then
        for source in koha_main evergreen; do preservation -c "SELECT everarchive.source_set('$source', 'versions', NULL)" >/dev/null; done
    fi
done

daemon_start
ok "everything is verified in the end" delivered 300
ok "and every comparison is over" wait_for 120 compared
compare_all
is "versions are numbered without a gap" "$(preservation -c "SELECT count(*) FROM (SELECT entity_id FROM everarchive.version GROUP BY 1 HAVING max(n) <> count(*)) x")" 0
is "no version came twice" "$(preservation -c "SELECT count(*) FROM (SELECT digest = lag(digest) OVER w AND deleted = lag(deleted) OVER w AS twice FROM everarchive.version WINDOW w AS (PARTITION BY entity_id ORDER BY n)) x WHERE twice")" 0
daemon_stop
is "the program stops on SIGTERM with exit code 0" $? 0
ok "the archive is a valid OCFL root" ea target check vault
done_testing || { tail -n 40 "$LOG" | cut -c1-400 | sed 's/^/# /'; exit 1; }
