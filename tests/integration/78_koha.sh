#!/usr/bin/env bash
# Koha on MariaDB: the grants of the README and no others, the first copy, and each trap of its own: orders, deletes in many transactions,
# merges, what foreign keys delete and rename without a word in the binary log, key changes, characters of four bytes, UNIMARC, holdings
# records, and a database of an older version.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/one_source.sh
source tests/harness/tap.sh

harness_begin koha
SOURCE=koha_main
DATABASE=koha
koha() { mariadb_root koha "$DATABASE" "$@"; } # of library.sh, for more databases than one
source_sum() { koha_sum "$@"; }
mark() {
    case $DATABASE in
    chain) koha -e "UPDATE region SET code = '$1' WHERE id = 99" ;;
    *) koha -e "UPDATE branches SET branchname = '$1' WHERE branchcode = 'CPL'" ;;
    esac
}
marked() {
    case $DATABASE in
    chain) [ "$(preservation -c "SELECT code FROM chain.region WHERE id = 99" 2>/dev/null)" = "$1" ] ;;
    *) [ "$(preservation -c "SELECT branchname FROM $SOURCE.branches WHERE branchcode = 'CPL'" 2>/dev/null)" = "$1" ] ;;
    esac
}
keys() { preservation -c "SELECT string_agg(key, ' ' ORDER BY key) FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE s.name = 'koha_main' AND e.kind = '$1' AND NOT e.deleted AND $2"; }

preservation_alone && mariadb_start koha || exit 1
mkdir "$HARNESS_DIR/records"
python3 tests/harness/make_records.py --count 60 --seed 7 --out "$HARNESS_DIR/records" && koha_start || exit 1
koha <<'SQL' || exit 1
UPDATE items SET itemnotes_nonpublic = 'canary staff note', booksellerid = 'canary' WHERE itemnumber = 1;
INSERT INTO library_groups (id, parent_id, branchcode, title) VALUES (1, NULL, NULL, 'Consortium'), (2, 1, 'CPL', NULL), (3, 1, 'FPL', NULL);
INSERT INTO record_sources (record_source_id, name) VALUES (1, 'import'), (2, 'copy cataloguing');
UPDATE biblio_metadata SET record_source_id = 1 WHERE biblionumber IN (50, 51);
INSERT INTO currency (currency, symbol) VALUES ('USD', '$'), ('EUR', '€');
INSERT INTO aqbooksellers (id, name, address1, phone, accountnumber, notes, listprice, invoiceprice) VALUES
    (1, 'Books & Co', 'canary street', 'canary', 'canary', 'canary', 'USD', 'USD'), (2, 'Livres', NULL, NULL, NULL, NULL, 'EUR', 'EUR');
INSERT INTO aqbudgetperiods (budget_period_id, budget_period_startdate, budget_period_enddate, budget_period_description) VALUES (1, '2026-01-01', '2026-12-31', '2026'), (2, '2025-01-01', '2025-12-31', '2025');
INSERT INTO aqbudgets (budget_id, budget_code, budget_name, budget_notes, budget_period_id) VALUES (1, 'MONO', 'Monographs', 'canary', 1), (2, 'OLD', 'Old', NULL, 2);
INSERT INTO aqbasket (basketno, basketname, note, booksellerid, authorisedby, branch) VALUES (1, 'January', 'canary', 1, 1, 'MPL'), (2, 'February', NULL, 2, 1, 'FPL');
INSERT INTO aqinvoices (invoiceid, invoicenumber, booksellerid) VALUES (1, 'I-1', 1);
INSERT INTO aqorders (ordernumber, biblionumber, entrydate, quantity, basketno, budget_id, order_internalnote, order_vendornote, created_by, listprice, currency) VALUES
    (1, 1, '2026-01-05', 2, 1, 1, 'canary', 'canary', 1, 12.50, 'USD'), (2, 2, '2026-01-05', 1, 1, 1, NULL, NULL, 1, 3, 'USD'),
    (3, 3, '2025-01-05', 1, 2, 2, NULL, NULL, 1, 3, 'EUR'), (4, 15, '2026-01-05', 1, 1, 1, NULL, NULL, 1, 3, 'USD'), (5, 4, '2026-01-05', 1, 2, 1, NULL, NULL, 1, 3, 'EUR');
