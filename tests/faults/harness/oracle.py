"""What must hold after a seed, whatever happened in it. Each check gives lines that say what differs; none: it holds.

What is compared is written here by hand, not read from the adapters: a column that an adapter lost would be lost on both
sides of a comparison that the adapter itself describes. The connections are in a transaction, which is rolled back.
"""

import glob
import os
import subprocess
import zipfile

import workload_evergreen
import workload_koha
from stage import FOLDER, HERE, SECRET, rows, run, value

MOST_RSS_KB = 300 * 1024
TABLES = {
    "koha": {
        "biblio": "biblionumber frameworkcode notes",
        "biblio_metadata": "id biblionumber format schema metadata",
        "biblioitems": "biblioitemnumber biblionumber",
        "items": "itemnumber biblionumber biblioitemnumber barcode dateaccessioned homebranch holdingbranch notforloan damaged itemlost"
                 " withdrawn itemcallnumber coded_location_qualifier restricted itemnotes location permanent_location cn_source ccode"
                 " materials uri itype more_subfields_xml enumchron copynumber stocknumber",
        "auth_header": "authid authtypecode marcxml",
    },
    "evergreen": {
        "biblio.record_entry": "id active deleted source tcn_source tcn_value owner marc",
        "authority.record_entry": "id active deleted source control_set owner marc",
        "serial.record_entry": "id record owning_lib source active deleted marc",
        "asset.call_number": "id record owning_lib label label_class prefix suffix deleted",
        "asset.copy": "id call_number circ_lib copy_number status location barcode circ_modifier ref opac_visible deleted",
        "serial.unit": "id call_number circ_lib copy_number status location barcode circ_modifier ref opac_visible deleted sort_key"
                       " detailed_contents summary_contents",
    },
}
MIRROR = {"koha": "koha_main", "evergreen": "evergreen"}
NOT_IN_MIRROR = {"koha": {"auth_header": "authid <= 9223372036854775807"}}  # poison


def text(cell):
    return None if cell is None else str(cell)


def difference(what, source, mirror, most=5):
    """Compares two dicts; lines about the first keys that differ."""
    found = []
    for key in sorted(set(source) | set(mirror), key=str):
        if source.get(key) != mirror.get(key):
            found.append(f"{what} {key}: the source has {str(source.get(key, 'nothing'))[:300]}, we have {str(mirror.get(key, 'nothing'))[:300]}")
    return found[:most] + ([f"{what}: {len(found)} differ in all"] if len(found) > most else [])


def same_rows(source, on_source, on_vault):
    problems, compared = [], 0
    for table, columns in TABLES[source].items():
        names = columns.split()
        quote = "`{}`" if source == "koha" else '"{}"'
        where = NOT_IN_MIRROR.get(source, {}).get(table, "true")
        wanted = rows(on_source, f"SELECT {', '.join(quote.format(c) for c in names)} FROM {'' if source == 'koha' else 'ONLY '}{table} WHERE {where}")
        got = rows(on_vault, f"SELECT {', '.join(f'{chr(34)}{c}{chr(34)}' for c in names)} FROM {MIRROR[source]}.{table.replace('.', '_')}")
        wanted, got = ({row[0]: tuple(text(cell) for cell in row) for row in some} for some in (wanted, got))
        compared += len(wanted)
        problems += difference(f"{source}: {table}", wanted, got)
    if compared < 50:
        problems.append(f"{source}: only {compared} rows were compared")
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


def version_state(source, kind, row):
    _, deleted, form, captured, attributes, parent = row
    if deleted and form == "none" and captured is None:
        return None
    a = attributes or {}
    if source == "koha":
        if kind == "bib":
            return (captured, a.get("frameworkcode"))
        if kind == "authority":
            return (captured, a.get("authtypecode"))
        return (parent, a.get("barcode"), a.get("homebranch"), a.get("itemcallnumber"), text(a.get("damaged")), text(a.get("withdrawn")))
    if kind == "item":
        return (parent, deleted, a.get("copy_number"), a.get("barcode"), a.get("circ_modifier"), a.get("condition"), a.get("location"))
    return (captured, deleted, a.get("source"), a.get("active"), a.get("tcn_value") if kind == "bib" else None)


def is_subsequence(some, whole):
    rest = iter(whole)
    return all(one in rest for one in some)


def journal(source, workers, on_vault, how):
    """some: each version is a committed state, in order, the last one being the newest. exact: none is missing (every commit).
    newest: only the newest is told, because a resync repairs rows one after another."""
    problems, compared = [], 0
    versions = {}
    for kind, key, *row in rows(on_vault, """SELECT e.kind, e.key, v.n, v.deleted, v.format, md5(v.captured), v.attributes, v.parent_key FROM everarchive.version v
            JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id) WHERE s.name = %s AND e.kind IN ('bib', 'item', 'authority')
            ORDER BY 1, 2, v.n""", (MIRROR[source],)):
        versions.setdefault((kind, key), []).append(version_state(source, kind, row))
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
    poison = sorted(str(number) for worker in workers for number in worker.poisoned)
    found = rows(on_vault, "SELECT stage, table_name, key, message FROM everarchive.quarantine WHERE resolved_at IS NULL ORDER BY key")
    if [row[2] for row in found if row[1] == "auth_header"] != poison or len(found) != len(poison):
        return [f"quarantine holds {len(found)} cases where {poison} is expected: {found[:3]}"]
    return []


def delivered(on_vault):
    left = rows(on_vault, "SELECT state, count(*) FROM everarchive.submission WHERE state NOT IN ('verified', 'anchored') GROUP BY 1")
    missing = value(on_vault, "SELECT count(*) FROM everarchive.version v WHERE NOT EXISTS (SELECT FROM everarchive.submission s WHERE s.version_id = v.version_id)")
    return [f"submissions that are not verified: {left}"] * bool(left) + [f"{missing} versions were never submitted"] * bool(missing)


def private(log, archive):
    """Canaries nowhere: neither as text nor as the hexadecimal of bytea nor packed; no password in the log."""
    canary = workload_koha.CANARY.encode()
    needles = [b"canary", canary, b"canary".hex().encode()]
    problems = []
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
            if b"canary" in content:
                problems.append(f"{path} has a canary")
            if SECRET.encode() in content:
                problems.append(f"{path} has the password")
    return problems[:5]


def bugs(log):
    with open(log, errors="replace") as lines:
        return [line.strip()[:400] for line in lines if "fault of the program" in line or "fault of everarchive" in line
                or "terminate called" in line or "ERROR: AddressSanitizer" in line][:5]


TORN = {"koha": workload_koha.TORN, "evergreen": workload_evergreen.TORN}
