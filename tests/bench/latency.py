#!/usr/bin/python3
"""Latency from a commit in an idle source to the version that everybody sees.

usage: latency.py SOURCE EDITS --source CONNECTION --preservation CONNECTION

SOURCE is koha or evergreen. CONNECTION is libpq's (PostgreSQL) or a socket path (MariaDB). Each edit changes the title note
of one record in a transaction of its own; then a second connection asks the preservation database for the newest version
of that record until it is there, without pause: a query takes about a tenth of a millisecond. Between edits the source
is idle for 50 to 150 ms. Prints median, 95th and 99th percentile and the longest, in milliseconds.
"""

import argparse
import random
import time

import psycopg2


def evergreen_edit(connection):
    cursor = connection.cursor()

    def edit(record, n):
        cursor.execute("UPDATE biblio.record_entry SET marc = regexp_replace(marc, '<controlfield tag=\"005\">[^<]*', %s) WHERE id = %s",
                       (f'<controlfield tag="005">{n}', record))
        connection.commit()
    return edit


def koha_edit(connection):
    cursor = connection.cursor()

    def edit(record, n):
        cursor.execute("UPDATE biblio_metadata SET metadata = REGEXP_REPLACE(metadata, '<subfield code=\"a\">', %s) WHERE biblionumber = %s",
                       ('<subfield code="a">.', record))
        connection.commit()
    return edit


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("system", choices=["koha", "evergreen"])
    arguments.add_argument("edits", type=int)
    arguments.add_argument("--source", required=True)
    arguments.add_argument("--preservation", required=True)
    asked = arguments.parse_args()
    if asked.system == "koha":
        import pymysql
        source = pymysql.connect(unix_socket=asked.source, user="root", database="koha", charset="utf8mb4")
        edit, name = koha_edit(source), "koha_main"
    else:
        source = psycopg2.connect(asked.source)
        edit, name = evergreen_edit(source), "evergreen"
    preservation = psycopg2.connect(asked.preservation)
    preservation.autocommit = True
    versions = preservation.cursor()
    versions.execute("PREPARE newest AS SELECT e.n FROM everarchive.entity e WHERE e.source_id = (SELECT source_id FROM everarchive.source "
                     "WHERE name = '%s') AND e.kind = 'bib' AND e.key = $1" % name)

    def newest(record):
        versions.execute("EXECUTE newest(%s)", (str(record),))
        return versions.fetchone()[0]

    rng = random.Random(7)
    took = []
    for n in range(asked.edits + 10):
        record = rng.randint(1, 500)
        before = newest(record)
        time.sleep(rng.uniform(0.05, 0.15))
        edit(record, n)
        committed = time.perf_counter()
        while newest(record) == before:
            if time.perf_counter() - committed > 30:
                raise SystemExit(f"record {record}: no version within 30 s")
        if n >= 10:  # the first ones fill caches
            took.append((time.perf_counter() - committed) * 1000)
    took.sort()

    def at(share):
        return took[min(len(took) - 1, int(len(took) * share))]
    print(f"{asked.system}: {len(took)} edits, commit to visible version: median {at(0.5):.1f} ms, 95 % {at(0.95):.1f} ms, "
          f"99 % {at(0.99):.1f} ms, longest {took[-1]:.1f} ms")


main()