INSERT INTO aqorders_items (ordernumber, itemnumber) VALUES (1, 1), (3, 3);
SQL

# ---- source check --------------------------------------------------------------------------------------------------
check() { ea source check koha_main --adapter koha --from "$KOHA_ORIGIN"; }
ok "source check passes with the grants of the README" check
check >"$HARNESS_DIR/check" 2>&1
is "and names nothing that is missing" "$(grep -c "^ *missing" "$HARNESS_DIR/check")" 0
mariadb_root koha -e "CREATE USER nobody@'127.0.0.1' IDENTIFIED BY '$LIBRARY_SECRET'; GRANT REPLICATION SLAVE ON *.* TO nobody@'127.0.0.1'; GRANT SELECT (issue_id) ON koha.issues TO nobody@'127.0.0.1'"
sed 's/user=everarchive/user=nobody/' "$HARNESS_DIR/my.cnf" >"$HARNESS_DIR/nobody.cnf" && chmod 600 "$HARNESS_DIR/nobody.cnf"
ea source check koha_main --adapter koha --from "mariadb:defaults-group=koha,defaults-file=$HARNESS_DIR/nobody.cnf" >"$HARNESS_DIR/nobody" 2>&1
is "without grants it fails" $? 4
UNNAMED=
for table in $(grep -oE '^CREATE TABLE [a-z_]+' adapters/koha/mirror.sql | cut -d' ' -f3); do
    grep -qE "GRANT SELECT.* ON \`koha\`\.\`$table\` TO " "$HARNESS_DIR/nobody" || UNNAMED+=" $table"
done
is "and names the grant of each table" "$UNNAMED" ""
mariadb_root koha -e "GRANT SELECT ON koha.* TO nobody@'127.0.0.1'"
ea source check koha_main --adapter koha --from "mariadb:defaults-group=koha,defaults-file=$HARNESS_DIR/nobody.cnf" >"$HARNESS_DIR/whole" 2>&1
is "who may read whole tables is told that each foreign key is known" "$? $(grep -c 'is not in the adapter' "$HARNESS_DIR/whole")" "0 0"
like "with what it does" "$(cat "$HARNESS_DIR/whole")" 'items \(homebranch\) REFERENCES branches \(branchcode\) ON UPDATE CASCADE'
mariadb_root koha -e 'ALTER TABLE koha.aqinvoices DROP FOREIGN KEY aqinvoices_fk_aqbooksellerid'
like "and that a key is missing which the adapter repeats" "$(ea source check koha_main --adapter koha --from "mariadb:defaults-group=koha,defaults-file=$HARNESS_DIR/nobody.cnf" 2>&1)" 'says that aqinvoices \(booksellerid\) REFERENCES aqbooksellers'
mariadb_root koha -e 'ALTER TABLE koha.aqinvoices ADD CONSTRAINT aqinvoices_fk_aqbooksellerid FOREIGN KEY (booksellerid) REFERENCES koha.aqbooksellers (id) ON DELETE CASCADE ON UPDATE CASCADE'

