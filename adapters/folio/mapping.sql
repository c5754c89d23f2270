-- What an entity of FOLIO is. A MARC record is known by the id of what it describes (records_lb.external_id: instance,
-- authority or holdings record), never by its own: an update is a new row of the next generation, and the id of the
-- instance is what stays, what holdings and orders refer to, and what instances without MARC have as well.

-- OFFSET 0 keeps a document that is used several times from being made several times; LIMIT 1 keeps the planner from
-- hashing whole tables of locations where one is looked up.

-- The actual MARC record of each external id and type: one row for each record that may be it, the best first. OLD and
-- DRAFT rows are none. Each LATERAL below takes the first: FOLIO may hold two actual records of one instance.
CREATE VIEW _source_record AS
SELECT r.external_id, r.record_type, r.id, r.matched_id, r.state, r.generation, r.suppress_discovery,
       r.state = 'DELETED' OR r.leader_record_status IN ('d', 's', 'x') AS deleted,
       m.content
FROM mod_source_record_storage_records_lb r
JOIN mod_source_record_storage_marc_records_lb m ON m.id = r.id
WHERE r.state IN ('ACTUAL', 'DELETED') AND r.external_id IS NOT NULL;
COMMENT ON VIEW _source_record IS 'MARC records of the source record storage that are actual or deleted, with their content';

-- An instance with source FOLIO has no MARC record; one with source MARC has none until FOLIO has stored it.
CREATE VIEW bib AS
SELECT i.id AS key1,
       NULL::text AS parent_key,
       r.record,
       CASE WHEN s.id IS NOT NULL THEN r.problem END AS problem,
       convert_to(c.content, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'source', i.jsonb -> 'source',
           'hrid', i.jsonb -> 'hrid',
           'matched_id', s.matched_id,
           'discoverySuppress', CASE WHEN s.suppress_discovery OR i.jsonb -> 'discoverySuppress' = 'true' THEN true END,
           'staffSuppress', CASE WHEN i.jsonb -> 'staffSuppress' = 'true' THEN true END,
           'previouslyHeld', CASE WHEN i.jsonb -> 'previouslyHeld' = 'true' THEN true END,
           'catalogedDate', i.jsonb -> 'catalogedDate',
           'statusId', i.jsonb -> 'statusId',
           'administrativeNotes', NULLIF(i.jsonb -> 'administrativeNotes', '[]'),
           'statisticalCodeIds', NULLIF(i.jsonb -> 'statisticalCodeIds', '[]'),
           'natureOfContentTermIds', NULLIF(i.jsonb -> 'natureOfContentTermIds', '[]'),
           'tags', NULLIF(i.jsonb -> 'tags' -> 'tagList', '[]'),
           'instance_sha256', CASE WHEN s.id IS NULL THEN encode(sha256(convert_to(c.content, 'UTF8')), 'hex') END)) AS attributes,
       COALESCE(s.deleted, false) OR COALESCE(i.jsonb -> 'deleted' = 'true', false) AS deleted
FROM mod_inventory_storage_instance i
LEFT JOIN LATERAL (
    SELECT a.id, a.matched_id, a.suppress_discovery, a.deleted, a.content
    FROM _source_record a
    WHERE a.external_id = i.id AND a.record_type = 'MARC_BIB'
    ORDER BY a.state, a.generation DESC, a.id
    LIMIT 1) s ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.id IS NOT NULL THEN s.content::text
                ELSE ((i.jsonb - 'metadata') || jsonb_strip_nulls(jsonb_build_object('metadata',
                      NULLIF(jsonb_strip_nulls(jsonb_build_object('createdDate', i.jsonb -> 'metadata' -> 'createdDate')), '{}'))))::text
           END AS content
    OFFSET 0) c
LEFT JOIN LATERAL (
    SELECT t.record, t.problem FROM marc_try(c.content) t WHERE s.id IS NOT NULL
    UNION ALL
    SELECT folio_to_marc(c.content::jsonb), NULL WHERE s.id IS NULL AND i.jsonb ->> 'title' IS NOT NULL) r ON true;
COMMENT ON VIEW bib IS 'instances: their MARC record where there is one, else the instance in JSON';

CREATE VIEW authority AS
SELECT k.external_id AS key1,
       NULL::text AS parent_key,
       r.record,
       r.problem,
       convert_to(s.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object('matched_id', s.matched_id)) AS attributes,
       s.deleted
FROM (
    SELECT DISTINCT external_id
    FROM mod_source_record_storage_records_lb
    WHERE record_type = 'MARC_AUTHORITY' AND external_id IS NOT NULL) k
CROSS JOIN LATERAL (
    SELECT a.matched_id, a.deleted, a.content
    FROM _source_record a
    WHERE a.external_id = k.external_id AND a.record_type = 'MARC_AUTHORITY'
    ORDER BY a.state, a.generation DESC, a.id
    LIMIT 1) s
CROSS JOIN LATERAL marc_try(s.content::text) r;
COMMENT ON VIEW authority IS 'MARC authority records of the source record storage';

CREATE VIEW _location AS
SELECT l.id,
       jsonb_strip_nulls(jsonb_build_object(
           'id', l.id,
           'code', l.jsonb -> 'code',
           'name', l.jsonb -> 'name',
           'library', jsonb_build_object('id', l.libraryid, 'code', y.jsonb -> 'code', 'name', y.jsonb -> 'name'),
           'campusId', l.campusid,
           'institutionId', l.institutionid)) AS place
