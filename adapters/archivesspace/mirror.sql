-- title: ArchivesSpace 2.8 and later: resources, archival objects, accessions, digital objects, containers, subjects, agents
-- system: mariadb
--
-- This list is the privacy wall: a column that is not here never leaves the ArchivesSpace database. It names no user, no contact
-- detail of an agent, no staff note, and no column that says who did something or when a row was last indexed (created_by,
-- last_modified_by, system_mtime, user_mtime, lock_version).
--
-- ArchivesSpace saves a record by updating its row and by deleting and inserting all rows below it (notes, extents, dates, …), in one
-- transaction; so rows that do not name their record (sub_container, rights_statement_act, …) touch nothing: the record's own row
-- does. All its foreign keys on these tables refuse a delete, so none is declared.

CREATE TABLE repository (
    id                      integer PRIMARY KEY,
    repo_code               text,
    name                    text,
    org_code                text,
    parent_institution_name text,
    url                     text,
    hidden                  smallint,
    publish                 smallint
);
COMMENT ON TABLE repository IS 'repositories: the owning units. Touches: authority (''repository'', id).';
COMMENT ON COLUMN repository.publish IS 'Optional.';

CREATE TABLE enumeration_value (
    id    integer PRIMARY KEY,
    value text
);
COMMENT ON TABLE enumeration_value IS 'values of controlled lists, which the other tables name by id. Touches: nothing.';
COMMENT ON COLUMN enumeration_value.value IS 'ArchivesSpace replaces a value by writing the id of another into the records; it does not reword one';

CREATE TABLE resource (
    id                                integer PRIMARY KEY,
    repo_id                           integer,
    title                             text,
    identifier                        text,
    level_id                          integer,
    other_level                       text,
    resource_type_id                  integer,
    publish                           smallint,
    suppressed                        smallint,
    restrictions                      smallint,
    ead_id                            text,
    ead_location                      text,
    finding_aid_title                 text,
    finding_aid_filing_title          text,
    finding_aid_date                  text,
    finding_aid_author                text,
    finding_aid_description_rules_id  integer,
    finding_aid_status_id             integer,
    finding_aid_edition_statement     text,
    finding_aid_series_statement      text,
    finding_aid_sponsor               text,
    finding_aid_note                  text
);
COMMENT ON TABLE resource IS 'descriptions of holdings as wholes: collections, record groups. Touches: bib (''resource'', id).';
COMMENT ON COLUMN resource.identifier IS 'a JSON array of four parts';

CREATE TABLE archival_object (
    id                 integer PRIMARY KEY,
    repo_id            integer,
    root_record_id     integer,
    parent_id          integer,
    position           integer,
    publish            smallint,
    suppressed         smallint,
    ref_id             text,
    component_id       text,
    title              text,
    level_id           integer,
    other_level        text,
    restrictions_apply smallint
);
COMMENT ON TABLE archival_object IS 'descriptions of parts: series, files, items. Touches: bib (''archival_object'', id).';

CREATE TABLE accession (
    id                       integer PRIMARY KEY,
    repo_id                  integer,
    identifier               text,
    title                    text,
    publish                  smallint,
    suppressed               smallint,
    content_description      text,
    condition_description    text,
    disposition              text,
    inventory                text,
    provenance               text,
    resource_type_id         integer,
    acquisition_type_id      integer,
    accession_date           text,
    restrictions_apply       smallint,
    retention_rule           text,
    access_restrictions      smallint,
    access_restrictions_note text,
    use_restrictions         smallint,
    use_restrictions_note    text
);
COMMENT ON TABLE accession IS 'what came in, from whom and how. Touches: bib (''accession'', id).';

CREATE TABLE digital_object (
    id                     integer PRIMARY KEY,
    repo_id                integer,
    digital_object_id      text,
    title                  text,
    level_id               integer,
    digital_object_type_id integer,
    publish                smallint,
    suppressed             smallint,
    restrictions           smallint
);
COMMENT ON TABLE digital_object IS 'digital objects. Touches: object (''digital_object'', id).';

CREATE TABLE digital_object_component (
    id             integer PRIMARY KEY,
    repo_id        integer,
    root_record_id integer,
    parent_id      integer,
    position       integer,
    publish        smallint,
    suppressed     smallint,
    component_id   text,
    title          text,
    label          text
);
COMMENT ON TABLE digital_object_component IS 'parts of digital objects. Touches: object (''digital_object_component'', id).';

