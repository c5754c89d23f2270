-- Two repositories with a few records of each kind, and the canary where nothing may be captured.

INSERT INTO enumeration_value (id, value) VALUES
    (1, 'collection'), (2, 'series'), (3, 'file'), (4, 'whole'), (5, 'linear_feet'), (6, 'creation'), (7, 'inclusive'),
    (8, 'sha-256'), (9, 'md5'), (10, 'tiff'), (11, 'mixed_materials'), (12, 'digital_object'), (13, 'box'), (14, 'folder'),
    (15, 'creator'), (16, 'source'), (17, 'subject'), (18, 'lcsh'), (19, 'topical'), (20, 'eng'), (21, 'Latn'), (22, 'copyright'),
    (23, 'US'), (24, 'disseminate'), (25, 'conditional'), (26, 'naf'), (27, 'aut'), (28, 'image-master');
INSERT INTO repository (id, repo_code, name, publish, contact_persons, created_by) VALUES
    (2, 'MAIN', 'Main Archives', 1, 'canary person', 'canary'), (3, 'MAPS', 'Map Collection', 1, NULL, 'canary');
INSERT INTO resource (id, repo_id, title, identifier, level_id, publish, ead_id, repository_processing_note, created_by, last_modified_by) VALUES
    (1, 2, 'Pell family papers', '["MS","1",null,null]', 1, 1, 'ms1', 'canary processing', 'canary', 'canary'),
    (2, 2, 'Papiers de la Société', '["MS","2",null,null]', 1, 0, NULL, NULL, 'canary', 'canary'),
    (3, 3, 'Survey maps', '["MAP","1",null,null]', 1, 1, NULL, NULL, 'canary', 'canary');
INSERT INTO archival_object (id, repo_id, root_record_id, parent_id, position, publish, ref_id, title, display_string, level_id, created_by) VALUES
    (10, 2, 1, NULL, 1000, 1, 'aaa1', 'Correspondence', 'Correspondence, 1900', 2, 'canary'),
    (11, 2, 1, 10, 1000, 1, 'aaa2', 'Letters received', NULL, 3, 'canary'),
    (12, 2, 1, 10, 2000, 1, 'aaa3', 'Letters sent', NULL, 3, 'canary'),
    (13, 3, 3, NULL, 1000, 1, 'bbb1', 'Sheet 1', NULL, 3, 'canary');
INSERT INTO accession (id, repo_id, identifier, title, accession_date, provenance, general_note, created_by) VALUES
    (20, 2, '["2024","001",null,null]', 'Gift of the Pell family', '2024-03-01', 'From the attic', 'canary donor phone', 'canary');
INSERT INTO digital_object (id, repo_id, digital_object_id, title, publish, created_by) VALUES
    (30, 2, 'pell-0001', 'Scanned letters', 1, 'canary'), (31, 3, 'map-0001', 'Sheet 1, scanned', 1, 'canary');
INSERT INTO digital_object_component (id, repo_id, root_record_id, position, publish, title, label, created_by) VALUES
    (35, 2, 30, 1000, 1, 'Page 1', 'p1', 'canary');
INSERT INTO file_version (id, digital_object_id, digital_object_component_id, file_uri, checksum, checksum_method_id, file_size_bytes, file_format_name_id, use_statement_id, publish, created_by) VALUES
    (40, 30, NULL, 'https://files.example.org/pell-0001', NULL, NULL, NULL, NULL, NULL, 1, 'canary'),
    (41, NULL, 35, 'https://files.example.org/pell-0001/1.tif', 'd41d8cd98f00b204e9800998ecf8427e', 9, 5368709120, 10, 28, 1, 'canary'),
    (42, 31, NULL, 's3://maps/sheet1.tif', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 8, 1048576, 10, 28, 0, 'canary');
INSERT INTO top_container (id, repo_id, barcode, indicator, type_id, ils_holding_id, ils_item_id, internal_note, created_by) VALUES
    (50, 2, 'B0001', '1', 13, '7001', '9001', 'canary internal', 'canary'), (51, 2, 'B0002', '2', 13, NULL, NULL, NULL, 'canary');
