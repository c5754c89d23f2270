"""The library systems that take part: how each is followed, and what faults and oracle must know of it.

As a program: prints kind of server and name of each that the seeds need which 90_random.sh was asked for."""

import argparse
import os
import sys
from dataclasses import dataclass, field
from types import ModuleType

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "harness"))
import captured_tables  # noqa: E402
import states_archivesspace  # noqa: E402
import states_dspace  # noqa: E402
import states_folio  # noqa: E402
import workload_archivesspace  # noqa: E402
import workload_dspace  # noqa: E402
import workload_evergreen  # noqa: E402
import workload_folio  # noqa: E402
import workload_koha  # noqa: E402
from states_folio import INV, ORD, SRS  # noqa: E402


@dataclass
class System:
    name: str          # of the server, its database, and the group in its connection file
    server: str        # postgresql or mariadb
    source: str        # its name in the preservation database, and its mirror schema
    worker: type
    work: ModuleType   # MARK, MARKED, TORN
    states: ModuleType  # KINDS, CAPTURED, version_state
    at_least: dict     # table → columns; what an adapter lost is lost on both sides of a comparison that it describes itself
    other_columns: list  # DDL that no captured column is part of: nothing may come of it
    captured_column: tuple  # a column that the adapter names goes away, and comes back; no worker uses it
    huge: list         # a transaction of {rows} rows that make no entity, with keys from {first} on
    pair: str          # tears a pair, if there is one
    spoil: list        # (check, statement); {version} is the newest one of a bib that a worker owns
    parameters: dict = field(default_factory=dict)
    poison: dict = field(default_factory=dict)  # table → which of its rows the mirror has

    def tables(self):
        return captured_tables.tables(self.name, **self.parameters)

    def origin(self, folder):
        return f"postgresql:service={self.name}" if self.server == "postgresql" else f"mariadb:defaults-group={self.name},defaults-file={folder}/my.cnf"

    def settings(self):
        return [word for name, value in self.parameters.items() for word in ("--set", f"{name}={value}")]


ITEM = "id call_number circ_lib copy_number status location barcode circ_modifier ref opac_visible deleted"
KOHA = System(
    "koha", "mariadb", "koha_main", workload_koha.KohaWorker, workload_koha, workload_koha,
    at_least={
        "biblio": "biblionumber frameworkcode notes",
        "biblio_metadata": "id biblionumber format schema metadata",
        "biblioitems": "biblioitemnumber biblionumber",
        "items": "itemnumber biblionumber biblioitemnumber barcode dateaccessioned homebranch holdingbranch notforloan damaged itemlost"
                 " withdrawn itemcallnumber coded_location_qualifier restricted itemnotes location permanent_location cn_source ccode"
                 " materials uri itype more_subfields_xml enumchron copynumber stocknumber",
        "auth_header": "authid authtypecode marcxml",
    },
    other_columns=[
        ("ALTER TABLE items ADD COLUMN zz{n} varchar(40) DEFAULT 'canary-private' AFTER barcode", "ALTER TABLE items DROP COLUMN zz{n}"),
        ("ALTER TABLE biblio_metadata ADD COLUMN source{n} int FIRST",),
        ("ALTER TABLE biblio CHANGE medium medium{n} longtext", "ALTER TABLE biblio CHANGE medium{n} medium longtext"),
        ("ALTER TABLE items ENGINE = InnoDB", "FLUSH BINARY LOGS"), ("OPTIMIZE TABLE auth_header",), ("FLUSH TABLES",),
        ("CREATE TABLE other{n} (a int) SELECT 1 AS a", "DROP TABLE other{n}")],
    captured_column=("ALTER TABLE items CHANGE enumchron enumchron_away mediumtext", "ALTER TABLE items CHANGE enumchron_away enumchron mediumtext"),
    huge=["INSERT INTO biblioitems (biblioitemnumber, biblionumber) SELECT {first} + seq, 1 FROM seq_1_to_{rows}"],
    pair="UPDATE koha_main.auth_header SET marcxml = '' WHERE authid = (SELECT max(authid) FROM koha_main.auth_header WHERE authtypecode LIKE 'PAIR%')",
    spoil=[
        ("rows", "DELETE FROM koha_main.items WHERE itemnumber = (SELECT min(itemnumber) FROM koha_main.items)"),
        ("rows", "UPDATE koha_main.biblio_metadata SET metadata = metadata || ' ' WHERE id = (SELECT max(id) FROM koha_main.biblio_metadata)"),
        ("rows", "UPDATE koha_main.items SET uri = '' WHERE itemnumber = (SELECT max(itemnumber) FROM koha_main.items)"),
        ("rows", "UPDATE koha_main.branches SET branchname = branchname || ' ' WHERE branchcode = 'CPL'"),
        ("journal", "UPDATE everarchive.version SET captured = captured || ' ' WHERE version_id = {version}"),
        ("mapped", "DELETE FROM koha_main.biblio WHERE biblionumber = (SELECT max(biblionumber) FROM koha_main.biblio)")],
    poison={"auth_header": "authid <= 9223372036854775807"})

