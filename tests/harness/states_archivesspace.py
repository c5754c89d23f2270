"""What an entity of ArchivesSpace is made of, read from ArchivesSpace and from a version: both give the same tuple
(workload_journal.py). Keys are texts: resource:7; of containers numbers alone."""

import json

KINDS = ["bib", "object", "item", "authority"]
CAPTURED = "convert_from(v.captured, 'UTF8')::jsonb"
# What hangs below a row of the first table, in the order of ids.
BELOW = {
    "note": "publish, notes", "extent": "number", "date": "expression, begin", "subject_rlshp": "subject_id",
    "linked_agents_rlshp": "agent_person_id, (SELECT value FROM enumeration_value v WHERE v.id = role_id)", "file_version": "file_uri, checksum, file_size_bytes",
    "top_container_housed_at_rlshp": "location_id, status, start_date",
    "instance": "(SELECT min(l.digital_object_id) FROM instance_do_link_rlshp l WHERE l.instance_id = x.id), (SELECT s.id FROM sub_container s WHERE s.instance_id = x.id),"
                " (SELECT s.indicator_2 FROM sub_container s WHERE s.instance_id = x.id),"
                " (SELECT min(l.top_container_id) FROM top_container_link_rlshp l JOIN sub_container s ON s.id = l.sub_container_id WHERE s.instance_id = x.id)",
}
RECORDS = ["note", "extent", "date", "subject_rlshp", "linked_agents_rlshp", "instance"]
FILES = ["note", "file_version"]
# Table → its columns, and what hangs below it.
ROWS = {
    "resource": ("repo_id, title, publish, suppressed, NULL, NULL, NULL, identifier", RECORDS),
    "archival_object": ("repo_id, title, publish, suppressed, position, parent_id, root_record_id, NULL", RECORDS),
    "accession": ("repo_id, title, publish, suppressed, NULL, NULL, NULL, identifier", RECORDS[1:]),
    "digital_object": ("repo_id, title, publish, suppressed, NULL, NULL, NULL, NULL", FILES),
    "digital_object_component": ("repo_id, title, publish, suppressed, position, parent_id, root_record_id, NULL", FILES),
    "top_container": ("repo_id, barcode, indicator, ils_holding_id, ils_item_id", ["top_container_housed_at_rlshp"]),
    "subject": ("title, scope_note", []),
    "location": ("title, barcode", []),
    "agent_person": ("publish", ["note"]),
}


def fetched(cursor, sql, keys):
    """key → rows without it."""
    cursor.execute(sql, (keys,))
    found = {}
    for one, *row in cursor.fetchall():
        found.setdefault(one, []).append(tuple(row))
    return found


def read_states(cursor, kind, keys):
    found = {}
    for table in ROWS:
        numbers = [int(key.rpartition(":")[2]) for key in keys if (key.rpartition(":")[0] or "top_container") == table]
        if numbers:
            for number, state in read_table(cursor, table, numbers):
                found[str(number) if kind == "item" else f"{table}:{number}"] = state
    return found


def read_table(cursor, table, numbers):
    columns, hanging = ROWS[table]
    there = fetched(cursor, f"SELECT id, {columns} FROM {table} WHERE id IN %s", numbers)
    below = {one: fetched(cursor, f"SELECT x.{table}_id, {BELOW[one]} FROM {one} x WHERE x.{table}_id IN %s ORDER BY x.id", numbers) for one in hanging}
    if table == "subject":
        terms = fetched(cursor, "SELECT l.subject_id, t.term FROM subject_term l JOIN term t ON t.id = l.term_id WHERE l.subject_id IN %s ORDER BY l.id", numbers)
    if table == "agent_person":
        linked = fetched(cursor, "SELECT DISTINCT agent_person_id FROM linked_agents_rlshp WHERE agent_person_id IN %s", numbers)
        names = fetched(cursor, "SELECT n.agent_person_id, n.sort_name, (SELECT min(i.authority_id) FROM name_authority_id i WHERE i.name_person_id = n.id)"
                                " FROM name_person n WHERE n.agent_person_id IN %s ORDER BY n.id", numbers)
    for number, (row,) in there.items():
        of = {one: tuple(rows.get(number, ())) for one, rows in below.items()}
        if table in ("subject", "location"):
            yield number, (*row, tuple(term for term, in terms.get(number, ())) if table == "subject" else ())
        elif table == "top_container":
            yield number, (*row, tuple((location, status, start and str(start)) for location, status, start in of["top_container_housed_at_rlshp"]))
        elif table == "agent_person":
            if number in linked:
                yield number, (row[0] == 1, tuple(names.get(number, ())), notes(of["note"]))
        else:
            repository, title, publish, suppressed, position, parent, root, identifier = row
            above = None if root is None else f"{table}:{parent}" if parent else f"{'resource' if table == 'archival_object' else 'digital_object'}:{root}"
            yield number, (repository, title, publish == 1, suppressed == 1, position, above, identifier and tuple(json.loads(identifier)), notes(of.get("note", ())),
                           *(of.get(one, ()) for one in ("extent", "date", "subject_rlshp", "linked_agents_rlshp", "file_version")),
                           tuple((digital, () if sub is None else ((container, indicator),)) for digital, sub, indicator, container in of.get("instance", ())))


def notes(rows):
    return tuple((publish == 1, json.loads(text)["content"][0]) for publish, text in rows)


def number_of(ref):
    return ref and int(str(ref).rpartition(":")[2])


def version_state(kind, version):
    c = version.captured
    told = tuple((note["publish"], note["content"][0] if "content" in note else None) for note in c.get("notes", ()))
    if kind == "item":
        housed = tuple((number_of(one["ref"]), one.get("status"), one.get("start_date")) for one in c.get("container_locations", ()))
        return (number_of(c.get("repository")), c.get("barcode"), c.get("indicator"), c.get("ils_holding_id"), c.get("ils_item_id"), housed)
    if kind == "authority":
        if c["uri"].startswith("/subjects/"):
            return (c.get("title"), c.get("scope_note"), tuple(one["term"] for one in c.get("terms", ())))
        if c["uri"].startswith("/agents/people/"):
            return (c.get("publish"), tuple((one.get("sort_name"), min(one.get("authority_ids", [None]))) for one in c.get("names", ())), told)
        return (c.get("title"), c.get("barcode"), ())
    identifier = c.get("identifier")
    return (number_of(c.get("repository")), c.get("title"), c.get("publish"), c.get("suppressed") is True, c.get("position"), version.parent,
            identifier and tuple(identifier), told,
            tuple((one["number"],) for one in c.get("extents", ())), tuple((one.get("expression"), one.get("begin")) for one in c.get("dates", ())),
            tuple((number_of(one),) for one in c.get("subjects", ())), tuple((number_of(one["ref"]), one.get("role")) for one in c.get("linked_agents", ())),
            tuple((one["file_uri"], one.get("checksum"), one.get("file_size_bytes")) for one in c.get("file_versions", ())),
            tuple((number_of(one.get("digital_object")), tuple((sub.get("top_container"), sub.get("indicator_2")) for sub in one.get("sub_containers", ())))
                  for one in c.get("instances", ())))
