-- everarchive: library catalogue records, versioned and preserved. Runs as one script by CREATE EXTENSION; @extschema@ is
-- `everarchive`.
--
-- CREATE EXTENSION puts the schema of the extension marc into the search path: often `public`, where others may create
-- functions that fit a call better than those of pg_catalog. So the path is pg_catalog alone from here on. What names an
-- object of marc is made by a DO block that writes the schema in front (only PostgreSQL 16 has @extschema:marc@): the type
-- of entity.record and the view report.preservation_status. Operands have the exact types that marc declares, so nothing
-- fits better. Bodies of functions are strings here (PostgreSQL 13 has no others) and are looked up when they run: they
-- set a search path, and name marc through marc_schema().
\echo Use "CREATE EXTENSION everarchive CASCADE" to load this file. \quit

SET LOCAL search_path TO pg_catalog, pg_temp;

DO $$
BEGIN
    IF pg_catalog.current_setting('server_version_num')::integer < 130000 THEN
        RAISE EXCEPTION 'everarchive needs PostgreSQL 13 or newer, this is %', pg_catalog.current_setting('server_version')
            USING HINT = 'Upgrade the server, then run CREATE EXTENSION everarchive CASCADE again.';
    END IF;
    IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'everarchive needs a database in UTF8, this one is in %', pg_catalog.getdatabaseencoding()
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Make one with: createdb -E UTF8 -T template0 NAME';
    END IF;
END
$$;

COMMENT ON SCHEMA @extschema@ IS 'library catalogue records, versioned and preserved: sources, entities, versions, policies, deliveries';
