-- What an entity of DSpace is. An item is its rows of metadata, so the captured form is made here: one JSON document with the
-- rows in an order that does not depend on when they were written.

-- In the archive, withdrawn from it, or an older version of what is in it. Never what is still being submitted.
CREATE VIEW _kept_item AS
SELECT i.uuid, i.in_archive, i.withdrawn, i.discoverable, i.owning_collection
FROM public_item i
WHERE i.in_archive OR i.withdrawn
   OR (EXISTS (SELECT FROM public_versionitem v WHERE v.item_id = i.uuid)
       AND NOT EXISTS (SELECT FROM public_workspaceitem w WHERE w.item_id = i.uuid)
       AND NOT EXISTS (SELECT FROM public_cwf_workflowitem f WHERE f.item_id = i.uuid));
COMMENT ON VIEW _kept_item IS 'items that DSpace keeps: archived, withdrawn, or superseded by a newer version';

CREATE VIEW _field AS
SELECT f.metadata_field_id, s.short_id, f.element, f.qualifier
FROM public_metadatafieldregistry f
LEFT JOIN public_metadataschemaregistry s ON s.metadata_schema_id = f.metadata_schema_id;
COMMENT ON VIEW _field IS 'fields of metadata by name: dc, title, null';

-- OFFSET 0 keeps the document, which is used several times, from being made several times; LIMIT 1 keeps the planner from
-- hashing the registry for each item.
CREATE VIEW bib AS
SELECT i.uuid AS key1,
       NULL::text AS parent_key,
       dspace_to_marc(c.content) AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'handle', h.handle,
           'owning_collection', i.owning_collection,
           'collections', k.collections,
           'in_archive', i.in_archive,
           'withdrawn', CASE WHEN i.withdrawn THEN true END,
           'discoverable', i.discoverable,
           'version', v.version_number,
           'version_history', v.versionhistory_id,
           'metadata_sha256', encode(sha256(convert_to(c.content::text, 'UTF8')), 'hex'))) AS attributes,
       COALESCE(i.withdrawn, false) AS deleted
FROM _kept_item i
LEFT JOIN LATERAL (
    SELECT h.handle FROM public_handle h WHERE h.resource_id = i.uuid ORDER BY h.handle_id LIMIT 1) h ON true
LEFT JOIN LATERAL (
    SELECT v.version_number, v.versionhistory_id FROM public_versionitem v WHERE v.item_id = i.uuid
    ORDER BY v.versionitem_id LIMIT 1) v ON true
CROSS JOIN LATERAL (
    SELECT jsonb_agg(k.collection_id ORDER BY k.collection_id) AS collections
    FROM public_collection2item k WHERE k.item_id = i.uuid) k
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uuid', i.uuid,
        'handle', h.handle,
        'metadata', COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                       'schema', f.short_id,
                       'element', f.element,
                       'qualifier', f.qualifier,
                       'text_value', m.text_value,
                       'text_lang', m.text_lang,
                       'place', m.place,
                       'authority', m.authority,
                       'confidence', CASE WHEN m.authority IS NOT NULL THEN m.confidence END,
                       'security_level', NULLIF(m.security_level, 0))
                   ORDER BY f.short_id COLLATE "C", f.element COLLATE "C", f.qualifier COLLATE "C" NULLS FIRST, m.place, m.metadata_value_id)
            FROM public_metadatavalue m
            LEFT JOIN LATERAL (SELECT f.short_id, f.element, f.qualifier FROM _field f WHERE f.metadata_field_id = m.metadata_field_id LIMIT 1) f ON true
            WHERE m.dspace_object_id = i.uuid), '[]'))) AS content
    OFFSET 0) c;
COMMENT ON VIEW bib IS 'items: their metadata rows as one JSON document, and the MARC record that the crosswalk from_dspace makes of it';

CREATE VIEW object AS
SELECT b.uuid AS key1,
       l.item_id::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content - 'metadata' AS attributes,
       COALESCE(b.deleted, false) AS deleted
