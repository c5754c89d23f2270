#!/usr/bin/env bash
# pg_regress over the installed extensions, on a private server; TAP, one line a file.
#   run.sh BUILD_FOLDER
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/tap.sh

harness_begin regress
pg_start pg "fsync = off" || exit 1
cp -r tests/regress "$HARNESS_DIR/regress"
chmod -R a+rwX "$HARNESS_DIR/regress"
PG_REGRESS=$(ls -d /usr/lib/postgresql/*/lib/pgxs/src/test/regress/pg_regress | sort -V | tail -n 1)
as_postgres env PGHOST="$HARNESS_DIR/sockets" PGPORT="${PG_PORT[pg]}" "$PG_REGRESS" --inputdir="$HARNESS_DIR/regress" \
    --outputdir="$HARNESS_DIR/regress" --bindir="$PG_BIN" --host="$HARNESS_DIR/sockets" --port="${PG_PORT[pg]}" --user=postgres --load-extension=marc \
    $(for file in tests/regress/sql/*.sql; do basename "$file" .sql; done) >"$HARNESS_DIR/regress.out" 2>&1
for file in tests/regress/sql/*.sql; do
    name=$(basename "$file" .sql)
    ok "$name.sql gives what is expected" diff -u "$HARNESS_DIR/regress/expected/$name.out" "$HARNESS_DIR/regress/results/$name.out"
done
done_testing
