-- title: FOLIO (Juniper and later), one tenant: source record storage, inventory, orders
-- system: postgresql
-- parameter: tenant the tenant's id, as the names of its schemas begin: diku_mod_inventory_storage
--
-- This list is the privacy wall: a column that is not here never leaves the FOLIO database, and a member of a jsonb column
-- that `Keeps:` does not name is never stored. It names no patron, no loan, no request, no member of staff
-- (createdByUserId, updatedByUserId, lastCheckIn, circulationNotes, requester, assignedTo, …), no price and no vendor.

CREATE TABLE "{tenant}_mod_source_record_storage".records_lb (
    id                   uuid PRIMARY KEY,
    matched_id           uuid,
    generation           integer,
    record_type          text,
    external_id          uuid,
    external_hrid        text,
    state                text,
    leader_record_status text,
    suppress_discovery   boolean
);
CREATE INDEX ON "{tenant}_mod_source_record_storage".records_lb (external_id);
COMMENT ON TABLE "{tenant}_mod_source_record_storage".records_lb IS 'which MARC record is the actual one: an update is a new row with the next generation. Touches: bib (external_id) when record_type = ''MARC_BIB'', authority (external_id) when record_type = ''MARC_AUTHORITY'', holding (external_id) when record_type = ''MARC_HOLDING''.';
COMMENT ON COLUMN "{tenant}_mod_source_record_storage".records_lb.external_id IS 'of the instance, the authority or the holdings record that the MARC record describes; null until FOLIO has made that';
COMMENT ON COLUMN "{tenant}_mod_source_record_storage".records_lb.state IS 'ACTUAL, DRAFT, OLD, DELETED';

CREATE TABLE "{tenant}_mod_source_record_storage".marc_records_lb (
    id      uuid PRIMARY KEY,
    content jsonb
);
COMMENT ON TABLE "{tenant}_mod_source_record_storage".marc_records_lb IS 'the MARC records, in JSON. Touches: bib (external_id of mod_source_record_storage_records_lb where id = id), authority (external_id of mod_source_record_storage_records_lb where id = id), holding (external_id of mod_source_record_storage_records_lb where id = id).';

CREATE TABLE "{tenant}_mod_inventory_storage".instance (
    id    uuid PRIMARY KEY,
    jsonb jsonb
);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".instance IS 'instances: what FOLIO shows of a title. Touches: bib (id).';
COMMENT ON COLUMN "{tenant}_mod_inventory_storage".instance.jsonb IS 'the instance. Keeps: id, hrid, matchKey, source, sourceUri, sourceRecordFormat, title, indexTitle, alternativeTitles, editions, series, identifiers, contributors, subjects, classifications, publication, publicationFrequency, publicationRange, publicationPeriod, electronicAccess, dates, instanceTypeId, instanceFormatIds, physicalDescriptions, languages, notes, administrativeNotes, modeOfIssuanceId, catalogedDate, previouslyHeld, staffSuppress, discoverySuppress, deleted, statisticalCodeIds, statusId, statusUpdatedDate, tags, natureOfContentTermIds, metadata.createdDate, metadata.updatedDate.';

CREATE TABLE "{tenant}_mod_inventory_storage".holdings_record (
    id                  uuid PRIMARY KEY,
    jsonb               jsonb,
    instanceid          uuid,
    permanentlocationid uuid
);
CREATE INDEX ON "{tenant}_mod_inventory_storage".holdings_record (permanentlocationid);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".holdings_record IS 'holdings records. Touches: holding (id).';
COMMENT ON COLUMN "{tenant}_mod_inventory_storage".holdings_record.jsonb IS 'the holdings record. Keeps: id, hrid, sourceId, holdingsTypeId, formerIds, instanceId, permanentLocationId, temporaryLocationId, effectiveLocationId, electronicAccess, callNumberTypeId, callNumberPrefix, callNumber, callNumberSuffix, additionalCallNumbers, shelvingTitle, acquisitionFormat, acquisitionMethod, receiptStatus, administrativeNotes, notes, illPolicyId, retentionPolicy, digitizationPolicy, holdingsStatements, holdingsStatementsForIndexes, holdingsStatementsForSupplements, copyNumber, numberOfItems, receivingHistory, discoverySuppress, statisticalCodeIds, tags, metadata.createdDate, metadata.updatedDate.';

CREATE TABLE "{tenant}_mod_inventory_storage".item (
    id                  uuid PRIMARY KEY,
    jsonb               jsonb,
    holdingsrecordid    uuid,
    permanentlocationid uuid
);
CREATE INDEX ON "{tenant}_mod_inventory_storage".item (permanentlocationid);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".item IS 'items. Touches: item (id).';
COMMENT ON COLUMN "{tenant}_mod_inventory_storage".item.jsonb IS 'the item. Keeps: id, hrid, holdingsRecordId, formerIds, discoverySuppress, displaySummary, accessionNumber, barcode, itemLevelCallNumber, itemLevelCallNumberPrefix, itemLevelCallNumberSuffix, itemLevelCallNumberTypeId, additionalCallNumbers, volume, enumeration, chronology, yearCaption, itemIdentifier, copyNumber, order, numberOfPieces, descriptionOfPieces, numberOfMissingPieces, missingPieces, missingPiecesDate, itemDamagedStatusId, itemDamagedStatusDate, administrativeNotes, notes, status.name, materialTypeId, permanentLoanTypeId, permanentLocationId, electronicAccess, statisticalCodeIds, purchaseOrderLineIdentifier, tags, metadata.createdDate.';

