#!/usr/bin/env bash
# ArchivesSpace on MariaDB: the grants of the README and no others, the first copy, and each trap of its own: nested rows that are made
# anew at each save, ghost updates, suppression, transfers, containers, files with checksums, JSON in blobs, deletes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/one_source.sh
source tests/harness/tap.sh

harness_begin aspace
SOURCE=archives
aspace() { mariadb_root aspace archivesspace "$@"; }
koha() { aspace "$@"; } # for koha_sum
source_sum() { koha_sum "$@"; }
mark() { aspace -e "UPDATE enumeration_value SET value = '$1' WHERE id = 999"; }
marked() { [ "$(preservation -c "SELECT value FROM archives.enumeration_value WHERE id = 999" 2>/dev/null)" = "$1" ]; }

preservation_alone && mariadb_start aspace || exit 1
mariadb_root aspace -e 'CREATE DATABASE archivesspace DEFAULT CHARACTER SET utf8mb3'
aspace <tests/harness/archivesspace_schema.sql && aspace <tests/harness/archivesspace_records.sql &&
    aspace -e "INSERT INTO enumeration_value (id, value) VALUES (999, 'mark')" &&
    mariadb_library aspace archivesspace adapters/archivesspace/README.md || exit 1

# ---- source check --------------------------------------------------------------------------------------------------
check() { ea source check archives --adapter archivesspace --from "$ORIGIN"; }
ok "source check passes with the grants of the README" check
mariadb_root aspace -e "CREATE USER nobody@'127.0.0.1' IDENTIFIED BY '$LIBRARY_SECRET'"
sed 's/user=everarchive/user=nobody/' "$HARNESS_DIR/my.cnf" >"$HARNESS_DIR/nobody.cnf" && chmod 600 "$HARNESS_DIR/nobody.cnf"
ea source check archives --adapter archivesspace --from "mariadb:defaults-group=archivesspace,database=archivesspace,defaults-file=$HARNESS_DIR/nobody.cnf" >"$HARNESS_DIR/nobody" 2>&1
is "and fails without them" $? 4
mariadb_root aspace -e "GRANT REPLICATION SLAVE ON *.* TO nobody@'127.0.0.1'; GRANT SELECT (id) ON archivesspace.user TO nobody@'127.0.0.1'"
ea source check archives --adapter archivesspace --from "mariadb:defaults-group=archivesspace,defaults-file=$HARNESS_DIR/nobody.cnf" >"$HARNESS_DIR/nobody" 2>&1
UNNAMED=
for table in $(grep -oE '^CREATE TABLE [a-z_]+' adapters/archivesspace/mirror.sql | cut -d' ' -f3); do
    grep -qE "GRANT SELECT.* ON \`archivesspace\`\.\`$table\` TO " "$HARNESS_DIR/nobody" || UNNAMED+=" $table"
done
is "it names the grant of each table that is missing" "$UNNAMED" ""
mariadb_root aspace -e "REVOKE SELECT (checksum) ON archivesspace.file_version FROM everarchive@'127.0.0.1'"
like "and that of a single column" "$(check 2>&1)" 'may not read archivesspace.file_version.checksum'
mariadb_root aspace -e "GRANT SELECT (checksum) ON archivesspace.file_version TO everarchive@'127.0.0.1'"

# ---- the first copy ------------------------------------------------------------------------------------------------
ok "the source is added" ea source add archives --adapter archivesspace --from "$ORIGIN"
daemon_start
ok "the first copy arrives" all_arrived 60
compare_all_rows() {
    compare_rows resource resource id id repo_id title identifier level_id publish suppressed ead_id
    compare_rows archival_object archival_object id id repo_id root_record_id parent_id position ref_id title level_id publish suppressed
    compare_rows accession accession id id repo_id identifier title accession_date provenance
    compare_rows digital_object digital_object id id repo_id digital_object_id title publish suppressed
    compare_rows file_version file_version id id digital_object_id digital_object_component_id file_uri checksum checksum_method_id file_size_bytes
    compare_rows note note id id resource_id archival_object_id lang_material_id publish notes
    compare_rows extent extent id id resource_id accession_id number extent_type_id
    compare_rows date date id id resource_id archival_object_id expression begin end
    compare_rows instance instance id id resource_id archival_object_id accession_id instance_type_id
    compare_rows sub_container sub_container id id instance_id type_2_id indicator_2
    compare_rows top_container top_container id id repo_id barcode indicator ils_holding_id ils_item_id type_id
    compare_rows top_container_link_rlshp top_container_link_rlshp id id top_container_id sub_container_id
    compare_rows linked_agents_rlshp linked_agents_rlshp id id agent_person_id agent_corporate_entity_id resource_id accession_id role_id relator_id
    compare_rows name_person name_person id id agent_person_id primary_name rest_of_name dates sort_name
    compare_rows subject subject id id title authority_id source_id
    compare_rows rights_statement rights_statement id id resource_id identifier rights_type_id start_date
}
compare_all_rows
entities_are_mapped
is "resources, archival objects and accessions are bibs" "$(alive bib)" "$(aspace -N -B -e 'SELECT (SELECT count(*) FROM resource) + (SELECT count(*) FROM archival_object) + (SELECT count(*) FROM accession)')"
is "digital objects and components are objects" "$(alive object)" 3
is "top containers are items" "$(alive item)" 2
is "subjects, locations, repositories and agents that are named are authorities" "$(alive authority)" 6
is "the agent of a user that nothing names is none" "$(of_entity authority agent_person:151 e.key)" ""
captured bib resource:1 >"$HARNESS_DIR/resource.json"
ok "a resource is JSON with all that is nested in it" jq -e '.uri == "/repositories/2/resources/1" and .repository == "repository:2" and .level == "collection"
    and .identifier[1] == "1" and .notes[1].subnotes[0].content == "Kept in Čáslav" and .notes[1].publish == false
    and .extents[0].extent_type == "linear_feet" and .dates[0].end == "1921" and .lang_materials[0].languages[0].script == "Latn"
    and .lang_materials[0].notes[0].content[0] == "English" and .rights_statements[0].acts[0].restriction == "conditional"
    and .subjects == ["subject:140"] and .linked_agents[0] == {"ref": "agent_person:150", "role": "creator", "relator": "aut"}
    and .external_ids[0].external_id == "OCLC-123" and .arks == ["ark:/99999/x1"]' "$HARNESS_DIR/resource.json"
