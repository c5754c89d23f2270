-- What an entity of ArchivesSpace is: a record with all that is nested in it, as JSON under the names that ArchivesSpace's own JSON has.
--
-- Nested rows are deleted and inserted anew at each save, so their ids are no content and only give the order. Values of controlled
-- lists stand as words; other records stand as the keys of their entities (resource:7). What says who saved something, when, or how
-- often (system_mtime, lock_version, …) is not even captured: a save that changes nothing makes no version.

-- OFFSET 0: without it the planner writes the whole expression of the content wherever a part of it is named.
--
-- Views whose names begin with _ write one row of a nested table as JSON.
CREATE VIEW _note AS
SELECT n.id, n.resource_id, n.archival_object_id, n.digital_object_id, n.digital_object_component_id, n.agent_person_id,
       n.agent_corporate_entity_id, n.agent_family_id, n.agent_software_id, n.lang_material_id, n.rights_statement_id,
       n.rights_statement_act_id,
       jsonb_build_object('publish', n.publish = 1) || n.notes::jsonb AS content
FROM note n;
COMMENT ON VIEW _note IS 'notes as JSON';

CREATE VIEW _extent AS
SELECT x.id, x.accession_id, x.archival_object_id, x.resource_id, x.digital_object_id, x.digital_object_component_id,
       jsonb_strip_nulls(jsonb_build_object(
           'portion', (SELECT v.value FROM enumeration_value v WHERE v.id = x.portion_id),
           'number', x.number,
           'extent_type', (SELECT v.value FROM enumeration_value v WHERE v.id = x.extent_type_id),
           'container_summary', x.container_summary,
           'physical_details', x.physical_details,
           'dimensions', x.dimensions)) AS content
FROM extent x;
COMMENT ON VIEW _extent IS 'extents as JSON';

CREATE VIEW _date AS
SELECT d.id, d.accession_id, d.archival_object_id, d.resource_id, d.digital_object_id, d.digital_object_component_id,
       jsonb_strip_nulls(jsonb_build_object(
           'date_type', (SELECT v.value FROM enumeration_value v WHERE v.id = d.date_type_id),
           'label', (SELECT v.value FROM enumeration_value v WHERE v.id = d.label_id),
           'certainty', (SELECT v.value FROM enumeration_value v WHERE v.id = d.certainty_id),
           'expression', d.expression,
           'begin', d.begin,
           'end', d."end",
           'era', (SELECT v.value FROM enumeration_value v WHERE v.id = d.era_id),
           'calendar', (SELECT v.value FROM enumeration_value v WHERE v.id = d.calendar_id))) AS content
FROM date d;
COMMENT ON VIEW _date IS 'dates as JSON';

CREATE VIEW _lang_material AS
SELECT m.id, m.accession_id, m.archival_object_id, m.resource_id, m.digital_object_id, m.digital_object_component_id,
       jsonb_strip_nulls(jsonb_build_object(
           'languages', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('language', (SELECT v.value FROM enumeration_value v WHERE v.id = l.language_id),
                                                                      'script', (SELECT v.value FROM enumeration_value v WHERE v.id = l.script_id)))
                                 ORDER BY l.id)
                FROM language_and_script l WHERE l.lang_material_id = m.id),
           'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.lang_material_id = m.id))) AS content
FROM lang_material m;
COMMENT ON VIEW _lang_material IS 'languages as JSON';

