-- Who may do what. No function is SECURITY DEFINER: each needs the rights on the tables that it reads and writes.
--   everarchive_reader      reads everything
--   everarchive_operator    a reader who manages sources, targets, policies, crosswalk rules and quarantine
--   everarchive_replicator  the program, when it runs: captures, maps, delivers

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['everarchive_reader', 'everarchive_operator', 'everarchive_replicator'] LOOP
        BEGIN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role);
        EXCEPTION WHEN duplicate_object THEN
            NULL; -- roles belong to the cluster: another database may have the extension too
        END;
    END LOOP;
END
$$;
COMMENT ON ROLE everarchive_reader IS 'reads everything in the preservation database';
COMMENT ON ROLE everarchive_operator IS 'reads everything, and manages sources, targets, policies, crosswalk rules and quarantine';
COMMENT ON ROLE everarchive_replicator IS 'the everarchive program when it runs: captures, maps, delivers';
GRANT everarchive_reader TO everarchive_operator;

GRANT USAGE ON SCHEMA @extschema@, report TO everarchive_reader, everarchive_replicator;
GRANT SELECT ON ALL TABLES IN SCHEMA @extschema@, report TO everarchive_reader, everarchive_replicator;

-- Functions that change something are for those who may; those that only read are for everybody with the schema.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA @extschema@ FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    @extschema@.marc_schema(), @extschema@.source_named(text), @extschema@.source_setting(integer, text), @extschema@.target_named(text),
    @extschema@.target_setting_limits(), @extschema@.target_setting(jsonb, text), @extschema@.agent(),
    @extschema@.mapping_statement(integer, text), @extschema@.part_waits(integer, integer),
    @extschema@.is_tombstone(bigint, integer, bytea), @extschema@.condition_problem(text),
    @extschema@.condition_functions_problem(text), @extschema@.policy_search_path(), @extschema@.policy_check(text),
    @extschema@.path_encode(text), @extschema@.package_directory(text, text, text, integer),
    @extschema@.json_time(timestamptz), @extschema@.package(bigint), @extschema@.package_statement(integer),
    @extschema@.crosswalk_options(text), @extschema@.crosswalk,
    @extschema@.scheme_of_uri(text), @extschema@.subject_targets(text[], text, text[], text), @extschema@.map_heading(text, text, text),
    @extschema@.map_subjects, @extschema@.is_worldwide(text), @extschema@.authority_of(integer, text[]),
    @extschema@.bibs_of_authority(bigint), @extschema@.bibs_of_authority_count(bigint)
    TO everarchive_reader, everarchive_replicator;

-- Mapping: run by the program; by an operator when retrying from quarantine.
GRANT EXECUTE ON FUNCTION
    @extschema@.is_about_data(text), @extschema@.refresh(integer, text, text[], text), @extschema@.policy_apply(integer, bigint[])
    TO everarchive_replicator, everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.entity, @extschema@.entity_count, @extschema@.quarantine TO everarchive_replicator, everarchive_operator;
GRANT INSERT ON @extschema@.version, @extschema@.submission TO everarchive_replicator, everarchive_operator;

-- The program.
GRANT EXECUTE ON FUNCTION
    @extschema@.source_take(text), @extschema@.source_set_state(text, text, text, text, bigint), @extschema@.source_remap(text),
    @extschema@.map_touched(integer, integer), @extschema@.installation_id(), @extschema@.claim_packages(integer),
    @extschema@.claim_object(@extschema@.target), @extschema@.claim_segment(@extschema@.target),
    @extschema@.archive_object_of(bigint), @extschema@.archive_object_set_state(bigint, text),
    @extschema@.archive_object_fence(@extschema@.archive_object),
    @extschema@.archive_object_renew(bigint), @extschema@.archive_object_accept(bigint, text, text, bigint),
    @extschema@.archive_object_verify(bigint, boolean, text),
    @extschema@.archive_object_fail(bigint, text, text, double precision)
    TO everarchive_replicator;
