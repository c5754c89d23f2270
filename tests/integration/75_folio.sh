#!/usr/bin/env bash
# FOLIO: the adapter against a PostgreSQL server with FOLIO's tables and triggers. Two tenants are two sources, the second one
# with a version for every commit. Each trap of FOLIO is a check of its own.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/adapter_source.sh
source tests/harness/tap.sh

harness_begin folio
adapter_begin folio || exit 1
COUNT=${FOLIO_COUNT:-60}
SAMPLES=${EVERARCHIVE_SHARED:-../shared}/data/ils/folio/inventory/sample-data
for tenant in diku college; do
    source_sql -v tenant=$tenant -f tests/harness/folio_schema.sql >/dev/null || exit 1
    samples=()
    [ $tenant = diku ] && [ -d "$SAMPLES" ] && samples=(--samples "$SAMPLES")
    python3 tests/harness/folio_records.py --tenant $tenant --count "$COUNT" "${samples[@]}" >"$HARNESS_DIR/$tenant.sql" || exit 1
    source_sql -f "$HARNESS_DIR/$tenant.sql" >/dev/null || exit 1
done
[ -d "$SAMPLES" ] || skip "the sample records of FOLIO are not here: $SAMPLES"

CHECK=(folio_diku --adapter folio --from postgresql:service=folio --set tenant=diku)
srs() { source_sql "$@" -c 'SET search_path = diku_mod_source_record_storage' -f -; }
inventory() { source_sql "$@" -c 'SET search_path = diku_mod_inventory_storage' -f -; }
orders() { source_sql "$@" -c 'SET search_path = diku_mod_orders_storage' -f -; }
key() { printf '%08x-0000-4000-8000-%012x' "$1" "$2"; }
instance() { key 5 "$1"; }
holdings() { key 6 "$1"; }
item() { key 7 "$1"; }
record() { key 8 "$1"; }
AUTHORITY=$(key 9 1) ORDER=$(key 10 1) LINE=$(key 11 1)
mark() {
    source_sql -c "UPDATE diku_mod_inventory_storage.loccampus SET jsonb = jsonb || '{\"name\": \"m$1\"}' WHERE id = '$(key 2 1)'" \
        -c "UPDATE college_mod_inventory_storage.loccampus SET jsonb = jsonb || '{\"name\": \"m$1\"}' WHERE id = '$(key 2 1)'"
}
marked() {
    [ "$(preservation -c "SELECT (SELECT count(*) FROM folio_diku.mod_inventory_storage_loccampus WHERE jsonb ->> 'name' = 'm$1') +
        (SELECT count(*) FROM college.mod_inventory_storage_loccampus WHERE jsonb ->> 'name' = 'm$1')" 2>/dev/null)" = 2 ]
}
of() { entity folio_diku "$@"; }
n() { versions folio_diku "$@"; }

