#!/usr/bin/env bash
# DSpace: the adapter against a PostgreSQL server with DSpace's tables, keys and cascades. Each trap of DSpace is a check of its
# own; then other versions of DSpace, whose columns differ.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/adapter_source.sh
source tests/harness/tap.sh

harness_begin dspace
adapter_begin dspace || exit 1
COUNT=${DSPACE_COUNT:-60}
SAMPLES=${EVERARCHIVE_SHARED:-../shared}/data/ils/dspace
samples=()
if [ -d "$SAMPLES" ]; then samples=(--samples "$SAMPLES"); else skip "the sample records of DSpace are not here: $SAMPLES"; fi
source_sql -v version=9 -f tests/harness/dspace_schema.sql >/dev/null || exit 1
python3 tests/harness/dspace_records.py --count "$COUNT" "${samples[@]}" >"$HARNESS_DIR/load.sql" && source_sql -f "$HARNESS_DIR/load.sql" >/dev/null || exit 1

CHECK=(dspace --adapter dspace --from postgresql:service=dspace)
item() { source_sql -At -c "SELECT made_uuid(3, $1)"; }
file() { source_sql -At -c "SELECT made_uuid(5, $1)"; }
MARK_SOURCE=dspace
mark() { source_sql -c "INSERT INTO bitstreamformatregistry (bitstream_format_id, mimetype) VALUES (999, 'm$1') ON CONFLICT (bitstream_format_id) DO UPDATE SET mimetype = 'm$1'"; }
marked() { [ "$(preservation -c "SELECT mimetype FROM $MARK_SOURCE.public_bitstreamformatregistry WHERE bitstream_format_id = 999" 2>/dev/null)" = "m$1" ]; }
of() { entity dspace "$@"; }
n() { versions dspace "$@"; }
transaction() { source_sql -c 'BEGIN' "$@" -c 'COMMIT' >/dev/null; }

# ---- what check says ----------------------------------------------------------------------------------------------------
ok "without the grants, something is missing" test -n "$(ea source check "${CHECK[@]}" | grep '^missing')"
adapter_grants dspace >"$HARNESS_DIR/grants.sql"
source_sql -f "$HARNESS_DIR/grants.sql" >/dev/null || exit 1
is "with the grants of the README nothing is missing" "$(ea source check "${CHECK[@]}" 2>&1 | tail -n 1)" "nothing is missing"
like "a column of a later DSpace is not missed" "$(ea source check "${CHECK[@]}" 2>&1)" 'public.metadatavalue has no column security_level, and need not have it'
each_grant_is_named "each missing grant is named, with the statement that mends it" "${CHECK[@]}" \
    < <(python3 -c "import re, sys; print('\n'.join(' '.join(s.split()) for s in re.findall(r'GRANT SELECT[^;]*;', open(sys.argv[1]).read())))" "$HARNESS_DIR/grants.sql")
source_sql -c 'CREATE PUBLICATION everything FOR ALL TABLES'
like "a publication for all tables is found" "$(ea source check "${CHECK[@]}")" 'everything is FOR ALL TABLES'
source_sql -c 'DROP PUBLICATION everything'

# ---- the first copy -------------------------------------------------------------------------------------------------------
ok "the source is added" ea source add "${CHECK[@]}"
preservation -c "INSERT INTO everarchive.source_table (source_id, table_name, state, message) SELECT source_id, 'public_item', 'stopped', 'before' FROM everarchive.source" >/dev/null
daemon_start
first_copy_or_end

