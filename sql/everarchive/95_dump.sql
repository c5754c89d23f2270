-- All tables hold the library's data: pg_dump keeps their rows and the state of their sequences. Left out are map_progress and
-- source_lease, which mean nothing in another cluster, and source_setting_kind, whose rows this script makes.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid
        FROM pg_catalog.pg_class c
        WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relkind IN ('r', 'S') AND c.relname <> ALL ('{map_progress,source_lease,source_setting_kind}')
        ORDER BY c.relname
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(relation, '');
    END LOOP;
END
$$;
