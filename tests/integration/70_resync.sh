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

# An adapter for keys of text, of several columns and of numbers, and for types that change the text of a value.
mkdir -p "$HARNESS_DIR/adapters"
cp -r "${EVERARCHIVE_ADAPTERS:-adapters}"/* "$HARNESS_DIR/adapters"
for system in postgresql mariadb; do
    of= && [ "$system" = postgresql ] && of=public.
    mkdir "$HARNESS_DIR/adapters/keys_$system"
    cat >"$HARNESS_DIR/adapters/keys_$system/mirror.sql" <<SQL
-- title: keys of all kinds
-- system: $system
CREATE TABLE ${of}kt (code text PRIMARY KEY, value text, n numeric, j jsonb, c text, t timestamp with time zone);
COMMENT ON TABLE ${of}kt IS 'keys of text. Touches: object (code).';
CREATE TABLE ${of}kc (a integer, b text, v text, PRIMARY KEY (a, b));
COMMENT ON TABLE ${of}kc IS 'keys of two columns. Touches: nothing.';
CREATE TABLE ${of}ku (a bigint, b integer, v text, flag boolean, PRIMARY KEY (a, b));
COMMENT ON TABLE ${of}ku IS 'keys of two numbers. Touches: nothing.';
SQL
    cat >"$HARNESS_DIR/adapters/keys_$system/mapping.sql" <<SQL
CREATE VIEW object AS
SELECT k.code AS key1, NULL::text AS parent_key, NULL::marc AS record, NULL::text AS problem, NULL::bytea AS captured, 'none'::text AS format,
       jsonb_build_object('value', k.value) AS attributes, false AS deleted
FROM ${of/./_}kt k;
COMMENT ON VIEW object IS 'rows of kt';
SQL
done
chmod -R a+rX "$HARNESS_DIR/adapters"
export EVERARCHIVE_ADAPTERS=$HARNESS_DIR/adapters

library_start 400 && library_connect >"$HARNESS_DIR/log/connect" 2>&1 || { cat "$HARNESS_DIR/log/connect"; exit 1; }

mariadb_root koha <<'SQL'
CREATE DATABASE k CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE k;
CREATE TABLE k.kt (code varchar(60) PRIMARY KEY, value longtext, n decimal(8,3), j longtext, c char(6), t timestamp NULL);
CREATE TABLE k.kc (a int, b varchar(40) CHARACTER SET latin1, v text, PRIMARY KEY (a, b));
CREATE TABLE k.ku (a bigint, b int, v text, flag tinyint, PRIMARY KEY (a, b));
INSERT INTO k.kt SELECT CONCAT(ELT(1 + seq MOD 5, 'Ä', 'a', 'Z', 'ß:', '_'), seq), CONCAT('value ', seq), seq / 3, CONCAT('{"b":', seq, ', "a": [1,2]}'), CONCAT('c', seq MOD 9), '2026-01-01 12:00:00' FROM seq_1_to_6000;
INSERT INTO k.kc SELECT seq MOD 7, CONCAT(ELT(1 + seq MOD 4, 'é', 'E', 'b:', ' '), seq), REPEAT('x', seq MOD 50) FROM seq_1_to_6000;
INSERT INTO k.ku SELECT seq MOD 11 * 9000000000, CAST(seq AS SIGNED) - 3000, CONCAT('v', seq), seq MOD 2 FROM seq_1_to_6000;
GRANT SELECT ON k.* TO everarchive@'127.0.0.1';
SQL
sed 's/\[koha\]/[keys]/; s/database=koha/database=k/' "$HARNESS_DIR/my.cnf" >"$HARNESS_DIR/keys.cnf" && chmod 600 "$HARNESS_DIR/keys.cnf"
pg pg postgres -c 'CREATE DATABASE k'
pg pg k <<'SQL'
CREATE TABLE kt (code text COLLATE "en-x-icu" PRIMARY KEY, value text, n numeric, j json, c char(6), t timestamptz);
CREATE TABLE kc (a integer, b varchar(40), v text, PRIMARY KEY (a, b));
CREATE TABLE ku (a bigint, b integer, v text, flag boolean, PRIMARY KEY (a, b));
INSERT INTO kt SELECT (ARRAY['Ä', 'a', 'Z', 'ß:', '_'])[1 + g % 5] || g, 'value ' || g, g / 3.0, json_build_object('b', g, 'a', '[1,2]'::json), 'c' || g % 9, '2026-01-01 12:00:00+01' FROM generate_series(1, 6000) g;
INSERT INTO kc SELECT g % 7, (ARRAY['é', 'E', 'b:', ' '])[1 + g % 4] || g, repeat('x', g % 50) FROM generate_series(1, 6000) g;
INSERT INTO ku SELECT g % 11 * 9000000000, g - 3000, 'v' || g, g % 2 = 1 FROM generate_series(1, 6000) g;
GRANT CONNECT, CREATE ON DATABASE k TO everarchive_capture;
GRANT SELECT ON kt, kc, ku TO everarchive_capture;
CREATE PUBLICATION everarchive_keys_postgresql FOR TABLE kt, kc, ku;
SQL
printf '%s\n' '[k]' host=127.0.0.1 "port=${PG_PORT[pg]}" dbname=k user=everarchive_capture '' >>"$HARNESS_DIR/pg_service.conf"
{
    ea source add keys_mariadb --adapter keys_mariadb --from "mariadb:defaults-group=keys,defaults-file=$HARNESS_DIR/keys.cnf,server-id=777" &&
        ea source add keys_postgresql --adapter keys_postgresql --from postgresql:service=k
} >"$HARNESS_DIR/log/connect" 2>&1 || { cat "$HARNESS_DIR/log/connect"; exit 1; }

# Work without end on records 1 to 250 and on new ones; 251 to 400 are left for the damage.
koha_work() {
    python3 - <<'PY' | mariadb_root koha --force koha >/dev/null 2>&1
import itertools, random
rng = random.Random()
for n in itertools.count():
    bib, new, kind = rng.randint(1, 250), 100000 + n, rng.random()
    note = f'<datafield tag="500" ind1=" " ind2=" "><subfield code="a">{n}</subfield></datafield></record>'
    if kind < .4: print(f"UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', '{note}') WHERE biblionumber = {bib} AND LENGTH(metadata) < 20000;")
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
    note = f'<datafield tag="500" ind1=" " ind2=" "><subfield code="a">{n}</subfield></datafield></record>'
    if kind < .3: print(f"UPDATE biblio.record_entry SET marc = replace(marc, '</record>', '{note}') WHERE id = {bib} AND length(marc) < 20000;")
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
    KOHA_WORK=
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
streams() { [ "$(preservation -c "SELECT state FROM everarchive.source WHERE name = '$1'")" = streaming ]; }
unsettled() { preservation -c "SELECT unsettled FROM report.source_check WHERE run_id = $(last_run "$1")"; }

daemon_start
ok "the first copies arrive" settled 120
ea source verify koha_main --wait >"$HARNESS_DIR/log/verify.out" 2>&1
is "verify of an undamaged mirror: exit code 0" $? 0
like "it says how much it compared" "$(cat "$HARNESS_DIR/log/verify.out")" 'compared [0-9,]+ rows: 0 differ'
ok "and so for the other source" ea source verify evergreen --wait

# Keys of text are in another order in each server, and cases and accents are equal in one of them.
check() { timeout 120 "$EVERARCHIVE" --database service=preservation source "$@" --wait; }
for system in mariadb postgresql; do
    source=keys_$system && of= && [ "$system" = postgresql ] && of=public_
    ok "$source: the copy arrives" wait_for 60 streams "$source"
    check verify "$source" >"$HARNESS_DIR/log/verify.out" 2>&1
    is "$source: nothing differs, whatever a type makes of a text" "$? $(grep -oE '[0-9,]+ rows: [0-9]+ differ' "$HARNESS_DIR/log/verify.out")" "0 18,000 rows: 0 differ"
    preservation >/dev/null <<SQL
BEGIN;
DELETE FROM $source.${of}kt WHERE code IN ('Ä10', 'Z7', 'ß:3');
INSERT INTO $source.${of}kt (code) VALUES ('z7'), ('ä10'), ('"x''\\');
UPDATE $source.${of}kt SET n = n + 1, j = '{}' WHERE code = 'a11';
UPDATE $source.${of}kt SET c = 'x' WHERE code = '_9';
DELETE FROM $source.${of}kc WHERE v = '' AND a = 1;
INSERT INTO $source.${of}kc VALUES (3, 'b:"', 'x');
UPDATE $source.${of}ku SET v = NULL WHERE (a, b) = (9000000000, -2999);
INSERT INTO $source.${of}ku VALUES (-1, 1, 'x', NULL);
COMMIT;
SQL
    {
        printf "${of}kt %s missing\n" Ä10 Z7 ß:3
        printf "${of}kt %s extra\n" z7 ä10 "\"x'\\"
        printf "${of}kt %s different\n" a11 _9
        printf "${of}ku %s\n" '9000000000:-2999 different' '-1:1 extra'
        printf "${of}kc %s\n" '3:b:" extra'
        pg pg k -At -c "SELECT '${of}kc 1:' || b || ' missing' FROM kc WHERE v = '' AND a = 1"
    } | sort >"$HARNESS_DIR/wanted"
    check verify "$source" >/dev/null 2>&1
    is "$source: exactly the damaged keys are named" "$(found "$source")" "$(cat "$HARNESS_DIR/wanted")"
    is "$source: and the columns that differ" "$(preservation -c "SELECT string_agg(columns::text, ' ' ORDER BY key) FROM report.source_difference WHERE run_id = $(last_run "$source") AND kind = 'different' AND table_name = '${of}kt'")" "{c} {n,j}"
    ok "$source: resync" check resync "$source"
    ok "$source: nothing differs any more" check verify "$source"
    preservation -c "UPDATE $source.${of}ku SET v = 'wrong' WHERE a = 0" >/dev/null
    check verify "$source" --table ${of}ku --from 0:100 --to 0:300 >/dev/null 2>&1
    is "$source: a range of keys is compared and no other" \
        "$(preservation -c "SELECT count(*), bool_and(split_part(key, ':', 2)::int BETWEEN 100 AND 300) FROM report.source_difference WHERE run_id = $(last_run "$source")")" \
        "$(pg pg k -At -c "SELECT count(*), true FROM ku WHERE a = 0 AND b BETWEEN 100 AND 300")"
    ok "$source: one table is repaired" check resync "$source" --table ${of}ku
    is "$source: all of it" "$(preservation -c "SELECT count(*) FROM $source.${of}ku WHERE v = 'wrong'")" 0
done

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

# A part of a row whose rest the mirror has not: the source sends no unchanged TOAST value.
evergreen -c "UPDATE biblio.record_entry SET marc = replace(marc, '</record>', '<datafield tag=\"500\" ind1=\" \" ind2=\" \"><subfield code=\"a\">' || (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 400) g) || '</subfield></datafield></record>') WHERE id IN (395, 396)"
long_arrived() { [ "$(preservation -c "SELECT count(*) FROM evergreen.biblio_record_entry WHERE id IN (395, 396) AND length(marc) > 10000")" = 2 ]; }
ok "long records arrive" wait_for 60 long_arrived
preservation -c "DELETE FROM evergreen.biblio_record_entry WHERE id IN (395, 396)" >/dev/null
evergreen -c "UPDATE biblio.record_entry SET source = 2, tcn_source = 'refetched' WHERE id IN (395, 396)"
read_again() { [ "$(preservation -c "SELECT count(*) FROM evergreen.biblio_record_entry WHERE id IN (395, 396) AND tcn_source = 'refetched' AND length(marc) > 10000")" = 2 ]; }
ok "rows of which only a part comes are read again from the source" wait_for 60 read_again
quiet_quarantine() { [ "$(preservation -c 'SELECT count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL')" = 0 ]; }
ok "and leave the quarantine" wait_for 60 quiet_quarantine
# The case of such a row that a cascade without a word in the log has then taken from both sides.
daemon_stop
preservation -c "INSERT INTO everarchive.quarantine (source_id, stage, table_name, operation, key, bytes, message)
    SELECT source_id, 'apply', 'biblio_record_entry', 'update', '99999999', convert_to('{\"table\":\"biblio_record_entry\",\"operation\":\"update\",\"cells\":{\"id\":\"99999999\",\"tcn_source\":\"gone\"}}', 'UTF8'),
           'the source sent only what changed of a row whose rest the mirror does not have' FROM everarchive.source WHERE name = 'evergreen'" >/dev/null
daemon_start
ok "so does one that neither side has any more" wait_for 60 quiet_quarantine

# Nor do rows that cannot be read again hold up those of another table.
evergreen -c 'REVOKE SELECT ON asset.copy FROM everarchive_capture' \
    -c "DO \$\$ BEGIN EXECUTE (SELECT format('REVOKE SELECT (%s) ON asset.copy FROM everarchive_capture', string_agg(quote_ident(attname), ', ')) FROM pg_attribute WHERE attrelid = 'asset.copy'::regclass AND attnum > 0 AND NOT attisdropped); END \$\$"
daemon_stop
preservation -c "INSERT INTO everarchive.quarantine (source_id, stage, table_name, operation, key, bytes, message)
    SELECT source_id, 'apply', t, 'update', key, convert_to(format('{\"table\":\"%s\",\"operation\":\"update\",\"cells\":{\"id\":\"%s\"}}', t, key), 'UTF8'),
           'the source sent only what changed of a row whose rest the mirror does not have'
    FROM everarchive.source, unnest('{asset_copy,biblio_record_entry}'::text[]) t, generate_series(391, 396) key WHERE name = 'evergreen' ORDER BY t" \
    -c 'DELETE FROM evergreen.biblio_record_entry WHERE id BETWEEN 391 AND 396' >/dev/null
daemon_start
records_read_again() { [ "$(preservation -c 'SELECT count(*) FROM evergreen.biblio_record_entry WHERE id BETWEEN 391 AND 396')" = 6 ]; }
ok "rows that cannot be read again do not hold up others" wait_for 60 records_read_again
is "they stay in quarantine" "$(preservation -c 'SELECT table_name, count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL GROUP BY 1')" "asset_copy|6"
evergreen -c "$(ea source check evergreen 2>/dev/null | grep -oE 'GRANT SELECT \(.*\) ON asset.copy TO everarchive_capture')"
daemon_stop
daemon_start
ok "when they can, they are" wait_for 60 quiet_quarantine

# Keys that the source has and the mirror's column cannot hold, at the ends of pieces as well.
koha -e "INSERT INTO auth_header (authid, authtypecode, marcxml) SELECT 18446744073709000000 + seq, 'TOPIC_TERM', '' FROM seq_1_to_25"
are_in_quarantine() { [ "$(preservation -c "SELECT count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL AND table_name = 'auth_header'")" = 25 ]; }
ok "keys that the mirror cannot hold are in quarantine" wait_for 60 are_in_quarantine
ea source set koha_main chunk_rows 10 >/dev/null
ok "a resync gets past them" check resync koha_main
ok "they have one case each" are_in_quarantine
check verify koha_main >/dev/null 2>&1
is "a comparison says that the mirror has not those, and that it has all others" "$(found koha_main)" "$(seq 18446744073709000001 18446744073709000025 | sed 's/.*/auth_header & missing/')"
ea source set koha_main chunk_rows 2000 >/dev/null
koha -e 'DELETE FROM auth_header WHERE authid > 18446744073709000000'
ok "when they are gone, so are their cases" wait_for 60 quiet_quarantine