FROM mod_inventory_storage_location l
LEFT JOIN mod_inventory_storage_loclibrary y ON y.id = l.libraryid;
COMMENT ON VIEW _location IS 'shelving locations with the library that each belongs to';

CREATE VIEW holding AS
SELECT h.id AS key1,
       h.instanceid::text AS parent_key,
       r.record,
       r.problem,
       convert_to(COALESCE(s.content, h.jsonb - ARRAY['metadata', 'effectiveLocationId'])::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(h.jsonb - ARRAY['id', 'metadata', 'effectiveLocationId', 'temporaryLocationId']
           || jsonb_build_object('location', p.place, 'discoverySuppress',
                  CASE WHEN s.suppress_discovery OR h.jsonb -> 'discoverySuppress' = 'true' THEN true END)) AS attributes,
       COALESCE(s.deleted, false) AS deleted
FROM mod_inventory_storage_holdings_record h
LEFT JOIN LATERAL (
    SELECT a.suppress_discovery, a.deleted, a.content
    FROM _source_record a
    WHERE a.external_id = h.id AND a.record_type = 'MARC_HOLDING'
    ORDER BY a.state, a.generation DESC, a.id
    LIMIT 1) s ON true
LEFT JOIN LATERAL marc_try(s.content::text) r ON s.content IS NOT NULL
LEFT JOIN LATERAL (SELECT p.place FROM _location p WHERE p.id = h.permanentlocationid LIMIT 1) p ON true;
COMMENT ON VIEW holding IS 'holdings records: their MARC record where there is one, else the holdings record in JSON';

-- Of the states of an item only those are content that say what became of it or that staff gave it by hand; the others
-- come and go with loans, requests and transits. Also left out: the temporary location and loan type (course reserves),
-- and what FOLIO derives from the holdings record (effective location, call number and shelving order).
CREATE VIEW item AS
SELECT i.id AS key1,
       i.holdingsrecordid::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls((c.content - 'id') || jsonb_build_object('location', p.place)) AS attributes,
       false AS deleted
FROM mod_inventory_storage_item i
CROSS JOIN LATERAL (
    SELECT (i.jsonb - ARRAY['status', 'metadata']) || jsonb_strip_nulls(jsonb_build_object(
        'status', CASE WHEN i.jsonb -> 'status' ->> 'name' IN (
                           'Aged to lost', 'Declared lost', 'Lost and paid', 'Long missing', 'Missing', 'Withdrawn',
                           'Intellectual item', 'Restricted', 'Unavailable', 'Unknown', 'On order', 'Order closed')
                       THEN i.jsonb -> 'status' -> 'name' END,
        'boundWith', (SELECT jsonb_agg(b.holdingsrecordid ORDER BY b.holdingsrecordid)
                      FROM mod_inventory_storage_bound_with_part b
                      WHERE b.itemid = i.id AND b.holdingsrecordid <> i.holdingsrecordid))) AS content
    OFFSET 0) c
LEFT JOIN LATERAL (SELECT p.place FROM _location p WHERE p.id = i.permanentlocationid LIMIT 1) p ON true;
COMMENT ON VIEW item IS 'items, as JSON under the member names of FOLIO';

-- An order line with its order and its pieces: whose states say that something was ordered, has come, or never will.
CREATE VIEW "order" AS
SELECT l.id AS key1,
       COALESCE(l.jsonb ->> 'instanceId', (SELECT min(t.jsonb ->> 'instanceId') FROM mod_orders_storage_titles t WHERE t.polineid = l.id)) AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(jsonb_build_object('line', l.jsonb, 'order', o.jsonb, 'titles', t.titles, 'pieces', p.pieces)::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'poNumber', o.jsonb -> 'poNumber',
           'poLineNumber', l.jsonb -> 'poLineNumber',
           'orderType', o.jsonb -> 'orderType',
           'workflowStatus', o.jsonb -> 'workflowStatus',
           'closeReason', NULLIF(o.jsonb -> 'closeReason' -> 'reason', '""'),
           'dateOrdered', o.jsonb -> 'dateOrdered',
           'orderFormat', l.jsonb -> 'orderFormat',
           'receiptStatus', l.jsonb -> 'receiptStatus',
           'receiptDate', l.jsonb -> 'receiptDate',
           'paymentStatus', l.jsonb -> 'paymentStatus',
           'titleOrPackage', l.jsonb -> 'titleOrPackage',
           'piecesExpected', NULLIF(p.expected, 0),
           'piecesReceived', NULLIF(p.received, 0))) AS attributes,
       false AS deleted
FROM mod_orders_storage_po_line l
LEFT JOIN mod_orders_storage_purchase_order o ON o.id = l.purchaseorderid
CROSS JOIN LATERAL (
    SELECT jsonb_agg(t.jsonb ORDER BY t.id) AS titles FROM mod_orders_storage_titles t WHERE t.polineid = l.id) t
CROSS JOIN LATERAL (
    SELECT jsonb_agg(p.jsonb ORDER BY p.id) AS pieces,
           count(*) FILTER (WHERE p.jsonb ->> 'receivingStatus' <> 'Received') AS expected,
           count(*) FILTER (WHERE p.jsonb ->> 'receivingStatus' = 'Received') AS received
    FROM mod_orders_storage_pieces p WHERE p.polineid = l.id) p;
COMMENT ON VIEW "order" IS 'order lines with their purchase order, titles and pieces, in JSON';
