#!/usr/bin/env python3
"""Writes docs/crosswalks/FORMAT.md for each crosswalk from its rules: which element comes from which fields, and when.

    docs/make_crosswalks.py build/release/extension/crosswalk/crosswalk_convert            writes the pages
    docs/make_crosswalks.py build/release/extension/crosswalk/crosswalk_convert --check    fails when one is not what it would write

The program reads the rules, so that there is one parser of them. Below the table stands extension/crosswalk/rules/FORMAT.differences.md,
where there is one: how the rules differ from those of others, and who is right. The lint step of test.sh runs the check.
"""
import collections
import difflib
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ROOT / "extension" / "crosswalk" / "rules"
PAGES = ROOT / "docs" / "crosswalks"
FORMS = {"xml": "XML", "json": "JSON", "lines": "lines of text", "csv": "CSV", "jsonld": "JSON-LD", "marc": "MARC 21"}
SOURCES = {"marc": "MARC", "xml": "XML", "json": "JSON"}
MOST_CODES = 80  # a longer table is data to look up, not to read


def code(text):
    """A cell of a table in code type; a vertical bar would end the cell."""
    if not text:
        return ""
    mark = "``" if "`" in text else "`"
    blank = " " if mark == "``" or text != text.strip() else ""
    return mark + blank + text.replace("|", "\\|") + blank + mark


def prose(text):
    """A comment, in which < and * mean themselves."""
    return re.sub(r"[<*|]", lambda sign: {"<": "&lt;", "*": "\\*", "|": "\\|"}[sign[0]], text)


def introduction(name):
    """The comment at the top of the rules."""
    lines = []
    for line in (RULES / f"{name}.rules").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    paragraphs = [prose(re.sub(r"\s+", " ", p)) for p in "\n".join(lines).split("\n\n")]
    return re.sub(r"\b\w+\.differences\.md\b", "The end of this page", "\n\n".join(paragraphs))


def anchor(kind, name):
    return f"{kind}-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}"


def how(value, templates):
    """The value; `use name(…)` is a link to what the template writes."""
    used = re.match(r"use ([^(]+)", value)
    if used and used[1] in templates:
        return f"[{code(value)}](#{anchor('template', used[1])})"
    return code(value)


def fields_of(source):
    """Tags and positions that a cell "from" names: 245+, 501-586, 008/35-37, leader/6. In rules that read XML or JSON: the
    elements of the loops around, else those that the value reads, without what stands in brackets."""
    if source.startswith("{") or not re.search(r"\b\d[\d.][\d.]|leader", source):
        paths = re.findall(r"\{([^{}]+)\}", source) if source.startswith("{") else re.findall(r"^[^{,]+", source)
        return [re.sub(r"\[[^\]]*\]|\s+$", "", path) for path in paths]
    return re.findall(r"\b\d[\d.][\d.](?:-\d{3})?\+?(?:/\d+(?:-\d+)?)?|leader/[\d-]+", source.replace("880[", "["))


def overview(groups, depth):
    """Each element so far below the root, with all fields that anything in it comes from and the rules that write it."""
    templates = {n.split("(")[0]: rows for (kind, n), (_, rows) in groups.items() if kind == "template"}
    known = {}

    def inside(name):
        """What a template reads, with those that it uses."""
        if name not in known:
            known[name] = found = {}
            for element, source, value, _ in templates[name]:
                if element.startswith("let ") or element.endswith("@xml:lang"):  # what a name stands for is told where it is used
                    continue
                found.update(dict.fromkeys(fields_of(source)))
                if (used := re.match(r"use ([^(]+)", value)) is not None:
                    found.update(inside(used[1]))
        return known[name]

    found = collections.OrderedDict()  # path -> (fields, rules)

    def look(rows, above, around, rule):
        for element, source, value, _ in rows:
            if element.startswith("let ") or element == "note":
                continue
            steps = above + [s for s in re.sub(r"\[@.*?\](?=/|\[|$)", "", element).split("/") if s != "." and not s.startswith("@")]
            fields = fields_of(source) or around
            used = re.match(r"use ([^(]+)", value)
            if len(steps) < depth:
                if used is not None:
                    look(templates[used[1]], steps, fields, rule)
                continue
            entry = found.setdefault("/".join(steps[:depth]), ({}, {}))
            entry[0].update(dict.fromkeys(fields))
            entry[0].update(inside(used[1]) if used is not None else {})
            entry[1][rule] = None

    for (kind, name), (_, rows) in groups.items():
        if kind == "rule":
            look(rows, [], [], name)
    yield "| element | fields | rules |"
    yield "| --- | --- | --- |"
    for path, (fields, rules) in found.items():
        links = ", ".join(f"[{rule}](#{anchor('rule', rule)})" for rule in rules)
        yield f"| {code(path)} | {', '.join(sorted(fields, key=lambda f: (f.startswith('leader'), f)))} | {links} |"