EVERGREEN = System(
    "evergreen", "postgresql", "evergreen", workload_evergreen.EvergreenWorker, workload_evergreen, workload_evergreen,
    at_least={
        "biblio.record_entry": "id active deleted source tcn_source tcn_value owner marc",
        "authority.record_entry": "id active deleted source control_set owner marc",
        "serial.record_entry": "id record owning_lib source active deleted marc",
        "asset.call_number": "id record owning_lib label label_class prefix suffix deleted",
        "asset.copy": ITEM,
        "serial.unit": ITEM + " sort_key detailed_contents summary_contents",
    },
    other_columns=[
        ("ALTER TABLE asset.copy ADD COLUMN zz{n} text DEFAULT 'canary-private'", "ALTER TABLE asset.copy DROP COLUMN zz{n}"),
        ("ALTER TABLE biblio.record_entry ADD COLUMN zz{n} text DEFAULT 'canary-private'",),
        ("ALTER TABLE asset.copy RENAME COLUMN dummy_isbn TO dummy_isbn{n}", "ALTER TABLE asset.copy RENAME COLUMN dummy_isbn{n} TO dummy_isbn"),
        ("VACUUM FULL biblio.record_entry",), ("CREATE INDEX zz{n} ON asset.copy (barcode)", "DROP INDEX asset.zz{n}"),
        ("ALTER TABLE biblio.record_entry ALTER COLUMN marc SET STORAGE EXTERNAL",), ("TRUNCATE metabib.combined_title_field_entry",)],
    captured_column=("ALTER TABLE asset.copy RENAME COLUMN ref TO ref_away", "ALTER TABLE asset.copy RENAME COLUMN ref_away TO ref"),
    huge=["INSERT INTO asset.copy (id, circ_lib, creator, call_number, editor, loan_duration, fine_level, barcode)"
          " SELECT {first} + g, 4, 1, -1, 1, 2, 2, 'huge' || {first} + g FROM generate_series(1, {rows}) g"],
    pair="UPDATE evergreen.asset_copy SET circ_modifier = '' WHERE id = (SELECT max(id) FROM evergreen.asset_copy WHERE location >= 9000)",
    spoil=[
        ("rows", "INSERT INTO evergreen.serial_unit (id) VALUES (123456789)"),
        ("rows", "UPDATE evergreen.biblio_record_entry SET active = NOT active WHERE id = (SELECT max(id) FROM evergreen.biblio_record_entry)"),
        ("rows", "DELETE FROM evergreen.actor_org_unit WHERE id = (SELECT max(id) FROM evergreen.actor_org_unit)"),
        ("journal", "UPDATE everarchive.version SET attributes = attributes || '{\"source\": 99}' WHERE version_id = {version}")])

