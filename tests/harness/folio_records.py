#!/usr/bin/env python3
"""Writes the SQL that fills one tenant of a FOLIO made by folio_schema.sql: locations, and of each title an instance, a
holdings record and an item, for every second title a MARC record; an authority, orders. Real sample records of FOLIO are
added where their folder is given.

    folio_records.py --tenant diku --count 100 [--samples FOLDER] > load.sql

Every member that the adapter does not name holds the word canary."""
import argparse
import glob
import json
import sys
import uuid

CANARY = "c0ffee00-0000-4000-8000-00000000cafe"  # a user's id
STAFF = {"createdDate": "2026-01-02T03:04:05.678+00:00", "createdByUserId": CANARY, "createdByUsername": "canary-staff",
         "updatedDate": "2026-02-03T04:05:06.789+00:00", "updatedByUserId": CANARY, "updatedByUsername": "canary-staff"}


def key(kind, number):
    """The uuid of the number-th thing of a kind: the kind can be read from it."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


INSTITUTION, CAMPUS, LIBRARY, LOCATION, INSTANCE, HOLDINGS, ITEM, RECORD, AUTHORITY, ORDER, LINE, TITLE, PIECE = range(1, 14)
SNAPSHOT = key(99, 1)


def copy_text(value):
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Table:
    """The rows of one table, written as COPY."""

    def __init__(self, name, *columns):
        self.name, self.columns, self.rows = name, columns, []

    def add(self, *values):
        self.rows.append("\t".join("\\N" if v is None else copy_text(json.dumps(v, ensure_ascii=False) if isinstance(v, dict) else str(v))
                                   for v in values))

    def write(self, out):
        out.write(f"COPY {self.name} ({', '.join(self.columns)}) FROM STDIN;\n")
        for row in self.rows:
            out.write(row + "\n")
        out.write("\\.\n")


def marc(number, external, matched, status="n", title=None):
    return {"leader": f"00714{status}am a2200205 i 4500", "fields": [
        {"001": f"in{number:011d}"}, {"005": "20260102030405.6"}, {"008": "260102s2026    xx            000 0 eng d"},
        {"245": {"ind1": "1", "ind2": "0", "subfields": [{"a": title or f"Title {number} – 書名 𝄞 /"}, {"c": f"Author {number}."}]}},
        {"100": {"ind1": "1", "ind2": " ", "subfields": [{"a": f"Author, {number}."}]}},
        {"650": {"ind1": " ", "ind2": "0", "subfields": [{"a": f"Subject {number % 97}."}]}},
        {"999": {"ind1": "f", "ind2": "f", "subfields": [{"s": matched}, {"i": external}]}}]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--samples")
    asked = parser.parse_args()
    srs, inventory, orders = (f"{asked.tenant}_mod_{name}" for name in ("source_record_storage", "inventory_storage", "orders_storage"))
    tables = {name: Table(f"{schema}.{name}", *columns) for schema, name, columns in (
        (inventory, "locinstitution", ("id", "jsonb")), (inventory, "loccampus", ("id", "jsonb")), (inventory, "loclibrary", ("id", "jsonb")),
        (inventory, "location", ("id", "jsonb")), (inventory, "instance", ("id", "jsonb")), (inventory, "holdings_record", ("id", "jsonb")),
        (inventory, "item", ("id", "jsonb")), (inventory, "bound_with_part", ("id", "jsonb")),
        (srs, "snapshots_lb", ("id", "status", "created_by_user_id")),
        (srs, "records_lb", ("id", "snapshot_id", "matched_id", "generation", "record_type", "external_id", "state", "created_by_user_id", "external_hrid")),
        (srs, "marc_records_lb", ("id", "content")), (srs, "raw_records_lb", ("id", "content")),
        (orders, "purchase_order", ("id", "jsonb")), (orders, "po_line", ("id", "jsonb")), (orders, "titles", ("id", "jsonb")),
        (orders, "pieces", ("id", "jsonb")))}

    def add(name, document):
        tables[name].add(document["id"], document)

    def add_record(identifier, record_type, external, content, matched=None, generation=0, state="ACTUAL"):
        tables["records_lb"].add(identifier, SNAPSHOT, matched or identifier, generation, record_type, external, state, CANARY, None)
        tables["marc_records_lb"].add(identifier, content)
        tables["raw_records_lb"].add(identifier, "00714cam a2200205 i 4500 as received")

    tables["snapshots_lb"].add(SNAPSHOT, "COMMITTED", CANARY)
    add("locinstitution", {"id": key(INSTITUTION, 1), "name": "University", "code": "U", "metadata": STAFF})
    add("loccampus", {"id": key(CAMPUS, 1), "name": "City", "code": "C", "institutionId": key(INSTITUTION, 1), "metadata": STAFF})
    for number in (1, 2):
        add("loclibrary", {"id": key(LIBRARY, number), "name": f"Library {number}", "code": f"L{number}", "campusId": key(CAMPUS, 1), "metadata": STAFF})
        add("location", {"id": key(LOCATION, number), "name": f"Stacks {number}", "code": f"U/C/L{number}/S", "isActive": True,
                         "institutionId": key(INSTITUTION, 1), "campusId": key(CAMPUS, 1), "libraryId": key(LIBRARY, number),
                         "primaryServicePoint": CANARY, "details": {"contact": "canary-contact"}, "metadata": STAFF})
    for number in range(1, asked.count + 1):
        has_marc = number % 2 == 1
        add("instance", {"id": key(INSTANCE, number), "_version": 1, "hrid": f"in{number:011d}", "source": "MARC" if has_marc else "FOLIO",
                         "title": f"Title {number} – 書名 𝄞", "instanceTypeId": "6312d172-f0cf-40f6-b27d-9fa8feaf332f",
                         "contributors": [{"name": f"Author, {number}", "contributorNameTypeId": "2b94c631-fca9-4892-a730-03ee529ffe2a"}],
                         "subjects": [{"value": f"Subject {number % 97}"}], "administrativeNotes": [f"note {number}"],
                         "discoverySuppress": False, "staffSuppress": False, "holdingsRecords2": [{"note": "canary-unnamed"}],
                         "tags": {"tagList": []}, "metadata": STAFF})
        if has_marc:
            add_record(key(RECORD, number), "MARC_BIB", key(INSTANCE, number), marc(number, key(INSTANCE, number), key(RECORD, number)))
        place = key(LOCATION, 1 + number % 2)
        add("holdings_record", {"id": key(HOLDINGS, number), "_version": 1, "hrid": f"ho{number:011d}", "instanceId": key(INSTANCE, number),
                                "sourceId": "f32d531e-df79-46b3-8932-cdd35f7a2264", "permanentLocationId": place, "effectiveLocationId": place,
                                "callNumber": f"PN {number}", "notes": [], "metadata": STAFF})
        add("item", {"id": key(ITEM, number), "_version": 1, "hrid": f"it{number:011d}", "holdingsRecordId": key(HOLDINGS, number),
                     "barcode": f"{number:012d}", "status": {"name": "Available", "date": "2026-01-02T03:04:05.678+00:00"},
                     "effectiveLocationId": place, "materialTypeId": "1a54b431-2e4f-452d-9cae-9cee66c9a892", "permanentLocationId": place,
                     "circulationNotes": [{"note": "canary-note", "noteType": "Check in", "source": {"id": CANARY, "personal": {"lastName": "canary-family", "firstName": "canary-given"}}}],
                     "lastCheckIn": {"dateTime": "2026-01-02T03:04:05.678+00:00", "servicePointId": CANARY, "staffMemberId": CANARY},
                     "inTransitDestinationServicePointId": CANARY, "metadata": STAFF})
    authority = {"leader": "00300nz  a2200109n  4500", "fields": [
        {"001": "n1"}, {"005": "20260102030405.6"}, {"008": "860211|| anannbabn          |b ana     c"},
        {"100": {"ind1": "1", "ind2": " ", "subfields": [{"a": "Author, 1."}]}},
        {"999": {"ind1": "f", "ind2": "f", "subfields": [{"s": key(RECORD, 900001)}, {"i": key(AUTHORITY, 1)}]}}]}
    add_record(key(RECORD, 900001), "MARC_AUTHORITY", key(AUTHORITY, 1), authority)
    holdings = {"leader": "00300nx  a2200109zn 4500", "fields": [
        {"001": "ho1"}, {"004": "in1"}, {"008": "2601020u    8   4001uueng0260102"},
        {"852": {"ind1": "0", "ind2": " ", "subfields": [{"b": "U/C/L2/S"}, {"h": "PN 1"}]}},
        {"866": {"ind1": " ", "ind2": "0", "subfields": [{"a": "v.1-"}]}},
        {"999": {"ind1": "f", "ind2": "f", "subfields": [{"s": key(RECORD, 900002)}, {"i": key(HOLDINGS, 1)}]}}]}
    add_record(key(RECORD, 900002), "MARC_HOLDING", key(HOLDINGS, 1), holdings)
    # What a data import leaves where it made no instance: no entity.
    add_record(key(RECORD, 900003), "MARC_BIB", None, marc(900003, "", key(RECORD, 900003), title="Without an instance"))
    add("purchase_order", {"id": key(ORDER, 1), "poNumber": "10001", "orderType": "One-Time", "workflowStatus": "Pending", "approvedById": CANARY,
                           "assignedTo": CANARY, "notes": ["canary-order-note"], "closeReason": {"reason": "", "note": "canary-close-note"},
                           "vendor": CANARY, "metadata": STAFF})
    add("po_line", {"id": key(LINE, 1), "purchaseOrderId": key(ORDER, 1), "poLineNumber": "10001-1", "instanceId": key(INSTANCE, 1),
                    "titleOrPackage": "Title 1", "orderFormat": "Physical Resource", "receiptStatus": "Pending", "paymentStatus": "Pending",
                    "requester": "canary-requester", "selector": "canary-selector", "donor": "canary-donor",
                    "cost": {"listUnitPrice": 12.50, "quantityPhysical": 2, "currency": "canary-currency"},
                    "vendorDetail": {"noteFromVendor": "canary-vendor"}, "fundDistribution": [{"code": "canary-fund"}], "metadata": STAFF})
    add("titles", {"id": key(TITLE, 1), "poLineId": key(LINE, 1), "instanceId": key(INSTANCE, 1), "title": "Title 1", "receivingNote": "canary-receiving", "metadata": STAFF})
    for number in (1, 2):
        add("pieces", {"id": key(PIECE, number), "poLineId": key(LINE, 1), "titleId": key(TITLE, 1), "receivingStatus": "Expected", "format": "Physical",
                       "comment": "canary-comment", "internalNote": "canary-internal", "metadata": STAFF})

    if asked.samples:
        def read(*folders):
            for folder in folders:
                for name in sorted(glob.glob(f"{asked.samples}/{folder}/**/*.json", recursive=True)):
                    with open(name, encoding="utf-8") as file:
                        yield json.load(file)
        places = {place["id"] for place in read("locations")}
        for name, folder in (("locinstitution", "location-units/institutions"), ("loccampus", "location-units/campuses"),
                             ("loclibrary", "location-units/libraries"), ("location", "locations"), ("instance", "instances"),
                             ("instance", "bound-with/instances"), ("holdings_record", "holdingsrecords"),
                             ("holdings_record", "bound-with/holdingsrecords"), ("item", "items"), ("item", "bound-with/items"),
                             ("bound_with_part", "bound-with/bound-with-parts")):
            seen = {row.split("\t", 1)[0] for row in tables[name].rows}
            for document in read(folder):
                document.setdefault("id", str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))))
                for member in ("permanentLocationId", "temporaryLocationId", "effectiveLocationId"):
                    if document.get(member) not in places:
                        document.pop(member, None)
                if document["id"] not in seen:
                    seen.add(document["id"])
                    document["metadata"] = STAFF
                    add(name, document)
        # Parts whose item or holdings record is no sample.
        known = {name: {row.split("\t", 1)[0] for row in tables[name].rows} for name in ("instance", "holdings_record", "item")}
        for name, links in (("holdings_record", {"instanceId": "instance"}), ("item", {"holdingsRecordId": "holdings_record"}),
                            ("bound_with_part", {"itemId": "item", "holdingsRecordId": "holdings_record"})):
            kept = []
            for row in tables[name].rows:
                document = json.loads(row.split("\t", 1)[1].replace("\\\\", "\\"))
                if all(document.get(member) in known[table] for member, table in links.items()):
                    kept.append(row)
            tables[name].rows = kept
            known[name] = {row.split("\t", 1)[0] for row in kept}

    sys.stdout.write("BEGIN;\n")
    for table in tables.values():
        if table.rows:
            table.write(sys.stdout)
    sys.stdout.write("COMMIT;\n")


if __name__ == "__main__":
    main()