# ---- what check says ----------------------------------------------------------------------------------------------------
said=$(ea source check folio_diku --adapter folio --from postgresql:service=folio 2>&1)
like "without the tenant, check says which parameter is needed" "$said" 'the adapter folio needs tenant'
like "and how it is given" "$said" '--set tenant='
like "a tenant that is no identifier is refused" "$(ea source check "${CHECK[@]:0:5}" --set 'tenant=diku"; DROP' 2>&1)" 'cannot take'
like "a parameter that the adapter does not have is refused" "$(ea source check "${CHECK[@]}" --set branch=x 2>&1)" 'no parameter "branch"'
like "another tenant is not there" "$(ea source check "${CHECK[@]:0:5}" --set tenant=nobody 2>&1)" 'there is no table nobody_mod_inventory_storage\.instance'
ok "without the grants, something is missing" test -n "$(ea source check "${CHECK[@]}" | grep '^missing')"
adapter_grants folio >"$HARNESS_DIR/grants.sql"
source_sql -f "$HARNESS_DIR/grants.sql" >/dev/null || exit 1
sed 's/diku/college/g; s/everarchive_folio_college/everarchive_college/' "$HARNESS_DIR/grants.sql" | source_sql -f - >/dev/null || exit 1
is "with the grants of the README nothing is missing" "$(ea source check "${CHECK[@]}" 2>&1 | tail -n 1)" "nothing is missing"
each_grant_is_named "each missing grant is named, with the statement that mends it" "${CHECK[@]}" < <(
    python3 - "$HARNESS_DIR/grants.sql" <<'PY'
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
for statement in re.findall(r"GRANT [^;]*;", text):
    statement = " ".join(statement.split())
    schemas = re.match(r"GRANT USAGE ON SCHEMA (.*) TO (\w+);", statement)
    for one in [f"GRANT USAGE ON SCHEMA {s.strip()} TO {schemas[2]};" for s in schemas[1].split(",")] if schemas else [statement]:
        print(one)
PY
)
source_sql -c 'CREATE PUBLICATION metadb FOR ALL TABLES'
like "a publication for all tables is found" "$(ea source check "${CHECK[@]}")" 'metadb is FOR ALL TABLES'
ok "which makes saving a record in FOLIO fail" test -z "$(srs -At <<<"UPDATE marc_records_lb SET content = content WHERE id = '$(record 1)' RETURNING 1" 2>/dev/null)"
source_sql -c 'DROP PUBLICATION metadb'

# ---- the first copy -------------------------------------------------------------------------------------------------------
ok "the first tenant is added" ea source add "${CHECK[@]}"
ok "the second one as well, with a version for every commit" \
    ea source add college --adapter folio --from postgresql:service=folio --set tenant=college --every-commit
is "of a source that is there check needs its name alone" "$(ea source check folio_diku 2>&1 | tail -n 1)" "nothing is missing"
like "of one that is not, it says what it needs" "$(ea source check folio_other 2>&1)" 'source check folio_other --adapter ADAPTER'
daemon_start
first_copy_or_end
ok "a table may be named as FOLIO does, with the tenant" ea source resync folio_diku --table diku_mod_inventory_storage.item --wait
ok "or as the mirror does" ea source verify folio_diku --table mod_inventory_storage_item --wait

