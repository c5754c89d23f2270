-- title: Koha 17.05 and later: bibliographic records, authorities, holdings, items and orders
-- system: mariadb
--
-- This list is the privacy wall: a column that is not here never leaves the Koha database. It names no patron, no loan, no
-- hold, no staff note and no counter or date that circulation keeps in items (README.md says which and why).
-- Dates are text, because MariaDB lets '0000-00-00' stand in them.
--
-- The foreign keys are those of Koha on captured columns, with what InnoDB does by them. Some tables (biblioitems, currency,
-- aqbudgetperiods, …) are here only because a delete or a new key there changes rows that are content.

CREATE TABLE branches (
    branchcode text PRIMARY KEY,
    branchname text
);
COMMENT ON TABLE branches IS 'libraries: the owning units. Entities name them by their code, which a new code changes in the items by foreign key. Touches: nothing.';

CREATE TABLE library_groups (
    id         integer PRIMARY KEY,
    parent_id  integer REFERENCES library_groups (id) ON DELETE CASCADE ON UPDATE CASCADE,
    branchcode text REFERENCES branches (branchcode) ON DELETE CASCADE ON UPDATE CASCADE,
    title      text
);
CREATE INDEX ON library_groups (parent_id);
CREATE INDEX ON library_groups (branchcode);
COMMENT ON TABLE library_groups IS 'Optional. Groups of libraries (older versions have none), a tree: for queries by consortium. Touches: nothing.';

CREATE TABLE record_sources (
    record_source_id integer PRIMARY KEY,
    name             text
);
COMMENT ON TABLE record_sources IS 'Optional. Where records came from (bug 35919). In its first versions deleting one deletes the MARC of its records. Touches: nothing.';

CREATE TABLE biblio (
    biblionumber  integer PRIMARY KEY,
    frameworkcode text,
    notes         text
);
COMMENT ON TABLE biblio IS 'bibliographic records, without their MARC. Touches: bib (biblionumber).';
COMMENT ON COLUMN biblio.notes IS 'general notes, which Koha derives from the MARC: for queries on the mirror, no part of the entity';

