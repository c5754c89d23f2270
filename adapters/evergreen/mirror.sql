-- title: Evergreen 3.x: bibliographic records, authorities, MFHD, volumes, copies, URIs and orders
-- system: postgresql
--
-- This list is the privacy wall: a column that is not here never leaves the Evergreen database. It names no patron, no
-- circulation, and no column that says which member of staff did something (creator, editor, last_xact_id).
-- Deletion in Evergreen is an UPDATE that sets `deleted` (rules protect_*_delete), so the column is part of each table that has it.

CREATE TABLE actor.org_unit (
    id           integer PRIMARY KEY,
    parent_ou    integer,
    ou_type      integer,
    shortname    text,
    name         text,
    opac_visible boolean
);
COMMENT ON TABLE actor.org_unit IS 'the libraries of a consortium, a tree: the owning units that owning_lib and circ_lib name. Touches: nothing.';

CREATE TABLE biblio.record_entry (
    id         bigint PRIMARY KEY,
    active     boolean,
    deleted    boolean,
    source     integer,
    tcn_source text,
    tcn_value  text,
    owner      integer,
    marc       text,
    merged_to  bigint
);
COMMENT ON TABLE biblio.record_entry IS 'bibliographic records. Touches: bib (id).';
COMMENT ON COLUMN biblio.record_entry.marc IS 'MARCXML without an XML declaration';
COMMENT ON COLUMN biblio.record_entry.merged_to IS 'Optional. The record that this one was merged into; older versions do not keep it';

CREATE TABLE biblio.peer_type (
    id   integer PRIMARY KEY,
    name text
);
COMMENT ON TABLE biblio.peer_type IS 'kinds of bound-with. Touches: nothing.';

CREATE TABLE biblio.peer_bib_copy_map (
    id          integer PRIMARY KEY,
    peer_type   integer,
    peer_record bigint,
    target_copy bigint
);
CREATE INDEX ON biblio.peer_bib_copy_map (target_copy);
COMMENT ON TABLE biblio.peer_bib_copy_map IS 'further records of a copy: what is bound with what. Touches: item (target_copy).';

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

CREATE TABLE asset.copy_location (
    id           integer PRIMARY KEY,
    name         text,
    owning_lib   integer,
    opac_visible boolean,
    deleted      boolean
);
COMMENT ON TABLE asset.copy_location IS 'shelving locations: for queries on the mirror. Touches: nothing.';
COMMENT ON COLUMN asset.copy_location.deleted IS 'Optional.';

CREATE TABLE asset.call_number_prefix (
    id         integer PRIMARY KEY,
    owning_lib integer,
    label      text
);
COMMENT ON TABLE asset.call_number_prefix IS 'what stands before call numbers: for queries on the mirror. Touches: nothing.';

CREATE TABLE asset.call_number_suffix (
    id         integer PRIMARY KEY,
    owning_lib integer,
    label      text
);
COMMENT ON TABLE asset.call_number_suffix IS 'what stands after call numbers: for queries on the mirror. Touches: nothing.';

CREATE TABLE asset.uri (
    id              bigint PRIMARY KEY,
    href            text,
    label           text,
    use_restriction text,
    active          boolean
);
COMMENT ON TABLE asset.uri IS 'addresses of digital objects, which Evergreen takes from 856 fields with a $9. Touches: object (id).';

CREATE TABLE asset.uri_call_number_map (
    id          bigint PRIMARY KEY,
    uri         bigint,
    call_number bigint
);
CREATE INDEX ON asset.uri_call_number_map (uri);
COMMENT ON TABLE asset.uri_call_number_map IS 'which volumes an address belongs to; rows are made anew when a record is saved. Touches: object (uri).';

CREATE TABLE authority.bib_linking (
    id        bigint PRIMARY KEY,
    bib       bigint,
    authority bigint
);
CREATE INDEX ON authority.bib_linking (bib);
CREATE INDEX ON authority.bib_linking (authority);
COMMENT ON TABLE authority.bib_linking IS 'which authority records control headings of which records, as Evergreen reads it from $0: for queries on the mirror. Touches: nothing.';

CREATE TABLE authority.authority_linking (
    id     bigint PRIMARY KEY,
    source bigint,
    target bigint,
    field  integer
);
CREATE INDEX ON authority.authority_linking (source);
CREATE INDEX ON authority.authority_linking (target);
COMMENT ON TABLE authority.authority_linking IS 'references between authority records, as Evergreen reads them from $0: for queries on the mirror. Touches: nothing.';

CREATE TABLE acq.provider (
    id    integer PRIMARY KEY,
    name  text,
    owner integer,
    code  text
);
COMMENT ON TABLE acq.provider IS 'vendors, by name: no address, no contact, no account. Touches: nothing.';

CREATE TABLE acq.fund (
    id   integer PRIMARY KEY,
    org  integer,
    name text,
    year integer,
    code text
);
COMMENT ON TABLE acq.fund IS 'funds, without amounts: for queries on the mirror. Touches: nothing.';

CREATE TABLE acq.cancel_reason (
    id       integer PRIMARY KEY,
    org_unit integer,
    label    text
);
COMMENT ON TABLE acq.cancel_reason IS 'why orders are cancelled or delayed: for queries on the mirror. Touches: nothing.';

CREATE TABLE acq.purchase_order (
    id              bigint PRIMARY KEY,
    ordering_agency integer,
    provider        integer,
    state           text,
    order_date      timestamp with time zone,
    name            text,
    cancel_reason   integer
);
COMMENT ON TABLE acq.purchase_order IS 'purchase orders. Touches: order (''purchase_order'', id).';
COMMENT ON COLUMN acq.purchase_order.state IS 'new, pending, on-order, received or cancelled';

CREATE TABLE acq.lineitem (
    id                 bigint PRIMARY KEY,
    provider           integer,
    purchase_order     bigint,
    expected_recv_time timestamp with time zone,
    marc               text,
    eg_bib_id          bigint,
    state              text,
    cancel_reason      integer
);
COMMENT ON TABLE acq.lineitem IS 'order lines, with the record that was ordered by. Touches: order (''lineitem'', id).';
COMMENT ON COLUMN acq.lineitem.state IS 'new, selector-ready, order-ready, approved, pending-order, on-order, received or cancelled';

CREATE TABLE acq.lineitem_detail (
    id              bigint PRIMARY KEY,
    lineitem        bigint,
    fund            integer,
    eg_copy_id      bigint,
    barcode         text,
    cn_label        text,
    collection_code text,
    circ_modifier   text,
    owning_lib      integer,
    location        integer,
    recv_time       timestamp with time zone,
    cancel_reason   integer
);
CREATE INDEX ON acq.lineitem_detail (lineitem);
COMMENT ON TABLE acq.lineitem_detail IS 'the copies of an order line. Touches: order (''lineitem'', lineitem).';