FOLIO = System(
    "folio", "postgresql", "folio_diku", workload_folio.FolioWorker, workload_folio, states_folio,
    at_least={
        f"{SRS}.records_lb": "id matched_id generation record_type external_id state leader_record_status suppress_discovery",
        f"{SRS}.marc_records_lb": "id content",
        f"{INV}.instance": "id jsonb",
        f"{INV}.holdings_record": "id jsonb instanceid permanentlocationid",
        f"{INV}.item": "id jsonb holdingsrecordid permanentlocationid",
        f"{INV}.bound_with_part": "id itemid holdingsrecordid",
        f"{INV}.location": "id jsonb libraryid",
        f"{INV}.loclibrary": "id jsonb",
        f"{ORD}.po_line": "id jsonb purchaseorderid",
        f"{ORD}.pieces": "id jsonb polineid",
    },
    other_columns=[
        (f"ALTER TABLE {INV}.item ADD COLUMN zz{{n}} text DEFAULT 'canary-private'", f"ALTER TABLE {INV}.item DROP COLUMN zz{{n}}"),
        (f"ALTER TABLE {SRS}.records_lb ADD COLUMN zz{{n}} text DEFAULT 'canary-private'",),
        (f"ALTER TABLE {INV}.instance RENAME COLUMN instancestatusid TO status{{n}}", f"ALTER TABLE {INV}.instance RENAME COLUMN status{{n}} TO instancestatusid"),
        (f"VACUUM FULL {SRS}.marc_records_lb",), (f"CREATE INDEX zz{{n}} ON {INV}.item (materialtypeid)", f"DROP INDEX {INV}.zz{{n}}"),
        (f"ALTER TABLE {INV}.instance ALTER COLUMN jsonb SET STORAGE EXTERNAL",), (f"TRUNCATE {SRS}.marc_indexers_leader",)],
    captured_column=(f"ALTER TABLE {SRS}.records_lb RENAME COLUMN external_hrid TO hrid_away", f"ALTER TABLE {SRS}.records_lb RENAME COLUMN hrid_away TO external_hrid"),
    huge=["SET session_replication_role = replica",
          f"INSERT INTO {ORD}.titles (id, jsonb) SELECT gen_random_uuid(), jsonb_build_object('title', 'huge ' || {{first}} + g, 'receivingNote', 'canary-private') FROM generate_series(1, {{rows}}) g"],
    pair="UPDATE folio_diku.mod_inventory_storage_holdings_record SET jsonb = jsonb || '{\"callNumber\": \"\"}'"
         " WHERE id = (SELECT id FROM folio_diku.mod_inventory_storage_holdings_record WHERE jsonb ->> 'copyNumber' LIKE 'PAIR%' ORDER BY id LIMIT 1)",
    spoil=[
        ("rows", "DELETE FROM folio_diku.mod_inventory_storage_item WHERE id = (SELECT id FROM folio_diku.mod_inventory_storage_item ORDER BY id LIMIT 1)"),
        ("rows", "UPDATE folio_diku.mod_inventory_storage_instance SET jsonb = jsonb || '{\"sourceUri\": \"\"}' WHERE id = (SELECT id FROM folio_diku.mod_inventory_storage_instance ORDER BY id LIMIT 1)"),
        ("rows", "UPDATE folio_diku.mod_inventory_storage_item SET jsonb = jsonb || '{\"lastCheckIn\": {}}' WHERE id = (SELECT id FROM folio_diku.mod_inventory_storage_item ORDER BY id LIMIT 1)"),
        ("rows", "UPDATE folio_diku.mod_source_record_storage_records_lb SET generation = generation + 1 WHERE id = (SELECT id FROM folio_diku.mod_source_record_storage_records_lb ORDER BY id LIMIT 1)"),
        ("journal", "UPDATE everarchive.version SET captured = convert_to('{\"title\": \"spoilt\"}', 'UTF8') WHERE version_id = {version}"),
        ("mapped", "DELETE FROM folio_diku.mod_inventory_storage_holdings_record WHERE id = (SELECT id FROM folio_diku.mod_inventory_storage_holdings_record ORDER BY id LIMIT 1)")],
    parameters={"tenant": states_folio.TENANT})

