-- everarchive: library catalogue records, versioned and preserved. Runs as one script by CREATE EXTENSION; @extschema@ is
-- `everarchive`.
--
-- CREATE EXTENSION puts the schema of the extension marc into the search path: often `public`, where others may create
-- functions that fit a call better than those of pg_catalog. So the path is pg_catalog alone from here on. What names an
-- object of marc is made by a DO block that writes the schema in front (only PostgreSQL 16 has @extschema:marc@): the type
-- of entity.record and the view report.preservation_status. Operands have the exact types that marc declares, so nothing
-- fits better. Bodies of functions are strings here (PostgreSQL 13 has no others) and are looked up when they run: they
-- set a search path, and name marc through marc_schema().
\echo Use "CREATE EXTENSION everarchive CASCADE" to load this file. \quit

SET LOCAL search_path TO pg_catalog, pg_temp;

DO $$
BEGIN
    IF pg_catalog.current_setting('server_version_num')::integer < 130000 THEN
        RAISE EXCEPTION 'everarchive needs PostgreSQL 13 or newer, this is %', pg_catalog.current_setting('server_version')
            USING HINT = 'Upgrade the server, then run CREATE EXTENSION everarchive CASCADE again.';
    END IF;
    IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'everarchive needs a database in UTF8, this one is in %', pg_catalog.getdatabaseencoding()
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Make one with: createdb -E UTF8 -T template0 NAME';
    END IF;
END
$$;

COMMENT ON SCHEMA @extschema@ IS 'library catalogue records, versioned and preserved: sources, entities, versions, policies, deliveries';

-- Sources: which library systems are followed, how far, and which of their entities wait to be mapped.

