"""What an entity of DSpace is made of, read from DSpace and from a version: both give the same tuple (workload_journal.py)."""

from workload_journal import digest

KINDS = ["bib", "object"]
CAPTURED = "convert_from(v.captured, 'UTF8')::jsonb"
MEMBERS = ("schema", "element", "qualifier", "text_value", "text_lang", "place")
# In the archive, withdrawn, or superseded by a newer version; never what is still being submitted.
KEPT = """(i.in_archive OR i.withdrawn OR (EXISTS (SELECT FROM versionitem v WHERE v.item_id = i.uuid)
    AND NOT EXISTS (SELECT FROM workspaceitem w WHERE w.item_id = i.uuid) AND NOT EXISTS (SELECT FROM cwf_workflowitem w WHERE w.item_id = i.uuid)))"""
METADATA = """(SELECT coalesce(jsonb_agg(jsonb_build_array(s.short_id, f.element, f.qualifier, m.text_value, m.text_lang, m.place)
        ORDER BY s.short_id COLLATE "C", f.element COLLATE "C", f.qualifier COLLATE "C" NULLS FIRST, m.place, m.metadata_value_id), '[]')
    FROM metadatavalue m LEFT JOIN metadatafieldregistry f USING (metadata_field_id) LEFT JOIN metadataschemaregistry s USING (metadata_schema_id)
    WHERE m.dspace_object_id = {})"""
TITLE = """(SELECT m.text_value FROM metadatavalue m JOIN metadatafieldregistry f USING (metadata_field_id) WHERE m.dspace_object_id = {}
    AND f.element = 'title' AND f.qualifier IS NULL ORDER BY m.place, m.metadata_value_id LIMIT 1)"""
READ = {
    "bib": f"""SELECT i.uuid::text, coalesce(i.withdrawn, false), i.in_archive, i.discoverable,
            (SELECT h.handle FROM handle h WHERE h.resource_id = i.uuid ORDER BY h.handle_id LIMIT 1), i.owning_collection::text,
            ARRAY(SELECT k.collection_id::text FROM collection2item k WHERE k.item_id = i.uuid ORDER BY k.collection_id),
            (SELECT v.version_number FROM versionitem v WHERE v.item_id = i.uuid ORDER BY v.versionitem_id LIMIT 1), {METADATA.format('i.uuid')}
        FROM item i WHERE i.uuid = ANY (%s::uuid[]) AND {KEPT}""",
    "object": f"""SELECT b.uuid::text, coalesce(b.deleted, false), l.item::text, {TITLE.format('l.bundle_id')}, {TITLE.format('b.uuid')},
            coalesce(n.primary_bitstream_id = b.uuid, false), l.bitstream_order, r.mimetype, b.size_bytes, b.checksum, {METADATA.format('b.uuid')}
        FROM bitstream b JOIN LATERAL (
            SELECT i.uuid AS item, t.bundle_id, t.bitstream_order FROM bundle2bitstream t JOIN item2bundle o USING (bundle_id) JOIN item i ON i.uuid = o.item_id
            WHERE t.bitstream_id = b.uuid AND {KEPT} ORDER BY i.uuid, t.bundle_id, t.bitstream_order LIMIT 1) l ON true
        LEFT JOIN bundle n ON n.uuid = l.bundle_id LEFT JOIN bitstreamformatregistry r USING (bitstream_format_id) WHERE b.uuid = ANY (%s::uuid[])""",
}


def read_states(cursor, kind, keys):
    cursor.execute(READ[kind], (keys,))
    return {one: (*(tuple(cell) if isinstance(cell, list) else cell for cell in row), digest(metadata)) for one, *row, metadata in cursor.fetchall()}


def version_state(kind, version):
    a = version.attributes or {}
    metadata = digest([[row.get(name) for name in MEMBERS] for row in version.captured.get("metadata", ())])
    if kind == "bib":
        return (version.deleted, a.get("in_archive"), a.get("discoverable"), a.get("handle"), a.get("owning_collection"), tuple(a.get("collections", ())),
                a.get("version"), metadata)
    return (version.deleted, version.parent, a.get("bundle"), a.get("name"), a.get("primary") is True, a.get("order"), a.get("mimetype"), a.get("size_bytes"),
            a.get("checksum"), metadata)