GRANT UPDATE (state, message, hint, changed_at) ON @extschema@.source TO everarchive_replicator;
GRANT UPDATE ON @extschema@.source_progress TO everarchive_replicator;
GRANT INSERT, DELETE ON @extschema@.touched TO everarchive_replicator;
GRANT INSERT, UPDATE ON @extschema@.source_lease, @extschema@.map_progress, @extschema@.archive_object TO everarchive_replicator;
GRANT UPDATE (message, hint) ON @extschema@.target TO everarchive_replicator;
GRANT UPDATE ON @extschema@.submission TO everarchive_replicator;
GRANT INSERT ON @extschema@.installation, @extschema@.receipt, @extschema@.event, @extschema@.fixity_check TO everarchive_replicator;
GRANT INSERT, DELETE ON @extschema@.ledger_tile TO everarchive_replicator;
GRANT INSERT ON @extschema@.ledger_leaf, @extschema@.ledger_checkpoint, @extschema@.anchor TO everarchive_replicator;
GRANT UPDATE (evidence, complete_at) ON @extschema@.anchor TO everarchive_replicator;
GRANT USAGE ON SEQUENCE @extschema@.archive_object_archive_object_id_seq TO everarchive_replicator;

-- The operator. source_add() also needs: GRANT CREATE ON DATABASE … TO everarchive_operator.
GRANT EXECUTE ON FUNCTION
    @extschema@.source_key_types(jsonb), @extschema@.source_add(text, text, text, name, jsonb), @extschema@.source_pause(text),
    @extschema@.source_resume(text), @extschema@.source_remap(text), @extschema@.source_remove(text),
    @extschema@.source_set(text, text, text), @extschema@.source_set_state(text, text, text, text, bigint), @extschema@.target_add(text, text, jsonb),
    @extschema@.target_pause(text), @extschema@.target_resume(text),
    @extschema@.policy_add(text, text, text, text), @extschema@.policy_enable(text, boolean), @extschema@.policy_backfill(integer),
    @extschema@.policy_lock(),
    @extschema@.quarantine_open(bigint), @extschema@.quarantine_retry(bigint), @extschema@.quarantine_discard(bigint),
    @extschema@.vocabulary_load(text, text, text, text, text, bytea, bigint, boolean), @extschema@.vocabulary_remove(text)
    TO everarchive_operator;
GRANT INSERT, UPDATE, DELETE ON @extschema@.source, @extschema@.source_progress TO everarchive_operator;
GRANT INSERT, DELETE ON @extschema@.source_kind, @extschema@.touched TO everarchive_operator;
GRANT INSERT, UPDATE, DELETE ON @extschema@.source_setting TO everarchive_operator;
GRANT DELETE ON @extschema@.map_progress TO everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.target, @extschema@.member TO everarchive_operator;
-- A condition runs with the rights of the program: policy_guard checks each that an operator writes.
GRANT INSERT (name, target_id, condition, packing), UPDATE (condition, enabled) ON @extschema@.policy TO everarchive_operator;
GRANT UPDATE ON @extschema@.archive_object TO everarchive_operator;
-- Not who wrote it and when.
GRANT INSERT (format, name, position, rules, enabled, note), UPDATE (format, name, position, rules, enabled, note), DELETE
    ON @extschema@.crosswalk_rule TO everarchive_operator;
GRANT INSERT (format, n, version, options) ON @extschema@.crosswalk_release TO everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.vocabulary TO everarchive_operator;
GRANT INSERT, DELETE ON @extschema@.subject_term, @extschema@.subject_map TO everarchive_operator;
GRANT INSERT, UPDATE, DELETE ON @extschema@.subject_scheme TO everarchive_operator;
-- Comparisons: an operator asks for them, the program does them, and asks for one when a source is set to on_position_lost = resync.
GRANT EXECUTE ON FUNCTION @extschema@.source_check(text, text, text, text, text), @extschema@.source_check_cancel(bigint)
    TO everarchive_replicator, everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.source_check_run TO everarchive_replicator, everarchive_operator;
GRANT INSERT, UPDATE ON @extschema@.source_difference, @extschema@.source_table TO everarchive_replicator;
GRANT UPDATE, DELETE ON @extschema@.source_table TO everarchive_operator;
GRANT DELETE ON @extschema@.source_lease TO everarchive_operator;
GRANT DELETE ON @extschema@.source_check_run, @extschema@.source_difference TO everarchive_operator;