FROM public_bitstream b
CROSS JOIN LATERAL (
    SELECT i.uuid AS item_id, bb.bundle_id, bb.bitstream_order
    FROM public_bundle2bitstream bb
    JOIN public_item2bundle ib ON ib.bundle_id = bb.bundle_id
    JOIN _kept_item i ON i.uuid = ib.item_id
    WHERE bb.bitstream_id = b.uuid
    ORDER BY i.uuid, bb.bundle_id, bb.bitstream_order
    LIMIT 1) l
LEFT JOIN public_bundle n ON n.uuid = l.bundle_id
LEFT JOIN public_bitstreamformatregistry r ON r.bitstream_format_id = b.bitstream_format_id
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uuid', b.uuid,
        'bundle', (SELECT t.text_value
                   FROM public_metadatavalue t
                   JOIN public_metadatafieldregistry f ON f.metadata_field_id = t.metadata_field_id
                   WHERE t.dspace_object_id = l.bundle_id AND f.element = 'title' AND f.qualifier IS NULL
                   ORDER BY t.place, t.metadata_value_id LIMIT 1),
        'name', (SELECT t.text_value
                 FROM public_metadatavalue t
                 JOIN public_metadatafieldregistry f ON f.metadata_field_id = t.metadata_field_id
                 WHERE t.dspace_object_id = b.uuid AND f.element = 'title' AND f.qualifier IS NULL
                 ORDER BY t.place, t.metadata_value_id LIMIT 1),
        'primary', CASE WHEN n.primary_bitstream_id = b.uuid THEN true END,
        'order', l.bitstream_order,
        'mimetype', r.mimetype,
        'format', r.short_description,
        'size_bytes', b.size_bytes,
        'checksum', b.checksum,
        'checksum_algorithm', b.checksum_algorithm,
        'internal_id', b.internal_id,
        'store_number', b.store_number,
        'sequence_id', b.sequence_id,
        'metadata', (
            SELECT jsonb_agg(jsonb_build_object(
                       'schema', f.short_id, 'element', f.element, 'qualifier', f.qualifier, 'text_value', m.text_value,
                       'text_lang', m.text_lang, 'place', m.place)
                   ORDER BY f.short_id COLLATE "C", f.element COLLATE "C", f.qualifier COLLATE "C" NULLS FIRST, m.place, m.metadata_value_id)
            FROM public_metadatavalue m
            LEFT JOIN LATERAL (SELECT f.short_id, f.element, f.qualifier FROM _field f WHERE f.metadata_field_id = m.metadata_field_id LIMIT 1) f ON true
            WHERE m.dspace_object_id = b.uuid))) AS content
    OFFSET 0) c;
COMMENT ON VIEW object IS 'bitstreams of items, with checksum, size, format and where the file lies; those of items that are being submitted, and logos, are none';

CREATE VIEW _unit AS
SELECT u.uuid, u.what, u.parent, h.handle,
       (SELECT t.text_value
        FROM public_metadatavalue t
        JOIN public_metadatafieldregistry f ON f.metadata_field_id = t.metadata_field_id
        WHERE t.dspace_object_id = u.uuid AND f.element = 'title' AND f.qualifier IS NULL
        ORDER BY t.place, t.metadata_value_id LIMIT 1) AS name
FROM (
    SELECT c.uuid, 'collection'::text AS what, o.community_id AS parent
    FROM public_collection c LEFT JOIN public_community2collection o ON o.collection_id = c.uuid
    UNION ALL
    SELECT c.uuid, 'community', o.parent_comm_id
    FROM public_community c LEFT JOIN public_community2community o ON o.child_comm_id = c.uuid) u
LEFT JOIN public_handle h ON h.resource_id = u.uuid;
COMMENT ON VIEW _unit IS 'collections and communities with their names and handles, for queries: the units that own items';
