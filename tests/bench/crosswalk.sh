#!/usr/bin/env bash
# The crosswalks on one core: beside libxslt with the stylesheets of the Library of Congress (the same records, in the same run, turn by
# turn, processor time), and in SQL. One row a job:
#   job | ours, records/s | libxslt, records/s | ratio | aim | met or missed
#
#   tests/bench/crosswalk.sh [RECORDS=20000] [PART…]      parts: library sql (both when none is named)
#
# libxslt is slow: beside it the first PEER_RECORDS (1000) are converted, for BIBFRAME a fifth of these. Stylesheets: as compare.sh finds
# them (STYLESHEETS); those that are missing are named, and their rows left out.
# ROUNDS (3): how often each side runs; the median counts. It builds what it measures in release and installs the extensions, as test.sh
# does. CROSSWALK_BENCH=PROGRAM MARC_JOBS=PROGRAM measures what is there already: these programs, and the extension in the server of PG_BIN.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
export EVERARCHIVE_SHARED=${EVERARCHIVE_SHARED:-$ROOT/../shared}
source tests/harness/packages.sh
source tests/harness/servers.sh
source tests/crosswalk/stylesheets.sh
source tests/bench/marc_table.sh
source tests/bench/marc_input.sh
source tests/bench/marc_sql.sh

RECORDS=20000
if [[ ${1:-} =~ ^[0-9]+$ ]]; then RECORDS=$1 && shift; fi
PARTS=("$@")
[ ${#PARTS[@]} = 0 ] && PARTS=(library sql)
ROUNDS=${ROUNDS:-3}
PEER_RECORDS=${PEER_RECORDS:-1000}
BUILD=${BUILD:-$ROOT/build/release}
PYTHON=${PYTHON:-/usr/bin/python3}

need_packages python3-lxml || echo "going on without it: libxslt is left out"
harness_begin crosswalk-bench
has_part() { [[ " ${PARTS[*]} " == *" $1 "* ]]; }
if [ -z "${CROSSWALK_BENCH:-}" ]; then
    CROSSWALK_BENCH=$BUILD/tests/bench/crosswalk_bench
    MARC_JOBS=$BUILD/tests/bench/marc_jobs
    { cmake -S . -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo && cmake --build "$BUILD" --target crosswalk_bench marc_jobs extensions &&
        as_root cmake --install "$BUILD" --component extensions; } >"$HARNESS_DIR/log/build" 2>&1 || { tail "$HARNESS_DIR/log/build"; exit 1; }
fi

library_jobs() {
    "$MARC_JOBS" to-xml "$INPUT/bib.mrc" >"$INPUT/bib.xml" 2>/dev/null || return 1
    ours() { "$CROSSWALK_BENCH" "$FORMAT" "$INPUT/bib.mrc" "$COUNT" 2>>"$HARNESS_DIR/log/jobs" | cut -d ' ' -f 1; }
    peer() { "$PYTHON" tests/bench/crosswalk_peer.py "$HARNESS_DIR/xsl/$STYLESHEET" "$INPUT/bib.xml" "$COUNT" 2>>"$HARNESS_DIR/log/jobs" | cut -d ' ' -f 1; }
    local many=$((RECORDS < PEER_RECORDS ? RECORDS : PEER_RECORDS))
    library_job 'Dublin Core (MARC21slim2SRWDC.xsl)' 50x dc MARC21slim2SRWDC.xsl "$many"
    library_job 'MODS 3.7 (MARC21slim2MODS3-7.xsl)' 100x mods MARC21slim2MODS3-7.xsl "$many"
    library_job 'BIBFRAME (marc2bibframe2.xsl)' 100x bibframe marc2bibframe2/marc2bibframe2.xsl "$(((many + 4) / 5))"
}

# library_job NAME AIM FORMAT STYLESHEET COUNT
library_job() {
    FORMAT=$3 STYLESHEET=$4 COUNT=$5
    if [ ! -e "$HARNESS_DIR/xsl/$STYLESHEET" ] || ! "$PYTHON" -c 'import lxml' 2>/dev/null; then
        local seconds
        seconds=$(ours)
        fact "$1: no peer" "$(awk -v n="$COUNT" -v t="$seconds" 'BEGIN { if (t > 0) printf "%.0f records/s", n / t; else print "failed" }')"
        return
    fi
    compare "$1, $COUNT records" "$2" "$COUNT" "$COUNT" ours peer
}

# From a table, in one backend: the second time, so that the rules are compiled and the records in memory; reading and detoasting them is in
# the figure, and so is making the text.
sql_jobs() {
    sql -c 'CREATE TABLE record (id bigint, m marc)' \
        -c "INSERT INTO record SELECT ord, record FROM marc_split(pg_read_binary_file('$INPUT/bib.mrc')) WHERE record IS NOT NULL" -c 'VACUUM ANALYZE record' || return 1
    sql_job dc 20000
    sql_job mods 10000
    sql_job bibframe -
}

# sql_job FORMAT AIM: in records a second.
sql_job() {
    local seconds=() round statement="SELECT sum(length(marc_crosswalk(m, '$1'))) FROM record"
    for ((round = 0; round < ROUNDS; round++)); do
        seconds+=("$(backend_cpu "SELECT count(*) FROM (SELECT marc_crosswalk(m, '$1') FROM record LIMIT 1000) AS warm" "$statement")")
    done
    rate_row "SQL: marc_crosswalk(m, '$1')" "$2" "$RECORDS" "$(median "${seconds[@]}")"
}

make_input || exit 1
has_part library && find_stylesheets "$HARNESS_DIR/xsl" | grep -v OAIDC
table_begin
part() { "$1" || { echo "$1 failed" && MISSED=$((MISSED + 1)); }; }
has_part library && part library_jobs
if has_part sql; then
    sql_begin || exit 1
    part sql_jobs
fi
table_end
