#!/usr/bin/env python3
"""Writes the SQL reference of an extension from its own scripts: every object with the sentence of its COMMENT.

    docs/make_reference.py marc > docs/marc-reference.md

One section for each file sql/EXTENSION/NN_topic.sql, in load order, headed by the comment at the top of the file (that of
00_header.sql is for those who change it, and is left out). Functions
that only the server calls are left out: those of a type, an operator class, an aggregate, a trigger or the planner, and
those whose comment says that they implement an operator. The lint step of test.sh fails when the committed reference is not
what this prints.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent


def statements(text):
    """The statements of a script, each without comment lines; a semicolon inside quotes or a $$ body ends none."""
    part, quote, at = [], None, 0
    token = re.compile(r"--|\$\w*\$|'|;|[^-$';]+|.", re.S)
    while at < len(text):
        piece = token.match(text, at).group()
        at += len(piece)
        if quote is None and piece == "--":
            at = text.find("\n", at) % (len(text) + 1)
            continue
        if piece == "'" or re.fullmatch(r"\$\w*\$", piece):
            quote = None if quote == piece else quote or piece
        if piece == ";" and quote is None:
            yield re.sub(r"\s+", " ", "".join(part)).strip()
            part = []
        else:
            part.append(piece)


def heading(text):
    """Title and introduction of a file: its first comment lines, up to one that is indented; the title ends at the first
    full stop or colon."""
    lines = []
    for line in text.splitlines():
        if line.startswith("--") and not line.startswith("--  "):
            lines.append(line[2:].strip())
        elif lines:
            break
    title, mark, rest = (re.split(r"([.:]) ", " ".join(lines), maxsplit=1) + ["", ""])[:3]
    if mark == ":":
        rest = rest[:1].upper() + rest[1:]
    return title.rstrip("."), rest


def in_parentheses(text):
    """What the parenthesis at the start of the text encloses, and what follows it."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:at].strip(), text[at + 1 :].strip()
    sys.exit(f"no closing parenthesis: {text}")


def split_list(arguments):
    """The elements of a list with commas; one inside parentheses separates nothing."""
    return [a.strip() for a in re.split(r",(?![^(]*\))", arguments) if a.strip()]


def types_only(arguments):
    """The argument list as COMMENT ON FUNCTION names it: types of IN arguments."""
    found = []
    for argument in split_list(arguments):
        if argument.startswith("OUT "):
            continue
        words = re.sub(r"\s+DEFAULT\s.*$", "", argument).removeprefix("VARIADIC ").split(" ")
        found.append(" ".join(words[1:]) if len(words) > 1 and words[0] not in ("double", "character") else " ".join(words))
    return ", ".join(found)


class Script:
    """What one file creates and says of it."""

    def __init__(self, text):
        self.title, self.introduction = heading(text)
        self.functions = {}  # name(types): (name, arguments, result)
        self.operators = {}  # name (left, right): name of its function
        self.internal = set()  # names of functions that the server calls
        self.comments = []  # (kind, name, sentence), in their order
        for statement in statements(re.sub(r"^\\.*$", "", text, flags=re.M)):
            self.read(statement)

    def read(self, statement):
        if match := re.match(r"CREATE FUNCTION ([\w.]+) ?(?=\()", statement):
            arguments, rest = in_parentheses(statement[match.end() :])
            result = ""
            if match_result := re.match(r"RETURNS TABLE (?=\()", rest):
                result = "rows of " + in_parentheses(rest[match_result.end() :])[0]
            elif match_result := re.match(r"RETURNS (.*?) (?:AS|LANGUAGE) ", rest):
                result = match_result[1].replace("SETOF ", "rows of ")
            outputs = [a.removeprefix("OUT ") for a in split_list(arguments) if a.startswith("OUT ")]
            if outputs:
                result = ("rows of " if result else "") + ", ".join(outputs)
            self.functions[f"{match[1]}({types_only(arguments)})"] = (match[1], arguments, result)
            if result == "trigger":
                self.internal.add(match[1])
            self.internal.update(re.findall(r" SUPPORT (\w+)", rest))
        elif match := re.match(r"CREATE AGGREGATE ([\w.]+) ?(?=\()", statement):
            arguments, rest = in_parentheses(statement[match.end() :])
            parts = dict(re.findall(r"(\w+) = (\w+)", rest))
            final = next((f for f in self.functions.values() if f[0] == parts.get("FINALFUNC")), None)
            self.functions[f"{match[1]}({types_only(arguments)})"] = (match[1], arguments, final[2] if final else parts["STYPE"])
            self.internal.update(v for k, v in parts.items() if k.endswith("FUNC"))
        elif match := re.match(r"CREATE OPERATOR (\S+) \(", statement):
            parts = dict(re.findall(r"(\w+) = (\w+)", statement))
            self.operators[f"{match[1]} ({parts['LEFTARG']}, {parts['RIGHTARG']})"] = parts["FUNCTION"]
            self.internal.update(v for k, v in parts.items() if k in ("RESTRICT", "JOIN"))
        elif re.match(r"CREATE TYPE \w+ \(", statement):
            self.internal.update(re.findall(r"(?:INPUT|OUTPUT|RECEIVE|SEND|TYPMOD_IN|TYPMOD_OUT|ANALYZE) = (\w+)", statement))
        elif statement.startswith("CREATE OPERATOR CLASS "):
            self.internal.update(re.findall(r"FUNCTION \d+ (\w+)", statement))
        elif match := re.match(r"COMMENT ON (\w+(?: CLASS| FAMILY)?) (.*?) IS '(.*)'$", statement):
            self.comments.append((match[1], match[2], match[3].replace("''", "'")))