# The rows of users and groups are all that the mirror may lack.
compare() {
    local table columns
    while read -r table columns; do
        same_sums "$table in the mirror equals the source" "SELECT $columns FROM public.$table" "SELECT $columns FROM dspace.public_$table"
    done <<'TABLES'
item uuid, in_archive, withdrawn, discoverable, owning_collection
bundle uuid, primary_bitstream_id
bitstream uuid, bitstream_format_id, size_bytes, checksum, checksum_algorithm, internal_id, store_number, sequence_id, deleted
item2bundle bundle_id, item_id
bundle2bitstream bitstream_id, bundle_id, bitstream_order
collection2item collection_id, item_id
handle handle_id, handle, resource_type_id, resource_id
TABLES
    same_sums "metadatavalue in the mirror equals the source, without the rows of users and groups" \
        "SELECT metadata_value_id, metadata_field_id, text_value, text_lang, place, authority, confidence, dspace_object_id FROM metadatavalue WHERE dspace_object_id NOT IN (SELECT uuid FROM eperson UNION ALL SELECT uuid FROM epersongroup)" \
        "SELECT metadata_value_id, metadata_field_id, text_value, text_lang, place, authority, confidence, dspace_object_id FROM dspace.public_metadatavalue"
    same_sums "each item is a bib with all its metadata" \
        "SELECT i.uuid::text AS k, string_agg(concat_ws('|', s.short_id, f.element, f.qualifier, m.text_value, m.text_lang, m.place), E'\n' ORDER BY m.metadata_value_id) AS v FROM item i JOIN metadatavalue m ON m.dspace_object_id = i.uuid JOIN metadatafieldregistry f USING (metadata_field_id) JOIN metadataschemaregistry s USING (metadata_schema_id) WHERE in_archive OR withdrawn OR i.uuid IN (SELECT item_id FROM versionitem) GROUP BY 1" \
        "SELECT x.k, string_agg(concat_ws('|', r.schema, r.element, r.qualifier, r.text_value, r.text_lang, r.place), E'\n' ORDER BY m.metadata_value_id) AS v FROM (SELECT e.key AS k, convert_from(v.captured, 'UTF8')::jsonb AS j FROM everarchive.entity e JOIN everarchive.version v USING (entity_id, n) WHERE e.kind = 'bib' AND v.captured IS NOT NULL) x
            CROSS JOIN LATERAL (SELECT row_number() OVER () AS i, e.* FROM jsonb_to_recordset(x.j -> 'metadata') e (schema text, element text, qualifier text, text_value text, text_lang text, place int)) r
            JOIN (SELECT dspace_object_id, metadata_value_id, row_number() OVER (PARTITION BY dspace_object_id ORDER BY s.short_id COLLATE \"C\", f.element COLLATE \"C\", f.qualifier COLLATE \"C\" NULLS FIRST, place, metadata_value_id) AS i FROM dspace.public_metadatavalue JOIN dspace.public_metadatafieldregistry f USING (metadata_field_id) JOIN dspace.public_metadataschemaregistry s USING (metadata_schema_id)) m ON m.dspace_object_id::text = x.k AND m.i = r.i GROUP BY 1"
    same_sums "each file of an archived item is an object with its checksum" \
        "SELECT b.uuid::text AS k, b.checksum AS c, b.size_bytes::text AS s, i.uuid::text AS p FROM bitstream b JOIN bundle2bitstream bb ON bb.bitstream_id = b.uuid JOIN item2bundle ib USING (bundle_id) JOIN item i ON i.uuid = ib.item_id WHERE (i.in_archive OR i.withdrawn OR i.uuid IN (SELECT item_id FROM versionitem)) AND NOT b.deleted" \
        "SELECT e.key AS k, e.attributes ->> 'checksum' AS c, e.attributes ->> 'size_bytes' AS s, e.parent_key AS p FROM everarchive.entity e WHERE kind = 'object' AND NOT deleted"
    is "nothing is in quarantine" "$(open_cases)" ""
}
compare
is "an item's record is read, 4-byte characters and all" "$(of bib "$(item 1)" "marc_value(e.record, '245\$a')")" "Title 1 – 書名 𝄞"
is "an item has its handle and its collection" "$(of bib "$(item 1)" "(e.attributes ->> 'handle') || ' ' || (e.attributes ->> 'owning_collection')")" "123456789/1 $(source_sql -At -c 'SELECT made_uuid(2, 2)')"
is "a file has its name, bundle, format and place" "$(of object "$(file 1)" "concat_ws(' ', e.attributes ->> 'name', e.attributes ->> 'bundle', e.attributes ->> 'mimetype', e.attributes ->> 'internal_id', e.attributes ->> 'primary')")" "file1.pdf ORIGINAL application/pdf 12345678901 true"
is "collections are known by name" "$(preservation -c "SELECT string_agg(name, ' ' ORDER BY name) FROM dspace._unit")" "Articles Faculty Institute Theses"

# ---- the traps --------------------------------------------------------------------------------------------------------------
transaction -c "SELECT add_item(101, 'Born in one transaction')"
ok "a new item with its metadata, bundle and file arrives" settled
is "as one version of the item and one of the file" "$(n bib "$(item 101)") $(n object "$(file 101)")" "1 1"
transaction -c "UPDATE metadatavalue SET text_value = 'A new title' WHERE metadata_field_id = 17 AND dspace_object_id = '$(item 1)'" \
    -c "SELECT add_value('$(item 1)', 16, 'Another subject', 1)" -c "DELETE FROM metadatavalue WHERE metadata_field_id = 18 AND dspace_object_id = '$(item 1)'" \
    -c "UPDATE item SET last_modified = now() WHERE uuid = '$(item 1)'"
ok "an edit of several rows in one transaction arrives" settled
is "as one version" "$(n bib "$(item 1)") $(of bib "$(item 1)" "marc_value(e.record, '245\$a')")" "2 A new title"
is "and none of its file" "$(n object "$(file 1)")" 1

source_sql -c "DELETE FROM metadatavalue WHERE metadata_field_id = 16 AND dspace_object_id = '$(item 3)'"
ok "a deleted value, which carries only its key, arrives" settled
is "and its item has a version without it" "$(n bib "$(item 3)") $(of bib "$(item 3)" "convert_from(v.captured, 'UTF8') LIKE '%Subject%'")" "2 f"

LONG=$(python3 -c "import random; random.seed(5); print(''.join(random.choices('abcdefghijklmnopqrstuvwxyz0123456789', k=30000)))")
source_sql -c "SELECT add_value('$(item 4)', 12, '$LONG')" >/dev/null
ok "a long abstract arrives" settled
source_sql -c "UPDATE metadatavalue SET place = 1, text_lang = 'de' WHERE metadata_field_id = 12 AND dspace_object_id = '$(item 4)'"
ok "an update that leaves the long text in place arrives" settled
is "the item has it still, with the new language" "$(n bib "$(item 4)") $(preservation -c "SELECT text_value || text_lang FROM dspace.public_metadatavalue WHERE metadata_field_id = 12 AND dspace_object_id = '$(item 4)'" | md5sum)" "3 $(echo "${LONG}de" | md5sum)"

source_sql -c "UPDATE item SET last_modified = now(), submitter_id = NULL WHERE uuid = '$(item 5)'"
ok "a ghost update arrives" settled
is "and makes no version of the item or its file" "$(n bib "$(item 5)") $(n object "$(file 5)")" "1 1"
source_sql -c "UPDATE item SET discoverable = false WHERE uuid = '$(item 5)'"
ok "a private item arrives" settled
is "and says so" "$(n bib "$(item 5)") $(of bib "$(item 5)" "e.deleted || ' ' || (e.attributes ->> 'discoverable')")" "2 false false"

transaction -c "SELECT withdraw_item(6)"
ok "a withdrawn item arrives" settled
is "it is marked deleted and keeps its content" "$(n bib "$(item 6)") $(of bib "$(item 6)" "e.deleted || ' ' || marc_value(e.record, '245\$a')")" "2 true Title 6 – 書名 𝄞"
transaction -c "UPDATE item SET withdrawn = false, in_archive = true WHERE uuid = '$(item 6)'"
ok "its reinstatement arrives" settled
is "and it lives again" "$(n bib "$(item 6)") $(of bib "$(item 6)" e.deleted)" "3 f"

transaction -c "SELECT delete_item(7)"
ok "a deleted item, its metadata by the foreign key, arrives" settled
is "item and file have tombstones, the item with its handle" "$(of bib "$(item 7)" "e.deleted || ' ' || (e.attributes ->> 'handle')") $(of object "$(file 7)" e.deleted)" "true 123456789/7 t"
is "the handle's row survives without its item, as in DSpace" "$(preservation -c "SELECT count(*) FROM dspace.public_handle WHERE handle = '123456789/7' AND resource_id IS NULL")" 1
is "no metadata of it is left" "$(preservation -c "SELECT count(*) FROM dspace.public_metadatavalue WHERE dspace_object_id = '$(item 7)'")" 0

transaction -c "UPDATE bitstream SET deleted = true WHERE uuid = '$(file 8)'" -c "UPDATE bundle SET primary_bitstream_id = NULL WHERE uuid = made_uuid(4, 8)" -c "DELETE FROM bundle2bitstream WHERE bitstream_id = '$(file 8)'"
ok "a deleted file arrives" settled
is "it has its tombstone, its item none" "$(of object "$(file 8)" e.deleted) $(of bib "$(item 8)" e.deleted)" "t f"
transaction -c "DELETE FROM bitstream WHERE uuid = '$(file 8)'" -c "DELETE FROM dspaceobject WHERE uuid = made_uuid(5, 8)"
ok "its removal by the clean-up job arrives" settled
is "and makes no further version" "$(n object "$(file 8)")" 2
source_sql -c "UPDATE bitstream SET checksum = md5('other'), size_bytes = 5 WHERE uuid = '$(file 9)'"
ok "a file with another checksum arrives" settled
is "and makes a version of the file alone" "$(n object "$(file 9)") $(n bib "$(item 9)")" "2 1"

# A submission: nothing until it is accepted, then all of it.
transaction -c "SELECT add_item(102, 'A draft')" -c "UPDATE item SET in_archive = false WHERE uuid = made_uuid(3, 102)" -c "INSERT INTO workspaceitem (workspace_item_id, item_id) VALUES (1, made_uuid(3, 102))"
ok "a draft arrives in the mirror" settled
is "it is no entity, nor is its file" "$(preservation -c "SELECT count(*) FROM everarchive.entity WHERE key IN ('$(item 102)', '$(file 102)')")" 0
transaction -c "DELETE FROM workspaceitem WHERE workspace_item_id = 1" -c "UPDATE item SET in_archive = true WHERE uuid = made_uuid(3, 102)"
ok "its acceptance arrives" settled
is "now item and file are entities" "$(n bib "$(item 102)") $(n object "$(file 102)")" "1 1"
# A new version of an item: the older one leaves the archive and is kept.
transaction -c "INSERT INTO versionhistory VALUES (1)" -c "SELECT add_item(103, 'Second version')" -c "UPDATE item SET in_archive = false WHERE uuid = made_uuid(3, 10)" \
    -c "INSERT INTO versionitem VALUES (1, 1, now(), 'canary-summary', 1, 'c0ffee00-0000-4000-8000-00000000cafe', made_uuid(3, 10)), (2, 2, now(), 'canary-summary', 1, 'c0ffee00-0000-4000-8000-00000000cafe', made_uuid(3, 103))"
ok "a new version of an item arrives" settled
is "the older one is kept" "$(of bib "$(item 10)" "e.deleted || ' ' || (e.attributes ->> 'version')") $(of object "$(file 10)" e.deleted) $(of bib "$(item 103)" "e.attributes ->> 'version'")" "false 1 f 2"
# The same in transactions of their own: what an item's files are depends on rows of other tables.
source_sql -c "UPDATE item SET in_archive = false WHERE uuid = made_uuid(3, 12)"
ok "an item that leaves the archive arrives" settled
is "and takes its file along" "$(of object "$(file 12)" e.deleted)" t
source_sql -c "INSERT INTO versionitem VALUES (3, 3, now(), 'canary-summary', 1, 'c0ffee00-0000-4000-8000-00000000cafe', made_uuid(3, 12))"
ok "that it is an older version arrives later" settled
is "both are kept" "$(of bib "$(item 12)" e.deleted) $(of object "$(file 12)" e.deleted)" "f f"
source_sql -c "UPDATE metadatavalue SET text_value = 'ARCHIVE' WHERE dspace_object_id = made_uuid(4, 11)"
ok "a bundle with another name arrives" settled
is "its files say it" "$(of object "$(file 11)" "e.attributes ->> 'bundle'")" ARCHIVE

source_sql -c "UPDATE metadatafieldregistry SET element = 'topic' WHERE metadata_field_id = 16"
ok "a field with another name arrives" settled
is "all items that use it have it" "$(preservation -c "SELECT count(*) FROM everarchive.entity e JOIN everarchive.version v USING (entity_id, n) WHERE kind = 'bib' AND convert_from(v.captured, 'UTF8') LIKE '%\"topic\"%'")" \
    "$(source_sql -At -c 'SELECT count(DISTINCT dspace_object_id) FROM metadatavalue JOIN item ON uuid = dspace_object_id WHERE metadata_field_id = 16')"
source_sql -c "UPDATE bitstreamformatregistry SET mimetype = 'application/x-pdf' WHERE bitstream_format_id = 2"
ok "a format with another media type arrives" settled
is "all files of it have it" "$(of object "$(file 11)" "e.attributes ->> 'mimetype'")" application/x-pdf

# ---- the privacy wall -------------------------------------------------------------------------------------------------------
# A new user, an edit of his rows, in a transaction of its own and in one with an item.
transaction -c "INSERT INTO dspaceobject VALUES ('c0ffee00-0000-4000-8000-0000000000aa')" -c "INSERT INTO eperson (uuid, email) VALUES ('c0ffee00-0000-4000-8000-0000000000aa', 'canary-new@example.org')" \
    -c "SELECT add_value('c0ffee00-0000-4000-8000-0000000000aa', 2, 'canary-new-family'), add_value('c0ffee00-0000-4000-8000-0000000000aa', 12, 'canary-$LONG')"
transaction -c "UPDATE metadatavalue SET text_value = 'canary-married' WHERE metadata_field_id = 2" -c "UPDATE metadatavalue SET place = 5 WHERE dspace_object_id = 'c0ffee00-0000-4000-8000-0000000000aa'" \
    -c "SELECT add_value('$(item 12)', 16, 'beside a user', 3)"
ok "changes of users arrive" settled
is "and leave nothing in the mirror, nor in quarantine" "$(preservation -c "SELECT count(*) FROM dspace.public_metadatavalue WHERE dspace_object_id::text LIKE 'c0ffee%'") $(open_cases)" "0 "
is "an edit of an item in the same transaction does" "$(of bib "$(item 12)" "convert_from(v.captured, 'UTF8') LIKE '%beside a user%'")" t
source_sql -c "DELETE FROM metadatavalue WHERE dspace_object_id = 'c0ffee00-0000-4000-8000-0000000000aa' AND metadata_field_id = 2"
ok "a deleted row of a user arrives" settled
compare
ok "verify finds no difference, without the rows of users" ea source verify dspace --wait
preservation -c "DELETE FROM dspace.public_metadatavalue WHERE dspace_object_id = '$(item 12)' AND metadata_field_id = 17"
ok "and finds one that is there" bash -c "! '$EVERARCHIVE' --database service=preservation source verify dspace --wait"
ok "resync mends it" ea source resync dspace --table public.metadatavalue --wait
ok "so that nothing is left" ea source verify dspace --wait
ok "and the item has its title again" settled
is "as one entity" "$(of bib "$(item 12)" "marc_value(e.record, '245\$a')")" "Title 12 – 書名 𝄞"
"$PG_BIN/pg_dump" -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres preservation >"$HARNESS_DIR/preservation.sql"
ok "the dump holds what was preserved" grep -q 'A new title' "$HARNESS_DIR/preservation.sql"
ok "the source is full of what must not be seen" test "$("$PG_BIN/pg_dump" -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres dspace | grep -ciE 'canary|c0ffee00')" -gt 20
is "none of it is in the preservation database" "$(grep -ciE 'canary|c0ffee00' "$HARNESS_DIR/preservation.sql")" 0
is "nor in the log" "$(grep -ciE 'canary|c0ffee00' "$HARNESS_DIR/log/everarchive.log")" 0
# A table that is not followed takes along what belongs to its rows: whose owner is not known is not let in.
left_out() { preservation -c "SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM report.source_table WHERE source = 'dspace'"; }
left_out_is() { [ "$(left_out)" = "$1" ]; }
preservation -c 'ALTER TABLE dspace.public_item RENAME COLUMN discoverable TO lost' >/dev/null
source_sql -c "UPDATE item SET discoverable = NOT discoverable WHERE uuid = made_uuid(3, 13)"
ok "items are not followed, nor the metadata that belongs to them" wait_for 60 left_out_is "public_item public_metadatavalue"
is "both say what mends it" "$(preservation -c "SELECT count(*) FROM report.source_table WHERE hint ~ 'source resync dspace --table public_item$'")" 2
transaction -c "SELECT add_item(104, 'Left out')"
ok "what belongs to neither goes on" settled
source_sql -c "SELECT add_value('$(item 104)', 16, 'Left out, too', 3)" >/dev/null
ok "and on" settled
preservation -c 'ALTER TABLE dspace.public_item RENAME COLUMN lost TO discoverable' >/dev/null
ok "metadata alone is not taken up while its items are left out" ea source resync dspace --table public_metadatavalue --wait
is "it stays left out" "$(left_out)" "public_item public_metadatavalue"
ok "mended, one command" ea source resync dspace --table public_item --wait
ok "repairs both" wait_for 60 left_out_is ""
ok "so that nothing differs" ea source verify dspace --wait
compare
ok "the source is removed" ea source remove dspace
daemon_stop
is "the program stops with exit code 0" $? 0

# ---- other versions ---------------------------------------------------------------------------------------------------------
for version in 7 10; do
    name=dspace$version
    pg pg postgres -c "CREATE DATABASE $name"
    pg pg $name -v version=$version -f tests/harness/dspace_schema.sql >/dev/null
    python3 tests/harness/dspace_records.py --count 5 | pg pg $name -f - >/dev/null
    sed "s/everarchive_dspace/everarchive_$name/" "$HARNESS_DIR/grants.sql" >"$HARNESS_DIR/$name.sql"
    if [ $version = 10 ]; then
        pg pg $name -c "UPDATE metadatavalue SET security_level = 2 WHERE metadata_field_id = 11"
        sed -i 's/dspace_object_id)/dspace_object_id, security_level)/' "$HARNESS_DIR/$name.sql"
    fi
    pg pg $name -f "$HARNESS_DIR/$name.sql" >/dev/null
    printf '%s\n' "[$name]" host=127.0.0.1 "port=${PG_PORT[pg]}" "dbname=$name" user=everarchive_capture >>"$PGSERVICEFILE"
    ok "DSpace $version is added" ea source add $name --adapter dspace --from postgresql:service=$name
    ADAPTER_DATABASE=$name MARK_SOURCE=$name
    daemon_start
    ok "DSpace $version: the first copy arrives" settled 120
    source_sql -c "UPDATE metadatavalue SET text_value = 'Changed' WHERE metadata_field_id = 17 AND dspace_object_id = '$(item 1)'"
    source_sql -c "SELECT add_value('$(item 2)', 16, 'Added', 3)" >/dev/null
    ok "DSpace $version: changes arrive" settled
    is "DSpace $version: and are versions" "$(entity $name bib "$(item 1)" "e.n || ' ' || marc_value(e.record, '245\$a')") $(versions $name bib "$(item 2)")" "2 Changed 2"
    is "DSpace $version: a level of security is content where it is" "$(entity $name bib "$(item 1)" "convert_from(v.captured, 'UTF8') LIKE '%security_level\": 2%'")" "$([ $version = 10 ] && echo t || echo f)"
    is "DSpace $version: nothing is in quarantine" "$(open_cases)" ""
    daemon_stop
    ea source remove $name >/dev/null
done
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