DSPACE = System(
    "dspace", "postgresql", "dspace", workload_dspace.DspaceWorker, workload_dspace, states_dspace,
    at_least={
        "public.item": "uuid in_archive withdrawn discoverable owning_collection",
        "public.bundle": "uuid primary_bitstream_id",
        "public.bitstream": "uuid bitstream_format_id size_bytes checksum checksum_algorithm internal_id store_number sequence_id deleted",
        "public.metadatafieldregistry": "metadata_field_id metadata_schema_id element qualifier",
        "public.metadatavalue": "metadata_value_id metadata_field_id text_value text_lang place authority confidence dspace_object_id",
        "public.item2bundle": "bundle_id item_id",
        "public.bundle2bitstream": "bitstream_id bundle_id bitstream_order",
        "public.collection2item": "collection_id item_id",
        "public.handle": "handle_id handle resource_type_id resource_id",
        "public.versionitem": "versionitem_id item_id version_number versionhistory_id",
    },
    other_columns=[
        ("ALTER TABLE item ADD COLUMN zz{n} text DEFAULT 'canary-private'", "ALTER TABLE item DROP COLUMN zz{n}"),
        ("ALTER TABLE metadatavalue ADD COLUMN zz{n} text DEFAULT 'canary-private'",),
        ("ALTER TABLE item RENAME COLUMN item_id TO item_id{n}", "ALTER TABLE item RENAME COLUMN item_id{n} TO item_id"),
        ("VACUUM FULL metadatavalue",), ("CREATE INDEX zz{n} ON bitstream (checksum)", "DROP INDEX zz{n}"),
        ("ALTER TABLE metadatavalue ALTER COLUMN text_value SET STORAGE EXTERNAL",), ("TRUNCATE most_recent_checksum",)],
    captured_column=("ALTER TABLE metadatavalue RENAME COLUMN authority TO authority_away", "ALTER TABLE metadatavalue RENAME COLUMN authority_away TO authority"),
    huge=["INSERT INTO handle (handle_id, handle, resource_type_id) SELECT {first} + g, '123456789/' || {first} + g, 2 FROM generate_series(1, {rows}) g"],
    pair="UPDATE dspace.public_bitstream SET checksum = '' WHERE uuid = (SELECT uuid FROM dspace.public_bitstream WHERE sequence_id >= 9000 ORDER BY uuid LIMIT 1)",
    spoil=[
        ("rows", "DELETE FROM dspace.public_metadatavalue WHERE metadata_value_id = (SELECT max(metadata_value_id) FROM dspace.public_metadatavalue)"),
        ("rows", "INSERT INTO dspace.public_metadatavalue (metadata_value_id, metadata_field_id, text_value, dspace_object_id)"
                 " VALUES (-1, 2, 'name of a user', '90000000-0000-4000-8000-000000000001')"),
        ("rows", "UPDATE dspace.public_bitstream SET size_bytes = size_bytes + 1 WHERE uuid = (SELECT uuid FROM dspace.public_bitstream ORDER BY uuid LIMIT 1)"),
        ("rows", "DELETE FROM dspace.public_bundle2bitstream WHERE bitstream_id = (SELECT bitstream_id FROM dspace.public_bundle2bitstream ORDER BY 1 LIMIT 1)"),
        ("rows", "UPDATE dspace.public_handle SET handle = handle || ' ' WHERE handle_id = (SELECT max(handle_id) FROM dspace.public_handle)"),
        ("journal", "UPDATE everarchive.version SET captured = convert_to('{\"metadata\": []}', 'UTF8') WHERE version_id = {version}"),
        ("mapped", "DELETE FROM dspace.public_item WHERE uuid = (SELECT uuid FROM dspace.public_item WHERE in_archive ORDER BY uuid LIMIT 1)")])