CREATE TABLE file_version (
    id                          integer PRIMARY KEY,
    digital_object_id           integer,
    digital_object_component_id integer,
    file_uri                    text,
    checksum                    text,
    checksum_method_id          integer,
    file_size_bytes             bigint,
    use_statement_id            integer,
    file_format_name_id         integer,
    file_format_version         text,
    publish                     smallint,
    is_representative           smallint,
    caption                     text
);
CREATE INDEX ON file_version (digital_object_id);
CREATE INDEX ON file_version (digital_object_component_id);
COMMENT ON TABLE file_version IS 'files of digital objects: address, checksum, size. Touches: object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id).';

CREATE TABLE instance (
    id                integer PRIMARY KEY,
    resource_id       integer,
    archival_object_id integer,
    accession_id      integer,
    instance_type_id  integer,
    is_representative smallint
);
CREATE INDEX ON instance (resource_id);
CREATE INDEX ON instance (archival_object_id);
CREATE INDEX ON instance (accession_id);
COMMENT ON TABLE instance IS 'in what containers or digital objects something is. Touches: bib (''resource'', resource_id), bib (''archival_object'', archival_object_id), bib (''accession'', accession_id).';

CREATE TABLE sub_container (
    id          integer PRIMARY KEY,
    instance_id integer,
    type_2_id   integer,
    indicator_2 text,
    type_3_id   integer,
    indicator_3 text
);
CREATE INDEX ON sub_container (instance_id);
COMMENT ON TABLE sub_container IS 'containers within containers. Touches: nothing.';

CREATE TABLE top_container (
    id             integer PRIMARY KEY,
    repo_id        integer,
    barcode        text,
    ils_holding_id text,
    ils_item_id    text,
    indicator      text,
    type_id        integer
);
COMMENT ON TABLE top_container IS 'boxes, reels, drives: what has a barcode and stands on a shelf. Touches: item (id).';
COMMENT ON COLUMN top_container.ils_item_id IS 'the item of a library system that stands for this container';

CREATE TABLE top_container_link_rlshp (
    id               integer PRIMARY KEY,
    top_container_id integer,
    sub_container_id integer
);
CREATE INDEX ON top_container_link_rlshp (sub_container_id);
COMMENT ON TABLE top_container_link_rlshp IS 'which top container an instance is in. Touches: nothing.';

CREATE TABLE top_container_housed_at_rlshp (
    id               integer PRIMARY KEY,
    top_container_id integer,
    location_id      integer,
    status           text,
    start_date       text,
    end_date         text
);
CREATE INDEX ON top_container_housed_at_rlshp (top_container_id);
COMMENT ON TABLE top_container_housed_at_rlshp IS 'where a top container stands or stood. Touches: item (top_container_id).';

CREATE TABLE location (
    id                     integer PRIMARY KEY,
    title                  text,
    building               text,
    floor                  text,
    room                   text,
    area                   text,
    barcode                text,
    classification         text,
    coordinate_1_label     text,
    coordinate_1_indicator text,
    coordinate_2_label     text,
    coordinate_2_indicator text,
    coordinate_3_label     text,
    coordinate_3_indicator text
);
COMMENT ON TABLE location IS 'shelves and rooms. Touches: authority (''location'', id).';

CREATE TABLE instance_do_link_rlshp (
    id                integer PRIMARY KEY,
    digital_object_id integer,
    instance_id       integer
);
CREATE INDEX ON instance_do_link_rlshp (instance_id);
COMMENT ON TABLE instance_do_link_rlshp IS 'which digital object an instance is. Touches: nothing.';

CREATE TABLE note (
    id                          integer PRIMARY KEY,
    resource_id                 integer,
    archival_object_id          integer,
    digital_object_id           integer,
    digital_object_component_id integer,
    agent_person_id             integer,
    agent_corporate_entity_id   integer,
    agent_family_id             integer,
    agent_software_id           integer,
    lang_material_id            integer,
    rights_statement_id         integer,
    rights_statement_act_id     integer,
    publish                     smallint,
    notes                       text
);
CREATE INDEX ON note (resource_id);
CREATE INDEX ON note (archival_object_id);
CREATE INDEX ON note (digital_object_id);
CREATE INDEX ON note (digital_object_component_id);
CREATE INDEX ON note (agent_person_id);
CREATE INDEX ON note (agent_corporate_entity_id);
CREATE INDEX ON note (agent_family_id);
CREATE INDEX ON note (agent_software_id);
CREATE INDEX ON note (lang_material_id);
CREATE INDEX ON note (rights_statement_id);
CREATE INDEX ON note (rights_statement_act_id);
COMMENT ON TABLE note IS 'notes: scope and content, access, custodial history, … Touches: bib (''resource'', resource_id), bib (''archival_object'', archival_object_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id), authority (''agent_person'', agent_person_id), authority (''agent_corporate_entity'', agent_corporate_entity_id), authority (''agent_family'', agent_family_id), authority (''agent_software'', agent_software_id).';
COMMENT ON COLUMN note.notes IS 'JSON in UTF-8, in a mediumblob: it may hold characters that the text columns (utf8mb3) cannot';