# A mirror table that is not the adapter's any more stops alone.
table_state() { preservation -c "SELECT string_agg(table_name || ' ' || state, ' ') FROM report.source_table WHERE source = 'evergreen'"; }
stopped_alone() { [ "$(table_state)" = "asset_copy stopped" ]; }
preservation -c 'ALTER TABLE evergreen.asset_copy RENAME COLUMN barcode TO barcode_lost' >/dev/null
evergreen -c "UPDATE asset.copy SET barcode = 'while stopped' WHERE id = 300"
ok "a table whose mirror lacks a column is stopped" wait_for 60 stopped_alone
evergreen_note 301 "others go on"
others_go_on() { [ "$(preservation -c "SELECT count(*) FROM evergreen.biblio_record_entry WHERE id = 301 AND marc LIKE '%others go on%'")" = 1 ]; }
ok "the other tables go on" wait_for 60 others_go_on
like "status says so" "$(ea status)" 'table asset_copy is not followed'
like "and what mends it" "$(ea status)" 'source resync evergreen --table asset_copy'
preservation -c 'ALTER TABLE evergreen.asset_copy RENAME COLUMN barcode_lost TO barcode' >/dev/null
ok "mended, the table is compared and repaired" check resync evergreen --table asset_copy
is "and is followed again" "$(table_state)" ""
is "what it missed is there" "$(preservation -c 'SELECT barcode FROM evergreen.asset_copy WHERE id = 300')" "while stopped"