CREATE VIEW _rights_statement AS
SELECT r.id, r.accession_id, r.archival_object_id, r.resource_id, r.digital_object_id, r.digital_object_component_id,
       jsonb_strip_nulls(jsonb_build_object(
           'identifier', r.identifier,
           'rights_type', (SELECT v.value FROM enumeration_value v WHERE v.id = r.rights_type_id),
           'statute_citation', r.statute_citation,
           'jurisdiction', (SELECT v.value FROM enumeration_value v WHERE v.id = r.jurisdiction_id),
           'status', (SELECT v.value FROM enumeration_value v WHERE v.id = r.status_id),
           'start_date', r.start_date,
           'end_date', r.end_date,
           'determination_date', r.determination_date,
           'license_terms', r.license_terms,
           'other_rights_basis', (SELECT v.value FROM enumeration_value v WHERE v.id = r.other_rights_basis_id),
           'acts', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('act_type', (SELECT v.value FROM enumeration_value v WHERE v.id = a.act_type_id),
                                                                 'restriction', (SELECT v.value FROM enumeration_value v WHERE v.id = a.restriction_id),
                                                                 'start_date', a.start_date,
                                                                 'end_date', a.end_date,
                                                                 'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n
                                                                           WHERE n.rights_statement_act_id = a.id)))
                            ORDER BY a.id)
           FROM rights_statement_act a WHERE a.rights_statement_id = r.id),
           'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.rights_statement_id = r.id))) AS content
FROM rights_statement r;
COMMENT ON VIEW _rights_statement IS 'rights as JSON';

CREATE VIEW _external_id AS
SELECT e.id, e.accession_id, e.archival_object_id, e.resource_id, e.digital_object_id, e.digital_object_component_id, e.subject_id,
       jsonb_strip_nulls(jsonb_build_object(
           'external_id', e.external_id,
           'source', e.source)) AS content
FROM external_id e;
COMMENT ON VIEW _external_id IS 'external ids as JSON';

CREATE VIEW _instance AS
SELECT i.id, i.resource_id, i.archival_object_id, i.accession_id,
       jsonb_strip_nulls(jsonb_build_object(
           'instance_type', (SELECT v.value FROM enumeration_value v WHERE v.id = i.instance_type_id),
           'is_representative', i.is_representative = 1,
           'digital_object', (SELECT 'digital_object:' || min(l.digital_object_id)::text FROM instance_do_link_rlshp l WHERE l.instance_id = i.id),
           'sub_containers', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                  'top_container', (SELECT min(l.top_container_id) FROM top_container_link_rlshp l
                                                    WHERE l.sub_container_id = s.id),
                                  'type_2', (SELECT v.value FROM enumeration_value v WHERE v.id = s.type_2_id),
                                  'indicator_2', s.indicator_2,
                                  'type_3', (SELECT v.value FROM enumeration_value v WHERE v.id = s.type_3_id),
                                  'indicator_3', s.indicator_3)) ORDER BY s.id)
                    FROM sub_container s WHERE s.instance_id = i.id))) AS content
FROM instance i;
COMMENT ON VIEW _instance IS 'instances with their containers as JSON';

CREATE VIEW _linked_agent AS
SELECT l.id, l.accession_id, l.archival_object_id, l.resource_id, l.digital_object_id, l.digital_object_component_id, l.aspace_relationship_position AS place,
       jsonb_strip_nulls(jsonb_build_object(
           'role', (SELECT v.value FROM enumeration_value v WHERE v.id = l.role_id),
           'relator', (SELECT v.value FROM enumeration_value v WHERE v.id = l.relator_id),
           'ref', CASE WHEN l.agent_person_id IS NOT NULL THEN 'agent_person:' || l.agent_person_id
                      WHEN l.agent_family_id IS NOT NULL THEN 'agent_family:' || l.agent_family_id
                      WHEN l.agent_corporate_entity_id IS NOT NULL THEN 'agent_corporate_entity:' || l.agent_corporate_entity_id
                      ELSE 'agent_software:' || l.agent_software_id END)) AS content
FROM linked_agents_rlshp l;
COMMENT ON VIEW _linked_agent IS 'linked agents as JSON';

CREATE VIEW _file_version AS
SELECT f.id, f.digital_object_id, f.digital_object_component_id,
       jsonb_strip_nulls(jsonb_build_object(
           'file_uri', f.file_uri,
           'checksum', f.checksum,
           'checksum_method', (SELECT v.value FROM enumeration_value v WHERE v.id = f.checksum_method_id),
           'file_size_bytes', f.file_size_bytes,
           'use_statement', (SELECT v.value FROM enumeration_value v WHERE v.id = f.use_statement_id),
           'file_format_name', (SELECT v.value FROM enumeration_value v WHERE v.id = f.file_format_name_id),
           'file_format_version', f.file_format_version,
           'publish', f.publish = 1,
           'is_representative', f.is_representative = 1,
           'caption', f.caption)) AS content
