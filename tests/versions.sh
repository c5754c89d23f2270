#!/usr/bin/env bash
# Builds and tests the two extensions with other major versions of PostgreSQL, each in a chroot of the Debian release
# that ships it, with that release's compiler:
#
#   tests/versions.sh 13 17 18       13 bullseye, 15 bookworm, 17 trixie, 18 sid
#   tests/versions.sh --sanitize 17  the same with the extensions under the address and undefined behaviour sanitizers
#   tests/versions.sh --capture 13 17 18  instead of that, capture from these versions: a server and a stand-by in the chroot, over
#                                    TCP the tests in BUILD/tests/integration (BUILD: default build/release)
#
# --sanitize preloads libasan into the server. That works in trixie and sid; in bookworm the server hangs at its start (in
# the constructor of a library), so the main version is not tried that way. ASAN knows malloc, not palloc: for reads past a
# palloc'ed value see
# "Under sanitizers and under valgrind" in docs/architecture.md.
#
# Not part of test.sh: it downloads a whole distribution for each version (1.5 to 2 GB on disk, one to three minutes) and
# needs root, for chroot and mounts. The chroots stay in ${TMPDIR:-/tmp}/pgchroots for the next run; to start afresh delete
# that folder, when nothing is mounted below it. debootstrap is installed through apt if it is missing.
# For each version: both extensions compile without a warning, export our functions only, can be created; then
# installcheck, the pgTAP files, latin1.sh and upgrade.sh. Tested is the working tree, not a commit. The output is TAP; the logs are
# in the chroots, under scratch.
#
# EVERARCHIVE_MIRROR: the Debian mirror (default http://deb.debian.org/debian).
set -uo pipefail

