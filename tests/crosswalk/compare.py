#!/usr/bin/env python3
"""Compares our documents with those of an XSLT stylesheet, element by element.

compare.py STYLESHEET MARCXML_COLLECTION OUR_DOCUMENTS [RECORDS]

OUR_DOCUMENTS has one XML document a line, in the order of the records of the collection. An element agrees when the other
document has one with the same path, attributes and text (blanks normalised) that agrees with no other one. Prints the rate
for each element, and for each kind of difference one example.
"""
import collections
import re
import sys

from lxml import etree

IGNORED_ATTRIBUTES = {"{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", "version"}
IGNORED_ELEMENTS = {"recordCreationDate", "recordOrigin", "extension"}  # extension: local fields, which the stylesheets drop
MARC = "{http://www.loc.gov/MARC21/slim}"


def local(name):
    return name.rsplit("}", 1)[-1]


def elements(document):
    """Each leaf element, and each element with attributes, as (path, attributes, text)."""
    found = collections.Counter()

    def walk(element, path):
        if not isinstance(element.tag, str) or local(element.tag) in IGNORED_ELEMENTS:
            return
        path = path + "/" + local(element.tag)
        attributes = " ".join(
            f"{local(name)}={re.sub(' +', ' ', value.strip())}"
            for name, value in sorted(element.attrib.items())
            if name not in IGNORED_ATTRIBUTES and value.strip() and not name.endswith("}space"))
        text = " ".join((element.text or "").split())
        if text or (attributes and len(element)):
            found[(path, attributes, text)] += 1
        for child in element:
            walk(child, path)

    for child in document:
        walk(child, "")
    return found


def main():
    stylesheet, collection, ours = sys.argv[1:4]
    limit = int(sys.argv[4]) if len(sys.argv) > 4 else 10**9
    transform = etree.XSLT(etree.parse(stylesheet))
    totals = collections.Counter()
    agreed = collections.Counter()
    kinds = {}
    kind_counts = collections.Counter()
    whole = records = 0
    with open(ours, encoding="utf-8") as documents:
        for _, record in etree.iterparse(collection, tag=MARC + "record"):
            line = documents.readline()
            if not line or records >= limit:
                break
            records += 1
            number = next((f.text for f in record.iter(MARC + "controlfield") if f.get("tag") == "001"), "?")
            alone = etree.fromstring(etree.tostring(record))
            for subfield in alone.iter(MARC + "subfield"):
                # Where a stylesheet takes the text of a whole field, the line ends of MARCXML as LC writes it are the blanks.
                subfield.tail = subfield.tail or "\n"
            theirs = elements(transform(alone).getroot())
            mine = elements(etree.fromstring(line.encode()))
            same = theirs & mine
            for key, n in same.items():
                agreed[key[0]] += n
                totals[key[0]] += n
            whole += theirs == mine
            for sign, rest in (("-", theirs - same), ("+", mine - same)):
                for key, n in rest.items():
                    totals[key[0]] += n
                    kind = (sign, key[0], re.sub("=[^ ]*", "", key[1]))
                    kind_counts[kind] += n
                    kinds.setdefault(kind, []).append((number, key[1], key[2]))
            record.clear()
            while record.getprevious() is not None:
                del record.getparent()[0]
    print(f"{records} records, {whole} documents are the same; "
          f"{sum(agreed.values())} of {sum(totals.values())} elements agree: "
          f"{100 * sum(agreed.values()) / max(1, sum(totals.values())):.3f} %")
    for path, n in totals.most_common():
        print(f"{100 * agreed[path] / n:8.2f} % of {n:8d}  {path}")
    for kind, n in kind_counts.most_common(60):
        print(f"{kind[0]} {n:7d}  {kind[1]} [{kind[2]}]")
        for number, attributes, text in kinds[kind][:3]:
            print(f"            {number}: [{attributes}] {text[:150]}")


if __name__ == "__main__":
    main()
