"""What staff and the modules do in FOLIO, at random: see workload_journal.py. Entities: bib (instances), holding, item, order,
authority, all known by UUIDs."""

import json

import states_folio
from folio_records import AUTHORITY, HOLDINGS, INSTANCE, ITEM, LIBRARY, LINE, LOCATION, ORDER, PIECE, RECORD, SNAPSHOT, STAFF, TITLE, key, marc
from folio_records import CAMPUS, CANARY as STAFF_ID, INSTITUTION
from states_folio import INV, ORD, SRS
from workload_journal import CANARY, RolledBack
from workload_postgresql import PostgresqlWorker

TORN = ("SELECT jsonb ->> 'copyNumber' FROM folio_diku.mod_inventory_storage_holdings_record WHERE jsonb ->> 'copyNumber' LIKE 'PAIR%' GROUP BY 1"
        " HAVING count(*) <> 2 OR min(jsonb ->> 'callNumber') <> max(jsonb ->> 'callNumber')")
MARK = f"UPDATE {INV}.loccampus SET jsonb = jsonb || '{{{{\"name\": \"{{marker}}\"}}}}' WHERE id = '{key(CAMPUS, 1)}'"
MARKED = f"SELECT jsonb ->> 'name' = '{{marker}}' FROM folio_diku.mod_inventory_storage_loccampus WHERE id = '{key(CAMPUS, 1)}'"
FIRST_NEW = 1_000_000  # numbers from here on belong to the worker that makes them