INSERT INTO location (id, title, building, room, created_by) VALUES (60, 'Annex, room 2', 'Annex', '2', 'canary');
INSERT INTO top_container_housed_at_rlshp (id, top_container_id, location_id, status, start_date, note) VALUES (61, 50, 60, 'current', '2024-01-01', 'canary note');
INSERT INTO instance (id, archival_object_id, instance_type_id, created_by) VALUES (70, 11, 11, 'canary'), (71, 11, 12, 'canary'), (72, 12, 11, 'canary');
INSERT INTO sub_container (id, instance_id, type_2_id, indicator_2, created_by) VALUES (75, 70, 14, '1', 'canary'), (76, 72, 14, '2', 'canary');
INSERT INTO top_container_link_rlshp (id, top_container_id, sub_container_id) VALUES (77, 50, 75), (78, 50, 76);
INSERT INTO instance_do_link_rlshp (id, digital_object_id, instance_id) VALUES (79, 30, 71);
INSERT INTO lang_material (id, resource_id, created_by) VALUES (80, 1, 'canary');
INSERT INTO language_and_script (id, lang_material_id, language_id, script_id) VALUES (81, 80, 20, 21);
INSERT INTO note (id, resource_id, archival_object_id, publish, notes, created_by) VALUES
    (90, 1, NULL, 1, '{"jsonmodel_type":"note_multipart","type":"scopecontent","persistent_id":"p90","subnotes":[{"jsonmodel_type":"note_text","content":"Letters and ledgers"}]}', 'canary'),
    (91, 1, NULL, 0, '{"jsonmodel_type":"note_multipart","type":"custodhist","persistent_id":"p91","subnotes":[{"jsonmodel_type":"note_text","content":"Kept in Čáslav"}]}', 'canary'),
    (92, NULL, 11, 1, '{"jsonmodel_type":"note_singlepart","type":"abstract","persistent_id":"p92","content":["From London"]}', 'canary');
INSERT INTO note (id, lang_material_id, publish, notes) VALUES (93, 80, 1, '{"jsonmodel_type":"note_langmaterial","type":"langmaterial","content":["English"]}');
INSERT INTO extent (id, resource_id, accession_id, portion_id, number, extent_type_id, created_by) VALUES (100, 1, NULL, 4, '3.5', 5, 'canary'), (101, NULL, 20, 4, '1', 5, 'canary'), (102, 3, NULL, 4, '2', 5, 'canary');
INSERT INTO date (id, resource_id, archival_object_id, date_type_id, label_id, expression, begin, `end`, created_by) VALUES
    (110, 1, NULL, 7, 6, NULL, '1890', '1921', 'canary'), (111, NULL, 11, 7, 6, 'about 1900', NULL, NULL, 'canary');
INSERT INTO rights_statement (id, resource_id, identifier, rights_type_id, jurisdiction_id, start_date, created_by) VALUES (120, 1, 'r1', 22, 23, '1990-01-01', 'canary');
INSERT INTO rights_statement_act (id, rights_statement_id, act_type_id, restriction_id, start_date) VALUES (121, 120, 24, 25, '2000-01-01');
INSERT INTO external_id (id, resource_id, external_id, source) VALUES (130, 1, 'OCLC-123', 'oclc');
INSERT INTO ark_name (id, resource_id, ark_value, is_current, is_external_url) VALUES (135, 1, 'ark:/99999/x1', 1, 0);
INSERT INTO subject (id, title, authority_id, source_id, created_by) VALUES (140, 'Families -- New England', 'sh85047009', 18, 'canary');
INSERT INTO term (id, term, term_type_id) VALUES (141, 'Families', 19), (142, 'New England', 19);
INSERT INTO subject_term (id, subject_id, term_id) VALUES (143, 140, 141), (144, 140, 142);
INSERT INTO subject_rlshp (id, resource_id, subject_id, aspace_relationship_position) VALUES (145, 1, 140, 0);
INSERT INTO agent_person (id, publish, created_by) VALUES (150, 1, 'canary'), (151, 0, 'canary');
INSERT INTO name_person (id, agent_person_id, primary_name, rest_of_name, dates, sort_name, source_id, authorized, created_by) VALUES
    (152, 150, 'Pell', 'Ada', '1870-1950', 'Pell, Ada, 1870-1950', 26, 1, 'canary'), (153, 151, 'Keeper', 'Jo', NULL, 'Keeper, Jo', NULL, 1, 'canary');
INSERT INTO name_authority_id (id, name_person_id, authority_id) VALUES (154, 152, 'n00000001');
INSERT INTO agent_contact (agent_person_id, name, address_1, email, note) VALUES (150, 'canary contact', 'canary street', 'canary@example.org', 'canary');
INSERT INTO agent_corporate_entity (id, publish, created_by) VALUES (155, 1, 'canary');
INSERT INTO name_corporate_entity (id, agent_corporate_entity_id, primary_name, sort_name, authorized) VALUES (156, 155, 'Survey Office', 'Survey Office', 1);
INSERT INTO linked_agents_rlshp (id, agent_person_id, agent_corporate_entity_id, resource_id, accession_id, role_id, relator_id, aspace_relationship_position) VALUES
    (160, 150, NULL, 1, NULL, 15, 27, 0), (161, NULL, 155, 3, NULL, 15, NULL, 0), (162, 150, NULL, NULL, 20, 16, NULL, 0);
INSERT INTO user (username, name, email, agent_record_id) VALUES ('canary-user', 'canary name', 'canary@example.org', 151);
