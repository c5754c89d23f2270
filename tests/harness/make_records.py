#!/usr/bin/env python3
"""Writes bibliographic records, authorities, items and holdings as load files for the Koha and Evergreen test databases.

usage: make_records.py --count N --out DIR [--seed N] [--from FILE]

N records go to each system. They come from an ISO 2709 file in UTF-8 (plain or gzip; taken again from the beginning with
other control numbers when it holds fewer), or are made up from word lists. The same arguments give the same files.

DIR/koha/load.sql       for `mariadb --local-infile=1 koha < load.sql`, started in DIR/koha
DIR/evergreen/load.sql  for `psql -f load.sql evergreen`, as superuser, started in DIR/evergreen
"""

import argparse
import gzip
import os
import random
import re
import sys

FIELD_END, SUBFIELD, RECORD_END = "\x1e", "\x1f", b"\x1d"
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
BRANCHES = ["CPL", "MPL", "FPL"]
ORG_UNITS = [4, 5, 6]

TOPICS = """rivers atlases forestry navigation printing bookbinding astronomy beekeeping railroads folklore botany mining
bridges weather education labor fisheries architecture textiles medicine agriculture harbors glaciers music typography""".split()
PLACES = ["Ohio", "Bohemia", "Québec", "Łódź", "São Paulo", "Genève", "Kraków", "Tromsø", "Αθήνα", "Москва", "東京", "Wales"]
NAMES = ["Ångström, Eva", "Brontë, Robert", "Čapek, Jan", "Dvořáková, Anna", "Ødegård, Per", "Müller, Greta", "Nguyễn, Minh",
         "Smith, John A.", "Tolstaia, Elena", "García Lorca, Pilar", "O'Brien, Máire", "Sato, Keiko"]
TITLE_WORDS = """history survey report letters handbook atlas catalogue journal theory practice index notes account sketches
essays observations principles manual guide study""".split()
PUBLISHERS = ["University Press", "Clarendon", "Government Printing Office", "Académie", "Springer-Verlag", "Náprstek"]
VERNACULAR = ["Река и лес", "東京の歴史", "Ιστορία της πόλης", "تاريخ المدينة", "תולדות העיר"]


class Record:
    """A MARC record: leader, control fields (tag, value), data fields (tag, ind1, ind2, [(code, value)])."""

    def __init__(self, leader, fields):
        self.leader = leader
        self.fields = fields

    def control(self, tag):
        return next((f[1] for f in self.fields if f[0] == tag and len(f) == 2), None)

    def subfield(self, tag, code):
        for f in self.fields:
            if f[0] == tag and len(f) == 4:
                for c, value in f[3]:
                    if c == code:
                        return value
        return None

    def without(self, *tags):
        return [f for f in self.fields if f[0] not in tags]


def leader_of(record, fields):
    """The leader with the length and base address that the record would have in ISO 2709, as MARC::Record writes them."""
    size = 0
    for f in fields:
        text = f[1] if len(f) == 2 else f[1] + f[2] + "".join(SUBFIELD + c + v for c, v in f[3])
        size += len(text.encode()) + 1
    base = 24 + 12 * len(fields) + 1
    return f"{min(base + size + 1, 99999):05d}{record.leader[5:12]}{min(base, 99999):05d}{record.leader[17:20]}4500"


def escape(text):
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return NOT_XML.sub("", text)


SLIM = 'xmlns="http://www.loc.gov/MARC21/slim"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
WHERE = 'xsi:schemaLocation="http://www.loc.gov/MARC21/slim http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd"'


def koha_xml(record, fields):
    """As MARC::File::XML prints it for Koha: declaration, namespaces on lines of their own, two blanks a level."""
    out = [f'<?xml version="1.0" encoding="UTF-8"?>\n<record\n    {XSI}\n    {WHERE}\n    {SLIM}>\n\n'
           f"  <leader>{escape(leader_of(record, fields))}</leader>"]
    for f in fields:
        if len(f) == 2:
            out.append(f'  <controlfield tag="{f[0]}">{escape(f[1])}</controlfield>')
        else:
            out.append(f'  <datafield tag="{f[0]}" ind1="{escape(f[1])}" ind2="{escape(f[2])}">')
            out.extend(f'    <subfield code="{escape(c)}">{escape(v)}</subfield>' for c, v in f[3])
            out.append("  </datafield>")
    out.append("</record>\n")
    return "\n".join(out)