# The position is lost while staff go on working.
state_of() { preservation -c "SELECT state FROM everarchive.source WHERE name = '$1'"; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
run_over() { [ "$(preservation -c "SELECT state FROM report.source_check WHERE run_id = $(last_run "$1")")" = finished ]; }
daemon_stop
sleep 1 # work that nobody reads
evergreen -c "SELECT pg_drop_replication_slot('everarchive_evergreen')" >/dev/null
koha -e 'FLUSH BINARY LOGS; FLUSH BINARY LOGS'
mariadb_root koha -e "PURGE BINARY LOGS TO '$(mariadb_root koha -N -B -e 'SHOW BINARY LOGS' | tail -n 1 | cut -f1)'"
versions_before=$(preservation -c 'SELECT max(version_id) FROM everarchive.version')
daemon_start
ok "a dropped slot is noticed" wait_for 60 is_state evergreen position_lost
ok "a purged binary log is noticed" wait_for 60 is_state koha_main position_lost
like "a table alone cannot be repaired then" "$(ea source resync koha_main --table items 2>&1)" 'has lost its position'
ok "koha: resync repairs it by comparison" check resync koha_main
ok "evergreen: likewise" check resync evergreen
is "koha: followed again" "$(state_of koha_main)" streaming
is "every table has been compared" "$(preservation -c "SELECT count(*) FROM everarchive.source_table WHERE state <> 'ok'")" 0
is "records that did not change have no new version" "$(preservation -c "SELECT count(*) FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id)
    WHERE v.version_id > $versions_before AND s.name IN ('koha_main', 'evergreen') AND e.kind = 'bib' AND e.key::bigint BETWEEN 302 AND 394")" 0
