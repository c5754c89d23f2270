"""What archivists and the system do in ArchivesSpace, at random: see workload_journal.py. Entities: bib (resources, archival
objects, accessions), object (digital objects), item (top containers), authority (subjects, agents, locations).

A save updates the row of a record, deletes all rows below it and inserts them anew, with new ids, in one transaction."""

import json

import states_archivesspace
from workload_journal import CANARY, RolledBack, Worker

TORN = "SELECT ils_holding_id FROM archives.top_container WHERE ils_holding_id LIKE 'PAIR%' GROUP BY 1 HAVING count(*) <> 2 OR min(indicator) <> max(indicator)"
MARK = "REPLACE INTO enumeration_value (id, value) VALUES (999, '{marker}')"
MARKED = "SELECT value = '{marker}' FROM archives.enumeration_value WHERE id = 999"
FIRST_NEW = 1_000_000  # numbers from here on belong to the worker that makes them
POISON = 900_000       # the note that is no UTF-8
KINDS = {"resource": "bib", "archival_object": "bib", "accession": "bib", "digital_object": "object", "subject": "authority", "agent_person": "authority", "location": "authority"}
# What is inserted anew at each save; the rest has rows below it in turn, or says nothing.
BELOW = {
    "note": "publish, notes", "extent": "portion_id, number, extent_type_id", "date": "date_type_id, label_id, expression, begin, `end`",
    "subject_rlshp": "subject_id, aspace_relationship_position", "linked_agents_rlshp": "agent_person_id, role_id, relator_id, aspace_relationship_position",
    "file_version": "file_uri, checksum, checksum_method_id, file_size_bytes, publish",
}
HAS = {"resource": ["note", "extent", "date", "subject_rlshp", "linked_agents_rlshp"], "archival_object": ["note", "extent", "date", "subject_rlshp", "linked_agents_rlshp"],
       "accession": ["extent", "date", "subject_rlshp", "linked_agents_rlshp"], "digital_object": ["note", "file_version"]}
IN_REPOSITORY = {"resource": "resources", "archival_object": "archival_objects", "accession": "accessions", "digital_object": "digital_objects"}