FROM file_version f;
COMMENT ON VIEW _file_version IS 'files of digital objects as JSON';

CREATE VIEW bib AS
SELECT 'resource'::text AS key1,
       r.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'uri', c.content -> 'uri',
           'repository', c.content -> 'repository',
           'title', c.content -> 'title',
           'identifier', c.content -> 'identifier',
           'level', c.content -> 'level',
           'publish', c.content -> 'publish',
           'suppressed', c.content -> 'suppressed')) AS attributes,
       false AS deleted
FROM resource r
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/repositories/' || r.repo_id || '/resources/' || r.id,
        'repository', 'repository:' || r.repo_id,
        'title', r.title,
        'identifier', CASE WHEN r.identifier LIKE '[%' THEN r.identifier::jsonb ELSE to_jsonb(r.identifier) END,
        'level', (SELECT v.value FROM enumeration_value v WHERE v.id = r.level_id),
        'other_level', r.other_level,
        'resource_type', (SELECT v.value FROM enumeration_value v WHERE v.id = r.resource_type_id),
        'restrictions', r.restrictions = 1,
        'ead_id', r.ead_id,
        'ead_location', r.ead_location,
        'finding_aid_title', r.finding_aid_title,
        'finding_aid_filing_title', r.finding_aid_filing_title,
        'finding_aid_date', r.finding_aid_date,
        'finding_aid_author', r.finding_aid_author,
        'finding_aid_description_rules', (SELECT v.value FROM enumeration_value v WHERE v.id = r.finding_aid_description_rules_id),
        'finding_aid_status', (SELECT v.value FROM enumeration_value v WHERE v.id = r.finding_aid_status_id),
        'finding_aid_edition_statement', r.finding_aid_edition_statement,
        'finding_aid_series_statement', r.finding_aid_series_statement,
        'finding_aid_sponsor', r.finding_aid_sponsor,
        'finding_aid_note', r.finding_aid_note,
        'publish', r.publish = 1,
        'suppressed', NULLIF(r.suppressed, 0) = 1,
        'extents', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _extent n WHERE n.resource_id = r.id),
        'dates', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _date n WHERE n.resource_id = r.id),
        'lang_materials', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _lang_material n WHERE n.resource_id = r.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.resource_id = r.id),
        'rights_statements', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _rights_statement n WHERE n.resource_id = r.id),
        'subjects', (SELECT jsonb_agg('subject:' || l.subject_id ORDER BY l.aspace_relationship_position, l.id)
                     FROM subject_rlshp l WHERE l.resource_id = r.id),
        'linked_agents', (SELECT jsonb_agg(l.content ORDER BY l.place, l.id) FROM _linked_agent l WHERE l.resource_id = r.id),
        'instances', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _instance n WHERE n.resource_id = r.id),
        'external_ids', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _external_id n WHERE n.resource_id = r.id),
        'arks', (SELECT jsonb_agg(k.ark_value ORDER BY k.is_current DESC, k.ark_value) FROM ark_name k WHERE k.resource_id = r.id))) AS content
    OFFSET 0) c
UNION ALL
SELECT 'archival_object'::text AS key1,
       o.id AS key2,
       CASE WHEN o.parent_id IS NOT NULL THEN 'archival_object:' || o.parent_id
            ELSE 'resource:' || o.root_record_id END AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'uri', c.content -> 'uri',
           'repository', c.content -> 'repository',
           'title', c.content -> 'title',
           'ref_id', c.content -> 'ref_id',
           'level', c.content -> 'level',
           'publish', c.content -> 'publish',
           'suppressed', c.content -> 'suppressed')) AS attributes,
       false AS deleted
