"""What staff and the system do in Koha, at random: see workload_journal.py. Entities: bib, item, authority."""

import hashlib

from workload_journal import CANARY, RolledBack, Worker, escaped

NOTE = '  <datafield tag="500" ind1=" " ind2=" ">\n    <subfield code="a">{}</subfield>\n  </datafield>\n</record>'
BRANCHES = ["CPL", "MPL", "FPL"]
# Private columns beside the captured ones, and what the program must never see change.
NOISE = "itemnotes_nonpublic = '" + CANARY + " staff', onloan = '2026-12-01', issues = COALESCE(issues, 0) + 1, datelastborrowed = '2026-11-01'"
TORN = "SELECT authtypecode FROM koha_main.auth_header WHERE authtypecode LIKE 'PAIR%' GROUP BY 1 HAVING count(*) <> 2 OR min(marcxml) <> max(marcxml)"
MARKER = 1  # the bib that the harness writes markers into; nobody's
MARK = f"UPDATE biblio SET notes = '{{marker}}' WHERE biblionumber = {MARKER}"
MARKED = f"SELECT notes = '{{marker}}' FROM koha_main.biblio WHERE biblionumber = {MARKER}"
KINDS = ["bib", "item", "authority"]
CAPTURED = "md5(v.captured)"
FIRST_NEW = 100_000  # numbers from here on belong to the worker that makes them, before another one has looked for its own


def marcxml(worker, title, fields):
    more = "".join(f'<datafield tag="650" ind1=" " ind2="0"><subfield code="a">{escaped(worker.text())}</subfield></datafield>' for _ in range(fields))
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 a 4500</leader>'
            f'<controlfield tag="001">w{worker.number}.{worker.serial}</controlfield>'
            f'<datafield tag="245" ind1="1" ind2="0"><subfield code="a">{escaped(title)}</subfield></datafield>{more}</record>')


def version_state(kind, version):
    a = version.attributes or {}
    if kind == "bib":
        return (version.captured, a.get("frameworkcode"))
    if kind == "authority":
        return (version.captured, a.get("authtypecode"))
    flags = [None if a.get(flag) is None else str(a[flag]) for flag in ("damaged", "withdrawn")]
    return (version.parent, a.get("barcode"), a.get("homebranch"), a.get("itemcallnumber"), *flags)


