-- What is preserved: entities, their versions, and what could not be understood.

CREATE TABLE @extschema@.member (
    member_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code      text NOT NULL UNIQUE,
    name      text NOT NULL
);
COMMENT ON TABLE @extschema@.member IS 'member libraries of a consortium';

-- No foreign key to source: its check locks the one source row for every entity, so that parallel mapping workers
-- write multixacts over each other. source_remove() keeps the source row while entities exist.
CREATE TABLE @extschema@.entity (
    entity_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer NOT NULL,
    kind          text NOT NULL,
    key           text NOT NULL,
    parent_key    text,
    n             integer NOT NULL,
    digest        bytea NOT NULL,
    deleted       boolean NOT NULL,
    attributes    jsonb,
    member_id     integer REFERENCES @extschema@.member,
    first_seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
    UNIQUE (source_id, kind, key)
) WITH (toast_tuple_target = 4080);
DO $$
BEGIN
    EXECUTE pg_catalog.format('ALTER TABLE @extschema@.entity ADD COLUMN record %I.marc',
        (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'marc'));
END
$$;
COMMENT ON TABLE @extschema@.entity IS 'everything that is or was in the library systems, in its newest version: bibliographic records, authorities, holdings, items';
COMMENT ON COLUMN @extschema@.entity.key IS 'the key in the library system; several columns are joined by a colon';
COMMENT ON COLUMN @extschema@.entity.parent_key IS 'key of the entity that this one belongs to: the bib of a holding, the holding or bib of an item';
COMMENT ON COLUMN @extschema@.entity.n IS 'number of the newest version, from 1';
COMMENT ON COLUMN @extschema@.entity.record IS 'the newest version as a typed MARC record; null for kinds that are no MARC records; a deleted entity keeps its last one';
COMMENT ON COLUMN @extschema@.entity.attributes IS 'what else the library system says of it: framework, status, owning library, call number';
CREATE INDEX entity_parent ON @extschema@.entity (source_id, parent_key, kind) WHERE parent_key IS NOT NULL;

CREATE TABLE @extschema@.version (
    version_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity_id   bigint NOT NULL REFERENCES @extschema@.entity,
    n           integer NOT NULL,
    parent_key  text,
    digest      bytea NOT NULL,
    deleted     boolean NOT NULL,
    format      text NOT NULL CHECK (format IN ('marcxml', 'iso2709', 'json', 'none')),
    captured    bytea,
    attributes  jsonb,
    position    text,
    commit_time timestamptz,
    captured_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    UNIQUE (entity_id, n)
) WITH (toast_tuple_target = 4080);
COMMENT ON TABLE @extschema@.version IS 'every version of every entity, with the bytes as they were captured; rows are never changed';
COMMENT ON COLUMN @extschema@.version.digest IS 'SHA-256 of the canonical content: no two versions in a row have the same';
COMMENT ON COLUMN @extschema@.version.deleted IS 'with content: the library system marked it deleted; format none and no content: a tombstone, it is gone';
COMMENT ON COLUMN @extschema@.version.captured IS 'the bytes as the library system had them';
COMMENT ON COLUMN @extschema@.version.position IS 'position of the source when this version was mapped (LSN or GTID)';

-- Counted by refresh() as it writes, so that a status screen costs nothing on millions of entities. A row for each of 16
-- parts, because mapping workers run in parallel on different parts and would wait for each other on one row.
CREATE TABLE @extschema@.entity_count (
    source_id integer NOT NULL REFERENCES @extschema@.source ON DELETE CASCADE,
    kind      text NOT NULL,
    part      smallint NOT NULL,
    entities  bigint NOT NULL,
    deleted   bigint NOT NULL,
    versions  bigint NOT NULL,
    PRIMARY KEY (source_id, kind, part)
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE @extschema@.entity_count IS 'how many entities, deleted entities and versions there are; the sum over part counts';

CREATE TABLE @extschema@.quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     integer NOT NULL REFERENCES @extschema@.source ON DELETE CASCADE,
    stage         text NOT NULL CHECK (stage IN ('apply', 'map', 'policy')),
    table_name    text,
    operation     text,
    kind          text,
    key           text NOT NULL,
    position      text,
    bytes         bytea,
    sqlstate      text,
    message       text NOT NULL,
    hint          text,
    attempts      integer NOT NULL DEFAULT 1,
    first_at      timestamptz NOT NULL DEFAULT pg_catalog.now(),
    last_at       timestamptz NOT NULL DEFAULT pg_catalog.now(),
    retry_at      timestamptz,
    resolved_at   timestamptz,
    resolution    text CHECK (resolution IN ('mended', 'superseded', 'retried', 'discarded'))
);
COMMENT ON TABLE @extschema@.quarantine IS 'what could not be applied or mapped, with its bytes and the reason; retried by quarantine_retry(), given up by quarantine_discard()';
COMMENT ON COLUMN @extschema@.quarantine.stage IS 'apply: a row that does not fit its mirror table; map: an entity whose content cannot be read; policy: a condition that failed';
COMMENT ON COLUMN @extschema@.quarantine.retry_at IS 'apply: when quarantine_retry() asked for it; the program then applies the change again';
COMMENT ON COLUMN @extschema@.quarantine.bytes IS 'apply: the row change as JSON; map: the captured content';
CREATE INDEX quarantine_open ON @extschema@.quarantine (source_id) WHERE resolved_at IS NULL;
CREATE UNIQUE INDEX quarantine_open_map ON @extschema@.quarantine (source_id, stage, kind, key) WHERE resolved_at IS NULL AND stage <> 'apply';
CREATE INDEX quarantine_open_apply ON @extschema@.quarantine (source_id, table_name, key) WHERE resolved_at IS NULL AND stage = 'apply';