CREATE TABLE "{tenant}_mod_inventory_storage".bound_with_part (
    id               uuid PRIMARY KEY,
    itemid           uuid,
    holdingsrecordid uuid
);
CREATE INDEX ON "{tenant}_mod_inventory_storage".bound_with_part (itemid);
CREATE INDEX ON "{tenant}_mod_inventory_storage".bound_with_part (holdingsrecordid);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".bound_with_part IS 'items that hold the parts of several titles. Touches: item (itemid), holding (holdingsrecordid). Optional.';

CREATE TABLE "{tenant}_mod_inventory_storage".location (
    id            uuid PRIMARY KEY,
    jsonb         jsonb,
    institutionid uuid,
    campusid      uuid,
    libraryid     uuid
);
CREATE INDEX ON "{tenant}_mod_inventory_storage".location (libraryid);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".location IS 'shelving locations. Touches: holding (id of mod_inventory_storage_holdings_record where permanentlocationid = id), item (id of mod_inventory_storage_item where permanentlocationid = id).';
COMMENT ON COLUMN "{tenant}_mod_inventory_storage".location.jsonb IS 'the location. Keeps: id, name, code, discoveryDisplayName, isActive, institutionId, campusId, libraryId.';

CREATE TABLE "{tenant}_mod_inventory_storage".loclibrary (
    id       uuid PRIMARY KEY,
    jsonb    jsonb,
    campusid uuid
);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".loclibrary IS 'libraries. Touches: holding (id of mod_inventory_storage_holdings_record where permanentlocationid = id of mod_inventory_storage_location where libraryid = id), item (id of mod_inventory_storage_item where permanentlocationid = id of mod_inventory_storage_location where libraryid = id).';
COMMENT ON COLUMN "{tenant}_mod_inventory_storage".loclibrary.jsonb IS 'the library. Keeps: id, name, code, campusId.';

CREATE TABLE "{tenant}_mod_inventory_storage".loccampus (
    id            uuid PRIMARY KEY,
    jsonb         jsonb,
    institutionid uuid
);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".loccampus IS 'campuses: for queries on the mirror, no part of an entity. Touches: nothing.';
COMMENT ON COLUMN "{tenant}_mod_inventory_storage".loccampus.jsonb IS 'the campus. Keeps: id, name, code, institutionId.';

CREATE TABLE "{tenant}_mod_inventory_storage".locinstitution (
    id    uuid PRIMARY KEY,
    jsonb jsonb
);
COMMENT ON TABLE "{tenant}_mod_inventory_storage".locinstitution IS 'institutions: for queries on the mirror, no part of an entity. Touches: nothing.';
COMMENT ON COLUMN "{tenant}_mod_inventory_storage".locinstitution.jsonb IS 'the institution. Keeps: id, name, code.';

CREATE TABLE "{tenant}_mod_orders_storage".purchase_order (
    id    uuid PRIMARY KEY,
    jsonb jsonb
);
COMMENT ON TABLE "{tenant}_mod_orders_storage".purchase_order IS 'purchase orders. Touches: order (id of mod_orders_storage_po_line where purchaseorderid = id). Optional.';
COMMENT ON COLUMN "{tenant}_mod_orders_storage".purchase_order.jsonb IS 'the order. Keeps: id, poNumber, orderType, workflowStatus, dateOrdered, closeReason.reason, metadata.createdDate.';

CREATE TABLE "{tenant}_mod_orders_storage".po_line (
    id              uuid PRIMARY KEY,
    jsonb           jsonb,
    purchaseorderid uuid
);
CREATE INDEX ON "{tenant}_mod_orders_storage".po_line (purchaseorderid);
COMMENT ON TABLE "{tenant}_mod_orders_storage".po_line IS 'order lines. Touches: order (id). Optional.';
COMMENT ON COLUMN "{tenant}_mod_orders_storage".po_line.jsonb IS 'the line. Keeps: id, poLineNumber, purchaseOrderId, packagePoLineId, instanceId, titleOrPackage, contributors, publisher, publicationDate, edition, isPackage, source, acquisitionMethod, orderFormat, checkinItems, receiptStatus, receiptDate, paymentStatus, details.productIds, details.subscriptionFrom, details.subscriptionTo, details.subscriptionInterval, cost.quantityPhysical, cost.quantityElectronic, physical.createInventory, physical.materialType, physical.receiptDue, physical.expectedReceiptDate, physical.volumes, eresource.createInventory, eresource.activated, eresource.expectedActivation, eresource.materialType, eresource.resourceUrl, locations, metadata.createdDate.';

CREATE TABLE "{tenant}_mod_orders_storage".titles (
    id       uuid PRIMARY KEY,
    jsonb    jsonb,
    polineid uuid
);
CREATE INDEX ON "{tenant}_mod_orders_storage".titles (polineid);
COMMENT ON TABLE "{tenant}_mod_orders_storage".titles IS 'titles to be received. Touches: order (polineid). Optional.';
COMMENT ON COLUMN "{tenant}_mod_orders_storage".titles.jsonb IS 'the title. Keeps: id, poLineId, instanceId, title, packageName, expectedReceiptDate, edition, publisher, publishedDate, productIds, contributors, subscriptionFrom, subscriptionTo, subscriptionInterval.';

CREATE TABLE "{tenant}_mod_orders_storage".pieces (
    id       uuid PRIMARY KEY,
    jsonb    jsonb,
    polineid uuid
);
CREATE INDEX ON "{tenant}_mod_orders_storage".pieces (polineid);
COMMENT ON TABLE "{tenant}_mod_orders_storage".pieces IS 'pieces that are expected or received. Touches: order (polineid). Optional.';
COMMENT ON COLUMN "{tenant}_mod_orders_storage".pieces.jsonb IS 'the piece. Keeps: id, poLineId, titleId, itemId, holdingId, locationId, format, receivingStatus, receiptDate, receivedDate, displaySummary, enumeration, chronology, copyNumber, supplement, discoverySuppress.';
