#!/usr/bin/env python3
"""Writes the SQL that fills a DSpace made by dspace_schema.sql: items, each in a transaction of its own, and the items of XOAI
documents where their folder is given (DSpace's own form of an item's metadata rows).

    dspace_records.py --count 100 [--samples FOLDER] > load.sql"""
import argparse
import glob
import sys
import xml.etree.ElementTree as ElementTree

XOAI = "{http://www.lyncode.com/xoai}"


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def values(document):
    """(schema, element, qualifier, value, language) of each metadata row in an XOAI document."""
    for schema in document:
        if schema.get("name") in ("bundles", "others", "repository", "license"):
            continue
        stack = [(element, (element.get("name"),)) for element in schema]
        while stack:
            node, path = stack.pop(0)
            for child in node:
                if child.tag == XOAI + "field" and child.get("name") == "value" and child.text:
                    names, language = path[:-1], path[-1]
                    if 1 <= len(names) <= 2:
                        yield (schema.get("name"), names[0], names[1] if len(names) == 2 else None, child.text,
                               None if language == "none" else language)
                elif child.tag == XOAI + "element":
                    stack.append((child, path + (child.get("name"),)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--samples")
    asked = parser.parse_args()
    out = sys.stdout
    for number in range(1, asked.count + 1):
        out.write(f"SELECT add_item({number}, 'Title {number} – 書名 𝄞');\n")
    fields, number = {}, 0
    for name in sorted(glob.glob(f"{asked.samples}/*.xml")) if asked.samples else []:
        document = ElementTree.parse(name).getroot()
        rows = list(values(document)) if document.tag == XOAI + "metadata" else []
        if not rows:
            continue
        number += 1
        out.write(f"BEGIN;\nSELECT add_item({9000 + number}, 'replaced');\nDELETE FROM metadatavalue WHERE dspace_object_id = made_uuid(3, {9000 + number});\n")
        for place, (schema, element, qualifier, value, language) in enumerate(rows):
            key = (schema, element, qualifier)
            if key not in fields:
                fields[key] = 1000 + len(fields)
                out.write(f"INSERT INTO metadataschemaregistry SELECT 100 + count(*), {literal('urn:' + schema)}, {literal(schema)} FROM metadataschemaregistry"
                          f" HAVING NOT EXISTS (SELECT FROM metadataschemaregistry WHERE short_id = {literal(schema)});\n"
                          f"INSERT INTO metadatafieldregistry (metadata_field_id, metadata_schema_id, element, qualifier) SELECT {fields[key]}, metadata_schema_id,"
                          f" {literal(element)}, {literal(qualifier) if qualifier else 'NULL'} FROM metadataschemaregistry WHERE short_id = {literal(schema)};\n")
            out.write(f"INSERT INTO metadatavalue (metadata_field_id, text_value, text_lang, place, dspace_object_id) VALUES ({fields[key]}, {literal(value)},"
                      f" {literal(language) if language else 'NULL'}, {place}, made_uuid(3, {9000 + number}));\n")
        out.write("COMMIT;\n")


if __name__ == "__main__":
    main()
