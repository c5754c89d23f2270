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