CREATE TABLE extent (
    id                          integer PRIMARY KEY,
    accession_id                integer,
    archival_object_id          integer,
    resource_id                 integer,
    digital_object_id           integer,
    digital_object_component_id integer,
    portion_id                  integer,
    number                      text,
    extent_type_id              integer,
    container_summary           text,
    physical_details            text,
    dimensions                  text
);
CREATE INDEX ON extent (accession_id);
CREATE INDEX ON extent (archival_object_id);
CREATE INDEX ON extent (resource_id);
CREATE INDEX ON extent (digital_object_id);
CREATE INDEX ON extent (digital_object_component_id);
COMMENT ON TABLE extent IS 'how much there is. Touches: bib (''accession'', accession_id), bib (''archival_object'', archival_object_id), bib (''resource'', resource_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id).';

CREATE TABLE date (
    id                          integer PRIMARY KEY,
    accession_id                integer,
    archival_object_id          integer,
    resource_id                 integer,
    digital_object_id           integer,
    digital_object_component_id integer,
    date_type_id                integer,
    label_id                    integer,
    certainty_id                integer,
    expression                  text,
    begin                       text,
    "end"                       text,
    era_id                      integer,
    calendar_id                 integer
);
CREATE INDEX ON date (accession_id);
CREATE INDEX ON date (archival_object_id);
CREATE INDEX ON date (resource_id);
CREATE INDEX ON date (digital_object_id);
CREATE INDEX ON date (digital_object_component_id);
COMMENT ON TABLE date IS 'dates of what is described. Touches: bib (''accession'', accession_id), bib (''archival_object'', archival_object_id), bib (''resource'', resource_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id).';

CREATE TABLE lang_material (
    id                          integer PRIMARY KEY,
    archival_object_id          integer,
    resource_id                 integer,
    digital_object_id           integer,
    digital_object_component_id integer,
    accession_id                integer
);
CREATE INDEX ON lang_material (archival_object_id);
CREATE INDEX ON lang_material (resource_id);
CREATE INDEX ON lang_material (digital_object_id);
CREATE INDEX ON lang_material (digital_object_component_id);
CREATE INDEX ON lang_material (accession_id);
COMMENT ON TABLE lang_material IS 'languages of what is described. Touches: bib (''archival_object'', archival_object_id), bib (''resource'', resource_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id), bib (''accession'', accession_id).';
COMMENT ON COLUMN lang_material.accession_id IS 'Optional.';

CREATE TABLE language_and_script (
    id               integer PRIMARY KEY,
    lang_material_id integer,
    language_id      integer,
    script_id        integer
);
CREATE INDEX ON language_and_script (lang_material_id);
COMMENT ON TABLE language_and_script IS 'a language and its script. Touches: nothing.';

CREATE TABLE rights_statement (
    id                          integer PRIMARY KEY,
    accession_id                integer,
    archival_object_id          integer,
    resource_id                 integer,
    digital_object_id           integer,
    digital_object_component_id integer,
    identifier                  text,
    rights_type_id              integer,
    statute_citation            text,
    jurisdiction_id             integer,
    status_id                   integer,
    start_date                  text,
    end_date                    text,
    determination_date          text,
    license_terms               text,
    other_rights_basis_id       integer
);
CREATE INDEX ON rights_statement (accession_id);
CREATE INDEX ON rights_statement (archival_object_id);
CREATE INDEX ON rights_statement (resource_id);
CREATE INDEX ON rights_statement (digital_object_id);
CREATE INDEX ON rights_statement (digital_object_component_id);
COMMENT ON TABLE rights_statement IS 'rights, as PREMIS has them. Touches: bib (''accession'', accession_id), bib (''archival_object'', archival_object_id), bib (''resource'', resource_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id).';