class FolioWorker(PostgresqlWorker):
    read_key = staticmethod(str)

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.next_number = FIRST_NEW * (self.number + 1)
        self.place = None    # a location of its own, in a library of its own
        self.authorities = []
        self.lines = {}      # order line → (order, its pieces)
        self.parts = []      # (bound_with_part, its item, its holdings record)

    def begin(self):
        with self.on.cursor() as cursor:
            def own(kind, table):  # of two numbers in a row the first has no MARC record, the second has one
                cursor.execute(f"SELECT id::text FROM {INV}.{table} ORDER BY id")
                numbers = [(int(i[-12:], 16), i) for i, in cursor.fetchall() if i.startswith(key(kind, 0)[:9])]
                return [i for number, i in numbers if 1 < number < FIRST_NEW and number // 2 % self.workers == self.number]
            self.instances, self.holdings, self.items = own(INSTANCE, "instance"), own(HOLDINGS, "holdings_record"), own(ITEM, "item")
            self.note_states(cursor, self.keys(bib=self.instances, holding=self.holdings, item=self.items))
        self.on.rollback()

    @staticmethod
    def keys(**kinds):
        return [(kind, one) for kind, some in kinds.items() for one in some]

    def read_states(self, cursor, kind, keys):
        return states_folio.read_states(cursor, kind, keys)

    def do_one(self):
        choices = [(self.save, 20), (self.ghost, 6), (self.migrate, 5), (self.set_deleted, 5), (self.suppress, 4), (self.edit_instance, 10), (self.untouched_toast, 4),
                   (self.new_title, 9), (self.late_marc, 2), (self.delete_title, 3), (self.circulation, 9), (self.edit_item, 12), (self.move_item, 4), (self.many_rows, 5),
                   (self.again_in_one, 3), (self.bind, 4), (self.rename_place, 3), (self.edit_holding, 6), (self.pairs, 6), (self.authority, 8), (self.order, 8),
                   (self.savepoint, 5), (self.taken_back, 5), (self.two_phases, 3), (self.bulk_items, 1.5)]
        if self.poison and not self.poisoned:
            choices.append((self.poison_row, 5))
        work = self.drawn(choices)
        if not self.place:
            work = self.new_place
        elif len(self.instances) < 3 or len(self.holdings) < 3 or len(self.items) < 3:
            work = self.new_title
        work()

    def new_key(self, kind):
        self.next_number += 1
        return key(kind, self.next_number)

    def plain(self, most=12):
        """A new text that MARC can hold."""
        return "".join(c for c in self.text(most) if c >= " ")

    @staticmethod
    def insert(c, table, document):
        c.execute(f"INSERT INTO {table} (id, jsonb) VALUES (%s, %s)", (document["id"], json.dumps(document)))

    @staticmethod
    def change(c, table, one, members):
        c.execute(f"UPDATE {table} SET jsonb = jsonb || %s WHERE id = %s", (json.dumps({"_version": 2, **members}), one))

    # ---- records of the source record storage
    def insert_record(self, c, one, record_type, external, content, matched=None, generation=0):
        c.execute(f"INSERT INTO {SRS}.records_lb (id, snapshot_id, matched_id, generation, record_type, external_id, state, created_by_user_id)"
                  " VALUES (%s, %s, %s, %s, %s, %s, 'ACTUAL', %s)", (one, SNAPSHOT, matched or one, generation, record_type, external, STAFF_ID))
        c.execute(f"INSERT INTO {SRS}.marc_records_lb VALUES (%s, %s)", (one, json.dumps(content)))
        c.execute(f"INSERT INTO {SRS}.raw_records_lb VALUES (%s, %s)", (one, CANARY))

    def save_record(self, c, one, external, note):
        """As FOLIO saves: a new row of the next generation, the old one becomes OLD. Without a note nothing changes but that."""
        c.execute(f"SELECT r.id, r.matched_id, r.generation, r.record_type, m.content FROM {SRS}.records_lb r JOIN {SRS}.marc_records_lb m USING (id)"
                  " WHERE r.external_id = %s AND r.state = 'ACTUAL' ORDER BY r.generation DESC LIMIT 1", (external,))
        old = c.fetchone()
        if old:
            content = old[4]
            if note:
                content["fields"].append({"500": {"ind1": " ", "ind2": " ", "subfields": [{"a": note}]}})
            self.insert_record(c, one, old[3], external, content, old[1], old[2] + 1)
            c.execute(f"UPDATE {SRS}.records_lb SET state = 'OLD' WHERE id = %s", (old[0],))

    def save(self):
        instance, one, note = self.rng.choice(self.instances), self.new_key(RECORD), self.rng.choice([None, *[self.plain()] * 4])
        self.transaction(lambda c: self.save_record(c, one, instance, note), [("bib", instance)])

    def migrate(self):
        """A migration that switches triggers off changes marc_records_lb alone."""
        instance, text = self.rng.choice(self.instances), self.plain()

        def work(c):
            c.execute("SET LOCAL session_replication_role = replica")
            c.execute(f"UPDATE {SRS}.marc_records_lb SET content = jsonb_set(content, '{{fields,0}}', %s) WHERE id IN (SELECT id FROM {SRS}.records_lb WHERE external_id = %s AND state = 'ACTUAL')",
                      (json.dumps({"001": text}), instance))
        self.transaction(work, [("bib", instance)])

    def set_deleted(self):
        """By state and leader, and of the instance; or back."""
        instance, back = self.rng.choice(self.instances), self.rng.random() < 0.5
        was, state, status = ("DELETED", "ACTUAL", "c") if back else ("ACTUAL", "DELETED", "d")

        def work(c):
            c.execute(f"UPDATE {SRS}.records_lb SET state = %s WHERE id = (SELECT id FROM {SRS}.records_lb WHERE external_id = %s AND state = %s ORDER BY generation DESC LIMIT 1) RETURNING id",
                      (state, instance, was))
            for one, in c.fetchall():
                c.execute(f"UPDATE {SRS}.marc_records_lb SET content = jsonb_set(content, '{{leader}}', to_jsonb(overlay(content ->> 'leader' PLACING %s FROM 6 FOR 1))) WHERE id = %s", (status, one))
            self.change(c, f"{INV}.instance", instance, {"deleted": not back})
        self.transaction(work, [("bib", instance)])

    def suppress(self):
        instance, hidden = self.rng.choice(self.instances), self.rng.random() < 0.5
        self.one(f"UPDATE {SRS}.records_lb SET suppress_discovery = %s WHERE external_id = %s", (hidden, instance), [("bib", instance)])

    def authority(self):
        kind, one, note = self.rng.random(), self.new_key(RECORD), self.plain()
        if kind < 0.3 or not self.authorities:
            external = self.new_key(AUTHORITY)
            content = marc(self.next_number, external, one, "n", note)
            self.transaction(lambda c: self.insert_record(c, one, "MARC_AUTHORITY", external, content), [("authority", external)])
            self.authorities.append(external)
            return
        external = self.rng.choice(self.authorities)
        if kind < 0.4:  # for good: the MARC goes by foreign key
            self.one(f"DELETE FROM {SRS}.records_lb WHERE external_id = %s", (external,), [("authority", external)])
            self.authorities.remove(external)
        else:
            self.transaction(lambda c: self.save_record(c, one, external, note), [("authority", external)])

    # ---- inventory
    def new_place(self):
        library, location = self.new_key(LIBRARY), self.new_key(LOCATION)

        def work(c):
            c.execute(f"DELETE FROM {INV}.location WHERE id = %s", (location,))
            c.execute(f"DELETE FROM {INV}.loclibrary WHERE id = %s", (library,))
            self.insert(c, f"{INV}.loclibrary", {"id": library, "name": "A library", "code": f"W{self.number}", "campusId": key(CAMPUS, 1), "metadata": STAFF})
            self.insert(c, f"{INV}.location", {"id": location, "name": "A location", "code": f"W{self.number}/S", "institutionId": key(INSTITUTION, 1), "campusId": key(CAMPUS, 1),
                                               "libraryId": library, "primaryServicePoint": STAFF_ID, "details": {"contact": CANARY}, "metadata": STAFF})
        self.transaction(work, [])
        self.place = (location, library)

    def rename_place(self):
        """What stands there is content of each holdings record and item; only those of this worker are there."""
        location, library = self.place
        table, one = self.rng.choice([("location", location), ("loclibrary", library)])
        self.transaction(lambda c, name=self.text(4): self.change(c, f"{INV}.{table}", one, {"name": name}), self.keys(holding=self.holdings, item=self.items))

    def instance_of(self, one, has_marc, title):
        return {"id": one, "_version": 1, "hrid": f"in{one[-12:]}", "source": "MARC" if has_marc else "FOLIO", "title": title, "instanceTypeId": "6312d172-f0cf-40f6-b27d-9fa8feaf332f",
                "administrativeNotes": [], "discoverySuppress": False, "holdingsRecords2": [{"note": CANARY}], "metadata": STAFF}

    def item_of(self, one, holding, place):
        return {"id": one, "_version": 1, "holdingsRecordId": holding, "barcode": f"W{one[-12:]}", "status": {"name": "Available", "date": "2026-01-02"}, "permanentLocationId": place,
                "materialTypeId": "1a54b431-2e4f-452d-9cae-9cee66c9a892", "circulationNotes": [{"note": CANARY}], "lastCheckIn": {"staffMemberId": STAFF_ID}, "metadata": STAFF}

    def insert_holding(self, c, one, instance, place, **more):
        self.insert(c, f"{INV}.holdings_record", {"id": one, "_version": 1, "instanceId": instance, "permanentLocationId": place, "callNumber": "PN", "metadata": STAFF, **more})

    def new_title(self):
        instance, holding, record = self.new_key(INSTANCE), self.new_key(HOLDINGS), self.new_key(RECORD)
        items = [self.new_key(ITEM) for _ in range(self.rng.randint(0, 3))]
        has_marc, place, title = self.rng.random() < 0.6, self.rng.choice([self.place[0], key(LOCATION, 1)]), self.plain()
        content = marc(self.next_number, instance, record, "n", title)

        def work(c):
            self.insert(c, f"{INV}.instance", self.instance_of(instance, has_marc, title))
            if has_marc:
                self.insert_record(c, record, "MARC_BIB", instance, content)
            self.insert_holding(c, holding, instance, place)
            for item in items:
                self.insert(c, f"{INV}.item", self.item_of(item, holding, place))
        self.transaction(work, self.keys(bib=[instance], holding=[holding], item=items))
        self.instances.append(instance)
        self.holdings.append(holding)
        self.items += items

    def late_marc(self):
        """As an import does it: the instance first, its record in a transaction of its own."""
        instance, record, title = self.new_key(INSTANCE), self.new_key(RECORD), self.plain()
        content = marc(self.next_number, instance, record, "n", title)
        self.transaction(lambda c: self.insert(c, f"{INV}.instance", self.instance_of(instance, True, title)), [("bib", instance)])
        self.instances.append(instance)
        self.transaction(lambda c: self.insert_record(c, record, "MARC_BIB", None, content), [("bib", instance)])
        self.one(f"UPDATE {SRS}.records_lb SET external_id = %s WHERE id = %s", (instance, record), [("bib", instance)])

    def delete_title(self):
        """For good: items, holdings records, instance; the record of the source record storage may be left behind."""
        instance, records_too = self.rng.choice(self.instances), self.rng.random() < 0.3
        held = self.below("holding", [instance])
        items = self.below("item", held)
        cut = [part for part in self.parts if part[1] in items or part[2] in held]

        def work(c):
            c.execute(f"DELETE FROM {INV}.bound_with_part WHERE itemid = ANY (%s::uuid[]) OR holdingsrecordid = ANY (%s::uuid[])", (items, held))
            c.execute(f"DELETE FROM {INV}.item WHERE holdingsrecordid = ANY (%s::uuid[])", (held,))
            c.execute(f"DELETE FROM {INV}.holdings_record WHERE instanceid = %s", (instance,))
            c.execute(f"DELETE FROM {INV}.instance WHERE id = %s", (instance,))
            if records_too:
                c.execute(f"DELETE FROM {SRS}.records_lb WHERE external_id = %s", (instance,))
        keys = self.keys(bib=[instance], holding=held, item=[*items, *(item for _, item, _ in cut)])
        self.transaction(work, list(dict.fromkeys(keys)))
        self.instances.remove(instance)
        self.holdings = [one for one in self.holdings if one not in held]
        self.items = [one for one in self.items if one not in items]
        self.parts = [part for part in self.parts if part not in cut]

    def below(self, kind, parents):
        """Those whose parent is one of these, by their newest state."""
        return [one for (of, one), told in self.journal.states.items() if of == kind and told[-1] and told[-1][0] in parents]

    def edit_instance(self):
        """Content where there is no MARC record; administrative notes are an attribute of either."""
        instance = self.rng.choice(self.instances)
        members = {"administrativeNotes": [self.text()]} if self.rng.random() < 0.3 else {"title": self.plain()}
        self.transaction(lambda c: self.change(c, f"{INV}.instance", instance, {"staff": CANARY, **members}), [("bib", instance)])

    def ghost(self):
        """A save that changes nothing but who saved it and when."""
        instance, day = self.rng.choice(self.instances), self.rng.randint(10, 28)
        members = {"_version": day, "metadata": {**STAFF, "updatedDate": f"2026-09-{day}T00:00:00.000+00:00"}}
        self.transaction(lambda c: self.change(c, f"{INV}.instance", instance, members), [("bib", instance)])

    def untouched_toast(self):
        """A document of several pages; then an update that leaves it in place, so that it does not come in the stream."""
        instance, text = self.rng.choice(self.instances), "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=self.rng.randint(5_000, 60_000)))

        def again(c):
            c.execute("SET LOCAL session_replication_role = replica")
            c.execute(f"UPDATE {INV}.instance SET complete_updated_date = now() WHERE id = %s", (instance,))
        self.transaction(lambda c: self.change(c, f"{INV}.instance", instance, {"editions": [text]}), [("bib", instance)])
        self.transaction(again, [("bib", instance)])

    def edit_holding(self):
        holding, number, place = self.rng.choice(self.holdings), self.text(3), self.rng.choice([self.place[0], key(LOCATION, 2)])
        self.transaction(lambda c: self.change(c, f"{INV}.holdings_record", holding, {"callNumber": number, "permanentLocationId": place}), [("holding", holding)])

    def circulation(self):
        """Loans, returns and transits; only a few states are content. Each of them changes the row of the instance as well."""
        item, status = self.rng.choice(self.items), self.rng.choice(["Checked out", "In transit", "Awaiting pickup", "Available", "Available", "Missing", "Declared lost", "Withdrawn"])
        members = {"status": {"name": status, "date": "2026-05-05"}, "lastCheckIn": {"staffMemberId": STAFF_ID, "note": CANARY}, "temporaryLocationId": key(LOCATION, 1)}
        self.transaction(lambda c: self.change(c, f"{INV}.item", item, members), [("item", item)])

    def edit_item(self):
        item = self.rng.choice(self.items)
        members = {"volume": self.rng.choice(["", self.text(3)]), "circulationNotes": [{"note": CANARY}]}
        if self.rng.random() < 0.3:
            members["permanentLocationId"] = self.place[0]
        self.transaction(lambda c: self.change(c, f"{INV}.item", item, members), [("item", item)])

    def move_item(self):
        item, holding = self.rng.choice(self.items), self.rng.choice(self.holdings)
        self.transaction(lambda c: self.change(c, f"{INV}.item", item, {"holdingsRecordId": holding}), [("item", item)])

    def many_rows(self):
        some, volume = self.rng.sample(self.items, min(len(self.items), 60)), self.text(3)
        self.one(f"UPDATE {INV}.item SET jsonb = jsonb || %s WHERE id = ANY (%s::uuid[])", (json.dumps({"volume": volume}), some), self.keys(item=some))

    def again_in_one(self):
        """Deleted and inserted again in one transaction."""
        item, holding = self.rng.choice(self.items), self.rng.choice(self.holdings)
        document = self.item_of(item, holding, self.place[0])

        def work(c):
            c.execute(f"DELETE FROM {INV}.bound_with_part WHERE itemid = %s", (item,))
            c.execute(f"DELETE FROM {INV}.item WHERE id = %s", (item,))
            self.insert(c, f"{INV}.item", document)
        self.transaction(work, [("item", item)])

    def bind(self):
        """A part that is bound with another title; its removal carries only its key."""
        if self.parts and self.rng.random() < 0.4:
            part, item, _ = self.parts.pop(self.rng.randrange(len(self.parts)))
            self.one(f"DELETE FROM {INV}.bound_with_part WHERE id = %s", (part,), [("item", item)])
            return
        item, holding, part = self.rng.choice(self.items), self.rng.choice(self.holdings), self.new_key(82)
        self.transaction(lambda c: self.insert(c, f"{INV}.bound_with_part", {"id": part, "itemId": item, "holdingsRecordId": holding, "metadata": STAFF}), [("item", item)])
        self.parts.append((part, item, holding))

    # ---- orders
    def order(self):
        kind, requester = self.rng.random(), {"requester": CANARY, "selector": CANARY, "cost": {"listUnitPrice": 12.5, "currency": CANARY}}
        if kind < 0.25 or not self.lines:
            order, line, title, pieces = self.new_key(ORDER), self.new_key(LINE), self.new_key(TITLE), [self.new_key(PIECE) for _ in range(3)]
            instance = self.rng.choice(self.instances)

            def work(c):
                self.insert(c, f"{ORD}.purchase_order", {"id": order, "poNumber": order[-6:], "workflowStatus": "Pending", "approvedById": STAFF_ID, "notes": [CANARY]})
                self.insert(c, f"{ORD}.po_line", {"id": line, "purchaseOrderId": order, "instanceId": instance, "receiptStatus": "Pending", **requester})
                self.insert(c, f"{ORD}.titles", {"id": title, "poLineId": line, "instanceId": instance, "receivingNote": CANARY})
                for piece in pieces:
                    self.insert(c, f"{ORD}.pieces", {"id": piece, "poLineId": line, "titleId": title, "receivingStatus": "Expected", "comment": CANARY})
            self.transaction(work, [("order", line)])
            self.lines[line] = (order, pieces)
            return
        line = self.rng.choice(list(self.lines))
        order, pieces = self.lines[line]
        if kind < 0.4:
            status = self.rng.choice(["Open", "Closed", "Pending"])
            self.transaction(lambda c: self.change(c, f"{ORD}.purchase_order", order, {"workflowStatus": status, "assignedTo": STAFF_ID}), [("order", line)])
        elif kind < 0.6:
            self.transaction(lambda c: self.change(c, f"{ORD}.po_line", line, requester), [("order", line)])
        elif kind < 0.7 and pieces:
            piece = pieces.pop()
            self.one(f"DELETE FROM {ORD}.pieces WHERE id = %s", (piece,), [("order", line)])
        else:
            status = self.rng.choice(["Received", "Expected", "Unreceivable"])

            def receive(c):
                for piece in pieces[:2]:
                    self.change(c, f"{ORD}.pieces", piece, {"receivingStatus": status, "internalNote": CANARY})
                self.change(c, f"{ORD}.po_line", line, {"receiptStatus": f"Partially {status}"})
            self.transaction(receive, [("order", line)])

    # ---- transactions
    def pairs(self):
        """Two rows that no reader may ever see differ; TORN finds one that does."""
        number, made = "pair " + self.text(3), bool(self.pair)
        if not made:
            self.pair = [self.new_key(HOLDINGS), self.new_key(HOLDINGS)]
        pair, instance = list(self.pair), key(INSTANCE, 1)

        def work(c):
            for holding in pair:
                if made:
                    self.change(c, f"{INV}.holdings_record", holding, {"callNumber": number})
                else:
                    self.insert_holding(c, holding, instance, None, callNumber=number, copyNumber=f"PAIR{self.number}")
        self.transaction(work, self.keys(holding=pair))

    def savepoint(self):
        instance, item, first, second = self.rng.choice(self.instances), self.rng.choice(self.items), self.new_key(RECORD), self.new_key(RECORD)
        never, note = "never " + self.plain(), self.plain()

        def work(c):
            c.execute("SAVEPOINT a")
            self.save_record(c, first, instance, never)
            c.execute("SAVEPOINT b")
            self.change(c, f"{INV}.item", item, {"volume": "never"})
            c.execute("RELEASE SAVEPOINT b")
            c.execute("ROLLBACK TO SAVEPOINT a")
            self.save_record(c, second, instance, note)
        self.transaction(work, self.keys(bib=[instance], item=[item]))

    def taken_back(self):
        instance, one = self.rng.choice(self.instances), self.new_key(RECORD)

        def work(c):
            self.save_record(c, one, instance, "never")
            c.execute(f"UPDATE {INV}.item SET jsonb = jsonb || '{{\"volume\": \"never\"}}' WHERE id = ANY (%s::uuid[])", (self.items[:50],))
            raise RolledBack
        self.transaction(work, [("bib", instance)])

    def two_phases(self):
        instance, one, note = self.rng.choice(self.instances), self.new_key(RECORD), self.plain()
        self.in_two_phases(lambda c: self.save_record(c, one, instance, note), [("bib", instance)])

    def bulk_items(self):
        """Thousands of rows in a transaction, by a migration without triggers; once for each worker."""
        if self.bulks:
            return self.save()
        self.bulks += 1
        first, holding = self.next_number + 1, self.rng.choice(self.holdings)
        self.next_number += self.bulk
        items = [key(ITEM, number) for number in range(first, first + self.bulk)]

        def work(c):
            c.execute("SET LOCAL session_replication_role = replica")
            c.execute(f"INSERT INTO {INV}.item (id, holdingsrecordid, jsonb) SELECT id, %s, jsonb_build_object('id', id, 'holdingsRecordId', %s, 'barcode', 'B' || right(id::text, 12),"
                      " 'lastCheckIn', %s) FROM unnest(%s::uuid[]) id", (holding, holding, CANARY, items))
            c.execute(f"UPDATE {INV}.item SET jsonb = jsonb || '{{\"volume\": \"2\"}}' WHERE id = ANY (%s::uuid[])", (items[::2],))
        self.transaction(work, self.keys(item=items))
        self.items += items[::20]
        return None

    def poison_row(self):
        """An authority whose record is none: one case in quarantine, and the stream goes on."""
        external, one = self.new_key(AUTHORITY), self.new_key(RECORD)

        def work(c):
            c.execute(f"DELETE FROM {SRS}.records_lb WHERE id = %s", (one,))
            self.insert_record(c, one, "MARC_AUTHORITY", external, {"leader": 5})
        if self.transaction(work, []):
            self.poisoned.append(("authority", external))
