-- title: MARC files: ISO 2709 batches, for `everarchive import`
-- system: file
--
-- The importer writes one row for each record of a file; the key is the record's control number (001), or FILE#N
-- for the Nth record of a file when it has none.

CREATE TABLE record (
    record_key text PRIMARY KEY,
    bytes      bytea NOT NULL
);
COMMENT ON TABLE record IS 'records of imported files. Touches: bib (record_key), authority (record_key).';
COMMENT ON COLUMN record.bytes IS 'the record as it stood in the file';
