"""What an entity of FOLIO is made of, read from FOLIO and from a version: both give the same tuple (workload_journal.py)."""

from workload_journal import digest

TENANT = "diku"
SRS, INV, ORD = (f"{TENANT}_mod_{module}" for module in ("source_record_storage", "inventory_storage", "orders_storage"))
KINDS = ["bib", "authority", "holding", "item", "order"]
CAPTURED = "convert_from(v.captured, 'UTF8')::jsonb"
CONTENT_STATUS = {"Aged to lost", "Declared lost", "Lost and paid", "Long missing", "Missing", "Withdrawn", "Intellectual item", "Restricted",
                  "Unavailable", "Unknown", "On order", "Order closed"}
# The record of an external id that counts.
SOURCE_RECORD = f"""SELECT r.external_id, r.matched_id::text, r.suppress_discovery, r.state = 'DELETED' OR r.leader_record_status IN ('d', 's', 'x') AS deleted, m.content
    FROM {SRS}.records_lb r JOIN {SRS}.marc_records_lb m USING (id) WHERE r.record_type = '{{}}' AND r.state IN ('ACTUAL', 'DELETED') AND r.external_id = {{}}
    ORDER BY r.state, r.generation DESC, r.id LIMIT 1"""
PLACE = f"LEFT JOIN {INV}.location p ON p.id = x.permanentlocationid LEFT JOIN {INV}.loclibrary y ON y.id = p.libraryid"
READ = {
    "bib": f"SELECT i.id::text, i.jsonb, s.* FROM {INV}.instance i LEFT JOIN LATERAL ({SOURCE_RECORD.format('MARC_BIB', 'i.id')}) s ON true WHERE i.id = ANY (%s::uuid[])",
    "authority": f"SELECT k.id::text, s.* FROM unnest(%s::uuid[]) k (id) JOIN LATERAL ({SOURCE_RECORD.format('MARC_AUTHORITY', 'k.id')}) s ON true",
    "holding": f"SELECT x.id::text, x.instanceid::text, x.jsonb, p.jsonb ->> 'name', y.jsonb ->> 'name' FROM {INV}.holdings_record x {PLACE} WHERE x.id = ANY (%s::uuid[])",
    "item": f"""SELECT x.id::text, x.holdingsrecordid::text, x.jsonb, p.jsonb ->> 'name', y.jsonb ->> 'name', ARRAY(SELECT b.holdingsrecordid::text FROM {INV}.bound_with_part b
        WHERE b.itemid = x.id AND b.holdingsrecordid <> x.holdingsrecordid ORDER BY b.holdingsrecordid) FROM {INV}.item x {PLACE} WHERE x.id = ANY (%s::uuid[])""",
    "order": f"""SELECT l.id::text, l.jsonb, o.jsonb, (SELECT jsonb_agg(p.jsonb ORDER BY p.id) FROM {ORD}.pieces p WHERE p.polineid = l.id)
        FROM {ORD}.po_line l LEFT JOIN {ORD}.purchase_order o ON o.id = l.purchaseorderid WHERE l.id = ANY (%s::uuid[])""",
}


def bib_state(deleted, suppressed, instance, matched, content):
    """Without a MARC record, the content is the instance."""
    return (deleted, suppressed, tuple(instance.get("administrativeNotes", ())), matched,
            digest(content if matched else [instance["title"], instance.get("editions"), instance.get("deleted")]))


def holding_state(parent, holding, location, library):
    return (parent, holding.get("callNumber"), holding.get("copyNumber"), location, library)


def order_state(line, order, pieces):
    return (line.get("instanceId"), (order or {}).get("workflowStatus"), line.get("receiptStatus"), tuple((p["id"], p["receivingStatus"]) for p in pieces or ()))


def version_state(kind, version):
    a, captured = version.attributes or {}, version.captured
    place = a.get("location") or {}
    names = (place.get("name"), (place.get("library") or {}).get("name"))
    if kind == "bib":
        matched = a.get("matched_id")
        return bib_state(version.deleted, a.get("discoverySuppress") is True, a if matched else captured, matched, captured)
    if kind == "authority":
        return (version.deleted, a["matched_id"], digest(captured))
    if kind == "holding":
        return holding_state(version.parent, a, *names)
    if kind == "item":
        return (version.parent, a.get("barcode"), a.get("volume"), a.get("status"), *names, tuple(a.get("boundWith", ())))
    return order_state(captured["line"], captured["order"], captured["pieces"])


def read_states(cursor, kind, keys):
    cursor.execute(READ[kind], (keys,))
    found = {}
    for one, *row in cursor.fetchall():
        if kind == "bib":
            instance, _, matched, suppressed, deleted, content = row
            suppressed = bool(suppressed) or instance.get("discoverySuppress") is True
            found[one] = bib_state(bool(deleted) or instance.get("deleted") is True, suppressed, instance, matched, content)
        elif kind == "authority":
            _, matched, _, deleted, content = row
            found[one] = (bool(deleted), matched, digest(content))
        elif kind == "holding":
            found[one] = holding_state(*row)
        elif kind == "item":
            parent, item, location, library, bound = row
            status = (item.get("status") or {}).get("name")
            found[one] = (parent, item.get("barcode"), item.get("volume"), status if status in CONTENT_STATUS else None, location, library, tuple(bound))
        else:
            found[one] = order_state(*row)
    return found