captured bib archival_object:11 >"$HARNESS_DIR/part.json"
ok "an archival object names its container and digital object" jq -e '.instances[0].sub_containers[0].top_container == 50 and .instances[1].digital_object == "digital_object:30" and .parent == "archival_object:10"' "$HARNESS_DIR/part.json"
is "its parent is the one above it" "$(of_entity bib archival_object:11 e.parent_key)" archival_object:10
is "and that of the highest is the resource" "$(of_entity bib archival_object:10 e.parent_key)" resource:1
is "a file has its address, checksum and size" "$(of_entity object digital_object_component:35 "e.attributes #>> '{file_versions,0,checksum}' || ' ' || (e.attributes #>> '{file_versions,0,checksum_method}') || ' ' || (e.attributes #>> '{file_versions,0,file_size_bytes}')")" "d41d8cd98f00b204e9800998ecf8427e md5 5368709120"
is "a container names the item of the library system" "$(attribute item 50 ils_item_id)" 9001
is "and where it stands" "$(of_entity item 50 "e.attributes #>> '{container_locations,0,ref}'")" location:60

# ---- saves ---------------------------------------------------------------------------------------------------------
# As ArchivesSpace saves: the row, then what is nested is deleted and inserted anew.
save() { # save resource|archival_object ID [SQL between]
    aspace -e "START TRANSACTION;
        UPDATE $1 SET lock_version = lock_version + 1, last_modified_by = 'canary', system_mtime = DATE_ADD(system_mtime, INTERVAL 7 SECOND), user_mtime = DATE_ADD(user_mtime, INTERVAL 7 SECOND) WHERE id = $2;
        SET @notes = (SELECT max(id) FROM note), @extents = (SELECT max(id) FROM extent), @dates = (SELECT max(id) FROM date);
        INSERT INTO note (resource_id, archival_object_id, publish, notes, created_by) SELECT resource_id, archival_object_id, publish, notes, 'canary' FROM note WHERE ${1}_id = $2 ORDER BY id;
        INSERT INTO extent (resource_id, portion_id, number, extent_type_id) SELECT resource_id, portion_id, number, extent_type_id FROM extent WHERE resource_id = $2 AND '$1' = 'resource' ORDER BY id;
        INSERT INTO date (resource_id, archival_object_id, date_type_id, label_id, expression, begin, \`end\`) SELECT resource_id, archival_object_id, date_type_id, label_id, expression, begin, \`end\` FROM date WHERE ${1}_id = $2 ORDER BY id;
        DELETE FROM note WHERE ${1}_id = $2 AND id <= @notes;
        DELETE FROM extent WHERE resource_id = $2 AND '$1' = 'resource' AND id <= @extents;
        DELETE FROM date WHERE ${1}_id = $2 AND id <= @dates;
        ${3:-}
        COMMIT"
}
save resource 1
save archival_object 11 "SET @old = 70; INSERT INTO instance (archival_object_id, instance_type_id) SELECT archival_object_id, instance_type_id FROM instance WHERE id = @old; SET @new = LAST_INSERT_ID();
    INSERT INTO instance (archival_object_id, instance_type_id) SELECT archival_object_id, instance_type_id FROM instance WHERE id = 71; SET @do = LAST_INSERT_ID();
    INSERT INTO sub_container (instance_id, type_2_id, indicator_2) VALUES (@new, 14, '1'); INSERT INTO top_container_link_rlshp (top_container_id, sub_container_id) VALUES (50, LAST_INSERT_ID());
    INSERT INTO instance_do_link_rlshp (digital_object_id, instance_id) VALUES (30, @do);
    DELETE FROM top_container_link_rlshp WHERE id = 77; DELETE FROM sub_container WHERE id = 75; DELETE FROM instance_do_link_rlshp WHERE id = 79; DELETE FROM instance WHERE id IN (70, 71);"
aspace -e "UPDATE resource SET system_mtime = '2030-01-01'; UPDATE archival_object SET system_mtime = '2030-01-01'; UPDATE top_container SET system_mtime = '2030-01-01', lock_version = lock_version + 1"
BEFORE=$(all_versions)
ok "saves without a change and a reindex arrive" all_arrived 60
is "nested rows with new ids, and a new system_mtime, make no version" "$(all_versions)" "$BEFORE"
is "although the rows have new ids" "$(preservation -c 'SELECT min(id) > 92 FROM archives.note WHERE resource_id = 1')" t
save resource 1 "UPDATE note SET notes = REPLACE(notes, 'ledgers', 'diaries 📜') WHERE resource_id = 1;"
ok "a save with a change arrives" all_arrived 60
is "it makes one version" "$(versions bib resource:1)" 2
like "with the character beyond U+FFFF that only the blob can hold" "$(captured bib resource:1)" 'diaries 📜'
is "and of nothing else" "$(all_versions)" $((BEFORE + 1))

aspace -e "UPDATE archival_object SET suppressed = 1, system_mtime = NOW() WHERE id = 12; UPDATE digital_object SET publish = 0 WHERE id = 31"
aspace -e "UPDATE top_container SET barcode = 'B0001X', ils_item_id = '9100' WHERE id = 50"
aspace -e "UPDATE file_version SET checksum = 'ffffffffffffffffffffffffffffffff' WHERE id = 41"
ok "suppression, a barcode and a checksum arrive" all_arrived 60
is "suppressing is a version, no delete" "$(dead bib archival_object:12) $(attribute bib archival_object:12 suppressed) $(versions bib archival_object:12)" "f true 2"
is "so is unpublishing" "$(attribute object digital_object:31 publish) $(versions object digital_object:31)" "false 2"
is "a new barcode is a version of the container" "$(attribute item 50 barcode) $(versions item 50)" "B0001X 2"
is "and not of what is in it" "$(versions bib archival_object:11)" 1
is "a new checksum is a version of the component" "$(versions object digital_object_component:35) $(versions object digital_object:30)" "2 1"

# ---- transfers and deletes -----------------------------------------------------------------------------------------
aspace -e "START TRANSACTION; UPDATE resource SET repo_id = 3, identifier = '[\"MS\",\"2b\",null,null]' WHERE id = 2; INSERT INTO deleted_records (uri, operator, timestamp) VALUES ('/repositories/2/resources/2', 'canary', UTC_TIMESTAMP()); COMMIT"
aspace -e "START TRANSACTION; DELETE FROM top_container_link_rlshp WHERE id = 78; DELETE FROM sub_container WHERE id = 76; DELETE FROM instance WHERE id = 72; DELETE FROM archival_object WHERE id = 12;
    INSERT INTO deleted_records (uri, operator, timestamp) VALUES ('/repositories/2/archival_objects/12', 'canary', UTC_TIMESTAMP()); COMMIT"
aspace -e "DELETE FROM linked_agents_rlshp WHERE id = 161"
ok "a transfer, a delete and a lost link arrive" all_arrived 60
is "a transfer is one version under the new address" "$(attribute bib resource:2 uri) $(attribute bib resource:2 repository) $(versions bib resource:2)" "/repositories/3/resources/2 repository:3 2"
is "a delete is a tombstone, once" "$(dead bib archival_object:12) $(versions bib archival_object:12)" "t 3"
is "what ArchivesSpace says of both is in the mirror" "$(preservation -c 'SELECT string_agg(uri, chr(32) ORDER BY uri) FROM archives.deleted_records')" "/repositories/2/archival_objects/12 /repositories/2/resources/2"
is "an agent that nothing names any more is gone" "$(dead authority agent_corporate_entity:155)" t

# ---- blobs that are none -------------------------------------------------------------------------------------------
aspace -e "INSERT INTO note (id, archival_object_id, publish, notes) VALUES (500, 13, 1, 'no JSON')"
aspace -e "INSERT INTO note (id, archival_object_id, publish, notes) VALUES (501, 10, 1, x'7B2261223A22FF227D')"
save resource 3 "UPDATE resource SET title = 'Survey maps, 1850' WHERE id = 3;"
ok "notes that cannot be read arrive" all_arrived 60
is "the one that is no JSON and the one that is no UTF-8 are in quarantine" "$(open_cases)" "apply note 501, map bib archival_object:13"
is "the others go on" "$(versions bib resource:3)" 3
aspace -e "UPDATE note SET notes = '{\"type\":\"abstract\"}' WHERE id IN (500, 501)"
ok "mended, they follow" all_arrived 60
is "and leave the quarantine" "$(open_cases)" ""
is "with their version" "$(versions bib archival_object:13) $(versions bib archival_object:10)" "2 2"

compare_all_rows
entities_are_mapped
ok "no user, contact, staff note or name of who did it is in the preservation database" no_canary
daemon_stop
is "the program stops with exit code 0" $? 0
done_testing || { show_log; exit 1; }
