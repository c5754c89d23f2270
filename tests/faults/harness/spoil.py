"""Spoils the preservation database in one way after another: each time one check of the oracle must see it."""

import os
import shutil

import oracle
from stage import SECRET, rows, run

ONE_BIB = "(SELECT v.version_id FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id) WHERE e.kind = 'bib' AND v.n = e.n AND NOT e.deleted AND s.name = '{}' AND e.key <> '1' AND v.n > 1 LIMIT 1)"
NEWEST = "(SELECT max(entity_id) FROM everarchive.entity WHERE kind = 'item')"

# (check that must see it, source that must be there, statements)
WAYS = [
    ("rows of koha", "koha", "DELETE FROM koha_main.items WHERE itemnumber = (SELECT min(itemnumber) FROM koha_main.items)"),
    ("rows of koha", "koha", "UPDATE koha_main.biblio_metadata SET metadata = metadata || ' ' WHERE id = (SELECT max(id) FROM koha_main.biblio_metadata)"),
    ("rows of koha", "koha", "UPDATE koha_main.items SET uri = '' WHERE itemnumber = (SELECT max(itemnumber) FROM koha_main.items)"),
    ("rows of evergreen", "evergreen", "INSERT INTO evergreen.serial_unit (id) VALUES (123456789)"),
    ("rows of evergreen", "evergreen", "UPDATE evergreen.biblio_record_entry SET active = NOT active WHERE id = (SELECT max(id) FROM evergreen.biblio_record_entry)"),
    ("journal of koha", "koha", f"UPDATE everarchive.version SET captured = captured || ' ' WHERE version_id = {ONE_BIB.format('koha_main')}"),
    ("journal of evergreen", "evergreen", f"UPDATE everarchive.version SET attributes = attributes || '{{\"source\": 99}}' WHERE version_id = {ONE_BIB.format('evergreen')}"),
    ("mapped", None, f"UPDATE everarchive.entity SET deleted = NOT deleted WHERE entity_id = {NEWEST}"),
    ("mapped", None, f"DELETE FROM everarchive.entity WHERE entity_id = {NEWEST}"),
    ("mapped", "koha", "DELETE FROM koha_main.biblio WHERE biblionumber = (SELECT max(biblionumber) FROM koha_main.biblio)"),
    ("numbered", None, f"DELETE FROM everarchive.version WHERE entity_id = {NEWEST}"),
    ("numbered", None, f"INSERT INTO everarchive.version (entity_id, n, digest, deleted, format, captured) SELECT entity_id, n + 1, digest, deleted, format, captured"
                       f" FROM everarchive.version WHERE entity_id = {NEWEST} ORDER BY n DESC LIMIT 1; UPDATE everarchive.entity SET n = n + 1 WHERE entity_id = {NEWEST}"),
    ("numbered", None, "UPDATE everarchive.entity_count SET versions = versions + 1 WHERE part = (SELECT min(part) FROM everarchive.entity_count)"),
    ("quarantine", None, "INSERT INTO everarchive.quarantine (source_id, stage, kind, key, message) SELECT source_id, 'map', 'bib', '1', 'spoilt' FROM everarchive.source"),
    ("delivered", None, "UPDATE everarchive.submission SET state = 'accepted' WHERE version_id = (SELECT min(version_id) FROM everarchive.submission)"),
    ("delivered", None, "DELETE FROM everarchive.submission WHERE version_id = (SELECT max(version_id) FROM everarchive.submission)"),
]


def unseen(vault, checks, of):
    """The ways in which the database was spoilt and no check saw it."""
    left = []
    for check, source, statements in WAYS:
        if source and source not in of.sources:
            continue
        vault.rollback()
        run(vault, "SET LOCAL session_replication_role = replica")  # past keys and triggers
        run(vault, statements)
        if not checks[check]():
            left.append(f"{check}: {statements}")
    vault.rollback()
    for source in of.sources:
        pair = {"koha": "UPDATE koha_main.auth_header SET marcxml = '' WHERE authid = (SELECT max(authid) FROM koha_main.auth_header WHERE authtypecode LIKE 'PAIR%')",
                "evergreen": "UPDATE evergreen.asset_copy SET circ_modifier = '' WHERE id = (SELECT max(id) FROM evergreen.asset_copy WHERE location >= 9000)"}[source]
        with vault.cursor() as cursor:
            cursor.execute(pair)
            if cursor.rowcount and not rows(vault, oracle.TORN[source]):
                left.append(f"torn: {pair}")
        vault.rollback()
    for form in ("'canary'::text", "'canary'::bytea"):
        run(vault, f"CREATE TABLE public.spoilt AS SELECT {form} AS a")
        vault.commit()
        if not checks["private"]():
            left.append(f"private: {form} in a table")
        run(vault, "DROP TABLE public.spoilt")
        vault.commit()
    log = of.log + ".spoilt"
    for line in (SECRET, "canary-private"):
        shutil.copy(of.log, log)
        with open(log, "a") as out:
            out.write(line + "\n")
        if not oracle.private(log, of.stage.archive):
            left.append(f"private: {line} in the log")
    os.remove(log)
    if oracle.is_subsequence([1, 3, 2], [1, 2, 3]) or not oracle.is_subsequence([1, 3], [1, 2, 3]):
        left.append("order of states")
    return left
