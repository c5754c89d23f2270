"""What staff and the system do in Evergreen, at random: see workload_journal.py. Entities: bib, item (copies and serial
units), authority."""

import hashlib

from workload_journal import CANARY, RolledBack, escaped
from workload_postgresql import PostgresqlWorker

NOTE = '<datafield tag="500" ind1=" " ind2=" "><subfield code="a">{}</subfield></datafield></record>'
CONDITION = {3: "lost", 4: "missing", 13: "discarded", 14: "damaged"}
TORN = "SELECT location FROM evergreen.asset_copy WHERE location >= 9000 GROUP BY 1 HAVING count(*) <> 2 OR min(circ_modifier) <> max(circ_modifier)"
MARKER = 1
MARK = f"UPDATE biblio.record_entry SET tcn_source = '{{marker}}' WHERE id = {MARKER}"
MARKED = f"SELECT tcn_source = '{{marker}}' FROM evergreen.biblio_record_entry WHERE id = {MARKER}"
KINDS = ["bib", "item", "authority"]
CAPTURED = "md5(v.captured)"
FIRST_NEW = 1_000_000  # numbers from here on belong to the worker that makes them, before another one has looked for its own
COPY = "id, circ_lib, creator, call_number, editor, copy_number, status, location, loan_duration, fine_level, barcode, circ_modifier, alert_message"


def marcxml(worker, title, fields):
    more = "".join(f'<datafield tag="650" ind1=" " ind2="0"><subfield code="a">{escaped(worker.text())}</subfield></datafield>' for _ in range(fields))
    return ('<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 a 4500</leader>'
            f'<controlfield tag="001">w{worker.number}.{worker.serial}</controlfield>'
            f'<datafield tag="245" ind1="1" ind2="0"><subfield code="a">{escaped(title)}</subfield></datafield>{more}</record>')


def version_state(kind, version):
    a, deleted = version.attributes or {}, version.deleted
    if kind == "item":
        return (version.parent, deleted, a.get("copy_number"), a.get("barcode"), a.get("circ_modifier"), a.get("condition"), a.get("location"))
    return (version.captured, deleted, a.get("source"), a.get("active"), a.get("tcn_value") if kind == "bib" else None)


