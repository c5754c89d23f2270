# shellcheck shell=bash
# FOLIO, DSpace and ArchivesSpace for impact.sh: each on a server that has the source's core, with the grants of its README, and what its staff write.
# Needs servers.sh, library.sh and one_source.sh; uses RECORDS, SOURCE_CORE, pgbench_load, slap_load and the peers of impact.sh.

# service_of DATABASE: a service of the source's role.
service_of() {
    printf '\n[%s]\nhost=127.0.0.1\nport=%s\ndbname=%s\nuser=everarchive_capture\n' "$1" "${PG_PORT[ils]}" "$1" >>"$HARNESS_DIR/pg_service.conf"
}
# alone SOURCE: the program follows this one, just added; the first copy arrives.
alone() {
    local other
    for other in $(preservation -c "SELECT name FROM everarchive.source WHERE name <> '$1' AND state <> 'removed'"); do ea source pause "$other" >/dev/null; done
    ea run --until-idle 2>>"$HARNESS_DIR/log/everarchive.log"
}
has_confirmed() { [ "$(pg ils postgres -Atc "SELECT confirmed_flush_lsn >= '$2' FROM pg_replication_slots WHERE slot_name = 'everarchive_$1'")" = t ]; }
postgresql_settled() { wait_for 300 has_confirmed "$1" "$(pg ils postgres -Atc 'SELECT pg_current_wal_lsn()')" && wait_for 300 mapped; } # SOURCE
# postgresql_add ADAPTER SOURCE VARIABLE RECORDS_OPTION…: the database, which has the adapter's name, and the source on it. VARIABLE is
# what the schema is made with, and given to --set if the adapter needs it.
postgresql_add() {
    local name=$1 source=$2 variable=$3 set=()
    shift 3
    [ "$name" = folio ] && set=(--set "$variable")
    pg ils postgres -c "CREATE DATABASE $name"
    pg ils "$name" -v "$variable" -f "tests/harness/${name}_schema.sql" >/dev/null &&
        python3 "tests/harness/${name}_records.py" "$@" --count "$RECORDS" >"$HARNESS_DIR/$name.sql" &&
        pg ils "$name" -f "$HARNESS_DIR/$name.sql" >/dev/null && adapter_grants "$name" | pg ils "$name" >/dev/null && service_of "$name" &&
        ea source add "$source" --adapter "$name" --from "postgresql:service=$name" "${set[@]}" >/dev/null && alone "$source"
}
has_read() { [ "$(preservation -c "SELECT split_part(p.position, '|', 1) FROM everarchive.source_progress p JOIN everarchive.source s USING (source_id) WHERE s.name = '$1'")" = "$2" ]; }

# ---- FOLIO: 4 of 10 a checkout, 3 a MARC record saved as a row of the next generation, 3 an item edited. ---------------------------
folio_add() {
    postgresql_add folio folio_diku tenant=diku --tenant diku || return 1
    # Each client has its own records: two that save the same one at once would be refused, as in FOLIO.
    cat >"$HARNESS_DIR/folio_checkout.sql" <<SQL
\set id 1 + :client_id + 4 * random(0, $RECORDS / 4 - 1)
\set status random(0, 1)
UPDATE diku_mod_inventory_storage.item SET jsonb = jsonb_set(jsonb, '{status,name}', CASE :status WHEN 0 THEN '"Available"' ELSE '"Checked out"' END::jsonb)
    WHERE id = ('00000007-0000-4000-8000-' || lpad(to_hex(:id), 12, '0'))::uuid;
SQL
    cat >"$HARNESS_DIR/folio_save.sql" <<SQL
\set id 1 + 2 * (:client_id + 4 * random(0, $RECORDS / 8 - 1))
\set n random(1, 1000000)
WITH old AS (UPDATE diku_mod_source_record_storage.records_lb SET state = 'OLD'
             WHERE matched_id = ('00000008-0000-4000-8000-' || lpad(to_hex(:id), 12, '0'))::uuid AND state = 'ACTUAL' RETURNING *),
new AS (INSERT INTO diku_mod_source_record_storage.records_lb (id, snapshot_id, matched_id, generation, record_type, external_id, state, created_by_user_id)
        SELECT gen_random_uuid(), snapshot_id, matched_id, generation + 1, record_type, external_id, 'ACTUAL', created_by_user_id FROM old RETURNING id)
INSERT INTO diku_mod_source_record_storage.marc_records_lb
    SELECT new.id, regexp_replace(m.content::text, 'Title ([0-9 ]*)', 'Title ' || :n || ' ')::jsonb FROM new, old JOIN diku_mod_source_record_storage.marc_records_lb m ON m.id = old.id;
SQL
    cat >"$HARNESS_DIR/folio_edit.sql" <<SQL
\set id 1 + :client_id + 4 * random(0, $RECORDS / 4 - 1)
\set n random(1, 1000000)
UPDATE diku_mod_inventory_storage.item SET jsonb = jsonb || jsonb_build_object('copyNumber', 'c.' || :n)
    WHERE id = ('00000007-0000-4000-8000-' || lpad(to_hex(:id), 12, '0'))::uuid;
SQL
}
folio_load() { pgbench_load folio folio_checkout.sql@4 folio_save.sql@3 folio_edit.sql@3; }
folio_peer_start() { postgresql_peer_start folio everarchive_folio_diku; }
folio_settled() { postgresql_settled folio_diku; }

