-- everarchive: library catalogue records, versioned and preserved. Runs as one script by CREATE EXTENSION; @extschema@ is
-- `everarchive`. While it runs, the schema of the extension marc is in the search path, so its names bind in table
-- columns and views. Bodies of functions are strings here (PostgreSQL 13 has no others) and are looked up when they
-- run: they name no object of marc, but read views that do, or build statements with marc_schema().
\echo Use "CREATE EXTENSION everarchive CASCADE" to load this file. \quit

DO $$
BEGIN
    IF pg_catalog.current_setting('server_version_num')::integer < 130000 THEN
        RAISE EXCEPTION 'everarchive needs PostgreSQL 13 or newer, this is %', pg_catalog.current_setting('server_version')
            USING HINT = 'Upgrade the server, then run CREATE EXTENSION everarchive CASCADE again.';
    END IF;
END
$$;

COMMENT ON SCHEMA @extschema@ IS 'library catalogue records, versioned and preserved: sources, entities, versions, policies, deliveries';
