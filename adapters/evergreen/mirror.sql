-- title: Evergreen 3.x: bibliographic records, authorities, MFHD, volumes, copies and serial units
-- system: postgresql
--
-- This list is the privacy wall: a column that is not here never leaves the Evergreen database. It names no patron, no
-- circulation, and no column that says which member of staff did something (creator, editor, last_xact_id).
-- Deletion in Evergreen is an UPDATE that sets `deleted` (rules protect_*_delete), so the column is part of each table.

CREATE TABLE biblio.record_entry (
    id         bigint PRIMARY KEY,
    active     boolean,
    deleted    boolean,
    source     integer,
    tcn_source text,
    tcn_value  text,
    owner      integer,
    marc       text
);
COMMENT ON TABLE biblio.record_entry IS 'bibliographic records. Touches: bib (id).';
COMMENT ON COLUMN biblio.record_entry.marc IS 'MARCXML without an XML declaration';

CREATE TABLE authority.record_entry (
    id          bigint PRIMARY KEY,
    active      boolean,
    deleted     boolean,
    source      integer,
    control_set integer,
    owner       integer,
    marc        text
);
COMMENT ON TABLE authority.record_entry IS 'authority records. Touches: authority (id).';

CREATE TABLE serial.record_entry (
    id         bigint PRIMARY KEY,
    record     bigint,
    owning_lib integer,
    source     integer,
    active     boolean,
    deleted    boolean,
    marc       text
);
COMMENT ON TABLE serial.record_entry IS 'holdings records (MFHD). Touches: holding (''mfhd'', id).';

CREATE TABLE asset.call_number (
    id          bigint PRIMARY KEY,
    record      bigint,
    owning_lib  integer,
    label       text,
    label_class bigint,
    prefix      integer,
    suffix      integer,
    deleted     boolean
);
COMMENT ON TABLE asset.call_number IS 'volumes: what a library holds of a title under one call number. Touches: holding (''volume'', id).';

CREATE TABLE asset.copy (
    id            bigint PRIMARY KEY,
    call_number   bigint,
    circ_lib      integer,
    copy_number   integer,
    status        integer,
    location      integer,
    barcode       text,
    circ_modifier text,
    ref           boolean,
    opac_visible  boolean,
    deleted       boolean
);
COMMENT ON TABLE asset.copy IS 'copies. Touches: item (id).';
COMMENT ON COLUMN asset.copy.status IS 'only the states that say what became of the copy are used: lost, missing, discarded, damaged';

CREATE TABLE serial.unit (
    id                bigint PRIMARY KEY,
    call_number       bigint,
    circ_lib          integer,
    copy_number       integer,
    status            integer,
    location          integer,
    barcode           text,
    circ_modifier     text,
    ref               boolean,
    opac_visible      boolean,
    deleted           boolean,
    sort_key          text,
    detailed_contents text,
    summary_contents  text
);
COMMENT ON TABLE serial.unit IS 'units of serials; the table inherits from asset.copy and shares its ids. Touches: item (id).';
