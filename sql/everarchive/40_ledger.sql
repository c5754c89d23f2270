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