# ---- the first copy ------------------------------------------------------------------------------------------------
ok "the source is added" ea source add koha_main --adapter koha --from "$KOHA_ORIGIN"
daemon_start
ok "the first copy arrives" all_arrived 120
compare_all_rows() {
    compare_rows biblio biblio biblionumber biblionumber frameworkcode
    compare_rows biblio_metadata biblio_metadata id id biblionumber format schema metadata record_source_id
    compare_rows biblioitems biblioitems biblioitemnumber biblioitemnumber biblionumber
    compare_rows items items itemnumber itemnumber biblionumber biblioitemnumber barcode homebranch holdingbranch itemcallnumber itemlost withdrawn damaged notforloan
    compare_rows auth_header auth_header authid authid authtypecode marcxml
    compare_rows branches branches branchcode branchcode branchname
    compare_rows library_groups library_groups id id parent_id branchcode title
    compare_rows aqbasket aqbasket basketno basketno booksellerid branch basketname
    compare_rows aqorders aqorders ordernumber ordernumber biblionumber deleted_biblionumber quantity quantityreceived invoiceid basketno budget_id orderstatus datecancellationprinted
    compare_rows aqorders_items aqorders_items itemnumber itemnumber ordernumber
}
compare_all_rows
entities_are_mapped
is "order lines are orders; the parent is the bib" "$(alive order) $(of_entity order 1 e.parent_key) $(attribute order 1 items)" "5 1 [1]"

# ---- orders --------------------------------------------------------------------------------------------------------
koha -e "UPDATE aqbasket SET closedate = '2026-01-06' WHERE basketno = 1; UPDATE aqorders SET orderstatus = 'ordered' WHERE basketno = 1"
ok "a closed basket arrives" all_arrived 60
is "each of its orders has a version" "$(attribute order 1 orderstatus) $(versions order 1) $(versions order 2)" "ordered 2 2"
koha -e "UPDATE aqorders SET orderstatus = 'complete', quantityreceived = 2, datereceived = '2026-02-01', invoiceid = 1 WHERE ordernumber = 1; INSERT INTO aqorders_items (ordernumber, itemnumber) VALUES (1, 2);
    UPDATE aqorders SET orderstatus = 'cancelled', datecancellationprinted = '2026-02-02', cancellationreason = 'oop' WHERE ordernumber = 2;
    UPDATE aqorders SET order_internalnote = 'canary again', listprice = 99 WHERE ordernumber = 5"
ok "a received and a cancelled order, and a note and a price, arrive" all_arrived 60
is "received" "$(attribute order 1 orderstatus) $(attribute order 1 quantityreceived) $(attribute order 1 items)" "complete 2 [1, 2]"
is "cancelled" "$(attribute order 2 orderstatus) $(attribute order 2 datecancellationprinted) $(dead order 2)" "cancelled 2026-02-02 f"
is "a note and a price make no version" "$(versions order 5)" 1

# ---- items ---------------------------------------------------------------------------------------------------------
koha -e "UPDATE items SET withdrawn = 1, withdrawn_on = NOW() WHERE itemnumber = 20; UPDATE items SET notforloan = -1 WHERE itemnumber = 21; UPDATE items SET onloan = '2026-12-01', datelastseen = NOW(), issues = 3 WHERE itemnumber = 22; UPDATE items SET itemlost = 2 WHERE itemnumber = 23"
koha -e "UPDATE items SET location = 'CART' WHERE itemnumber = 24 AND permanent_location IS NOT NULL"
koha -e "UPDATE items SET itemnumber = 7777 WHERE itemnumber = 25"
ok "states of items and a changed key arrive" all_arrived 60
is "withdrawn, not for loan and lost are versions" "$(attribute item 20 withdrawn) $(attribute item 21 notforloan) $(attribute item 23 itemlost)" "1 -1 2"
is "a loan is none" "$(versions item 22)" 1
is "a changed key is a tombstone and a new entity" "$(dead item 25) $(dead item 7777)" "t f"

