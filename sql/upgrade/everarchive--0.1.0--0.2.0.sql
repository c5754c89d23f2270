\echo Use "ALTER EXTENSION everarchive UPDATE TO '0.2.0'" to load this file. \quit

-- From 0.1.0 to 0.2.0: nothing of everarchive itself changed. Its records are values of the extension marc, whose own script
-- says what an update of that needs.
