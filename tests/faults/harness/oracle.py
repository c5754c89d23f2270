"""What must hold after a seed, whatever happened in it. Each check gives lines that say what differs; none: it holds.

Which tables and columns are compared is read from the adapters, so that none is forgotten that is captured later. What an adapter
lost would be lost on both sides of such a comparison: what must be among them is written down in systems.py as well. The
connections are in a transaction, which is rolled back.
"""

import glob
import os
import subprocess
import zipfile

from captured_tables import kept
from stage import FOLDER, HERE, SECRET, rows, run, value
from workload_journal import Version

MOST_RSS_KB = 300 * 1024
# As text and as the hexadecimal of bytea; the second one is a user of FOLIO and DSpace.
CANARIES = [form for word in (b"canary", b"c0ffee00-0000-4000-8000") for form in (word, word.hex().encode())]


def difference(what, source, mirror, most=5):
    """Compares two dicts; lines about the first keys that differ."""
    found = []
    for key in sorted(set(source) | set(mirror), key=str):
        if source.get(key) != mirror.get(key):
            found.append(f"{what} {key}: the source has {str(source.get(key, 'nothing'))[:300]}, we have {str(mirror.get(key, 'nothing'))[:300]}")
    return found[:most] + ([f"{what}: {len(found)} differ in all"] if len(found) > most else [])


def columns_there(system, on, table):
    """Of the source: versions differ in what is optional."""
    if system.server == "mariadb":
        return {row[0] for row in rows(on, "SELECT column_name FROM information_schema.columns WHERE (table_schema, table_name) = (database(), %s)", (table.source,))}
    return {row[0] for row in rows(on, "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped", (table.source,))}


def which_rows(system, table, by_mirror):
    """The condition on those rows of the source that the mirror has."""
    if table.owner:
        column, owners = table.owner
        return f"{column} IN (" + " UNION ALL ".join(f"SELECT {by_mirror[one].key[0]} FROM {by_mirror[one].source}" for one in owners) + ")"
    return system.poison.get(table.source, "true")


def by_key(table, columns, found, filtered):
    """key → the cells, as text; of documents, if they are of the source, what the adapter keeps."""
    made = {}
    for row in found:
        cells = {}
        for column, cell in zip(columns, row):
            if column in table.keeps:  # the driver has read the JSON
                cells[column] = kept(cell, table.keeps[column]) if filtered else cell
            else:
                cells[column] = cell.decode() if isinstance(cell, bytes) else None if cell is None else str(cell)
        made[tuple(cells[column] for column in table.key)] = tuple(cells.values())
    return made


def same_rows(system, on_source, on_vault):
    problems, compared = [], 0
    tables = system.tables()
    by_mirror = {table.mirror: table for table in tables}
    read = {}
    for table in tables:
        there = columns_there(system, on_source, table)
        if not there and table.optional:
            continue
        columns = read[table.source] = [column for column in table.columns if column in there or column not in table.optional_columns]
        where, names = which_rows(system, table, by_mirror), [f'"{column}"' for column in columns]
        if system.server == "mariadb":
            wanted = rows(on_source, f"SELECT {', '.join(f'`{column}`' for column in columns)} FROM `{table.source}` WHERE {where}")
        else:
            wanted = rows(on_source, f"SELECT {', '.join(names)} FROM ONLY {table.source} WHERE {where}")
        wanted = by_key(table, columns, wanted, True)
        got = by_key(table, columns, rows(on_vault, f'SELECT {", ".join(names)} FROM {system.source}."{table.mirror}"'), False)
        compared += len(wanted)
        problems += difference(f"{system.name}: {table.source}", wanted, got)
    for table, columns in system.at_least.items():
        lost = [column for column in columns.split() if column not in read.get(table, ())]
        problems += [f"{system.name}: {table}.{column} is no longer captured" for column in lost]
    if compared < 50:
        problems.append(f"{system.name}: only {compared} rows were compared")
    return problems