compare() {
    local tenant mirror
    for tenant in diku:folio_diku college:college; do
        mirror=${tenant#*:} tenant=${tenant%:*}
        same_sums "$tenant: records_lb in the mirror equals the source" \
            "SELECT id, matched_id, generation, record_type::text, external_id, external_hrid, state::text, leader_record_status::text, suppress_discovery FROM ${tenant}_mod_source_record_storage.records_lb" \
            "SELECT id, matched_id, generation, record_type, external_id, external_hrid, state, leader_record_status, suppress_discovery FROM $mirror.mod_source_record_storage_records_lb"
        same_sums "$tenant: marc_records_lb in the mirror equals the source" \
            "SELECT id, content FROM ${tenant}_mod_source_record_storage.marc_records_lb" "SELECT id, content FROM $mirror.mod_source_record_storage_marc_records_lb"
        same_sums "$tenant: instance in the mirror equals the source, without what is named nowhere" \
            "SELECT id, (jsonb - '{_version,holdingsRecords2}'::text[]) || jsonb_build_object('metadata', (jsonb -> 'metadata') - '{createdByUserId,createdByUsername,updatedByUserId,updatedByUsername}'::text[]) FROM ${tenant}_mod_inventory_storage.instance" \
            "SELECT id, jsonb FROM $mirror.mod_inventory_storage_instance"
        same_sums "$tenant: item in the mirror equals the source, without what is named nowhere" \
            "SELECT id, (jsonb - '{_version,circulationNotes,lastCheckIn,inTransitDestinationServicePointId,effectiveLocationId,temporaryLocationId,temporaryLoanTypeId,effectiveShelvingOrder}'::text[])
                 || jsonb_build_object('metadata', jsonb_build_object('createdDate', jsonb -> 'metadata' -> 'createdDate'), 'status', jsonb_build_object('name', jsonb -> 'status' -> 'name')), holdingsrecordid, permanentlocationid FROM ${tenant}_mod_inventory_storage.item" \
            "SELECT id, jsonb, holdingsrecordid, permanentlocationid FROM $mirror.mod_inventory_storage_item"
        same_sums "$tenant: holdings_record in the mirror equals the source" \
            "SELECT id, (jsonb - '{_version}'::text[]) || jsonb_build_object('metadata', (jsonb -> 'metadata') - '{createdByUserId,createdByUsername,updatedByUserId,updatedByUsername}'::text[]), instanceid, permanentlocationid FROM ${tenant}_mod_inventory_storage.holdings_record" \
            "SELECT id, jsonb, instanceid, permanentlocationid FROM $mirror.mod_inventory_storage_holdings_record"
        same_sums "$tenant: bound_with_part in the mirror equals the source" \
            "SELECT id, itemid, holdingsrecordid FROM ${tenant}_mod_inventory_storage.bound_with_part" "SELECT id, itemid, holdingsrecordid FROM $mirror.mod_inventory_storage_bound_with_part"
        same_sums "$tenant: pieces in the mirror equal the source" \
            "SELECT id, polineid, jsonb -> 'receivingStatus' AS s FROM ${tenant}_mod_orders_storage.pieces" "SELECT id, polineid, jsonb -> 'receivingStatus' AS s FROM $mirror.mod_orders_storage_pieces"
        is "$tenant: each instance has a living entity, and no other" \
            "$(preservation -c "SELECT md5(string_agg(e.key, ' ' ORDER BY e.key)) FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, e.kind) = ('$mirror', 'bib') AND NOT (e.deleted AND everarchive.is_tombstone(e.entity_id, e.n, e.digest))")" \
            "$(source_sql -At -c "SELECT md5(string_agg(id::text, ' ' ORDER BY id::text)) FROM ${tenant}_mod_inventory_storage.instance")"
        is "$tenant: each bib with MARC is the actual record of the source" \
            "$(preservation -c "SELECT count(*) || md5(string_agg(e.key || convert_from(v.captured, 'UTF8'), ' ' ORDER BY e.key)) FROM everarchive.entity e JOIN everarchive.version v USING (entity_id, n) JOIN everarchive.source s USING (source_id) WHERE (s.name, e.kind) = ('$mirror', 'bib') AND NOT e.deleted AND e.attributes ? 'matched_id'")" \
            "$(source_sql -At -c "SELECT count(*) || md5(string_agg(id || content::text, ' ' ORDER BY id::text)) FROM (SELECT DISTINCT ON (external_id) external_id::text AS id, content FROM ${tenant}_mod_source_record_storage.records_lb JOIN ${tenant}_mod_source_record_storage.marc_records_lb m USING (id) JOIN ${tenant}_mod_inventory_storage.instance i ON i.id = external_id WHERE state = 'ACTUAL' AND leader_record_status NOT IN ('d') AND record_type = 'MARC_BIB' ORDER BY external_id, generation DESC, records_lb.id) x")"
        same_sums "$tenant: an item's version says what its row says" \
            "SELECT id::text, jsonb ->> 'barcode' AS b, jsonb ->> 'hrid' AS h, holdingsrecordid::text AS p FROM ${tenant}_mod_inventory_storage.item" \
            "SELECT e.key, e.attributes ->> 'barcode' AS b, e.attributes ->> 'hrid' AS h, e.parent_key AS p FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, e.kind) = ('$mirror', 'item') AND NOT e.deleted"
    done
    is "nothing is in quarantine" "$(open_cases)" ""
}
compare
is "a MARC record without an instance is no entity" "$(preservation -c "SELECT count(*) FROM everarchive.version WHERE convert_from(captured, 'UTF8') LIKE '%Without an instance%'")" 0
is "a bib's record is read, 4-byte characters and all" "$(of bib "$(instance 1)" "marc_value(e.record, '245\$a')")" "Title 1 – 書名 𝄞 /"
is "a MARC authority is an entity" "$(of authority "$AUTHORITY" "marc_value(e.record, '100\$a')")" "Author, 1."
is "a MARC holdings record is the record of its holding" "$(of holding "$(holdings 1)" "marc_value(e.record, '866\$a')")" "v.1-"
is "a holding without MARC is JSON" "$(of holding "$(holdings 2)" "v.format || ' ' || (e.record IS NULL) || ' ' || (convert_from(v.captured, 'UTF8')::jsonb ->> 'callNumber')")" "json true PN 2"
is "a holding names its instance and its library" "$(of holding "$(holdings 2)" "e.parent_key || ' ' || (e.attributes #>> '{location,library,code}')")" "$(instance 2) L1"
is "an instance without MARC is its JSON" "$(of bib "$(instance 2)" "(convert_from(v.captured, 'UTF8')::jsonb ->> 'title') || ' ' || marc_value(e.record, '245\$a')")" "Title 2 – 書名 𝄞 Title 2 – 書名 𝄞"

# ---- the traps --------------------------------------------------------------------------------------------------------------
save_marc() { # save_marc NUMBER GENERATION TITLE: as FOLIO saves: a new row of the next generation, the old one becomes OLD
    srs <<SQL
BEGIN;
INSERT INTO records_lb (id, snapshot_id, matched_id, generation, record_type, external_id, state, created_by_user_id)
    SELECT '$(key 80 $(($1 * 100 + $2)))', snapshot_id, matched_id, $2, record_type, external_id, 'ACTUAL', created_by_user_id FROM records_lb
    WHERE matched_id = '$(record "$1")' AND generation = $2 - 1;
INSERT INTO marc_records_lb SELECT '$(key 80 $(($1 * 100 + $2)))', replace(m.content::text, 'Title $1 ', 'Title $1 $3')::jsonb
    FROM marc_records_lb m JOIN records_lb r USING (id) WHERE r.matched_id = '$(record "$1")' AND r.generation = $2 - 1;
UPDATE records_lb SET state = 'OLD' WHERE matched_id = '$(record "$1")' AND generation = $2 - 1;
COMMIT;
SQL
}
save_marc 1 1 'revised '
save_marc 3 1 ''
ok "two saves, each a new row, arrive" settled
is "an update that is a new row is one entity with a new version" "$(n bib "$(instance 1)") $(of bib "$(instance 1)" "marc_value(e.record, '245\$a')")" "2 Title 1 revised – 書名 𝄞 /"
is "a save that changed nothing makes no version, although its row is new" "$(n bib "$(instance 3)")" 1

srs <<<"SET session_replication_role = replica; UPDATE marc_records_lb SET content = replace(content::text, 'Title 5 ', 'Title 5 migrated ')::jsonb WHERE id = '$(record 5)'"
ok "a migration that switched triggers off arrives" settled
is "and makes a version, although only marc_records_lb changed" "$(n bib "$(instance 5)") $(of bib "$(instance 5)" "marc_value(e.record, '245\$a')")" "2 Title 5 migrated – 書名 𝄞 /"

delete_marc() { srs <<<"BEGIN; UPDATE records_lb SET state = 'DELETED', suppress_discovery = true WHERE id = '$(record "$1")'; UPDATE marc_records_lb SET content = jsonb_set(content, '{leader}', to_jsonb(overlay(content ->> 'leader' placing 'd' from 6 for 1))) WHERE id = '$(record "$1")'; COMMIT"; }
undelete_marc() { srs <<<"BEGIN; UPDATE records_lb SET state = 'ACTUAL', suppress_discovery = false WHERE id = '$(record "$1")'; UPDATE marc_records_lb SET content = jsonb_set(content, '{leader}', to_jsonb(overlay(content ->> 'leader' placing 'c' from 6 for 1))) WHERE id = '$(record "$1")'; COMMIT"; }
delete_marc 7
ok "a deletion by state and leader arrives" settled
is "the bib is marked deleted and keeps its content" "$(of bib "$(instance 7)" "e.deleted || ' ' || marc_value(e.record, '245\$a')")" "true Title 7 – 書名 𝄞 /"
undelete_marc 7
ok "its un-deletion arrives" settled
is "and the bib lives again" "$(of bib "$(instance 7)" "e.deleted || ' ' || e.n")" "false 3"

srs <<<"UPDATE records_lb SET suppress_discovery = true WHERE id = '$(record 9)'"
ok "suppressing a record arrives" settled
is "and makes a version that says so" "$(n bib "$(instance 9)") $(of bib "$(instance 9)" "e.attributes -> 'discoverySuppress'")" "2 true"

circulation() { # circulation NUMBER STATUS
    inventory <<SQL
UPDATE item SET jsonb = jsonb || '{"_version": 7, "status": {"name": "$2", "date": "2026-05-05T00:00:00.000+00:00"},
    "lastCheckIn": {"dateTime": "2026-05-05T00:00:00.000+00:00", "staffMemberId": "c0ffee00-0000-4000-8000-00000000cafe"}}' WHERE id = '$(item "$1")';
SQL
}
for status in "Checked out" "In transit" "Awaiting pickup" "Available"; do circulation 11 "$status"; done
ok "a loan and its return arrive" settled
is "they make no version of the item, the holding or the instance" "$(n item "$(item 11)") $(n holding "$(holdings 11)") $(n bib "$(instance 11)")" "1 1 1"
circulation 11 Missing
ok "a missing item arrives" settled
is "which makes a version of the item alone" "$(n item "$(item 11)") $(of item "$(item 11)" "e.attributes ->> 'status'") $(n bib "$(instance 11)")" "2 Missing 1"

