-- Reports on authorities and subjects.

DO $do$
BEGIN
    EXECUTE pg_catalog.format($create$
CREATE VIEW report.authority_impact AS
    SELECT s.name AS source, a.entity_id AS authority_id, a.key, a.n, a.deleted, a.changed_at, w.heading, p.heading AS heading_before,
           w.heading_key IS DISTINCT FROM p.heading_key AND p.heading IS NOT NULL AS renamed,
           @extschema@.bibs_of_authority_count(a.entity_id) AS bibs
    FROM @extschema@.entity a
    JOIN @extschema@.source s ON s.source_id = a.source_id
    LEFT JOIN LATERAL (
        SELECT h.heading, h.heading_key FROM %1$I.marc_headings(a.record) h WHERE h.role = 'heading' ORDER BY h.ord LIMIT 1
    ) w ON true
    LEFT JOIN LATERAL (
        SELECT h.heading, h.heading_key
        FROM (SELECT v.captured FROM @extschema@.version v
              WHERE v.entity_id = a.entity_id AND v.n < a.n AND v.captured IS NOT NULL ORDER BY v.n DESC LIMIT 1) v
        CROSS JOIN LATERAL %1$I.marc_try(v.captured) r
        CROSS JOIN LATERAL %1$I.marc_headings(r.record) h
        WHERE h.role = 'heading'
        ORDER BY h.ord
        LIMIT 1
    ) p ON true
    WHERE a.kind = 'authority' AND (a.n > 1 OR a.deleted);
$create$, @extschema@.marc_schema());
END
$do$;
COMMENT ON VIEW report.authority_impact IS 'for authority librarians: authority records that were changed or deleted since they were first captured, with the heading before and now, and how many bibs name them; ask for a time: WHERE changed_at > now() - interval ''1 day''';

CREATE VIEW report.vocabularies AS
    SELECT v.name, v.scheme, v.version, v.format, v.file, v.terms, v.maps, v.left_out, v.loaded_at, pg_catalog.encode(v.sha256, 'hex') AS sha256
    FROM @extschema@.vocabulary v
    WHERE v.replaced_at IS NULL;
COMMENT ON VIEW report.vocabularies IS 'for subject librarians: which vocabularies and mappings are loaded, and from which file';