FROM archival_object o
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/repositories/' || o.repo_id || '/archival_objects/' || o.id,
        'repository', 'repository:' || o.repo_id,
        'resource', 'resource:' || o.root_record_id,
        'parent', 'archival_object:' || o.parent_id,
        'position', o.position,
        'ref_id', o.ref_id,
        'component_id', o.component_id,
        'title', o.title,
        'level', (SELECT v.value FROM enumeration_value v WHERE v.id = o.level_id),
        'other_level', o.other_level,
        'restrictions_apply', o.restrictions_apply = 1,
        'publish', o.publish = 1,
        'suppressed', NULLIF(o.suppressed, 0) = 1,
        'extents', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _extent n WHERE n.archival_object_id = o.id),
        'dates', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _date n WHERE n.archival_object_id = o.id),
        'lang_materials', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _lang_material n WHERE n.archival_object_id = o.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.archival_object_id = o.id),
        'rights_statements', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _rights_statement n WHERE n.archival_object_id = o.id),
        'subjects', (SELECT jsonb_agg('subject:' || l.subject_id ORDER BY l.aspace_relationship_position, l.id)
                     FROM subject_rlshp l WHERE l.archival_object_id = o.id),
        'linked_agents', (SELECT jsonb_agg(l.content ORDER BY l.place, l.id) FROM _linked_agent l WHERE l.archival_object_id = o.id),
        'instances', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _instance n WHERE n.archival_object_id = o.id),
        'external_ids', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _external_id n WHERE n.archival_object_id = o.id),
        'arks', (SELECT jsonb_agg(k.ark_value ORDER BY k.is_current DESC, k.ark_value) FROM ark_name k WHERE k.archival_object_id = o.id))) AS content
    OFFSET 0) c
UNION ALL
SELECT 'accession'::text AS key1,
       a.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'uri', c.content -> 'uri',
           'repository', c.content -> 'repository',
           'title', c.content -> 'title',
           'identifier', c.content -> 'identifier',
           'publish', c.content -> 'publish',
           'suppressed', c.content -> 'suppressed')) AS attributes,
       false AS deleted
FROM accession a
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/repositories/' || a.repo_id || '/accessions/' || a.id,
        'repository', 'repository:' || a.repo_id,
        'title', a.title,
        'identifier', CASE WHEN a.identifier LIKE '[%' THEN a.identifier::jsonb ELSE to_jsonb(a.identifier) END,
        'content_description', a.content_description,
        'condition_description', a.condition_description,
        'disposition', a.disposition,
        'inventory', a.inventory,
        'provenance', a.provenance,
        'resource_type', (SELECT v.value FROM enumeration_value v WHERE v.id = a.resource_type_id),
        'acquisition_type', (SELECT v.value FROM enumeration_value v WHERE v.id = a.acquisition_type_id),
        'accession_date', a.accession_date,
        'restrictions_apply', a.restrictions_apply = 1,
        'retention_rule', a.retention_rule,
        'access_restrictions', a.access_restrictions = 1,
        'access_restrictions_note', a.access_restrictions_note,
        'use_restrictions', a.use_restrictions = 1,
        'use_restrictions_note', a.use_restrictions_note,
        'publish', a.publish = 1,
        'suppressed', NULLIF(a.suppressed, 0) = 1,
        'extents', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _extent n WHERE n.accession_id = a.id),
        'dates', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _date n WHERE n.accession_id = a.id),
        'lang_materials', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _lang_material n WHERE n.accession_id = a.id),
        'rights_statements', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _rights_statement n WHERE n.accession_id = a.id),
        'subjects', (SELECT jsonb_agg('subject:' || l.subject_id ORDER BY l.aspace_relationship_position, l.id)
                     FROM subject_rlshp l WHERE l.accession_id = a.id),
        'linked_agents', (SELECT jsonb_agg(l.content ORDER BY l.place, l.id) FROM _linked_agent l WHERE l.accession_id = a.id),
        'instances', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _instance n WHERE n.accession_id = a.id),
        'external_ids', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _external_id n WHERE n.accession_id = a.id))) AS content
    OFFSET 0) c;
COMMENT ON VIEW bib IS 'descriptions: resources, archival objects and accessions';

