#!/usr/bin/env bash
# The marc extension beside its peers: the same records, in the same run, by processor time. One row a job:
#   job | ours, records/s | peer, records/s | ratio | aim | met or missed
#
#   tests/bench/marc.sh [RECORDS=100000] [PART…]      parts: library access load search (these when none is named), dictionary
#
# dictionary is a trial of what the extension does not have: would compression with a zstd dictionary save enough, and cost how much?
#
# With much fewer records the start of each process is what is measured: the aims are for 100,000.
#
# ROUNDS (3): how often each side runs, turn by turn; the median counts. SEARCH_RECORDS (1000000): records in the search part.
# It builds what it measures in release and installs the extensions, as test.sh does. MARC_JOBS=PROGRAM measures what is there
# already: that program, and the extension in the server of PG_BIN.
# A part whose peer is not installed is left out, and says so.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
export EVERARCHIVE_SHARED=${EVERARCHIVE_SHARED:-$ROOT/../shared}
source tests/harness/packages.sh
source tests/harness/servers.sh
source tests/bench/marc_table.sh
source tests/bench/marc_input.sh
source tests/bench/marc_library.sh
source tests/bench/marc_sql.sh
source tests/bench/marc_dictionary.sh

RECORDS=100000
if [[ ${1:-} =~ ^[0-9]+$ ]]; then RECORDS=$1 && shift; fi
PARTS=("$@")
[ ${#PARTS[@]} = 0 ] && PARTS=(library access load search)
ROUNDS=${ROUNDS:-3}
SEARCH_RECORDS=${SEARCH_RECORDS:-1000000}
BUILD=${BUILD:-$ROOT/build/release}

need_packages "${PACKAGES_BENCH[@]}" || echo "going on without them: the jobs that need them are left out"
harness_begin marc-bench
has_part() { [[ " ${PARTS[*]} " == *" $1 "* ]]; }
if [ -z "${MARC_JOBS:-}" ]; then
    MARC_JOBS=$BUILD/tests/bench/marc_jobs
    { cmake -S . -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo && cmake --build "$BUILD" --target marc_jobs extensions &&
        as_root cmake --install "$BUILD" --component extensions; } >"$HARNESS_DIR/log/build" 2>&1 || { tail "$HARNESS_DIR/log/build"; exit 1; }
fi
make_input || exit 1
table_begin
part() { "$1" || { echo "$1 failed" && MISSED=$((MISSED + 1)); }; }
has_part library && part library_jobs
if has_part access || has_part load || has_part search || has_part dictionary; then
    sql_begin || exit 1
    has_part access && part access_jobs
    has_part load && part load_jobs
    has_part search && part search_jobs
    has_part dictionary && part dictionary_jobs
fi
table_end