def evergreen_xml(record, fields):
    """As Evergreen stores it: one line, no declaration."""
    out = [f"<record {XSI} {WHERE} {SLIM}><leader>{escape(leader_of(record, fields))}</leader>"]
    for f in fields:
        if len(f) == 2:
            out.append(f'<controlfield tag="{f[0]}">{escape(f[1])}</controlfield>')
        else:
            subfields = "".join(f'<subfield code="{escape(c)}">{escape(v)}</subfield>' for c, v in f[3])
            out.append(f'<datafield tag="{f[0]}" ind1="{escape(f[1])}" ind2="{escape(f[2])}">{subfields}</datafield>')
    out.append("</record>")
    return "".join(out)


def parse_iso2709(raw):
    """One record without its terminator; ValueError when it is not one in UTF-8."""
    if len(raw) < 25 or raw[9:10] != b"a":
        raise ValueError("leader/09 is not a (UTF-8)")
    base = int(raw[12:17])
    directory = raw[24:base - 1].decode("ascii")
    fields = []
    for at in range(0, len(directory) - 11, 12):
        tag, length, start = directory[at:at + 3], int(directory[at + 3:at + 7]), int(directory[at + 7:at + 12])
        data = raw[base + start:base + start + length].decode("utf-8").rstrip(FIELD_END)
        if tag < "010":
            fields.append((tag, data))
        else:
            parts = data.split(SUBFIELD)
            indicators = (parts[0] + "  ")[:2]
            fields.append((tag, indicators[0], indicators[1], [(p[0], p[1:]) for p in parts[1:] if p]))
    return Record(raw[:24].decode("ascii"), fields)


def records_of_file(path):
    """The records of a file, over and over; each time round the control numbers get another suffix."""
    opened = gzip.open if open(path, "rb").read(2) == b"\x1f\x8b" else open
    with opened(path, "rb") as source:
        raws = [raw.lstrip(b"\r\n") for raw in source.read().split(RECORD_END)]
    records, refused = [], 0
    for raw in raws:
        try:
            if raw:
                records.append(parse_iso2709(raw))
        except (ValueError, IndexError):
            refused += 1
    if refused:
        print(f"make_records.py: {refused} records of {path} are not ISO 2709 in UTF-8 and were left out", file=sys.stderr)
    if not records:
        sys.exit(f"make_records.py: {path} has no record in UTF-8")
    turn = 0
    while True:
        for record in records:
            if turn == 0:
                yield record
            else:
                yield Record(record.leader, [(f[0], f"{f[1]}.{turn}") if f[0] == "001" else f for f in record.fields])
        turn += 1


