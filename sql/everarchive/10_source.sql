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
    message       text,
    hint          text,
    created_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
    parameters    jsonb NOT NULL DEFAULT '{}' CHECK (pg_catalog.jsonb_typeof(parameters) = 'object')
);
COMMENT ON TABLE @extschema@.source IS 'library systems that are followed, one row each; managed by source_add(), source_pause(), source_resume(), source_remove()';
CREATE UNIQUE INDEX source_mirror_schema ON @extschema@.source (mirror_schema) WHERE state <> 'removed';
COMMENT ON COLUMN @extschema@.source.origin IS 'how to reach it, by reference only: postgresql:service=NAME or mariadb:defaults-group=NAME; never a password';
COMMENT ON COLUMN @extschema@.source.state IS 'new, snapshot (first copy under way), streaming, stopped (needs a person: see message and hint), position_lost (needs a resync), removed (only its history is left)';
COMMENT ON COLUMN @extschema@.source.message IS 'why the source is stopped or lost';
COMMENT ON COLUMN @extschema@.source.hint IS 'the command or SQL that mends it';
COMMENT ON COLUMN @extschema@.source.parameters IS 'what its adapter leaves open, such as {"tenant": "diku"} of a FOLIO; given by everarchive source add';

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
    seen_at           timestamptz,
    lag_seconds       double precision,
    lag_transactions  bigint,
    retained_bytes    bigint,
    log_state         text,
    log_hours         double precision
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE @extschema@.source_progress IS 'how far each source is captured; written in the transaction that writes the mirror rows, so position and effect agree after any crash';
COMMENT ON COLUMN @extschema@.source_progress.epoch IS 'raised by each program that takes the source over; a batch of an older epoch is refused (fencing); begins at the milliseconds since 1970, so a source that is removed and added again never repeats one';
COMMENT ON COLUMN @extschema@.source_progress.position IS 'LSN or GTID up to which everything is in the mirror';
COMMENT ON COLUMN @extschema@.source_progress.identity IS 'system identifier or server id of the source, so that another server behind the same name is noticed';
COMMENT ON COLUMN @extschema@.source_progress.seen_at IS 'when the source was last heard of, even if it had nothing to say';
COMMENT ON COLUMN @extschema@.source_progress.lag_seconds IS 'from the commit in the source to ours, at seen_at; 0 when everything that the source had is here';
COMMENT ON COLUMN @extschema@.source_progress.lag_transactions IS 'transactions that the source has and we have not, where it tells';
COMMENT ON COLUMN @extschema@.source_progress.retained_bytes IS 'log that the source keeps because we have not read it';
COMMENT ON COLUMN @extschema@.source_progress.log_state IS 'wal_status of the replication slot of a PostgreSQL source';
COMMENT ON COLUMN @extschema@.source_progress.log_hours IS 'hours until a MariaDB or MySQL source purges the log that comes next';

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
