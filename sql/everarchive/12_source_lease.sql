-- Which program follows a source. What keeps two from doing so at once is an advisory lock on the connection that applies, and the
-- epoch; this row says that the holder of the lock is alive. The program that has it writes renewed_at every two seconds,
-- over another connection. One that waits breaks the lock of a holder whose row stood still for ten seconds by its own clock:
-- a process that is stopped, a machine whose network is cut. Nothing compares clocks of two machines.

-- Not dumped: programs of another cluster are none of ours.
CREATE TABLE @extschema@.source_lease (
    source_id  integer PRIMARY KEY REFERENCES @extschema@.source ON DELETE CASCADE,
    program    text NOT NULL,
    epoch      bigint NOT NULL,
    taken_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    renewed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE @extschema@.source_lease IS 'which program follows each source, and when it was last heard of; another one takes over ten seconds after that stands still';
COMMENT ON COLUMN @extschema@.source_lease.program IS 'machine, process and a random number';
COMMENT ON COLUMN @extschema@.source_lease.epoch IS 'the epoch with which it took the source';