declare -A SUITE=([13]=bullseye [15]=bookworm [17]=trixie [18]=sid)
MIRROR=${EVERARCHIVE_MIRROR:-http://deb.debian.org/debian}
CHROOTS=$(realpath "${TMPDIR:-/tmp}")/pgchroots

# Everything below runs inside the chroot, as root, in namespaces of its own: the server ends with them.
inside() {
    local version=$1 bin=/usr/lib/postgresql/$1/bin file
    export PATH=$bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 PGHOST=/scratch PGPORT=54300 PGUSER=postgres
    export MARC_BOUNDARY_TEST=/source/marc_boundary_test.so
    local config=$bin/pg_config sanitize=${2:-} preload=
    local make=(make -f Makefile.pgxs PG_CONFIG="$config")
    if [ -n "$sanitize" ]; then
        make+=(SANITIZE=address,undefined)
        preload=$(g++ -print-file-name=libasan.so):$(g++ -print-file-name=libubsan.so)
    fi
    cd /source || return 1
    # shellcheck source=harness/tap.sh
    source tests/harness/tap.sh
    build() { "${make[@]}" && "${make[@]}" boundary; }
    build >/scratch/build.log 2>&1
    is "PostgreSQL $version: both extensions and the test module compile" $? 0
    is "PostgreSQL $version: without a warning" "$(grep -i 'warning: ' /scratch/build.log)" ""
    # A sanitized module exports the sanitizer's symbols, too.
    [ -n "$sanitize" ] || ok "PostgreSQL $version: they export only functions of our own" sh tests/symbols.sh marc.so everarchive.so
    ok "PostgreSQL $version: install" "${make[@]}" install
    chown -R postgres /source /scratch
    as() { (cd /source && exec runuser -u postgres -- "$@"); }
    as initdb -D /scratch/data -U postgres -E UTF8 --locale=C.UTF-8 --no-sync -A trust >/scratch/initdb.log 2>&1 &&
        as env ${preload:+LD_PRELOAD=$preload ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1} \
            pg_ctl -D /scratch/data -l /scratch/server.log -w \
            -o "-k /scratch -p $PGPORT -c listen_addresses= -c fsync=off ${preload:+-c jit=off}" start >/dev/null
    is "PostgreSQL $version: the server starts" $? 0
    ok "PostgreSQL $version: CREATE EXTENSION marc, everarchive" as psql -XqAt -v ON_ERROR_STOP=1 -d postgres \
        -c 'CREATE EXTENSION marc' -c 'CREATE EXTENSION everarchive' -c 'CREATE DATABASE tap'
    ok "PostgreSQL $version: installcheck" as "${make[@]}" installcheck
    for file in tests/sql/*.sql; do
        # Passed: psql ended well, there is a plan, nothing failed, and as many tests ran as planned.
        passes() {
            as psql -XqAt -v ON_ERROR_STOP=1 -d tap -f "$file" >/scratch/tap.log 2>&1 &&
                grep -qE '^1\.\.[0-9]+$' /scratch/tap.log && ! grep -E '^not ok|^# Looks like' /scratch/tap.log
            local status=$?
            [ "$status" = 0 ] || grep -v '^ok ' /scratch/tap.log
            return "$status"
        }
        ok "PostgreSQL $version: $file" passes
    done
    ok "PostgreSQL $version: tests/latin1.sh" as sh tests/latin1.sh
    # On a server of its own, without the sanitizers.
    upgrades() {
        env -u PGHOST -u PGPORT -u PGUSER PG_BIN="$bin" bash tests/upgrade.sh >/scratch/upgrade.tap 2>&1 && return
        grep -v '^ok ' /scratch/upgrade.tap
        return 1
    }
    [ -n "$sanitize" ] || ok "PostgreSQL $version: tests/upgrade.sh" upgrades
    cp tests/regress/regression.* /scratch/ 2>/dev/null
    is "PostgreSQL $version: no session crashed" "$(grep -E 'PANIC|was terminated by signal|Sanitizer|runtime error' /scratch/server.log)" ""
    as pg_ctl -D /scratch/data -m fast -w stop >/dev/null
    done_testing
}

# Inside the chroot as well: a server and a stand-by for the capture tests, until the file /capture/stop is there.
serve() {
    export PATH=/usr/lib/postgresql/$1/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TMPDIR=/capture
    PG_BIN=/usr/lib/postgresql/$1/bin
    # shellcheck source=harness/servers.sh
    source /capture/tests/harness/servers.sh
    harness_begin capture
    pg_start pg "fsync = off" "password_encryption = 'scram-sha-256'" && pg_standby standby pg || return 1
    pg pg postgres -c "ALTER ROLE postgres PASSWORD 'everarchive'"
    echo "PGHOST=127.0.0.1 PGPORT=${PG_PORT[pg]} PGUSER=postgres PGPASSWORD=everarchive EVERARCHIVE_TEST_STANDBY='host=127.0.0.1 port=${PG_PORT[standby]}'" >/capture/ready.new
    mv /capture/ready.new /capture/ready
    while [ ! -e /capture/stop ]; do sleep 0.5; done
}

# capture_tests VERSION ROOT: as TAP, one test for each test of the programs.
capture_tests() {
    local version=$1 root=$2 server program log line status=0
    rm -rf --one-file-system "$root/capture"
    mkdir -m 755 "$root/capture"
    tar -cf - tests/harness tests/versions.sh | tar -xf - -C "$root/capture" --no-same-owner
    # The server's network is ours; its processes end with their namespace.
    unshare --mount --pid --fork --kill-child bash -c '
        mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm" &&
            exec chroot "$1" bash /capture/tests/versions.sh --serve "$2"' - "$root" "$version" >"$root/capture/server.log" 2>&1 &
    server=$!
    for ((i = 0; i < 600; i++)); do
        [ -e "$root/capture/ready" ] && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.2
    done
    if [ ! -e "$root/capture/ready" ]; then
        echo "not ok - PostgreSQL $version: the servers start"
        sed 's/^/#   /' "$root/capture/server.log"
        kill "$server" 2>/dev/null
        return 1
    fi
    for program in "$BUILD"/tests/integration/capture_postgresql*_test; do
        log=$root/capture/$(basename "$program").log
        env $(sed "s/ EVERARCHIVE_TEST_STANDBY=.*//" "$root/capture/ready") \
            EVERARCHIVE_TEST_STANDBY="$(sed "s/.*EVERARCHIVE_TEST_STANDBY='\(.*\)'/\1/" "$root/capture/ready")" \
            "$program" >"$log" 2>&1 || status=1
        sed -nE "s/^\[       OK \] ([^ ]*) .*/ok - PostgreSQL $version: \1/p; s/^\[  SKIPPED \] ([^ ]*) \(.*/ok - PostgreSQL $version: \1 # SKIP/p
            s/^\[  FAILED  \] ([^ ]*) \(.*/not ok - PostgreSQL $version: \1/p" "$log"
        grep -E -B 8 '^\[  FAILED  \] .* \(' "$log" | sed 's/^/#   /'
        grep -q '^\[==========\] .* ran' "$log" || echo "not ok - PostgreSQL $version: $(basename "$program") ran to its end"
    done
    touch "$root/capture/stop"
    wait "$server"
    return "$status"
}

if [ "${1:-}" = --serve ]; then
    serve "$2"
    exit
fi
if [ "${1:-}" = --inside ]; then
    inside "$2" "${3:-}"
    exit
fi

cd "$(dirname "$0")/.." || exit 1
source tests/harness/packages.sh
SANITIZE=
CAPTURE=
case "${1:-}" in
--sanitize) SANITIZE=yes && shift ;;
--capture) CAPTURE=yes && shift ;;
esac
BUILD=${BUILD:-build/release}
[ $# -gt 0 ] || { echo "usage: tests/versions.sh [--sanitize | --capture] VERSION… (of ${!SUITE[*]})" >&2; exit 2; }
for version in "$@"; do
    [ -n "${SUITE[$version]:-}" ] || { echo "no Debian release is known for PostgreSQL $version; known are ${!SUITE[*]}" >&2; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo "tests/versions.sh must be run as root: it makes chroots and mounts" >&2; exit 2; }
need_packages debootstrap || exit 1
mkdir -p "$CHROOTS" || exit 1

# make_chroot VERSION ROOT: from nothing, if the last attempt did not come to its end; an older chroot gets what it lacks.
make_chroot() {
    local packages="make gcc g++ libc6-dev pkg-config libxml2-dev nlohmann-json3-dev postgresql-$1 postgresql-server-dev-$1 postgresql-$1-pgtap"
    if [ -e "$2.complete" ]; then
        # A mirror that stands still (snapshot.debian.org, a proxy) has a Release file whose time is over; it is signed all the same.
        # shellcheck disable=SC2086
        chroot "$2" dpkg-query -W $packages >/dev/null 2>&1 && return 0
        # shellcheck disable=SC2086
        chroot "$2" env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get -o Acquire::Check-Valid-Until=false update -qq && apt-get install -y -qq --no-install-recommends "$@"' - \
            $packages >>"$2.debootstrap.log" 2>&1
        return
    fi
    if grep -qF " $2/" /proc/self/mountinfo; then
        echo "something is mounted below $2, left by a run that was stopped: unmount it first" >&2
        return 1
    fi
    rm -rf --one-file-system "$2"
    debootstrap --variant=minbase \
        --include="${packages// /,}" \
        "${SUITE[$1]}" "$2" "$MIRROR" >"$2.debootstrap.log" 2>&1 && touch "$2.complete"
}

FAILED=0
for version in "$@"; do
    root=$CHROOTS/pg$version
    if ! make_chroot "$version" "$root"; then
        echo "not ok - PostgreSQL $version: no chroot of ${SUITE[$version]}; see $root.debootstrap.log"
        FAILED=1
        continue
    fi
    if [ -n "$CAPTURE" ]; then
        printf '# %s, %s\n' "$(chroot "$root" "/usr/lib/postgresql/$version/bin/pg_config" --version)" "${SUITE[$version]}"
        capture_tests "$version" "$root" || FAILED=1
        continue
    fi
    rm -rf --one-file-system "$root/source" "$root/scratch"
    mkdir "$root/source" "$root/scratch"
    tar -cf - --exclude='*.o' --exclude='*.so' --exclude='*.bc' Makefile.pgxs extension sql tests/regress tests/sql \
        tests/harness tests/data/released tests/symbols.sh tests/latin1.sh tests/upgrade.sh tests/versions.sh |
        tar -xf - -C "$root/source" --no-same-owner
    printf '# %s, %s, %s\n' "$(chroot "$root" "/usr/lib/postgresql/$version/bin/pg_config" --version)" "${SUITE[$version]}" \
        "$(chroot "$root" g++ --version | head -n 1)"
    # The mounts vanish with the namespace, and the server with its process namespace.
    unshare --mount --pid --net --fork --kill-child bash -c '
        mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm" &&
            exec chroot "$1" bash /source/tests/versions.sh --inside "$2" "$3"' - "$root" "$version" "$SANITIZE" || FAILED=1
done
exit $FAILED