def mapped(on_vault):
    """Entities are what the mapping views say: mapping everything once more changes nothing."""
    problems = []
    for source_id, name, mirror, kind, types in rows(on_vault, "SELECT s.source_id, s.name, s.mirror_schema, k.kind, k.key_types FROM everarchive.source s"
                                                               " JOIN everarchive.source_kind k USING (source_id) ORDER BY 1, 4"):
        key = " || ':' || ".join(f"key{i + 1}::text" for i in range(len(types)))
        view = {row[0]: row[1:] for row in rows(on_vault, f"SELECT {key}, deleted, md5(captured) FROM {mirror}.{kind} WHERE problem IS NULL")}
        entities = {row[0]: row[1:] for row in rows(on_vault, """SELECT e.key, e.deleted, md5(v.captured) FROM everarchive.entity e
            JOIN everarchive.version v USING (entity_id, n) WHERE e.source_id = %s AND e.kind = %s AND NOT (e.deleted AND v.format = 'none' AND v.captured IS NULL
            AND everarchive.is_tombstone(e.entity_id, e.n, e.digest))""", (source_id, kind))}
        problems += difference(f"{name}: entity {kind}", view, entities)
        keys = [row[0] for row in rows(on_vault, "SELECT key FROM everarchive.entity WHERE source_id = %s AND kind = %s", (source_id, kind))]
        run(on_vault, "SAVEPOINT again")
        again = rows(on_vault, "SELECT versions, quarantined FROM everarchive.refresh(%s, %s, %s)", (source_id, kind, sorted(set(keys) | set(view))))[0]
        run(on_vault, "ROLLBACK TO SAVEPOINT again")
        if again != (0, 0):
            problems.append(f"{name}: mapping every {kind} again made {again[0]} versions and {again[1]} cases in quarantine")
    return problems


def numbered(on_vault):
    problems = [f"entity {row[0]} {row[1]} of source {row[2]} has versions {row[3]}..{row[4]}, {row[5]} in all, and says n = {row[6]}" for row in rows(on_vault, """
        SELECT e.kind, e.key, e.source_id, min(v.n), max(v.n), count(*), e.n FROM everarchive.entity e LEFT JOIN everarchive.version v USING (entity_id)
        GROUP BY e.entity_id HAVING min(v.n) IS DISTINCT FROM 1 OR max(v.n) IS DISTINCT FROM e.n OR count(*) <> e.n LIMIT 5""")]
    problems += [f"entity {row[0]} {row[1]} has version {row[2]} twice" for row in rows(on_vault, """
        SELECT e.kind, e.key, v.n FROM (SELECT entity_id, n, digest, deleted, lag(digest) OVER w AS before, lag(deleted) OVER w AS was FROM everarchive.version
        WINDOW w AS (PARTITION BY entity_id ORDER BY n)) v JOIN everarchive.entity e USING (entity_id) WHERE v.digest = v.before AND v.deleted = v.was LIMIT 5""")]
    problems += [f"source {row[0]}: {row[1]} are counted as {row[2:5]} and are {row[5:]}" for row in rows(on_vault, """
        SELECT * FROM (SELECT e.source_id, e.kind, c.entities, c.deleted, c.versions, count(*) AS e, count(*) FILTER (WHERE e.deleted) AS d, sum(e.n) AS v
        FROM everarchive.entity e LEFT JOIN (SELECT source_id, kind, sum(entities) AS entities, sum(deleted) AS deleted, sum(versions) AS versions
        FROM everarchive.entity_count GROUP BY 1, 2) c USING (source_id, kind) GROUP BY 1, 2, 3, 4, 5) x
        WHERE (entities, deleted, versions) IS DISTINCT FROM (e, d, v)""")]
    return problems


def is_subsequence(some, whole):
    rest = iter(whole)
    return all(one in rest for one in some)