inventory <<<"UPDATE instance SET jsonb = jsonb || '{\"_version\": 9}' || jsonb_build_object('metadata', (jsonb -> 'metadata') || '{\"updatedDate\": \"2026-09-09T00:00:00.000+00:00\"}') WHERE id IN ('$(instance 2)', '$(instance 13)')"
ok "a ghost update of two instances arrives" settled
is "and makes no version" "$(n bib "$(instance 2)") $(n bib "$(instance 13)")" "1 1"
inventory <<<"UPDATE instance SET jsonb = jsonb || '{\"title\": \"Another title\"}' WHERE id = '$(instance 2)'"
ok "a new title of an instance without MARC arrives" settled
is "and makes a version" "$(n bib "$(instance 2)") $(of bib "$(instance 2)" "convert_from(v.captured, 'UTF8')::jsonb ->> 'title'")" "2 Another title"

LONG=$(python3 -c "import random; random.seed(5); print(''.join(random.choices('abcdefghijklmnopqrstuvwxyz0123456789', k=30000)))")
inventory <<<"UPDATE instance SET jsonb = jsonb || jsonb_build_object('editions', jsonb_build_array('$LONG')) WHERE id = '$(instance 4)'"
inventory <<<"SET session_replication_role = replica; UPDATE instance SET complete_updated_date = now() WHERE id = '$(instance 4)'"
ok "an update that leaves a long document in place arrives" settled
is "the unchanged document stays in the mirror" "$(preservation -c "SELECT jsonb -> 'editions' ->> 0 FROM folio_diku.mod_inventory_storage_instance WHERE id = '$(instance 4)'")" "$LONG"

