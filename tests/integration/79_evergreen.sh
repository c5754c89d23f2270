#!/usr/bin/env bash
# Evergreen on PostgreSQL: the grants of the README and no others, the first copy, and each trap of its own: delete by update,
# inheritance, merges, bound-with, deletes that carry only a key, links that are made anew at each save, ghost updates, orders.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/one_source.sh
source tests/harness/tap.sh

harness_begin evergreen
SOURCE=evergreen
source_sum() { pg_sum evergreen "ONLY $1" "${@:2}"; }
mark() { evergreen -c "UPDATE actor.org_unit SET name = '$1' WHERE id = 6"; }
marked() { [ "$(preservation -c "SELECT name FROM evergreen.actor_org_unit WHERE id = 6" 2>/dev/null)" = "$1" ]; }

preservation_alone || exit 1
mkdir "$HARNESS_DIR/records"
python3 tests/harness/make_records.py --count 60 --seed 7 --out "$HARNESS_DIR/records" && evergreen_start || exit 1
evergreen <<'SQL' >/dev/null || exit 1
UPDATE actor.org_unit SET email = 'canary@example.org', phone = 'canary';
UPDATE asset.copy SET alert_message = 'canary alert' WHERE id = 1;
INSERT INTO asset.copy_location (id, name, owning_lib) VALUES (1, 'Stacks', 1), (2, 'Rare books', 4);
INSERT INTO biblio.peer_type (id, name) VALUES (1, 'Bound Volume');
INSERT INTO asset.uri (id, href, label) VALUES (1, 'https://example.org/e1', 'Full text'), (2, 'https://example.org/e2', NULL);
INSERT INTO asset.uri_call_number_map (uri, call_number) VALUES (1, 1), (1, 2), (2, 3);
INSERT INTO acq.provider (id, name, owner, code, email, phone) VALUES (1, 'Books & Co', 1, 'BCO', 'canary@example.org', 'canary');
INSERT INTO acq.fund (id, org, name, year, code) VALUES (1, 1, 'Monographs', 2026, 'MONO');
INSERT INTO acq.cancel_reason (id, org_unit, label, description) VALUES (1, 1, 'out of print', 'no longer made');
INSERT INTO acq.purchase_order (id, owner, creator, editor, ordering_agency, provider, state, name) VALUES (1, 1, 1, 1, 4, 1, 'pending', 'PO 1');
INSERT INTO acq.lineitem (id, creator, editor, selector, provider, purchase_order, marc, eg_bib_id, source_label, state)
    SELECT id, 1, 1, 1, 1, 1, marc, id, 'canary label', 'pending-order' FROM biblio.record_entry WHERE id IN (1, 2, 3);
INSERT INTO acq.lineitem_detail (id, lineitem, fund, owning_lib, note, receiver) VALUES (1, 1, 1, 4, 'canary note', NULL), (2, 1, 1, 5, NULL, NULL), (3, 2, 1, 4, NULL, NULL);
INSERT INTO serial.unit (id, circ_lib, creator, call_number, editor, loan_duration, fine_level, barcode, sort_key, detailed_contents, summary_contents)
    VALUES (9000, 4, 1, 1, 1, 2, 2, 'UNIT1', 'v1', 'no. 1-12', 'v. 1');
INSERT INTO serial.record_entry (id, record, owning_lib, marc, last_xact_id) VALUES
    (800, 1, 4, '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nx  a2200000zn 4500</leader><controlfield tag="001">800</controlfield><datafield tag="852" ind1=" " ind2=" "><subfield code="b">BR1</subfield></datafield></record>', 'x');
INSERT INTO authority.bib_linking (bib, authority) SELECT b.id, a.id FROM (SELECT id FROM biblio.record_entry WHERE id BETWEEN 1 AND 5) b, (SELECT min(id) AS id FROM authority.record_entry) a;
INSERT INTO authority.authority_linking (source, target, field) SELECT min(id), max(id), 1 FROM authority.record_entry;
SQL