ARCHIVESSPACE = System(
    "archivesspace", "mariadb", "archives", workload_archivesspace.ArchivesspaceWorker, workload_archivesspace, states_archivesspace,
    at_least={
        "resource": "id repo_id title identifier level_id publish suppressed",
        "archival_object": "id repo_id root_record_id parent_id position publish suppressed ref_id title level_id",
        "accession": "id repo_id identifier title publish suppressed provenance accession_date",
        "digital_object": "id repo_id digital_object_id title publish suppressed",
        "file_version": "id digital_object_id digital_object_component_id file_uri checksum checksum_method_id file_size_bytes caption",
        "note": "id resource_id archival_object_id digital_object_id agent_person_id publish notes",
        "instance": "id resource_id archival_object_id accession_id instance_type_id",
        "sub_container": "id instance_id type_2_id indicator_2",
        "top_container": "id repo_id barcode ils_holding_id ils_item_id indicator type_id",
        "top_container_link_rlshp": "id top_container_id sub_container_id",
        "linked_agents_rlshp": "id agent_person_id resource_id archival_object_id role_id relator_id",
        "subject_term": "id subject_id term_id",
    },
    other_columns=[
        ("ALTER TABLE note ADD COLUMN zz{n} varchar(40) DEFAULT 'canary-private' AFTER publish", "ALTER TABLE note DROP COLUMN zz{n}"),
        ("ALTER TABLE resource ADD COLUMN zz{n} int FIRST",),
        ("ALTER TABLE top_container CHANGE internal_note internal_note{n} varchar(255)", "ALTER TABLE top_container CHANGE internal_note{n} internal_note varchar(255)"),
        ("ALTER TABLE note ENGINE = InnoDB", "FLUSH BINARY LOGS"), ("OPTIMIZE TABLE extent",), ("FLUSH TABLES",),
        ("CREATE TABLE other{n} (a int) SELECT 1 AS a", "DROP TABLE other{n}")],
    captured_column=("ALTER TABLE file_version CHANGE caption caption_away varchar(255)", "ALTER TABLE file_version CHANGE caption_away caption varchar(255)"),
    huge=["INSERT INTO deleted_records (id, uri, timestamp, operator) SELECT {first} + seq, CONCAT('/repositories/2/resources/', seq), UTC_TIMESTAMP(), 'canary-private' FROM seq_1_to_{rows}"],
    pair="UPDATE archives.top_container SET indicator = '' WHERE id = (SELECT max(id) FROM archives.top_container WHERE ils_holding_id LIKE 'PAIR%')",
    spoil=[
        ("rows", "UPDATE archives.note SET notes = notes || ' ' WHERE id = (SELECT max(id) FROM archives.note)"),
        ("rows", "DELETE FROM archives.extent WHERE id = (SELECT max(id) FROM archives.extent)"),
        ("rows", "UPDATE archives.file_version SET caption = '' WHERE id = (SELECT max(id) FROM archives.file_version)"),
        ("rows", "UPDATE archives.enumeration_value SET value = value || ' ' WHERE id = 5"),
        ("journal", "UPDATE everarchive.version SET captured = convert_to(replace(convert_from(captured, 'UTF8'), '\"title\": \"', '\"title\": \"x'), 'UTF8') WHERE version_id = {version}"),
        ("mapped", "UPDATE archives.sub_container SET indicator_2 = indicator_2 || ' ' WHERE id = (SELECT max(id) FROM archives.sub_container)")],
    poison={"note": f"id <> {workload_archivesspace.POISON}"})

# In a ring: each seed takes the next two, so that any three seeds in a row have all of them.
SYSTEMS = {system.name: system for system in (KOHA, EVERGREEN, FOLIO, ARCHIVESSPACE, DSPACE)}
BY_SOURCE = {system.source: system for system in SYSTEMS.values()}


def cast(seed, only=None):
    """The names of the systems that take part in a seed."""
    ring = list(SYSTEMS)
    return only or [ring[(2 * seed + at) % len(ring)] for at in range(2)]


def arguments(parser):
    """What says which seeds are played."""
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--from", dest="first", type=int)
    parser.add_argument("--systems", type=lambda text: text.split(","), help="in each seed, instead of two by turns: " + ",".join(SYSTEMS))


def needed():
    parser = argparse.ArgumentParser(add_help=False)
    arguments(parser)
    asked, _ = parser.parse_known_args()
    first = asked.seed or asked.first
    if first is None:
        return asked.systems or list(SYSTEMS)
    return sorted({name for seed in range(first, first + (1 if asked.seed else asked.seeds)) for name in cast(seed, asked.systems)})


if __name__ == "__main__":
    for name in needed():
        print(SYSTEMS[name].server, name)
