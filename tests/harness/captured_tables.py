"""What an adapter captures, read from its mirror.sql: tables, columns, keys, and which rows and parts of documents are let in."""

import os
import re

ADAPTERS = os.path.join(os.path.dirname(__file__), "..", "..", "adapters")
NAME = r'(?:"[^"]+"|\w+)'
TEXT = r"'((?:[^']|'')*)'"


class Table:
    def __init__(self, source, mirror):
        self.source, self.mirror = source, mirror  # biblio.record_entry, biblio_record_entry
        self.columns, self.key = [], []
        self.optional = False
        self.optional_columns = set()
        self.keeps = {}    # column → members of its documents, {name: {name: …}}; an empty one is kept whole
        self.owner = None  # (column, [mirror name, …]): only rows that belong to a row of these

    def __repr__(self):
        return self.source


def members(listed):
    """"id, metadata.createdDate" → {"id": {}, "metadata": {"createdDate": {}}}"""
    made = {}
    for path in listed.split(","):
        at = made
        for name in path.strip().split("."):
            at = at.setdefault(name, {})
    return made


def kept(value, tree):
    """What is let in of a document: of arrays only objects, of objects only what is named."""
    if isinstance(value, list):
        return [kept(one, tree) for one in value if isinstance(one, dict)]
    if not isinstance(value, dict):
        return None
    return {name: kept(value[name], below) if below else value[name] for name, below in tree.items()
            if name in value and (not below or isinstance(value[name], (dict, list)))}


def tables(adapter, **parameters):
    with open(os.path.join(ADAPTERS, adapter, "mirror.sql"), encoding="utf-8") as file:
        sql = file.read()
    made = {}
    for written, body in re.findall(r"^CREATE TABLE (\S+) \(\n(.*?)\n\);", sql, re.S | re.M):
        source, mirror = written, re.sub(r"\{\w+\}_?", "", written)
        for name, value in parameters.items():
            source = source.replace("{" + name + "}", value)
        table = made[written] = Table(source.replace('"', ""), mirror.replace('"', "").replace(".", "_"))
        for line in body.splitlines():
            line = line.strip().rstrip(",")
            several = re.fullmatch(r"PRIMARY KEY \((.*)\)", line)
            if several:
                table.key = several[1].replace(" ", "").split(",")
            elif line:
                table.columns.append(line.split()[0].strip('"'))
                if "PRIMARY KEY" in line:
                    table.key.append(table.columns[-1])
    for written, comment in re.findall(rf"^COMMENT ON TABLE (\S+) IS {TEXT};", sql, re.M):
        made[written].optional = "Optional." in comment
    for written, column, comment in re.findall(rf"^COMMENT ON COLUMN (\S+)\.({NAME}) IS {TEXT};", sql, re.M):
        table, column = made[written], column.strip('"')
        if comment.startswith("Optional."):
            table.optional_columns.add(column)
        keeps, owners = re.search(r"Keeps: ([^:]*)\.$", comment), re.search(r"Only of: ([^.]*)\.", comment)
        if keeps:
            table.keeps[column] = members(keeps[1])
        if owners:
            table.owner = (column, owners[1].split(", "))
    return list(made.values())