CREATE TABLE @extschema@.source (
    source_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    adapter       text NOT NULL,
    origin        text NOT NULL CHECK (origin !~* 'passw(or)?d\s*='),
    mirror_schema name NOT NULL,
    state         text NOT NULL DEFAULT 'new'
                  CHECK (state IN ('new', 'snapshot', 'streaming', 'stopped', 'position_lost', 'removed')),
    paused        boolean NOT NULL DEFAULT false,
    mapping       text NOT NULL DEFAULT 'batched' CHECK (mapping IN ('batched', 'every commit')),
    message       text,
    hint          text,
    created_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_at    timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE @extschema@.source IS 'library systems that are followed, one row each; managed by source_add(), source_pause(), source_resume(), source_remove()';
CREATE UNIQUE INDEX source_mirror_schema ON @extschema@.source (mirror_schema) WHERE state <> 'removed';
COMMENT ON COLUMN @extschema@.source.origin IS 'how to reach it, by reference only: postgresql:service=NAME or mariadb:defaults-group=NAME; never a password';
COMMENT ON COLUMN @extschema@.source.state IS 'new, snapshot (first copy under way), streaming, stopped (needs a person: see message and hint), position_lost (needs a resync), removed (only its history is left)';
COMMENT ON COLUMN @extschema@.source.message IS 'why the source is stopped or lost';
COMMENT ON COLUMN @extschema@.source.hint IS 'the command or SQL that mends it';

-- A row apart from the settings: rewritten at every batch, so it stays small and its page has room (HOT updates).
CREATE TABLE @extschema@.source_progress (
    source_id         integer PRIMARY KEY REFERENCES @extschema@.source ON DELETE CASCADE,
    epoch             bigint NOT NULL DEFAULT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint,
    position          text,
    identity          text,
    commit_time       timestamptz,
    transactions      bigint NOT NULL DEFAULT 0,
    changes           bigint NOT NULL DEFAULT 0,
    lag_bytes         bigint,
    snapshot_rows     bigint NOT NULL DEFAULT 0,
    snapshot_expected bigint NOT NULL DEFAULT 0,
    seen_at           timestamptz
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE @extschema@.source_progress IS 'how far each source is captured; written in the transaction that writes the mirror rows, so position and effect agree after any crash';
COMMENT ON COLUMN @extschema@.source_progress.epoch IS 'raised by each program that takes the source over; a batch of an older epoch is refused (fencing); begins at the milliseconds since 1970, so a source that is removed and added again never repeats one';
COMMENT ON COLUMN @extschema@.source_progress.position IS 'LSN or GTID up to which everything is in the mirror';
COMMENT ON COLUMN @extschema@.source_progress.identity IS 'system identifier or server id of the source, so that another server behind the same name is noticed';
COMMENT ON COLUMN @extschema@.source_progress.seen_at IS 'when the source was last heard of, even if it had nothing to say';

CREATE TABLE @extschema@.source_kind (
    source_id integer NOT NULL REFERENCES @extschema@.source ON DELETE CASCADE,
    kind      text NOT NULL CHECK (kind IN ('bib', 'authority', 'holding', 'item', 'order', 'object')),
    key_types text[] NOT NULL CHECK (pg_catalog.cardinality(key_types) BETWEEN 1 AND 3),
    PRIMARY KEY (source_id, kind)
);
COMMENT ON TABLE @extschema@.source_kind IS 'the kinds of entity that the mapping views of a source make, with the types of their key columns';

-- Append only: the apply step never waits for a mapping worker, and a worker never misses a change that came while it
-- mapped the same key. Workers take one part at a time under an advisory lock, so one key is never mapped twice at once.
-- Rows are taken from the front, so dead index entries gather there. The transaction id comes first in the key, because
-- of it (not of touched_id) one can say that no smaller one will ever be committed: see map_progress.
CREATE TABLE @extschema@.touched (
    touched_id bigint GENERATED ALWAYS AS IDENTITY,
    source_id  integer NOT NULL,
    kind       text NOT NULL,
    key        text NOT NULL,
    part       smallint GENERATED ALWAYS AS ((pg_catalog.hashtext(key) & 15)::smallint) STORED,
    xid        xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
    touched_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (source_id, part, xid, touched_id)
) WITH (autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE @extschema@.touched IS 'keys of entities whose rows changed in the mirror and that wait to be mapped';
COMMENT ON COLUMN @extschema@.touched.part IS 'which of 16 parts maps this key; all rows of one key are in one part';
COMMENT ON COLUMN @extschema@.touched.xid IS 'the transaction that wrote the row; gives the order in which rows are taken';

-- Not dumped: transaction ids mean nothing in another cluster, and without a row a part is read from its beginning.
CREATE TABLE @extschema@.map_progress (
    source_id  integer NOT NULL REFERENCES @extschema@.source ON DELETE CASCADE,
    part       smallint NOT NULL,
    xid        xid8 NOT NULL,
    touched_id bigint NOT NULL,
    mapped_at  timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (source_id, part)
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE @extschema@.map_progress IS 'up to which touched row each part is mapped: nothing smaller can ever appear, so mapping starts there and never reads dead entries';
COMMENT ON COLUMN @extschema@.map_progress.xid IS 'never above the oldest transaction that was still running when the part was read';

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

-- What goes to which archive, and what came of it.

-- The row is made at first use, not here: a restored dump brings its own.
CREATE TABLE @extschema@.installation (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    installation_id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    created_at      timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE @extschema@.installation IS 'the name of this preservation database in the ids of the archived objects; one row, kept by dump and restore';

CREATE TABLE @extschema@.target (
    target_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_-]{0,39}$'),
    uri        text NOT NULL CHECK (uri ~ '^[a-z][a-z0-9+.-]*:' AND uri !~ '://[^/@]*:[^/@]*@'),
    settings   jsonb NOT NULL DEFAULT '{}',
    paused     boolean NOT NULL DEFAULT false,
    message    text,
    hint       text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE @extschema@.target IS 'archives that versions are delivered to; managed by target_add(), target_pause(), target_resume()';
COMMENT ON COLUMN @extschema@.target.message IS 'why the last delivery failed; null when it did not';
COMMENT ON COLUMN @extschema@.target.uri IS 'dir:/path of an OCFL storage root';
COMMENT ON COLUMN @extschema@.target.settings IS 'segment_versions (10000), segment_bytes (67108864), segment_seconds (60): when a segment is closed';

CREATE TABLE @extschema@.policy (
    policy_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_-]{0,39}$'),
    target_id integer NOT NULL REFERENCES @extschema@.target ON DELETE CASCADE,
    condition text NOT NULL DEFAULT 'true',
    packing   text NOT NULL DEFAULT 'segment' CHECK (packing IN ('segment', 'object')),
    enabled   boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE @extschema@.policy IS 'which versions are submitted to which target: an SQL condition over policy_subject';
COMMENT ON COLUMN @extschema@.policy.packing IS 'segment: many versions in one sealed OCFL object; object: each entity an OCFL object of its own';

CREATE TABLE @extschema@.archive_object (
    archive_object_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id         integer NOT NULL REFERENCES @extschema@.target,
    ocfl_id           text NOT NULL,
    ocfl_version      integer NOT NULL DEFAULT 1,
    packing           text NOT NULL CHECK (packing IN ('segment', 'object')),
    entity_id         bigint REFERENCES @extschema@.entity,
    state             text NOT NULL DEFAULT 'packaged'
                      CHECK (state IN ('packaged', 'accepted', 'verified', 'anchored', 'failed', 'quarantined')),
    versions          integer NOT NULL DEFAULT 0,
    attempts          integer NOT NULL DEFAULT 0,
    next_attempt_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    claimed_until     timestamptz,
    claimed_by        integer,
    message           text,
    hint              text,
    created_at        timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_at        timestamptz NOT NULL DEFAULT pg_catalog.now(),
    UNIQUE (target_id, ocfl_id, ocfl_version)
);
COMMENT ON TABLE @extschema@.archive_object IS 'OCFL objects that were or are being written: a segment holds many versions, an object the versions of one entity';
COMMENT ON COLUMN @extschema@.archive_object.claimed_until IS 'until when the worker that claimed it may work on it; see archive_object_renew()';
COMMENT ON COLUMN @extschema@.archive_object.claimed_by IS 'backend process of that worker: when it is gone, the claim is void';
CREATE INDEX archive_object_entity ON @extschema@.archive_object (entity_id, target_id, ocfl_version) WHERE entity_id IS NOT NULL;
CREATE INDEX archive_object_open ON @extschema@.archive_object (target_id, next_attempt_at) WHERE state IN ('packaged', 'accepted', 'failed');

-- The two indexes do not depend on the state, and the pages have room: the later changes of state are HOT updates.
-- No foreign key to target: its check would lock the one target row for every submission.
CREATE TABLE @extschema@.submission (
    version_id        bigint NOT NULL REFERENCES @extschema@.version,
    target_id         integer NOT NULL,
    policy_id         integer NOT NULL,
    packing           text NOT NULL CHECK (packing IN ('segment', 'object')),
    state             text NOT NULL DEFAULT 'queued'
                      CHECK (state IN ('queued', 'packaged', 'accepted', 'verified', 'anchored', 'failed', 'quarantined')),
    archive_object_id bigint REFERENCES @extschema@.archive_object,
    queued_at         timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_at        timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (version_id, target_id)
) WITH (fillfactor = 60);
COMMENT ON TABLE @extschema@.submission IS 'one row for each version and each archive it goes to; accepted is not preserved: verified is';
COMMENT ON COLUMN @extschema@.submission.packing IS 'as the policy said when the version was queued';
CREATE INDEX submission_queued ON @extschema@.submission (target_id, packing, version_id) WHERE archive_object_id IS NULL;
CREATE INDEX submission_archive_object ON @extschema@.submission (archive_object_id) WHERE archive_object_id IS NOT NULL;

CREATE TABLE @extschema@.receipt (
    receipt_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    archive_object_id bigint NOT NULL REFERENCES @extschema@.archive_object,
    location          text NOT NULL,
    sha512            text NOT NULL,
    bytes             bigint NOT NULL,
    received_at       timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE @extschema@.receipt IS 'what an archive said when it took an object: where it lies and the SHA-512 of its inventory';
CREATE INDEX receipt_archive_object ON @extschema@.receipt (archive_object_id);

CREATE TABLE @extschema@.event (
    event_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type              text NOT NULL,
    outcome           text NOT NULL CHECK (outcome IN ('success', 'failure')),
    detail            text,
    agent             text NOT NULL,
    entity_id         bigint REFERENCES @extschema@.entity,
    version_id        bigint REFERENCES @extschema@.version,
    archive_object_id bigint REFERENCES @extschema@.archive_object,
    at                timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE @extschema@.event IS 'PREMIS 3 events: creation, ingestion, fixity check, deletion; capture events are the rows of version';
CREATE INDEX event_archive_object ON @extschema@.event (archive_object_id) WHERE archive_object_id IS NOT NULL;

CREATE TABLE @extschema@.fixity_check (
    fixity_check_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    archive_object_id bigint NOT NULL REFERENCES @extschema@.archive_object,
    method            text NOT NULL DEFAULT 'full-read',
    good              boolean NOT NULL,
    detail            text,
    checked_at        timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE @extschema@.fixity_check IS 'readings of archived objects: every file read again and compared with its recorded SHA-512';
CREATE INDEX fixity_check_archive_object ON @extschema@.fixity_check (archive_object_id, checked_at);

-- The Merkle log over accepted versions (RFC 6962 hashing, C2SP tiles and checkpoints).

CREATE TABLE @extschema@.ledger_leaf (
    leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
    version_id bigint NOT NULL UNIQUE REFERENCES @extschema@.version,
    leaf_hash  bytea NOT NULL CHECK (pg_catalog.octet_length(leaf_hash) = 32)
);
COMMENT ON TABLE @extschema@.ledger_leaf IS 'leaves of the Merkle log, one for each accepted version';

CREATE TABLE @extschema@.ledger_tile (
    level  smallint NOT NULL CHECK (level BETWEEN 0 AND 63),
    n      bigint NOT NULL CHECK (n >= 0),
    hashes bytea NOT NULL CHECK (pg_catalog.octet_length(hashes) BETWEEN 32 AND 8192 AND pg_catalog.octet_length(hashes) % 32 = 0),
    PRIMARY KEY (level, n)
);
COMMENT ON TABLE @extschema@.ledger_tile IS 'tiles of the Merkle log: up to 256 hashes of one level';

CREATE TABLE @extschema@.ledger_checkpoint (
    size      bigint PRIMARY KEY CHECK (size >= 0),
    root      bytea NOT NULL CHECK (pg_catalog.octet_length(root) = 32),
    note      text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE @extschema@.ledger_checkpoint IS 'signed heads of the Merkle log';

CREATE TABLE @extschema@.anchor (
    anchor_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size         bigint NOT NULL REFERENCES @extschema@.ledger_checkpoint,
    anchored_by  text NOT NULL,
    evidence     bytea,
    submitted_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    complete_at  timestamptz
);
COMMENT ON TABLE @extschema@.anchor IS 'where a checkpoint was anchored outside, and the evidence';

-- Managing sources: add, take over, pause, resume, remap, remove.

CREATE FUNCTION @extschema@.marc_schema() RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'marc'
$$;
COMMENT ON FUNCTION @extschema@.marc_schema() IS 'the schema that the extension marc is installed in';

CREATE FUNCTION @extschema@.source_named(name text) RETURNS @extschema@.source
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_source @extschema@.source;
    names        text;
BEGIN
    SELECT * INTO found_source FROM @extschema@.source s WHERE s.name = source_named.name AND s.state <> 'removed';
    IF NOT FOUND THEN
        SELECT string_agg(s.name, ', ' ORDER BY s.name) INTO names FROM @extschema@.source s WHERE s.state <> 'removed';
        RAISE EXCEPTION 'there is no source "%"', source_named.name
            USING ERRCODE = 'undefined_object',
                  HINT = coalesce('Sources are: ' || names || '.', 'There are none yet: everarchive source add NAME --adapter … --from …');
    END IF;
    RETURN found_source;
END
$$;
COMMENT ON FUNCTION @extschema@.source_named(text) IS 'the row of a source that is not removed; an error that lists the sources if there is none of the name';

CREATE FUNCTION @extschema@.source_key_types(kinds jsonb) RETURNS TABLE (kind text, key_types text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    element jsonb;
    given   text;
BEGIN
    IF jsonb_typeof(kinds) IS DISTINCT FROM 'array' OR jsonb_array_length(kinds) = 0 THEN
        RAISE EXCEPTION 'kinds must be a JSON array that is not empty'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example: [{"kind": "bib", "key_types": ["integer"]}]';
    END IF;
    FOR element IN SELECT * FROM jsonb_array_elements(kinds) LOOP
        source_key_types.kind := element ->> 'kind';
        IF source_key_types.kind IS NULL OR source_key_types.kind <> ALL ('{bib,authority,holding,item,order,object}')
           OR jsonb_typeof(element -> 'key_types') IS DISTINCT FROM 'array'
           OR jsonb_array_length(element -> 'key_types') NOT BETWEEN 1 AND 3 THEN
            RAISE EXCEPTION 'not a kind of entity: %', element
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Kinds are bib, authority, holding, item, order, object, each with one to three key_types.';
        END IF;
        source_key_types.key_types := '{}';
        FOR given IN SELECT * FROM jsonb_array_elements_text(element -> 'key_types') LOOP
            -- Stored as the type's own name, because refresh() writes it into a statement as a cast.
            IF to_regtype(given) IS NULL THEN
                RAISE EXCEPTION 'kind % has a key of unknown type "%"', source_key_types.kind, given
                    USING ERRCODE = 'undefined_object', HINT = 'Give a type of PostgreSQL, such as integer, bigint or text.';
            END IF;
            source_key_types.key_types := source_key_types.key_types || to_regtype(given)::text;
        END LOOP;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.source_key_types(jsonb) IS 'reads and checks the kinds argument of source_add()';

CREATE FUNCTION @extschema@.source_add(name text, adapter text, origin text, mirror_schema name, kinds jsonb) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    old_source @extschema@.source;
    new_id     integer;
BEGIN
    IF source_add.name !~ '^[a-z][a-z0-9_]{0,39}$' OR source_add.name IS NULL THEN
        RAISE EXCEPTION 'not a name for a source: "%"', source_add.name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use up to 40 lower-case letters, digits and underscores, a letter first.';
    END IF;
    IF source_add.origin ~* '(passw(or)?d|pwd)\s*=' OR source_add.origin ~ '://[^/@]*:[^/@]*@' THEN
        -- The origin is not repeated: the message may end in a log.
        RAISE EXCEPTION 'the origin of source "%" holds a password', source_add.name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Put it into ~/.pgpass (postgresql:service=NAME) or into a MariaDB option file '
                         '(mariadb:defaults-group=NAME), readable only by the user that runs everarchive.';
    END IF;
    IF source_add.origin !~ '^(postgresql|mariadb|file):.' OR source_add.origin IS NULL THEN
        RAISE EXCEPTION 'not an origin: "%"', source_add.origin
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give postgresql:service=NAME or mariadb:defaults-group=NAME.';
    END IF;
    IF coalesce(source_add.adapter, '') = '' THEN
        RAISE EXCEPTION 'source "%" needs an adapter', source_add.name
            USING ERRCODE = 'invalid_parameter_value', HINT = 'everarchive adapters lists them.';
    END IF;
    IF source_add.mirror_schema !~ '^[a-z][a-z0-9_]*$' OR source_add.mirror_schema ~ '^pg_'
       OR source_add.mirror_schema IN ('everarchive', 'report', 'public', 'information_schema', @extschema@.marc_schema()) THEN
        RAISE EXCEPTION 'not a name for a mirror schema: "%"', source_add.mirror_schema
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The name of the source is a good name for its mirror schema.';
    END IF;

    SELECT * INTO old_source FROM @extschema@.source s WHERE s.name = source_add.name FOR UPDATE;
    IF FOUND AND old_source.state <> 'removed' THEN
        RAISE EXCEPTION 'there is a source "%" already', source_add.name
            USING ERRCODE = 'duplicate_object',
                  HINT = format('Choose another name, or remove it: SELECT everarchive.source_remove(%L);', source_add.name);
    ELSIF FOUND AND old_source.adapter <> source_add.adapter THEN
        RAISE EXCEPTION 'source "%" was removed but its history is kept, and that is of adapter %', source_add.name, old_source.adapter
            USING ERRCODE = 'duplicate_object', HINT = 'Choose another name: entities of two systems must not share their keys.';
    END IF;
    IF NOT has_database_privilege(current_database(), 'CREATE') THEN
        RAISE EXCEPTION '% may not create the mirror schema "%"', current_user, source_add.mirror_schema
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('As the owner of the database: GRANT CREATE ON DATABASE %I TO everarchive_operator;', current_database());
    END IF;
    IF to_regnamespace(quote_ident(source_add.mirror_schema)) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a schema "%" already', source_add.mirror_schema
            USING ERRCODE = 'duplicate_schema',
                  HINT = format('Choose another name, or if nothing needs it: DROP SCHEMA %I CASCADE;', source_add.mirror_schema);
    END IF;

    -- It belongs to the operators together: any of them can remove it. Whoever runs this makes the mirror tables next.
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION everarchive_operator', source_add.mirror_schema);
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', source_add.mirror_schema,
                   'mirror of the source ' || source_add.name || ' of everarchive');
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO everarchive_replicator', source_add.mirror_schema);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES '
                   'TO everarchive_replicator, everarchive_operator', source_add.mirror_schema);

    IF old_source.source_id IS NOT NULL THEN
        new_id := old_source.source_id;
        UPDATE @extschema@.source s
        SET origin = source_add.origin, mirror_schema = source_add.mirror_schema, state = 'new', paused = false,
            message = NULL, hint = NULL, changed_at = now()
        WHERE s.source_id = new_id;
    ELSE
        INSERT INTO @extschema@.source (name, adapter, origin, mirror_schema)
        VALUES (source_add.name, source_add.adapter, source_add.origin, source_add.mirror_schema)
        RETURNING source_id INTO new_id;
    END IF;
    INSERT INTO @extschema@.source_progress (source_id) VALUES (new_id);
    INSERT INTO @extschema@.source_kind (source_id, kind, key_types)
    SELECT new_id, k.kind, k.key_types FROM @extschema@.source_key_types(source_add.kinds) k;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION @extschema@.source_add(text, text, text, name, jsonb) IS 'adds a source and makes its mirror schema; a removed source of the same name and adapter goes on with its history';

CREATE FUNCTION @extschema@.source_take(name text)
RETURNS TABLE (source_id integer, adapter text, origin text, mirror_schema name, state text, paused boolean, mapping text,
               epoch bigint, "position" text, identity text, commit_time timestamptz,
               snapshot_rows bigint, snapshot_expected bigint, kinds jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    taken @extschema@.source := @extschema@.source_named(source_take.name);
BEGIN
    -- The row lock waits for a batch that another program has under way; after it, that program's epoch is too old.
    RETURN QUERY
        UPDATE @extschema@.source_progress p
        SET epoch = p.epoch + 1
        FROM @extschema@.source s
        WHERE p.source_id = taken.source_id AND s.source_id = taken.source_id
        RETURNING s.source_id, s.adapter, s.origin, s.mirror_schema, s.state, s.paused, s.mapping,
                  p.epoch, p.position, p.identity, p.commit_time, p.snapshot_rows, p.snapshot_expected,
                  (SELECT jsonb_agg(jsonb_build_object('kind', k.kind, 'key_types', k.key_types) ORDER BY k.kind)
                   FROM @extschema@.source_kind k WHERE k.source_id = taken.source_id);
END
$$;
COMMENT ON FUNCTION @extschema@.source_take(text) IS 'takes a source over: raises its epoch, so that batches of the program that had it before are refused, and tells all that capture needs';

CREATE FUNCTION @extschema@.source_set_state(name text, state text, message text DEFAULT NULL, hint text DEFAULT NULL,
                                             epoch bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_set_state.name);
BEGIN
    IF source_set_state.epoch IS NOT NULL THEN
        PERFORM 1 FROM @extschema@.source_progress p
        WHERE p.source_id = found_source.source_id AND p.epoch = source_set_state.epoch FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another program has taken source "%" over', source_set_state.name
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Stop one of the two everarchive programs.';
        END IF;
    END IF;
    UPDATE @extschema@.source s
    SET state = source_set_state.state, message = source_set_state.message, hint = source_set_state.hint, changed_at = now()
    WHERE s.source_id = found_source.source_id
      AND (s.state, s.message, s.hint) IS DISTINCT FROM (source_set_state.state, source_set_state.message, source_set_state.hint);
END
$$;
COMMENT ON FUNCTION @extschema@.source_set_state(text, text, text, text, bigint) IS 'tells what the program does with a source, and why it stopped; refused if epoch is given and is not the newest';

CREATE FUNCTION @extschema@.source_pause(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_pause.name);
BEGIN
    UPDATE @extschema@.source s SET paused = true, changed_at = now()
    WHERE s.source_id = found_source.source_id AND NOT s.paused;
END
$$;
COMMENT ON FUNCTION @extschema@.source_pause(text) IS 'stops capture of a source until source_resume(); the library system keeps its log meanwhile';

CREATE FUNCTION @extschema@.source_resume(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_resume.name);
BEGIN
    IF found_source.state = 'position_lost' THEN
        RAISE EXCEPTION 'source "%" cannot go on from where it was', source_resume.name
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = coalesce(found_source.message, ''),
                  HINT = format('Copy it anew: everarchive source resync %s', source_resume.name);
    END IF;
    UPDATE @extschema@.source s
    SET paused = false, message = NULL, hint = NULL, changed_at = now(),
        state = CASE WHEN s.state <> 'stopped' THEN s.state WHEN p.position IS NULL THEN 'new' ELSE 'streaming' END
    FROM @extschema@.source_progress p
    WHERE s.source_id = found_source.source_id AND p.source_id = found_source.source_id;
END
$$;
COMMENT ON FUNCTION @extschema@.source_resume(text) IS 'lets a paused or stopped source go on';

CREATE FUNCTION @extschema@.is_tombstone(entity_id bigint, n integer, digest bytea) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM @extschema@.version p WHERE p.entity_id = $1 AND p.n = $2 - 1 AND $3 = sha256('\x03'::bytea || p.digest))
$$;
COMMENT ON FUNCTION @extschema@.is_tombstone(bigint, integer, bytea) IS 'whether a version says that its entity is gone, rather than marked as deleted; told by its digest, which is over the one before it (see mapping_statement)';

CREATE FUNCTION @extschema@.source_remap(name text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_remap.name);
    queued       bigint;
BEGIN
    INSERT INTO @extschema@.touched (source_id, kind, key)
    SELECT e.source_id, e.kind, e.key
    FROM @extschema@.entity e
    WHERE e.source_id = found_source.source_id
      AND (NOT e.deleted OR NOT @extschema@.is_tombstone(e.entity_id, e.n, e.digest))
    UNION ALL
    -- What never had a good version is only here. A key that was too long for the index (see refresh) is not whole.
    SELECT q.source_id, q.kind, q.key
    FROM @extschema@.quarantine q
    WHERE q.source_id = found_source.source_id AND q.stage = 'map' AND q.resolved_at IS NULL AND q.key !~ '… [0-9a-f]{64}$'
      AND NOT EXISTS (SELECT 1 FROM @extschema@.entity e
                      WHERE e.source_id = q.source_id AND e.kind = q.kind AND e.key = q.key AND NOT e.deleted);
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END
$$;
COMMENT ON FUNCTION @extschema@.source_remap(text) IS 'queues every entity of a source that has no tombstone, and every key that could not be mapped, to be mapped again: after a resync, so that what is gone gets its tombstone, or after a change of the mapping views';

CREATE FUNCTION @extschema@.source_remove(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_source @extschema@.source := @extschema@.source_named(source_remove.name);
BEGIN
    -- The progress row first: a program that still runs finds no row with its epoch and writes nothing more.
    DELETE FROM @extschema@.source_progress p WHERE p.source_id = found_source.source_id;
    DELETE FROM @extschema@.touched t WHERE t.source_id = found_source.source_id;
    DELETE FROM @extschema@.map_progress m WHERE m.source_id = found_source.source_id;
    DELETE FROM @extschema@.source_kind k WHERE k.source_id = found_source.source_id;
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', found_source.mirror_schema);
    IF EXISTS (SELECT 1 FROM @extschema@.entity e WHERE e.source_id = found_source.source_id) THEN
        UPDATE @extschema@.quarantine q SET resolved_at = now(), resolution = 'discarded'
        WHERE q.source_id = found_source.source_id AND q.resolved_at IS NULL;
        UPDATE @extschema@.source s
        SET state = 'removed', paused = false, message = NULL, hint = NULL, changed_at = now()
        WHERE s.source_id = found_source.source_id;
    ELSE
        DELETE FROM @extschema@.source s WHERE s.source_id = found_source.source_id;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.source_remove(text) IS 'drops the mirror of a source; its entities and versions stay, and with them its row in state removed';

-- The mapping step: touched keys → mapping view → entities → new versions → queue, set-based.

CREATE FUNCTION @extschema@.mapping_statement(source_id integer, kind text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    mirror name;
    types  text[];
    parts  text[];
    match  text;
    sorted text;
BEGIN
    SELECT s.mirror_schema, k.key_types INTO mirror, types
    FROM @extschema@.source s JOIN @extschema@.source_kind k ON k.source_id = s.source_id
    WHERE s.source_id = mapping_statement.source_id AND k.kind = mapping_statement.kind;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'source % has no entities of kind "%"', mapping_statement.source_id, mapping_statement.kind
            USING ERRCODE = 'undefined_object', HINT = 'Its kinds are in everarchive.source_kind, as its adapter says.';
    END IF;
    -- A key's columns are joined by colons; the first ones hold none, the last may. A part that is missing finds nothing.
    parts := CASE cardinality(types)
        WHEN 1 THEN ARRAY['w.key']
        WHEN 2 THEN ARRAY[$$split_part(w.key, ':', 1)$$,
                          $$CASE WHEN strpos(w.key, ':') > 0 THEN substr(w.key, strpos(w.key, ':') + 1) END$$]
        ELSE ARRAY[$$split_part(w.key, ':', 1)$$, $$split_part(w.key, ':', 2)$$,
                   $$substring(w.key FROM '^[^:]*:[^:]*:(.*)$')$$]
    END;
    -- Not every row of to_regtype() text is safe to write as a cast unless it came from there: so it is asked again.
    SELECT string_agg(format('v.key%s = CAST(%s AS %s)', i, parts[i], to_regtype(types[i])::text), ' AND ' ORDER BY i),
           string_agg(format('CAST(%s AS %s)', parts[i], to_regtype(types[i])::text), ', ' ORDER BY i)
    INTO match, sorted
    FROM generate_subscripts(types, 1) i;

    -- Lateral subqueries with LIMIT are never joined by hash or merge, and their condition goes down into views that group:
    -- so a thousand keys cost a thousand index look-ups, whatever the statistics say of a mirror just loaded. The limit of
    -- two lets a view that has two rows for a key fail (ON CONFLICT), rather than have one of them win.
    --
    -- In the order of the mirror's index, so that a part of the keys (every 16th) reads neighbouring pages.
    --
    -- The digest is SHA-256 over: how the content is digested (1: MARC, 2: bytes, 0: none) with the 32 bytes of that digest
    -- (4: MARC of which the reader could not keep everything: with the 32 bytes of the bytes as well, so that no change is lost);
    -- deleted (0, 1); the parent key with its length in 4 bytes (-1: none); the attributes as canonical JSON text.
    -- A tombstone's is over 3 and the digest before it.
    --
    -- $1 source_id, $2 kind, $3 keys, $4 position, $5 commit time
    RETURN format($sql$
WITH wanted AS (
    SELECT w.key FROM (SELECT DISTINCT k.key FROM unnest($3) k (key)) w ORDER BY %5$s
),
found AS MATERIALIZED (
    SELECT w.key, v.key IS NOT NULL AS present, v.parent_key, v.record, v.problem, v.captured, v.format, v.attributes,
           coalesce(v.deleted, true) AS deleted, e.entity_id, e.digest AS old_digest, coalesce(e.deleted, false) AS old_deleted,
           CASE
               WHEN v.problem IS NOT NULL THEN NULL
               WHEN v.key IS NOT NULL THEN sha256(
                   CASE WHEN v.record IS NOT NULL AND %3$I.marc_is_lossy(v.record)
                             THEN '\x04'::bytea || %3$I.marc_digest(v.record) || coalesce(sha256(v.captured), ''::bytea)
                        WHEN v.record IS NOT NULL THEN '\x01'::bytea || %3$I.marc_digest(v.record)
                        WHEN v.captured IS NOT NULL THEN '\x02'::bytea || sha256(v.captured)
                        ELSE '\x00'::bytea END
                   || CASE WHEN v.deleted THEN '\x01'::bytea ELSE '\x00'::bytea END
                   || coalesce(int4send(octet_length(convert_to(v.parent_key, 'UTF8'))) || convert_to(v.parent_key, 'UTF8'),
                               '\xffffffff'::bytea)
                   || coalesce(convert_to(v.attributes::text, 'UTF8'), ''::bytea))
               WHEN e.entity_id IS NOT NULL
                    AND NOT (e.deleted AND @extschema@.is_tombstone(e.entity_id, e.n, e.digest)) THEN sha256('\x03'::bytea || e.digest)
           END AS digest
    FROM wanted w
    LEFT JOIN LATERAL (
        SELECT w.key, v.parent_key, v.record, v.problem, v.captured, v.format, v.attributes, coalesce(v.deleted, false) AS deleted
        FROM %1$I.%2$I v
        WHERE %4$s
        LIMIT 2
    ) v ON true
    LEFT JOIN LATERAL (
        SELECT e.entity_id, e.n, e.digest, e.deleted
        FROM @extschema@.entity e
        WHERE e.source_id = $1 AND e.kind = $2 AND e.key = w.key
        LIMIT 1
    ) e ON true
),
written AS (
    INSERT INTO @extschema@.entity AS e (source_id, kind, key, parent_key, n, digest, deleted, record, attributes)
    SELECT $1, $2, f.key, f.parent_key, 1, f.digest, f.deleted, f.record, f.attributes
    FROM found f
    WHERE f.digest IS NOT NULL AND f.digest IS DISTINCT FROM f.old_digest
    ON CONFLICT (source_id, kind, key) DO UPDATE
    SET n = e.n + 1, digest = excluded.digest, deleted = excluded.deleted, changed_at = now(),
        parent_key = CASE WHEN excluded.deleted THEN coalesce(excluded.parent_key, e.parent_key) ELSE excluded.parent_key END,
        record = CASE WHEN excluded.deleted THEN coalesce(excluded.record, e.record) ELSE excluded.record END,
        attributes = CASE WHEN excluded.deleted THEN coalesce(excluded.attributes, e.attributes) ELSE excluded.attributes END
    WHERE e.digest <> excluded.digest
    RETURNING e.entity_id, e.key, e.n, e.parent_key
),
made AS (
    INSERT INTO @extschema@.version (entity_id, n, parent_key, digest, deleted, format, captured, attributes, position, commit_time)
    SELECT w.entity_id, w.n, w.parent_key, f.digest, f.deleted,
           CASE WHEN f.captured IS NULL THEN 'none' ELSE coalesce(f.format, 'none') END,
           f.captured, f.attributes, $4, $5
    FROM written w JOIN found f ON f.key = w.key
    RETURNING version_id
),
bad AS (
    INSERT INTO @extschema@.quarantine AS q (source_id, stage, kind, key, position, bytes, message, hint)
    SELECT $1, 'map', $2, f.key, $4, f.captured, f.problem,
           'Correct the record in the library system: it is then mapped again by itself.'
    FROM found f
    WHERE f.problem IS NOT NULL
    ON CONFLICT (source_id, stage, kind, key) WHERE resolved_at IS NULL AND stage <> 'apply' DO UPDATE
    SET position = excluded.position, bytes = excluded.bytes, sqlstate = NULL, message = excluded.message,
        hint = excluded.hint, attempts = q.attempts + 1, last_at = now()
    RETURNING 1
),
mended AS (
    UPDATE @extschema@.quarantine q
    SET resolved_at = now(), resolution = CASE WHEN f.present THEN 'mended' ELSE 'superseded' END
    FROM (SELECT f.present, o.quarantine_id
          FROM found f
          CROSS JOIN LATERAL (
              SELECT o.quarantine_id
              FROM @extschema@.quarantine o
              WHERE o.source_id = $1 AND o.stage = 'map' AND o.kind = $2 AND o.key = f.key AND o.resolved_at IS NULL
              LIMIT 1
          ) o
          WHERE f.problem IS NULL AND EXISTS (
              SELECT 1 FROM @extschema@.quarantine a
              WHERE a.source_id = $1 AND a.stage = 'map' AND a.kind = $2 AND a.resolved_at IS NULL)) f
    WHERE q.quarantine_id = f.quarantine_id
)
SELECT (SELECT array_agg(m.version_id) FROM made m) AS version_ids,
       (SELECT count(*) FROM bad)::integer AS quarantined,
       (SELECT count(*) FROM written w WHERE w.n = 1)::integer AS created,
       (SELECT coalesce(sum(f.deleted::integer - f.old_deleted::integer), 0)
        FROM written w JOIN found f ON f.key = w.key)::integer AS deleted
$sql$, mirror, mapping_statement.kind, @extschema@.marc_schema(), match, sorted);
END
$fn$;
COMMENT ON FUNCTION @extschema@.mapping_statement(integer, text) IS 'the statement that refresh() runs for a source and kind; read it, or EXPLAIN it, to see what a mapping costs';

CREATE FUNCTION @extschema@.is_about_data(sqlstate text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    -- Not: transaction rollback, no resources, wrong state (locks), operator, system; privileges and missing objects;
    -- internal errors (XX: a damaged page, a missing TOAST value).
    SELECT left($1, 2) <> ALL ('{40,42,53,55,57,58,25,3F,F0,08,XX}')
$$;
COMMENT ON FUNCTION @extschema@.is_about_data(text) IS 'whether an error of this SQLSTATE speaks of the row that was read, rather than of the server, a lock, a privilege or a missing view';

CREATE FUNCTION @extschema@.refresh(source_id integer, kind text, keys text[], "position" text DEFAULT NULL)
RETURNS TABLE (versions integer, quarantined integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET work_mem = '64MB'
SET jit = off -- the statement runs for milliseconds; compiling it took 0.9 s where a mirror had no statistics yet
AS $$
#variable_conflict use_column
DECLARE
    keys_left   integer := cardinality(keys);
    at_position text := refresh."position";
    at_time     timestamptz;
    version_ids bigint[];
    created     integer;
    gone        integer;
    half        record;
    failed      text;
    reason      text;
    advice      text;
    long_key    text;
    incomplete  boolean;
BEGIN
    versions := 0;
    quarantined := 0;
    IF coalesce(keys_left, 0) = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    -- Each key under the lock of who maps its part (see map_touched, which holds it already), in the order of the parts.
    -- While a first copy begins, its lock is exclusive. Then a new statement reads the position.
    PERFORM pg_advisory_xact_lock_shared(1163285326, refresh.source_id); -- 'EVSN', as the program has it
    PERFORM pg_advisory_xact_lock(1163280722, refresh.source_id * 16 + p.part)
    FROM (SELECT DISTINCT hashtext(k.key) & 15 AS part FROM unnest(keys) k (key) ORDER BY 1) p;
    SELECT coalesce(at_position, p.position), p.commit_time, p.position IS NULL INTO at_position, at_time, incomplete
    FROM @extschema@.source_progress p
    WHERE p.source_id = refresh.source_id;
    IF incomplete THEN
        -- What is not copied yet would look deleted.
        RAISE EXCEPTION 'the mirror of source "%" is not complete', (SELECT s.name FROM @extschema@.source s WHERE s.source_id = refresh.source_id)
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until everarchive run has copied it: SELECT source, state FROM report.status_by_source;';
    END IF;

    BEGIN
        EXECUTE @extschema@.mapping_statement(refresh.source_id, refresh.kind)
            INTO version_ids, quarantined, created, gone
            USING refresh.source_id, refresh.kind, keys, at_position, at_time;
        versions := coalesce(cardinality(version_ids), 0);
    EXCEPTION WHEN OTHERS THEN
        IF NOT @extschema@.is_about_data(SQLSTATE) THEN
            RAISE;
        END IF;
        GET STACKED DIAGNOSTICS failed = RETURNED_SQLSTATE, reason = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
    END;

    IF failed IS NOT NULL AND keys_left > 1 THEN
        -- One of the keys cannot be mapped: halve them until it stands alone. The others go on.
        FOR half IN
            SELECT r.versions, r.quarantined
            FROM (VALUES (keys[1:keys_left / 2]), (keys[keys_left / 2 + 1:keys_left])) h (keys),
                 @extschema@.refresh(refresh.source_id, refresh.kind, h.keys, at_position) r
        LOOP
            versions := versions + half.versions;
            quarantined := quarantined + half.quarantined;
        END LOOP;
    ELSIF failed IS NOT NULL THEN
        -- A key that no index takes (2,704 bytes) must not stop its part for ever.
        long_key := CASE WHEN octet_length(keys[1]) > 2000
                         THEN left(keys[1], 200) || '… ' || encode(sha256(convert_to(keys[1], 'UTF8')), 'hex')
                         ELSE keys[1] END;
        INSERT INTO @extschema@.quarantine AS q (source_id, stage, kind, key, position, sqlstate, message, hint)
        VALUES (refresh.source_id, 'map', refresh.kind, long_key, at_position, failed, reason,
                coalesce(nullif(advice, ''), 'Correct the record in the library system: it is then mapped again by itself.'))
        ON CONFLICT (source_id, stage, kind, key) WHERE resolved_at IS NULL AND stage <> 'apply' DO UPDATE
        SET position = excluded.position, bytes = NULL, sqlstate = excluded.sqlstate, message = excluded.message,
            hint = excluded.hint, attempts = q.attempts + 1, last_at = now();
        quarantined := 1;
    ELSIF versions > 0 THEN
        -- Keys of one call are of one part when map_touched() calls, so workers do not meet on this row.
        INSERT INTO @extschema@.entity_count AS c (source_id, kind, part, entities, deleted, versions)
        VALUES (refresh.source_id, refresh.kind, hashtext(keys[1]) & 15, created, gone, refresh.versions)
        ON CONFLICT (source_id, kind, part) DO UPDATE
        SET entities = c.entities + excluded.entities, deleted = c.deleted + excluded.deleted,
            versions = c.versions + excluded.versions;
        PERFORM @extschema@.policy_apply(p.policy_id, version_ids) FROM @extschema@.policy p WHERE p.enabled ORDER BY p.policy_id;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION @extschema@.refresh(integer, text, text[], text) IS 'maps these keys again: writes new versions of the entities that changed, tombstones of those that are gone, nothing for the others; what cannot be mapped goes to quarantine';

CREATE FUNCTION @extschema@.part_waits(source_id integer, part integer) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1
        FROM @extschema@.touched t
        WHERE t.source_id = $1 AND t.part = $2::smallint AND (t.xid, t.touched_id) >
              (coalesce((SELECT m.xid FROM @extschema@.map_progress m WHERE m.source_id = $1 AND m.part = $2::smallint), '0'::xid8),
               coalesce((SELECT m.touched_id FROM @extschema@.map_progress m WHERE m.source_id = $1 AND m.part = $2::smallint), 0)))
$$;
COMMENT ON FUNCTION @extschema@.part_waits(integer, integer) IS 'whether touched keys of a part of a source wait to be mapped';

CREATE FUNCTION @extschema@.map_touched(source_id integer, max_keys integer DEFAULT 1000)
RETURNS TABLE (keys integer, versions integer, quarantined integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    lock_class constant integer := 1163280722; -- 'EVAR': with source_id * 16 + part, who maps that part
    first      constant integer := floor(random() * 16);
    try        smallint;
    done       @extschema@.map_progress;
    step       record;
    result     record;
BEGIN
    keys := 0;
    versions := 0;
    quarantined := 0;
    -- All statements need READ COMMITTED: each sees what was committed before it began. So the lock comes first, then a
    -- new statement reads where the part stands and what waits there.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'map_touched() needs a transaction that is READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state', HINT = 'BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;';
    END IF;
    FOR i IN 0 .. 15 LOOP
        try := (first + i) & 15;
        CONTINUE WHEN NOT @extschema@.part_waits(map_touched.source_id, try);
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(lock_class, map_touched.source_id * 16 + try);
        SELECT m.* INTO done FROM @extschema@.map_progress m WHERE m.source_id = map_touched.source_id AND m.part = try;
        done.xid := coalesce(done.xid, '0');
        done.touched_id := coalesce(done.touched_id, 0);
        FOR step IN
            WITH taken AS (
                DELETE FROM @extschema@.touched t
                WHERE t.ctid = ANY (ARRAY(
                    SELECT w.ctid
                    FROM @extschema@.touched w
                    WHERE w.source_id = map_touched.source_id AND w.part = try AND (w.xid, w.touched_id) > (done.xid, done.touched_id)
                    ORDER BY w.xid, w.touched_id
                    LIMIT max_keys))
                RETURNING t.kind, t.key, t.xid, t.touched_id
            ),
            last AS (
                SELECT t.xid, t.touched_id FROM taken t ORDER BY t.xid DESC, t.touched_id DESC LIMIT 1
            )
            SELECT t.kind, array_agg(DISTINCT t.key) AS keys,
                   (SELECT l.xid FROM last l) AS xid, (SELECT l.touched_id FROM last l) AS touched_id,
                   pg_snapshot_xmin(pg_current_snapshot()) AS oldest
            FROM taken t
            GROUP BY t.kind
            ORDER BY array_position('{authority,bib,holding,item,order,object}', t.kind)
        LOOP
            SELECT r.versions, r.quarantined INTO result
            FROM @extschema@.refresh(map_touched.source_id, step.kind, step.keys) r;
            keys := keys + cardinality(step.keys);
            versions := versions + result.versions;
            quarantined := quarantined + result.quarantined;
        END LOOP;
        CONTINUE WHEN keys = 0;
        -- Rows of transactions that still run may appear later, before the last one taken: start no later than at the
        -- oldest of those transactions.
        IF step.xid < step.oldest THEN
            done.xid := step.xid;
            done.touched_id := step.touched_id;
        ELSE
            done.xid := step.oldest;
            done.touched_id := 0;
        END IF;
        INSERT INTO @extschema@.map_progress AS m (source_id, part, xid, touched_id)
        VALUES (map_touched.source_id, try, done.xid, done.touched_id)
        ON CONFLICT (source_id, part) DO UPDATE
        SET xid = excluded.xid, touched_id = excluded.touched_id, mapped_at = now();
        EXIT;
    END LOOP;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION @extschema@.map_touched(integer, integer) IS 'one mapping step: takes the oldest touched keys of one part and maps them; keys = 0 says that nothing waits which another worker does not have';

-- Targets: the archives.

CREATE FUNCTION @extschema@.target_named(name text) RETURNS @extschema@.target
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_target @extschema@.target;
    names        text;
BEGIN
    SELECT * INTO found_target FROM @extschema@.target t WHERE t.name = target_named.name;
    IF NOT FOUND THEN
        SELECT string_agg(t.name, ', ' ORDER BY t.name) INTO names FROM @extschema@.target t;
        RAISE EXCEPTION 'there is no target "%"', target_named.name
            USING ERRCODE = 'undefined_object',
                  HINT = coalesce('Targets are: ' || names || '.', 'There are none yet: everarchive target add NAME dir:/path');
    END IF;
    RETURN found_target;
END
$$;
COMMENT ON FUNCTION @extschema@.target_named(text) IS 'the row of a target; an error that lists the targets if there is none of the name';

CREATE FUNCTION @extschema@.target_setting_limits()
RETURNS TABLE (setting text, fallback bigint, lowest bigint, highest bigint, meaning text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    VALUES ('segment_versions', 10000::bigint, 1::bigint, 100000::bigint, 'versions that close a segment'),
           ('segment_bytes', 67108864, 65536, 1073741824, 'bytes of captured content that close a segment'),
           ('segment_seconds', 60, 0, 86400, 'seconds after which what waits is made a segment')
$$;
COMMENT ON FUNCTION @extschema@.target_setting_limits() IS 'the settings that a target may have, with their defaults and bounds';

CREATE FUNCTION @extschema@.target_setting(settings jsonb, setting text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(($1 ->> $2)::bigint, l.fallback) FROM @extschema@.target_setting_limits() l WHERE l.setting = $2
$$;
COMMENT ON FUNCTION @extschema@.target_setting(jsonb, text) IS 'a setting of a target, or its default';

CREATE FUNCTION @extschema@.target_add(name text, uri text, settings jsonb DEFAULT '{}') RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    given  record;
    limits record;
    new_id integer;
BEGIN
    IF target_add.name !~ '^[a-z][a-z0-9_-]{0,39}$' OR target_add.name IS NULL THEN
        RAISE EXCEPTION 'not a name for a target: "%"', target_add.name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use up to 40 lower-case letters, digits, underscores and hyphens, a letter first.';
    END IF;
    IF target_add.uri ~ '://[^/@]*:[^/@]*@' THEN
        RAISE EXCEPTION 'the address of target "%" holds a password', target_add.name
            USING ERRCODE = 'invalid_parameter_value', HINT = 'No password is kept in the database: leave it where the client library looks for it.';
    END IF;
    IF target_add.uri !~ '^dir:/' OR target_add.uri IS NULL THEN
        RAISE EXCEPTION 'not an address of an archive: "%"', target_add.uri
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give dir: and an absolute path, for example dir:/srv/archive.';
    END IF;
    IF jsonb_typeof(target_add.settings) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'the settings of target "%" must be a JSON object', target_add.name
            USING ERRCODE = 'invalid_parameter_value', HINT = 'For example: {"segment_seconds": 60}';
    END IF;
    FOR given IN SELECT s.key, s.value FROM jsonb_each_text(target_add.settings) s LOOP
        SELECT l.* INTO limits FROM @extschema@.target_setting_limits() l WHERE l.setting = given.key;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a target has no setting "%"', given.key
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = (SELECT 'Settings are ' || string_agg(format('%s (%s)', l.setting, l.meaning), ', ') || '.'
                              FROM @extschema@.target_setting_limits() l);
        ELSIF given.value !~ '^\d{1,12}$' OR given.value IS NULL OR given.value::bigint NOT BETWEEN limits.lowest AND limits.highest THEN
            RAISE EXCEPTION 'setting % cannot be %', given.key, coalesce(given.value, 'null')
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('It is a whole number from %s to %s.', limits.lowest, limits.highest);
        END IF;
    END LOOP;
    INSERT INTO @extschema@.target (name, uri, settings)
    VALUES (target_add.name, target_add.uri, target_add.settings)
    RETURNING target_id INTO new_id;
    RETURN new_id;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'there is a target "%" already', target_add.name
        USING ERRCODE = 'duplicate_object', HINT = 'Choose another name.';
END
$$;
COMMENT ON FUNCTION @extschema@.target_add(text, text, jsonb) IS 'adds an archive; returns target_id';

CREATE FUNCTION @extschema@.target_pause(name text) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE @extschema@.target SET paused = true WHERE target_id = (@extschema@.target_named($1)).target_id
$$;
COMMENT ON FUNCTION @extschema@.target_pause(text) IS 'stops delivery to an archive; what is selected for it still queues';

CREATE FUNCTION @extschema@.target_resume(name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    resumed @extschema@.target := @extschema@.target_named(target_resume.name);
BEGIN
    UPDATE @extschema@.target t SET paused = false, message = NULL, hint = NULL WHERE t.target_id = resumed.target_id;
    UPDATE @extschema@.archive_object o SET next_attempt_at = now()
    WHERE o.target_id = resumed.target_id AND o.state IN ('packaged', 'accepted', 'failed') AND o.next_attempt_at > now();
END
$$;
COMMENT ON FUNCTION @extschema@.target_resume(text) IS 'lets delivery to an archive go on, and tries what failed again at once';

-- Targets and policies: which versions are submitted to which archive.

CREATE VIEW @extschema@.policy_subject AS
    SELECT s.name AS source, e.kind, e.key, v.parent_key, v.n, v.deleted, e.record, e.attributes, v.captured_at,
           e.first_seen_at, m.code AS member, v.version_id, v.n = e.n AS newest
    FROM @extschema@.version v
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    LEFT JOIN @extschema@.member m ON m.member_id = e.member_id;
COMMENT ON VIEW @extschema@.policy_subject IS 'the columns that the condition of a policy may use; record and attributes are those of the newest version';

CREATE FUNCTION @extschema@.condition_problem(text) RETURNS text
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'everarchive_condition_problem';
COMMENT ON FUNCTION @extschema@.condition_problem(text) IS 'why a text cannot be the condition of a policy: null if it is one SQL expression without a subquery';

-- The second guard: the first one reads the text, this one what its names stand for in this database.
CREATE FUNCTION @extschema@.condition_functions_problem(text) RETURNS text
LANGUAGE c STABLE STRICT
AS 'MODULE_PATHNAME', 'everarchive_condition_functions_problem';
COMMENT ON FUNCTION @extschema@.condition_functions_problem(text) IS 'why a text cannot be the condition of a policy: null if all functions and operators in it are those of PostgreSQL and of marc';

-- Conditions use the operators of marc, so they are read with its schema in the path, whatever the session has. Others may
-- be able to create functions there, at any time: so condition_functions_problem() is asked whenever a condition is used.
CREATE FUNCTION @extschema@.policy_search_path() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('pg_catalog, %I, pg_temp', @extschema@.marc_schema())
$$;
COMMENT ON FUNCTION @extschema@.policy_search_path() IS 'the search path under which conditions of policies are read';

CREATE FUNCTION @extschema@.policy_check(condition text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem text := coalesce(@extschema@.condition_problem(condition),
                             CASE WHEN condition IS NULL THEN 'a condition cannot be null; true takes everything' END);
    advice  text := 'A condition is one SQL expression over the columns of everarchive.policy_subject, '
                    'for example: kind = ''bib'' AND record ->> ''008/35-37'' = ''fre''';
BEGIN
    IF problem IS NULL THEN
        PERFORM set_config('search_path', @extschema@.policy_search_path(), true);
        BEGIN
            -- First, because planning runs immutable functions.
            problem := @extschema@.condition_functions_problem(condition);
            IF problem IS NULL THEN
                EXECUTE format(E'EXPLAIN SELECT 1 FROM @extschema@.policy_subject s WHERE (%s\n)', condition);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            problem := SQLERRM;
        END;
    END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'this condition cannot be used: %', problem
            USING ERRCODE = 'invalid_parameter_value', DETAIL = coalesce(condition, 'NULL'), HINT = advice;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_check(text) IS 'an error that says what is wrong if a text cannot be the condition of a policy';

CREATE FUNCTION @extschema@.policy_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@.policy_check(NEW.condition);
    RETURN NEW;
EXCEPTION WHEN invalid_parameter_value THEN
    -- The rows of a dump must load, also where a condition has become bad since. Who owns the table may do so anyway;
    -- policy_apply() does not run such a condition.
    IF NOT (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = TG_RELID) THEN
        RAISE;
    END IF;
    RAISE WARNING 'policy "%" selects nothing: %', NEW.name, SQLERRM
        USING HINT = format('UPDATE everarchive.policy SET condition = … WHERE name = %L;', NEW.name);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_guard() IS 'trigger of policy: no condition gets into the table that policy_check() refuses, however it is written there';
CREATE TRIGGER policy_guard BEFORE INSERT OR UPDATE OF condition ON @extschema@.policy
    FOR EACH ROW EXECUTE FUNCTION @extschema@.policy_guard();
COMMENT ON TRIGGER policy_guard ON @extschema@.policy IS 'conditions run with the rights of the program, so each is checked';

CREATE FUNCTION @extschema@.policy_apply(policy_id integer, version_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    applied @extschema@.policy;
    half    integer := cardinality(version_ids) / 2;
    chosen  bigint[];
    queued  bigint := 0;
    failed  text;
    reason  text;
BEGIN
    SELECT p.* INTO STRICT applied FROM @extschema@.policy p WHERE p.policy_id = policy_apply.policy_id;
    PERFORM set_config('search_path', @extschema@.policy_search_path(), true);
    BEGIN
        IF applied.condition = 'true' THEN
            chosen := version_ids;
        ELSE
            reason := coalesce(@extschema@.condition_problem(applied.condition), @extschema@.condition_functions_problem(applied.condition));
            IF reason IS NOT NULL THEN
                RAISE EXCEPTION '%', reason USING ERRCODE = 'syntax_error_or_access_rule_violation';
            END IF;
            -- OFFSET 0: the condition is asked of these versions only, not of all entities before they are joined.
            EXECUTE format($sql$
                SELECT array_agg(s.version_id)
                FROM (SELECT s.*
                      FROM unnest($1) i (version_id)
                      CROSS JOIN LATERAL (SELECT * FROM @extschema@.policy_subject s WHERE s.version_id = i.version_id LIMIT 1) s
                      OFFSET 0) s
                WHERE (%s
                ) $sql$, applied.condition)
                INTO chosen
                USING version_ids;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS failed = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
        -- Whatever a condition raises, versioning goes on, of all sources. Only what the server itself says (rolled back,
        -- no resources, an operator, the system) is for the program, which tries again. A condition that is refused or over
        -- what is no longer there (class 42) fails for every version: all are quarantined, not lost.
        IF left(failed, 2) = ANY ('{40,53,57,58}') THEN
            RAISE;
        END IF;
    END;
    IF failed IS NULL THEN
        -- Outside the block: an error here is not the condition's.
        INSERT INTO @extschema@.submission (version_id, target_id, policy_id, packing)
        SELECT i.version_id, applied.target_id, applied.policy_id, applied.packing
        FROM unnest(chosen) i (version_id)
        ON CONFLICT (version_id, target_id) DO NOTHING;
        GET DIAGNOSTICS queued = ROW_COUNT;
        RETURN queued;
    ELSIF half > 0 AND left(failed, 2) <> '42' THEN
        RETURN @extschema@.policy_apply(applied.policy_id, version_ids[1:half])
             + @extschema@.policy_apply(applied.policy_id, version_ids[half + 1:]);
    END IF;
    INSERT INTO @extschema@.quarantine AS q (source_id, stage, kind, key, sqlstate, message, hint)
    SELECT DISTINCT e.source_id, 'policy', e.kind, e.key, failed, format('the condition of policy %s failed: %s', applied.name, reason),
           format('Change the condition (everarchive.policy where name = %L), then retry.', applied.name)
    FROM @extschema@.version v JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    WHERE v.version_id = ANY (version_ids)
    ON CONFLICT (source_id, stage, kind, key) WHERE resolved_at IS NULL AND stage <> 'apply' DO UPDATE
    SET sqlstate = excluded.sqlstate, message = excluded.message, hint = excluded.hint,
        attempts = q.attempts + 1, last_at = now();
    RETURN 0;
END
$fn$;
COMMENT ON FUNCTION @extschema@.policy_apply(integer, bigint[]) IS 'queues those of the versions that a policy selects; where its condition fails, the entity goes to quarantine';

CREATE FUNCTION @extschema@.policy_backfill(policy_id integer) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    ids    bigint[];
    last   bigint := 0;
    queued bigint := 0;
BEGIN
    -- In steps, so that a condition that fails for one version is looked for among 10,000, and memory stays small.
    LOOP
        SELECT array_agg(b.version_id), max(b.entity_id) INTO ids, last
        FROM (SELECT e.entity_id, v.version_id
              FROM (SELECT e.entity_id, e.n FROM @extschema@.entity e WHERE e.entity_id > last ORDER BY e.entity_id LIMIT 10000) e
              JOIN @extschema@.version v ON v.entity_id = e.entity_id AND v.n = e.n) b;
        EXIT WHEN ids IS NULL;
        queued := queued + @extschema@.policy_apply(policy_backfill.policy_id, ids);
    END LOOP;
    RETURN queued;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_backfill(integer) IS 'queues the newest version of each entity that a policy selects and that is not queued yet';

CREATE FUNCTION @extschema@.policy_lock() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Mapping workers queue by the policies that they see when they begin. The lock waits for those that are under way and
    -- keeps others away until the backfill is committed, so no version is missed between them. What they wrote is seen
    -- only by a statement that takes its snapshot after the lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a policy is added or switched on in a transaction that is READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state', HINT = 'BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;';
    END IF;
    LOCK TABLE @extschema@.entity IN SHARE MODE;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_lock() IS 'keeps mapping away until the end of the transaction, which must be READ COMMITTED, while the backfill of a policy runs';

CREATE FUNCTION @extschema@.policy_add(name text, target text, condition text DEFAULT 'true', packing text DEFAULT 'segment')
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    new_id integer;
BEGIN
    PERFORM @extschema@.policy_check(policy_add.condition);
    PERFORM @extschema@.policy_lock();
    INSERT INTO @extschema@.policy (name, target_id, condition, packing)
    SELECT policy_add.name, t.target_id, btrim(policy_add.condition), policy_add.packing
    FROM @extschema@.target_named(policy_add.target) t
    RETURNING policy_id INTO new_id;
    PERFORM @extschema@.policy_backfill(new_id);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_add(text, text, text, text) IS 'adds a policy and queues the newest version of each entity that it selects, while mapping waits; returns policy_id';

CREATE FUNCTION @extschema@.policy_enable(name text, enabled boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    changed @extschema@.policy;
BEGIN
    SELECT p.* INTO changed FROM @extschema@.policy p WHERE p.name = policy_enable.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no policy "%"', policy_enable.name
            USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM everarchive.policy;';
    END IF;
    IF changed.enabled IS DISTINCT FROM policy_enable.enabled THEN
        IF policy_enable.enabled THEN
            PERFORM @extschema@.policy_check(changed.condition);
            PERFORM @extschema@.policy_lock();
        END IF;
        UPDATE @extschema@.policy p SET enabled = policy_enable.enabled WHERE p.policy_id = changed.policy_id;
        IF policy_enable.enabled THEN
            PERFORM @extschema@.policy_backfill(changed.policy_id);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.policy_enable(text, boolean) IS 'switches a policy on or off; on queues what came meanwhile, in its newest version';

-- A package is a query: what of a version is written to an archive. Whoever wants something else preserved makes a view of
-- their own and names it in the settings of the target: this one belongs to the extension, so a dump does not keep changes.

CREATE FUNCTION @extschema@.path_encode(part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    -- RFC 3986 percent-encoding, of the dots of a leading dot name too; a name too long for a file system ends in its digest.
    SELECT CASE WHEN length(e.encoded) <= 200 THEN e.encoded
                ELSE left(e.encoded, 120) || '-' || encode(sha256(convert_to($1, 'UTF8')), 'hex') END
    FROM (
        SELECT coalesce(string_agg(
                   CASE WHEN b.char ~ '[A-Za-z0-9_.-]' COLLATE "C" AND NOT (b.i = 0 AND b.char = '.') THEN b.char
                        ELSE '%' || upper(lpad(to_hex(b.byte), 2, '0')) END, '' ORDER BY b.i), '') AS encoded
        FROM (SELECT i, get_byte(u.bytes, i) AS byte, CASE WHEN get_byte(u.bytes, i) BETWEEN 33 AND 126 THEN chr(get_byte(u.bytes, i)) ELSE ' ' END AS char
              FROM (SELECT convert_to($1, 'UTF8') AS bytes) u, generate_series(0, octet_length(u.bytes) - 1) i) b
    ) e
$$;
COMMENT ON FUNCTION @extschema@.path_encode(text) IS 'a text as one name of a path, of the characters A-Z a-z 0-9 . _ - and % only';

-- This function and the next two have no settings of their own, so that they are inlined and a segment of 10,000 versions
-- is one plan: all names in them are qualified.
CREATE FUNCTION @extschema@.package_directory(source text, kind text, key text, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.format('%s/%s/%s/v%s', $1, $2,
                             CASE WHEN $3 COLLATE pg_catalog."C" OPERATOR(pg_catalog.~) '^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$' THEN $3
                                  ELSE @extschema@.path_encode($3) END, $4)
$$;
COMMENT ON FUNCTION @extschema@.package_directory(text, text, text, integer) IS 'the folder of a version in its package: source/kind/key/vN, the key percent-encoded';

CREATE FUNCTION @extschema@.json_time(timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.to_char(pg_catalog.timezone('UTC', $1), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
COMMENT ON FUNCTION @extschema@.json_time(timestamptz) IS 'a time as RFC 3339 in UTC, the same in every session';

CREATE VIEW @extschema@.package_file AS
    SELECT v.version_id, d.directory || '/' || f.name AS path, f.media_type, f.content
    FROM @extschema@.version v
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    CROSS JOIN LATERAL (
        SELECT @extschema@.package_directory(s.name, e.kind, e.key, v.n) AS directory OFFSET 0
    ) d
    CROSS JOIN LATERAL (
        SELECT CASE v.format WHEN 'marcxml' THEN 'record.xml' WHEN 'iso2709' THEN 'record.mrc' ELSE 'record.json' END,
               CASE v.format WHEN 'marcxml' THEN 'application/marcxml+xml' WHEN 'iso2709' THEN 'application/marc'
                             ELSE 'application/json' END,
               v.captured
        WHERE v.captured IS NOT NULL
        UNION ALL
        SELECT 'entity.json', 'application/json', convert_to(jsonb_pretty(jsonb_build_object(
                   'source', s.name, 'kind', e.kind, 'key', e.key, 'parent_key', v.parent_key, 'n', v.n,
                   'digest', encode(v.digest, 'hex'), 'deleted', v.deleted, 'format', v.format, 'attributes', v.attributes,
                   'position', v.position, 'commit_time', @extschema@.json_time(v.commit_time),
                   'captured_at', @extschema@.json_time(v.captured_at))) || E'\n', 'UTF8')
        UNION ALL
        SELECT 'tombstone.json', 'application/json', convert_to(jsonb_pretty(jsonb_build_object(
                   'deleted_at', @extschema@.json_time(coalesce(v.commit_time, v.captured_at)),
                   'last_digest', (SELECT encode(p.digest, 'hex') FROM @extschema@.version p WHERE p.entity_id = v.entity_id AND p.n = v.n - 1),
                   'reason', CASE WHEN v.format = 'none' AND v.captured IS NULL AND v.attributes IS NULL
                                  THEN 'deleted from the library system' ELSE 'marked as deleted by the library system' END)) || E'\n', 'UTF8')
        WHERE v.deleted
    ) f (name, media_type, content);
COMMENT ON VIEW @extschema@.package_file IS 'the files of the package of each version: the captured bytes exactly, entity.json, and for deletions tombstone.json; JSON keys in the order of jsonb';

CREATE FUNCTION @extschema@.package(version_id bigint) RETURNS TABLE (path text, media_type text, content bytea)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
AS $$
    SELECT f.path, f.media_type, f.content FROM @extschema@.package_file f WHERE f.version_id OPERATOR(pg_catalog.=) $1
$$;
COMMENT ON FUNCTION @extschema@.package(bigint) IS 'the files of the package of a version, as rows';

CREATE FUNCTION @extschema@.package_statement(target_id integer) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    goal   text;
    named  text;
    chosen regclass;
    lacks  text;
BEGIN
    SELECT t.name, coalesce(t.settings ->> 'package_view', '@extschema@.package_file') INTO goal, named
    FROM @extschema@.target t WHERE t.target_id = package_statement.target_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no target %', package_statement.target_id
            USING ERRCODE = 'undefined_object', HINT = 'SELECT target_id, name FROM everarchive.target;';
    END IF;
    BEGIN
        -- With its schema: what a name alone means would depend on the search path of the session.
        IF cardinality(parse_ident(named)) = 2 THEN
            chosen := to_regclass(named);
        END IF;
    EXCEPTION WHEN invalid_parameter_value OR invalid_name OR syntax_error THEN
        NULL;
    END;
    IF chosen IS NULL THEN
        RAISE EXCEPTION 'the package_view of target "%" is no view with its schema: "%"', goal, named
            USING ERRCODE = 'undefined_table',
                  HINT = format('UPDATE everarchive.target SET settings = settings || ''{"package_view": "SCHEMA.VIEW"}'' WHERE name = %L;', goal);
    END IF;
    SELECT string_agg(c.name || ' ' || c.type::text, ', ' ORDER BY c.i) INTO lacks
    FROM (VALUES (1, 'version_id', 'bigint'::regtype), (2, 'path', 'text'), (3, 'media_type', 'text'), (4, 'content', 'bytea')) c (i, name, type)
    WHERE NOT EXISTS (SELECT 1 FROM pg_attribute a
                      WHERE a.attrelid = chosen AND a.attname = c.name AND a.atttypid = c.type AND NOT a.attisdropped);
    IF lacks IS NOT NULL THEN
        RAISE EXCEPTION 'the package_view % of target "%" lacks columns: %', chosen, goal, lacks
            USING ERRCODE = 'undefined_column', HINT = 'It needs the columns of everarchive.package_file, with the same types.';
    END IF;
    IF NOT has_table_privilege(chosen, 'SELECT') THEN
        RAISE EXCEPTION 'the package_view % of target "%" may not be read by %', chosen, goal, current_user
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('GRANT USAGE ON SCHEMA %s TO everarchive_replicator; GRANT SELECT ON %s TO everarchive_replicator;',
                                (SELECT c.relnamespace::regnamespace FROM pg_class c WHERE c.oid = chosen), chosen);
    END IF;
    -- The inner query sorts small rows; LATERAL then reads the view version by version in that order, so that neither side
    -- ever holds a whole segment. A version without files stays visible, with nulls.
    RETURN format($statement$
SELECT v.version_id::text, v.source, v.kind, v.key, v.n::text, v.newest::text, v.digest, p.path, p.media_type, p.content
FROM (SELECT s.version_id, o.name AS source, e.kind, e.key, w.n, pg_catalog.encode(w.digest, 'hex') AS digest,
             w.n = pg_catalog.max(w.n) OVER (PARTITION BY w.entity_id) AS newest
      FROM @extschema@.submission s
      JOIN @extschema@.version w ON w.version_id = s.version_id
      JOIN @extschema@.entity e ON e.entity_id = w.entity_id
      JOIN @extschema@.source o ON o.source_id = e.source_id
      WHERE s.archive_object_id = $1
      ORDER BY s.version_id) v
LEFT JOIN LATERAL (SELECT f.path, f.media_type, f.content FROM %s f WHERE f.version_id = v.version_id
                   ORDER BY f.path COLLATE "C") p ON true$statement$, chosen);
END
$$;
COMMENT ON FUNCTION @extschema@.package_statement(integer) IS 'the query that delivery to a target runs for an archive object, $1: each version with the files that the target''s package_view has for it';

-- Delivery: queued submissions are claimed into an archive object, written, accepted, read back and verified. A program that
-- dies in between leaves its object claimed; it is handed out again under the same id, so nothing is written twice.

CREATE FUNCTION @extschema@.installation_id() RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id uuid;
BEGIN
    SELECT i.installation_id INTO id FROM @extschema@.installation i;
    IF NOT FOUND THEN
        INSERT INTO @extschema@.installation DEFAULT VALUES ON CONFLICT DO NOTHING;
        SELECT i.installation_id INTO STRICT id FROM @extschema@.installation i;
    END IF;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.installation_id() IS 'the name of this preservation database in the ids of archived objects; made at first use';

CREATE FUNCTION @extschema@.agent() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT 'everarchive ' || e.extversion FROM pg_extension e WHERE e.extname = 'everarchive'), 'everarchive')
$$;
COMMENT ON FUNCTION @extschema@.agent() IS 'who the events of delivery are ascribed to: this software and its version';

CREATE FUNCTION @extschema@.claim_packages(target_id integer) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    lease  constant interval := '5 minutes';
    goal   @extschema@.target;
    id     bigint;
BEGIN
    SELECT t.* INTO goal FROM @extschema@.target t WHERE t.target_id = claim_packages.target_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no target %', claim_packages.target_id
            USING ERRCODE = 'undefined_object', HINT = 'SELECT target_id, name FROM everarchive.target;';
    ELSIF goal.paused THEN
        RETURN NULL;
    END IF;

    -- First what was begun: by a worker that is gone, or that failed and whose time has come.
    UPDATE @extschema@.archive_object o
    SET claimed_until = clock_timestamp() + lease, claimed_by = pg_backend_pid(), changed_at = now()
    WHERE o.archive_object_id = (
        SELECT b.archive_object_id
        FROM @extschema@.archive_object b
        WHERE b.target_id = goal.target_id AND b.state IN ('packaged', 'accepted', 'failed')
          AND b.next_attempt_at <= clock_timestamp()
          AND (b.claimed_until IS NULL OR b.claimed_until < clock_timestamp()
               OR NOT EXISTS (SELECT 1 FROM pg_stat_get_activity(b.claimed_by)))
        ORDER BY b.next_attempt_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED)
    RETURNING o.archive_object_id INTO id;
    IF id IS NOT NULL THEN
        RETURN id;
    END IF;

    -- One worker of a target at a time decides what goes together ('EVAS', target).
    PERFORM pg_advisory_xact_lock(1163280723, goal.target_id);
    id := coalesce(@extschema@.claim_object(goal), @extschema@.claim_segment(goal));
    IF id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE @extschema@.archive_object o
    SET claimed_until = clock_timestamp() + lease, claimed_by = pg_backend_pid()
    WHERE o.archive_object_id = id;
    INSERT INTO @extschema@.event (type, outcome, detail, agent, archive_object_id)
    SELECT 'creation', 'success', format('%s versions packaged as %s', o.versions, o.packing), @extschema@.agent(), id
    FROM @extschema@.archive_object o WHERE o.archive_object_id = id;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.claim_packages(integer) IS 'gives a delivery worker its next archive object: one that was left unfinished, else a new one of queued versions; null: nothing to do yet';

CREATE FUNCTION @extschema@.claim_object(goal @extschema@.target) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner  record;
    id     bigint;
BEGIN
    -- The oldest queued entity that has no object under way: version 2 of an OCFL object must not be written before 1.
    SELECT e.entity_id, s.name, e.kind, e.key INTO owner
    FROM @extschema@.submission q
    JOIN @extschema@.version v ON v.version_id = q.version_id
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    WHERE q.target_id = goal.target_id AND q.packing = 'object' AND q.archive_object_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM @extschema@.archive_object o
                      WHERE o.entity_id = e.entity_id AND o.target_id = goal.target_id
                        AND o.state IN ('packaged', 'accepted', 'failed', 'quarantined'))
    ORDER BY q.version_id
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    id := nextval('@extschema@.archive_object_archive_object_id_seq');
    INSERT INTO @extschema@.archive_object (archive_object_id, target_id, ocfl_id, ocfl_version, packing, entity_id)
    OVERRIDING SYSTEM VALUE
    SELECT id, goal.target_id,
           format('tag:everarchive,2026:%s/%s', @extschema@.installation_id(),
                  regexp_replace(@extschema@.package_directory(owner.name, owner.kind, owner.key, 0), '/v0$', '')),
           1 + coalesce(max(o.ocfl_version), 0), 'object', owner.entity_id
    FROM @extschema@.archive_object o
    WHERE o.entity_id = owner.entity_id AND o.target_id = goal.target_id;
    WITH taken AS (
        UPDATE @extschema@.submission q
        SET state = 'packaged', archive_object_id = id, changed_at = now()
        FROM @extschema@.version v
        WHERE v.entity_id = owner.entity_id AND q.version_id = v.version_id AND q.target_id = goal.target_id
          AND q.packing = 'object' AND q.archive_object_id IS NULL
        RETURNING 1
    )
    UPDATE @extschema@.archive_object o SET versions = (SELECT count(*) FROM taken) WHERE o.archive_object_id = id;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.claim_object(@extschema@.target) IS 'makes an archive object of the queued versions of one entity; called by claim_packages()';

CREATE FUNCTION @extschema@.claim_segment(goal @extschema@.target) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET work_mem = '32MB'
AS $$
DECLARE
    most_versions constant bigint := @extschema@.target_setting(goal.settings, 'segment_versions');
    most_bytes    constant bigint := @extschema@.target_setting(goal.settings, 'segment_bytes');
    longest       constant bigint := @extschema@.target_setting(goal.settings, 'segment_seconds');
    chosen        bigint[];
    closed        boolean;
    oldest        timestamptz;
    id            bigint;
BEGIN
    SELECT q.queued_at INTO oldest
    FROM @extschema@.submission q
    WHERE q.target_id = goal.target_id AND q.packing = 'segment' AND q.archive_object_id IS NULL
    ORDER BY q.version_id
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- octet_length() of a bytea reads no TOAST.
    SELECT array_agg(b.version_id) FILTER (WHERE b.bytes_before < most_bytes),
           count(*) >= most_versions OR max(b.bytes_before + b.bytes) >= most_bytes
    INTO chosen, closed
    FROM (SELECT f.version_id, f.bytes, sum(f.bytes) OVER (ORDER BY f.version_id) - f.bytes AS bytes_before
          FROM (SELECT q.version_id, coalesce(v.bytes, 0) AS bytes
                FROM @extschema@.submission q
                CROSS JOIN LATERAL (SELECT octet_length(v.captured) AS bytes FROM @extschema@.version v
                                    WHERE v.version_id = q.version_id OFFSET 0) v
                WHERE q.target_id = goal.target_id AND q.packing = 'segment' AND q.archive_object_id IS NULL
                ORDER BY q.version_id
                LIMIT most_versions) f) b;
    IF NOT closed AND oldest > now() - make_interval(secs => longest) THEN
        RETURN NULL;
    END IF;
    id := nextval('@extschema@.archive_object_archive_object_id_seq');
    INSERT INTO @extschema@.archive_object (archive_object_id, target_id, ocfl_id, packing)
    OVERRIDING SYSTEM VALUE
    VALUES (id, goal.target_id, format('tag:everarchive,2026:%s/segment/%s', @extschema@.installation_id(), id), 'segment');
    WITH taken AS (
        UPDATE @extschema@.submission q
        SET state = 'packaged', archive_object_id = id, changed_at = now()
        WHERE q.version_id = ANY (chosen) AND q.target_id = goal.target_id AND q.archive_object_id IS NULL
        RETURNING 1
    )
    UPDATE @extschema@.archive_object o SET versions = (SELECT count(*) FROM taken) WHERE o.archive_object_id = id;
    RETURN id;
END
$$;
COMMENT ON FUNCTION @extschema@.claim_segment(@extschema@.target) IS 'makes a segment of the oldest queued versions if there are enough or they waited long enough; called by claim_packages()';

-- What came of a delivery: receipt, reading back, failure.

CREATE FUNCTION @extschema@.archive_object_of(archive_object_id bigint) RETURNS @extschema@.archive_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    locked @extschema@.archive_object;
BEGIN
    SELECT * INTO locked FROM @extschema@.archive_object o
    WHERE o.archive_object_id = archive_object_of.archive_object_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no archive object %', archive_object_of.archive_object_id
            USING ERRCODE = 'undefined_object', HINT = 'Archive objects are given out by everarchive.claim_packages(target_id).';
    END IF;
    RETURN locked;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_of(bigint) IS 'locks and returns the row of an archive object; an error if there is none';

CREATE FUNCTION @extschema@.archive_object_set_state(archive_object_id bigint, state text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    UPDATE @extschema@.archive_object o
    SET state = archive_object_set_state.state, changed_at = now()
    WHERE o.archive_object_id = archive_object_set_state.archive_object_id;
    UPDATE @extschema@.submission q
    SET state = archive_object_set_state.state, changed_at = now()
    WHERE q.archive_object_id = archive_object_set_state.archive_object_id AND q.state <> archive_object_set_state.state;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_set_state(bigint, text) IS 'sets the state of an archive object and of all submissions in it; called by the functions that know why';

CREATE FUNCTION @extschema@.archive_object_renew(archive_object_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    UPDATE @extschema@.archive_object o
    SET claimed_until = clock_timestamp() + interval '5 minutes'
    WHERE o.archive_object_id = archive_object_renew.archive_object_id AND o.claimed_by = pg_backend_pid();
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_renew(bigint) IS 'keeps a claimed archive object for five more minutes; false: another worker has it now, stop writing';

CREATE FUNCTION @extschema@.archive_object_fence(object @extschema@.archive_object) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- As claim_packages() sees it: a claim is void when its time is over or its backend is gone.
    IF object.claimed_by <> pg_backend_pid() AND object.claimed_until >= clock_timestamp()
       AND EXISTS (SELECT 1 FROM pg_stat_get_activity(object.claimed_by)) THEN
        RAISE EXCEPTION 'archive object % belongs to another worker, backend process %', object.archive_object_id, object.claimed_by
            USING ERRCODE = 'lock_not_available',
                  HINT = 'Nothing to do: that worker delivers it. If it hangs: SELECT pg_terminate_backend(' || object.claimed_by || ');';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_fence(@extschema@.archive_object) IS 'an error if another worker has a live claim on the archive object: the result of one that lost it does not count';

CREATE FUNCTION @extschema@.archive_object_accept(archive_object_id bigint, location text, sha512 text, bytes bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    taken @extschema@.archive_object := @extschema@.archive_object_of(archive_object_accept.archive_object_id);
BEGIN
    IF archive_object_accept.sha512 !~ '^[0-9a-f]{128}$' OR archive_object_accept.sha512 IS NULL THEN
        RAISE EXCEPTION 'not a SHA-512 digest: "%"', archive_object_accept.sha512
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 128 lower-case hexadecimal digits.';
    END IF;
    IF taken.state IN ('verified', 'anchored') THEN
        RETURN; -- said again after a lost answer
    END IF;
    PERFORM @extschema@.archive_object_fence(taken);
    -- Said again, or written again: the newest receipt counts; the same one is not stored twice.
    INSERT INTO @extschema@.receipt (archive_object_id, location, sha512, bytes)
    SELECT taken.archive_object_id, archive_object_accept.location, archive_object_accept.sha512, archive_object_accept.bytes
    WHERE NOT EXISTS (
        SELECT 1 FROM @extschema@.receipt r
        WHERE r.archive_object_id = taken.archive_object_id AND r.location = archive_object_accept.location
          AND r.sha512 = archive_object_accept.sha512 AND r.bytes = archive_object_accept.bytes);
    IF taken.state <> 'accepted' THEN
        INSERT INTO @extschema@.event (type, outcome, detail, agent, archive_object_id)
        SELECT 'ingestion', 'success', format('taken by %s at %s', t.name, archive_object_accept.location), @extschema@.agent(),
               taken.archive_object_id
        FROM @extschema@.target t WHERE t.target_id = taken.target_id;
        PERFORM @extschema@.archive_object_set_state(taken.archive_object_id, 'accepted');
    END IF;
    UPDATE @extschema@.target t SET message = NULL, hint = NULL WHERE t.target_id = taken.target_id AND t.message IS NOT NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_accept(bigint, text, text, bigint) IS 'the archive has taken the object and it is on disk: stores the receipt; not preserved before archive_object_verify()';

CREATE FUNCTION @extschema@.archive_object_verify(archive_object_id bigint, good boolean, detail text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    checked @extschema@.archive_object := @extschema@.archive_object_of(archive_object_verify.archive_object_id);
BEGIN
    IF checked.state NOT IN ('accepted', 'verified', 'anchored') THEN
        RAISE EXCEPTION 'archive object % cannot be verified: it is %', checked.archive_object_id, checked.state
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Call everarchive.archive_object_accept() first.';
    END IF;
    IF good IS NULL THEN
        RAISE EXCEPTION 'archive_object_verify() needs to know whether archive object % is good', checked.archive_object_id
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- An audit of what was verified long ago needs no claim.
    IF checked.state = 'accepted' THEN
        PERFORM @extschema@.archive_object_fence(checked);
    END IF;
    INSERT INTO @extschema@.fixity_check (archive_object_id, good, detail)
    VALUES (checked.archive_object_id, archive_object_verify.good, archive_object_verify.detail);
    INSERT INTO @extschema@.event (type, outcome, detail, agent, archive_object_id)
    VALUES ('fixity check', CASE WHEN good THEN 'success' ELSE 'failure' END, archive_object_verify.detail,
            @extschema@.agent(), checked.archive_object_id);
    UPDATE @extschema@.archive_object o
    SET claimed_until = NULL, claimed_by = NULL,
        attempts = CASE WHEN good THEN 0 ELSE o.attempts + 1 END,
        -- Each repair keeps the bad copy: a disk that stays bad must not fill up with them.
        next_attempt_at = CASE WHEN good THEN o.next_attempt_at
                               ELSE now() + least(interval '1 minute' * power(4, least(o.attempts, 10)), interval '1 day') END,
        message = CASE WHEN NOT good THEN coalesce(archive_object_verify.detail, 'read back, and it is not what was written') END,
        hint = CASE WHEN NOT good THEN 'The object is written again from the database, and the bad copy kept in extensions/everarchive-bad. If it happens again, test the disk of the archive.' END
    WHERE o.archive_object_id = checked.archive_object_id;
    IF NOT good THEN
        PERFORM @extschema@.archive_object_set_state(checked.archive_object_id, 'failed');
    ELSIF checked.state = 'accepted' THEN
        PERFORM @extschema@.archive_object_set_state(checked.archive_object_id, 'verified');
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_verify(bigint, boolean, text) IS 'every file of the object was read again: good makes its versions verified, else it fails and is written again';

CREATE FUNCTION @extschema@.archive_object_fail(archive_object_id bigint, message text, hint text, retry_seconds double precision)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    failed @extschema@.archive_object := @extschema@.archive_object_of(archive_object_fail.archive_object_id);
BEGIN
    IF failed.state NOT IN ('packaged', 'accepted', 'failed') THEN
        RAISE EXCEPTION 'archive object % cannot fail: it is %', failed.archive_object_id, failed.state
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'For a copy that was found bad: everarchive.archive_object_verify(id, false, detail).';
    END IF;
    PERFORM @extschema@.archive_object_fence(failed);
    UPDATE @extschema@.archive_object o
    SET claimed_until = NULL, claimed_by = NULL, attempts = o.attempts + 1,
        next_attempt_at = clock_timestamp() + make_interval(secs => coalesce(retry_seconds, 60)),
        message = archive_object_fail.message, hint = archive_object_fail.hint, changed_at = now()
    WHERE o.archive_object_id = failed.archive_object_id;
    UPDATE @extschema@.target t
    SET message = archive_object_fail.message, hint = archive_object_fail.hint
    WHERE t.target_id = failed.target_id
      AND (t.message, t.hint) IS DISTINCT FROM (archive_object_fail.message, archive_object_fail.hint);
    -- What the archive has taken stays accepted: only reading it back is tried again.
    IF failed.state = 'packaged' THEN
        PERFORM @extschema@.archive_object_set_state(failed.archive_object_id, 'failed');
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.archive_object_fail(bigint, text, text, double precision) IS 'the delivery failed: stores why, and when to try again';

-- What needs a person: try again, or give up.

CREATE FUNCTION @extschema@.quarantine_open(quarantine_id bigint) RETURNS @extschema@.quarantine
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    open_row @extschema@.quarantine;
BEGIN
    SELECT * INTO open_row FROM @extschema@.quarantine q WHERE q.quarantine_id = quarantine_open.quarantine_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no quarantine row %', quarantine_open.quarantine_id
            USING ERRCODE = 'undefined_object', HINT = 'SELECT * FROM report.quarantine;';
    ELSIF open_row.resolved_at IS NOT NULL THEN
        RAISE EXCEPTION 'quarantine row % is % already', quarantine_open.quarantine_id, open_row.resolution
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT * FROM report.quarantine; shows what is open.';
    END IF;
    RETURN open_row;
END
$$;
COMMENT ON FUNCTION @extschema@.quarantine_open(bigint) IS 'the row of an open case; an error if there is none';

CREATE FUNCTION @extschema@.quarantine_retry(quarantine_id bigint) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    tried  @extschema@.quarantine := @extschema@.quarantine_open(quarantine_retry.quarantine_id);
    before integer := tried.attempts;
BEGIN
    IF tried.stage = 'apply' THEN
        UPDATE @extschema@.quarantine q SET retry_at = now() WHERE q.quarantine_id = tried.quarantine_id;
        RETURN 'requested: the program applies the change again with its next batch';
    END IF;
    IF tried.stage = 'map' THEN
        -- Refuses while the mirror is copied; waits for a mapping worker that has the key.
        PERFORM @extschema@.refresh(tried.source_id, tried.kind, ARRAY[tried.key]);
    ELSE
        PERFORM @extschema@.policy_apply(p.policy_id, v.version_ids)
        FROM (SELECT array_agg(v.version_id ORDER BY v.version_id) AS version_ids
              FROM @extschema@.entity e
              JOIN @extschema@.version v ON v.entity_id = e.entity_id
              WHERE e.source_id = tried.source_id AND e.kind = tried.kind AND e.key = tried.key
                AND (v.n = e.n OR v.captured_at >= tried.first_at)) v,
             @extschema@.policy p
        WHERE p.enabled;
        UPDATE @extschema@.quarantine q SET resolved_at = now(), resolution = 'retried'
        WHERE q.quarantine_id = tried.quarantine_id AND q.attempts = before;
    END IF;
    SELECT q.* INTO tried FROM @extschema@.quarantine q WHERE q.quarantine_id = tried.quarantine_id;
    RETURN coalesce(tried.resolution, 'still in quarantine: ' || tried.message);
END
$$;
COMMENT ON FUNCTION @extschema@.quarantine_retry(bigint) IS 'tries again what is in quarantine; returns mended, superseded, retried, requested, or why it is still there';

CREATE FUNCTION @extschema@.quarantine_discard(quarantine_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given_up @extschema@.quarantine := @extschema@.quarantine_open(quarantine_discard.quarantine_id);
BEGIN
    UPDATE @extschema@.quarantine q SET resolved_at = now(), resolution = 'discarded'
    WHERE q.quarantine_id = given_up.quarantine_id;
END
$$;
COMMENT ON FUNCTION @extschema@.quarantine_discard(bigint) IS 'gives up what is in quarantine; the row stays, with its bytes, as discarded';

-- Everything that a person wants to know, as views.

CREATE SCHEMA report;
COMMENT ON SCHEMA report IS 'reports of the preservation database: plain views, each with a comment that says who needs it';

-- How many touched keys wait, counted from where mapping stands, so that dead entries cost nothing. Stops at 100,000 in
-- each of the 16 parts.
CREATE VIEW @extschema@.source_waiting AS
    SELECT s.source_id, sum(w.waiting)::bigint AS waiting, min(w.oldest) AS oldest
    FROM @extschema@.source s
    CROSS JOIN generate_series(0, 15) p (part)
    LEFT JOIN @extschema@.map_progress m ON m.source_id = s.source_id AND m.part = p.part
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting, min(l.touched_at) AS oldest
        FROM (SELECT t.touched_at
              FROM @extschema@.touched t
              WHERE t.source_id = s.source_id AND t.part = p.part::smallint
                AND (t.xid, t.touched_id) > (coalesce(m.xid, '0'::xid8), coalesce(m.touched_id, 0))
              LIMIT 100000) l
    ) w
    GROUP BY s.source_id;
COMMENT ON VIEW @extschema@.source_waiting IS 'how many touched keys of each source wait to be mapped, counted up to 100,000 in each of 16 parts';

CREATE VIEW report.status_by_source AS
    SELECT s.name AS source, s.adapter, s.state, s.paused, p.position, p.commit_time, p.seen_at,
           CASE WHEN s.state <> 'streaming' THEN NULL
                WHEN p.lag_bytes = 0 THEN 0
                ELSE greatest(round(extract(epoch FROM pg_catalog.now() - p.commit_time))::bigint, 0) END AS behind_seconds,
           p.lag_bytes AS behind_bytes, p.snapshot_rows, p.snapshot_expected, p.transactions, p.changes,
           coalesce(w.waiting, 0) AS waiting, c.entities, c.deleted, c.versions,
           coalesce(c.by_kind, '{}') AS entities_by_kind,
           (SELECT count(*) FROM @extschema@.quarantine q WHERE q.source_id = s.source_id AND q.resolved_at IS NULL) AS quarantined,
           s.message, s.hint
    FROM @extschema@.source s
    LEFT JOIN @extschema@.source_progress p ON p.source_id = s.source_id
    LEFT JOIN @extschema@.source_waiting w ON w.source_id = s.source_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.entities), 0)::bigint AS entities, coalesce(sum(k.deleted), 0)::bigint AS deleted,
               coalesce(sum(k.versions), 0)::bigint AS versions, jsonb_object_agg(k.kind, k.entities) AS by_kind
        FROM (SELECT n.kind, sum(n.entities) AS entities, sum(n.deleted) AS deleted, sum(n.versions) AS versions
              FROM @extschema@.entity_count n WHERE n.source_id = s.source_id GROUP BY n.kind) k
    ) c;
COMMENT ON VIEW report.status_by_source IS 'for whoever operates the service: each source, how far it is, how far behind, what waits, and what to do if it stopped';

-- In a DO block, because it names an operator of marc: see the head of the script.
DO $do$
BEGIN
    EXECUTE pg_catalog.format($view$
CREATE VIEW report.preservation_status AS
    SELECT s.name AS source, e.kind, e.key, e.record OPERATOR(%I.->>) '245$a'::text AS title, e.n, e.deleted, e.changed_at,
           t.name AS target, coalesce(q.state, 'not submitted') AS state, q.changed_at AS state_since, e.parent_key
    FROM @extschema@.entity e
    JOIN @extschema@.source s ON s.source_id = e.source_id
    JOIN @extschema@.version v ON v.entity_id = e.entity_id AND v.n = e.n
    LEFT JOIN @extschema@.submission q ON q.version_id = v.version_id
    LEFT JOIN @extschema@.target t ON t.target_id = q.target_id
$view$, @extschema@.marc_schema());
END
$do$;
COMMENT ON VIEW report.preservation_status IS 'for catalogers and preservation librarians: each entity in its newest version, and for each archive whether that version is there; preserved is what is verified';

CREATE VIEW report.version_history AS
    SELECT s.name AS source, e.kind, e.key, v.n, v.deleted, v.format, encode(v.digest, 'hex') AS digest,
           octet_length(v.captured) AS bytes, v.position, v.commit_time, v.captured_at, t.name AS target,
           coalesce(q.state, 'not submitted') AS state, v.version_id
    FROM @extschema@.entity e
    JOIN @extschema@.source s ON s.source_id = e.source_id
    JOIN @extschema@.version v ON v.entity_id = e.entity_id
    LEFT JOIN @extschema@.submission q ON q.version_id = v.version_id
    LEFT JOIN @extschema@.target t ON t.target_id = q.target_id;
COMMENT ON VIEW report.version_history IS 'for whoever asks what happened to a record: all versions of each entity, when they came and where they are';

CREATE VIEW report.archive_contents AS
    SELECT t.name AS target, s.name AS source, e.kind, e.key, v.n, q.state, o.archive_object_id, o.ocfl_id, o.ocfl_version,
           o.packing, r.location, r.sha512, r.received_at, @extschema@.package_directory(s.name, e.kind, e.key, v.n) AS directory
    FROM @extschema@.submission q
    JOIN @extschema@.version v ON v.version_id = q.version_id
    JOIN @extschema@.entity e ON e.entity_id = v.entity_id
    JOIN @extschema@.source s ON s.source_id = e.source_id
    JOIN @extschema@.target t ON t.target_id = q.target_id
    JOIN @extschema@.archive_object o ON o.archive_object_id = q.archive_object_id
    LEFT JOIN LATERAL (
        SELECT c.location, c.sha512, c.received_at
        FROM @extschema@.receipt c
        WHERE c.archive_object_id = o.archive_object_id
        ORDER BY c.receipt_id DESC
        LIMIT 1
    ) r ON true;
COMMENT ON VIEW report.archive_contents IS 'for whoever restores a record from an archive: which archived object holds which version, where it lies, and in which folder of the package';

-- What is queued is counted up to 100,000 for each archive and packing, the oldest versions first.
CREATE VIEW report.backlog AS
    SELECT t.name AS target, b.state, sum(b.versions)::bigint AS versions, min(b.oldest) AS oldest, max(b.next_attempt_at) AS next_attempt_at,
           t.paused, t.message, t.hint
    FROM (SELECT a.target_id, 'queued' AS state, count(*) AS versions, min(w.queued_at) AS oldest,
                 NULL::timestamptz AS next_attempt_at
          FROM @extschema@.target a
          CROSS JOIN (VALUES ('segment'), ('object')) p (packing)
          CROSS JOIN LATERAL (
              SELECT q.queued_at
              FROM @extschema@.submission q
              WHERE q.target_id = a.target_id AND q.packing = p.packing AND q.archive_object_id IS NULL
              ORDER BY q.version_id
              LIMIT 100000
          ) w
          GROUP BY a.target_id
          UNION ALL
          SELECT o.target_id, o.state, o.versions, o.created_at, o.next_attempt_at
          FROM @extschema@.archive_object o
          WHERE o.state = ANY ('{packaged,accepted,failed,quarantined}')) b
    JOIN @extschema@.target t ON t.target_id = b.target_id
    GROUP BY t.target_id, b.state;
COMMENT ON VIEW report.backlog IS 'for whoever operates the archives: how many versions are on their way to each archive, in which state, and since when; what is queued is counted up to 100,000 for each packing';

CREATE VIEW report.quarantine AS
    SELECT q.quarantine_id, s.name AS source, q.stage, q.table_name, q.operation, q.kind, q.key, q.message, q.hint, q.sqlstate,
           q.attempts, q.first_at, q.last_at, q.position, octet_length(q.bytes) AS bytes,
           format('SELECT everarchive.quarantine_retry(%s);', q.quarantine_id) AS retry,
           format('SELECT everarchive.quarantine_discard(%s);', q.quarantine_id) AS discard
    FROM @extschema@.quarantine q
    JOIN @extschema@.source s ON s.source_id = q.source_id
    WHERE q.resolved_at IS NULL;
COMMENT ON VIEW report.quarantine IS 'for systems librarians: what could not be read or applied, why, and the SQL to try again or to give up';

CREATE VIEW report.coverage AS
    SELECT s.name AS source, c.kind, c.entities, c.verified, round(100.0 * c.verified / c.entities, 2) AS percent
    FROM (SELECT e.source_id, e.kind, count(*) AS entities,
                 count(*) FILTER (WHERE EXISTS (
                     SELECT 1 FROM @extschema@.submission q
                     WHERE q.version_id = v.version_id AND q.state = ANY ('{verified,anchored}'))) AS verified
          FROM @extschema@.entity e
          JOIN @extschema@.version v ON v.entity_id = e.entity_id AND v.n = e.n
          GROUP BY e.source_id, e.kind) c
    JOIN @extschema@.source s ON s.source_id = c.source_id;
COMMENT ON VIEW report.coverage IS 'for the director: how much of each catalogue is preserved in its newest version in at least one archive; reads everything, so ask seldom';

-- Who may do what. No function is SECURITY DEFINER: each needs the rights on the tables that it reads and writes.
--   everarchive_reader      reads everything
--   everarchive_operator    a reader who manages sources, targets, policies and quarantine
--   everarchive_replicator  the program, when it runs: captures, maps, delivers

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['everarchive_reader', 'everarchive_operator', 'everarchive_replicator'] LOOP
        BEGIN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role);
        EXCEPTION WHEN duplicate_object THEN
            NULL; -- roles belong to the cluster: another database may have the extension too
        END;
    END LOOP;
END
$$;
COMMENT ON ROLE everarchive_reader IS 'reads everything in the preservation database';
COMMENT ON ROLE everarchive_operator IS 'reads everything, and manages sources, targets, policies and quarantine';
COMMENT ON ROLE everarchive_replicator IS 'the everarchive program when it runs: captures, maps, delivers';
GRANT everarchive_reader TO everarchive_operator;

GRANT USAGE ON SCHEMA @extschema@, report TO everarchive_reader, everarchive_replicator;
GRANT SELECT ON ALL TABLES IN SCHEMA @extschema@, report TO everarchive_reader, everarchive_replicator;

-- Functions that change something are for those who may; those that only read are for everybody with the schema.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    @extschema@.marc_schema(), @extschema@.source_named(text), @extschema@.target_named(text),
    @extschema@.target_setting_limits(), @extschema@.target_setting(jsonb, text), @extschema@.agent(),
    @extschema@.mapping_statement(integer, text), @extschema@.part_waits(integer, integer),
    @extschema@.is_tombstone(bigint, integer, bytea), @extschema@.condition_problem(text),
    @extschema@.condition_functions_problem(text), @extschema@.policy_search_path(), @extschema@.policy_check(text),
    @extschema@.path_encode(text), @extschema@.package_directory(text, text, text, integer),
    @extschema@.json_time(timestamptz), @extschema@.package(bigint), @extschema@.package_statement(integer)
    TO everarchive_reader, everarchive_replicator;

-- Mapping: run by the program; by an operator when retrying from quarantine.
GRANT EXECUTE ON FUNCTION
    @extschema@.is_about_data(text), @extschema@.refresh(integer, text, text[], text), @extschema@.policy_apply(integer, bigint[])
    TO everarchive_replicator, everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.entity, @extschema@.entity_count, @extschema@.quarantine TO everarchive_replicator, everarchive_operator;
GRANT INSERT ON @extschema@.version, @extschema@.submission TO everarchive_replicator, everarchive_operator;

-- The program.
GRANT EXECUTE ON FUNCTION
    @extschema@.source_take(text), @extschema@.source_set_state(text, text, text, text, bigint), @extschema@.source_remap(text),
    @extschema@.map_touched(integer, integer), @extschema@.installation_id(), @extschema@.claim_packages(integer),
    @extschema@.claim_object(@extschema@.target), @extschema@.claim_segment(@extschema@.target),
    @extschema@.archive_object_of(bigint), @extschema@.archive_object_set_state(bigint, text),
    @extschema@.archive_object_fence(@extschema@.archive_object),
    @extschema@.archive_object_renew(bigint), @extschema@.archive_object_accept(bigint, text, text, bigint),
    @extschema@.archive_object_verify(bigint, boolean, text),
    @extschema@.archive_object_fail(bigint, text, text, double precision)
    TO everarchive_replicator;
GRANT UPDATE (state, message, hint, changed_at) ON @extschema@.source TO everarchive_replicator;
GRANT UPDATE ON @extschema@.source_progress TO everarchive_replicator;
GRANT INSERT, DELETE ON @extschema@.touched TO everarchive_replicator;
GRANT INSERT, UPDATE ON @extschema@.map_progress, @extschema@.archive_object TO everarchive_replicator;
GRANT UPDATE (message, hint) ON @extschema@.target TO everarchive_replicator;
GRANT UPDATE ON @extschema@.submission TO everarchive_replicator;
GRANT INSERT ON @extschema@.installation, @extschema@.receipt, @extschema@.event, @extschema@.fixity_check TO everarchive_replicator;
GRANT INSERT, DELETE ON @extschema@.ledger_tile TO everarchive_replicator;
GRANT INSERT ON @extschema@.ledger_leaf, @extschema@.ledger_checkpoint, @extschema@.anchor TO everarchive_replicator;
GRANT UPDATE (evidence, complete_at) ON @extschema@.anchor TO everarchive_replicator;
GRANT USAGE ON SEQUENCE @extschema@.archive_object_archive_object_id_seq TO everarchive_replicator;

-- The operator. source_add() also needs: GRANT CREATE ON DATABASE … TO everarchive_operator.
GRANT EXECUTE ON FUNCTION
    @extschema@.source_key_types(jsonb), @extschema@.source_add(text, text, text, name, jsonb), @extschema@.source_pause(text),
    @extschema@.source_resume(text), @extschema@.source_remap(text), @extschema@.source_remove(text),
    @extschema@.source_set_state(text, text, text, text, bigint), @extschema@.target_add(text, text, jsonb),
    @extschema@.target_pause(text), @extschema@.target_resume(text),
    @extschema@.policy_add(text, text, text, text), @extschema@.policy_enable(text, boolean), @extschema@.policy_backfill(integer),
    @extschema@.policy_lock(),
    @extschema@.quarantine_open(bigint), @extschema@.quarantine_retry(bigint), @extschema@.quarantine_discard(bigint)
    TO everarchive_operator;
GRANT INSERT, UPDATE, DELETE ON @extschema@.source, @extschema@.source_progress TO everarchive_operator;
GRANT INSERT, DELETE ON @extschema@.source_kind, @extschema@.touched TO everarchive_operator;
GRANT DELETE ON @extschema@.map_progress TO everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.target, @extschema@.member TO everarchive_operator;
-- A condition runs with the rights of the program: policy_guard checks each that an operator writes.
GRANT INSERT (name, target_id, condition, packing), UPDATE (condition, enabled) ON @extschema@.policy TO everarchive_operator;
GRANT UPDATE ON @extschema@.archive_object TO everarchive_operator;

-- All tables hold the library's data: pg_dump keeps their rows and the state of their sequences. Left out is map_progress,
-- whose transaction ids mean nothing in another cluster.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid
        FROM pg_catalog.pg_class c
        WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relkind IN ('r', 'S') AND c.relname <> 'map_progress'
        ORDER BY c.relname
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(relation, '');
    END LOOP;
END
$$;

