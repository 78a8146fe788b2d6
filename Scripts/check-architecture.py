#!/usr/bin/env python3
"""Holds ARCHITECTURE.md against what the compiler sees.

The table of rooms says which column a module belongs to. Everything else is read from Package.swift
(by `swift package dump-package`) and from the import statements in Sources: which module imports which,
and so on which floor it stands. The check fails when

- a module has no row, or a row names no module;
- the imports in the table, in Package.swift and in the sources differ;
- a module imports from a column that its own may not see;
- a file that the table says to start reading at is not there;
- the drawn floor plan is not that of the table.

`--write` draws the plan again and fills in imports; new modules get a row whose column a person fills in.
`--package FILE` reads the dump from a file.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
MAY_SEE = {
    "shared": {"shared"},
    "model": {"shared", "model"},
    "evidence": {"shared", "evidence"},
    "meeting": {"shared", "model", "evidence", "meeting"},
    "face": {"shared", "model", "evidence", "meeting", "face"},
}
ROW = re.compile(r"^\| (\w+) \| ([\w?]+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.M)
PLAN = re.compile(r"(?<=```text plan\n).*?(?=```)", re.S)
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.M)


def declared(arguments):
    """The modules of Package.swift, each with the names it depends on; tests left out."""
    if "--package" in arguments:
        text = pathlib.Path(arguments[arguments.index("--package") + 1]).read_text()
    else:
        text = subprocess.run(
            ["swift", "package", "dump-package"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    graph, kinds = {}, {}
    for target in json.loads(text)["targets"]:
        if target["type"] in ("test", "plugin", "binary", "macro"):
            continue
        graph[target["name"]] = {
            next(value for key, value in dependency.items() if key in ("byName", "target", "product"))[0]
            for dependency in target["dependencies"]}
        kinds[target["name"]] = target
    return graph, kinds


def imported(target):
    """What the Swift files of a target import; nothing for a target in C."""
    folder = ROOT / (target.get("path") or f"Sources/{target['name']}")
    files = sorted(folder.rglob("*.swift"))
    names = set()
    for file in files:
        names |= set(IMPORT.findall(file.read_text()))
    return names if files else None


def floors(graph):
    """A module stands one floor above the highest that it imports."""
    heights = {}

    def height(name):
        if name not in heights:
            heights[name] = 1 + max((height(other) for other in graph[name] if other in graph), default=-1)
        return heights[name]

    for name in graph:
        height(name)
    return heights


def wrapped(names, width):
    lines = [""]
    for name in names:
        if lines[-1] and len(lines[-1]) + 2 + len(name) > width:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + name
    return lines


def drawn(heights, columns):
    places = {"model": 0, "evidence": 2}
    widths = (38, 26, 24)
    page = [f"{'floor':<7}{'model column':<{widths[0]}}{'both, or between':<{widths[1]}}evidence column"]
    for floor in sorted(set(heights.values()), reverse=True):
        cells = [[], [], []]
        for name in sorted(heights):
            if heights[name] == floor:
                cells[places.get(columns.get(name), 1)].append(name)
        cells = [wrapped(names, width - 2) for names, width in zip(cells, widths)]
        for line in range(max(map(len, cells))):
            texts = [cell[line] if line < len(cell) else "" for cell in cells]
            label = str(floor) if line == 0 else ""
            page.append((f"{label:<7}" + "".join(f"{t:<{w}}" for t, w in zip(texts, widths))).rstrip())
    return "\n".join(page) + "\n"


def main(arguments):
    graph, targets = declared(arguments)
    text = PAGE.read_text()
    rows = {match[1]: match for match in ROW.finditer(text) if match[1] != "room"}
    columns = {name: match[2] for name, match in rows.items()}
    heights = floors(graph)
    listed = {
        name: ", ".join(sorted(graph[name], key=lambda other: (other not in graph, other))) or "nothing"
        for name in graph}
    plan = drawn(heights, columns)

    if "--write" in arguments:
        def filled(match):
            name, column, _, knows, start = match.groups()
            if name not in graph:
                return match[0] if name == "room" else "(gone)"
            return f"| {name} | {column} | {listed[name]} | {knows} | {start} |"

        text = ROW.sub(filled, text)
        missing = "".join(f"| {name} | ? | {listed[name]} | ? | ? |\n" for name in graph if name not in rows)
        last = list(ROW.finditer(text))[-1].end() + 1
        text = (text[:last] + missing + text[last:]).replace("(gone)\n", "")
        text = PLAN.sub(lambda _: plan, text)
        PAGE.write_text(text)
        print("ARCHITECTURE.md: imports and plan written")
        return 0

    faults = []
    for name in sorted(set(graph) - set(rows)):
        faults.append(f"module {name} has no row in ARCHITECTURE.md")
    for name in sorted(set(rows) - set(graph)):
        faults.append(f"ARCHITECTURE.md has a row for {name}, which is no module of Package.swift")
    for name in sorted(set(graph) & set(rows)):
        column, start = columns[name], rows[name][5]
        if column not in MAY_SEE:
            faults.append(f"{name} stands in no column: expected {', '.join(MAY_SEE)}, found {column}")
            continue
        if rows[name][3] != listed[name]:
            faults.append(f"{name} depends on {listed[name]}; ARCHITECTURE.md says {rows[name][3]}")
        for other in sorted(graph[name] & set(rows)):
            if columns[other] in MAY_SEE and columns[other] not in MAY_SEE[column]:
                faults.append(f"{name} ({column} column) may not depend on {other} ({columns[other]} column)")
        uses = imported(targets[name])
        if uses is not None:
            for other in sorted((uses & set(graph)) - graph[name]):
                faults.append(f"{name} imports {other}, which Package.swift does not declare")
            for other in sorted(graph[name] - uses):
                faults.append(f"{name} declares {other} in Package.swift and imports it nowhere")
        folder = ROOT / (targets[name].get("path") or f"Sources/{name}")
        for file in re.findall(r"`([^`]+)`", start):
            if not (folder / file).exists() and not list(folder.rglob(file.rstrip("/"))):
                faults.append(f"{name}: ARCHITECTURE.md says to start at {file}, which is not there")
    found = PLAN.search(text)
    if not faults and (found is None or found[0] != plan):
        faults.append("the drawn floor plan of ARCHITECTURE.md is not that of its table")
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if faults:
        print("hint: mend the cause, or run Scripts/check-architecture.py --write and review the change",
              file=sys.stderr)
    return 1 if faults else 0


sys.exit(main(sys.argv[1:]))