# ---- characters, UNIMARC -------------------------------------------------------------------------------------------
koha_note 8 '𝔊𝔬𝔱𝔥𝔦𝔠 📚'
koha -e "UPDATE items SET itemnotes = 'folio 📖' WHERE itemnumber = 26"
koha <<'SQL'
INSERT INTO biblio (biblionumber, title, datecreated) VALUES (900, 'Œuvres', '2026-01-01');
INSERT INTO biblioitems (biblioitemnumber, biblionumber) VALUES (900, 900);
INSERT INTO biblio_metadata (biblionumber, format, `schema`, metadata) VALUES (900, 'marcxml', 'UNIMARC', '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam0 2200000   450 </leader><controlfield tag="001">900</controlfield><datafield tag="100" ind1=" " ind2=" "><subfield code="a">20260101d2026    u  y0frey50      ba</subfield></datafield><datafield tag="200" ind1="1" ind2=" "><subfield code="a">Œuvres</subfield><subfield code="f">Čapek</subfield></datafield><datafield tag="995" ind1=" " ind2=" "><subfield code="f">U1</subfield></datafield></record>');
SQL
ok "characters of four bytes and an UNIMARC record arrive" all_arrived 60
like "the record has them" "$(captured bib 8)" '𝔊𝔬𝔱𝔥𝔦𝔠 📚'
like "and the item" "$(captured item 26)" 'folio 📖'
is "an UNIMARC record says that it is one" "$(attribute bib 900 schema)" UNIMARC
is "and is read as MARC" "$(preservation -c "SELECT record ->> '200\$a' FROM everarchive.entity WHERE kind = 'bib' AND key = '900'" 2>/dev/null || preservation -c "SELECT marc_value(record, '200\$a') FROM everarchive.entity WHERE kind = 'bib' AND key = '900'")" "Œuvres"

# ---- deletes and merges --------------------------------------------------------------------------------------------
koha -e "UPDATE aqorders SET deleted_biblionumber = 15 WHERE biblionumber = 15" # DelBiblio begins with the orders
koha_delete 15
ok "Koha's delete, in many transactions, arrives" all_arrived 60
is "the bib has one tombstone, and no version in between" "$(dead bib 15) $(versions bib 15)" "t 2"
is "its order lives and says that the record is gone, in one version more" "$(dead order 4) $(attribute order 4 biblio_deleted) $(of_entity order 4 e.parent_key) $(versions order 4)" "f true 15 3"
is "the mirror knows that InnoDB emptied its link" "$(preservation -c 'SELECT biblionumber IS NULL AND deleted_biblionumber = 15 FROM koha_main.aqorders WHERE ordernumber = 4')" t
MOVED=$(koha -N -B -e 'SELECT min(itemnumber) FROM items WHERE biblionumber = 16')
koha -e "START TRANSACTION; UPDATE items SET biblionumber = 17, biblioitemnumber = 17 WHERE biblionumber = 16; UPDATE aqorders SET biblionumber = 17 WHERE biblionumber = 16; COMMIT"
koha -e "DELETE FROM biblioitems WHERE biblionumber = 16"
koha -e "DELETE FROM biblio_metadata WHERE biblionumber = 16"
koha -e "DELETE FROM biblio WHERE biblionumber = 16"
ok "a merge arrives" all_arrived 60
is "the loser is a tombstone, its items belong to the winner" "$(dead bib 16) $(of_entity item "$MOVED" e.parent_key) $(keys holding "parent_key = '16'")" "t 17 "
koha -e "DELETE FROM auth_header WHERE authid = 3"
ok "a deleted authority arrives" all_arrived 60
is "and is a tombstone" "$(dead authority 3)" t

