#!/usr/bin/env bash
# The regression tests of the extensions on a PostgreSQL server that runs under valgrind. The server is built from Debian's own
# source with assertions and USE_VALGRIND, which teaches valgrind where each palloc'ed chunk ends: a read past a value, which
# the address sanitizer does not see, is an error with our file and line.
#
#   tests/valgrind.sh              all of tests/regress/sql
#   tests/valgrind.sh path json    only these files
#
# Not part of test.sh: building the server takes about ten minutes the first time, each test file some seconds. Server and source
# stay in ${TMPDIR:-/tmp}/pgvalgrind. Needs root for apt; the server runs as the user postgres. The output is TAP.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
source tests/harness/packages.sh
source tests/harness/servers.sh
source tests/harness/tap.sh
need_packages postgresql-15 valgrind g++ make pkg-config bison flex dpkg-dev libxml2-dev nlohmann-json3-dev zlib1g-dev libxml2-utils || exit 1

SCRATCH=$(realpath "${TMPDIR:-/tmp}")/pgvalgrind
SERVER=$SCRATCH/server
mkdir -p "$SCRATCH" && chmod 755 "$SCRATCH"

build_server() {
    [ -e "$SERVER/complete" ] && return 0
    # A list of sources of our own: the machine's need not name any.
    echo "deb-src http://deb.debian.org/debian bookworm main" >"$SCRATCH/sources.list"
    local apt=(-o Dir::Etc::sourcelist="$SCRATCH/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$SCRATCH/lists"
        -o APT::Sandbox::User=root)
    mkdir -p "$SCRATCH/lists/partial"
    apt-get "${apt[@]}" update -qq && (cd "$SCRATCH" && rm -rf postgresql-15-15.* && apt-get "${apt[@]}" source -qq postgresql-15) || return 1
    (cd "$SCRATCH"/postgresql-15-15.*/ &&
        ./configure -q --prefix="$SERVER" --enable-cassert --enable-debug --without-icu --without-readline --with-libxml \
            CFLAGS='-O1 -g -fno-omit-frame-pointer' CPPFLAGS=-DUSE_VALGRIND &&
        make -s -j"$(nproc)" && make -s install && make -s -C src/test/regress pg_regress && cp src/test/regress/pg_regress "$SERVER/bin/" &&
        cp src/tools/valgrind.supp "$SERVER/" && touch "$SERVER/complete")
}
if ! build_server >"$SCRATCH/build.log" 2>&1; then
    echo "not ok - the server under valgrind could not be built: $(tail -n 1 "$SCRATCH/build.log"); see $SCRATCH/build.log"
    exit 1
fi

PG_BIN=$SERVER/bin
harness_begin valgrind
BUILD=$HARNESS_DIR/build
mkdir "$BUILD"
make -s -j2 -C "$BUILD" -f "$PWD/Makefile.pgxs" PG_CONFIG="$PG_BIN/pg_config" install >"$BUILD/log" 2>&1
is "the extensions compile for the server under valgrind" $? 0
chmod -R a+rX "$SERVER"
cp -r tests/regress "$HARNESS_DIR/regress"
chmod -R a+rwX "$HARNESS_DIR/regress"

# The loader compares paths eight bytes at a time (glibc, sysdeps/x86_64/multiarch/strcmp-sse2.S), inside its own aligned blocks.
printf '{\n   loader reads words\n   Memcheck:Addr8\n   fun:strncmp\n   fun:is_dst\n}\n' >"$HARNESS_DIR/loader.supp"

DATA=$HARNESS_DIR/data PORT=$(free_port)
install -d -o postgres -m 700 "$DATA"
as_postgres "$PG_BIN/initdb" -D "$DATA" -E UTF8 --no-locale --no-sync >/dev/null
as_postgres valgrind --quiet --trace-children=yes --leak-check=no --track-origins=yes --read-var-info=no \
    --suppressions="$SERVER/valgrind.supp" --suppressions="$HARNESS_DIR/loader.supp" --log-file="$HARNESS_DIR/log/%p.valgrind" --error-markers=FOUND-BEGIN,FOUND-END \
    "$PG_BIN/postgres" -D "$DATA" -p "$PORT" -k "$HARNESS_DIR/sockets" -c listen_addresses= -c fsync=off -c autovacuum=off \
    >"$HARNESS_DIR/log/server" 2>&1 &
SERVER_PID=$!
before_harness_end() { as_postgres "$PG_BIN/pg_ctl" -D "$DATA" -m immediate stop >/dev/null 2>&1; wait "$SERVER_PID" 2>/dev/null; }
for _ in $(seq 120); do
    as_postgres "$PG_BIN/pg_isready" -q -h "$HARNESS_DIR/sockets" -p "$PORT" && break
    sleep 1
done

[ $# -gt 0 ] || set -- $(for file in tests/regress/sql/*.sql; do basename "$file" .sql; done)
as_postgres "$PG_BIN/pg_regress" --inputdir="$HARNESS_DIR/regress" --outputdir="$HARNESS_DIR/regress" --bindir="$PG_BIN" \
    --host="$HARNESS_DIR/sockets" --port="$PORT" --user=postgres --load-extension=marc "$@" >"$HARNESS_DIR/regress.out" 2>&1
for name in "$@"; do
    ok "$name.sql gives what is expected under valgrind" diff -u "$HARNESS_DIR/regress/expected/$name.out" "$HARNESS_DIR/regress/results/$name.out"
done
is "valgrind found nothing" "$(grep -h -A 25 FOUND-BEGIN "$HARNESS_DIR"/log/*.valgrind 2>/dev/null | head -n 100)" ""
done_testing