class ArchivesspaceWorker(Worker):
    read_key = staticmethod(str)
    bulk = 1000

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.next_id = FIRST_NEW * (self.number + 1)
        self.accessions, self.subjects = [], []
        self.agent = self.location = None

    def begin(self):
        with self.on.cursor() as cursor:
            def own(table, first):
                cursor.execute(f"SELECT id FROM {table} WHERE id > {first} AND id < {FIRST_NEW} AND id %% %s = %s", (self.workers, self.number))
                return [row[0] for row in cursor.fetchall()]
            self.resources, self.containers, self.digital = own("resource", 1000), own("top_container", 3000), own("digital_object", 4000)
            cursor.execute("SELECT id, root_record_id FROM archival_object WHERE root_record_id IN %s", (self.resources,))
            self.parts = dict(cursor.fetchall())  # archival object → its resource
            self.note_states(cursor, self.keys(resource=self.resources, archival_object=self.parts, digital_object=self.digital, container=self.containers))
        self.on.rollback()

    @staticmethod
    def keys(**tables):
        return [("item", str(n)) if table == "container" else (KINDS[table], f"{table}:{n}") for table, some in tables.items() for n in some]

    def read_states(self, cursor, kind, keys):
        return states_archivesspace.read_states(cursor, kind, keys)

    def do_one(self):
        choices = [(self.ghost, 10), (self.edit_note, 18), (self.edit_row, 10), (self.edit_below, 10), (self.large, 2), (self.suppress, 5), (self.new_part, 9), (self.new_resource, 4),
                   (self.accession, 6), (self.move, 4), (self.transfer, 3), (self.delete_part, 4), (self.container, 10), (self.stand, 5), (self.instance, 7), (self.files, 9),
                   (self.subject, 6), (self.link, 6), (self.edit_agent, 5), (self.rename_location, 3), (self.private, 5), (self.many_rows, 5), (self.pairs, 6), (self.savepoint, 4),
                   (self.taken_back, 5), (self.bulk_containers, 1.5)]
        if self.poison and not self.poisoned:
            choices.append((self.poison_note, 5))
        work = self.drawn(choices)
        if self.agent is None:
            work = self.new_authorities
        elif len(self.parts) < 3 or len(self.resources) < 3:
            work = self.new_resource
        work()

    def new_id(self):
        self.next_id += 1
        return self.next_id

    def plain(self, most=12):
        """A new text for columns, which hold no character beyond U+FFFF; notes, which are blobs, hold all."""
        return "".join(c for c in self.text(most) if c <= "\uffff")

    def note_text(self):
        return json.dumps({"jsonmodel_type": "note_singlepart", "type": "abstract", "content": [self.text()]}, ensure_ascii=False).encode()

    def a_record(self, *tables):
        tables = tables or ("resource", "archival_object", "archival_object", "digital_object")
        return self.rng.choice([(t, n) for t in tables for n in {"resource": self.resources, "archival_object": list(self.parts), "digital_object": self.digital,
                                                                 "accession": self.accessions}[t]])

    def of_record(self, table, number):
        """Its key, and that of the agent, who is an authority while a record names him."""
        return self.keys(**{table: [number], "agent_person": [self.agent] if self.agent else []})

    # ---- saves
    def save(self, c, table, number, edit=None, **row):
        """edit(table below, rows) → rows."""
        sets = "".join(f", {name} = %s" for name in row)
        c.execute(f"UPDATE {table} SET lock_version = lock_version + 1, last_modified_by = '{CANARY}', system_mtime = DATE_ADD(system_mtime, INTERVAL 7 SECOND){sets} WHERE id = %s",
                  (*row.values(), number))
        for below in HAS[table]:
            c.execute(f"SELECT id, {BELOW[below]} FROM {below} WHERE {table}_id = %s ORDER BY id", (number,))
            old = c.fetchall()
            rows = [tuple(one[1:]) for one in old]
            self.insert_below(c, table, number, below, edit(below, rows) if edit else rows)
            if old:
                c.execute(f"DELETE FROM {below} WHERE id IN %s", ([one[0] for one in old],))
        if table == "archival_object":
            self.renew_instances(c, number)

    @staticmethod
    def insert_below(c, table, number, below, rows):
        columns = BELOW[below]
        for row in rows:
            c.execute(f"INSERT INTO {below} ({table}_id, {columns}, created_by) VALUES (%s{', %s' * len(row)}, '{CANARY}')", (number, *row))

    def instances(self, c, part):
        """[(id, type, digital object, container, indicator)]"""
        c.execute("SELECT i.id, i.instance_type_id, d.digital_object_id, l.top_container_id, s.indicator_2 FROM instance i LEFT JOIN instance_do_link_rlshp d ON d.instance_id = i.id"
                  " LEFT JOIN sub_container s ON s.instance_id = i.id LEFT JOIN top_container_link_rlshp l ON l.sub_container_id = s.id WHERE i.archival_object_id = %s ORDER BY i.id", (part,))
        return c.fetchall()

    def insert_instance(self, c, part, digital, container, indicator):
        c.execute("INSERT INTO instance (archival_object_id, instance_type_id, created_by) VALUES (%s, %s, %s)", (part, 12 if digital else 11, CANARY))
        one = c.lastrowid
        if digital:
            c.execute("INSERT INTO instance_do_link_rlshp (digital_object_id, instance_id) VALUES (%s, %s)", (digital, one))
        else:
            c.execute("INSERT INTO sub_container (instance_id, type_2_id, indicator_2, created_by) VALUES (%s, 14, %s, %s)", (one, indicator, CANARY))
            c.execute("INSERT INTO top_container_link_rlshp (top_container_id, sub_container_id) VALUES (%s, %s)", (container, c.lastrowid))

    @staticmethod
    def delete_instances(c, some):
        if some:
            c.execute("DELETE FROM top_container_link_rlshp WHERE sub_container_id IN (SELECT id FROM sub_container WHERE instance_id IN %s)", (some,))
            for table in ("sub_container", "instance_do_link_rlshp"):
                c.execute(f"DELETE FROM {table} WHERE instance_id IN %s", (some,))
            c.execute("DELETE FROM instance WHERE id IN %s", (some,))

    def renew_instances(self, c, part, edit=None):
        old = self.instances(c, part)
        rows = [row[2:] for row in old]
        for row in edit(rows) if edit else rows:
            self.insert_instance(c, part, *row)
        self.delete_instances(c, [row[0] for row in old])

    def ghost(self):
        """Nothing changes but ids, and who saved it when."""
        table, number = self.a_record()
        self.transaction(lambda c: self.save(c, table, number), self.of_record(table, number))

    def edit_note(self):
        table, number = self.a_record()
        kind, note, publish = self.rng.random(), self.note_text(), int(self.rng.random() < 0.8)

        def edit(below, rows):
            if below != "note":
                return rows
            return rows + [(publish, note)] if kind < 0.5 or not rows else rows[1:] if kind < 0.65 else rows[:-1] + [(publish, note)]
        self.transaction(lambda c: self.save(c, table, number, edit), self.of_record(table, number))

    def large(self):
        """Notes of hundreds of kilobytes."""
        (table, number), note = self.a_record("archival_object"), json.dumps({"type": "bibliography", "content": [self.text() + " long" * self.rng.randint(20_000, 80_000)]})
        self.transaction(lambda c: self.save(c, table, number, lambda below, rows: [(1, note)] if below == "note" else rows), self.of_record(table, number))

    def edit_row(self):
        table, number = self.a_record()
        row = {"title": self.plain()} if self.rng.random() < 0.7 else {"publish": self.rng.randint(0, 1)}
        self.transaction(lambda c: self.save(c, table, number, **row), self.of_record(table, number))

    def edit_below(self):
        table, number = self.a_record("resource", "archival_object", *["accession"] * bool(self.accessions))
        text, kind = self.plain(4), self.rng.random()

        def edit(below, rows):
            if below == "extent" and kind < 0.5:
                return rows[-2:] + [(4, text, 5)]
            if below == "date" and kind >= 0.5:
                return [(7, 6, text, "1890", None)] + rows[:2]
            return rows
        self.transaction(lambda c: self.save(c, table, number, edit), self.of_record(table, number))

    def suppress(self):
        table, number = self.a_record()
        self.transaction(lambda c: c.execute(f"UPDATE {table} SET suppressed = 1 - suppressed WHERE id = %s", (number,)), self.of_record(table, number))

    # ---- records
    def new_resource(self):
        number, title, repository = self.new_id(), self.plain(), self.rng.randint(2, 3)

        def work(c):
            c.execute("INSERT INTO resource (id, repo_id, title, identifier, level_id, publish, repository_processing_note, created_by) VALUES (%s, %s, %s, %s, 1, 1, %s, %s)",
                      (number, repository, title, json.dumps(["W", str(number), None, None]), CANARY, CANARY))
            self.insert_below(c, "resource", number, "extent", [(4, "1", 5)])
        self.transaction(work, self.of_record("resource", number))
        self.resources.append(number)
        for _ in range(self.rng.randint(1, 3)):
            self.new_part()

    def new_part(self):
        number, resource, title, note = self.new_id(), self.rng.choice(self.resources), self.plain(), self.note_text()
        container, within = self.rng.choice(self.containers), [part for part, of in self.parts.items() if of == resource]
        parent = self.rng.choice([None, *within])

        def work(c):
            c.execute("INSERT INTO archival_object (id, repo_id, root_record_id, parent_id, position, publish, ref_id, title, display_string, level_id, created_by)"
                      " SELECT %s, repo_id, id, %s, %s, 1, %s, %s, %s, 3, %s FROM resource WHERE id = %s", (number, parent, number, f"w{number}", title, title, CANARY, resource))
            self.insert_below(c, "archival_object", number, "note", [(1, note)])
            self.insert_instance(c, number, None, container, "1")
        self.transaction(work, self.of_record("archival_object", number))
        self.parts[number] = resource

    def accession(self):
        number, title, kind = self.new_id(), self.plain(), self.rng.random()
        if kind < 0.5 or not self.accessions:
            self.transaction(lambda c: c.execute("INSERT INTO accession (id, repo_id, identifier, title, accession_date, provenance, general_note, publish, created_by)"
                                                 " VALUES (%s, 2, %s, %s, '2024-03-01', %s, %s, 0, %s)", (number, json.dumps(["W", str(number), None, None]), title, title, CANARY, CANARY)),
                             self.of_record("accession", number))
            self.accessions.append(number)
            return
        number = self.rng.choice(self.accessions)
        if kind < 0.8:
            self.transaction(lambda c: self.save(c, "accession", number, title=title), self.of_record("accession", number))
        else:
            self.transaction(lambda c: self.delete(c, "accession", number), self.of_record("accession", number))
            self.accessions.remove(number)

    def delete(self, c, table, number):
        """What is below goes first: the foreign keys refuse it otherwise."""
        for below in HAS[table]:
            c.execute(f"DELETE FROM {below} WHERE {table}_id = %s", (number,))
        if table == "archival_object":
            self.delete_instances(c, [row[0] for row in self.instances(c, number)])
        self.former_address(c, table, number)
        c.execute(f"DELETE FROM {table} WHERE id = %s", (number,))

    @staticmethod
    def former_address(c, table, number):
        c.execute(f"INSERT INTO deleted_records (uri, operator, timestamp) SELECT CONCAT('/repositories/', repo_id, '/{IN_REPOSITORY[table]}/', id), %s, UTC_TIMESTAMP() FROM {table} WHERE id = %s",
                  (CANARY, number))

    def delete_part(self):
        part = self.rng.choice(list(self.parts))
        parents = {self.above(one) for one in self.parts}
        if f"archival_object:{part}" not in parents:  # one without parts of its own
            self.transaction(lambda c: self.delete(c, "archival_object", part), self.of_record("archival_object", part))
            del self.parts[part]

    def above(self, part):
        state = self.journal.states["bib", f"archival_object:{part}"][-1]
        return state and state[5]

    def move(self):
        """To another place below the resource, or right under it."""
        part, place = self.rng.choice(list(self.parts)), self.rng.randint(1, 10**6)
        others = [one for one, of in self.parts.items() if of == self.parts[part] and one < part]  # older ones: no circle
        parent = self.rng.choice([None, *others])
        self.transaction(lambda c: c.execute("UPDATE archival_object SET parent_id = %s, position = %s, system_mtime = NOW() WHERE id = %s", (parent, place, part)),
                         self.of_record("archival_object", part))

    def transfer(self):
        """A resource with its archival objects goes to the other repository."""
        resource = self.rng.choice(self.resources)
        parts = [part for part, of in self.parts.items() if of == resource]

        def work(c):
            self.former_address(c, "resource", resource)
            c.execute("UPDATE resource SET repo_id = 5 - repo_id WHERE id = %s", (resource,))
            c.execute("UPDATE archival_object SET repo_id = 5 - repo_id WHERE root_record_id = %s", (resource,))
        self.transaction(work, self.keys(resource=[resource], archival_object=parts))

    def many_rows(self):
        """Dragging one changes the position of all that follow."""
        resource = self.rng.choice(self.resources)
        parts = [part for part, of in self.parts.items() if of == resource]
        self.transaction(lambda c: c.execute("UPDATE archival_object SET position = position + 1000 WHERE root_record_id = %s", (resource,)), self.keys(archival_object=parts))

    # ---- containers, digital objects
    def container(self):
        one, text = self.rng.choice(self.containers), self.plain(3)
        row = self.rng.choice([{"indicator": text}, {"ils_item_id": text}, {"barcode": f"W{one}.{self.serial}"}, {"ils_holding_id": None}])
        sets = ", ".join(f"{name} = %s" for name in row)
        self.transaction(lambda c: c.execute(f"UPDATE top_container SET {sets}, created_for_collection = '{CANARY}', lock_version = lock_version + 1 WHERE id = %s", (*row.values(), one)),
                         self.keys(container=[one]))

    def stand(self):
        """A container gets another place; the former one may be kept."""
        one, keeps = self.rng.choice(self.containers), self.rng.random() < 0.5

        def work(c):
            if keeps:
                c.execute("UPDATE top_container_housed_at_rlshp SET status = 'previous', end_date = '2026-11-01' WHERE top_container_id = %s", (one,))
            else:
                c.execute("DELETE FROM top_container_housed_at_rlshp WHERE top_container_id = %s", (one,))
            c.execute("INSERT INTO top_container_housed_at_rlshp (top_container_id, location_id, status, start_date, note) VALUES (%s, %s, 'current', '2026-11-01', %s)",
                      (one, self.location, CANARY))
        self.transaction(work, self.keys(container=[one]))

    def instance(self):
        """Another container, or a digital object; the row of the record is saved with it."""
        part, container, digital, text = self.rng.choice(list(self.parts)), self.rng.choice(self.containers), self.rng.choice(self.digital), self.plain(2)
        row = self.rng.choice([(digital, None, None), (None, container, text), (None, container, text)])

        def work(c):
            c.execute("UPDATE archival_object SET lock_version = lock_version + 1 WHERE id = %s", (part,))
            self.renew_instances(c, part, lambda rows: (*rows[-2:], row))
        self.transaction(work, self.of_record("archival_object", part))

    def files(self):
        digital, checksum, size = self.rng.choice(self.digital), f"{self.rng.getrandbits(128):032x}", self.rng.randint(1, 10**12)

        def edit(below, rows):
            return rows[-2:] + [(f"https://files.example.org/{checksum}", checksum, 9, size, 1)] if below == "file_version" else rows
        self.transaction(lambda c: self.save(c, "digital_object", digital, edit), self.keys(digital_object=[digital]))

    # ---- authorities
    def new_authorities(self):
        agent, location = self.new_id(), self.new_id()

        def work(c):
            for table, column in (("agent_contact", "agent_person_id"), ("name_person", "agent_person_id"), ("agent_person", "id")):
                c.execute(f"DELETE FROM {table} WHERE {column} = %s", (agent,))
            c.execute("INSERT INTO agent_person (id, publish, created_by) VALUES (%s, 1, %s)", (agent, CANARY))
            c.execute("INSERT INTO name_person (agent_person_id, primary_name, sort_name, authorized, created_by) VALUES (%s, 'Pell', 'Pell, Ada', 1, %s)", (agent, CANARY))
            c.execute("INSERT INTO agent_contact (agent_person_id, name, email) VALUES (%s, %s, 'canary@example.org')", (agent, CANARY))
            c.execute("INSERT INTO location (id, title, building, created_by) VALUES (%s, 'Annex', 'Annex', %s)", (location, CANARY))
        self.transaction(work, self.keys(agent_person=[agent], location=[location]))
        self.agent, self.location = agent, location

    def rename_location(self):
        title = self.plain(4)
        self.transaction(lambda c: c.execute("UPDATE location SET title = %s WHERE id = %s", (title, self.location)), self.keys(location=[self.location]))

    def subject(self):
        """A subject's terms are inserted anew with each save; a changed heading names another term."""
        number, title, made = self.new_id(), self.plain(4), self.rng.random() < 0.4 or not self.subjects
        one = number if made else self.rng.choice(self.subjects)

        def work(c):
            if made:
                c.execute("INSERT INTO subject (id, title, source_id, created_by) VALUES (%s, %s, 18, %s)", (one, title, CANARY))
            else:
                c.execute("UPDATE subject SET title = %s, lock_version = lock_version + 1 WHERE id = %s", (title, one))
                c.execute("DELETE FROM subject_term WHERE subject_id = %s", (one,))
            c.execute("INSERT INTO term (term, term_type_id) VALUES (%s, 19)", (title,))
            c.execute("INSERT INTO subject_term (subject_id, term_id) VALUES (%s, %s)", (one, c.lastrowid))
        self.transaction(work, self.keys(subject=[one]))
        if made:
            self.subjects.append(one)

    def link(self):
        """Subjects and agents of a record; nobody whom no record names is an authority."""
        table, number = self.a_record("resource", "archival_object")
        kind, subject = self.rng.random(), self.rng.choice([None, *self.subjects])

        def edit(below, rows):
            if below == "subject_rlshp" and kind < 0.5:
                return rows[-2:] + [(subject, 0)] if subject else []
            if below == "linked_agents_rlshp" and kind >= 0.5:
                return [] if rows else [(self.agent, 15, 27, 0)]
            return rows
        self.transaction(lambda c: self.save(c, table, number, edit), self.of_record(table, number))

    def edit_agent(self):
        name, number = self.plain(4), self.rng.choice([None, f"n{self.serial}"])

        def work(c):
            c.execute("UPDATE agent_person SET lock_version = lock_version + 1 WHERE id = %s", (self.agent,))
            c.execute("DELETE FROM name_authority_id WHERE name_person_id IN (SELECT id FROM name_person WHERE agent_person_id = %s)", (self.agent,))
            c.execute("DELETE FROM name_person WHERE agent_person_id = %s", (self.agent,))
            c.execute("INSERT INTO name_person (agent_person_id, primary_name, sort_name, authorized, created_by) VALUES (%s, %s, %s, 1, %s)", (self.agent, name, name, CANARY))
            if number:
                c.execute("INSERT INTO name_authority_id (name_person_id, authority_id) VALUES (%s, %s)", (c.lastrowid, number))
        self.transaction(work, self.keys(agent_person=[self.agent]))

    def private(self):
        """Users and contact details are not followed at all."""
        name = f"{CANARY} {self.plain(2)}"

        def work(c):
            c.execute("UPDATE agent_contact SET note = %s WHERE agent_person_id = %s", (name, self.agent))
            c.execute("REPLACE INTO user (username, name, email) VALUES (%s, %s, 'canary@example.org')", (f"canary-{self.number}", name))
        self.transaction(work, [])

    # ---- transactions
    def pairs(self):
        """Two rows that no reader may ever see differ; TORN finds one that does."""
        text, made = self.plain(3), bool(self.pair)
        if not made:
            self.pair = [self.new_id(), self.new_id()]
        pair = list(self.pair)

        def work(c):
            for one in pair:
                if made:
                    c.execute("UPDATE top_container SET indicator = %s WHERE id = %s", (text, one))
                else:
                    c.execute("INSERT INTO top_container (id, repo_id, indicator, ils_holding_id, type_id, created_by) VALUES (%s, 2, %s, %s, 13, %s)", (one, text, f"PAIR{self.number}", CANARY))
        self.transaction(work, self.keys(container=pair))

    def savepoint(self):
        (table, number), never, note = self.a_record("resource", "archival_object"), self.note_text(), self.note_text()

        def adds(one):
            return lambda below, rows: rows + [(1, one)] if below == "note" else rows

        def work(c):
            c.execute("SAVEPOINT a")
            self.save(c, table, number, adds(never), title="never")
            c.execute("ROLLBACK TO a")
            self.save(c, table, number, adds(note))
        self.transaction(work, self.of_record(table, number))

    def taken_back(self):
        part = self.rng.choice(list(self.parts))

        def work(c):
            self.save(c, "archival_object", part, title="never")
            c.execute("UPDATE top_container SET indicator = 'never' WHERE id IN %s", (self.containers[:20],))
            raise RolledBack
        self.transaction(work, self.of_record("archival_object", part))

    def bulk_containers(self):
        """Many rows in a transaction; once for each worker."""
        if self.bulks:
            return self.edit_note()
        self.bulks += 1
        containers = [self.new_id() for _ in range(self.bulk)]
        self.transaction(lambda c: c.executemany(f"INSERT INTO top_container (id, repo_id, barcode, indicator, type_id, created_by) VALUES (%s, 2, %s, 'bulk', 13, '{CANARY}')",
                                                 [(one, f"B{one}") for one in containers]), self.keys(container=containers))
        self.containers += containers[::20]
        return None

    def poison_note(self):
        """A note that is no UTF-8, of no record: one case in quarantine, and the stream goes on."""
        if self.transaction(lambda c: c.execute("REPLACE INTO note (id, publish, notes) VALUES (%s, 1, x'7B2261223A22FF227D')", (POISON,)), []):
            self.poisoned.append(("note", str(POISON)))
