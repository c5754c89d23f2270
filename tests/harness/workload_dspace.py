"""What submitters, staff and the system do in DSpace, at random: see workload_journal.py. Entities: bib (items), object
(bitstreams). What belongs to the item of a number has the same number: its bundle, its first bitstream."""

import states_dspace
from workload_journal import CANARY, RolledBack
from workload_postgresql import PostgresqlWorker

COMMUNITY, COLLECTION, ITEM, BUNDLE, FILE, PERSON = range(1, 7)
AUTHOR, ABSTRACT, PROVENANCE, SUBJECT, TITLE, TYPE, LAST_NAME = 10, 12, 13, 16, 17, 18, 2  # fields of metadata
TORN = "SELECT sequence_id FROM dspace.public_bitstream WHERE sequence_id >= 9000 GROUP BY 1 HAVING count(*) <> 2 OR min(checksum) <> max(checksum)"
MARK = ("INSERT INTO bitstreamformatregistry (bitstream_format_id, mimetype) VALUES (999, '{marker}')"
        " ON CONFLICT (bitstream_format_id) DO UPDATE SET mimetype = '{marker}'")
MARKED = "SELECT mimetype = '{marker}' FROM dspace.public_bitstreamformatregistry WHERE bitstream_format_id = 999"
FIRST_NEW = 1_000_000  # numbers from here on belong to the worker that makes them


