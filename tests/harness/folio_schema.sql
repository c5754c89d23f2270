-- One tenant of FOLIO as far as this project needs one: the tables that the adapter captures, with the keys, types and
-- triggers that shape the stream of changes, tables without a primary key, and tables of users and loans. Names, types and
-- keys are those of mod-source-record-storage 5.10, mod-inventory-storage 30 and mod-orders-storage 15; the DDL is our own.
--
--   psql -v tenant=diku -f folio_schema.sql
--
-- Values with the word canary are what must never cross the privacy wall.

\set srs :tenant '_mod_source_record_storage'
\set inventory :tenant '_mod_inventory_storage'
\set orders :tenant '_mod_orders_storage'
\set circulation :tenant '_mod_circulation_storage'
\set users :tenant '_mod_users'

CREATE SCHEMA :"srs";
CREATE SCHEMA :"inventory";
CREATE SCHEMA :"orders";
CREATE SCHEMA :"circulation";
CREATE SCHEMA :"users";

-- ---- source record storage ---------------------------------------------------------------------------------------------
SET search_path = :"srs";
CREATE TYPE job_execution_status AS ENUM ('PARENT', 'NEW', 'PARSING_IN_PROGRESS', 'COMMITTED', 'ERROR');
CREATE TYPE record_type AS ENUM ('MARC_BIB', 'MARC_AUTHORITY', 'MARC_HOLDING', 'EDIFACT');
CREATE TYPE record_state AS ENUM ('ACTUAL', 'DRAFT', 'OLD', 'DELETED');

CREATE TABLE snapshots_lb (
    id                      uuid PRIMARY KEY,
    status                  job_execution_status NOT NULL,
    processing_started_date timestamptz,
    created_by_user_id      uuid,
    created_date            timestamptz,
    updated_by_user_id      uuid,
    updated_date            timestamptz
);
CREATE TABLE records_lb (
    id                   uuid PRIMARY KEY,
    snapshot_id          uuid NOT NULL REFERENCES snapshots_lb (id) ON DELETE CASCADE ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED,
    matched_id           uuid NOT NULL,
    generation           integer NOT NULL,
    record_type          record_type NOT NULL,
    external_id          uuid,
    state                record_state NOT NULL,
    leader_record_status char(1),
    "order"              integer,
    suppress_discovery   boolean DEFAULT false,
    created_by_user_id   uuid,
    created_date         timestamptz,
    updated_by_user_id   uuid,
    updated_date         timestamptz,
    external_hrid        text
);
CREATE UNIQUE INDEX idx_records_matched_id_gen ON records_lb (matched_id, generation);
CREATE INDEX idx_records_external_id ON records_lb (external_id);
CREATE TABLE marc_records_lb (
    id      uuid PRIMARY KEY REFERENCES records_lb (id) ON DELETE CASCADE ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED,
    content jsonb NOT NULL
);
CREATE TABLE raw_records_lb (
    id      uuid PRIMARY KEY REFERENCES records_lb (id) ON DELETE CASCADE ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED,
    content text NOT NULL
);
CREATE TABLE old_records_tracking (marc_id uuid PRIMARY KEY, has_been_processed boolean NOT NULL);
-- Rewritten at every save, and without a primary key: a publication FOR ALL TABLES makes every save fail.
CREATE TABLE marc_indexers_leader (p_05 text, p_06 text, marc_id uuid NOT NULL);

CREATE FUNCTION records_set_dates() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.updated_date := current_timestamp;
    IF TG_OP = 'INSERT' THEN
        NEW.created_date := NEW.updated_date;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_set_dates BEFORE INSERT OR UPDATE ON records_lb FOR EACH ROW EXECUTE FUNCTION records_set_dates();
CREATE FUNCTION track_old_records() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.state = 'OLD' THEN
        INSERT INTO old_records_tracking VALUES (NEW.id, false) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER track_state_changes_trigger AFTER INSERT OR UPDATE ON records_lb FOR EACH ROW EXECUTE FUNCTION track_old_records();
