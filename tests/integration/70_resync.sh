#!/usr/bin/env bash
# Comparing a source with its mirror, and repairing it, while staff work at full speed: exactly what differs is named and mended,
# nothing else; also after a slot was dropped or the binary log was emptied, and after a kill in the middle.
#   ROUNDS=20 70_resync.sh
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh
ROUNDS=${ROUNDS:-3}

harness_begin resync
LIBRARY_FSYNC=off
library_start 400 && library_connect >"$HARNESS_DIR/log/connect" 2>&1 || { cat "$HARNESS_DIR/log/connect"; exit 1; }

# Work without end on records 1 to 250 and on new ones; 251 to 400 are left for the damage.
koha_work() {
    python3 - <<'PY' | mariadb_root koha --force koha >/dev/null 2>&1
import itertools, random
rng = random.Random()
for n in itertools.count():
    bib, new, kind = rng.randint(1, 250), 100000 + n, rng.random()
    if kind < .4: print(f"UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', '<!-- {n} --></record>') WHERE biblionumber = {bib} AND LENGTH(metadata) < 20000;")
    elif kind < .7: print(f"UPDATE items SET itemcallnumber = 'W {n}', damaged = 1 - damaged WHERE biblionumber = {bib};")
    elif kind < .85: print(f"START TRANSACTION; INSERT INTO biblio (biblionumber, frameworkcode, title, datecreated) VALUES ({new}, '', 'w', '2026-11-01'); INSERT INTO biblioitems (biblioitemnumber, biblionumber, itemtype) VALUES ({new}, {new}, 'BK'); INSERT INTO items (itemnumber, biblionumber, biblioitemnumber, barcode, homebranch, holdingbranch, cn_source, itype) VALUES ({new}, {new}, {new}, 'N{n}', 'CPL', 'CPL', 'ddc', 'BK'); COMMIT;")
    else: print(f"DELETE FROM biblio WHERE biblionumber = {rng.randint(100000, new)};")
PY
}
evergreen_work() {
    python3 - <<'PY' | psql -X -q -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres -d evergreen >/dev/null 2>&1
import itertools, random
rng = random.Random()
for n in itertools.count():
    bib, new, kind = rng.randint(1, 250), 100000 + n, rng.random()
    if kind < .3: print(f"UPDATE biblio.record_entry SET marc = replace(marc, '</record>', '<!-- {n} --></record>') WHERE id = {bib} AND length(marc) < 20000;")
    elif kind < .5: print(f"UPDATE biblio.record_entry SET source = {rng.randint(1, 3)} WHERE id = {bib};")
    elif kind < .7: print(f"UPDATE asset.copy SET barcode = 'R{n}', copy_number = {rng.randint(1, 9)} WHERE id = {bib};")
    elif kind < .85: print(f"INSERT INTO asset.call_number (id, creator, editor, record, owning_lib, label) VALUES ({new}, 1, 1, {bib}, 1, 'W {n}');")
    else: print(f"BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM asset.call_number WHERE id = {rng.randint(100000, new)}; COMMIT;")
PY
}
work_start() {
    koha_work &
    KOHA_WORK=$!
    evergreen_work &
    EVERGREEN_WORK=$!
}
work_stop() {
    # The servers' clients end with their input.
    pkill -P "$KOHA_WORK" 2>/dev/null
    pkill -P "$EVERGREEN_WORK" 2>/dev/null
    wait "$KOHA_WORK" "$EVERGREEN_WORK" 2>/dev/null
    return 0
}
before_harness_end() {
    [ -n "${KOHA_WORK:-}" ] && work_stop
    [ -n "${DAEMON_PID:-}" ] && [ "$HARNESS_KEEP" != yes ] && daemon_kill
    return 0
}