class KohaWorker(Worker):
    """Owns the bibs whose number is its own modulo the number of workers, and new ones from a range of its own."""

    bulk = 1000

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.next_bib = FIRST_NEW * (self.number + 1)
        self.next_item = 1_000_000 * (self.number + 1)
        self.next_authority = FIRST_NEW * (self.number + 1)

    def begin(self):
        with self.on.cursor() as cursor:
            cursor.execute("SELECT biblionumber FROM biblio WHERE biblionumber > %s AND biblionumber < %s AND biblionumber %% %s = %s", (MARKER, FIRST_NEW, self.workers, self.number))
            self.bibs = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT authid FROM auth_header WHERE authid < %s AND authid %% %s = %s", (FIRST_NEW, self.workers, self.number))
            self.authorities = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT itemnumber, biblionumber FROM items WHERE biblionumber > %s AND biblionumber < %s AND biblionumber %% %s = %s", (MARKER, FIRST_NEW, self.workers, self.number))
            self.items = dict(cursor.fetchall())
            self.note_states(cursor, [("bib", str(b)) for b in self.bibs] + [("item", str(i)) for i in self.items] + [("authority", str(a)) for a in self.authorities])
        self.on.rollback()

    def read_states(self, cursor, kind, numbers):
        cursor.execute({
            "bib": "SELECT b.biblionumber, m.metadata, b.frameworkcode FROM biblio b JOIN biblio_metadata m ON m.biblionumber = b.biblionumber AND m.format = 'marcxml' WHERE b.biblionumber IN %s",
            "authority": "SELECT authid, marcxml, authtypecode FROM auth_header WHERE authid IN %s",
            "item": "SELECT itemnumber, biblionumber, barcode, homebranch, itemcallnumber, damaged, withdrawn FROM items WHERE itemnumber IN %s"}[kind], (numbers,))
        found = {}
        for number, *row in cursor.fetchall():
            if kind == "item":
                bib, *rest, damaged, withdrawn = row
                found[number] = (str(bib), *rest, str(damaged) if damaged else None, str(withdrawn) if withdrawn else None)
            else:
                found[number] = (hashlib.md5(row[0].encode()).hexdigest(), row[1])
        return found

    # ---- keys
    def bib_keys(self, bib):
        return [("bib", str(bib))] + [("item", str(i)) for i, of in self.items.items() if of == bib]

    def a_bib(self):
        return self.rng.choice(self.bibs)

    def items_of(self, bib):
        return [i for i, of in self.items.items() if of == bib]

    def do_one(self):
        choices = [(self.note, 24), (self.checkout, 8), (self.edit_item, 14), (self.new_bib, 9), (self.delete_cascade, 4), (self.delete_slowly, 4),
                   (self.merge, 3), (self.many_rows, 5), (self.item_key, 3), (self.bib_key, 2), (self.again_in_one, 3), (self.again_in_two, 3),
                   (self.savepoint, 4), (self.taken_back, 5), (self.large, 3), (self.framework, 4), (self.authority, 8), (self.pairs, 6),
                   (self.upsert, 4), (self.bulk_items, 1.5)]
        if self.poison and not self.poisoned:
            choices.append((self.poison_row, 5))
        work = self.drawn(choices)
        if len(self.bibs) < 3:
            work = self.new_bib
        work()

    def note(self):
        bib, text = self.a_bib(), NOTE.format(escaped(self.text()))
        self.transaction(lambda c: c.execute("UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', %s) WHERE biblionumber = %s", (text, bib)), self.bib_keys(bib))

    def framework(self):
        bib, code = self.a_bib(), self.rng.choice(["", "FA", "BKS", "SR"])
        self.transaction(lambda c: c.execute("UPDATE biblio SET frameworkcode = %s, abstract = %s, author = NULL WHERE biblionumber = %s", (code, CANARY, bib)), self.bib_keys(bib))

    def large(self):
        """A record of hundreds of kilobytes: TOAST in the mirror, several packets in the stream."""
        bib, fields = self.a_bib(), self.rng.randint(500, 4000)
        record = marcxml(self, self.text(), fields)
        self.transaction(lambda c: c.execute("UPDATE biblio_metadata SET metadata = %s WHERE biblionumber = %s", (record, bib)), self.bib_keys(bib))

    def checkout(self):
        bib = self.a_bib()

        def work(c):
            c.execute(f"UPDATE items SET {NOISE} WHERE biblionumber = %s", (bib,))
            for item in self.items_of(bib)[:1]:
                c.execute("REPLACE INTO issues (borrowernumber, itemnumber, branchcode, note) VALUES (1, %s, 'CPL', %s)", (item, CANARY))
        self.transaction(work, self.bib_keys(bib))

    def call_number(self):
        return self.rng.choice([None, "", self.text(4)[:200], self.text(4)[:200]])

    def edit_item(self):
        if self.items:
            item, call_number, branch = self.rng.choice(list(self.items)), self.call_number(), self.rng.choice(BRANCHES)
            self.transaction(lambda c: c.execute("UPDATE items SET itemcallnumber = %s, homebranch = %s WHERE itemnumber = %s", (call_number, branch, item)), [("item", str(item))])

    def many_rows(self):
        some = self.rng.sample(self.bibs, min(len(self.bibs), 12))
        keys = [("item", str(i)) for bib in some for i in self.items_of(bib)]

        def work(c):
            for bib in some:
                c.execute("UPDATE items SET damaged = 1 - damaged WHERE biblionumber = %s", (bib,))
        self.transaction(work, keys)

    def insert_bib(self, c, bib, record):
        c.execute("INSERT INTO biblio (biblionumber, frameworkcode, title, datecreated, abstract) VALUES (%s, '', %s, '2026-11-01', %s)", (bib, f"title {bib}", CANARY))
        c.execute("INSERT INTO biblioitems (biblioitemnumber, biblionumber, itemtype) VALUES (%s, %s, 'BK')", (bib, bib))
        c.execute("INSERT INTO biblio_metadata (biblionumber, format, `schema`, metadata) VALUES (%s, 'marcxml', 'MARC21', %s)", (bib, record))

    def insert_item(self, c, item, bib, call_number=None):
        c.execute("INSERT INTO items (itemnumber, biblionumber, biblioitemnumber, barcode, homebranch, holdingbranch, itemcallnumber, itemnotes_nonpublic)"
                  " SELECT %s, %s, MAX(biblioitemnumber), %s, 'CPL', 'CPL', %s, %s FROM biblioitems WHERE biblionumber = %s",
                  (item, bib, f"W{item}", call_number, CANARY, bib))

    def new_bib(self):
        self.next_bib += 1
        bib, record = self.next_bib, marcxml(self, self.text(), self.rng.randint(0, 20))
        self.transaction(lambda c: self.insert_bib(c, bib, record), [("bib", str(bib))])
        self.bibs.append(bib)
        for _ in range(self.rng.randint(0, 2)):
            self.new_item(bib)

    def new_item(self, bib):
        self.next_item += 1
        item, call_number = self.next_item, self.call_number()
        self.transaction(lambda c: self.insert_item(c, item, bib, call_number), [("item", str(item))])
        self.items[item] = bib

    def forget(self, bib):
        self.bibs.remove(bib)
        self.items = {i: of for i, of in self.items.items() if of != bib}

    def delete_cascade(self):
        """One DELETE: the engine removes what hangs on it, and the binary log says nothing of that."""
        bib = self.a_bib()
        self.transaction(lambda c: c.execute("DELETE FROM biblio WHERE biblionumber = %s", (bib,)), self.bib_keys(bib))
        self.forget(bib)

    def delete_slowly(self):
        """As DelBiblio of C4::Biblio: many transactions."""
        bib = self.a_bib()
        keys = self.bib_keys(bib)
        for statement in ("DELETE FROM items WHERE biblionumber = %s", "DELETE FROM biblioitems WHERE biblionumber = %s",
                          "DELETE FROM biblio_metadata WHERE biblionumber = %s", "DELETE FROM biblio WHERE biblionumber = %s"):
            self.transaction(lambda c, s=statement: c.execute(s, (bib,)), keys)
        self.forget(bib)

    def merge(self):
        loser, winner = self.rng.sample(self.bibs, 2)
        keys = self.bib_keys(loser)
        self.transaction(lambda c: c.execute("UPDATE items SET biblionumber = %s, biblioitemnumber = (SELECT MAX(biblioitemnumber) FROM biblioitems WHERE biblionumber = %s)"
                                             " WHERE biblionumber = %s", (winner, winner, loser)), keys)
        for item in self.items_of(loser):
            self.items[item] = winner
        self.transaction(lambda c: c.execute("DELETE FROM biblio WHERE biblionumber = %s", (loser,)), keys)
        self.forget(loser)

    def item_key(self):
        if self.items:
            self.next_item += 1
            old, new = self.rng.choice(list(self.items)), self.next_item
            self.transaction(lambda c: c.execute("UPDATE items SET itemnumber = %s WHERE itemnumber = %s", (new, old)), [("item", str(old)), ("item", str(new))])
            self.items[new] = self.items.pop(old)

    def bib_key(self):
        """The engine changes the children's keys, too, and does not log it."""
        self.next_bib += 1
        old, new = self.a_bib(), self.next_bib
        self.transaction(lambda c: c.execute("UPDATE biblio SET biblionumber = %s WHERE biblionumber = %s", (new, old)), self.bib_keys(old) + [("bib", str(new))])
        self.bibs.remove(old)
        self.bibs.append(new)
        self.items = {i: new if of == old else of for i, of in self.items.items()}

    def again_in_one(self):
        """Deleted and inserted again in one transaction."""
        bib, record = self.a_bib(), marcxml(self, self.text(), 3)

        def work(c):
            c.execute("DELETE FROM biblio WHERE biblionumber = %s", (bib,))
            self.insert_bib(c, bib, record)
        self.transaction(work, self.bib_keys(bib))
        self.items = {i: of for i, of in self.items.items() if of != bib}

    def again_in_two(self):
        bib, record = self.a_bib(), marcxml(self, self.text(), 3)
        self.transaction(lambda c: c.execute("DELETE FROM biblio WHERE biblionumber = %s", (bib,)), self.bib_keys(bib))
        self.items = {i: of for i, of in self.items.items() if of != bib}
        self.transaction(lambda c: self.insert_bib(c, bib, record), [("bib", str(bib))])

    def savepoint(self):
        bib, first, second = self.a_bib(), NOTE.format("never " + escaped(self.text())), NOTE.format(escaped(self.text()))
        statement = "UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', %s) WHERE biblionumber = %s"

        def work(c):
            c.execute("SAVEPOINT a")
            c.execute(statement, (first, bib))
            c.execute("DELETE FROM items WHERE biblionumber = %s", (bib,))
            c.execute("ROLLBACK TO a")
            c.execute(statement, (second, bib))
        self.transaction(work, self.bib_keys(bib))

    def taken_back(self):
        bib = self.a_bib()

        def work(c):
            c.execute("UPDATE biblio SET frameworkcode = 'NEVR' WHERE biblionumber = %s", (bib,))
            c.execute("DELETE FROM biblio WHERE biblionumber = %s", (bib,))
            raise RolledBack
        self.transaction(work, self.bib_keys(bib))

    def authority(self):
        kind = self.rng.random()
        if kind < 0.25 or not self.authorities:
            self.next_authority += 1
            authority, record = self.next_authority, marcxml(self, self.text(), 2)
            self.transaction(lambda c: c.execute("INSERT INTO auth_header (authid, authtypecode, marcxml) VALUES (%s, 'TOPIC_TERM', %s)", (authority, record)), [("authority", str(authority))])
            self.authorities.append(authority)
            return
        authority, text = self.rng.choice(self.authorities), NOTE.format(escaped(self.text()))
        if kind < 0.35:
            self.transaction(lambda c: c.execute("DELETE FROM auth_header WHERE authid = %s", (authority,)), [("authority", str(authority))])
            self.authorities.remove(authority)
        else:
            self.transaction(lambda c: c.execute("UPDATE auth_header SET marcxml = REPLACE(marcxml, '</record>', %s) WHERE authid = %s", (text, authority)), [("authority", str(authority))])

    def pairs(self):
        """Two rows that no reader may ever see differ; TORN finds one that does."""
        record, made = marcxml(self, "pair " + self.text(3), 1), bool(self.pair)
        if not made:
            self.pair = [self.next_authority + 1, self.next_authority + 2]
            self.next_authority += 2
        pair = list(self.pair)

        def work(c):
            for authority in pair:
                if made:
                    c.execute("UPDATE auth_header SET marcxml = %s WHERE authid = %s", (record, authority))
                else:
                    c.execute("INSERT INTO auth_header (authid, authtypecode, marcxml) VALUES (%s, %s, %s)", (authority, f"PAIR{self.number}", record))
        self.transaction(work, [("authority", str(a)) for a in pair])

    def upsert(self):
        if self.items:
            item = self.rng.choice(list(self.items))
            bib, call_number = self.items[item], self.call_number()
            if self.rng.random() < 0.5:
                self.transaction(lambda c: c.execute("INSERT INTO items (itemnumber, biblionumber, biblioitemnumber, barcode) SELECT itemnumber, biblionumber, biblioitemnumber, barcode"
                                                     " FROM items WHERE itemnumber = %s ON DUPLICATE KEY UPDATE itemcallnumber = %s, damaged = 1", (item, call_number)), [("item", str(item))])
            else:
                self.transaction(lambda c: c.execute("REPLACE INTO items (itemnumber, biblionumber, biblioitemnumber, barcode, homebranch, itemcallnumber)"
                                                     " SELECT %s, %s, MAX(biblioitemnumber), %s, 'MPL', %s FROM biblioitems WHERE biblionumber = %s", (item, bib, f"W{item}", call_number, bib)), [("item", str(item))])

    def bulk_items(self):
        """Thousands of rows in a transaction; once for each worker."""
        if self.bulks:
            return self.note()
        self.bulks += 1
        bib, first = self.a_bib(), self.next_item + 1
        self.next_item += self.bulk
        items = range(first, first + self.bulk)

        def work(c):
            c.execute("SELECT MAX(biblioitemnumber) FROM biblioitems WHERE biblionumber = %s", (bib,))
            volume = c.fetchone()[0]
            c.executemany("INSERT INTO items (itemnumber, biblionumber, biblioitemnumber, barcode, homebranch, holdingbranch, itemcallnumber) VALUES (%s, %s, %s, %s, 'FPL', 'FPL', 'bulk')",
                          [(i, bib, volume, f"W{i}") for i in items])
        self.transaction(work, [("item", str(i)) for i in items])
        for item in items:
            self.items[item] = bib
        return None

    def poison_row(self):
        """An authority whose number fits no bigint: one case in quarantine, and the stream goes on."""
        number = 18_446_744_073_709_500_000 + self.number
        record = marcxml(self, "poison", 1)
        if self.transaction(lambda c: c.execute("REPLACE INTO auth_header (authid, authtypecode, marcxml) VALUES (%s, 'TOPIC_TERM', %s)", (number, record)), []):
            self.poisoned.append(("auth_header", str(number)))
