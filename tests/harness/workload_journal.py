"""A worker does random transactions in a library system and writes down, for each key, the states that were committed.

A worker owns its keys: no other worker changes them. So the states of a key are a sequence that only this worker makes, and
after a lost connection the source itself tells whether the last commit took place.

A state is what an entity is made of, as a tuple, or None where there is no entity. Two equal states in a row are one.
"""

import hashlib
import json
import random
import threading
import time
from collections import namedtuple

CANARY = "canary-private"  # stands in columns and tables that are not captured
WORDS = "river atlas survey annual report marine forest index letters history garden theory county bridge Gemälde Ελλάς 東京 поле".split()
# What breaks careless readers: four-byte characters, quotes, backslashes, tabs, line ends, what looks like NULL or binary.
ODD = ["\U0001F4DA", "\U0001D510ARC", "\U00020BB7野家", "it's", 'say "x"', "back\\slash", "tab\there", "line\nend", "\\N", "NULL", "\\x00ff",
       "e\u0301", "\ufeff", "{}", "%s", "$1", "\u0007", "0x4D41"]


# What the preservation database has of a version; `captured` is what CAPTURED of the system's workload makes of it.
Version = namedtuple("Version", "deleted captured attributes parent")


def escaped(text):
    # MARCXML holds no control characters.
    text = "".join(c for c in text if c >= " " or c in "\t\n")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def digest(document):
    """Of a JSON document, however it is written."""
    return hashlib.md5(json.dumps(document, sort_keys=True).encode()).hexdigest()


class RolledBack(Exception):
    """Raised by the work of a transaction that is to be rolled back."""


class Journal:
    """The committed states of each key, (kind, key text) → list, oldest first."""

    def __init__(self):
        self.states = {}
        self.transactions = 0

    def note(self, key, state):
        told = self.states.setdefault(key, [])
        if not told or told[-1] != state:
            told.append(state)


class Worker(threading.Thread):
    """Subclasses say what is done: do_one() makes one or more calls of transaction()."""

    read_key = staticmethod(int)  # from the text of an entity's key to what the source has
    bulk = 2500                   # rows of the transaction that each worker makes once

    def __init__(self, number, seed, count, connect, is_lost, pace, *, workers=1, poison=False):
        super().__init__(daemon=True, name=f"worker {number}")
        self.number, self.count, self.pace = number, count, pace
        self.workers, self.poison = workers, poison
        self.bulks = 0
        self.pair = None      # two rows that no reader may ever see differ
        self.poisoned = []    # (table or kind, key) of what belongs into quarantine
        self.rng = random.Random(seed * 1000 + number)
        self.connect, self.is_lost = connect, is_lost
        self.on = None
        self.journal = Journal()
        self.failure = None
        self.halt = False
        self.serial = 0

    # ---- for subclasses
    def begin(self):
        """Learns its keys from the source and notes their states; in a transaction."""
        raise NotImplementedError

    def do_one(self):
        raise NotImplementedError

    def read_states(self, cursor, kind, keys):
        """key → state of those that there are, as the transaction sees them."""
        raise NotImplementedError

    # ----
    def drawn(self, choices):
        """One of (what, weight)…, the heavier the likelier."""
        return self.rng.choices([c[0] for c in choices], [c[1] for c in choices])[0]

    def text(self, most=12):
        """A text that was never there before."""
        self.serial += 1
        words = [self.rng.choice(WORDS) for _ in range(self.rng.randint(1, most))]
        if self.rng.random() < 0.3:
            words.append(self.rng.choice(ODD))
        return f"w{self.number}.{self.serial} " + " ".join(words)

    def run(self):
        try:
            self._patiently(self.begin)
            for _ in range(self.count):
                if self.halt:
                    break
                self.do_one()
                if self.pace:
                    time.sleep(self.pace)
        except Exception as wrong:  # told by the oracle
            self.failure = wrong
        finally:
            if self.on is not None:
                self._drop()

    def _drop(self):
        try:
            self.on.close()
        except Exception:
            pass
        self.on = None

    def _patiently(self, work):
        """Does `work`, again after a lost connection; nothing of it may be committed."""
        while True:
            try:
                if self.on is None:
                    self.on = self.connect()
                return work()
            except Exception as wrong:
                if not self.is_lost(wrong):
                    raise
                if self.on is not None:
                    self._drop()
                time.sleep(0.1)

    def states(self, cursor, keys):
        found = {}
        for kind in {kind for kind, _ in keys}:
            wanted = [self.read_key(key) for of, key in keys if of == kind]
            for begin in range(0, len(wanted), 1000):
                some = wanted[begin:begin + 1000]
                there = self.read_states(cursor, kind, some)
                found.update({(kind, str(key)): there.get(key) for key in some})
        return found

    def note_states(self, cursor, keys):
        for key, state in self.states(cursor, keys).items():
            self.journal.note(key, state)

    def transaction(self, work, keys, commit=None):
        """Runs work(cursor) in a transaction; keys are what it may change. False if it was rolled back. `commit` takes the
        place of the connection's commit(). Without keys nothing tells whether a commit that was cut off took place: then it
        is done again, which the work must bear."""
        while True:
            def attempt():
                with self.on.cursor() as cursor:
                    try:
                        work(cursor)
                    except RolledBack:
                        self.on.rollback()
                        return None
                    return self.states(cursor, keys)

            states = self._patiently(attempt)
            if states is None:
                return False
            try:
                commit() if commit else self.on.commit()
            except Exception as wrong:
                if not self.is_lost(wrong):
                    raise
                self._drop()
                if not states or not self._patiently(lambda: self._took_place(states)):
                    continue
            for key, state in states.items():
                self.journal.note(key, state)
            self.journal.transactions += 1
            return True

    def _took_place(self, states):
        with self.on.cursor() as cursor:
            now = self.states(cursor, list(states))
        self.on.rollback()
        return now == states