# An Evergreen whose copy locations are deleted for good, as the older ones do.
evergreen -c 'ALTER PUBLICATION everarchive_evergreen DROP TABLE asset.copy_location; ALTER TABLE asset.copy_location DROP COLUMN deleted; ALTER PUBLICATION everarchive_evergreen ADD TABLE ONLY asset.copy_location (id, name, owning_lib, opac_visible)' || exit 1

# ---- source check --------------------------------------------------------------------------------------------------
check() { ea source check evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN"; }
ok "source check passes with the grants and the publication of the README" check
UNNAMED=
while IFS='|' read -r table columns; do
    evergreen -c "REVOKE SELECT ($columns) ON $table FROM everarchive_capture" >/dev/null
done < <(evergreen -At -c "SELECT c.oid::regclass, string_agg(quote_ident(a.attname), ', ') FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind = 'r' AND a.attacl IS NOT NULL GROUP BY 1")
check >"$HARNESS_DIR/check" 2>&1
is "without grants it fails" $? 4
for table in $(grep -oE '^CREATE TABLE [a-z_.]+' adapters/evergreen/mirror.sql | cut -d' ' -f3); do
    grep -qE "GRANT SELECT \(.*\) ON $table TO everarchive_capture" "$HARNESS_DIR/check" || UNNAMED+=" $table"
done
is "and names the grant of each table that is missing" "$UNNAMED" ""
grep -oE 'GRANT SELECT \(.*\) ON [a-z_.]+ TO everarchive_capture' "$HARNESS_DIR/check" | sed 's/$/;/' | evergreen >/dev/null
ok "with the statements that it named it passes" check
evergreen -c 'CREATE PUBLICATION canary_all FOR ALL TABLES' >/dev/null 2>&1
like "it finds a publication for all tables, which breaks Evergreen" "$(check 2>&1)" 'canary_all is FOR ALL TABLES'
evergreen -c 'DROP PUBLICATION canary_all'

# ---- the first copy ------------------------------------------------------------------------------------------------
ok "the source is added" ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN"
daemon_start
ok "the first copy arrives" all_arrived 120
compare_all_rows() {
    compare_rows biblio.record_entry biblio_record_entry id id marc active deleted source owner tcn_value merged_to
    compare_rows asset.call_number asset_call_number id id record owning_lib label deleted
    compare_rows asset.copy asset_copy id id call_number circ_lib barcode status location deleted
    compare_rows serial.unit serial_unit id id call_number barcode status detailed_contents summary_contents deleted
    compare_rows serial.record_entry serial_record_entry id id record owning_lib marc deleted
    compare_rows asset.uri asset_uri id id href label active
    compare_rows asset.uri_call_number_map asset_uri_call_number_map id id uri call_number
    compare_rows authority.bib_linking authority_bib_linking id id bib authority
    compare_rows authority.authority_linking authority_authority_linking id id source target field
    compare_rows acq.purchase_order acq_purchase_order id id provider ordering_agency state name
    compare_rows acq.lineitem acq_lineitem id id purchase_order eg_bib_id state marc cancel_reason
    compare_rows acq.lineitem_detail acq_lineitem_detail id id lineitem fund eg_copy_id owning_lib cancel_reason
    compare_rows actor.org_unit actor_org_unit id id parent_ou shortname name
}
compare_all_rows
entities_are_mapped
is "order lines and purchase orders are orders" "$(alive order)" 4
is "a line is the record that was ordered by, and its parent the bib" "$(of_entity order lineitem:1 "e.parent_key || ' ' || v.format || ' ' || (e.record IS NOT NULL)")" "1 marcxml true"
is "with its copies" "$(of_entity order lineitem:1 "jsonb_array_length(e.attributes -> 'copies')")" 2
is "addresses are objects, with the volumes they belong to" "$(of_entity object 1 "e.attributes ->> 'href' || ' ' || (e.attributes ->> 'volumes') || ' ' || e.parent_key")" "https://example.org/e1 [1, 2] volume:1"
is "serial units are items, once, though they inherit from copies" "$(of_entity item 9000 "e.attributes ->> 'summary_contents'") $(preservation -c "SELECT count(*) FROM evergreen.asset_copy WHERE id = 9000")" "v. 1 0"
is "holdings records are holdings" "$(of_entity holding mfhd:800 "e.parent_key || ' ' || v.format")" "1 marcxml"

# ---- orders --------------------------------------------------------------------------------------------------------
evergreen -c "BEGIN; UPDATE acq.purchase_order SET state = 'on-order', order_date = '2026-01-02 03:04:05+02', edit_time = now() WHERE id = 1; UPDATE acq.lineitem SET state = 'on-order', edit_time = now() WHERE purchase_order = 1; COMMIT"
ok "an order that goes out arrives" all_arrived 60
is "it is a version of the purchase order" "$(attribute order purchase_order:1 state) $(attribute order purchase_order:1 order_date) $(versions order purchase_order:1)" "on-order 2026-01-02T01:04:05Z 2"
is "and of each line" "$(attribute order lineitem:1 state) $(versions order lineitem:1) $(versions order lineitem:3)" "on-order 2 2"
evergreen -c "UPDATE acq.lineitem_detail SET recv_time = '2026-02-01 00:00:00+00', receiver = 1, eg_copy_id = 1 WHERE id = 1; UPDATE acq.lineitem SET state = 'cancelled', cancel_reason = 1 WHERE id = 3; DELETE FROM acq.lineitem_detail WHERE id = 2"
evergreen -c "DELETE FROM acq.lineitem WHERE id = 2"
ok "a copy that came, one that was taken out, a cancelled and a deleted line arrive" all_arrived 60
is "a copy that came has its time" "$(of_entity order lineitem:1 "e.attributes #>> '{copies,0,recv_time}' || ' ' || (e.attributes #>> '{copies,0,eg_copy_id}')")" "2026-02-01T00:00:00Z 1"
is "the delete of a copy, which names only its key, reaches its line" "$(of_entity order lineitem:1 "jsonb_array_length(e.attributes -> 'copies')")" 1
is "a cancelled line says so and lives" "$(attribute order lineitem:3 state) $(dead order lineitem:3)" "cancelled f"
is "a deleted line is a tombstone, and its copies are gone with it" "$(dead order lineitem:2) $(preservation -c 'SELECT count(*) FROM evergreen.acq_lineitem_detail WHERE lineitem = 2')" "t 0"

# ---- records -------------------------------------------------------------------------------------------------------
BEFORE=$(all_versions)
evergreen -c "UPDATE biblio.record_entry SET edit_date = now(), editor = 2, last_xact_id = 'again' WHERE id IN (10, 11)" # b_maintain_901 writes marc anew
evergreen -c "BEGIN; DELETE FROM authority.bib_linking WHERE bib = 1; INSERT INTO authority.bib_linking (bib, authority) SELECT 1, min(id) FROM authority.record_entry; COMMIT"
evergreen -c "BEGIN; DELETE FROM asset.uri_call_number_map WHERE uri = 1; INSERT INTO asset.uri_call_number_map (uri, call_number) VALUES (1, 2), (1, 1); COMMIT"
evergreen -c "UPDATE asset.copy SET status = 1, status_changed_time = now(), edit_date = now() WHERE id = 5"
ok "saves without a change, links made anew and a checkout arrive" all_arrived 60
is "they make no version" "$(all_versions)" "$BEFORE"
is "although the links have new ids" "$(preservation -c 'SELECT min(id) > 3 FROM evergreen.asset_uri_call_number_map WHERE uri = 1')" t
evergreen -c "DELETE FROM asset.uri_call_number_map WHERE uri = 1 AND call_number = 1"
evergreen_delete 20
evergreen -c "DELETE FROM asset.copy WHERE id = 21; DELETE FROM serial.unit WHERE id = 9000; DELETE FROM serial.record_entry WHERE id = 800; DELETE FROM asset.call_number WHERE id = 22"
evergreen -c "UPDATE biblio.record_entry SET active = false WHERE id = 23"
ok "deletes that are updates, and one that carries only a key, arrive" all_arrived 60
is "the address lost its volume" "$(attribute object 1 volumes) $(of_entity object 1 e.parent_key)" "[2] volume:2"
is "a deleted record is a tombstone that keeps its content" "$(dead bib 20) $(of_entity bib 20 "v.captured IS NOT NULL")" "t t"
is "so are a copy, a unit, a holdings record and a volume" "$(dead item 21)$(dead item 9000)$(dead holding mfhd:800)$(dead holding volume:22)" tttt
is "an inactive record lives and says so" "$(dead bib 23) $(attribute bib 23 active)" "f false"
evergreen -c "UPDATE biblio.record_entry SET deleted = false WHERE id = 20"
ok "an undelete arrives" all_arrived 60
is "and is a new version" "$(dead bib 20) $(versions bib 20)" "f 3"

# ---- merges, bound-with --------------------------------------------------------------------------------------------
VOLUME=$(evergreen -At -c 'SELECT min(id) FROM asset.call_number WHERE record = 31')
evergreen -c "BEGIN; UPDATE asset.call_number SET record = 30 WHERE record = 31; UPDATE biblio.record_entry SET merged_to = 30, merge_date = now(), deleted = true WHERE id = 31; COMMIT"
evergreen -c "INSERT INTO biblio.peer_bib_copy_map (id, peer_type, peer_record, target_copy) VALUES (1, 1, 41, 40), (2, 1, 42, 40)"
ok "a merge and a bound volume arrive" all_arrived 60
is "the loser is a tombstone that says where it went" "$(dead bib 31) $(attribute bib 31 merged_to)" "t 30"
is "its volumes have the winner as parent" "$(of_entity holding "volume:$VOLUME" e.parent_key) $(versions holding "volume:$VOLUME")" "30 2"
is "a copy says what it is bound with" "$(of_entity item 40 "e.attributes #>> '{peers,1,peer_record}'") $(versions item 40)" "42 2"
evergreen -c "DELETE FROM biblio.peer_bib_copy_map WHERE id = 2"
ok "a link that is cut, of which the stream has only the key, arrives" all_arrived 60
is "and is a version of the copy" "$(of_entity item 40 "jsonb_array_length(e.attributes -> 'peers')") $(versions item 40)" "1 3"

# A purge tool that disables the rules: rows that are really gone.
evergreen -c "ALTER TABLE asset.copy DISABLE RULE protect_copy_delete; DELETE FROM asset.copy WHERE id = 21; DELETE FROM asset.copy WHERE id = 24; ALTER TABLE asset.copy ENABLE RULE protect_copy_delete"
ok "a purge arrives" all_arrived 60
is "what is really gone is a tombstone" "$(dead item 21)$(dead item 24)" tt

# ---- an upgrade while nobody follows ----------------------------------------------------------------------------------
daemon_stop
evergreen -c 'ALTER TABLE asset.copy_location ADD COLUMN deleted boolean NOT NULL DEFAULT false; GRANT SELECT (deleted) ON asset.copy_location TO everarchive_capture' \
    -c 'ALTER PUBLICATION everarchive_evergreen DROP TABLE asset.copy_location; ALTER PUBLICATION everarchive_evergreen ADD TABLE ONLY asset.copy_location (id, name, owning_lib, opac_visible, deleted)'
daemon_start
left_out() { preservation -c "SELECT table_name || ': ' || message || ' | ' || hint FROM report.source_table"; }
is_left_out() { [ -n "$(left_out)" ]; }
ok "a column that came while nobody followed is found" wait_for 60 is_left_out
like "the table is told, with what mends it" "$(left_out)" '^asset_copy_location: asset.copy_location has got the column deleted while nobody.*source resync evergreen --table asset_copy_location$'
ok "which does" ea source resync evergreen --table asset_copy_location --wait
is "what the rows have in the column is there" "$(preservation -c 'SELECT count(*), bool_or(deleted) FROM evergreen.asset_copy_location')" "2|f"
daemon_stop
daemon_start
ok "what comes then arrives" all_arrived 60
is "and nothing is left out any more" "$(left_out)" ""

compare_all_rows
entities_are_mapped
is "nothing is in quarantine" "$(open_cases)" ""
ok "no user, patron, note or price is in the preservation database" no_canary
daemon_stop
is "the program stops with exit code 0" $? 0
done_testing || { show_log; exit 1; }
