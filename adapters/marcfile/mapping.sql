-- A file says by leader/06 what a record is: z is an authority record, everything else counts as bibliographic. What cannot
-- be read says nothing, and goes to quarantine once, as a bib.

CREATE VIEW _record AS
SELECT f.record_key,
       r.record,
       r.problem,
       f.bytes,
       CASE WHEN substring(f.bytes FROM 1 FOR 1) = '<'::bytea THEN 'marcxml'::text ELSE 'iso2709'::text END AS format,
       COALESCE(substring(marc_leader(r.record) FROM 7 FOR 1) = 'z', false) AS is_authority
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
