#!/usr/bin/env python3
"""Checks documents in JSON, one a line: check_json.py FORMAT COUNT FILE. Prints what is wrong with the first that are."""
import json
import sys

REQUIRED = {
    # https://developers.google.com/search/docs/appearance/structured-data: what is it, of which vocabulary
    "schema_org": {"@context": str, "@type": (str, list)},
    # required of instance.json of mod-inventory-storage are source, title and instanceTypeId; the last comes from codes that a record may lack
    "folio": {"source": str, "title": str},
    "bibliographic": {"@context": (str, dict, list), "marc21": dict},
    "jsonld": {"@context": dict, "@graph": list},
}


def walk(value, faults, path="$"):
    """No member is empty, no text has a control character."""
    if isinstance(value, dict):
        for name, inner in value.items():
            walk(inner, faults, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            walk(inner, faults, path + "[]")
    elif isinstance(value, str) and "\x00" in value:
        faults.append(f"{path} has a NUL")


def things(value, faults, path="$"):
    """JSON-LD: a value object has a text and not both type and language; a thing has members."""
    if isinstance(value, list):
        for inner in value:
            things(inner, faults, path)
    elif isinstance(value, dict):
        if not value:
            faults.append(f"{path} is empty")
        if "@value" in value and (not isinstance(value["@value"], str) or {"@type", "@language"} <= value.keys()
                                  or not value.keys() <= {"@value", "@type", "@language"}):
            faults.append(f"{path}: {value}")
        for name, inner in value.items():
            if name == "@list" and not isinstance(inner, list):
                faults.append(f"{path}.@list is no list")
            if name not in ("@context", "@id", "@type", "@value", "@language"):
                things(inner, faults, f"{path}.{name}")


def no_member_twice(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member twice")
    return dict(pairs)


def main():
    kind, count, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    faults, seen = [], 0
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            seen += 1
            try:
                document = json.loads(line, object_pairs_hook=no_member_twice)
            except ValueError as error:
                faults.append(f"document {seen}: {error}")
                continue
            here = []
            for name, types in REQUIRED[kind].items():
                if not isinstance(document.get(name), types):
                    here.append(f"no {name}")
            walk(document, here)
            if kind == "jsonld":
                things(document["@graph"], here)
            faults += [f"document {seen}: {fault}" for fault in here]
    if seen != count:
        faults.append(f"{seen} documents of {count} records")
    if faults:
        sys.exit("\n".join(faults[:20]))


if __name__ == "__main__":
    main()
