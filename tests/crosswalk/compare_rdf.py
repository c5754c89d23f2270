#!/usr/bin/env python3
"""Compares our RDF/XML with that of an XSLT stylesheet, statement by statement.

compare_rdf.py STYLESHEET MARCXML_COLLECTION OUR_DOCUMENTS [RECORDS [PATH…]]

OUR_DOCUMENTS has one document a line, in the order of the records of the collection. A document is taken as a tree of
properties and classes; each literal, each address and each class without anything in it counts as (path from the
top, language, value). Addresses that the conversion makes up (#Agent100-12), dates of conversion and versions do not count.
With PATHs, examples are printed for those that contain one of them, else for the most frequent differences.
"""
import collections
import hashlib
import os
import re
import sys

from lxml import etree

MARC = "{http://www.loc.gov/MARC21/slim}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
PREFIXES = {"http://id.loc.gov/ontologies/bibframe/": "", "http://id.loc.gov/ontologies/bflc/": "bflc:",
            "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:", "http://www.w3.org/2000/01/rdf-schema#": "rdfs:",
            "http://www.loc.gov/mads/rdf/v1#": "mads:"}
STAMP = "2026-01-01T00:00:00Z"


def short(name):
    space, _, local = name[1:].partition("}")
    return PREFIXES.get(space, space) + local


def address(value):
    """Made-up addresses without their number."""
    value = re.sub(r"^.*#(\w+?)(\d{3})?-\d+(-\w+)?$", r"#\1", value)
    value = re.sub(r"example\.org/(id\w+)?#", "example.org/#", value)  # a record without 001
    return value.strip()


def statements(root):
    found = collections.Counter()

    def thing(node, path):
        path = path + "/" + short(node.tag)
        about = node.get(RDF + "about")
        if "#Item852-" in (about or ""):  # the stylesheet makes none
            return
        if about:
            found[(path + "@", "", address(about))] += 1
        children = [c for c in node if isinstance(c.tag, str)]
        if not children and not about:
            found[(path, "", "")] += 1
        for child in children:
            property_of(child, path)

    def property_of(node, path):
        path = path + "." + short(node.tag)
        if path.endswith("generationProcess") or (node.text or "").strip() == STAMP:
            return
        resource = node.get(RDF + "resource")
        children = [c for c in node if isinstance(c.tag, str)]
        if resource is not None:
            found[(path + "@", "", address(resource))] += 1
        for child in children:
            thing(child, path)
        if not children and resource is None:
            found[(path, node.get(LANGUAGE) or "", " ".join((node.text or "").split()))] += 1

    for child in root:
        thing(child, "")
    return found


def faults(root):
    """Where a document is not RDF/XML: classes and properties take turns, and a property has one object."""
    found = []

    def thing(node):
        if (node.text or "").strip() or any((c.tail or "").strip() for c in node):
            found.append("text in " + short(node.tag))
        for child in node:
            if short(child.tag)[:1].isupper() or short(child.tag).split(":")[-1][:1].isupper():
                found.append(short(child.tag) + " is no property")
            property_of(child)

    def property_of(node):
        parts = len(node) + (1 if (node.text or "").strip() else 0) + (1 if node.get(RDF + "resource") is not None else 0)
        if parts > 1 and node.get(RDF + "parseType") != "Collection":
            found.append(short(node.tag) + " has several objects")
        if parts == 0 and node.get(RDF + "parseType") != "Collection":
            found.append(short(node.tag) + " has none")
        for child in node:
            if not short(child.tag).split(":")[-1][:1].isupper():
                found.append(short(child.tag) + " is no class")
            thing(child)

    for child in root:
        thing(child)
    return found


def main():
    stylesheet, collection, ours = sys.argv[1:4]
    limit = int(sys.argv[4]) if len(sys.argv) > 4 else 10**9
    wanted = sys.argv[5:]
    store = os.environ.get("REFERENCE_DOCUMENTS")  # the stylesheet is slow: its documents are kept here
    if store:
        os.makedirs(store, exist_ok=True)
    transform = None
    broken = collections.Counter()
    totals = collections.Counter()
    agreed = collections.Counter()
    kinds = collections.defaultdict(list)
    whole = records = failed = 0
    with open(ours, encoding="utf-8") as documents:
        for _, record in etree.iterparse(collection, tag=MARC + "record"):
            line = documents.readline()
            if not line or records >= limit:
                break
            records += 1
            number = next((f.text for f in record.iter(MARC + "controlfield") if f.get("tag") == "001"), "?")
            xml = etree.tostring(record, with_tail=False)
            kept = store and os.path.join(store, hashlib.md5(xml).hexdigest())
            if kept and os.path.exists(kept):
                theirs = etree.parse(kept).getroot()
            else:
                transform = transform or etree.XSLT(etree.parse(stylesheet))
                try:
                    theirs = transform(etree.fromstring(xml), pGenerationDatestamp=etree.XSLT.strparam(STAMP)).getroot()
                except etree.XSLTApplyError:
                    theirs = etree.Element("none")
                if kept:
                    etree.ElementTree(theirs).write(kept, encoding="utf-8")
            if len(theirs) == 0:
                failed += 1
                record.clear()
                continue
            theirs = statements(theirs)
            mine = etree.fromstring(line.encode())
            broken.update(faults(mine))
            mine = statements(mine)
            same = theirs & mine
            for key, n in same.items():
                agreed[key[0]] += n
                totals[key[0]] += n
            whole += theirs == mine
            for sign, rest in (("-", theirs - same), ("+", mine - same)):
                for key, n in rest.items():
                    totals[key[0]] += n
                    kinds[(sign, key[0])] += [(number, key[1], key[2])] * n
            record.clear()
            while record.getprevious() is not None:
                del record.getparent()[0]
    print(f"{records} records, {whole} documents are the same; "
          f"{sum(agreed.values())} of {sum(totals.values())} statements agree: "
          f"{100 * sum(agreed.values()) / max(1, sum(totals.values())):.3f} %"
          + (f"; the stylesheet fails with {failed}" if failed else ""))
    for fault, n in broken.most_common():
        print(f"NOT RDF/XML: {n} x {fault}")
    if not wanted:
        for path, n in totals.most_common():
            if agreed[path] != n:
                print(f"{100 * agreed[path] / n:8.2f} % of {n:8d}  {path}")
    shown = [(k, v) for k, v in kinds.items() if not wanted or any(w in k[1] for w in wanted)]
    for kind, all_of_it in sorted(shown, key=lambda item: -len(item[1]))[:60]:
        print(f"{kind[0]} {len(all_of_it):6d}  {kind[1]}")
        for number, language, value in all_of_it[:3]:
            print(f"            {number}: {'@' + language + ' ' if language else ''}{value[:150]}")


if __name__ == "__main__":
    main()
