"""Writes mixed changes as the two library systems would make them, one SQL file for each.

usage: workload.py --seed N --changes N --records N --out DIR

koha.sql and evergreen.sql hold one change a line group, each its own transaction or the several transactions that the
system uses. The ids are drawn from 1 … records and from what the file itself adds; a change to a record that an earlier
line deleted changes nothing, as in real life.
"""

import argparse
import random

WORDS = "river atlas survey annual report marine forest index letters history garden theory county bridge Gemälde Ελλάς 東京 поле".split()


def note(rng, n):
    return f"note {n} " + " ".join(rng.choice(WORDS) for _ in range(rng.randint(2, 12)))


def marcxml(rng, title):
    filler = "".join(
        f'<datafield tag="650" ind1=" " ind2="0"><subfield code="a">{note(rng, i)}</subfield></datafield>' for i in range(rng.randint(1, 40)))
    return ('<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 a 4500</leader>'
            f'<controlfield tag="001">new{rng.randint(1, 10**9)}</controlfield>'
            f'<datafield tag="245" ind1="1" ind2="0"><subfield code="a">{title}</subfield></datafield>{filler}</record>')


FIELD = ('<datafield tag="500" ind1=" " ind2=" "><subfield code="a">{}</subfield></datafield></record>')


def koha_change(rng, n, records, state):
    bib = rng.randint(1, state["bib"])
    kind = rng.random()
    if kind < 0.45:
        return [f"UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', '{FIELD.format(note(rng, n))}') WHERE biblionumber = {bib};"]
    if kind < 0.60:
        return [f"UPDATE items SET itemcallnumber = '{note(rng, n)[:60]}', homebranch = ELT({rng.randint(1, 3)}, 'CPL', 'MPL', 'FPL') WHERE biblionumber = {bib};"]
    if kind < 0.66:  # a checkout: noise that makes no version
        return [f"UPDATE items SET onloan = '2026-12-01', issues = COALESCE(issues, 0) + 1 WHERE biblionumber = {bib};"]
    if kind < 0.76:
        state["bib"] += 1
        new = state["bib"]
        title = note(rng, n)
        return ["START TRANSACTION;",
                f"INSERT INTO biblio (biblionumber, frameworkcode, title, datecreated) VALUES ({new}, '', '{title}', '2026-11-01');",
                f"INSERT INTO biblioitems (biblioitemnumber, biblionumber, itemtype) VALUES ({new}, {new}, 'BK');",
                f"INSERT INTO biblio_metadata (biblionumber, format, `schema`, metadata) VALUES ({new}, 'marcxml', 'MARC21', '{marcxml(rng, title)}');",
                "COMMIT;",
                f"INSERT IGNORE INTO items (biblionumber, biblioitemnumber, barcode, homebranch, holdingbranch, itemcallnumber, cn_source, itype) VALUES ({new}, {new}, 'W{n:08d}', 'CPL', 'CPL', 'X {n}', 'ddc', 'BK');"]
    if kind < 0.82:  # one statement; the engine's cascades are not in the binary log
        return [f"DELETE FROM biblio WHERE biblionumber = {bib};"]
    if kind < 0.85:
        return [f"DELETE FROM items WHERE biblionumber = {bib};", f"DELETE FROM biblioitems WHERE biblionumber = {bib};",
                f"DELETE FROM biblio_metadata WHERE biblionumber = {bib};", f"DELETE FROM biblio WHERE biblionumber = {bib};"]
    if kind < 0.90:  # a merge: the items move, the loser goes
        other = rng.randint(1, state["bib"])
        if other == bib:
            return koha_change(rng, n, records, state)
        return [f"UPDATE items SET biblionumber = {other}, biblioitemnumber = {other} WHERE biblionumber = {bib} AND EXISTS (SELECT 1 FROM biblioitems WHERE biblioitemnumber = {other});",
                f"DELETE FROM biblio WHERE biblionumber = {bib} AND NOT EXISTS (SELECT 1 FROM items WHERE items.biblionumber = {bib});"]
    if kind < 0.95:
        return [f"UPDATE auth_header SET marcxml = REPLACE(marcxml, '</record>', '{FIELD.format(note(rng, n))}') WHERE authid = {rng.randint(1, max(1, records // 4))};"]
    if kind < 0.97:  # a change that is taken back
        return ["START TRANSACTION;", f"UPDATE biblio SET title = 'never' WHERE biblionumber = {bib};", "ROLLBACK;"]
    return ["START TRANSACTION;",
            f"UPDATE items SET damaged = 1 - damaged WHERE biblionumber BETWEEN {bib} AND {bib + 20};", "COMMIT;"]


def evergreen_change(rng, n, records, state):
    bib = rng.randint(1, state["bib"])
    kind = rng.random()
    if kind < 0.45:
        return [f"UPDATE biblio.record_entry SET marc = replace(marc, '</record>', '{FIELD.format(note(rng, n))}'), edit_date = now() WHERE id = {bib};"]
    if kind < 0.60:  # everything but the MARC: long values stay in TOAST, untouched
        return [f"UPDATE biblio.record_entry SET source = {rng.randint(1, 3)} WHERE id = {bib};"]
    if kind < 0.70:
        return [f"UPDATE asset.copy SET barcode = 'R{n:08d}', copy_number = {rng.randint(1, 9)} WHERE id = {bib};"]
    if kind < 0.76:
        return [f"UPDATE asset.copy SET status = {rng.randint(0, 8)} WHERE id = {bib};"]
    if kind < 0.84:
        state["bib"] += 1
        new = state["bib"]
        title = note(rng, n)
        return ["BEGIN;",
                f"INSERT INTO biblio.record_entry (id, marc, last_xact_id) VALUES ({new}, '{marcxml(rng, title)}', 'w{n}');",
                f"INSERT INTO asset.call_number (id, creator, editor, record, owning_lib, label) VALUES ({new + 10**7}, 1, 1, {new}, 1, 'W {n}');",
                "COMMIT;"]
    if kind < 0.92:  # the rule makes an UPDATE of it
        return [f"DELETE FROM biblio.record_entry WHERE id = {bib};"]
    if kind < 0.94:  # a purge tool: really gone
        return [f"SET session_replication_role = replica; ALTER TABLE asset.copy DISABLE RULE protect_copy_delete; DELETE FROM asset.copy WHERE id = {bib}; ALTER TABLE asset.copy ENABLE RULE protect_copy_delete; SET session_replication_role = origin;"]
    if kind < 0.97:
        return ["BEGIN;", f"UPDATE biblio.record_entry SET marc = 'never' WHERE false;", f"UPDATE asset.call_number SET label = 'never' WHERE record = {bib};", "ROLLBACK;"]
    return [f"UPDATE asset.call_number SET label = '{note(rng, n)[:50]}' WHERE record BETWEEN {bib} AND {bib + 20};"]


def write(path, change, seed, changes, records):
    rng = random.Random(seed)
    state = {"bib": records}
    with open(path, "w", encoding="utf-8") as out:
        for n in range(changes):
            out.write("\n".join(change(rng, n, records, state)) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--changes", type=int, required=True)
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    write(f"{options.out}/koha.sql", koha_change, options.seed, options.changes, options.records)
    write(f"{options.out}/evergreen.sql", evergreen_change, options.seed + 1, options.changes, options.records)


if __name__ == "__main__":
    main()