def made_up_records(rng):
    """Realistic records: monographs, some serials and maps, with notes, subjects and, for some, 880 fields."""
    n = 0
    while True:
        n += 1
        title = f"{rng.choice(['A', 'The', 'An annotated', 'Complete'])} {rng.choice(TITLE_WORDS)} of {rng.choice(TOPICS)}"
        place, year, name = rng.choice(PLACES), rng.randint(1850, 2026), rng.choice(NAMES)
        kind = rng.choices(["am", "as", "em"], [90, 6, 4])[0]
        vernacular = rng.random() < 0.08
        fields = [("001", f"ocm{n:08d}"), ("003", "OCoLC"), ("005", f"2026{n % 12 + 1:02d}{n % 28 + 1:02d}120000.0"),
                  ("008", f"{year % 100:02d}0101s{year}    xx {' ' * 11}000 0 eng d"),
                  ("020", " ", " ", [("a", f"978{rng.randint(0, 10**10 - 1):010d}"), ("q", "(paperback)")]),
                  ("040", " ", " ", [("a", "DLC"), ("b", "eng"), ("c", "DLC")]),
                  ("082", "0", "4", [("a", f"{rng.randint(0, 999):03d}.{rng.randint(1, 99)}"), ("2", "23")]),
                  ("100", "1", " ", [("a", name + ","), ("d", f"{year - 50}-"), ("e", "author.")]),
                  ("245", "1", "0", ([("6", "880-01")] if vernacular else []) +
                   [("a", title + " :"), ("b", f"with {rng.choice(TITLE_WORDS)} & {rng.choice(TITLE_WORDS)} from {place} /"),
                    ("c", name.split(",")[0] + ".")]),
                  ("264", " ", "1", [("a", place + " :"), ("b", rng.choice(PUBLISHERS) + ","), ("c", f"{year}.")]),
                  ("300", " ", " ", [("a", f"{rng.randint(20, 900)} pages :"), ("b", "illustrations ;"), ("c", f"{rng.randint(18, 35)} cm")]),
                  ("336", " ", " ", [("a", "text"), ("b", "txt"), ("2", "rdacontent")]),
                  ("337", " ", " ", [("a", "unmediated"), ("b", "n"), ("2", "rdamedia")]),
                  ("338", " ", " ", [("a", "volume"), ("b", "nc"), ("2", "rdacarrier")])]
        for _ in range(rng.randint(0, 4)):
            fields.append(("500", " ", " ", [("a", " ".join(rng.choice(TITLE_WORDS + TOPICS) for _ in range(rng.randint(4, 30))).capitalize() + ".")]))
        if rng.random() < 0.5:
            fields.append(("505", "0", " ", [("a", " -- ".join(rng.choice(TOPICS).capitalize() for _ in range(rng.randint(2, 12))) + ".")]))
        for _ in range(rng.randint(1, 5)):
            fields.append(("650", " ", "0", [("a", rng.choice(TOPICS).capitalize()), ("z", rng.choice(PLACES)), ("x", "History.")]))
        for _ in range(rng.randint(0, 2)):
            fields.append(("700", "1", " ", [("a", rng.choice(NAMES) + ","), ("e", "editor.")]))
        if rng.random() < 0.2:
            fields.append(("856", "4", "0", [("u", f"https://example.org/{n}?a=1&b=2"), ("y", "Full text")]))
        if vernacular:
            fields.append(("880", "1", "0", [("6", "245-01"), ("a", rng.choice(VERNACULAR))]))
        yield Record(f"00000n{kind} a2200000 i 4500", fields)


def made_up_authority(rng, n):
    personal = rng.random() < 0.5
    heading = [("a", rng.choice(NAMES) + ","), ("d", f"{rng.randint(1700, 1990)}-")] if personal else [("a", rng.choice(TOPICS).capitalize()), ("z", rng.choice(PLACES))]
    tag = "100" if personal else "150"
    fields = [("001", f"n{n:09d}"), ("003", "DLC"), ("005", "20260101120000.0"),
              ("008", f"260101{'n| azannaabn          |a aaa      '}".ljust(40)[:40]),
              ("040", " ", " ", [("a", "DLC"), ("b", "eng"), ("c", "DLC")]),
              (tag, "1" if personal else " ", " ", heading),
              ("4" + tag[1:], "1" if personal else " ", " ", [("a", f"Variant {n} of {rng.choice(TOPICS)}")]),
              ("670", " ", " ", [("a", f"{rng.choice(TITLE_WORDS).capitalize()}, {rng.randint(1900, 2026)}")])]
    return Record("00000nz  a2200000n  4500", fields), "PERSO_NAME" if personal else "TOPIC_TERM"