def journal(system, workers, on_vault, how):
    """some: each version is a committed state, in order, the last one being the newest. exact: none is missing (every commit).
    newest: only the newest is told, because a resync repairs rows one after another."""
    problems, compared = [], 0
    source, versions = system.name, {}
    for kind, key, form, *row in rows(on_vault, f"""SELECT e.kind, e.key, v.format, v.deleted, {system.states.CAPTURED}, v.attributes, v.parent_key FROM everarchive.version v
            JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id) WHERE s.name = %s AND e.kind = ANY (%s) ORDER BY 1, 2, v.n""",
                                      (system.source, system.states.KINDS)):
        version = Version(*row)
        tombstone = version.deleted and form == "none" and version.captured is None
        versions.setdefault((kind, key), []).append(None if tombstone else system.states.version_state(kind, version))
    for worker in workers:
        for key, told in worker.journal.states.items():
            while told and told[0] is None:
                told = told[1:]
            got = versions.get(key, [])
            compared += len(told)
            newest = got[-1:] == told[-1:] or (not got and (not told or told[-1] is None))
            good = got == told if how == "exact" else newest and (how == "newest" or is_subsequence(got, told))
            if not good:
                problems.append(f"{source}: {key[0]} {key[1]} was committed as {shown(told)}, its versions are {shown(got)}")
    if compared == 0:
        problems.append(f"{source}: the workers did nothing")
    return problems[:5] + ([f"{source}: {len(problems)} keys in all"] if len(problems) > 5 else [])


def shown(states):
    parts = ["gone" if s is None else "/".join(str(p)[:12] for p in s) for s in states]
    return f"{len(parts)} states: " + " → ".join(parts if len(parts) < 13 else parts[:4] + ["…"] + parts[-8:])


def quarantine(on_vault, workers):
    poison = sorted(one for worker in workers for one in worker.poisoned)
    found = sorted(rows(on_vault, "SELECT coalesce(table_name, kind), key, stage, message FROM everarchive.quarantine WHERE resolved_at IS NULL"))
    if [row[:2] for row in found] != poison:
        return [f"quarantine holds {len(found)} cases where {poison} is expected: {found[:3]}"]
    return []


def delivered(on_vault):
    left = rows(on_vault, "SELECT state, count(*) FROM everarchive.submission WHERE state NOT IN ('verified', 'anchored') GROUP BY 1")
    missing = value(on_vault, "SELECT count(*) FROM everarchive.version v WHERE NOT EXISTS (SELECT FROM everarchive.submission s WHERE s.version_id = v.version_id)")
    return [f"submissions that are not verified: {left}"] * bool(left) + [f"{missing} versions were never submitted"] * bool(missing)


def private(log, archive):
    """Canaries nowhere: neither as text nor as the hexadecimal of bytea nor packed; no password in the log."""
    problems, needles = [], CANARIES
    dump = subprocess.Popen([f"{HERE['PG_BIN']}/pg_dump", "-h", f"{FOLDER}/sockets", "-p", HERE["VAULT_PORT"], "-U", "postgres", "preservation"], stdout=subprocess.PIPE)
    tail, size = b"", 0
    while chunk := dump.stdout.read(1 << 20):
        size += len(chunk)
        for needle in needles:
            at = (tail + chunk).find(needle)
            if at >= 0:
                problems.append(f"the dump of the preservation database has {(tail + chunk)[max(0, at - 100):at + 60]!r}")
                needles = []
                break
        tail = chunk[-64:]
    if dump.wait() != 0 or size < 10_000:
        problems.append("pg_dump of the preservation database failed")
    for path in glob.glob(f"{archive}/**", recursive=True) + glob.glob(f"{FOLDER}/spool/**", recursive=True) + [log]:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                content = file.read()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    content += b"".join(packed.read(name) for name in packed.namelist())
            if any(needle in content for needle in CANARIES):
                problems.append(f"{path} has a canary")
            if SECRET.encode() in content:
                problems.append(f"{path} has the password")
    return problems[:5]


def bugs(log):
    with open(log, errors="replace") as lines:
        return [line.strip()[:400] for line in lines if "fault of the program" in line or "fault of everarchive" in line
                or "terminate called" in line or "ERROR: AddressSanitizer" in line][:5]
