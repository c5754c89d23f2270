#!/usr/bin/env bash
# The examples of docs/marc.md, docs/holdings.md and docs/crosswalks.md, in their order, in a new database; TAP, a test for each block of SQL.
# Needs the current version installed, and the records that the tutorial is about.
#   docs_examples.sh
# tests/harness/examples.sh says what passes.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
source tests/harness/servers.sh
source tests/harness/tap.sh
source tests/harness/examples.sh
DATA=${EVERARCHIVE_SHARED:-../shared}/data

if [ ! -r "$DATA/marc/gpo/gpo-20000-utf8.mrc.gz" ]; then
    skip "no shared data: set EVERARCHIVE_SHARED"
    done_testing
    exit
fi

PAGES=(docs/marc.md docs/holdings.md docs/crosswalks.md)
harness_begin docs-examples
FILES=$HARNESS_DIR/marc # stands for the tutorial's /srv/marc
mkdir -p "$FILES/damaged"
zcat "$DATA/marc/gpo/gpo-20000-utf8.mrc.gz" >"$FILES/gpo.mrc"
zcat "$DATA/marc/gpo/gpo-3000-marc8.mrc.gz" >"$FILES/old.mrc"
cat "$DATA/marc/marc8-pairs/marc8_pairs.marc8.mrc" >"$FILES/pairs.marc8.mrc"
cat "$DATA/marc/marc8-pairs/marc8_pairs.utf8.mrc" >"$FILES/pairs.utf8.mrc"
cat "$DATA/ils/marc/unimarc_sudoc.mrc" >"$FILES/sudoc.mrc"
while IFS= read -r file; do
    name=$(basename "$file")
    # Two of the test suites have a one.dat.
    if [ -e "$FILES/damaged/$name" ]; then name=$(basename "$(dirname "$file")")-$name; fi
    cat "$file" >"$FILES/damaged/$name"
done < <(find "$DATA/marc/damaged" -type f -name '*.*' ! -name '*.xml' ! -name '*.json' ! -name '*.txt' | LC_ALL=C sort)
chmod -R a+rX "$FILES"

pg_start docs "fsync = off" "full_page_writes = off" "max_wal_size = 4GB" "maintenance_work_mem = 256MB" || exit 1
pg docs postgres -c 'CREATE DATABASE catalogue'
pg docs catalogue -c 'CREATE EXTENSION marc'
VERSION=$(pg docs postgres -At -c "SELECT current_setting('server_version_num')::integer / 10000")

# run BLOCK [OPTION…]: what psql prints, messages included; each statement is a transaction of its own
run() {
    local block=$1
    shift
    sed "s|/srv/marc/|$FILES/|g" "$block" |
        psql -X -v ON_ERROR_STOP=1 -h "$HARNESS_DIR/sockets" -p "${PG_PORT[docs]}" -U postgres -d catalogue "$@" 2>&1
    return "${PIPESTATUS[1]}"
}

for page in "${PAGES[@]}"; do
    run_examples "$page" "$HARNESS_DIR/blocks/$(basename "$page")" "$VERSION"
done
done_testing