CREATE TABLE rights_statement_act (
    id                  integer PRIMARY KEY,
    rights_statement_id integer,
    act_type_id         integer,
    restriction_id      integer,
    start_date          text,
    end_date            text
);
CREATE INDEX ON rights_statement_act (rights_statement_id);
COMMENT ON TABLE rights_statement_act IS 'what a right allows or not. Touches: nothing.';

CREATE TABLE external_id (
    id                          integer PRIMARY KEY,
    external_id                 text,
    source                      text,
    accession_id                integer,
    archival_object_id          integer,
    resource_id                 integer,
    digital_object_id           integer,
    digital_object_component_id integer,
    subject_id                  integer
);
CREATE INDEX ON external_id (accession_id);
CREATE INDEX ON external_id (archival_object_id);
CREATE INDEX ON external_id (resource_id);
CREATE INDEX ON external_id (digital_object_id);
CREATE INDEX ON external_id (digital_object_component_id);
CREATE INDEX ON external_id (subject_id);
COMMENT ON TABLE external_id IS 'numbers in other systems. Touches: bib (''accession'', accession_id), bib (''archival_object'', archival_object_id), bib (''resource'', resource_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id), authority (''subject'', subject_id).';

CREATE TABLE ark_name (
    id                 integer PRIMARY KEY,
    archival_object_id integer,
    resource_id        integer,
    ark_value          text,
    is_current         smallint,
    is_external_url    smallint
);
CREATE INDEX ON ark_name (archival_object_id);
CREATE INDEX ON ark_name (resource_id);
COMMENT ON TABLE ark_name IS 'Optional. Archival resource keys (ARK). Touches: bib (''archival_object'', archival_object_id), bib (''resource'', resource_id).';

CREATE TABLE subject (
    id           integer PRIMARY KEY,
    title        text,
    authority_id text,
    source_id    integer,
    scope_note   text
);
COMMENT ON TABLE subject IS 'subject headings. Touches: authority (''subject'', id).';

CREATE TABLE term (
    id           integer PRIMARY KEY,
    term         text,
    term_type_id integer
);
COMMENT ON TABLE term IS 'parts of subject headings; a changed heading names another term. Touches: nothing.';

CREATE TABLE subject_term (
    id         integer PRIMARY KEY,
    subject_id integer,
    term_id    integer
);
CREATE INDEX ON subject_term (subject_id);
COMMENT ON TABLE subject_term IS 'the parts of a subject heading. Touches: authority (''subject'', subject_id).';

CREATE TABLE subject_rlshp (
    id                           integer PRIMARY KEY,
    accession_id                 integer,
    archival_object_id           integer,
    resource_id                  integer,
    digital_object_id            integer,
    digital_object_component_id  integer,
    subject_id                   integer,
    aspace_relationship_position integer
);
CREATE INDEX ON subject_rlshp (accession_id);
CREATE INDEX ON subject_rlshp (archival_object_id);
CREATE INDEX ON subject_rlshp (resource_id);
CREATE INDEX ON subject_rlshp (digital_object_id);
CREATE INDEX ON subject_rlshp (digital_object_component_id);
COMMENT ON TABLE subject_rlshp IS 'what is about what. Touches: bib (''accession'', accession_id), bib (''archival_object'', archival_object_id), bib (''resource'', resource_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id).';

CREATE TABLE agent_person (
    id      integer PRIMARY KEY,
    publish smallint
);
COMMENT ON TABLE agent_person IS 'persons, without any contact detail. Touches: authority (''agent_person'', id).';

CREATE TABLE name_person (
    id integer PRIMARY KEY,
    agent_person_id integer,
    primary_name text,
    title text,
    prefix text,
    rest_of_name text,
    suffix text,
    fuller_form text,
    number text,
    dates text,
    qualifier text,
    source_id integer,
    rules_id integer,
    sort_name text,
    authorized smallint
);
CREATE INDEX ON name_person (agent_person_id);
COMMENT ON TABLE name_person IS 'names of persons. Touches: authority (''agent_person'', agent_person_id).';

CREATE TABLE agent_family (
    id      integer PRIMARY KEY,
    publish smallint
);
COMMENT ON TABLE agent_family IS 'families, without any contact detail. Touches: authority (''agent_family'', id).';