# Damage to the mirror, and what a comparison must say of it: `table key kind`.
damage_koha() { # ROUND
    local n=$((251 + $1 * 3 % 140))
    preservation -c "BEGIN; DELETE FROM koha_main.biblio_metadata WHERE biblionumber = $n;
        UPDATE koha_main.biblio_metadata SET metadata = metadata || ' ' WHERE biblionumber = $n + 1;
        UPDATE koha_main.items SET itemcallnumber = NULL, barcode = 'wrong' WHERE biblionumber = $n + 2;
        INSERT INTO koha_main.biblio (biblionumber, frameworkcode) VALUES (90000000 + $1, 'X'), (-$1 - 1, 'Y');
        DELETE FROM koha_main.auth_header WHERE authid = $((1 + $1 % 90)); COMMIT" >/dev/null
    {
        koha -N -B -e "SELECT CONCAT('biblio_metadata ', id, ' missing') FROM biblio_metadata WHERE biblionumber = $n
            UNION ALL SELECT CONCAT('biblio_metadata ', id, ' different') FROM biblio_metadata WHERE biblionumber = $n + 1
            UNION ALL SELECT CONCAT('items ', itemnumber, ' different') FROM items WHERE biblionumber = $n + 2
            UNION ALL SELECT CONCAT('auth_header ', authid, ' missing') FROM auth_header WHERE authid = $((1 + $1 % 90))"
        echo "biblio $((90000000 + $1)) extra"
        echo "biblio $((-$1 - 1)) extra"
    } | sort
}
damage_evergreen() {
    local n=$((251 + $1 * 3 % 140))
    preservation -c "BEGIN; DELETE FROM evergreen.biblio_record_entry WHERE id = $n;
        UPDATE evergreen.biblio_record_entry SET marc = NULL WHERE id = $n + 1;
        UPDATE evergreen.asset_copy SET barcode = 'wrong' WHERE id = $n + 2;
        INSERT INTO evergreen.asset_copy (id, barcode) VALUES (90000000 + $1, 'x'); COMMIT" >/dev/null
    {
        evergreen -At -c "SELECT 'biblio_record_entry ' || id || ' missing' FROM biblio.record_entry WHERE id = $n
            UNION ALL SELECT 'biblio_record_entry ' || id || ' different' FROM biblio.record_entry WHERE id = $n + 1
            UNION ALL SELECT 'asset_copy ' || id || ' different' FROM ONLY asset.copy WHERE id = $n + 2"
        echo "asset_copy $((90000000 + $1)) extra"
    } | sort
}
last_run() { preservation -c "SELECT max(run_id) FROM report.source_check WHERE source = '$1'"; }
found() { preservation -F ' ' -c "SELECT table_name, key, kind FROM report.source_difference WHERE run_id = $(last_run "$1")" | sort; }
unsettled() { preservation -c "SELECT unsettled FROM report.source_check WHERE run_id = $(last_run "$1")"; }

daemon_start
ok "the first copies arrive" settled 120
ea source verify koha_main --wait >"$HARNESS_DIR/log/verify.out" 2>&1
is "verify of an undamaged mirror: exit code 0" $? 0
like "it says how much it compared" "$(cat "$HARNESS_DIR/log/verify.out")" 'compared [0-9,]+ rows: 0 differ'
ok "and so for the other source" ea source verify evergreen --wait

work_start
for ((round = 0; round < ROUNDS; round++)); do
    for source in koha_main evergreen; do
        "damage_${source%_main}" "$round" >"$HARNESS_DIR/wanted.$source"
        timeout 120 "$EVERARCHIVE" --database service=preservation source verify "$source" --wait >"$HARNESS_DIR/log/verify.out" 2>&1
        is "$source, round $round: verify ends with exit code 6" $? 6
        is "$source, round $round: it names exactly what was damaged" "$(found "$source")" "$(cat "$HARNESS_DIR/wanted.$source")"
        timeout 120 "$EVERARCHIVE" --database service=preservation source resync "$source" --wait >"$HARNESS_DIR/log/resync.out" 2>&1
        is "$source, round $round: resync ends with exit code 0" $? 0
        is "$source, round $round: it repaired exactly that" "$(found "$source")" "$(cat "$HARNESS_DIR/wanted.$source")"
        is "$source, round $round: nothing was left unsettled" "$(unsettled "$source")" 0
    done
done
work_stop
ok "all work arrives" settled 120
compare_all
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