# What Markdown would take for its own: JSON, field lines, names with underscores, paths, placeholders.
CODE = re.compile(r"""\{"[^{}]*\}|=\d\d\d [^\s;]+|\w+\(\)|[^\s(),;']*[$\\{}<>_|=&*][^\s(),;']*(?<![.:])""")


def prose(sentence):
    return CODE.sub(lambda m: f"`{m[0]}`" if len(m[0]) > 1 else m[0], re.sub(r"\s+", " ", sentence))


def item(code, sentence, indent=""):
    return textwrap.fill(f"{indent}* {code}: {prose(sentence)}", width=125, subsequent_indent=indent + "  ", break_long_words=False,
        break_on_hyphens=False)


def function_code(name, arguments, result):
    inputs = [a for a in split_list(arguments) if not a.startswith("OUT ")]
    rows, result = ("rows of ", result.removeprefix("rows of ")) if result.startswith("rows of ") else ("", result)
    return f"`{name}({', '.join(inputs)})`" + (f" → {rows}`{result}`" if result not in ("", "void") else "")


def operator_code(name, result):
    symbol, left, right = re.match(r"(\S+) \((.*), (.*)\)", name).groups()
    return f"`{left} {symbol} {right}`" + (f" → `{result}`" if result else "")


def section(script, internal):
    """Lines of a section, and the names of its functions."""
    entries, names = [], []  # ([code …], sentence, indent)
    results = {name: result for name, arguments, result in script.functions.values()}

    def add(code, sentence, indent=""):
        # The same sentence again is the same function for another type.
        if entries and entries[-1][1] == sentence:
            entries[-1][0].append(code)
        else:
            entries.append(([code], sentence, indent))

    for kind, name, sentence in script.comments:
        if kind in ("FUNCTION", "AGGREGATE"):
            made = script.functions.get(name)
            if made is None:
                sys.exit(f"COMMENT ON {kind} {name} has no CREATE in the same file; there are: {sorted(script.functions)}")
            if made[0] not in internal and not sentence.startswith("implementation of "):
                add(function_code(*made), sentence)
                names.append(made[0])
        elif kind == "OPERATOR":
            add(operator_code(name, results.get(script.operators.get(name, ""), "")), sentence)
        elif kind == "COLUMN":
            add(f"`{name.rsplit('.', 1)[1]}`", sentence, "  ")
        elif kind not in ("OPERATOR FAMILY", "TRIGGER"):
            add(f"{kind.lower()} `{name.strip('()').replace(' USING ', '` using `')}`", sentence)
            if kind in ("TABLE", "VIEW", "TYPE", "OPERATOR CLASS"):
                names.append(name.partition(" ")[0])
    return [item(", ".join(codes), sentence, indent) for codes, sentence, indent in entries], list(dict.fromkeys(names))


def main():
    extension = sys.argv[1]
    scripts = []
    for path in sorted((ROOT / "sql" / extension).glob("*.sql")):
        scripts.append(Script(path.read_text().replace("@extschema@", extension)))
        if path.name.startswith("00_"):
            scripts[-1].introduction = ""
    internal = set().union(*(s.internal for s in scripts))
    print(f"# SQL reference of the extension `{extension}`\n")
    print(f"Printed by `docs/make_reference.py {extension}` from the `COMMENT`s in `sql/{extension}`; the same sentences are in the database:")
    print("`\\df+`, `\\do+`, `\\dT+` and `\\dx+` show them. Functions that only the server calls are left out.\n")
    print("| section | what is in it |\n|---|---|")
    sections = []
    for script in scripts:
        lines, names = section(script, internal)
        if lines:
            anchor = re.sub(r"[^\w -]", "", script.title.lower()).replace(" ", "-")
            short = ", ".join("`" + name.removeprefix(extension + ".") + "`" for name in names)
            print(f"| [{script.title}](#{anchor}) | {short} |")
            sections.append((script, lines))
    for script, lines in sections:
        print(f"\n## {script.title}\n")
        if script.introduction:
            print(textwrap.fill(prose(script.introduction), width=125, break_long_words=False, break_on_hyphens=False) + "\n")
        print("\n".join(lines))


main()
