"""Spoils the preservation database in one way after another: each time one check of the oracle must see it."""

import os
import shutil

import oracle
from stage import SECRET, rows, run, value
from systems import SYSTEMS

NEWEST = "(SELECT max(entity_id) FROM everarchive.entity WHERE kind IN ('item', 'object'))"

# (check that must see it, statements); systems.py has those of each library system.
WAYS = [
    ("mapped", f"UPDATE everarchive.entity SET deleted = NOT deleted WHERE entity_id = {NEWEST}"),
    ("mapped", f"DELETE FROM everarchive.entity WHERE entity_id = {NEWEST}"),
    ("numbered", f"DELETE FROM everarchive.version WHERE entity_id = {NEWEST}"),
    ("numbered", f"INSERT INTO everarchive.version (entity_id, n, digest, deleted, format, captured) SELECT entity_id, n + 1, digest, deleted, format, captured"
                 f" FROM everarchive.version WHERE entity_id = {NEWEST} ORDER BY n DESC LIMIT 1; UPDATE everarchive.entity SET n = n + 1 WHERE entity_id = {NEWEST}"),
    ("numbered", "UPDATE everarchive.entity_count SET versions = versions + 1 WHERE part = (SELECT min(part) FROM everarchive.entity_count)"),
    ("quarantine", "INSERT INTO everarchive.quarantine (source_id, stage, kind, key, message) SELECT source_id, 'map', 'bib', '1', 'spoilt' FROM everarchive.source"),
    ("delivered", "UPDATE everarchive.submission SET state = 'accepted' WHERE version_id = (SELECT min(version_id) FROM everarchive.submission)"),
    ("delivered", "DELETE FROM everarchive.submission WHERE version_id = (SELECT max(version_id) FROM everarchive.submission)"),
]


def owned_version(vault, system, workers):
    keys = [key for worker in workers for kind, key in worker.journal.states if kind == "bib"]
    return value(vault, """SELECT v.version_id FROM everarchive.version v JOIN everarchive.entity e USING (entity_id, n) JOIN everarchive.source s USING (source_id)
        WHERE s.name = %s AND e.kind = 'bib' AND e.key = ANY (%s) AND NOT e.deleted ORDER BY n DESC, v.version_id LIMIT 1""", (system.source, keys))


def unseen(vault, checks, of, workers):
    """The ways in which the database was spoilt and no check saw it."""
    left = []
    systems = [SYSTEMS[source] for source in of.sources if source in of.options.prove]
    ways = list(WAYS)
    for system in systems:
        version = str(owned_version(vault, system, workers[system.name]))
        ways += [(check if check == "mapped" else f"{check} of {system.name}", statements.replace("{version}", version)) for check, statements in system.spoil]
    for check, statements in ways:
        vault.rollback()
        run(vault, "SET LOCAL session_replication_role = replica")  # past keys and triggers
        with vault.cursor() as cursor:
            cursor.execute(statements)
            spoilt = cursor.rowcount > 0
        if not spoilt or not checks[check]():
            left.append(f"{check}: {'' if spoilt else 'nothing there to spoil by '}{statements}")
    vault.rollback()
    for system in systems:
        with vault.cursor() as cursor:
            cursor.execute(system.pair)
            if cursor.rowcount and not rows(vault, system.work.TORN):
                left.append(f"torn: {system.pair}")
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
