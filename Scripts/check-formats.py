#!/usr/bin/env python3
"""Holds Guides/Formats.md against the files that RouteMark writes.

    Scripts/check-formats.py FOLDER

FOLDER holds samples, found by the names below (the blocks of Guides/Calibration.md and the small world make
most of them). The tables of the page are read as types: a key that a sample has and the page does not
is a fault, and so are a key that the page has and a sample lacks, unless it is optional, and a value of
another type. Optional keys that no sample shows are listed.
"""
import json
import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "Guides" / "Formats.md"
# Which samples show which section.
SAMPLES = {
    "Suite": ["suite.json"],
    "TextSuite": ["texts.json"],
    "Fingerprint": ["fingerprint.json"],
    "SiteFingerprint": ["sites.fingerprint.json"],
    "SiteCase": ["sites-case.json", "prompts-case.json"],
    "Case": ["case.json", "calibrated.json", "exact.json"],
    "Residuals": ["residuals.json"],
    "Model": ["victim/config.json", "digits/config.json", "pruned/config.json"],
    "Pool": ["nulls/pool.json"],
    "Reruns": ["reruns/reruns.json"],
    "Study": ["study.json"],
    "Subset": ["subset.json"],
    "SubsetCase": ["subset-case.json"],
    "MarkKey": ["key.json"],
    "MarkCase": ["mark-case.json"],
    "Commitment": ["commitment.json"],
    "Opening": ["opening.json"],
}
HEADERS = {
    "Trace": ["victim.trace.safetensors"],
    "Gates": ["victim/gates.safetensors"],
    "Heads": ["world/zoo/heads.safetensors"],
}
# Sections whose files have keys of other programs beside ours.
OPEN = {"Model"}
ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.M)
TYPE = re.compile(r"^(\w+)(?: \[([\w, ]+)\])?(, optional)?$")
PLAIN = {
    "text": str, "number": (int, float), "integer": int, "boolean": bool, "digest": str, "any": object}
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def sections():
    found = {}
    for part in re.split(r"^##+ ", PAGE.read_text(), flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        found[title.strip()] = body
    return found


def types(texts):
    """Each section's table of keys: key -> (type, number of array levels, optional)."""
    found, faults = {}, []
    for title, body in texts.items():
        if "| key | type | meaning |" not in body:
            continue
        rows = {}
        for key, rest in ROW.findall(body):
            form = rest.split(" | ")[0]
            match = TYPE.match(form)
            if match is None:
                faults.append(f"{title}: cannot read the type `{form}` of `{key}`")
                continue
            rows[key] = (match[1], match[2].count(",") + 1 if match[2] else 0, bool(match[3]))
        found[title] = rows
    for title, rows in found.items():
        for key, (form, _, _) in rows.items():
            if form not in PLAIN and form not in found:
                faults.append(f"{title}: `{key}` is of type {form}, which the page does not have")
    return found, faults


class Comparison:
    def __init__(self, tables):
        self.tables, self.faults, self.seen = tables, [], set()

    def record(self, value, title, place):
        rows = self.tables[title]
        if not isinstance(value, dict):
            self.faults.append(f"{place}: the page says {title}, found {json.dumps(value)[:60]}")
            return
        for key in value:
            if key not in rows and title not in OPEN:
                self.faults.append(f"{place}.{key}: {PAGE.name}, section {title}, has no such key")
        for key, (form, levels, optional) in rows.items():
            if key not in value or value[key] is None:
                if not optional:
                    self.faults.append(f"{place}: `{key}` is missing, which section {title} has")
                continue
            self.seen.add((title, key))
            self.value(value[key], form, levels, f"{place}.{key}")

    def value(self, value, form, levels, place):
        if form == "any":
            return
        if levels:
            if levels == 3 and form == "number" and isinstance(value, dict):
                self.record(value, "PackedTable", place)
                return
            if not isinstance(value, list):
                self.faults.append(f"{place}: the page says an array, found {json.dumps(value)[:60]}")
                return
            for index, element in enumerate(value):
                self.value(element, form, levels - 1, f"{place}[{index}]")
        elif form in self.tables:
            self.record(value, form, place)
        else:
            wrong = not isinstance(value, PLAIN[form]) or (isinstance(value, bool) and form != "boolean")
            if wrong or (form == "digest" and not DIGEST.fullmatch(value)):
                self.faults.append(f"{place}: the page says {form}, found {json.dumps(value)[:60]}")


def header(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        return json.loads(file.read(length))


def pattern(text):
    return re.compile(re.sub(r"\\\{\w+\\\}", r"[^.]+", re.escape(text)))


def tensors(path, title, body):
    """Faults of a safetensors file: names of tensors, numbers of dimensions, keys of the metadata."""
    faults, content = [], header(path)
    metadata = content.pop("__metadata__", {})
    tables = re.split(r"^\| metadata \|", body, flags=re.M)
    rows = [(pattern(name), rest.split(" | ")) for name, rest in ROW.findall(tables[0])]
    keys = [(pattern(name), "optional" in rest) for name, rest in ROW.findall(tables[1])]
    for name, tensor in content.items():
        row = next((cells for expression, cells in rows if expression.fullmatch(name)), None)
        if row is None:
            faults.append(f"{path.name}: tensor {name} is not in section {title}")
            continue
        shape = next(cell for cell in row if cell.startswith("["))
        if shape.count(",") + 1 != len(tensor["shape"]):
            faults.append(f"{path.name}: tensor {name} has shape {tensor['shape']}, the page says {shape}")
    for expression, _ in rows:
        if not any(expression.fullmatch(name) for name in content):
            faults.append(f"{path.name}: no tensor is called {expression.pattern}, which section {title} has")
    for key in metadata:
        if not any(expression.fullmatch(key) for expression, _ in keys):
            faults.append(f"{path.name}: metadata {key} is not in section {title}")
    for expression, optional in keys:
        if not optional and not any(expression.fullmatch(key) for key in metadata):
            faults.append(f"{path.name}: metadata {expression.pattern} is missing, which section {title} has")
    return faults


def main(folder):
    texts = sections()
    tables, faults = types(texts)
    comparison = Comparison(tables)
    for title, names in SAMPLES.items():
        for name in names:
            if not (folder / name).exists():
                faults.append(f"{name}: the sample is not there")
            elif title not in tables:
                faults.append(f"{PAGE.name} has no section {title} with a table of keys")
            else:
                comparison.record(json.loads((folder / name).read_text()), title, name)
    for title, names in HEADERS.items():
        for name in names:
            if not (folder / name).exists():
                faults.append(f"{name}: the sample is not there")
            else:
                faults += tensors(folder / name, title, texts[title])
    # One fault per key is enough, wherever in an array it stands.
    for fault in sorted({re.sub(r"\[\d+\]", "[]", fault) for fault in comparison.faults + faults}):
        print(f"error: {fault}", file=sys.stderr)
    unseen = [f"{title}.{key}" for title, rows in tables.items() for key in rows
              if (title, key) not in comparison.seen]
    print(f"{len(tables)} tables, {len(comparison.seen)} keys seen in samples; "
          f"not seen: {', '.join(unseen) or 'none'}")
    return 1 if comparison.faults or faults else 0


if len(sys.argv) != 2:
    sys.exit("usage: check-formats.py FOLDER")
sys.exit(main(pathlib.Path(sys.argv[1])))
