-- An Evergreen database as far as this project needs one: the tables that the adapter captures with the rules and triggers
-- that shape the stream of changes, an index table without a primary key, and a table of patrons. Names, types and keys are
-- those of Evergreen 3.12; DDL and functions are our own (Evergreen's triggers are PL/Perl with MARC::Record).

CREATE SCHEMA actor;
CREATE SCHEMA config;
CREATE SCHEMA biblio;
CREATE SCHEMA authority;
CREATE SCHEMA serial;
CREATE SCHEMA asset;
CREATE SCHEMA metabib;
CREATE SCHEMA acq;
CREATE SCHEMA evergreen;

CREATE TABLE actor.org_unit (
    id         serial PRIMARY KEY,
    parent_ou  int REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    ou_type    int NOT NULL DEFAULT 1,
    shortname  text NOT NULL UNIQUE,
    name       text NOT NULL UNIQUE,
    email      text,
    phone      text,
    opac_visible boolean NOT NULL DEFAULT true
);

-- Personal data. `canary` is what the tests look for on the other side of the privacy wall.
CREATE TABLE actor.usr (
    id          serial PRIMARY KEY,
    usrname     text NOT NULL UNIQUE,
    passwd      text NOT NULL,
    email       text,
    first_given_name text NOT NULL,
    family_name text NOT NULL,
    dob         date,
    home_ou     int NOT NULL REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    deleted     boolean NOT NULL DEFAULT false
);

CREATE TABLE config.bib_source (
    id         serial PRIMARY KEY,
    quality    int,
    source     text NOT NULL UNIQUE,
    transcendant boolean NOT NULL DEFAULT false
);

CREATE TABLE config.copy_status (
    id        serial PRIMARY KEY,
    name      text NOT NULL UNIQUE,
    holdable  boolean NOT NULL DEFAULT false
);

CREATE SEQUENCE biblio.autogen_tcn_value_seq;
CREATE FUNCTION biblio.next_autogen_tcn_value() RETURNS text LANGUAGE sql AS
$$ SELECT nextval('biblio.autogen_tcn_value_seq')::text $$;

CREATE TABLE biblio.record_entry (
    id              bigserial PRIMARY KEY,
    creator         int NOT NULL DEFAULT 1 REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    editor          int NOT NULL DEFAULT 1 REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    source          int REFERENCES config.bib_source (id) DEFERRABLE INITIALLY DEFERRED,
    quality         int,
    create_date     timestamptz NOT NULL DEFAULT now(),
    edit_date       timestamptz NOT NULL DEFAULT now(),
    active          boolean NOT NULL DEFAULT true,
    deleted         boolean NOT NULL DEFAULT false,
    fingerprint     text,
    tcn_source      text NOT NULL DEFAULT 'AUTOGEN',
    tcn_value       text NOT NULL DEFAULT biblio.next_autogen_tcn_value(),
    marc            text NOT NULL,
    last_xact_id    text NOT NULL,
    vis_attr_vector int[],
    owner           int REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    share_depth     int,
    merge_date      timestamptz,
    merged_to       bigint REFERENCES biblio.record_entry (id)
);
CREATE INDEX biblio_record_entry_edit_date_idx ON biblio.record_entry (edit_date);

CREATE TABLE authority.record_entry (
    id             bigserial PRIMARY KEY,
    create_date    timestamptz NOT NULL DEFAULT now(),
    edit_date      timestamptz NOT NULL DEFAULT now(),
    creator        int NOT NULL DEFAULT 1,
    editor         int NOT NULL DEFAULT 1,
    active         boolean NOT NULL DEFAULT true,
    deleted        boolean NOT NULL DEFAULT false,
    source         int,
    control_set    int,
    marc           text NOT NULL,
    last_xact_id   text NOT NULL,
    owner          int,
    heading        text,
    simple_heading text
);

CREATE TABLE serial.record_entry (
    id           bigserial PRIMARY KEY,
    record       bigint REFERENCES biblio.record_entry (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    owning_lib   int NOT NULL DEFAULT 1 REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    creator      int NOT NULL DEFAULT 1,
    editor       int NOT NULL DEFAULT 1,
    source       int,
    create_date  timestamptz NOT NULL DEFAULT now(),
    edit_date    timestamptz NOT NULL DEFAULT now(),
    active       boolean NOT NULL DEFAULT true,
    deleted      boolean NOT NULL DEFAULT false,
    marc         text,
    last_xact_id text NOT NULL
);

CREATE TABLE asset.call_number (
    id            bigserial PRIMARY KEY,
    creator       bigint NOT NULL,
    create_date   timestamptz DEFAULT now(),
    editor        bigint NOT NULL,
    edit_date     timestamptz DEFAULT now(),
    record        bigint NOT NULL REFERENCES biblio.record_entry (id) DEFERRABLE INITIALLY DEFERRED,
    owning_lib    int NOT NULL REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    label         text NOT NULL,
    deleted       boolean NOT NULL DEFAULT false,
    prefix        int NOT NULL DEFAULT -1,
    suffix        int NOT NULL DEFAULT -1,
    label_class   bigint NOT NULL DEFAULT 1,
    label_sortkey text
);
CREATE INDEX asset_call_number_record_idx ON asset.call_number (record);

CREATE TABLE asset.copy (
    id                  bigserial PRIMARY KEY,
    circ_lib            int NOT NULL REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    creator             bigint NOT NULL,
    call_number         bigint NOT NULL,
    editor              bigint NOT NULL,
    create_date         timestamptz DEFAULT now(),
    edit_date           timestamptz DEFAULT now(),
    copy_number         int,
    status              int NOT NULL DEFAULT 0 REFERENCES config.copy_status (id) DEFERRABLE INITIALLY DEFERRED,
    location            int NOT NULL DEFAULT 1,
    loan_duration       int NOT NULL CHECK (loan_duration IN (1, 2, 3)),
    fine_level          int NOT NULL CHECK (fine_level IN (1, 2, 3)),
    age_protect         int,
    circulate           boolean NOT NULL DEFAULT true,
    deposit             boolean NOT NULL DEFAULT false,
    ref                 boolean NOT NULL DEFAULT false,
    holdable            boolean NOT NULL DEFAULT true,
    deposit_amount      numeric(6,2) NOT NULL DEFAULT 0.00,
    price               numeric(8,2),
    barcode             text NOT NULL,
    circ_modifier       text,
    circ_as_type        text,
    dummy_title         text,
    dummy_author        text,
    alert_message       text,
    opac_visible        boolean NOT NULL DEFAULT true,
    deleted             boolean NOT NULL DEFAULT false,
    floating            int,
    dummy_isbn          text,
    status_changed_time timestamptz,
    active_date         timestamptz,
    mint_condition      boolean NOT NULL DEFAULT true,
    cost                numeric(8,2)
);
CREATE UNIQUE INDEX copy_barcode_key ON asset.copy (barcode) WHERE deleted = false OR deleted IS false;
CREATE INDEX cp_cn_idx ON asset.copy (call_number);

CREATE TABLE serial.unit (
    sort_key          text,
    detailed_contents text NOT NULL,
    summary_contents  text NOT NULL
) INHERITS (asset.copy);
ALTER TABLE serial.unit ADD PRIMARY KEY (id);

CREATE TABLE biblio.peer_type (
    id   serial PRIMARY KEY,
    name text NOT NULL UNIQUE
);
CREATE TABLE biblio.peer_bib_copy_map (
    id          serial PRIMARY KEY,
    peer_type   int NOT NULL REFERENCES biblio.peer_type (id),
    peer_record bigint NOT NULL REFERENCES biblio.record_entry (id),
    target_copy bigint NOT NULL
);

CREATE TABLE asset.copy_location (
    id           serial PRIMARY KEY,
    name         text NOT NULL,
    owning_lib   int NOT NULL REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    holdable     boolean NOT NULL DEFAULT true,
    opac_visible boolean NOT NULL DEFAULT true,
    deleted      boolean NOT NULL DEFAULT false
);
CREATE TABLE asset.call_number_prefix (
    id            serial PRIMARY KEY,
    owning_lib    int NOT NULL REFERENCES actor.org_unit (id),
    label         text NOT NULL,
    label_sortkey text
);
CREATE TABLE asset.call_number_suffix (
    id            serial PRIMARY KEY,
    owning_lib    int NOT NULL REFERENCES actor.org_unit (id),
    label         text NOT NULL,
    label_sortkey text
);
CREATE TABLE asset.uri (
    id              serial PRIMARY KEY,
    href            text NOT NULL,
    label           text,
    use_restriction text,
    active          boolean NOT NULL DEFAULT true
);
CREATE TABLE asset.uri_call_number_map (
    id          bigserial PRIMARY KEY,
    uri         int NOT NULL REFERENCES asset.uri (id),
    call_number int NOT NULL REFERENCES asset.call_number (id),
    CONSTRAINT uri_cn_once UNIQUE (uri, call_number)
);

CREATE TABLE authority.bib_linking (
    id        bigserial PRIMARY KEY,
    bib       bigint NOT NULL REFERENCES biblio.record_entry (id),
    authority bigint NOT NULL REFERENCES authority.record_entry (id)
);
CREATE TABLE authority.authority_linking (
    id     bigserial PRIMARY KEY,
    source bigint NOT NULL REFERENCES authority.record_entry (id),
    target bigint NOT NULL REFERENCES authority.record_entry (id),
    field  int NOT NULL
);

-- Acquisitions. Users, notes and prices are here so that the tests can look for them on the other side.
CREATE TABLE acq.provider (
    id    serial PRIMARY KEY,
    name  text NOT NULL,
    owner int NOT NULL REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    code  text NOT NULL,
    email text,
    phone text
);
CREATE TABLE acq.fund (
    id   serial PRIMARY KEY,
    org  int NOT NULL REFERENCES actor.org_unit (id),
    name text NOT NULL,
    year int NOT NULL,
    currency_type text NOT NULL DEFAULT 'USD',
    code text
);
CREATE TABLE acq.cancel_reason (
    id          serial PRIMARY KEY,
    org_unit    int NOT NULL REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    label       text NOT NULL,
    description text NOT NULL,
    keep_debits boolean NOT NULL DEFAULT false
);
CREATE TABLE acq.purchase_order (
    id              serial PRIMARY KEY,
    owner           int NOT NULL REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    creator         int NOT NULL REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    editor          int NOT NULL REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    ordering_agency int NOT NULL REFERENCES actor.org_unit (id) DEFERRABLE INITIALLY DEFERRED,
    create_time     timestamptz NOT NULL DEFAULT now(),
    edit_time       timestamptz NOT NULL DEFAULT now(),
    provider        int NOT NULL REFERENCES acq.provider (id) DEFERRABLE INITIALLY DEFERRED,
    state           text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'pending', 'on-order', 'received', 'cancelled')),
    order_date      timestamptz,
    name            text NOT NULL,
    cancel_reason   int REFERENCES acq.cancel_reason (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE acq.lineitem (
    id                 bigserial PRIMARY KEY,
    creator            int NOT NULL REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    editor             int NOT NULL REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    selector           int NOT NULL REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    provider           int REFERENCES acq.provider (id) DEFERRABLE INITIALLY DEFERRED,
    purchase_order     int REFERENCES acq.purchase_order (id) DEFERRABLE INITIALLY DEFERRED,
    expected_recv_time timestamptz,
    create_time        timestamptz NOT NULL DEFAULT now(),
    edit_time          timestamptz NOT NULL DEFAULT now(),
    marc               text NOT NULL,
    eg_bib_id          bigint REFERENCES biblio.record_entry (id) DEFERRABLE INITIALLY DEFERRED,
    source_label       text,
    state              text NOT NULL DEFAULT 'new',
    cancel_reason      int REFERENCES acq.cancel_reason (id) DEFERRABLE INITIALLY DEFERRED,
    estimated_unit_price numeric
);
CREATE TABLE acq.lineitem_detail (
    id              bigserial PRIMARY KEY,
    lineitem        int NOT NULL REFERENCES acq.lineitem (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    fund            int REFERENCES acq.fund (id) DEFERRABLE INITIALLY DEFERRED,
    eg_copy_id      bigint,
    barcode         text,
    cn_label        text,
    note            text,
    collection_code text,
    circ_modifier   text,
    owning_lib      int REFERENCES actor.org_unit (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    location        int REFERENCES asset.copy_location (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    recv_time       timestamptz,
    receiver        int REFERENCES actor.usr (id) DEFERRABLE INITIALLY DEFERRED,
    cancel_reason   int REFERENCES acq.cancel_reason (id) DEFERRABLE INITIALLY DEFERRED
);

-- An index table as Evergreen has several: rewritten at every save, and without a primary key.
CREATE TABLE metabib.combined_title_field_entry (
    record     bigint NOT NULL,
    metabib_field int,
    index_vector tsvector NOT NULL
);
CREATE INDEX metabib_combined_title_field_entry_source_idx ON metabib.combined_title_field_entry (record);

-- Deleting only marks. A purge tool that really deletes disables these rules.
CREATE RULE protect_bib_rec_delete AS ON DELETE TO biblio.record_entry
    DO INSTEAD UPDATE biblio.record_entry SET deleted = true WHERE OLD.id = biblio.record_entry.id;
CREATE RULE protect_authority_rec_delete AS ON DELETE TO authority.record_entry
    DO INSTEAD UPDATE authority.record_entry SET deleted = true WHERE OLD.id = authority.record_entry.id;
CREATE RULE protect_mfhd_delete AS ON DELETE TO serial.record_entry
    DO INSTEAD UPDATE serial.record_entry SET deleted = true WHERE OLD.id = serial.record_entry.id;
CREATE RULE protect_cn_delete AS ON DELETE TO asset.call_number
    DO INSTEAD UPDATE asset.call_number SET deleted = true WHERE OLD.id = asset.call_number.id;
CREATE RULE protect_copy_delete AS ON DELETE TO asset.copy
    DO INSTEAD UPDATE asset.copy SET deleted = true WHERE OLD.id = asset.copy.id;
CREATE RULE protect_serial_unit_delete AS ON DELETE TO serial.unit
    DO INSTEAD UPDATE serial.unit SET deleted = true WHERE OLD.id = serial.unit.id;

CREATE FUNCTION evergreen.xml_escape(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') $$;

-- Field 901: $a TCN value, $b TCN source, $c record id, $t kind, $o owner, $s source. Written anew at every save, and so the
-- marc column is always sent whole in the replication stream.
CREATE FUNCTION evergreen.maintain_901() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    field text := format('<subfield code="c">%s</subfield><subfield code="t">%s</subfield>', NEW.id, TG_TABLE_SCHEMA);
BEGIN
    IF NEW.marc IS NULL THEN
        RETURN NEW;
    END IF;
    IF TG_TABLE_SCHEMA = 'biblio' THEN
        field := format('<subfield code="a">%s</subfield><subfield code="b">%s</subfield>',
                        evergreen.xml_escape(NEW.tcn_value), evergreen.xml_escape(NEW.tcn_source)) || field
              || CASE WHEN NEW.owner IS NULL THEN '' ELSE format('<subfield code="o">%s</subfield>', NEW.owner) END;
    END IF;
    field := field || CASE WHEN NEW.source IS NULL THEN '' ELSE format('<subfield code="s">%s</subfield>', NEW.source) END;
    NEW.marc := regexp_replace(NEW.marc, '<datafield tag="901".*?</datafield>', '', 'g');
    NEW.marc := regexp_replace(NEW.marc, '</record>\s*$', '<datafield tag="901" ind1=" " ind2=" ">' || field || '</datafield></record>');
    RETURN NEW;
END
$$;
CREATE FUNCTION evergreen.well_formed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.marc IS NOT NULL AND NOT xml_is_well_formed(NEW.marc) THEN
        RAISE EXCEPTION 'Attempted to % MARCXML that is not well formed', TG_OP;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER a_marcxml_is_well_formed BEFORE INSERT OR UPDATE ON biblio.record_entry FOR EACH ROW EXECUTE FUNCTION evergreen.well_formed();
CREATE TRIGGER a_marcxml_is_well_formed BEFORE INSERT OR UPDATE ON authority.record_entry FOR EACH ROW EXECUTE FUNCTION evergreen.well_formed();
CREATE TRIGGER a_marcxml_is_well_formed BEFORE INSERT OR UPDATE ON serial.record_entry FOR EACH ROW EXECUTE FUNCTION evergreen.well_formed();
CREATE TRIGGER b_maintain_901 BEFORE INSERT OR UPDATE ON biblio.record_entry FOR EACH ROW EXECUTE FUNCTION evergreen.maintain_901();
CREATE TRIGGER b_maintain_901 BEFORE INSERT OR UPDATE ON authority.record_entry FOR EACH ROW EXECUTE FUNCTION evergreen.maintain_901();
CREATE TRIGGER b_maintain_901 BEFORE INSERT OR UPDATE ON serial.record_entry FOR EACH ROW EXECUTE FUNCTION evergreen.maintain_901();

-- As Evergreen's ingest does: an error while indexing is only a warning, so the index goes stale without anyone noticing
-- (which a publication FOR ALL TABLES brings about).
CREATE FUNCTION biblio.indexing_ingest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM metabib.combined_title_field_entry WHERE record = NEW.id;
    IF NOT NEW.deleted THEN
        INSERT INTO metabib.combined_title_field_entry (record, index_vector)
        SELECT NEW.id, to_tsvector('simple', coalesce(substring(NEW.marc FROM '<datafield tag="245".*?</datafield>'), ''));
    END IF;
    RETURN NEW;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'Ingest of biblio.record_entry % failed', NEW.id;
    RETURN NEW;
END
$$;
CREATE TRIGGER aaa_indexing_ingest AFTER INSERT OR UPDATE ON biblio.record_entry FOR EACH ROW EXECUTE FUNCTION biblio.indexing_ingest();

CREATE FUNCTION asset.status_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status THEN
        NEW.status_changed_time := now();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER acp_status_changed_trig BEFORE UPDATE ON asset.copy FOR EACH ROW EXECUTE FUNCTION asset.status_changed();
CREATE TRIGGER sunit_status_changed_trig BEFORE UPDATE ON serial.unit FOR EACH ROW EXECUTE FUNCTION asset.status_changed();

INSERT INTO actor.org_unit (id, parent_ou, shortname, name) VALUES
    (1, NULL, 'CONS', 'Example Consortium'), (2, 1, 'SYS1', 'Example System 1'), (3, 1, 'SYS2', 'Example System 2'),
    (4, 2, 'BR1', 'Example Branch 1'), (5, 2, 'BR2', 'Example Branch 2'), (6, 3, 'BR3', 'Example Branch 3');
SELECT setval('actor.org_unit_id_seq', 6);
INSERT INTO actor.usr (id, usrname, passwd, email, first_given_name, family_name, home_ou) VALUES
    (1, 'admin', 'canary-hash', 'canary@example.org', 'Administrator', 'canary-family', 1),
    (2, 'reader', 'canary-hash', 'canary2@example.org', 'Ada', 'canary-family', 4);
SELECT setval('actor.usr_id_seq', 2);
INSERT INTO config.bib_source (id, quality, source) VALUES (1, 90, 'oclc'), (2, 10, 'System Local'), (3, 1, 'Project Gutenberg');
INSERT INTO config.copy_status (id, name) VALUES
    (0, 'Available'), (1, 'Checked out'), (2, 'Bindery'), (3, 'Lost'), (4, 'Missing'), (5, 'In process'), (6, 'In transit'),
    (7, 'Reshelving'), (8, 'On holds shelf'), (9, 'On order'), (10, 'ILL'), (11, 'Cataloging'), (12, 'Reserves'),
    (13, 'Discard/Weed'), (14, 'Damaged'), (15, 'On reservation shelf'), (16, 'Long Overdue'), (17, 'Lost and Paid'),
    (18, 'Canceled Transit');

-- The placeholders that every Evergreen has.
INSERT INTO biblio.record_entry (id, tcn_source, tcn_value, marc, last_xact_id)
    VALUES (-1, 'SYSTEM', '-1', '<record xmlns="http://www.loc.gov/MARC21/slim"/>', 'FOO');
INSERT INTO asset.call_number (id, creator, editor, record, owning_lib, label) VALUES (-1, 1, 1, -1, 1, 'UNCATALOGED');
