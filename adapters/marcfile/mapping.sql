-- A file says by leader/06 what a record is: z is an authority record, everything else counts as bibliographic. Where the
-- record cannot be read, the seventh byte of ISO 2709 still says so, and it goes to quarantine once, as what it is.

CREATE VIEW _record AS
SELECT f.record_key,
       r.record,
       r.problem,
       f.bytes,
       CASE WHEN substring(f.bytes FROM 1 FOR 1) = '<'::bytea THEN 'marcxml'::text ELSE 'iso2709'::text END AS format,
       CASE
           WHEN r.record IS NOT NULL THEN substring(marc_leader(r.record) FROM 7 FOR 1) = 'z'
           ELSE substring(f.bytes FROM 1 FOR 1) <> '<'::bytea AND substring(f.bytes FROM 7 FOR 1) = 'z'::bytea
       END AS is_authority
FROM record f
CROSS JOIN LATERAL marc_try(f.bytes) r;
COMMENT ON VIEW _record IS 'records of files, read';

CREATE VIEW bib AS
SELECT record_key AS key1,
       NULL::text AS parent_key,
       record,
       problem,
       bytes AS captured,
       format,
       NULL::jsonb AS attributes,
       false AS deleted
FROM _record
WHERE NOT is_authority;
COMMENT ON VIEW bib IS 'bibliographic records of files';

CREATE VIEW authority AS
SELECT record_key AS key1,
       NULL::text AS parent_key,
       record,
       problem,
       bytes AS captured,
       format,
       NULL::jsonb AS attributes,
       false AS deleted
FROM _record
WHERE is_authority;
COMMENT ON VIEW authority IS 'authority records of files';
