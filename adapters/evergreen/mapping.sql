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
           'tcn_value', b.tcn_value)) AS attributes,
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
        'summary_contents', i.summary_contents)) AS content) c
WHERE i.id > 0 AND i.call_number > 0;
COMMENT ON VIEW item IS 'copies (asset.copy) and serial units (serial.unit), as JSON under the column names of Evergreen';
