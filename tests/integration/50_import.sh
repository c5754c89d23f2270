#!/usr/bin/env bash
# everarchive import: a MARC file becomes entities with versions; a broken record is reported and kept; a second import of the same
# file changes nothing, one of a changed file makes versions of what changed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/tap.sh

harness_begin import
LIBRARY_FSYNC=off
library_start 5 && preservation_start >/dev/null || exit 1
# records NOTE: 300 records; the one without a title of its own says NOTE.
records() {
    preservation -c "SELECT encode(string_agg(marc_to_iso2709(('=LDR  00000nam a2200000 a 4500' || E'\n=001  b' || i || E'\n=245  10\$aTitle ' || i
        || CASE WHEN i = 17 THEN E'\n=500  \\\\\\\\\$a$1' ELSE '' END)::marc), '' ORDER BY i), 'hex') FROM generate_series(1, 300) i" |
        python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read().strip()))'
}
{ records first; printf '00099nam a2200049 a 4500 not a record\x1d'; } >"$HARNESS_DIR/batch.mrc"
versions() { preservation -c "SELECT count(*) FROM everarchive.version JOIN everarchive.entity USING (entity_id) JOIN everarchive.source USING (source_id) WHERE name = 'vendor'"; }

output=$(ea import "$HARNESS_DIR/batch.mrc" --source vendor 2>&1)
is "every record is an entity with a version" "$(versions)" 300
is "a key is the control number" "$(preservation -c "SELECT record ->> '245\$a' FROM everarchive.entity WHERE kind = 'bib' AND key = 'b42'")" "Title 42"
is "the broken one is in quarantine with its bytes" "$(preservation -c "SELECT count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL AND convert_from(bytes, 'UTF8') LIKE '%not a record%'")" 1
like "and is reported" "$output" '1'
ea import "$HARNESS_DIR/batch.mrc" --source vendor >/dev/null 2>&1
is "the same file again makes no version" "$(versions)" 300
records second >"$HARNESS_DIR/batch.mrc"
ea import "$HARNESS_DIR/batch.mrc" --source vendor >/dev/null 2>&1
is "a changed record makes one" "$(versions)" 301
is "and it is the changed one" "$(preservation -c "SELECT n FROM everarchive.entity WHERE kind = 'bib' AND key = 'b17'")" 2
output=$(ea import "$HARNESS_DIR/nowhere.mrc" --source vendor 2>&1)
is "a file that is not there is an error" $? 1
like "that names it" "$output" 'nowhere\.mrc'
done_testing
