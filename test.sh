#!/usr/bin/env bash
# All tests, on a bare Debian 12: installs what it needs, builds, and runs everything against real servers.
#
#   ./test.sh                 everything
#   ./test.sh unit pgtap      only these steps
#
# Steps: build unit lint regress pgtap integration faults sanitize. Ends with `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
ROOT=$PWD
source tests/harness/packages.sh
source tests/harness/servers.sh
export EVERARCHIVE_SHARED=${EVERARCHIVE_SHARED:-$ROOT/../shared}

STEPS=("$@")
[ ${#STEPS[@]} = 0 ] && STEPS=(build unit lint regress pgtap integration faults sanitize)
PASSED=0
FAILED=0
SKIPPED=0
BUILD=$ROOT/build/release
LOGS=$ROOT/build/test-logs
mkdir -p "$LOGS"

say() { printf '\n== %s (begun after %d s)\n' "$*" "$SECONDS"; }
one() { # one NAME STATUS: a test that is a whole command
    if [ "$2" = 0 ]; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); echo "FAILED: $1"; fi
}

tally_tap() { # tally_tap NAME FILE STATUS
    local passed failed skipped
    skipped=$(grep -ciE '^ *ok .*# *skip' "$2")
    passed=$(($(grep -cE '^ok ' "$2") - skipped))
    failed=$(grep -cE '^not ok ' "$2")
    # A script that dies before its plan, or runs fewer tests than planned, has failed as a whole.
    if [ "$3" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
    if ! grep -qE '^1\.\.[0-9]+' "$2"; then failed=$((failed + 1)); fi
    PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
    printf '%-34s %4d passed %3d failed %3d skipped\n' "$1" "$passed" "$failed" "$skipped"
    if [ "$failed" != 0 ]; then grep -A 12 -E '^not ok ' "$2" | head -n 60; tail -n 15 "$2" | sed 's/^/  | /'; fi
    grep -E '^ *ok .*# *(skip|SKIP)' "$2" | sed 's/^/  /' | head -n 5
    return 0
}

tally_gtest() { # tally_gtest PROGRAM [ARGUMENT…]: four parts of its tests beside each other, so that one long test does not leave a core idle
    local name log part status=0 passed failed skipped
    local parts=()
    name=$(basename "$1")
    log=$LOGS/$name.log
    for part in 0 1 2 3; do
        GTEST_TOTAL_SHARDS=4 GTEST_SHARD_INDEX=$part "$@" >"$log.$part" 2>&1 &
        parts+=($!)
    done
    for part in 0 1 2 3; do
        wait "${parts[part]}" && continue
        status=$?
        tail -n 5 "$log.$part" # where it died, if it did
    done
    cat "$log".[0-3] >"$log"
    rm "$log".[0-3]
    count() { sed -nE "s/^\[  $1 *\] ([0-9]+) tests?$2.*/\1/p" "$log" | awk '{ n += $1 } END { print n + 0 }'; }
    passed=$(count PASSED '\.') failed=$(count FAILED ', listed') skipped=$(count SKIPPED ', listed')
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
    PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
    printf '%-34s %4d passed %3d failed %3d skipped\n' "$name" "$passed" "$failed" "$skipped"
    if [ "$failed" != 0 ]; then grep -E -B 12 '^\[  FAILED  \]|ERROR: AddressSanitizer|runtime error' "$log" | head -n 80; tail -n 5 "$log"; fi
    if [ "$skipped" != 0 ]; then grep -E '^\[  SKIPPED \] [A-Za-z]' "$log" | sort -u | head -n 8 | sed 's/^/  /'; fi
    sed -n 's/^suite: /  /p' "$log" # public suites and real records, counted by the tests
    return 0
}

step_build() {
    say "build"
    need_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_SERVERS[@]}" "${PACKAGES_TESTS[@]}" || { one "packages" 1; return; }
    cmake --preset release >"$LOGS/configure.log" 2>&1 && cmake --build --preset release --target all marc_boundary_test >"$LOGS/build.log" 2>&1
    local status=$?
    one "build" $status
    if [ $status != 0 ]; then tail -n 40 "$LOGS/configure.log" "$LOGS/build.log" 2>/dev/null; echo "$PASSED passed, $FAILED failed"; exit 1; fi
    as_root cmake --install build/release --component extensions >"$LOGS/install.log" 2>&1
    one "install of the extensions" $?
}

step_unit() {
    say "unit tests"
    local program
    for program in "$BUILD"/tests/unit/*_unit_tests; do
        [ -x "$program" ] && tally_gtest "$program"
    done
}

step_lint() {
    say "exported symbols, guarded entry points, the SQL references, the extensions built by Makefile.pgxs"
    sh tests/symbols.sh "$BUILD/extension/pg/marc.so" "$BUILD/extension/pg/everarchive.so" >"$LOGS/symbols.tap" 2>&1
    tally_tap symbols.sh "$LOGS/symbols.tap" $?
    sh tests/guard.sh extension >"$LOGS/guard.tap" 2>&1
    tally_tap guard.sh "$LOGS/guard.tap" $?
    local extension status
    for extension in marc everarchive; do
        python3 docs/make_reference.py "$extension" 2>&1 | diff -u "docs/$extension-reference.md" - >"$LOGS/$extension-reference.diff"
        status=$?
        one "docs/$extension-reference.md is what docs/make_reference.py $extension prints" $status
        [ $status = 0 ] || head -n 20 "$LOGS/$extension-reference.diff"
    done
    python3 docs/make_crosswalks.py "$BUILD/extension/crosswalk/crosswalk_convert" --check >"$LOGS/crosswalks.diff" 2>&1
    status=$?
    one "docs/crosswalks/ is what docs/make_crosswalks.py writes from the rules" $status
    [ $status = 0 ] || head -n 20 "$LOGS/crosswalks.diff"
    rm -rf build/pgxs && mkdir -p build/pgxs/stage
    # Without optimisation: what is tested is what the file lists, and nothing runs what it makes.
    make -j2 -C build/pgxs -f "$ROOT/Makefile.pgxs" install DESTDIR="$ROOT/build/pgxs/stage" with_llvm=no CXXFLAGS='-O0 -fno-strict-aliasing -fwrapv' >"$LOGS/pgxs.log" 2>&1
    status=$?
    one "Makefile.pgxs builds and installs both extensions" $status
    [ $status = 0 ] || tail -n 20 "$LOGS/pgxs.log"
}

step_regress() {
    say "pg_regress"
    bash tests/regress/run.sh "$BUILD" >"$LOGS/regress.tap" 2>&1
    tally_tap pg_regress "$LOGS/regress.tap" $?
    bash tests/crosswalk/validate.sh "$BUILD" >"$LOGS/crosswalk_validate.tap" 2>&1
    tally_tap crosswalk/validate.sh "$LOGS/crosswalk_validate.tap" $?
}

step_pgtap() {
    say "pgTAP"
    local file log
    (
        harness_begin pgtap
        pg_start tap "fsync = off"
        pg tap postgres -c 'CREATE DATABASE tap'
        pg tap tap -c 'CREATE EXTENSION pgtap'
        # The test module lies where the server's user may read it.
        install -m 644 "$BUILD/extension/pg/marc_boundary_test.so" "$HARNESS_DIR/"
        export MARC_BOUNDARY_TEST=$HARNESS_DIR/marc_boundary_test.so
        for file in tests/sql/*.sql; do
            log=$LOGS/$(basename "$file").tap
            pg tap tap -At -f "$file" >"$log" 2>&1
            echo $? >"$log.status"
        done
        PGHOST=$HARNESS_DIR/sockets PGPORT=${PG_PORT[tap]} PGUSER=postgres sh tests/latin1.sh >"$LOGS/latin1.tap" 2>&1
    )
    tally_tap latin1.sh "$LOGS/latin1.tap" 0
    bash tests/upgrade.sh >"$LOGS/upgrade.tap" 2>&1
    tally_tap upgrade.sh "$LOGS/upgrade.tap" $?
    bash tests/docs_examples.sh >"$LOGS/docs_examples.tap" 2>&1
    tally_tap docs_examples.sh "$LOGS/docs_examples.tap" $?
    for file in tests/sql/*.sql; do
        log=$LOGS/$(basename "$file").tap
        tally_tap "$(basename "$file")" "$log" "$(cat "$log.status" 2>/dev/null || echo 1)"
    done
}

run_scripts() { # run_scripts FOLDER: every shell test of a folder, two at a time: most of each is waiting
    local file lane
    rm -f "$LOGS"/*.status
    (
        for file in tests/"$1"/[0-9]*.sh; do echo "$file"; done >"$LOGS/scripts.left"
        for lane in 0 1; do run_lane "$lane" & done
        wait
    )
    for file in tests/"$1"/[0-9]*.sh; do
        tally_tap "$(basename "$file")" "$LOGS/$(basename "$file").tap" "$(cat "$LOGS/$(basename "$file").status" 2>/dev/null || echo 1)"
        grep -E '^# seed' "$LOGS/$(basename "$file").tap"
    done
}
run_lane() { # run_lane NUMBER: takes one script after the other; each lane has ports of its own
    local file
    while file=$(flock "$LOGS/scripts.lock" sed -i -e '1w /dev/stdout' -e 1d "$LOGS/scripts.left") && [ -n "$file" ]; do
        # Below the ports that the kernel gives to connections (32768 and up): a server could find its own taken.
        HARNESS_PORTS=$((12000 + $1 * 10000)) bash "$file" "$BUILD" >"$LOGS/$(basename "$file").tap" 2>&1
        echo $? >"$LOGS/$(basename "$file").status"
    done
}

step_integration() {
    say "capture and the main job, on real servers"
    begin_sanitize_build
    run_scripts integration
}

step_faults() {
    say "faults"
    run_scripts faults
}

# The tests on real servers mostly wait: meanwhile, with the lowest priority, the sanitized programs are built.
SANITIZE_BUILD=
build_sanitized() {
    cmake --preset sanitize && nice -n 19 cmake --build --preset sanitize --target unit_tests
}
begin_sanitize_build() {
    case " ${STEPS[*]} " in *" sanitize "*) ;; *) return ;; esac
    build_sanitized >"$LOGS/sanitize.log" 2>&1 &
    SANITIZE_BUILD=$!
}
step_sanitize() {
    say "pure libraries under the address and undefined behaviour sanitizers"
    if [ -z "$SANITIZE_BUILD" ]; then
        build_sanitized >"$LOGS/sanitize.log" 2>&1 &
        SANITIZE_BUILD=$!
    fi
    if ! wait "$SANITIZE_BUILD"; then
        one "sanitizer build" 1
        tail -n 20 "$LOGS/sanitize.log"
        return
    fi
    local program
    for program in build/sanitize/tests/unit/*_unit_tests; do
        [ -x "$program" ] && ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 EVERARCHIVE_ONE_IN=25 tally_gtest "$program"
    done
}

for step in "${STEPS[@]}"; do
    if ! declare -F "step_$step" >/dev/null; then
        echo "no such step: $step" >&2
        exit 1
    fi
    "step_$step"
done

[ -d "$EVERARCHIVE_SHARED/data" ] || printf '\nThe folder of shared test data is missing (%s): the cases over real records were skipped.\n' "$EVERARCHIVE_SHARED"
[ "$SKIPPED" = 0 ] || echo "$SKIPPED skipped"
echo
echo "$PASSED passed, $FAILED failed"
[ "$FAILED" = 0 ]