# ---- what the binary log does not say ------------------------------------------------------------------------------
koha -e "DELETE FROM biblio WHERE biblionumber = 18"
koha -e "DELETE FROM record_sources WHERE record_source_id = 1"
koha -e "DELETE FROM aqbudgetperiods WHERE budget_period_id = 2"
ok "deletes that InnoDB carries further arrive" all_arrived 60
is "a biblio takes its metadata and items along" "$(dead bib 18) $(keys item "parent_key = '18'")" "t "
is "a record source the MARC of its records" "$(dead bib 50)$(dead bib 51) $(preservation -c 'SELECT count(*) FROM koha_main.biblio WHERE biblionumber IN (50, 51)')" "tt 2"
is "a budget its funds, their orders and what these brought" "$(dead order 3) $(preservation -c 'SELECT count(*) FROM koha_main.aqorders_items WHERE itemnumber = 3')" "t 0"
# Of a library without patrons: their key refuses a new code.
ITEMS=$(koha -N -B -e "SELECT count(*) FROM items WHERE homebranch = 'FPL'")
HELD=$(preservation -c "SELECT count(DISTINCT biblionumber) FROM koha_main.items WHERE homebranch = 'FPL'")
koha -e "UPDATE branches SET branchcode = 'NORTH' WHERE branchcode = 'FPL'"
ok "a new branch code, one row in the binary log, arrives" all_arrived 60
is "all its items have it" "$(alive item "e.attributes ->> 'homebranch' = 'NORTH'") $(alive item "e.attributes ->> 'homebranch' = 'FPL'")" "$ITEMS 0"
is "the holdings of the old code are gone, those of the new are there" "$(alive holding "e.key LIKE '%:NORTH'") $(alive holding "e.key LIKE '%:FPL'")" "$HELD 0"
is "baskets and groups follow" "$(preservation -c "SELECT (SELECT branch FROM koha_main.aqbasket WHERE basketno = 2) || ' ' || (SELECT branchcode FROM koha_main.library_groups WHERE id = 3)")" "NORTH NORTH"
koha -e "START TRANSACTION; UPDATE branches SET branchcode = 'N2' WHERE branchcode = 'NORTH'; UPDATE items SET itemcallnumber = 'after the move' WHERE homebranch = 'N2' LIMIT 1; UPDATE branches SET branchcode = 'FPL' WHERE branchcode = 'N2'; COMMIT"
koha -e "SET foreign_key_checks = 0; UPDATE branches SET branchcode = 'MXX' WHERE branchcode = 'MPL'; UPDATE branches SET branchcode = 'MPL' WHERE branchcode = 'MXX'"
koha -e "UPDATE biblio SET biblionumber = 1900 WHERE biblionumber = 19"
ok "codes that change back and forth, and a new biblionumber, arrive" all_arrived 60
is "the record is another, with its items" "$(dead bib 19) $(dead bib 1900) $(keys item "parent_key = '19'") $(alive item "e.parent_key = '1900'")" "t f  $(koha -N -B -e 'SELECT count(*) FROM items WHERE biblionumber = 1900')"
koha -e "DELETE FROM aqbasket WHERE basketno = 2; DELETE FROM currency WHERE currency = 'EUR'"
ok "a deleted basket and currency arrive" all_arrived 60
is "the orders of the basket and the vendor of the currency are gone" "$(dead order 5) $(preservation -c 'SELECT count(*) FROM koha_main.aqbooksellers WHERE id = 2')" "t 0"

# While a table is compared its mirror is not what the source says a row was before: the holding that the mirror knew must go.
koha -e "INSERT INTO items (itemnumber, biblionumber, biblioitemnumber, barcode, homebranch) SELECT 9000 + biblionumber, biblionumber, MAX(biblioitemnumber), CONCAT('Z', biblionumber), 'FPL'
    FROM biblioitems WHERE biblionumber BETWEEN 21 AND 28 GROUP BY biblionumber"