# ---- DSpace: 6 of 10 a title edited, 3 subjects made anew, 1 an item withdrawn or reinstated. --------------------------------------
dspace_add() {
    postgresql_add dspace dspace version=9 || return 1
    cat >"$HARNESS_DIR/dspace_edit.sql" <<SQL
\set id 1 + :client_id + 4 * random(0, $RECORDS / 4 - 1)
\set n random(1, 1000000)
BEGIN;
UPDATE metadatavalue SET text_value = 'Title ' || :n WHERE dspace_object_id = made_uuid(3, :id) AND metadata_field_id = 17;
UPDATE item SET last_modified = now() WHERE uuid = made_uuid(3, :id);
COMMIT;
SQL
    cat >"$HARNESS_DIR/dspace_anew.sql" <<SQL
\set id 1 + :client_id + 4 * random(0, $RECORDS / 4 - 1)
\set n random(1, 1000000)
BEGIN;
DELETE FROM metadatavalue WHERE dspace_object_id = made_uuid(3, :id) AND metadata_field_id = 16;
SELECT add_value(made_uuid(3, :id), 16, 'Subject ' || :n), add_value(made_uuid(3, :id), 16, 'Another ' || :n, 1);
UPDATE item SET last_modified = now() WHERE uuid = made_uuid(3, :id);
COMMIT;
SQL
    cat >"$HARNESS_DIR/dspace_withdraw.sql" <<SQL
\set id 1 + :client_id + 4 * random(0, $RECORDS / 4 - 1)
UPDATE item SET withdrawn = NOT withdrawn, in_archive = withdrawn, last_modified = now() WHERE uuid = made_uuid(3, :id);
SQL
}
dspace_load() { pgbench_load dspace dspace_edit.sql@6 dspace_anew.sql@3 dspace_withdraw.sql@1; }
dspace_peer_start() { postgresql_peer_start dspace everarchive_dspace; }
dspace_settled() { postgresql_settled dspace; }

# ---- ArchivesSpace: 4 of 10 a title edited, 3 a nested extent written anew, 3 a note saved. ----------------------------------------
archivesspace_add() {
    local mine=$HARNESS_DIR/my.koha
    cp "$HARNESS_DIR/my.cnf" "$mine"
    mariadb_start aspace && mariadb_root aspace -e 'CREATE DATABASE archivesspace DEFAULT CHARACTER SET utf8mb3' || return 1
    taskset -acp "$SOURCE_CORE" "${MARIADB_PID[aspace]}" >/dev/null
    for file in schema records many; do mariadb_root aspace archivesspace <"tests/harness/archivesspace_$file.sql" || return 1; done
    mariadb_root aspace archivesspace <<SQL || return 1
INSERT INTO archival_object (id, repo_id, root_record_id, position, publish, ref_id, title, level_id, created_by)
    SELECT 100000 + seq, 3, 1001, 1000000 + seq, 1, CONCAT('b', seq), CONCAT('Letters ', seq), 3, 'canary' FROM seq_1_to_$RECORDS;
INSERT INTO extent (id, archival_object_id, portion_id, number, extent_type_id, created_by) SELECT 100000 + seq, 100000 + seq, 4, seq, 5, 'canary' FROM seq_1_to_$RECORDS;
INSERT INTO note (id, archival_object_id, publish, notes, created_by)
    SELECT 100000 + seq, 100000 + seq, 1, CONCAT('{"jsonmodel_type":"note_singlepart","type":"abstract","content":["Note ', seq, '"]}'), 'canary' FROM seq_1_to_$RECORDS;
SQL
    mariadb_library aspace archivesspace adapters/archivesspace/README.md || return 1
    cat "$mine" >>"$HARNESS_DIR/my.cnf"
    ea source add archives --adapter archivesspace --from "$ORIGIN" >/dev/null && alone archives || return 1
    /usr/bin/python3 - "$RECORDS" >"$HARNESS_DIR/archivesspace_load.sql" <<'PY'
import random, sys
rng, records = random.Random(11), int(sys.argv[1])
for n in range(20000):
    record, kind = 100000 + rng.randint(1, records), rng.random()
    if kind < 0.4:
        print(f"UPDATE archival_object SET title = 'Letters {rng.randint(1, 10**9)}', lock_version = lock_version + 1, user_mtime = NOW() WHERE id = {record};")
    elif kind < 0.7:
        print(f"REPLACE INTO extent (id, archival_object_id, portion_id, number, extent_type_id, created_by) VALUES ({record}, {record}, 4, '{rng.randint(1, 10**9)}', 5, 'canary');")
    else:
        note = f'{{"jsonmodel_type":"note_singlepart","type":"abstract","content":["Note {rng.randint(1, 10**9)}"]}}'
        print(f"UPDATE note SET notes = '{note}', lock_version = lock_version + 1 WHERE id = {record};")
PY
}
archivesspace_load() { slap_load aspace archivesspace; }
archivesspace_peer_start() { mariadb_peer_start aspace; }
archivesspace_settled() { wait_for 300 has_read archives "$(mariadb_root aspace -N -e 'SELECT @@gtid_binlog_pos')" && wait_for 300 mapped; }
