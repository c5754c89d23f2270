-- What an entity of Koha is. Koha writes biblio and biblio_metadata in separate transactions (AddBiblio, DelBiblio), so a
-- record is there only while both rows are: in between there is no entity, and nothing is quarantined.

CREATE VIEW bib AS
SELECT b.biblionumber AS key1,
       NULL::text AS parent_key,
       r.record,
       r.problem,
       convert_to(m.metadata, 'UTF8') AS captured,
       'marcxml'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'frameworkcode', b.frameworkcode,
           'schema', COALESCE(m.schema, m.marcflavour),
           'suppressed', marc_value(r.record, '942$n'))) AS attributes,
       false AS deleted
FROM biblio b
JOIN biblio_metadata m ON m.biblionumber = b.biblionumber AND m.format = 'marcxml'
CROSS JOIN LATERAL marc_try(m.metadata) r
-- The unique key of Koha allows one row for each schema: the newest counts, should a site have changed its flavour.
WHERE NOT EXISTS (
    SELECT FROM biblio_metadata n
    WHERE n.biblionumber = m.biblionumber AND n.format = 'marcxml' AND n.id > m.id);
COMMENT ON VIEW bib IS 'bibliographic records: biblio with its MARCXML';

CREATE VIEW authority AS
SELECT a.authid AS key1,
       NULL::text AS parent_key,
       r.record,
       r.problem,
       convert_to(a.marcxml, 'UTF8') AS captured,
       'marcxml'::text AS format,
       jsonb_strip_nulls(jsonb_build_object('authtypecode', a.authtypecode)) AS attributes,
       false AS deleted
FROM auth_header a
CROSS JOIN LATERAL marc_try(a.marcxml) r;
COMMENT ON VIEW authority IS 'authority records: auth_header with its MARCXML';

-- jsonb orders its keys by itself, so the same content is always the same bytes.
-- The shelf is permanent_location: location becomes CART or PROC whenever an item passes the desk.
CREATE VIEW item AS
SELECT i.itemnumber AS key1,
       i.biblionumber::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'barcode', i.barcode,
           'homebranch', i.homebranch,
           'location', COALESCE(i.permanent_location, i.location),
           'ccode', i.ccode,
           'itype', i.itype,
           'itemcallnumber', i.itemcallnumber,
           'notforloan', NULLIF(i.notforloan, 0),
           'damaged', NULLIF(i.damaged, 0),
           'itemlost', NULLIF(i.itemlost, 0),
           'withdrawn', NULLIF(i.withdrawn, 0))) AS attributes,
       false AS deleted
FROM items i
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'itemnumber', i.itemnumber,
        'biblionumber', i.biblionumber,
        'barcode', i.barcode,
        'dateaccessioned', i.dateaccessioned,
        'homebranch', i.homebranch,
        'notforloan', i.notforloan,
        'damaged', i.damaged,
        'itemlost', i.itemlost,
        'withdrawn', i.withdrawn,
        'itemcallnumber', i.itemcallnumber,
        'coded_location_qualifier', i.coded_location_qualifier,
        'restricted', i.restricted,
        'itemnotes', i.itemnotes,
        'location', COALESCE(i.permanent_location, i.location),
        'cn_source', i.cn_source,
        'ccode', i.ccode,
        'materials', i.materials,
        'uri', i.uri,
        'itype', i.itype,
        'more_subfields_xml', i.more_subfields_xml,
        'enumchron', i.enumchron,
        'copynumber', i.copynumber,
        'stocknumber', i.stocknumber)) AS content) c;
COMMENT ON VIEW item IS 'copies, as JSON under the column names of Koha';

-- Koha has no holdings records: what a library holds of a title is its items. The first item of each library stands for
-- the holding, and no GROUP BY stands between a key and the index on (biblionumber, homebranch). Collation C: the same content is
-- the same bytes in every database.
CREATE VIEW holding AS
SELECT i.biblionumber AS key1,
       i.homebranch AS key2,
       i.biblionumber::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(s.summary::text, 'UTF8') AS captured,
       'json'::text AS format,
       s.summary AS attributes,
       false AS deleted
FROM items i
CROSS JOIN LATERAL (
    SELECT jsonb_build_object(
        'biblionumber', i.biblionumber,
        'homebranch', i.homebranch,
        'items', count(*),
        'call_numbers', COALESCE(jsonb_agg(DISTINCT o.itemcallnumber COLLATE "C") FILTER (WHERE o.itemcallnumber IS NOT NULL), '[]'),
        'locations', COALESCE(jsonb_agg(DISTINCT COALESCE(o.permanent_location, o.location) COLLATE "C")
                              FILTER (WHERE COALESCE(o.permanent_location, o.location) IS NOT NULL), '[]')) AS summary
    FROM items o
    WHERE o.biblionumber = i.biblionumber AND o.homebranch = i.homebranch) s
WHERE i.homebranch IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM items e
    WHERE e.biblionumber = i.biblionumber AND e.homebranch = i.homebranch AND e.itemnumber < i.itemnumber)
UNION ALL
-- Holdings records, where there are any. No branch code is as long as this second key (branches.branchcode has 10 characters).
SELECT h.holding_id AS key1,
       'holdings_metadata'::text AS key2,
       h.biblionumber::text AS parent_key,
       r.record,
       r.problem,
       convert_to(m.metadata, 'UTF8') AS captured,
       'marcxml'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'biblionumber', h.biblionumber,
           'holdingbranch', h.holdingbranch,
           'location', h.location,
           'callnumber', h.callnumber,
           'suppressed', NULLIF(h.suppress, 0),
           'schema', COALESCE(m.schema, m.marcflavour))) AS attributes,
       h.deleted_at IS NOT NULL OR m.deleted_at IS NOT NULL AS deleted
FROM holdings h
JOIN holdings_metadata m ON m.holding_id = h.holding_id AND m.format = 'marcxml'
CROSS JOIN LATERAL marc_try(m.metadata) r
WHERE NOT EXISTS (
    SELECT FROM holdings_metadata n
    WHERE n.holding_id = m.holding_id AND n.format = 'marcxml' AND n.id > m.id);
COMMENT ON VIEW holding IS 'what a library holds of a title: a summary of its items; and holdings records (MFHD) where the site has them';

-- DelBiblio first writes deleted_biblionumber, and later the foreign key empties biblionumber: together one change.
CREATE VIEW "order" AS
SELECT o.ordernumber AS key1,
       COALESCE(o.biblionumber, o.deleted_biblionumber)::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM aqorders o
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'ordernumber', o.ordernumber,
        'biblionumber', COALESCE(o.biblionumber, o.deleted_biblionumber),
        'biblio_deleted', CASE WHEN o.biblionumber IS NULL OR o.deleted_biblionumber IS NOT NULL THEN true END,
        'entrydate', o.entrydate,
        'quantity', o.quantity,
        'quantityreceived', o.quantityreceived,
        'datereceived', o.datereceived,
        'invoiceid', o.invoiceid,
        'datecancellationprinted', o.datecancellationprinted,
        'cancellationreason', o.cancellationreason,
        'basketno', o.basketno,
        'budget_id', o.budget_id,
        'parent_ordernumber', o.parent_ordernumber,
        'orderstatus', o.orderstatus,
        'items', (SELECT jsonb_agg(l.itemnumber ORDER BY l.itemnumber) FROM aqorders_items l
                  WHERE l.ordernumber = o.ordernumber))) AS content
    OFFSET 0) c; -- the content once, not wherever it is named
COMMENT ON VIEW "order" IS 'order lines, as JSON under the column names of Koha';
