-- title: Koha 19.06 and later: bibliographic records, authorities, items and the holdings that items make
-- system: mariadb
--
-- This list is the privacy wall: a column that is not here never leaves the Koha database. It names no patron, no loan, no
-- hold, no staff note and no counter or date that circulation keeps in items (README.md says which and why).
-- Dates are text, because MariaDB lets '0000-00-00' stand in them.

CREATE TABLE biblio (
    biblionumber  integer PRIMARY KEY,
    frameworkcode text,
    notes         text
);
COMMENT ON TABLE biblio IS 'bibliographic records, without their MARC. Touches: bib (biblionumber).';
COMMENT ON COLUMN biblio.notes IS 'general notes, which Koha derives from the MARC: for queries on the mirror, no part of the entity';

CREATE TABLE biblio_metadata (
    id           integer PRIMARY KEY,
    biblionumber integer NOT NULL REFERENCES biblio (biblionumber) ON DELETE CASCADE,
    format       text,
    schema       text,
    metadata     text
);
CREATE INDEX ON biblio_metadata (biblionumber);
COMMENT ON TABLE biblio_metadata IS 'the MARCXML of bibliographic records. Touches: bib (biblionumber).';
COMMENT ON COLUMN biblio_metadata.schema IS 'MARC21 or UNIMARC';
COMMENT ON COLUMN biblio_metadata.metadata IS 'MARCXML as MARC::File::XML wrote it';

CREATE TABLE biblioitems (
    biblioitemnumber integer PRIMARY KEY,
    biblionumber     integer NOT NULL REFERENCES biblio (biblionumber) ON DELETE CASCADE
);
CREATE INDEX ON biblioitems (biblionumber);
COMMENT ON TABLE biblioitems IS 'what stands between bibliographic records and items; here only so that its deletion reaches the items, as all its content is in the MARC. Touches: nothing.';

CREATE TABLE items (
    itemnumber               integer PRIMARY KEY,
    biblionumber             integer NOT NULL REFERENCES biblio (biblionumber) ON DELETE CASCADE,
    biblioitemnumber         integer NOT NULL REFERENCES biblioitems (biblioitemnumber) ON DELETE CASCADE,
    barcode                  text,
    dateaccessioned          text,
    homebranch               text,
    holdingbranch            text,
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
COMMENT ON TABLE items IS 'copies. Touches: item (itemnumber), holding (biblionumber, homebranch).';
COMMENT ON COLUMN items.holdingbranch IS 'where the copy is now, which each loan may change: for queries on the mirror, no part of the entity';
COMMENT ON COLUMN items.location IS 'CART or PROC while the copy passes the desk; the shelf is then in permanent_location';

CREATE TABLE auth_header (
    authid       bigint PRIMARY KEY,
    authtypecode text,
    marcxml      text
);
COMMENT ON TABLE auth_header IS 'authority records. Touches: authority (authid).';