CREATE VIEW object AS
SELECT 'digital_object'::text AS key1,
       o.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'uri', c.content -> 'uri',
           'repository', c.content -> 'repository',
           'digital_object_id', c.content -> 'digital_object_id',
           'title', c.content -> 'title',
           'publish', c.content -> 'publish',
           'suppressed', c.content -> 'suppressed',
           'file_versions', c.content -> 'file_versions')) AS attributes,
       false AS deleted
FROM digital_object o
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/repositories/' || o.repo_id || '/digital_objects/' || o.id,
        'repository', 'repository:' || o.repo_id,
        'digital_object_id', o.digital_object_id,
        'title', o.title,
        'level', (SELECT v.value FROM enumeration_value v WHERE v.id = o.level_id),
        'digital_object_type', (SELECT v.value FROM enumeration_value v WHERE v.id = o.digital_object_type_id),
        'restrictions', o.restrictions = 1,
        'publish', o.publish = 1,
        'suppressed', NULLIF(o.suppressed, 0) = 1,
        'file_versions', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _file_version n WHERE n.digital_object_id = o.id),
        'extents', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _extent n WHERE n.digital_object_id = o.id),
        'dates', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _date n WHERE n.digital_object_id = o.id),
        'lang_materials', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _lang_material n WHERE n.digital_object_id = o.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.digital_object_id = o.id),
        'rights_statements', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _rights_statement n WHERE n.digital_object_id = o.id),
        'subjects', (SELECT jsonb_agg('subject:' || l.subject_id ORDER BY l.aspace_relationship_position, l.id)
                     FROM subject_rlshp l WHERE l.digital_object_id = o.id),
        'linked_agents', (SELECT jsonb_agg(l.content ORDER BY l.place, l.id) FROM _linked_agent l WHERE l.digital_object_id = o.id),
        'external_ids', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _external_id n WHERE n.digital_object_id = o.id))) AS content
    OFFSET 0) c
UNION ALL
SELECT 'digital_object_component'::text AS key1,
       o.id AS key2,
       CASE WHEN o.parent_id IS NOT NULL THEN 'digital_object_component:' || o.parent_id
            ELSE 'digital_object:' || o.root_record_id END AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       jsonb_strip_nulls(jsonb_build_object(
           'uri', c.content -> 'uri',
           'repository', c.content -> 'repository',
           'component_id', c.content -> 'component_id',
           'title', c.content -> 'title',
           'publish', c.content -> 'publish',
           'suppressed', c.content -> 'suppressed',
           'file_versions', c.content -> 'file_versions')) AS attributes,
       false AS deleted
FROM digital_object_component o
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/repositories/' || o.repo_id || '/digital_object_components/' || o.id,
        'repository', 'repository:' || o.repo_id,
        'digital_object', 'digital_object:' || o.root_record_id,
        'parent', 'digital_object_component:' || o.parent_id,
        'position', o.position,
        'component_id', o.component_id,
        'title', o.title,
        'label', o.label,
        'publish', o.publish = 1,
        'suppressed', NULLIF(o.suppressed, 0) = 1,
        'file_versions', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _file_version n WHERE n.digital_object_component_id = o.id),
        'extents', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _extent n WHERE n.digital_object_component_id = o.id),
        'dates', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _date n WHERE n.digital_object_component_id = o.id),
        'lang_materials', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _lang_material n WHERE n.digital_object_component_id = o.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.digital_object_component_id = o.id),
        'rights_statements', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _rights_statement n WHERE n.digital_object_component_id = o.id),
        'subjects', (SELECT jsonb_agg('subject:' || l.subject_id ORDER BY l.aspace_relationship_position, l.id)
                     FROM subject_rlshp l WHERE l.digital_object_component_id = o.id),
        'linked_agents', (SELECT jsonb_agg(l.content ORDER BY l.place, l.id) FROM _linked_agent l WHERE l.digital_object_component_id = o.id),
        'external_ids', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _external_id n WHERE n.digital_object_component_id = o.id))) AS content
    OFFSET 0) c;
