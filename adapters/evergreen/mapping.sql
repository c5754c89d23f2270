-- What an entity of Evergreen is. Ids below 1 are Evergreen's placeholders (record -1, call number -1 of copies that were
-- lent before they were catalogued) and are no content.

CREATE VIEW bib AS
SELECT b.id AS key1,
       NULL::text AS parent_key,
       r.record,
       r.problem,
       convert_to(b.marc, 'UTF8') AS captured,
       'marcxml'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'active', b.active,
           'source', b.source,
           'owner', b.owner,
           'tcn_source', b.tcn_source,
           'tcn_value', b.tcn_value,
           'merged_to', b.merged_to)) AS attributes,
       COALESCE(b.deleted, false) AS deleted
FROM biblio_record_entry b
CROSS JOIN LATERAL marc_try(b.marc) r
WHERE b.id > 0;
COMMENT ON VIEW bib IS 'bibliographic records: biblio.record_entry';

CREATE VIEW authority AS
SELECT a.id AS key1,
       NULL::text AS parent_key,
       r.record,
       r.problem,
       convert_to(a.marc, 'UTF8') AS captured,
       'marcxml'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'active', a.active,
           'source', a.source,
           'owner', a.owner,
           'control_set', a.control_set)) AS attributes,
       COALESCE(a.deleted, false) AS deleted
FROM authority_record_entry a
CROSS JOIN LATERAL marc_try(a.marc) r
WHERE a.id > 0;
COMMENT ON VIEW authority IS 'authority records: authority.record_entry';

-- Volumes and MFHD records are both holdings, and their ids collide: the first key says which.
-- serial.record_entry.marc may be null: such a record is its attributes.
CREATE VIEW holding AS
SELECT 'mfhd'::text AS key1,
       s.id AS key2,
       s.record::text AS parent_key,
       r.record,
       r.problem,
       convert_to(s.marc, 'UTF8') AS captured,
       CASE WHEN s.marc IS NULL THEN 'none'::text ELSE 'marcxml'::text END AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'record', s.record,
           'owning_lib', s.owning_lib,
           'source', s.source,
           'active', s.active)) AS attributes,
       COALESCE(s.deleted, false) AS deleted
FROM serial_record_entry s
LEFT JOIN LATERAL marc_try(s.marc) r ON s.marc IS NOT NULL
WHERE s.id > 0
UNION ALL
SELECT 'volume'::text AS key1,
       v.id AS key2,
       v.record::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       COALESCE(v.deleted, false) AS deleted
FROM asset_call_number v
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', v.id,
        'record', v.record,
        'owning_lib', v.owning_lib,
        'label', v.label,
        'label_class', v.label_class,
        'prefix', NULLIF(v.prefix, -1),
        'suffix', NULLIF(v.suffix, -1))) AS content) c
WHERE v.id > 0;
COMMENT ON VIEW holding IS 'holdings: MFHD records (serial.record_entry) and volumes (asset.call_number)';

-- Of config.copy_status only what became of the copy is content: 3 Lost, 4 Missing, 13 Discard/Weed, 14 Damaged. All other
-- states come and go with circulation.
CREATE VIEW _copy AS
SELECT id, call_number, circ_lib, copy_number, status, location, barcode, circ_modifier, ref, opac_visible, deleted,
       NULL::text AS sort_key, NULL::text AS detailed_contents, NULL::text AS summary_contents
FROM asset_copy
UNION ALL
SELECT id, call_number, circ_lib, copy_number, status, location, barcode, circ_modifier, ref, opac_visible, deleted,
       sort_key, detailed_contents, summary_contents
FROM serial_unit;
COMMENT ON VIEW _copy IS 'copies and serial units in one shape';

CREATE VIEW item AS
SELECT i.id AS key1,
       'volume:' || i.call_number::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content - ARRAY['id', 'sort_key', 'detailed_contents'] AS attributes,
       COALESCE(i.deleted, false) AS deleted
