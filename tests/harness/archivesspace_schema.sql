-- An ArchivesSpace database as far as this project needs one: the tables that the adapter captures, and some that must never leave it
-- (users, contact details). Names, types and keys are those of the migrations up to 176; the DDL is our own. As DBMigrator makes them,
-- text is utf8mb3: a character beyond U+FFFF fits into the blobs of notes only. Run in an empty database.

CREATE TABLE repository (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repo_code varchar(255),
    name varchar(255),
    org_code varchar(255),
    parent_institution_name varchar(255),
    url varchar(255),
    hidden int DEFAULT 0,
    publish int,
    contact_persons text,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE enumeration_value (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    value varchar(255)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE resource (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repo_id int,
    title varchar(8704) NOT NULL,
    identifier varchar(255),
    level_id int NOT NULL,
    other_level varchar(255),
    resource_type_id int,
    publish int,
    suppressed int NOT NULL DEFAULT 0,
    restrictions int,
    ead_id varchar(255),
    ead_location varchar(255),
    finding_aid_title text,
    finding_aid_filing_title text,
    finding_aid_date varchar(255),
    finding_aid_author text,
    finding_aid_description_rules_id int,
    finding_aid_status_id int,
    finding_aid_edition_statement text,
    finding_aid_series_statement text,
    finding_aid_sponsor text,
    finding_aid_note text,
    repository_processing_note text,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (repo_id) REFERENCES repository (id),
    UNIQUE KEY resource_unique_identifier (repo_id, identifier)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE archival_object (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repo_id int,
    root_record_id int,
    parent_id int,
    position int NOT NULL,
    publish int,
    suppressed int NOT NULL DEFAULT 0,
    ref_id varchar(255) NOT NULL,
    component_id varchar(255),
    title varchar(8704),
    level_id int NOT NULL,
    other_level varchar(255),
    restrictions_apply int,
    display_string text,
    repository_processing_note text,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (repo_id) REFERENCES repository (id),
    FOREIGN KEY (root_record_id) REFERENCES resource (id),
    FOREIGN KEY (parent_id) REFERENCES archival_object (id),
    UNIQUE KEY ao_unique_refid (root_record_id, ref_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE accession (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repo_id int,
    identifier varchar(255) NOT NULL,
    title varchar(8704),
    publish int,
    suppressed int NOT NULL DEFAULT 0,
    content_description text,
    condition_description text,
    disposition text,
    inventory text,
    provenance text,
    resource_type_id int,
    acquisition_type_id int,
    accession_date date,
    restrictions_apply int,
    retention_rule text,
    access_restrictions int,
    access_restrictions_note text,
    use_restrictions int,
    use_restrictions_note text,
    general_note text,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (repo_id) REFERENCES repository (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE digital_object (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repo_id int,
    digital_object_id varchar(255) NOT NULL,
    title varchar(8704),
    level_id int,
    digital_object_type_id int,
    publish int,
    suppressed int NOT NULL DEFAULT 0,
    restrictions int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (repo_id) REFERENCES repository (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE digital_object_component (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repo_id int,
    root_record_id int,
    parent_id int,
    position int,
    publish int,
    suppressed int NOT NULL DEFAULT 0,
    component_id varchar(255),
    title varchar(8704),
    label varchar(255),
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (repo_id) REFERENCES repository (id),
    FOREIGN KEY (root_record_id) REFERENCES digital_object (id),
    FOREIGN KEY (parent_id) REFERENCES digital_object_component (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE agent_person (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    publish int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE agent_family (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    publish int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE agent_corporate_entity (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    publish int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE agent_software (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    publish int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE subject (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title varchar(8704),
    authority_id varchar(255),
    source_id int,
    scope_note text,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE term (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    term varchar(255),
    term_type_id int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE location (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title varchar(8704),
    building varchar(255),
    floor varchar(255),
    room varchar(255),
    area varchar(255),
    barcode varchar(255),
    classification varchar(255),
    coordinate_1_label varchar(255),
    coordinate_1_indicator varchar(255),
    coordinate_2_label varchar(255),
    coordinate_2_indicator varchar(255),
    coordinate_3_label varchar(255),
    coordinate_3_indicator varchar(255),
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE top_container (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repo_id int,
    barcode varchar(255),
    ils_holding_id varchar(255),
    ils_item_id varchar(255),
    indicator varchar(255) NOT NULL,
    type_id int,
    internal_note varchar(255),
    created_for_collection varchar(255),
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (repo_id) REFERENCES repository (id),
    UNIQUE KEY top_container_uniq_barcode (repo_id, barcode)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE instance (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    resource_id int,
    archival_object_id int,
    accession_id int,
    instance_type_id int,
    is_representative int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (accession_id) REFERENCES accession (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE lang_material (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    archival_object_id int,
    resource_id int,
    digital_object_id int,
    digital_object_component_id int,
    accession_id int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id),
    FOREIGN KEY (accession_id) REFERENCES accession (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE rights_statement (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    accession_id int,
    archival_object_id int,
    resource_id int,
    digital_object_id int,
    digital_object_component_id int,
    identifier varchar(255),
    rights_type_id int,
    statute_citation varchar(255),
    jurisdiction_id int,
    status_id int,
    start_date date,
    end_date date,
    determination_date date,
    license_terms varchar(255),
    other_rights_basis_id int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (accession_id) REFERENCES accession (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE rights_statement_act (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    rights_statement_id int,
    act_type_id int,
    restriction_id int,
    start_date date,
    end_date date,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (rights_statement_id) REFERENCES rights_statement (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE sub_container (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    instance_id int,
    type_2_id int,
    indicator_2 varchar(255),
    type_3_id int,
    indicator_3 varchar(255),
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (instance_id) REFERENCES instance (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE name_person (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    agent_person_id int,
    primary_name varchar(255),
    title varchar(255),
    prefix text,
    rest_of_name text,
    suffix text,
    fuller_form text,
    number varchar(255),
    dates varchar(255),
    qualifier text,
    source_id int,
    rules_id int,
    sort_name text,
    authorized int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (agent_person_id) REFERENCES agent_person (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE name_family (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    agent_family_id int,
    family_name text,
    prefix text,
    dates varchar(255),
    qualifier text,
    source_id int,
    rules_id int,
    sort_name text,
    authorized int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (agent_family_id) REFERENCES agent_family (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE name_corporate_entity (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    agent_corporate_entity_id int,
    primary_name varchar(255),
    subordinate_name_1 text,
    subordinate_name_2 text,
    number varchar(255),
    dates varchar(255),
    qualifier text,
    source_id int,
    rules_id int,
    sort_name text,
    authorized int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (agent_corporate_entity_id) REFERENCES agent_corporate_entity (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE name_software (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    agent_software_id int,
    software_name text,
    version text,
    manufacturer text,
    dates varchar(255),
    qualifier text,
    source_id int,
    rules_id int,
    sort_name text,
    authorized int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (agent_software_id) REFERENCES agent_software (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE file_version (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    digital_object_id int,
    digital_object_component_id int,
    file_uri varchar(16384) NOT NULL,
    checksum varchar(255),
    checksum_method_id int,
    file_size_bytes bigint,
    use_statement_id int,
    file_format_name_id int,
    file_format_version varchar(255),
    publish int,
    is_representative int,
    caption varchar(255),
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE top_container_link_rlshp (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    top_container_id int,
    sub_container_id int,
    suppressed int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (top_container_id) REFERENCES top_container (id),
    FOREIGN KEY (sub_container_id) REFERENCES sub_container (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE top_container_housed_at_rlshp (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    top_container_id int,
    location_id int,
    status varchar(255),
    start_date date,
    end_date date,
    note varchar(255),
    suppressed int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (top_container_id) REFERENCES top_container (id),
    FOREIGN KEY (location_id) REFERENCES location (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE instance_do_link_rlshp (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    digital_object_id int,
    instance_id int,
    suppressed int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (instance_id) REFERENCES instance (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE note (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    resource_id int,
    archival_object_id int,
    digital_object_id int,
    digital_object_component_id int,
    agent_person_id int,
    agent_corporate_entity_id int,
    agent_family_id int,
    agent_software_id int,
    lang_material_id int,
    rights_statement_id int,
    rights_statement_act_id int,
    publish int,
    notes mediumblob NOT NULL,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id),
    FOREIGN KEY (agent_person_id) REFERENCES agent_person (id),
    FOREIGN KEY (agent_corporate_entity_id) REFERENCES agent_corporate_entity (id),
    FOREIGN KEY (agent_family_id) REFERENCES agent_family (id),
    FOREIGN KEY (agent_software_id) REFERENCES agent_software (id),
    FOREIGN KEY (lang_material_id) REFERENCES lang_material (id),
    FOREIGN KEY (rights_statement_id) REFERENCES rights_statement (id),
    FOREIGN KEY (rights_statement_act_id) REFERENCES rights_statement_act (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE extent (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    accession_id int,
    archival_object_id int,
    resource_id int,
    digital_object_id int,
    digital_object_component_id int,
    portion_id int,
    number varchar(255) NOT NULL,
    extent_type_id int,
    container_summary text,
    physical_details text,
    dimensions varchar(255),
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (accession_id) REFERENCES accession (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE date (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    accession_id int,
    archival_object_id int,
    resource_id int,
    digital_object_id int,
    digital_object_component_id int,
    date_type_id int,
    label_id int,
    certainty_id int,
    expression varchar(255),
    `begin` varchar(255),
    `end` varchar(255),
    era_id int,
    calendar_id int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (accession_id) REFERENCES accession (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE language_and_script (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    lang_material_id int,
    language_id int,
    script_id int,
    lock_version int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (lang_material_id) REFERENCES lang_material (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE external_id (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    external_id varchar(255),
    source varchar(255),
    accession_id int,
    archival_object_id int,
    resource_id int,
    digital_object_id int,
    digital_object_component_id int,
    subject_id int,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (accession_id) REFERENCES accession (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id),
    FOREIGN KEY (subject_id) REFERENCES subject (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE ark_name (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    archival_object_id int,
    resource_id int,
    ark_value varchar(255),
    is_current int,
    is_external_url int,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp()
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE subject_term (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    subject_id int,
    term_id int,
    FOREIGN KEY (subject_id) REFERENCES subject (id),
    FOREIGN KEY (term_id) REFERENCES term (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE subject_rlshp (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    accession_id int,
    archival_object_id int,
    resource_id int,
    digital_object_id int,
    digital_object_component_id int,
    subject_id int,
    aspace_relationship_position int,
    suppressed int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (accession_id) REFERENCES accession (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id),
    FOREIGN KEY (subject_id) REFERENCES subject (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE name_authority_id (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name_person_id int,
    name_family_id int,
    name_corporate_entity_id int,
    name_software_id int,
    authority_id varchar(255),
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (name_person_id) REFERENCES name_person (id),
    FOREIGN KEY (name_family_id) REFERENCES name_family (id),
    FOREIGN KEY (name_corporate_entity_id) REFERENCES name_corporate_entity (id),
    FOREIGN KEY (name_software_id) REFERENCES name_software (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE linked_agents_rlshp (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    agent_person_id int,
    agent_family_id int,
    agent_corporate_entity_id int,
    agent_software_id int,
    accession_id int,
    archival_object_id int,
    resource_id int,
    digital_object_id int,
    digital_object_component_id int,
    role_id int,
    relator_id int,
    aspace_relationship_position int,
    suppressed int NOT NULL DEFAULT 0,
    created_by varchar(255),
    last_modified_by varchar(255),
    system_mtime datetime NOT NULL DEFAULT current_timestamp(),
    user_mtime datetime NOT NULL DEFAULT current_timestamp(),
    FOREIGN KEY (agent_person_id) REFERENCES agent_person (id),
    FOREIGN KEY (agent_family_id) REFERENCES agent_family (id),
    FOREIGN KEY (agent_corporate_entity_id) REFERENCES agent_corporate_entity (id),
    FOREIGN KEY (agent_software_id) REFERENCES agent_software (id),
    FOREIGN KEY (accession_id) REFERENCES accession (id),
    FOREIGN KEY (archival_object_id) REFERENCES archival_object (id),
    FOREIGN KEY (resource_id) REFERENCES resource (id),
    FOREIGN KEY (digital_object_id) REFERENCES digital_object (id),
    FOREIGN KEY (digital_object_component_id) REFERENCES digital_object_component (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE deleted_records (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uri varchar(255) NOT NULL,
    `timestamp` datetime NOT NULL,
    operator varchar(255) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

-- Personal data. `canary` is what the tests look for on the other side of the privacy wall.
CREATE TABLE user (
    id              int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    username        varchar(255) NOT NULL UNIQUE,
    name            varchar(255) NOT NULL,
    email           varchar(255),
    agent_record_id int
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;

CREATE TABLE agent_contact (
    id              int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    agent_person_id int,
    name            text NOT NULL,
    address_1       text,
    email           text,
    note            text,
    FOREIGN KEY (agent_person_id) REFERENCES agent_person (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;
