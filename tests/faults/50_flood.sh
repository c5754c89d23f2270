#!/usr/bin/env bash
# Fault 22 of README.md: floods. Rows by the hundred that cannot be applied, a mapping that fails for every key, an archive that is
# away: capture goes on, the other source is not disturbed, and what waited follows when the cause is mended.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

harness_begin flood
LIBRARY_FSYNC=off
library_start 100 && library_connect >"$HARNESS_DIR/log/connect" || exit 1
RECORD='<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nz  a2200000n  4500</leader></record>'

open_cases() { preservation -c "SELECT count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL AND stage = '$1'"; }
cases() { [ "$(open_cases "$1")" = "$2" ]; }
mirror_has() { [ "$(preservation -c "SELECT count(*) FROM koha_main.items WHERE itemcallnumber = '$1'")" != 0 ]; }
evergreen_has() { [ "$(preservation -c "SELECT count(*) FROM everarchive.version WHERE position(convert_to('$1', 'UTF8') IN captured) > 0")" != 0 ]; }
waiting() { preservation -c "SELECT count(*) FROM everarchive.submission WHERE state NOT IN ('verified', 'anchored')"; }

daemon_start
ok "the first copy arrives" delivered 120

# 500 rows in one transaction that fit no bigint, and good ones before and behind them.
koha -e "START TRANSACTION; UPDATE items SET itemcallnumber = 'before the flood' WHERE itemnumber = 4;
    INSERT INTO auth_header (authid, authtypecode, marcxml) SELECT 18446744073709000000 + seq, 'TOPIC_TERM', '$RECORD' FROM seq_1_to_500;
    UPDATE items SET itemcallnumber = 'behind the flood' WHERE itemnumber = 5; COMMIT"
koha -e "UPDATE items SET itemcallnumber = 'after the flood' WHERE itemnumber = 6"
ok "rows that cannot be applied hold nothing up" wait_for 120 mirror_has 'after the flood'
ok "what was with them in their transaction is there" mirror_has 'behind the flood'
is "each of them is a case" "$(open_cases apply)" 500
koha -e "DELETE FROM auth_header WHERE authid > 18446744073709000000"
ok "the deletes hold nothing up" settled 120
ok "and leave no case behind" wait_for 60 cases apply 0

# A mapping that fails for every key because of the data: each key is a case, and all are mapped when it is mended.
DEFINITION=$(preservation -c "SELECT pg_get_viewdef('koha_main.item')")
preservation -c "CREATE OR REPLACE VIEW koha_main.item AS SELECT key1, parent_key, record, (1 / (key1 - key1))::text AS problem, captured, format, attributes, deleted FROM (${DEFINITION%;}) x"
koha -e "UPDATE items SET itemcallnumber = 'while mapping fails' WHERE itemnumber BETWEEN 1 AND 50"
evergreen_note 7 'beside a mapping that fails'
ok "capture goes on while mapping fails for every key" wait_for 60 mirror_has 'while mapping fails'
ok "the other source is mapped" wait_for 60 evergreen_has 'beside a mapping that fails'
ok "each key is a case" wait_for 60 cases map 50
preservation -c "CREATE OR REPLACE VIEW koha_main.item AS $DEFINITION"
preservation -c "SELECT everarchive.source_remap('koha_main')" >/dev/null
ok "mended, and mapped again" settled 120
is "no case is left" "$(open_cases map)" 0

# A mapping view that is not there: nobody's data is at fault, so there is no case, and nothing is forgotten.
preservation -c 'ALTER VIEW koha_main.item RENAME TO item_away'
koha -e "UPDATE items SET itemcallnumber = 'while the view is away' WHERE itemnumber BETWEEN 1 AND 50"
evergreen_note 8 'beside a view that is away'
ok "capture goes on without the view" wait_for 60 mirror_has 'while the view is away'
ok "the other source is mapped" wait_for 60 evergreen_has 'beside a view that is away'
is "and nothing is in quarantine" "$(open_cases map)" 0
preservation -c 'ALTER VIEW koha_main.item_away RENAME TO item'
ok "when the view is there again, everything follows" settled 120

# The archive is away.
mv "$HARNESS_DIR/archive" "$HARNESS_DIR/archive.away"
for n in 21 22 23; do koha_note $n "archive away $n"; evergreen_note $n "archive away $n"; done
ok "capture and mapping go on while the archive is away" settled 120
sleep 2
ok "what it does not have waits" [ "$(waiting)" -ge 6 ]
mv "$HARNESS_DIR/archive.away" "$HARNESS_DIR/archive"
ok "it follows when the archive is back" delivered 180
is "each once" "$(preservation -c 'SELECT count(*) FROM (SELECT version_id FROM everarchive.submission GROUP BY version_id, target_id HAVING count(*) > 1) x')" 0
ok "the archive is a valid OCFL root" ea target check vault

compare_all
daemon_stop
is "the program stops on SIGTERM with exit code 0" $? 0
done_testing || { tail -n 40 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