def key(kind, number):
    """As made_uuid() of dspace_schema.sql."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


class DspaceWorker(PostgresqlWorker):
    read_key = staticmethod(str)
    bulk = 150  # items, each of some fifteen rows

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.next_number = FIRST_NEW * (self.number + 1)
        self.field = None     # of metadata, which only this worker's items use
        self.removed = []     # files that are marked deleted, and wait for the clean-up
        self.people = []

    def begin(self):
        with self.on.cursor() as cursor:
            cursor.execute("SELECT uuid::text FROM item ORDER BY 1")
            numbers = [int(one[-12:], 16) for one, in cursor.fetchall()]
            self.items = [n for n in numbers if 1 < n < FIRST_NEW and n % self.workers == self.number]
            self.files = {n: n for n in self.items}  # file → its item
            self.note_states(cursor, self.keys(self.items, self.items))
        self.on.rollback()

    @staticmethod
    def keys(items, files=()):
        return [("bib", key(ITEM, n)) for n in items] + [("object", key(FILE, n)) for n in files]

    def of_item(self, item):
        """The keys of an item and its files."""
        return self.keys([item], [file for file, of in self.files.items() if of == item])

    def read_states(self, cursor, kind, keys):
        return states_dspace.read_states(cursor, kind, keys)

    def do_one(self):
        choices = [(self.edit_title, 14), (self.edit_several, 12), (self.add_value, 10), (self.delete_value, 6), (self.reorder, 4), (self.untouched_toast, 6),
                   (self.ghost, 6), (self.discoverable, 5), (self.withdraw, 4), (self.reinstate, 4), (self.new_item, 8), (self.draft, 4), (self.delete_item, 4),
                   (self.new_version, 3), (self.checksum, 8), (self.add_file, 6), (self.delete_file, 4), (self.clean_up, 3), (self.primary, 3), (self.collections, 4),
                   (self.person, 6), (self.rename_field, 3), (self.pairs, 6), (self.many_rows, 5), (self.savepoint, 5), (self.taken_back, 5), (self.two_phases, 3),
                   (self.bulk_items, 1.5)]
        work = self.drawn(choices)
        if self.field is None:
            work = self.new_field
        elif len(self.items) < 3 or len(self.files) < 3:
            work = self.new_item
        work()

    def new_number(self):
        self.next_number += 1
        return self.next_number

    def an_item(self):
        return self.rng.choice(self.items)

    @staticmethod
    def value(c, object_, field, text, language="en"):
        c.execute("INSERT INTO metadatavalue (metadata_field_id, text_value, text_lang, place, dspace_object_id)"
                  " SELECT %s, %s, %s, coalesce(max(place) + 1, 0), %s FROM metadatavalue WHERE (metadata_field_id, dspace_object_id) = (%s, %s)",
                  (field, text, language, object_, field, object_))

    # ---- metadata
    def new_field(self):
        self.one("INSERT INTO metadatafieldregistry (metadata_field_id, metadata_schema_id, element, qualifier) VALUES (%s, 1, 'local', %s) ON CONFLICT DO NOTHING",
                 (200 + self.number, f"w{self.number}"), [])
        self.field = 200 + self.number

    def rename_field(self):
        """What a field is called is content of each item that uses it."""
        self.one("UPDATE metadatafieldregistry SET qualifier = %s WHERE metadata_field_id = %s", (self.text(3)[:60], self.field), self.keys(self.items))

    def edit_title(self):
        item = self.an_item()
        self.one("UPDATE metadatavalue SET text_value = %s WHERE (metadata_field_id, dspace_object_id) = (%s, %s)", (self.text(), TITLE, key(ITEM, item)), self.keys([item]))

    def edit_several(self):
        """One save: several rows."""
        item, title, subject = self.an_item(), self.text(), self.text(3)
        object_ = key(ITEM, item)

        def work(c):
            c.execute("UPDATE metadatavalue SET text_value = %s, text_lang = NULL WHERE (metadata_field_id, dspace_object_id) = (%s, %s)", (title, TITLE, object_))
            self.value(c, object_, SUBJECT, subject, None)
            c.execute("DELETE FROM metadatavalue WHERE (metadata_field_id, dspace_object_id) = (%s, %s)", (TYPE, object_))
            c.execute("UPDATE item SET last_modified = now() WHERE uuid = %s", (object_,))
        self.transaction(work, self.keys([item]))

    def add_value(self):
        item, field, text, language = self.an_item(), self.rng.choice([SUBJECT, AUTHOR, TYPE, self.field, self.field]), self.text(), self.rng.choice(["en", "de", "", None])
        self.transaction(lambda c: self.value(c, key(ITEM, item), field, text, language), self.keys([item]))

    def delete_value(self):
        """A deleted row carries only its key."""
        item, field = self.an_item(), self.rng.choice([SUBJECT, AUTHOR, TYPE, self.field])
        self.one("DELETE FROM metadatavalue WHERE metadata_value_id = (SELECT max(metadata_value_id) FROM metadatavalue WHERE (metadata_field_id, dspace_object_id) = (%s, %s))",
                 (field, key(ITEM, item)), self.keys([item]))

    def reorder(self):
        item = self.an_item()
        self.one("UPDATE metadatavalue m SET place = x.most - m.place FROM (SELECT max(place) AS most FROM metadatavalue WHERE (metadata_field_id, dspace_object_id) = (%s, %s)) x"
                 " WHERE (metadata_field_id, dspace_object_id) = (%s, %s)", (SUBJECT, key(ITEM, item)) * 2, self.keys([item]))

    def untouched_toast(self):
        """A long abstract; then its place and language change, and it does not come in the stream."""
        item, text = self.an_item(), "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=self.rng.randint(5_000, 60_000)))
        self.transaction(lambda c: self.value(c, key(ITEM, item), ABSTRACT, text), self.keys([item]))
        self.one("UPDATE metadatavalue SET place = place + 1, text_lang = 'de' WHERE (metadata_field_id, dspace_object_id) = (%s, %s)", (ABSTRACT, key(ITEM, item)), self.keys([item]))

    def many_rows(self):
        some = self.rng.sample(self.items, min(len(self.items), 20))
        self.one("UPDATE metadatavalue SET text_value = text_value || %s WHERE metadata_field_id = %s AND dspace_object_id = ANY (%s::uuid[])",
                 (self.text(2), AUTHOR, [key(ITEM, n) for n in some]), self.keys(some))

    # ---- items
    def ghost(self):
        item = self.an_item()
        self.one("UPDATE item SET last_modified = now(), submitter_id = NULL WHERE uuid = %s", (key(ITEM, item),), self.of_item(item))

    def discoverable(self):
        item = self.an_item()
        self.one("UPDATE item SET discoverable = NOT discoverable WHERE uuid = %s", (key(ITEM, item),), self.keys([item]))

    def withdraw(self):
        item = self.an_item()
        self.one("SELECT withdraw_item(%s)", (item,), self.of_item(item))

    def reinstate(self):
        item = self.an_item()
        self.one("UPDATE item SET withdrawn = false, in_archive = true WHERE uuid = %s", (key(ITEM, item),), self.of_item(item))

    def new_item(self):
        item, title = self.new_number(), self.text()
        self.one("SELECT add_item(%s, %s)", (item, title), self.keys([item], [item]))
        self.items.append(item)
        self.files[item] = item

    def draft(self):
        """Nothing until it is accepted, then all of it."""
        item, title, subject, waits = self.new_number(), self.text(), self.text(), self.rng.choice([("workspaceitem", "workspace_item_id"), ("cwf_workflowitem", "workflowitem_id")])
        keys = self.keys([item], [item])

        def submit(c):
            c.execute("SELECT add_item(%s, %s)", (item, title))
            c.execute("UPDATE item SET in_archive = false WHERE uuid = %s", (key(ITEM, item),))
            c.execute(f"INSERT INTO {waits[0]} ({waits[1]}, item_id) VALUES (%s, %s)", (item, key(ITEM, item)))

        def accept(c):
            c.execute(f"DELETE FROM {waits[0]} WHERE {waits[1]} = %s", (item,))
            c.execute("UPDATE item SET in_archive = true WHERE uuid = %s", (key(ITEM, item),))
        self.transaction(submit, keys)
        self.transaction(lambda c: self.value(c, key(ITEM, item), SUBJECT, subject), keys)
        self.transaction(accept, keys)
        self.items.append(item)
        self.files[item] = item

    def delete_item(self):
        """For good: the metadata goes by the foreign key, the handle stays without its item, files wait for the clean-up."""
        item = self.an_item()
        keys, files = self.of_item(item), [file for file, of in self.files.items() if of == item]

        def work(c):
            c.execute("DELETE FROM versionitem WHERE item_id = %s", (key(ITEM, item),))
            c.execute("UPDATE bitstream SET deleted = true WHERE uuid = ANY (%s::uuid[])", ([key(FILE, file) for file in files],))
            c.execute("SELECT delete_item(%s)", (item,))
        self.transaction(work, keys)
        self.items.remove(item)
        self.files = {file: of for file, of in self.files.items() if of != item}
        self.removed += files

    def new_version(self):
        """The older one leaves the archive and is kept."""
        old, new, title = self.an_item(), self.new_number(), self.text()
        keys = self.of_item(old) + self.keys([new], [new])

        def work(c):
            c.execute("INSERT INTO versionhistory VALUES (%s)", (new,))
            c.execute("SELECT add_item(%s, %s)", (new, title))
            c.execute("UPDATE item SET in_archive = false WHERE uuid = %s", (key(ITEM, old),))
            c.execute("INSERT INTO versionitem (versionitem_id, version_number, version_summary, versionhistory_id, item_id) VALUES (%s, 1, %s, %s, %s), (%s, 2, %s, %s, %s)",
                      (new * 2, CANARY, new, key(ITEM, old), new * 2 + 1, CANARY, new, key(ITEM, new)))
        self.transaction(work, keys)
        self.items.append(new)
        self.files[new] = new

    def collections(self):
        """An item moves to another collection, or is shown in another one as well, or no longer."""
        item, kind, other = self.an_item(), self.rng.random(), key(COLLECTION, self.rng.randint(1, 2))
        object_ = key(ITEM, item)

        def move(c):
            c.execute("UPDATE item SET owning_collection = %s WHERE uuid = %s", (other, object_))
            c.execute("DELETE FROM collection2item WHERE item_id = %s", (object_,))
            c.execute("INSERT INTO collection2item VALUES (%s, %s)", (other, object_))

        def show(c):
            c.execute("INSERT INTO collection2item VALUES (%s, %s) ON CONFLICT DO NOTHING", (other, object_))

        def hide(c):
            c.execute("DELETE FROM collection2item k USING item i WHERE k.item_id = i.uuid AND i.uuid = %s AND k.collection_id <> i.owning_collection", (object_,))
        self.transaction(move if kind < 0.4 else show if kind < 0.7 else hide, self.keys([item]))

    # ---- files
    def insert_file(self, c, file, bundle, checksum, place, sequence=1):
        c.execute("INSERT INTO dspaceobject VALUES (%s)", (key(FILE, file),))
        c.execute("INSERT INTO bitstream (uuid, bitstream_format_id, size_bytes, checksum, checksum_algorithm, internal_id, store_number, sequence_id)"
                  " VALUES (%s, 3, %s, %s, 'MD5', %s, 0, %s)", (key(FILE, file), file, checksum, str(file), sequence))
        self.value(c, key(FILE, file), TITLE, f"file{file}.txt")
        c.execute("INSERT INTO bundle2bitstream VALUES (%s, %s, %s)", (key(BUNDLE, bundle), key(FILE, file), place))

    def checksum(self):
        file, checksum = self.rng.choice(list(self.files)), f"{self.rng.getrandbits(128):032x}"
        self.one("UPDATE bitstream SET checksum = %s, size_bytes = size_bytes + 1 WHERE uuid = %s", (checksum, key(FILE, file)), self.of_item(self.files[file]))

    def add_file(self):
        item, file, checksum, place = self.an_item(), self.new_number(), f"{self.rng.getrandbits(128):032x}", self.rng.randint(1, 9)
        self.transaction(lambda c: self.insert_file(c, file, item, checksum, place), self.of_item(item) + self.keys([], [file]))
        self.files[file] = item

    def delete_file(self):
        file = self.rng.choice(list(self.files))

        def work(c):
            c.execute("UPDATE bitstream SET deleted = true WHERE uuid = %s", (key(FILE, file),))
            c.execute("UPDATE bundle SET primary_bitstream_id = NULL WHERE primary_bitstream_id = %s", (key(FILE, file),))
            c.execute("DELETE FROM bundle2bitstream WHERE bitstream_id = %s", (key(FILE, file),))
        self.transaction(work, self.of_item(self.files[file]))
        del self.files[file]
        self.removed.append(file)

    def clean_up(self):
        """The job that removes the rows of deleted files makes no version."""
        files = [key(FILE, file) for file in self.removed]

        def work(c):
            c.execute("DELETE FROM bitstream WHERE uuid = ANY (%s::uuid[])", (files,))
            c.execute("DELETE FROM dspaceobject WHERE uuid = ANY (%s::uuid[])", (files,))
        self.transaction(work, [("object", file) for file in files])
        self.removed = []

    def primary(self):
        file = self.rng.choice(list(self.files))
        item = self.files[file]
        self.one("UPDATE bundle SET primary_bitstream_id = CASE WHEN primary_bitstream_id = %s THEN NULL ELSE %s::uuid END WHERE uuid = %s",
                 (key(FILE, file), key(FILE, file), key(BUNDLE, item)), self.of_item(item))

    # ---- people: the names of users stand in metadatavalue, between those of items
    def person(self):
        kind, item, subject, language = self.rng.random(), self.an_item(), self.text(), self.rng.choice(["en", "de"])
        if kind < 0.4 or not self.people:
            one = key(PERSON, self.new_number())

            def enter(c):
                c.execute("INSERT INTO dspaceobject VALUES (%s)", (one,))
                c.execute("INSERT INTO eperson (uuid, email, netid) VALUES (%s, %s, %s)", (one, f"canary-{one[-8:]}@example.org", CANARY))
                self.value(c, one, LAST_NAME, CANARY)
                self.value(c, one, ABSTRACT, CANARY * self.rng.choice([1, 400]))
                self.value(c, key(ITEM, item), SUBJECT, subject)  # beside it, which must come through
            self.transaction(enter, self.keys([item]))
            self.people.append(one)
            return
        one = self.rng.choice(self.people)
        if kind < 0.9:
            self.one("UPDATE metadatavalue SET text_lang = %s, place = place + 1 WHERE dspace_object_id = %s", (language, one), [])
        else:
            def leave(c):
                c.execute("DELETE FROM eperson WHERE uuid = %s", (one,))
                c.execute("DELETE FROM dspaceobject WHERE uuid = %s", (one,))
            self.transaction(leave, [])
            self.people.remove(one)

    # ---- transactions
    def pairs(self):
        """Two rows that no reader may ever see differ; TORN finds one that does."""
        checksum, made = f"{self.rng.getrandbits(128):032x}", bool(self.pair)
        if not made:
            self.pair = [self.new_number(), self.new_number()]
        pair = list(self.pair)

        def work(c):
            for file in pair:
                if made:
                    c.execute("UPDATE bitstream SET checksum = %s WHERE uuid = %s", (checksum, key(FILE, file)))
                else:
                    self.insert_file(c, file, 1, checksum, file, 9000 + self.number)
        self.transaction(work, self.keys([], pair))

    def savepoint(self):
        item, first, second = self.an_item(), "never " + self.text(), self.text()
        object_ = key(ITEM, item)

        def work(c):
            c.execute("SAVEPOINT a")
            self.value(c, object_, SUBJECT, first)
            c.execute("SAVEPOINT b")
            c.execute("UPDATE item SET discoverable = NOT discoverable WHERE uuid = %s", (object_,))
            c.execute("RELEASE SAVEPOINT b")
            c.execute("ROLLBACK TO SAVEPOINT a")
            self.value(c, object_, SUBJECT, second)
        self.transaction(work, self.keys([item]))

    def taken_back(self):
        item = self.an_item()

        def work(c):
            c.execute("DELETE FROM versionitem WHERE item_id = %s", (key(ITEM, item),))
            c.execute("SELECT delete_item(%s)", (item,))
            c.execute("UPDATE metadatavalue SET text_value = 'never' WHERE metadata_field_id = %s AND dspace_object_id = ANY (%s::uuid[])", (TITLE, [key(ITEM, n) for n in self.items]))
            raise RolledBack
        self.transaction(work, self.of_item(item))

    def two_phases(self):
        item, text = self.an_item(), self.text()
        self.in_two_phases(lambda c: self.value(c, key(ITEM, item), PROVENANCE, text), self.keys([item]))

    def bulk_items(self):
        """An import: thousands of rows in a transaction; once for each worker."""
        if self.bulks:
            return self.edit_title()
        self.bulks += 1
        items = [self.new_number() for _ in range(self.bulk)]

        def work(c):
            c.execute("SELECT add_item(n, 'bulk ' || n) FROM unnest(%s::integer[]) n", (items,))
            c.execute("UPDATE metadatavalue SET text_lang = 'de' WHERE metadata_field_id = %s AND dspace_object_id = ANY (%s::uuid[])", (TITLE, [key(ITEM, n) for n in items[::2]]))
        self.transaction(work, self.keys(items, items))
        self.items += items[::10]
        self.files.update({n: n for n in items[::10]})
        return None