srs <<<"UPDATE records_lb SET external_id = '$(instance 6)' WHERE id = '$(record 900003)'"
ok "a MARC record that gets its instance later arrives" settled
is "and is from then on the content of that instance" "$(n bib "$(instance 6)") $(of bib "$(instance 6)" "marc_value(e.record, '245\$a')")" "2 Without an instance"

srs <<<"INSERT INTO records_lb (id, snapshot_id, matched_id, generation, record_type, external_id, state) SELECT '$(key 81 1)', snapshot_id, '$(key 81 1)', 0, record_type, external_id, state FROM records_lb WHERE id = '$(record 15)';
INSERT INTO marc_records_lb SELECT '$(key 81 1)', replace(content::text, 'Title 15', 'Double 15')::jsonb FROM marc_records_lb WHERE id = '$(record 15)'"
ok "a second actual record of one instance arrives" settled
is "and the instance is still one entity" "$(preservation -c "SELECT count(*) FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, e.kind, e.key) = ('folio_diku', 'bib', '$(instance 15)')")" 1

inventory <<<"INSERT INTO bound_with_part (id, jsonb) VALUES ('$(key 82 1)', jsonb_build_object('itemId', '$(item 17)', 'holdingsRecordId', '$(holdings 19)'))"
ok "a part that is bound with another title arrives" settled
is "and the item names the other holding" "$(n item "$(item 17)") $(of item "$(item 17)" "e.attributes -> 'boundWith' ->> 0")" "2 $(holdings 19)"
inventory <<<"DELETE FROM bound_with_part WHERE id = '$(key 82 1)'"
ok "its removal, which carries only the key, arrives" settled
is "and the item is as it was" "$(n item "$(item 17)") $(of item "$(item 17)" "e.attributes ? 'boundWith'")" "3 f"