CREATE FUNCTION update_records_set_leader_record_status() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE records_lb SET leader_record_status = CASE WHEN TG_OP <> 'DELETE' THEN substr(NEW.content ->> 'leader', 6, 1) END
    WHERE id = COALESCE(NEW.id, OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER update_records_set_leader_record_status AFTER INSERT OR UPDATE OR DELETE ON marc_records_lb
    FOR EACH ROW EXECUTE FUNCTION update_records_set_leader_record_status();
CREATE FUNCTION index_marc() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM marc_indexers_leader WHERE marc_id = COALESCE(NEW.id, OLD.id);
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO marc_indexers_leader VALUES (substr(NEW.content ->> 'leader', 6, 1), substr(NEW.content ->> 'leader', 7, 1), NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER process_marc_records AFTER INSERT OR UPDATE OR DELETE ON marc_records_lb FOR EACH ROW EXECUTE FUNCTION index_marc();

-- ---- inventory -----------------------------------------------------------------------------------------------------------
-- Tables of FOLIO's RAML Module Builder: the document is a jsonb, foreign keys are columns that a trigger fills from it.
SET search_path = :"inventory";
CREATE TABLE locinstitution (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text);
CREATE TABLE loccampus (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    institutionid uuid REFERENCES locinstitution);
CREATE TABLE loclibrary (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    campusid uuid REFERENCES loccampus);
CREATE TABLE location (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    institutionid uuid REFERENCES locinstitution, campusid uuid REFERENCES loccampus, libraryid uuid REFERENCES loclibrary);
CREATE TABLE instance (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    instancestatusid uuid, modeofissuanceid uuid, instancetypeid uuid, complete_updated_date timestamptz);
CREATE TABLE holdings_record (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    instanceid uuid REFERENCES instance, permanentlocationid uuid REFERENCES location, temporarylocationid uuid REFERENCES location,
    effectivelocationid uuid REFERENCES location, holdingstypeid uuid, callnumbertypeid uuid, illpolicyid uuid, sourceid uuid);
CREATE INDEX ON holdings_record (instanceid);
CREATE TABLE item (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    holdingsrecordid uuid REFERENCES holdings_record, permanentloantypeid uuid, temporaryloantypeid uuid, materialtypeid uuid,
    permanentlocationid uuid REFERENCES location, temporarylocationid uuid REFERENCES location, effectivelocationid uuid REFERENCES location);
CREATE INDEX ON item (holdingsrecordid);
CREATE TABLE bound_with_part (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    itemid uuid REFERENCES item, holdingsrecordid uuid REFERENCES holdings_record);
CREATE INDEX ON bound_with_part (itemid);
-- Former records, whole: with everything that must not cross the wall.
CREATE TABLE audit_instance (id uuid PRIMARY KEY, jsonb jsonb NOT NULL);
CREATE TABLE audit_holdings_record (id uuid PRIMARY KEY, jsonb jsonb NOT NULL);
CREATE TABLE audit_item (id uuid PRIMARY KEY, jsonb jsonb NOT NULL);

CREATE FUNCTION set_columns() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    keys jsonb := '{}';
    name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        keys := keys || jsonb_build_object(lower(name), NEW.jsonb -> name);
    END LOOP;
    NEW.jsonb := jsonb_set(NEW.jsonb, '{id}', to_jsonb(NEW.id));
    NEW.creation_date := COALESCE(NEW.creation_date, localtimestamp);
    NEW.created_by := 'canary-created-by';
    RETURN jsonb_populate_record(NEW, keys);
END $$;
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON loccampus FOR EACH ROW EXECUTE FUNCTION set_columns('institutionId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON loclibrary FOR EACH ROW EXECUTE FUNCTION set_columns('campusId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON location FOR EACH ROW EXECUTE FUNCTION set_columns('institutionId', 'campusId', 'libraryId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON instance FOR EACH ROW EXECUTE FUNCTION set_columns('instanceTypeId', 'modeOfIssuanceId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON holdings_record FOR EACH ROW
    EXECUTE FUNCTION set_columns('instanceId', 'permanentLocationId', 'temporaryLocationId', 'effectiveLocationId', 'sourceId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON item FOR EACH ROW
    EXECUTE FUNCTION set_columns('holdingsRecordId', 'permanentLocationId', 'temporaryLocationId', 'effectiveLocationId', 'materialTypeId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON bound_with_part FOR EACH ROW EXECUTE FUNCTION set_columns('itemId', 'holdingsRecordId');

-- Every change of an item or holdings record, each loan included, updates the instance.
CREATE FUNCTION complete_updated_date() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_TABLE_NAME = 'instance' THEN
        NEW.complete_updated_date := clock_timestamp();
    ELSIF TG_TABLE_NAME = 'holdings_record' THEN
        UPDATE instance SET complete_updated_date = clock_timestamp() WHERE id = COALESCE(NEW.instanceid, OLD.instanceid);
    ELSE
        UPDATE instance SET complete_updated_date = clock_timestamp()
        WHERE id IN (SELECT instanceid FROM holdings_record WHERE id = COALESCE(NEW.holdingsrecordid, OLD.holdingsrecordid));
        UPDATE instance SET complete_updated_date = clock_timestamp()
        WHERE id IN (SELECT h.instanceid FROM holdings_record h JOIN bound_with_part b ON b.holdingsrecordid = h.id
                     WHERE b.itemid = COALESCE(NEW.id, OLD.id));
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER updatecompleteupdateddate_instance BEFORE INSERT OR UPDATE ON instance FOR EACH ROW EXECUTE FUNCTION complete_updated_date();
CREATE TRIGGER updatecompleteupdateddate_holdings BEFORE INSERT OR UPDATE OR DELETE ON holdings_record FOR EACH ROW EXECUTE FUNCTION complete_updated_date();
CREATE TRIGGER updatecompleteupdateddate_item BEFORE INSERT OR UPDATE OR DELETE ON item FOR EACH ROW EXECUTE FUNCTION complete_updated_date();
CREATE FUNCTION audit_changes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('INSERT INTO %I VALUES ($1, $2)', 'audit_' || TG_TABLE_NAME)
        USING gen_random_uuid(), jsonb_build_object('record', OLD.jsonb, 'operation', 'D');
    RETURN NULL;
END $$;
CREATE TRIGGER audit_instance AFTER DELETE ON instance FOR EACH ROW EXECUTE FUNCTION audit_changes();
CREATE TRIGGER audit_holdings_record AFTER DELETE ON holdings_record FOR EACH ROW EXECUTE FUNCTION audit_changes();
CREATE TRIGGER audit_item AFTER DELETE ON item FOR EACH ROW EXECUTE FUNCTION audit_changes();

-- ---- orders --------------------------------------------------------------------------------------------------------------
SET search_path = :"orders";
CREATE TABLE purchase_order (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text);
CREATE TABLE po_line (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    purchaseorderid uuid REFERENCES purchase_order);
CREATE TABLE titles (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text, polineid uuid REFERENCES po_line);
CREATE TABLE pieces (id uuid PRIMARY KEY, jsonb jsonb NOT NULL, creation_date timestamp, created_by text,
    polineid uuid REFERENCES po_line, titleid uuid REFERENCES titles);
CREATE FUNCTION set_columns() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    keys jsonb := '{}';
    name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        keys := keys || jsonb_build_object(lower(name), NEW.jsonb -> name);
    END LOOP;
    NEW.created_by := 'canary-created-by';
    RETURN jsonb_populate_record(NEW, keys);
END $$;
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON po_line FOR EACH ROW EXECUTE FUNCTION set_columns('purchaseOrderId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON titles FOR EACH ROW EXECUTE FUNCTION set_columns('poLineId');
CREATE TRIGGER set_columns BEFORE INSERT OR UPDATE ON pieces FOR EACH ROW EXECUTE FUNCTION set_columns('poLineId', 'titleId');

-- ---- personal data -------------------------------------------------------------------------------------------------------
CREATE TABLE :"users".users (id uuid PRIMARY KEY, jsonb jsonb NOT NULL);
CREATE TABLE :"circulation".loan (id uuid PRIMARY KEY, jsonb jsonb NOT NULL);
INSERT INTO :"users".users VALUES ('c0ffee00-0000-4000-8000-00000000cafe',
    '{"username": "canary-user", "barcode": "canary-barcode", "personal": {"lastName": "canary-family", "email": "canary@example.org"}}');
RESET search_path;