def mapping(rows, templates):
    yield "| element | from | when | value |"
    yield "| --- | --- | --- | --- |"
    for element, source, value, condition in rows:
        yield f"| {code(element)} | {code(source)} | {code(condition)} | {how(value, templates)} |"


def page(program, name, version, source, form):
    rows = [line.split("\t") for line in subprocess.run(
        [program, "--table", name], check=True, capture_output=True, text=True).stdout.splitlines()]
    groups = collections.OrderedDict()  # (kind, name) -> (comment, rows)
    codes = collections.OrderedDict()
    for kind, *cells in rows:
        if kind == "code":
            codes.setdefault(cells[0], []).append(cells[1:])
        else:
            groups.setdefault((kind, cells[0]), (cells[1], []))[1].append(cells[2:])
    templates = {n.split("(")[0] for kind, n in groups if kind == "template"}
    differences = RULES / f"{name}.differences.md"

    yield f"# Crosswalk {name}" if form == "marc" else f"# Crosswalk to {name}"
    yield ""
    yield introduction(name)
    yield ""
    yield (f"{SOURCES[source]} to {FORMS[form]}, version {version} of the rules. [What the columns mean](../crosswalks.md#how-to-read-the-tables); the rules "
           f"themselves: `SELECT marc_crosswalk_rules('{name}')`.")
    yield ""
    yield "<!-- Written by docs/make_crosswalks.py from the rules: change those, not this. -->"
    yield from ("", "## Elements", "")
    yield from overview(groups, 2 if name == "bibframe" else 1)
    if (found := groups.get(("value", ""))) is not None:
        yield from ("", "## Values with a name", "", "| name | from | value |", "| --- | --- | --- |")
        for element, source, value, _ in found[1]:
            yield f"| {code(element.removeprefix('let '))} | {code(source)} | {code(value)} |"
    for wanted, title in (("rule", "Rules"), ("template", "Templates")):
        of_kind = [(n, found) for (kind, n), found in groups.items() if kind == wanted]
        if not of_kind:
            continue
        yield from ("", f"## {title}")
        for n, (about, found) in of_kind:
            yield ""
            yield f'### <a id="{anchor(wanted, n.split("(")[0])}"></a>{n}'
            yield ""
            if about:
                yield from (prose(about), "")
            yield from mapping(found, templates)
    if codes:
        yield from ("", "## Codes")
        for table, found in codes.items():
            yield from ("", f"### {table}", "")
            if len(found) > MOST_CODES:
                yield f"{len(found)} codes: see the table `{table}` in the rules."
            else:
                yield ", ".join(f"{code(k)} {prose(v)}" if v else code(k) for k, v in found) + "."
    if differences.exists():
        yield ""
        for line in differences.read_text(encoding="utf-8").rstrip().splitlines():
            yield "#" + line if line.startswith("#") else line


def main():
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    program, check = sys.argv[1], len(sys.argv) > 2
    formats = [line.split("\t") for line in subprocess.run(
        [program, "--formats"], check=True, capture_output=True, text=True).stdout.splitlines()]
    index = (ROOT / "docs" / "crosswalks.md").read_text(encoding="utf-8")
    faults = [f"docs/crosswalks.md has no link to crosswalks/{name}.md" for name, *_ in formats if f"(crosswalks/{name}.md)" not in index]
    PAGES.mkdir(exist_ok=True)
    for name, version, source, form in formats:
        text = "\n".join(page(program, name, version, source, form)) + "\n"
        target = PAGES / f"{name}.md"
        if not check:
            target.write_text(text, encoding="utf-8")
            continue
        there = target.read_text(encoding="utf-8") if target.exists() else ""
        faults += list(difflib.unified_diff(there.splitlines(), text.splitlines(), str(target), "what the rules say", lineterm="", n=0))[:20]
    known = {name for name, *_ in formats}
    faults += [f"{p} is of no format" for p in PAGES.glob("*.md") if p.stem not in known]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