ok "items arrive" all_arrived 60
koha -e "ALTER TABLE items CHANGE enumchron enumchron_away mediumtext; UPDATE items SET damaged = 1 - damaged WHERE biblionumber = 30"
tables_in() { [ "$(preservation -c "SELECT count(*) FROM everarchive.source_table WHERE state = '$1'")" = "$2" ]; }
ok "a table without one of its columns is left out" wait_for 30 tables_in stopped 1
koha -e "UPDATE items SET homebranch = 'MPL' WHERE itemnumber BETWEEN 9021 AND 9028; ALTER TABLE items CHANGE enumchron_away enumchron mediumtext"
for turn in $(seq 100); do echo "UPDATE items SET homebranch = IF(homebranch = 'MPL', 'CPL', 'MPL') WHERE itemnumber BETWEEN 9021 AND 9028; DO SLEEP(0.02);"; done | koha &
UPDATES=$!
repaired() { ea source resync koha_main --table items --wait >/dev/null && tables_in ok "$(preservation -c 'SELECT count(*) FROM everarchive.source_table')"; }
ok "mended, it is compared while staff go on" wait_for 60 repaired
wait $UPDATES
ok "all arrives" all_arrived 60
is "no holding is left that no item has" "$(preservation -c "SELECT count(*) FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE s.name = 'koha_main' AND kind = 'holding' AND NOT deleted
    AND NOT EXISTS (SELECT FROM koha_main.items i WHERE i.biblionumber || ':' || i.homebranch = e.key)")" 0

compare_all_rows
entities_are_mapped
is "nothing is in quarantine" "$(open_cases)" ""
ok "no patron, vendor contact, staff note or price is in the preservation database" no_canary
daemon_stop
is "the program stops with exit code 0" $? 0

# ---- another version: what 17.05 lacks, and holdings records -------------------------------------------------------
mariadb_root koha -e 'CREATE DATABASE old DEFAULT CHARACTER SET utf8mb3'
SOURCE=koha_old
DATABASE=old
sed 's/utf8mb4_unicode_ci/utf8mb3_unicode_ci/; s/CHARSET = utf8mb4/CHARSET = utf8mb3/' tests/harness/koha_schema.sql | koha &&
    koha <<'SQL' || exit 1
ALTER TABLE biblio_metadata DROP FOREIGN KEY record_metadata_fk_2, DROP COLUMN record_source_id, CHANGE COLUMN `schema` marcflavour varchar(16) NOT NULL;
ALTER TABLE aqorders DROP COLUMN deleted_biblionumber;
DROP TABLE library_groups, record_sources;
CREATE TABLE holdings (holding_id int NOT NULL AUTO_INCREMENT PRIMARY KEY, biblionumber int NOT NULL, frameworkcode varchar(4) NOT NULL DEFAULT '', holdingbranch varchar(10), location varchar(80), callnumber varchar(255), suppress tinyint, deleted_at datetime,
    FOREIGN KEY (biblionumber) REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE, FOREIGN KEY (holdingbranch) REFERENCES branches (branchcode) ON UPDATE CASCADE) DEFAULT CHARSET = utf8mb3 COLLATE = utf8mb3_unicode_ci;