work_stop
ok "all work arrives" settled 120
compare_all

# By itself, if it is told to, and whatever kills the program in the middle.
preservation -c "SELECT everarchive.source_set('evergreen', 'on_position_lost', 'resync')" >/dev/null
preservation -c "SELECT everarchive.source_set('evergreen', 'resync_rows_per_second', '500'), everarchive.source_set('evergreen', 'chunk_rows', '50')" >/dev/null
daemon_stop
evergreen -c "SELECT pg_drop_replication_slot('everarchive_evergreen')" >/dev/null
evergreen -c "UPDATE asset.copy SET barcode = 'lost ' || id; DELETE FROM authority.record_entry WHERE id % 7 = 0"
daemon_start
run_is() { [ "$(preservation -c "SELECT state FROM everarchive.source_check_run WHERE run_id = $(last_run evergreen)")" = "$1" ]; }
ok "a lost position is repaired without being asked" wait_for 60 run_is running
preservation -c "SELECT everarchive.source_check_cancel($(last_run evergreen))" >/dev/null
ok "a repair that is cancelled" wait_for 30 run_is cancelled
health() { preservation -c "SELECT grade || ': ' || what FROM report.source_health WHERE source = 'evergreen'"; }
like "leaves what is critical" "$(health)" 'critical: changes of .* may be missing'
ea source resync evergreen >/dev/null
is "until another one is on its way" "$(health | grep -c 'may be missing')" 0
work_start
for kill in 1 2 3 4 5 6; do
    sleep "$((RANDOM % 3)).$((RANDOM % 10))"
    daemon_kill
    daemon_start
done
ok "a repair goes on whatever kills the program" wait_for 180 run_over evergreen
is "the run was throttled to pieces of 50 rows" "$(preservation -c "SELECT chunks > 20 FROM everarchive.source_check_run WHERE run_id = $(last_run evergreen)")" t
work_stop
ok "all work arrives" settled 120
compare_all
daemon_stop
is "the program stops with exit code 0" $? 0
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