COMMENT ON VIEW object IS 'digital objects and their components, with the address, checksum and size of each file';

CREATE VIEW item AS
SELECT t.id AS key1,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM top_container t
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/repositories/' || t.repo_id || '/top_containers/' || t.id,
        'repository', 'repository:' || t.repo_id,
        'type', (SELECT v.value FROM enumeration_value v WHERE v.id = t.type_id),
        'indicator', t.indicator,
        'barcode', t.barcode,
        'ils_holding_id', t.ils_holding_id,
        'ils_item_id', t.ils_item_id,
        'container_locations', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                              'ref', 'location:' || h.location_id,
                                              'status', h.status,
                                              'start_date', h.start_date,
                                              'end_date', h.end_date)) ORDER BY h.id)
                                FROM top_container_housed_at_rlshp h WHERE h.top_container_id = t.id))) AS content
    OFFSET 0) c;
COMMENT ON VIEW item IS 'top containers: boxes, reels, drives';

-- Agents that no record names are no authority: ArchivesSpace keeps its own users among them.
CREATE VIEW authority AS
SELECT 'subject'::text AS key1,
       s.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM subject s
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/subjects/' || s.id,
        'title', s.title,
        'authority_id', s.authority_id,
        'source', (SELECT v.value FROM enumeration_value v WHERE v.id = s.source_id),
        'scope_note', s.scope_note,
        'terms', (SELECT jsonb_agg(jsonb_build_object('term', m.term, 'term_type', (SELECT v.value FROM enumeration_value v WHERE v.id = m.term_type_id)) ORDER BY l.id)
                  FROM subject_term l JOIN term m ON m.id = l.term_id WHERE l.subject_id = s.id),
        'external_ids', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _external_id n WHERE n.subject_id = s.id))) AS content
    OFFSET 0) c
UNION ALL
SELECT 'agent_person'::text AS key1,
       g.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM agent_person g
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/agents/people/' || g.id,
        'publish', g.publish = 1,
        'names', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                         'sort_name', n.sort_name,
                         'primary_name', n.primary_name,
                         'title', n.title,
                         'prefix', n.prefix,
                         'rest_of_name', n.rest_of_name,
                         'suffix', n.suffix,
                         'fuller_form', n.fuller_form,
                         'number', n.number,
                         'dates', n.dates,
                         'qualifier', n.qualifier,
                         'source', (SELECT v.value FROM enumeration_value v WHERE v.id = n.source_id),
                         'rules', (SELECT v.value FROM enumeration_value v WHERE v.id = n.rules_id),
                         'authorized', n.authorized = 1,
                         'authority_ids', (SELECT jsonb_agg(i.authority_id ORDER BY i.authority_id) FROM name_authority_id i
                                           WHERE i.name_person_id = n.id))) ORDER BY n.id)
                  FROM name_person n WHERE n.agent_person_id = g.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.agent_person_id = g.id))) AS content
    OFFSET 0) c
WHERE EXISTS (SELECT FROM linked_agents_rlshp l WHERE l.agent_person_id = g.id)
UNION ALL
SELECT 'agent_family'::text AS key1,
       g.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM agent_family g
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/agents/families/' || g.id,
        'publish', g.publish = 1,
        'names', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                         'sort_name', n.sort_name,
                         'family_name', n.family_name,
                         'prefix', n.prefix,
                         'dates', n.dates,
                         'qualifier', n.qualifier,
                         'source', (SELECT v.value FROM enumeration_value v WHERE v.id = n.source_id),
                         'rules', (SELECT v.value FROM enumeration_value v WHERE v.id = n.rules_id),
                         'authorized', n.authorized = 1,
                         'authority_ids', (SELECT jsonb_agg(i.authority_id ORDER BY i.authority_id) FROM name_authority_id i
                                           WHERE i.name_family_id = n.id))) ORDER BY n.id)
                  FROM name_family n WHERE n.agent_family_id = g.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.agent_family_id = g.id))) AS content
    OFFSET 0) c
