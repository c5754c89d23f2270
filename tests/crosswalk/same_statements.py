#!/usr/bin/env python3
"""That RDF/XML and JSON-LD are the same statements: same_statements.py RDF_XML JSON_LD [DOCUMENTS]

Both files have one document a line. Nodes without an address are the same when they have the same statements (rdflib.compare).
"""
import sys

import rdflib
from rdflib.compare import graph_diff, to_isomorphic


def main():
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 10**9
    documents = statements = 0
    with open(sys.argv[1], encoding="utf-8") as xml, open(sys.argv[2], encoding="utf-8") as json:
        for one, other in zip(xml, json):
            if documents == limit:
                break
            documents += 1
            a = to_isomorphic(rdflib.Graph().parse(data=one, format="xml"))
            b = to_isomorphic(rdflib.Graph().parse(data=other, format="json-ld"))
            statements += len(a)
            if len(a) == 0:
                sys.exit(f"document {documents} has no statement")
            if a != b:
                _, first, second = graph_diff(a, b)
                sys.exit(f"document {documents}\nin RDF/XML alone:\n{first.serialize(format='nt')[:2000]}\n"
                         f"in JSON-LD alone:\n{second.serialize(format='nt')[:2000]}")
    print(f"{documents} documents, {statements} statements")


if __name__ == "__main__":
    main()