HOLDINGS_THERE=$(source_sql -At -c "SELECT count(*) FROM diku_mod_inventory_storage.holdings_record WHERE permanentlocationid = '$(key 4 2)'")
inventory <<<"UPDATE loclibrary SET jsonb = jsonb || '{\"name\": \"Renamed library\"}' WHERE id = '$(key 3 2)'"
ok "a library with a new name arrives" settled
is "all holdings of its locations have it" "$(preservation -c "SELECT count(*) FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, e.kind) = ('folio_diku', 'holding') AND e.attributes #>> '{location,library,name}' = 'Renamed library'")" "$HOLDINGS_THERE"
source_sql -c "UPDATE college_mod_inventory_storage.location SET jsonb = jsonb || '{\"name\": \"Annex\"}' WHERE id = '$(key 4 1)'"
ok "a location of the other tenant with a new name arrives" settled
is "its items have it in the very version" "$(entity college item "$(item 2)" "e.n || ' ' || (v.attributes #>> '{location,name}')") $(of item "$(item 2)" "e.attributes #>> '{location,name}'")" "2 Annex Stacks 1"

order() { of order "$LINE" "concat_ws(' ', e.n, e.attributes ->> 'workflowStatus', e.attributes ->> 'receiptStatus', e.attributes ->> 'piecesExpected', e.attributes ->> 'piecesReceived')"; }
is "an order line knows its order and what is expected" "$(order) $(of order "$LINE" e.parent_key)" "1 Pending Pending 2 $(instance 1)"
orders <<<"UPDATE purchase_order SET jsonb = jsonb || '{\"workflowStatus\": \"Open\"}' WHERE id = '$ORDER'"
ok "opening the order arrives" settled
is "and makes a version of its line" "$(order)" "2 Open Pending 2"
orders <<<"BEGIN; UPDATE pieces SET jsonb = jsonb || '{\"receivingStatus\": \"Received\", \"receivedDate\": \"2026-06-01\"}' WHERE id = '$(key 13 1)'; UPDATE po_line SET jsonb = jsonb || '{\"receiptStatus\": \"Partially Received\"}' WHERE id = '$LINE'; COMMIT"
ok "receiving a piece arrives" settled
is "as one version" "$(order)" "3 Open Partially Received 1 1"
orders <<<"DELETE FROM pieces WHERE id = '$(key 13 2)'"
ok "a piece that is deleted, by its key alone, arrives" settled
is "and is no longer expected" "$(order)" "4 Open Partially Received 1"
orders <<<"UPDATE po_line SET jsonb = jsonb || '{\"requester\": \"canary-other\", \"selector\": \"canary-other\"}' WHERE id = '$LINE'"
ok "a change of what is not captured arrives" settled
is "and makes no version" "$(n order "$LINE")" 4

inventory <<<"DELETE FROM item WHERE id = '$(item 21)'; DELETE FROM holdings_record WHERE id = '$(holdings 21)'; DELETE FROM instance WHERE id = '$(instance 21)'"
ok "deletions for good arrive" settled
is "item, holding and instance have tombstones" "$(of item "$(item 21)" e.deleted) $(of holding "$(holdings 21)" e.deleted) $(of bib "$(instance 21)" e.deleted)" "t t t"
is "which keep the last content" "$(of bib "$(instance 21)" "marc_value(e.record, '245\$a')")" "Title 21 – 書名 𝄞 /"
srs <<<"DELETE FROM records_lb WHERE id = '$(record 900001)'"
ok "an authority that is deleted for good arrives" settled
is "and has its tombstone" "$(of authority "$AUTHORITY" e.deleted)" t
srs <<<"DELETE FROM records_lb WHERE id = '$(record 900002)'"
ok "a MARC holdings record that is deleted for good arrives" settled
is "and its holding is JSON again" "$(of holding "$(holdings 1)" "e.deleted || ' ' || (e.record IS NULL)")" "false true"

is "the same ids in two tenants are two entities" "$(entity college bib "$(instance 21)" "e.deleted || ' ' || e.n")" "false 1"
save=$(sed "s/diku_mod_source/college_mod_source/" <<<"SET search_path = diku_mod_source_record_storage")
for title in one two three; do
    source_sql -c "$save" -c "UPDATE marc_records_lb SET content = jsonb_set(content, '{fields,3,245,subfields,0,a}', '\"$title\"') WHERE id = '$(record 23)'"
done
ok "three saves of the other tenant arrive" settled
is "each has its version there" "$(versions college bib "$(instance 23)") $(n bib "$(instance 23)")" "4 1"

compare

VERIFY=(source verify folio_diku --table mod_inventory_storage_item --wait)
ok "verify finds no difference, of documents only what is named" ea "${VERIFY[@]}"
preservation -c "UPDATE folio_diku.mod_inventory_storage_item SET jsonb = jsonb || '{\"barcode\": \"wrong\"}' WHERE id = '$(item 25)'"
ok "and finds one that is there" bash -c '! "$0" --database service=preservation "$@"' "$EVERARCHIVE" "${VERIFY[@]}"
ok "resync mends it" ea source resync folio_diku --table mod_inventory_storage_item --wait
ok "so that nothing is left" ea "${VERIFY[@]}"

# ---- the privacy wall -------------------------------------------------------------------------------------------------------
"$PG_BIN/pg_dump" -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres preservation >"$HARNESS_DIR/preservation.sql"
ok "the dump holds what was preserved" grep -q 'Title 1 revised' "$HARNESS_DIR/preservation.sql"
ok "the source is full of what must not be seen" test "$("$PG_BIN/pg_dump" -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres folio | grep -ciE 'canary|c0ffee00')" -gt 200
is "none of it is in the preservation database" "$(grep -ciE 'canary|c0ffee00' "$HARNESS_DIR/preservation.sql")" 0
is "nor in the log" "$(grep -ciE 'canary|c0ffee00' "$HARNESS_DIR/log/everarchive.log")" 0

ok "a tenant is removed" ea source remove college
is "its slot is gone, the other one stays" "$(source_sql -At -c 'SELECT string_agg(slot_name::text, $$ $$) FROM pg_replication_slots')" everarchive_folio_diku
like "added again with another tenant it is refused, because of its history" \
    "$(ea source add college --adapter folio --from postgresql:service=folio --set tenant=diku 2>&1)" 'of other parameters|not added'
daemon_stop
is "the program stops with exit code 0" $? 0
done_testing || { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
