#!/usr/bin/env python3
"""Writes the SQL reference of an extension from its own scripts: every object with the sentence of its COMMENT.

    docs/make_reference.py marc > docs/marc-reference.md

One section for each file sql/EXTENSION/NN_topic.sql, in load order, headed by the comment at the top of the file. The lint
step of test.sh fails when the committed reference is not what this prints.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Support functions that nobody calls by name: they are there for the type, the operator classes and the planner.
INTERNAL = re.compile(r"\binternal\b|\bcstring\b")


def statements(text):
    """The statements of a script, each without comment lines; a semicolon inside quotes or a $$ body ends none."""
    part, quote = [], None
    for token in re.finditer(r"--[^\n]*|\$\w*\$|'|;|[^-$';]+|.", text, re.S):
        piece = token.group()
        if quote is None and piece.startswith("--"):
            continue
        if piece == "'" or re.fullmatch(r"\$\w*\$", piece):
            quote = None if quote == piece else quote or piece
        if piece == ";" and quote is None:
            yield re.sub(r"\s+", " ", "".join(part)).strip()
            part = []
        else:
            part.append(piece)


def heading(text):
    """Title and introduction of a file: its first comment lines, the title ends at the first full stop or colon."""
    lines = []
    for line in text.splitlines():
        if line.startswith("--"):
            lines.append(line[2:].strip())
        elif lines:
            break
    whole = " ".join(lines)
    title, mark, rest = (re.split(r"([.:]) ", whole, maxsplit=1) + ["", ""])[:3]
    return title.rstrip("."), rest[:1].upper() + rest[1:]


def types_only(arguments):
    """The argument list as COMMENT ON FUNCTION names it: types of IN arguments."""
    found = []
    for argument in filter(None, (a.strip() for a in re.split(r",(?![^(]*\))", arguments))):
        if argument.startswith("OUT "):
            continue
        argument = re.sub(r"\s+DEFAULT\s.*$", "", argument)
        variadic = argument.startswith("VARIADIC ")
        words = argument.removeprefix("VARIADIC ").split(" ")
        kind = " ".join(words[1:]) if len(words) > 1 and words[0] not in ("double", "character") else argument
        found.append(("VARIADIC " if variadic else "") + kind)
    return ", ".join(found)


def read(extension):
    for path in sorted((ROOT / "sql" / extension).glob("*.sql")):
        text = path.read_text()
        created, comments = {}, {}
        for statement in statements(re.sub(r"^\\.*$", "", text, flags=re.M)):
            if match := re.match(r"CREATE (FUNCTION|AGGREGATE) (\w+)\s?\((.*?)\)(?: RETURNS (.*?))? (?:AS|LANGUAGE|\() ", statement + " "):
                kind, name, arguments, returns = match.groups()
                if kind == "FUNCTION":
                    head = re.match(r"CREATE FUNCTION \w+\s?\((.*)\) RETURNS (.*?) (?:AS|LANGUAGE) |CREATE FUNCTION \w+\s?\((.*)\) (?:AS|LANGUAGE) ", statement)
                    arguments = head.group(1) if head.group(1) is not None else head.group(3)
                    returns = head.group(2)
                created[(kind, f"{name}({types_only(arguments)})")] = (name, arguments, returns)
            if match := re.match(r"COMMENT ON (\w+(?: CLASS| FAMILY)?) (.*?) IS '(.*)'$", statement):
                comments[(match[1], match[2])] = match[3].replace("''", "'")
        yield heading(text), created, comments


def cell(text):
    return text.replace("|", "\\|")


def function_row(name, arguments, returns, comment):
    inputs = [a for a in re.split(r",\s(?![^(]*\))", arguments) if not a.startswith("OUT ")]
    outputs = [a.removeprefix("OUT ") for a in re.split(r",\s(?![^(]*\))", arguments) if a.startswith("OUT ")]
    if outputs:
        result = ("rows of " if returns else "") + "(" + ", ".join(outputs) + ")"
    else:
        result = (returns or "").replace("SETOF", "rows of")
    return f"| `{cell(name)}({cell(', '.join(inputs))})` | `{cell(result)}` | {cell(comment)} |"


def main():
    extension = sys.argv[1]
    print(f"# SQL reference of the extension `{extension}`\n")
    print(f"Made by `docs/make_reference.py {extension}` from the `COMMENT`s in `sql/{extension}`; the same sentences are in the database:")
    print("`\\df+`, `\\do+` and `\\dx+` show them. Functions that only the type, the indexes and the planner call are left out.\n")
    for (title, introduction), created, comments in read(extension):
        functions, others = [], []
        for (kind, signature), comment in comments.items():
            if kind in ("FUNCTION", "AGGREGATE"):
                made = created.get((kind, signature))
                if made is None:
                    sys.exit(f"{extension}: COMMENT ON {kind} {signature} has no CREATE in the same file; there are: {sorted(created)}")
                if not INTERNAL.search(f"{made[1]} {made[2]}") and not comment.startswith("implementation of "):
                    functions.append(function_row(*made, comment))
            elif kind not in ("OPERATOR FAMILY",):
                others.append(f"| {kind.lower()} `{cell(signature)}` | {cell(comment)} |")
        if not functions and not others:
            continue
        print(f"## {title}\n")
        if introduction:
            print(f"{introduction}\n")
        if others:
            print("| object | what |\n|---|---|")
            print("\n".join(others) + "\n")
        if functions:
            print("| function | gives | what |\n|---|---|---|")
            print("\n".join(functions) + "\n")


main()
