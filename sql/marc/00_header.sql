\echo Use "CREATE EXTENSION marc" to load this file. \quit

-- Version. Everything is created unqualified: the extension is relocatable, and CREATE EXTENSION puts its schema first in the
-- search path. No function here is written in SQL, so none depends on a search path when it runs.

CREATE FUNCTION marc_version() RETURNS text
	AS 'MODULE_PATHNAME', 'marc_version' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION marc_version() IS 'version of the loaded marc library';

DO $$
BEGIN
	IF marc_version() OPERATOR(pg_catalog.<>) '@VERSION@' THEN
		RAISE EXCEPTION 'the marc library is version %, but this script installs @VERSION@', marc_version()
			USING HINT = 'Install the extension''s files again with "make -f Makefile.pgxs install", then start a new session.';
	END IF;
END
$$;
