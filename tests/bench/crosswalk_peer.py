#!/usr/bin/env python3
"""libxslt over records, for crosswalk.sh: crosswalk_peer.py STYLESHEET MARCXML_COLLECTION [RECORDS]

The stylesheet is compiled once; each record is a document of its own and parsed before the clock runs. Prints the processor seconds that
transforming and writing took, and the records.
"""
import sys
import time

from lxml import etree

MARC = "{http://www.loc.gov/MARC21/slim}"


def main():
    transform = etree.XSLT(etree.parse(sys.argv[1]))
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 10**9
    records = []
    for _, record in etree.iterparse(sys.argv[2], tag=MARC + "record"):
        if len(records) == limit:
            break
        records.append(etree.ElementTree(etree.fromstring(etree.tostring(record, with_tail=False))))
        record.clear()
    start = time.process_time()
    written = 0
    for record in records:
        try:
            written += len(bytes(transform(record)))
        except etree.XSLTApplyError:
            pass
    print(f"{time.process_time() - start:.6f} {len(records)}")
    sys.exit(written == 0)


if __name__ == "__main__":
    main()