CREATE TABLE holdings_metadata (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, holding_id int NOT NULL, format varchar(16) NOT NULL, marcflavour varchar(16) NOT NULL, metadata longtext NOT NULL, deleted_at datetime,
    UNIQUE KEY (holding_id, format, marcflavour), FOREIGN KEY (holding_id) REFERENCES holdings (holding_id) ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO biblio (biblionumber, title, datecreated) VALUES (1, 'One', '2017-05-01'), (2, 'Two', '2017-05-01');
INSERT INTO biblio_metadata (biblionumber, format, marcflavour, metadata) VALUES (1, 'marcxml', 'MARC21', '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">1</controlfield></record>');
INSERT INTO holdings (holding_id, biblionumber, holdingbranch, callnumber) VALUES (5, 1, 'FPL', 'Q 1');
INSERT INTO holdings_metadata (holding_id, format, marcflavour, metadata) VALUES (5, 'marcxml', 'MARC21', '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nx  a2200000zn 4500</leader><controlfield tag="001">5</controlfield><datafield tag="852" ind1=" " ind2=" "><subfield code="b">MPL</subfield></datafield></record>');
SQL
mariadb_root koha -e "GRANT SELECT ON old.* TO everarchive@'127.0.0.1'"
OLD="mariadb:defaults-group=koha,database=old,defaults-file=$HARNESS_DIR/my.cnf"
ok "source check passes for a database that lacks what is optional" ea source check koha_old --adapter koha --from "$OLD"
like "and says what it has not" "$(ea source check koha_old --adapter koha --from "$OLD" 2>&1)" 'old.biblio_metadata has no column record_source_id, and need not have it'
ok "the source is added" ea source add koha_old --adapter koha --from "$OLD"
daemon_start
ok "the first copy arrives" all_arrived 60
koha -e "INSERT INTO biblio_metadata (biblionumber, format, marcflavour, metadata) VALUES (2, 'marcxml', 'UNIMARC', '<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>00000nam  2200000   450 </leader><controlfield tag=\"001\">2</controlfield></record>')"
koha -e "UPDATE holdings SET suppress = 1 WHERE holding_id = 5; UPDATE branches SET branchcode = 'NEW' WHERE branchcode = 'FPL'"
koha -e "INSERT INTO aqbooksellers (id, name) VALUES (1, 'V'); INSERT INTO aqbudgetperiods (budget_period_id, budget_period_startdate, budget_period_enddate) VALUES (1, '2017-01-01', '2017-12-31'); INSERT INTO aqbudgets (budget_id, budget_period_id) VALUES (1, 1); INSERT INTO aqbasket (basketno) VALUES (1); INSERT INTO aqorders (ordernumber, biblionumber, basketno, budget_id) VALUES (1, 2, 1, 1)"
ok "new rows of tables that lack a column arrive" all_arrived 60
is "and are in no quarantine" "$(open_cases)" ""
is "the record says its flavour" "$(attribute bib 1 schema) $(attribute bib 2 schema)" "MARC21 UNIMARC"
is "the order is there" "$(attribute order 1 orderstatus) $(of_entity order 1 e.parent_key)" "new 2"
is "a holdings record is a holding; its branch has the new code" "$(of_entity holding 5:holdings_metadata "e.parent_key || ' ' || v.format || ' ' || (e.attributes ->> 'holdingbranch') || ' ' || (e.attributes ->> 'suppressed')")" "1 marcxml NEW 1"
koha -e "UPDATE holdings_metadata SET deleted_at = NOW() WHERE holding_id = 5; DELETE FROM biblio WHERE biblionumber = 2"
ok "deletes arrive" all_arrived 60
is "a holdings record that is marked deleted is a tombstone" "$(dead holding 5:holdings_metadata)" t
is "an order whose record is gone says so" "$(dead bib 2) $(attribute order 1 biblio_deleted) $(dead order 1)" "t true f"
compare_rows holdings holdings holding_id holding_id biblionumber holdingbranch suppress callnumber
compare_rows biblio_metadata biblio_metadata id id biblionumber format marcflavour metadata
compare_rows aqorders aqorders ordernumber ordernumber biblionumber basketno budget_id orderstatus
entities_are_mapped
daemon_stop

# ---- ON UPDATE over several levels, by a unique key, and SET NULL: Koha has none of these among its content ---------------------
mkdir -p "$HARNESS_DIR/adapters/chain"
cat >"$HARNESS_DIR/adapters/chain/mirror.sql" <<'SQL'
-- title: keys over several levels
-- system: mariadb
CREATE TABLE region (id integer PRIMARY KEY, code text);
COMMENT ON TABLE region IS 'Touches: nothing.';
CREATE TABLE branch (n integer, region text, PRIMARY KEY (n, region), FOREIGN KEY (region) REFERENCES region (code) ON UPDATE CASCADE);
CREATE INDEX ON branch (region);
COMMENT ON TABLE branch IS 'Touches: holding (n, region).';
CREATE TABLE shelf (id integer PRIMARY KEY, n integer, region text, FOREIGN KEY (n, region) REFERENCES branch (n, region) ON UPDATE CASCADE);
CREATE INDEX ON shelf (n, region);
COMMENT ON TABLE shelf IS 'Touches: item (id).';
CREATE TABLE label (id integer PRIMARY KEY, n integer, region text, FOREIGN KEY (n, region) REFERENCES branch (n, region) ON UPDATE SET NULL);
CREATE INDEX ON label (n, region);
COMMENT ON TABLE label IS 'Touches: holding (n, region).';
SQL
cat >"$HARNESS_DIR/adapters/chain/mapping.sql" <<'SQL'
CREATE VIEW holding AS SELECT b.n AS key1, b.region AS key2, NULL::text AS parent_key, NULL::marc AS record, NULL::text AS problem,
    convert_to(b.region, 'UTF8') AS captured, 'json'::text AS format,
    jsonb_build_object('labels', (SELECT count(*) FROM label l WHERE l.n = b.n AND l.region = b.region)) AS attributes, false AS deleted FROM branch b;
CREATE VIEW item AS SELECT s.id AS key1, s.n || ':' || s.region AS parent_key, NULL::marc AS record, NULL::text AS problem,
    convert_to(s.region, 'UTF8') AS captured, 'json'::text AS format, NULL::jsonb AS attributes, false AS deleted FROM shelf s;
SQL
SOURCE=chain
DATABASE=chain
mariadb_root koha -e "CREATE DATABASE chain DEFAULT CHARACTER SET utf8mb4; GRANT SELECT ON chain.* TO everarchive@'127.0.0.1'"
koha <<'SQL'
CREATE TABLE region (id int PRIMARY KEY, code varchar(20) NOT NULL UNIQUE);
CREATE TABLE branch (n int NOT NULL, region varchar(20) NOT NULL, PRIMARY KEY (n, region), FOREIGN KEY (region) REFERENCES region (code) ON UPDATE CASCADE);
CREATE TABLE shelf (id int PRIMARY KEY, n int, region varchar(20), FOREIGN KEY (n, region) REFERENCES branch (n, region) ON UPDATE CASCADE);
CREATE TABLE label (id int PRIMARY KEY, n int, region varchar(20), FOREIGN KEY (n, region) REFERENCES branch (n, region) ON UPDATE SET NULL);
INSERT INTO region VALUES (1, 'A'), (2, 'B'), (99, 'mark');
INSERT INTO branch VALUES (1, 'A'), (2, 'A'), (1, 'B');
INSERT INTO shelf SELECT seq, 1 + seq % 2, 'A' FROM seq_1_to_500;
INSERT INTO shelf SELECT 1000 + seq, 1, 'B' FROM seq_1_to_10;
INSERT INTO label VALUES (1, 1, 'A'), (2, 2, 'A'), (3, 1, 'B');
SQL
CHAIN="mariadb:defaults-group=koha,database=chain,defaults-file=$HARNESS_DIR/my.cnf"
export EVERARCHIVE_ADAPTERS=$HARNESS_DIR/adapters
ok "source check knows the keys over several levels" ea source check chain --adapter chain --from "$CHAIN"
ok "the source is added" ea source add chain --adapter chain --from "$CHAIN"
preservation -c "SELECT everarchive.source_pause(name) FROM everarchive.source WHERE name <> 'chain'" >/dev/null
daemon_start
ok "the first copy arrives" all_arrived 60
koha -e "UPDATE region SET code = 'C' WHERE id = 1"
ok "a changed unique key arrives" all_arrived 60
compare_rows region region id id code
compare_rows shelf shelf id id n region
compare_rows label label id id n region
compare_rows branch branch "n, region" n region
is "rows two levels below it follow, with a version each" "$(alive item "e.parent_key LIKE '%:C'") $(versions item 1)" "500 2"
is "those that are set to null do, and what they belonged to knows" "$(alive holding "e.key IN ('1:C', '2:C') AND e.attributes ->> 'labels' = '0'") $(dead holding 1:A)" "2 t"
entities_are_mapped
daemon_stop
done_testing || { show_log; exit 1; }
