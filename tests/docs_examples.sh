#!/usr/bin/env bash
# The examples of docs/marc.md and docs/holdings.md, in their order, in a new database; TAP, a test for each block of SQL.
# Needs the current version installed, and the records that the tutorial is about.
#   docs_examples.sh
#
# A block passes when it raises no error and, if a block of output follows it, prints that: with a line under the headings
# what psql prints, without one what psql -At prints. What … stands for at the end of a line does not count, nor blanks
# there. PostgreSQL's own output differs between versions, so output is compared on 15 only, which the tutorial names.
# A comment before a block says what else there is:
#   <!-- expect error -->       the block raises the error that is printed below it
#   <!-- not run: REASON -->    it needs what the test has not
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
source tests/harness/servers.sh
source tests/harness/tap.sh
DATA=${EVERARCHIVE_SHARED:-../shared}/data

if [ ! -r "$DATA/marc/gpo/gpo-20000-utf8.mrc.gz" ]; then
    skip "no shared data: set EVERARCHIVE_SHARED"
    done_testing
    exit
fi

PAGES=(docs/marc.md docs/holdings.md)
harness_begin docs-examples
FILES=$HARNESS_DIR/marc # stands for the tutorial's /srv/marc
BLOCKS=$HARNESS_DIR/blocks
mkdir -p "$FILES/damaged" "$BLOCKS"
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

# Each block as NNNN.sql, with its page and line in NNNN.line, its comment in NNNN.mark and its output, if any, in NNNN.out.
awk -v folder="$BLOCKS" '
    function name(suffix) { return sprintf("%s/%04d.%s", folder, n, suffix) }
    file != "" { if (/^```$/) { close(file); after_sql = file ~ /sql$/; file = "" } else print >file; next }
    /^```sql$/ { n++; file = name("sql"); print FILENAME " " FNR >name("line"); print mark >name("mark"); mark = ""; next }
    /^```$/ && after_sql { file = name("out"); printf "" >file; after_sql = 0; next }
    /^```/ { file = "/dev/null" }
    { after_sql = 0 }
    /^<!-- / { mark = $0; next }
    NF { mark = "" }
' "${PAGES[@]}"

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

# same WANTED GOT
same() {
    awk '
        { sub(/ +$/, "") }
        FNR == 1 { files++ }
        files == 1 { wanted[FNR] = $0; if ($0 != "") last = FNR; next }
        $0 != "" { got_last = FNR }
        { line = wanted[FNR]
          if (sub(/ *…$/, "", line) ? index($0, line) != 1 : $0 != line) { print "wanted: " wanted[FNR]; print "got:    " $0; bad = 1 } }
        END { if (got_last != last) print "wanted " last + 0 " lines, got " got_last + 0
              exit bad || got_last != last }
    ' "$1" "$2"
}

for sql in "$BLOCKS"/*.sql; do
    block=${sql%.sql}
    mark=$(cat "$block.mark")
    name="$(cat "$block.line"): $(head -n 1 "$sql")"
    if [[ $mark == *'not run'* ]]; then
        skip "$name ${mark//[<>!]/}"
        continue
    fi
    format=()
    if [ -f "$block.out" ] && ! grep -qE '^-[-+]+( …)?$' "$block.out"; then format=(-At); fi
    run "$sql" "${format[@]}" >"$block.got"
    status=$?
    if [[ $mark == *'expect error'* ]]; then status=$((status == 0)); fi
    if [ "$status" != 0 ]; then
        ok "$name" eval "cat '$block.got'; false"
    elif [ "$VERSION" = 15 ] && [ -f "$block.out" ]; then
        ok "$name" same "$block.out" "$block.got"
    else
        ok "$name" true
    fi
done
is "each block was run" "$TAP_RUN" "$(cat "${PAGES[@]}" | grep -c '^```sql$')"
done_testing
