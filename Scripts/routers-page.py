#!/usr/bin/env python3
"""Guides/Routers.md, from the table of systems that the companion's conformance tests run through.

    Scripts/routers-page.py           compares the page with python/tests/systems.py
    Scripts/routers-page.py --write   writes it

The table is read as text, so no package is needed. That the verdicts are what RouteMark says is what the tests
assert.
"""
import ast
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "python" / "tests" / "systems.py"
PAGE = ROOT / "Guides" / "Routers.md"
HEAD = """\
# Routers

<!-- Written by Scripts/routers-page.py from python/tests/systems.py. -->

Which published systems RouteMark reads, and what it says of each. For every row a reference router of a few
lines writes a [trace](Traces.md) of format 2, the fingerprint is compared with numbers computed apart, and the
verdict is asserted ([test_conformance.py](../python/tests/test_conformance.py)). The victim is a router of the
system's rule. The suspect is the same router after what the system does to routers, or as it was.

*Matches the routing* says that two routers treat the probes alike, by more than rotated tasks do. It is no word
for reuse, because routers recognise what experts were trained for. For reuse, compare weights.

These are the rules of published systems at the size of a test, and not their trained models.
"""


def first_line(function):
    text = ast.get_docstring(function)
    return "" if text is None else text.strip().splitlines()[0].rstrip(".").replace("|", "\\|")


def rows():
    tree = ast.parse(TABLE.read_text())
    functions = {node.name: first_line(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    words = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            words[node.targets[0].id] = node.value.value
    table = next(node.value for node in tree.body if isinstance(node, ast.Assign)
                 and getattr(node.targets[0], "id", None) == "SYSTEMS")
    for kind, systems in zip(table.keys, table.values):
        yield kind.value, [row(call, functions, words) for call in systems.elts]


def row(call, functions, words):
    given = dict(zip(["name", "router", "says", "change", "note"], call.args))
    given |= {keyword.arg: keyword.value for keyword in call.keywords}
    change = given.get("change")
    change = None if change is None or isinstance(change, ast.Constant) else change.id.replace("_", " ")
    note = given["note"].value if "note" in given else functions[given["router"].id]
    rule = given["router"].id.replace("_", " ")
    done = "run again" if change is None else change
    return f"| {given['name'].value} | {rule} | {done} | {words[given['says'].id]} | {note} |"


def page():
    text = HEAD
    for kind, lines in rows():
        text += f"\n## {kind[0].upper()}{kind[1:]}\n\n| system | reference router | suspect | RouteMark says | note |\n"
        text += "| --- | --- | --- | --- | --- |\n" + "\n".join(lines) + "\n"
    return text


if sys.argv[1:] == ["--write"]:
    PAGE.write_text(page())
elif sys.argv[1:]:
    sys.exit("usage: routers-page.py [--write]")
elif not PAGE.exists() or PAGE.read_text() != page():
    sys.exit(f"error: {PAGE.name} is not what {TABLE.name} says; run Scripts/routers-page.py --write")
