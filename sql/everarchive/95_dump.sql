-- All tables hold the library's data: pg_dump keeps their rows and the state of their sequences. Left out is map_progress,
-- whose transaction ids mean nothing in another cluster.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid
        FROM pg_catalog.pg_class c
        WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relkind IN ('r', 'S') AND c.relname <> 'map_progress'
        ORDER BY c.relname
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(relation, '');
    END LOOP;
END
$$;