FROM _copy i
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', i.id,
        'call_number', i.call_number,
        'circ_lib', i.circ_lib,
        'copy_number', i.copy_number,
        'condition', CASE i.status WHEN 3 THEN 'lost' WHEN 4 THEN 'missing' WHEN 13 THEN 'discarded'
                                   WHEN 14 THEN 'damaged' END,
        'location', i.location,
        'barcode', i.barcode,
        'circ_modifier', i.circ_modifier,
        'ref', i.ref,
        'opac_visible', i.opac_visible,
        'sort_key', i.sort_key,
        'detailed_contents', i.detailed_contents,
        'summary_contents', i.summary_contents,
        'peers', (SELECT jsonb_agg(jsonb_build_object('peer_record', p.peer_record, 'peer_type', p.peer_type)
                                   ORDER BY p.peer_record, p.peer_type)
                  FROM biblio_peer_bib_copy_map p WHERE p.target_copy = i.id))) AS content
    OFFSET 0) c -- the content once, not wherever it is named
WHERE i.id > 0 AND i.call_number > 0;
COMMENT ON VIEW item IS 'copies (asset.copy) and serial units (serial.unit), as JSON under the column names of Evergreen';

-- An address belongs to the volumes that the map names; the first of them is its parent. The map's own ids, which change at each
-- save of the record, are no content.
CREATE VIEW object AS
SELECT u.id AS key1,
       'volume:' || v.first_volume::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM asset_uri u
CROSS JOIN LATERAL (
    SELECT min(m.call_number) AS first_volume, jsonb_agg(DISTINCT m.call_number) AS volumes
    FROM asset_uri_call_number_map m WHERE m.uri = u.id) v
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', u.id,
        'href', u.href,
        'label', u.label,
        'use_restriction', u.use_restriction,
        'active', u.active,
        'volumes', v.volumes)) AS content
    OFFSET 0) c;
COMMENT ON VIEW object IS 'digital objects: addresses (asset.uri) with the volumes they belong to';

-- Purchase orders and their lines are both orders, and their ids collide: the first key says which. Times are written in UTC,
-- whatever the time zone of the session that maps.
CREATE VIEW "order" AS
SELECT 'lineitem'::text AS key1,
       l.id AS key2,
       l.eg_bib_id::text AS parent_key,
       r.record,
       r.problem,
       convert_to(l.marc, 'UTF8') AS captured,
       'marcxml'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'purchase_order', l.purchase_order,
           'eg_bib_id', l.eg_bib_id,
           'provider', l.provider,
           'state', l.state,
           'cancel_reason', l.cancel_reason,
           'expected_recv_time', to_char(l.expected_recv_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'copies', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                 'id', d.id,
                                 'fund', d.fund,
                                 'eg_copy_id', d.eg_copy_id,
                                 'barcode', d.barcode,
                                 'cn_label', d.cn_label,
                                 'collection_code', d.collection_code,
                                 'circ_modifier', d.circ_modifier,
                                 'owning_lib', d.owning_lib,
                                 'location', d.location,
                                 'recv_time', to_char(d.recv_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                                 'cancel_reason', d.cancel_reason)) ORDER BY d.id)
                      FROM acq_lineitem_detail d WHERE d.lineitem = l.id))) AS attributes,
       false AS deleted
FROM acq_lineitem l
CROSS JOIN LATERAL marc_try(l.marc) r
UNION ALL
SELECT 'purchase_order'::text AS key1,
       p.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM acq_purchase_order p
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', p.id,
        'ordering_agency', p.ordering_agency,
        'provider', p.provider,
        'state', p.state,
        'order_date', to_char(p.order_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'name', p.name,
        'cancel_reason', p.cancel_reason)) AS content) c;
COMMENT ON VIEW "order" IS 'orders: order lines (acq.lineitem) with their record and copies, and purchase orders (acq.purchase_order)';