CREATE TABLE biblio_metadata (
    id           integer PRIMARY KEY,
    biblionumber integer NOT NULL REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE,
    format       text,
    schema       text,
    metadata     text,
    marcflavour  text,
    record_source_id integer REFERENCES record_sources (record_source_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ON biblio_metadata (biblionumber);
CREATE INDEX ON biblio_metadata (record_source_id);
COMMENT ON TABLE biblio_metadata IS 'the MARCXML of bibliographic records. Touches: bib (biblionumber).';
COMMENT ON COLUMN biblio_metadata.schema IS 'Optional. MARC21 or UNIMARC';
COMMENT ON COLUMN biblio_metadata.marcflavour IS 'Optional. What schema was called in the first versions';
COMMENT ON COLUMN biblio_metadata.record_source_id IS 'Optional. Since bug 35919';
COMMENT ON COLUMN biblio_metadata.metadata IS 'MARCXML as MARC::File::XML wrote it';

CREATE TABLE biblioitems (
    biblioitemnumber integer PRIMARY KEY,
    biblionumber     integer NOT NULL REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ON biblioitems (biblionumber);
COMMENT ON TABLE biblioitems IS 'what stands between bibliographic records and items; here only so that its deletion reaches the items, as all its content is in the MARC. Touches: nothing.';

CREATE TABLE items (
    itemnumber               integer PRIMARY KEY,
    biblionumber             integer NOT NULL REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE,
    biblioitemnumber         integer NOT NULL REFERENCES biblioitems (biblioitemnumber) ON DELETE CASCADE ON UPDATE CASCADE,
    barcode                  text,
    dateaccessioned          text,
    homebranch               text REFERENCES branches (branchcode) ON UPDATE CASCADE,
    holdingbranch            text REFERENCES branches (branchcode) ON UPDATE CASCADE,
    notforloan               smallint,
    damaged                  smallint,
    itemlost                 smallint,
    withdrawn                smallint,
    itemcallnumber           text,
    coded_location_qualifier text,
    restricted               smallint,
    itemnotes                text,
    location                 text,
    permanent_location       text,
    cn_source                text,
    ccode                    text,
    materials                text,
    uri                      text,
    itype                    text,
    more_subfields_xml       text,
    enumchron                text,
    copynumber               text,
    stocknumber              text
);
CREATE INDEX ON items (biblionumber, homebranch);
CREATE INDEX ON items (biblioitemnumber);
CREATE INDEX ON items (homebranch);
CREATE INDEX ON items (holdingbranch);
COMMENT ON TABLE items IS 'copies. Touches: item (itemnumber), holding (biblionumber, homebranch).';
COMMENT ON COLUMN items.holdingbranch IS 'where the copy is now, which each loan may change: for queries on the mirror, no part of the entity';
COMMENT ON COLUMN items.location IS 'CART or PROC while the copy passes the desk; the shelf is then in permanent_location';

CREATE TABLE auth_header (
    authid       bigint PRIMARY KEY,
    authtypecode text,
    marcxml      text
);
COMMENT ON TABLE auth_header IS 'authority records. Touches: authority (authid).';

CREATE TABLE holdings (
    holding_id    integer PRIMARY KEY,
    biblionumber  integer REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE,
    holdingbranch text REFERENCES branches (branchcode) ON UPDATE CASCADE,
    location      text,
    callnumber    text,
    suppress      smallint,
    deleted_at    text
);
CREATE INDEX ON holdings (biblionumber);
CREATE INDEX ON holdings (holdingbranch);
COMMENT ON TABLE holdings IS 'Optional. Holdings records, at sites that have the patches of bug 20447. Touches: holding (holding_id, ''holdings_metadata'').';

CREATE TABLE holdings_metadata (
    id          integer PRIMARY KEY,
    holding_id  integer REFERENCES holdings (holding_id) ON DELETE CASCADE ON UPDATE CASCADE,
    format      text,
    schema      text,
    marcflavour text,
    metadata    text,
    deleted_at  text
);
CREATE INDEX ON holdings_metadata (holding_id);
COMMENT ON TABLE holdings_metadata IS 'Optional. The MARCXML (MFHD) of holdings records. Touches: holding (holding_id, ''holdings_metadata'').';

CREATE TABLE currency (
    currency text PRIMARY KEY
);
COMMENT ON TABLE currency IS 'currencies; here only because deleting one deletes the vendors that use it. Touches: nothing.';

CREATE TABLE aqbooksellers (
    id           integer PRIMARY KEY,
    name         text,
    listprice    text REFERENCES currency (currency) ON DELETE CASCADE ON UPDATE CASCADE,
    invoiceprice text REFERENCES currency (currency) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ON aqbooksellers (listprice);
CREATE INDEX ON aqbooksellers (invoiceprice);
COMMENT ON TABLE aqbooksellers IS 'vendors, by name: no address, no contact, no account. Touches: nothing.';

CREATE TABLE aqbudgetperiods (
    budget_period_id          integer PRIMARY KEY,
    budget_period_description text
);
COMMENT ON TABLE aqbudgetperiods IS 'budgets; deleting one deletes its funds and their orders. Touches: nothing.';

CREATE TABLE aqbudgets (
    budget_id         integer PRIMARY KEY,
    budget_parent_id  integer,
    budget_code       text,
    budget_name       text,
    budget_branchcode text,
    budget_period_id  integer REFERENCES aqbudgetperiods (budget_period_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ON aqbudgets (budget_period_id);
COMMENT ON TABLE aqbudgets IS 'funds, without amounts: for queries on the mirror. Touches: nothing.';

CREATE TABLE aqbasket (
    basketno     integer PRIMARY KEY,
    basketname   text,
    booksellerid integer REFERENCES aqbooksellers (id) ON UPDATE CASCADE,
    branch       text REFERENCES branches (branchcode) ON DELETE SET NULL ON UPDATE CASCADE,
    creationdate text,
    closedate    text
);
CREATE INDEX ON aqbasket (booksellerid);
CREATE INDEX ON aqbasket (branch);
COMMENT ON TABLE aqbasket IS 'baskets of orders: for queries on the mirror; closing one sets the status of its orders. Touches: nothing.';

CREATE TABLE aqinvoices (
    invoiceid     integer PRIMARY KEY,
    invoicenumber text,
    booksellerid  integer REFERENCES aqbooksellers (id) ON DELETE CASCADE ON UPDATE CASCADE,
    shipmentdate  text,
    closedate     text
);
CREATE INDEX ON aqinvoices (booksellerid);
COMMENT ON TABLE aqinvoices IS 'invoices, without amounts: for queries on the mirror. Touches: nothing.';

CREATE TABLE aqorders (
    ordernumber             integer PRIMARY KEY,
    biblionumber            integer REFERENCES biblio (biblionumber) ON DELETE SET NULL ON UPDATE CASCADE,
    deleted_biblionumber    integer,
    entrydate               text,
    quantity                integer,
    quantityreceived        integer,
    datereceived            text,
    invoiceid               integer REFERENCES aqinvoices (invoiceid) ON DELETE SET NULL ON UPDATE CASCADE,
    datecancellationprinted text,
    cancellationreason      text,
    basketno                integer REFERENCES aqbasket (basketno) ON DELETE CASCADE ON UPDATE CASCADE,
    budget_id               integer REFERENCES aqbudgets (budget_id) ON DELETE CASCADE ON UPDATE CASCADE,
    parent_ordernumber      integer,
    orderstatus             text
);
CREATE INDEX ON aqorders (biblionumber);
CREATE INDEX ON aqorders (invoiceid);
CREATE INDEX ON aqorders (basketno);
CREATE INDEX ON aqorders (budget_id);
COMMENT ON TABLE aqorders IS 'order lines. Touches: order (ordernumber).';
COMMENT ON COLUMN aqorders.deleted_biblionumber IS 'Optional. The record that was deleted; older versions lose the link';
COMMENT ON COLUMN aqorders.parent_ordernumber IS 'the order line that this one was split from when a part of it came';
COMMENT ON COLUMN aqorders.orderstatus IS 'new, ordered, partial, complete or cancelled';

CREATE TABLE aqorders_items (
    itemnumber  integer PRIMARY KEY,
    ordernumber integer REFERENCES aqorders (ordernumber) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ON aqorders_items (ordernumber);
COMMENT ON TABLE aqorders_items IS 'items that came, or will come, by an order. Touches: order (ordernumber).';