class EvergreenWorker(PostgresqlWorker):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.next_id = FIRST_NEW * (self.number + 1)

    def begin(self):
        with self.on.cursor() as cursor:
            def own(table, key="id"):
                cursor.execute(f"SELECT id FROM ONLY {table} WHERE {key} > %s AND {key} < %s AND {key} %% %s = %s", (MARKER, FIRST_NEW, self.workers, self.number))
                return [row[0] for row in cursor.fetchall()]
            self.bibs, self.authorities = own("biblio.record_entry"), own("authority.record_entry")
            self.volumes = own("asset.call_number")
            cursor.execute("SELECT id FROM ONLY asset.copy WHERE call_number = ANY (%s)", (self.volumes,))
            self.copies = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT id FROM serial.unit WHERE call_number = ANY (%s)", (self.volumes,))
            self.units = [row[0] for row in cursor.fetchall()]
            self.note_states(cursor, [("bib", str(b)) for b in self.bibs] + [("item", str(i)) for i in self.copies + self.units] + [("authority", str(a)) for a in self.authorities])
        self.on.rollback()

    def read_states(self, cursor, kind, numbers):
        cursor.execute({
            "bib": "SELECT id, marc, deleted, source, active, tcn_value FROM biblio.record_entry WHERE id = ANY (%s)",
            "authority": "SELECT id, marc, deleted, source, active, NULL FROM authority.record_entry WHERE id = ANY (%s)",
            "item": "SELECT id, call_number, deleted, copy_number, barcode, circ_modifier, status, location FROM asset.copy WHERE id = ANY (%s) AND call_number > 0"}[kind], (numbers,))
        found = {}
        for number, *row in cursor.fetchall():
            if kind == "item":
                volume, deleted, copy_number, barcode, modifier, status, location = row
                found[number] = (f"volume:{volume}", deleted, copy_number, barcode, modifier, CONDITION.get(status), location)
            else:
                found[number] = (hashlib.md5(row[0].encode()).hexdigest(), *row[1:])
        return found

    def do_one(self):
        choices = [(self.note, 22), (self.other_column, 10), (self.untouched_toast, 8), (self.large, 3), (self.new_bib, 9), (self.delete, 5), (self.undelete, 3),
                   (self.purge, 4), (self.edit_copy, 14), (self.status, 8), (self.copy_key, 4), (self.again_in_one, 4), (self.savepoint, 5), (self.taken_back, 5),
                   (self.authority, 8), (self.authority_key, 2), (self.unit, 5), (self.many_rows, 5), (self.pairs, 6), (self.two_phases, 3), (self.bulk_copies, 1.5)]
        work = self.drawn(choices)
        if len(self.bibs) < 3 or len(self.copies) < 3:
            work = self.new_bib
        work()

    def new_key(self):
        self.next_id += 1
        return self.next_id

    def a_bib(self):
        return self.rng.choice(self.bibs)

    def note(self):
        bib, text = self.a_bib(), NOTE.format(escaped(self.text()))
        self.one("UPDATE biblio.record_entry SET marc = replace(marc, '</record>', %s), edit_date = now() WHERE id = %s", (text, bib), [("bib", str(bib))])

    def other_column(self):
        bib, source = self.a_bib(), self.rng.choice([None, 1, 2, 3])
        self.one("UPDATE biblio.record_entry SET source = %s, active = NOT active, fingerprint = %s WHERE id = %s", (source, CANARY, bib), [("bib", str(bib))])

    def untouched_toast(self):
        """Without its triggers the long value is not written again, and does not come in the stream."""
        bib, source, kind = self.a_bib(), self.rng.choice([None, 1, 2, 3]), self.rng.random()

        def work(c):
            c.execute("SET LOCAL session_replication_role = replica")
            if kind < 0.8:
                c.execute("UPDATE biblio.record_entry SET source = %s, tcn_value = %s WHERE id = %s", (source, f"tcn {self.serial} {bib}", bib))
            else:  # twice in one transaction: the second one finds what the first one left
                c.execute("UPDATE biblio.record_entry SET marc = replace(marc, '</record>', %s) WHERE id = %s", (NOTE.format("again"), bib))
                c.execute("UPDATE biblio.record_entry SET source = %s WHERE id = %s", (source, bib))
        self.transaction(work, [("bib", str(bib))])

    def large(self):
        bib, fields = self.a_bib(), self.rng.randint(500, 4000)
        self.one("UPDATE biblio.record_entry SET marc = %s WHERE id = %s", (marcxml(self, self.text(), fields), bib), [("bib", str(bib))])

    def insert_copy(self, c, key, volume):
        c.execute(f"INSERT INTO asset.copy ({COPY}) VALUES (%s, 4, 1, %s, 1, 1, 0, 1, 2, 2, %s, NULL, %s)", (key, volume, f"R{key}", CANARY))

    def new_bib(self):
        bib, volume, copies = self.new_key(), self.new_key(), [self.new_key() for _ in range(self.rng.randint(0, 3))]
        record = marcxml(self, self.text(), self.rng.randint(0, 30))

        def work(c):
            c.execute("INSERT INTO biblio.record_entry (id, marc, last_xact_id) VALUES (%s, %s, %s)", (bib, record, CANARY))
            c.execute("INSERT INTO asset.call_number (id, creator, editor, record, owning_lib, label) VALUES (%s, 1, 1, %s, 1, %s)", (volume, bib, f"W {volume}"))
            for copy in copies:
                self.insert_copy(c, copy, volume)
        self.transaction(work, [("bib", str(bib))] + [("item", str(i)) for i in copies])
        self.bibs.append(bib)
        self.volumes.append(volume)
        self.copies += copies

    def delete(self):
        """The rule makes an UPDATE of it."""
        bib = self.a_bib()
        self.one("DELETE FROM biblio.record_entry WHERE id = %s", (bib,), [("bib", str(bib))])

    def undelete(self):
        bib = self.a_bib()
        self.one("UPDATE biblio.record_entry SET deleted = false, merged_to = NULL WHERE id = %s", (bib,), [("bib", str(bib))])

    def purge(self):
        """A purge tool: the rules do not count, the rows are gone."""
        bib, copy = self.a_bib(), self.rng.choice(self.copies)

        def work(c):
            c.execute("SET LOCAL session_replication_role = replica")
            c.execute("DELETE FROM asset.copy WHERE id = %s", (copy,))
            c.execute("DELETE FROM biblio.record_entry WHERE id = %s", (bib,))
        self.transaction(work, [("bib", str(bib)), ("item", str(copy))])
        self.bibs.remove(bib)
        self.copies.remove(copy)

    def edit_copy(self):
        copy, kind = self.rng.choice(self.copies), self.rng.random()
        modifier = self.rng.choice([None, "", self.text(3)])
        if kind < 0.6:
            self.one("UPDATE asset.copy SET circ_modifier = %s, copy_number = copy_number + 1 WHERE id = %s", (modifier, copy), [("item", str(copy))])
        elif kind < 0.8:
            volume = self.rng.choice(self.volumes)
            self.one("UPDATE asset.copy SET call_number = %s WHERE id = %s", (volume, copy), [("item", str(copy))])
        else:
            self.one("DELETE FROM asset.copy WHERE id = %s", (copy,), [("item", str(copy))])

    def status(self):
        """Circulation; only a few states are content."""
        copy = self.rng.choice(self.copies)
        self.one("UPDATE asset.copy SET status = %s, alert_message = %s WHERE id = %s", (self.rng.choice([0, 1, 7, 8, 3, 4, 14]), CANARY, copy), [("item", str(copy))])

    def copy_key(self):
        old, new = self.rng.choice(self.copies), self.new_key()
        self.one("UPDATE asset.copy SET id = %s WHERE id = %s", (new, old), [("item", str(old)), ("item", str(new))])
        self.copies.remove(old)
        self.copies.append(new)

    def authority_key(self):
        if self.authorities:
            old, new = self.rng.choice(self.authorities), self.new_key()

            def work(c):  # a key change of a row whose long value does not come in the stream
                c.execute("SET LOCAL session_replication_role = replica")
                c.execute("UPDATE authority.record_entry SET id = %s WHERE id = %s", (new, old))
            self.transaction(work, [("authority", str(old)), ("authority", str(new))])
            self.authorities.remove(old)
            self.authorities.append(new)

    def again_in_one(self):
        bib, record = self.a_bib(), marcxml(self, self.text(), 4)

        def work(c):
            c.execute("SET LOCAL session_replication_role = replica")
            c.execute("DELETE FROM biblio.record_entry WHERE id = %s", (bib,))
            c.execute("SET LOCAL session_replication_role = origin")
            c.execute("INSERT INTO biblio.record_entry (id, marc, last_xact_id) VALUES (%s, %s, 'again')", (bib, record))
        self.transaction(work, [("bib", str(bib))])

    def savepoint(self):
        bib, copy = self.a_bib(), self.rng.choice(self.copies)
        first, second = NOTE.format("never " + escaped(self.text())), NOTE.format(escaped(self.text()))
        statement = "UPDATE biblio.record_entry SET marc = replace(marc, '</record>', %s) WHERE id = %s"

        def work(c):
            c.execute("SAVEPOINT a")
            c.execute(statement, (first, bib))
            c.execute("SAVEPOINT b")
            c.execute("UPDATE asset.copy SET barcode = 'never' WHERE id = %s", (copy,))
            c.execute("RELEASE SAVEPOINT b")
            c.execute("ROLLBACK TO SAVEPOINT a")
            c.execute(statement, (second, bib))
        self.transaction(work, [("bib", str(bib)), ("item", str(copy))])

    def taken_back(self):
        bib = self.a_bib()

        def work(c):
            c.execute("UPDATE biblio.record_entry SET source = 3, active = false WHERE id = %s", (bib,))
            c.execute("UPDATE asset.copy SET circ_modifier = 'never' WHERE id = ANY (%s)", (self.copies,))
            raise RolledBack
        self.transaction(work, [("bib", str(bib))])

    def authority(self):
        kind = self.rng.random()
        if kind < 0.3 or not self.authorities:
            authority, record = self.new_key(), marcxml(self, self.text(), 2)
            self.one("INSERT INTO authority.record_entry (id, marc, last_xact_id) VALUES (%s, %s, 'w')", (authority, record), [("authority", str(authority))])
            self.authorities.append(authority)
            return
        authority, text = self.rng.choice(self.authorities), NOTE.format(escaped(self.text()))
        self.one("UPDATE authority.record_entry SET marc = replace(marc, '</record>', %s), heading = %s WHERE id = %s", (text, CANARY, authority), [("authority", str(authority))])

    def unit(self):
        """serial.unit inherits from asset.copy; worker 0 empties it now and then."""
        kind = self.rng.random()
        if kind < 0.5 or not self.units:
            key, volume, text = self.new_key(), self.rng.choice(self.volumes), self.text(4)
            self.one(f"INSERT INTO serial.unit ({COPY}, sort_key, detailed_contents, summary_contents) VALUES (%s, 4, 1, %s, 1, 1, 0, 1, 2, 2, %s, NULL, %s, %s, %s, %s)",
                     (key, volume, f"U{key}", CANARY, text, text, text), [("item", str(key))])
            self.units.append(key)
        else:
            key = self.rng.choice(self.units)
            self.one("UPDATE serial.unit SET copy_number = copy_number + 1 WHERE id = %s", (key,), [("item", str(key))])

    def many_rows(self):
        some = self.rng.sample(self.copies, min(len(self.copies), 60))
        self.one("UPDATE asset.copy SET copy_number = copy_number + 1 WHERE id = ANY (%s)", (some,), [("item", str(i)) for i in some])

    def pairs(self):
        """Two rows that no reader may ever see differ; TORN finds one that does."""
        text, made = "pair " + self.text(3), bool(self.pair)
        if not made:
            self.pair = [self.new_key(), self.new_key()]
        pair, volume = list(self.pair), self.volumes[0]

        def work(c):
            for copy in pair:
                if not made:
                    self.insert_copy(c, copy, volume)
                c.execute("UPDATE asset.copy SET circ_modifier = %s, location = %s WHERE id = %s", (text, 9000 + self.number, copy))
        self.transaction(work, [("item", str(i)) for i in pair])

    def two_phases(self):
        bib, text = self.a_bib(), NOTE.format(escaped(self.text()))
        self.in_two_phases(lambda c: c.execute("UPDATE biblio.record_entry SET marc = replace(marc, '</record>', %s) WHERE id = %s", (text, bib)), [("bib", str(bib))])

    def bulk_copies(self):
        """Thousands of rows in a transaction; once for each worker."""
        if self.bulks:
            return self.note()
        self.bulks += 1
        first, volume = self.next_id + 1, self.rng.choice(self.volumes)
        self.next_id += self.bulk

        def work(c):
            c.execute(f"INSERT INTO asset.copy ({COPY}) SELECT g, 4, 1, %s, 1, 1, 0, 1, 2, 2, 'R' || g, 'bulk', %s FROM generate_series(%s, %s) g", (volume, CANARY, first, first + self.bulk - 1))
            c.execute("UPDATE asset.copy SET copy_number = 2 WHERE id BETWEEN %s AND %s AND id %% 2 = 0", (first, first + self.bulk - 1))
        self.transaction(work, [("item", str(i)) for i in range(first, first + self.bulk)])
        self.copies += list(range(first, first + self.bulk, 20))
        return None