CREATE TABLE name_family (
    id integer PRIMARY KEY,
    agent_family_id integer,
    family_name text,
    prefix text,
    dates text,
    qualifier text,
    source_id integer,
    rules_id integer,
    sort_name text,
    authorized smallint
);
CREATE INDEX ON name_family (agent_family_id);
COMMENT ON TABLE name_family IS 'names of families. Touches: authority (''agent_family'', agent_family_id).';

CREATE TABLE agent_corporate_entity (
    id      integer PRIMARY KEY,
    publish smallint
);
COMMENT ON TABLE agent_corporate_entity IS 'corporate bodies, without any contact detail. Touches: authority (''agent_corporate_entity'', id).';

CREATE TABLE name_corporate_entity (
    id integer PRIMARY KEY,
    agent_corporate_entity_id integer,
    primary_name text,
    subordinate_name_1 text,
    subordinate_name_2 text,
    number text,
    dates text,
    qualifier text,
    source_id integer,
    rules_id integer,
    sort_name text,
    authorized smallint
);
CREATE INDEX ON name_corporate_entity (agent_corporate_entity_id);
COMMENT ON TABLE name_corporate_entity IS 'names of corporate bodies. Touches: authority (''agent_corporate_entity'', agent_corporate_entity_id).';

CREATE TABLE agent_software (
    id      integer PRIMARY KEY,
    publish smallint
);
COMMENT ON TABLE agent_software IS 'programs, without any contact detail. Touches: authority (''agent_software'', id).';

CREATE TABLE name_software (
    id integer PRIMARY KEY,
    agent_software_id integer,
    software_name text,
    version text,
    manufacturer text,
    dates text,
    qualifier text,
    source_id integer,
    rules_id integer,
    sort_name text,
    authorized smallint
);
CREATE INDEX ON name_software (agent_software_id);
COMMENT ON TABLE name_software IS 'names of programs. Touches: authority (''agent_software'', agent_software_id).';

CREATE TABLE name_authority_id (
    id                       integer PRIMARY KEY,
    name_person_id           integer,
    name_family_id           integer,
    name_corporate_entity_id integer,
    name_software_id         integer,
    authority_id             text
);
CREATE INDEX ON name_authority_id (name_person_id);
CREATE INDEX ON name_authority_id (name_family_id);
CREATE INDEX ON name_authority_id (name_corporate_entity_id);
CREATE INDEX ON name_authority_id (name_software_id);
COMMENT ON TABLE name_authority_id IS 'numbers of names in authority files. Touches: nothing.';

CREATE TABLE linked_agents_rlshp (
    id                           integer PRIMARY KEY,
    agent_person_id              integer,
    agent_family_id              integer,
    agent_corporate_entity_id    integer,
    agent_software_id            integer,
    accession_id                 integer,
    archival_object_id           integer,
    resource_id                  integer,
    digital_object_id            integer,
    digital_object_component_id  integer,
    role_id                      integer,
    relator_id                   integer,
    aspace_relationship_position integer
);
CREATE INDEX ON linked_agents_rlshp (agent_person_id);
CREATE INDEX ON linked_agents_rlshp (agent_family_id);
CREATE INDEX ON linked_agents_rlshp (agent_corporate_entity_id);
CREATE INDEX ON linked_agents_rlshp (agent_software_id);
CREATE INDEX ON linked_agents_rlshp (accession_id);
CREATE INDEX ON linked_agents_rlshp (archival_object_id);
CREATE INDEX ON linked_agents_rlshp (resource_id);
CREATE INDEX ON linked_agents_rlshp (digital_object_id);
CREATE INDEX ON linked_agents_rlshp (digital_object_component_id);
COMMENT ON TABLE linked_agents_rlshp IS 'who created, gave or is the subject of what. Touches: authority (''agent_person'', agent_person_id), authority (''agent_family'', agent_family_id), authority (''agent_corporate_entity'', agent_corporate_entity_id), authority (''agent_software'', agent_software_id), bib (''accession'', accession_id), bib (''archival_object'', archival_object_id), bib (''resource'', resource_id), object (''digital_object'', digital_object_id), object (''digital_object_component'', digital_object_component_id).';

CREATE TABLE deleted_records (
    id          integer PRIMARY KEY,
    uri         text,
    "timestamp" text
);
COMMENT ON TABLE deleted_records IS 'what ArchivesSpace says of deleted records, and of the former address of those that moved to another repository: for queries on the mirror. Touches: nothing.';
