-- More records for a database that archivesspace_schema.sql and archivesspace_records.sql made: 40 resources with two archival objects,
-- a top container and a digital object each, the numbers from which a worker finds its own (workload_archivesspace.py).

INSERT INTO resource (id, repo_id, title, identifier, level_id, publish, repository_processing_note, created_by)
    SELECT 1000 + seq, 2 + seq % 2, CONCAT('Papers ', seq), CONCAT('["W","', seq, '",null,null]'), 1, 1, 'canary', 'canary' FROM seq_1_to_40;
INSERT INTO archival_object (id, repo_id, root_record_id, position, publish, ref_id, title, level_id, created_by)
    SELECT 2000 + seq, 2 + seq % 2, 1001 + (seq - 1) % 40, 1000 * seq, 1, CONCAT('w', seq), CONCAT('Letters ', seq), 3, 'canary' FROM seq_1_to_80;
INSERT INTO top_container (id, repo_id, barcode, indicator, type_id, internal_note, created_by)
    SELECT 3000 + seq, 2 + seq % 2, CONCAT('W', seq), seq, 13, 'canary', 'canary' FROM seq_1_to_40;
INSERT INTO digital_object (id, repo_id, digital_object_id, title, publish, created_by)
    SELECT 4000 + seq, 2 + seq % 2, CONCAT('w-', seq), CONCAT('Scans ', seq), 1, 'canary' FROM seq_1_to_40;
INSERT INTO file_version (id, digital_object_id, file_uri, checksum, checksum_method_id, file_size_bytes, publish, created_by)
    SELECT 5000 + seq, 4000 + seq, CONCAT('https://files.example.org/', seq, '.tif'), MD5(seq), 9, seq * 1000, 1, 'canary' FROM seq_1_to_40;
INSERT INTO note (id, archival_object_id, publish, notes, created_by)
    SELECT 6000 + seq, 2000 + seq, 1, CONCAT('{"jsonmodel_type":"note_singlepart","type":"abstract","content":["Note ', seq, '"]}'), 'canary' FROM seq_1_to_80;
INSERT INTO extent (id, resource_id, portion_id, number, extent_type_id, created_by) SELECT 7000 + seq, 1000 + seq, 4, seq, 5, 'canary' FROM seq_1_to_40;
INSERT INTO instance (id, archival_object_id, instance_type_id, created_by) SELECT 8000 + seq, 2000 + seq, 11, 'canary' FROM seq_1_to_40;
INSERT INTO sub_container (id, instance_id, type_2_id, indicator_2, created_by) SELECT 8100 + seq, 8000 + seq, 14, seq, 'canary' FROM seq_1_to_40;
INSERT INTO top_container_link_rlshp (id, top_container_id, sub_container_id, created_by) SELECT 8200 + seq, 3000 + seq, 8100 + seq, 'canary' FROM seq_1_to_40;