class Table:
    """A load file in the text format that MariaDB's LOAD DATA and PostgreSQL's COPY share."""

    def __init__(self, path, columns):
        self.columns = columns
        self.path = path
        self.out = open(path, "w", encoding="utf-8", newline="\n")

    def row(self, *values):
        texts = []
        for value in values:
            if value is None:
                texts.append("\\N")
            else:
                texts.append(str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r"))
        assert len(texts) == len(self.columns), self.path
        self.out.write("\t".join(texts) + "\n")


class Koha:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        columns = {
            "biblio": "biblionumber frameworkcode author title copyrightdate datecreated",
            "biblioitems": "biblioitemnumber biblionumber itemtype isbn publicationyear cn_source",
            "biblio_metadata": "biblionumber format schema metadata",
            "items": "itemnumber biblionumber biblioitemnumber barcode dateaccessioned homebranch holdingbranch price notforloan"
                     " damaged itemlost withdrawn itemcallnumber itemnotes itemnotes_nonpublic location permanent_location"
                     " cn_source ccode itype copynumber issues datelastseen onloan",
            "auth_header": "authid authtypecode datecreated marcxml",
        }
        self.tables = {name: Table(f"{folder}/{name}.tsv", names.split()) for name, names in columns.items()}
        self.items = 0

    def bib(self, rng, n, record, copies):
        classed = record.subfield("082", "a") or f"{n % 1000:03d}"
        fields = record.without("901", "942", "952", "999") + [
            ("942", " ", " ", [("2", "ddc"), ("c", "BK")]), ("999", " ", " ", [("c", str(n)), ("d", str(n))])]
        year = re.search(r"\d{4}", record.subfield("264", "c") or record.subfield("260", "c") or "")
        self.tables["biblio"].row(n, "", record.subfield("100", "a"), record.subfield("245", "a"), year and year[0], "2026-01-15")
        self.tables["biblioitems"].row(n, n, "BK", record.subfield("020", "a"), year and year[0], "ddc")
        self.tables["biblio_metadata"].row(n, "marcxml", "MARC21", koha_xml(record, fields))
        for copy in range(1, copies + 1):
            self.items += 1
            branch = rng.choice(BRANCHES)
            shelf = rng.choice(["GEN", "REF", "STACKS"])
            self.tables["items"].row(
                self.items, n, n, f"3{self.items:013d}", "2026-01-20", branch, branch, f"{rng.randint(5, 90)}.00", 0, 0,
                int(rng.random() < 0.01), int(rng.random() < 0.01), f"{classed} {re.sub(r'[^A-Z0-9]', '', (record.subfield('245', 'a') or 'X').upper())[:3]}",
                "Bookplate" if rng.random() < 0.05 else None, "canary staff note" if rng.random() < 0.05 else None,
                rng.choice([shelf, shelf, "CART"]), shelf, "ddc", rng.choice(["FIC", "NFIC", None]), "BK", copy,
                rng.randint(0, 40), "2026-02-01 10:00:00", "2026-12-01" if rng.random() < 0.1 else None)

    def authority(self, n, record, kind):
        self.tables["auth_header"].row(n, kind, "2026-01-10", koha_xml(record, record.fields))

    def finish(self):
        with open(f"{self.folder}/load.sql", "w", encoding="utf-8") as out:
            for name, table in self.tables.items():
                table.out.close()
                columns = ", ".join(f"`{c}`" for c in table.columns)
                out.write(f"LOAD DATA LOCAL INFILE '{name}.tsv' INTO TABLE {name} CHARACTER SET utf8mb4 ({columns});\n")


class Evergreen:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        copy = "id circ_lib creator call_number editor copy_number status location loan_duration fine_level barcode circ_modifier"
        columns = {
            "biblio.record_entry": "id source tcn_source tcn_value marc last_xact_id owner",
            "authority.record_entry": "id marc last_xact_id",
            "serial.record_entry": "id record owning_lib marc last_xact_id",
            "asset.call_number": "id creator editor record owning_lib label",
            "asset.copy": copy,
            "serial.unit": copy + " sort_key detailed_contents summary_contents",
        }
        self.tables = {name: Table(f"{folder}/{name}.copy", names.split()) for name, names in columns.items()}
        self.ids = {"copy": 0, "mfhd": 0}
        self.units = []

    def field_901(self, n, schema, source=None, tcn=None):
        """As the trigger b_maintain_901 writes it."""
        subfields = [("a", tcn[1]), ("b", tcn[0])] if tcn else []
        return ("901", " ", " ", subfields + [("c", str(n)), ("t", schema)] + ([("s", str(source))] if source else []))

    def bib(self, rng, n, record, copies):
        source = rng.choice([1, 2, None])
        fields = record.without("901", "999") + [self.field_901(n, "biblio", source, ("AUTOGEN", str(n)))]
        self.tables["biblio.record_entry"].row(n, source, "AUTOGEN", n, evergreen_xml(record, fields), f"load.{n}", None)
        library = rng.choice(ORG_UNITS)
        label = f"{record.subfield('082', 'a') or 'SuDoc'} {n}"
        self.tables["asset.call_number"].row(n, 1, 1, n, library, label)
        for copy in range(1, copies + 1):
            self.ids["copy"] += 1
            key = self.ids["copy"]
            self.tables["asset.copy"].row(key, library, 1, n, 1, copy, rng.choice([0, 0, 0, 1, 7]), 1, 2, 2, f"E{key:012d}", "book")
        if n % 20 == 0:
            self.mfhd(n, library)
        if n % 50 == 0:
            self.units.append((n, library))

    def mfhd(self, bib, library):
        self.ids["mfhd"] += 1
        key = self.ids["mfhd"]
        record = Record("00000ny  a2200000un 4500", [
            ("004", str(bib)), ("008", "2601010u    8   4001uueng0000000".ljust(32)),
            ("852", " ", " ", [("b", f"BR{library - 3}"), ("h", f"PER {bib}")]), ("866", " ", "0", [("a", "v.1 (1990)-v.30 (2019)")])])
        fields = record.fields + [self.field_901(key, "serial")]
        self.tables["serial.record_entry"].row(key, bib, library, evergreen_xml(record, fields), f"load.s{key}")

    def authority(self, n, record, kind):
        del kind  # Koha's
        fields = record.without("901") + [self.field_901(n, "authority")]
        self.tables["authority.record_entry"].row(n, evergreen_xml(record, fields), f"load.a{n}")

    def finish(self):
        # serial.unit inherits from asset.copy and shares its sequence: its ids follow those of the copies.
        for bib, library in self.units:
            self.ids["copy"] += 1
            key = self.ids["copy"]
            self.tables["serial.unit"].row(key, library, 1, bib, 1, 1, 0, 1, 2, 2, f"U{key:012d}", None, f"v.{key:06d}",
                                           "v.30:no.1(2026:Jan.)", "v.30:no.1")
        with open(f"{self.folder}/load.sql", "w", encoding="utf-8") as out:
            # The files hold what the triggers would write; without them 100,000 records load in seconds.
            out.write("\\set ON_ERROR_STOP on\nBEGIN;\nSET LOCAL session_replication_role = replica;\n")
            for name, table in self.tables.items():
                table.out.close()
                out.write(f"\\copy {name} ({', '.join(table.columns)}) from '{name}.copy'\n")
            for sequence, table in [("biblio.record_entry_id_seq", "biblio.record_entry"), ("authority.record_entry_id_seq", "authority.record_entry"),
                                    ("serial.record_entry_id_seq", "serial.record_entry"), ("asset.call_number_id_seq", "asset.call_number"),
                                    ("asset.copy_id_seq", "asset.copy"), ("biblio.autogen_tcn_value_seq", "biblio.record_entry")]:
                out.write(f"SELECT setval('{sequence}', greatest(max(id), 1)) FROM {table};\n")
            out.write("COMMIT;\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--from", dest="source")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    koha, evergreen = Koha(f"{options.out}/koha"), Evergreen(f"{options.out}/evergreen")
    records = records_of_file(options.source) if options.source else made_up_records(random.Random(options.seed + 1))
    for n in range(1, options.count + 1):
        record = next(records)
        copies = rng.choices([1, 2, 3], [6, 3, 1])[0]
        koha.bib(rng, n, record, copies)
        evergreen.bib(rng, n, record, copies)
    for n in range(1, max(1, options.count // 4) + 1):
        record, kind = made_up_authority(rng, n)
        koha.authority(n, record, kind)
        evergreen.authority(n, record, kind)
    koha.finish()
    evergreen.finish()


if __name__ == "__main__":
    main()