WHERE EXISTS (SELECT FROM linked_agents_rlshp l WHERE l.agent_family_id = g.id)
UNION ALL
SELECT 'agent_corporate_entity'::text AS key1,
       g.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM agent_corporate_entity g
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/agents/corporate_entities/' || g.id,
        'publish', g.publish = 1,
        'names', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                         'sort_name', n.sort_name,
                         'primary_name', n.primary_name,
                         'subordinate_name_1', n.subordinate_name_1,
                         'subordinate_name_2', n.subordinate_name_2,
                         'number', n.number,
                         'dates', n.dates,
                         'qualifier', n.qualifier,
                         'source', (SELECT v.value FROM enumeration_value v WHERE v.id = n.source_id),
                         'rules', (SELECT v.value FROM enumeration_value v WHERE v.id = n.rules_id),
                         'authorized', n.authorized = 1,
                         'authority_ids', (SELECT jsonb_agg(i.authority_id ORDER BY i.authority_id) FROM name_authority_id i
                                           WHERE i.name_corporate_entity_id = n.id))) ORDER BY n.id)
                  FROM name_corporate_entity n WHERE n.agent_corporate_entity_id = g.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.agent_corporate_entity_id = g.id))) AS content
    OFFSET 0) c
WHERE EXISTS (SELECT FROM linked_agents_rlshp l WHERE l.agent_corporate_entity_id = g.id)
UNION ALL
SELECT 'agent_software'::text AS key1,
       g.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM agent_software g
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/agents/software/' || g.id,
        'publish', g.publish = 1,
        'names', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                         'sort_name', n.sort_name,
                         'software_name', n.software_name,
                         'version', n.version,
                         'manufacturer', n.manufacturer,
                         'dates', n.dates,
                         'qualifier', n.qualifier,
                         'source', (SELECT v.value FROM enumeration_value v WHERE v.id = n.source_id),
                         'rules', (SELECT v.value FROM enumeration_value v WHERE v.id = n.rules_id),
                         'authorized', n.authorized = 1,
                         'authority_ids', (SELECT jsonb_agg(i.authority_id ORDER BY i.authority_id) FROM name_authority_id i
                                           WHERE i.name_software_id = n.id))) ORDER BY n.id)
                  FROM name_software n WHERE n.agent_software_id = g.id),
        'notes', (SELECT jsonb_agg(n.content ORDER BY n.id) FROM _note n WHERE n.agent_software_id = g.id))) AS content
    OFFSET 0) c
WHERE EXISTS (SELECT FROM linked_agents_rlshp l WHERE l.agent_software_id = g.id)
UNION ALL
SELECT 'location'::text AS key1,
       p.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM location p
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/locations/' || p.id,
        'title', p.title,
        'building', p.building,
        'floor', p.floor,
        'room', p.room,
        'area', p.area,
        'barcode', p.barcode,
        'classification', p.classification,
        'coordinate_1_label', p.coordinate_1_label,
        'coordinate_1_indicator', p.coordinate_1_indicator,
        'coordinate_2_label', p.coordinate_2_label,
        'coordinate_2_indicator', p.coordinate_2_indicator,
        'coordinate_3_label', p.coordinate_3_label,
        'coordinate_3_indicator', p.coordinate_3_indicator)) AS content
    OFFSET 0) c
UNION ALL
SELECT 'repository'::text AS key1,
       y.id AS key2,
       NULL::text AS parent_key,
       NULL::marc AS record,
       NULL::text AS problem,
       convert_to(c.content::text, 'UTF8') AS captured,
       'json'::text AS format,
       c.content AS attributes,
       false AS deleted
FROM repository y
CROSS JOIN LATERAL (
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'uri', '/repositories/' || y.id,
        'repo_code', y.repo_code,
        'name', y.name,
        'org_code', y.org_code,
        'parent_institution_name', y.parent_institution_name,
        'url', y.url,
        'publish', y.publish = 1,
        'hidden', NULLIF(y.hidden, 0) = 1)) AS content
    OFFSET 0) c;
COMMENT ON VIEW authority IS 'what descriptions refer to: subjects, agents, locations, repositories';
