#!/usr/bin/env python3
"""Holds Documentation/Errors.md against the errors in Sources.

Every enum that conforms to DiagnosableError is read from its source: the cases with their comments, the
codes and the hints. The page lists them by code. The script fails when the page is not what the sources
say, when a case has no comment, code or hint, or when two cases share a code. `--write` writes the page.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "Documentation" / "Errors.md"
HEAD = """# Errors

Every error of `routemark` says what is wrong, where, and what to do about it:

```text
error: the tensor has shape [128, 3], expected [128, 128]
  at zoo/base/model.safetensors, tensor `visual_projection.weight`

hint: check that `config.json` belongs to this checkpoint
```

Each kind of error has a stable code, which library users read from `DiagnosableError.code`. The page gives
the meaning and the hint that the program prints. The exit code of the program is 2 for all of them.

This page is written by `Scripts/errors-page.py --write` from the sources. Do not edit it.
"""
STRING = r'"((?:[^"\\]|\\.)*)"'
ENUM = re.compile(r"^(?:(?:public|package|internal)\s+)?(?:indirect\s+)?enum\s+(\w+)\s*:([^{]*)\{", re.M)


class Fault(Exception):
    pass


def block(text, start):
    """The text from an opening brace at `start` to its closing one, both left out."""
    depth, position, quoted = 0, start, False
    while position < len(text):
        letter = text[position]
        if quoted:
            if letter == "\\":
                position += 1
            elif letter == '"':
                quoted = False
        elif text.startswith("//", position):
            position = text.find("\n", position)
            continue
        elif letter == '"':
            quoted = True
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                return text[start + 1:position]
        position += 1
    raise Fault("a brace is not closed")


def cases(body):
    """Names of an enum's cases in order, each with the text of its `///` comment."""
    found, comment = [], []
    for line in body.split("\n"):
        if re.match(r"^  (?:public |package |private )?(?:var|func|static|init|struct|enum)\b", line):
            break
        stripped = line.strip()
        if stripped.startswith("///"):
            comment.append(stripped[3:].strip())
        elif re.match(r"^  case \w", line):
            names = re.findall(r"(?:^case |, )(\w+)(?=\s*(?:\(|,|$))", re.sub(r"\([^)]*\)?", "", stripped))
            found += [(name, " ".join(comment)) for name in names]
            comment = []
        elif stripped.startswith("//"):
            comment = []
    return found


def property_body(texts, name):
    for text in texts:
        match = re.search(rf"\bvar {name}: \[?String\]?\??\s*\{{", text)
        if match:
            return block(text, match.end() - 1)
    return None


def chosen(body, names, where):
    """What a switch says for each case: the strings of its branch, interpolations shown as `...`."""
    if "switch self" not in body:
        strings = texts(body)
        return {name: strings for name in names}
    said, default = {}, None
    inner = block(body, body.index("{", body.index("switch self")))
    branches = re.split(r"\n?^[ \t]*(?=case \.|default:|case let \.)", inner, flags=re.M)
    for branch in branches:
        if not branch.strip():
            continue
        if branch.startswith("default:"):
            default = branch[len("default:"):]
            continue
        depth, end = 0, None
        for position, letter in enumerate(branch):
            depth += letter in "([" and 1 or letter in ")]" and -1 or 0
            if letter == ":" and depth == 0:
                end = position
                break
        if end is None:
            raise Fault(f"{where}: cannot read `{branch[:60].strip()}`")
        for name in re.findall(r"(?:^|[\s,])(?:case\s+)?(?:let\s+)?\.(\w+)", branch[:end]):
            said.setdefault(name, []).extend(texts(branch[end + 1:]))
    if default is not None:
        for name in names:
            said.setdefault(name, texts(default))
    return said


def texts(code):
    code = re.sub(r"//[^\n]*", "", code)
    code = re.sub(r'"\s*\+\s*"', "", code)
    return [readable(text) for text in re.findall(STRING, code)]


def readable(text):
    """A Swift string literal as words: interpolations become dots."""
    out, position = "", 0
    while position < len(text):
        if text.startswith("\\(", position):
            depth = 0
            while True:
                depth += text[position] == "(" and 1 or text[position] == ")" and -1 or 0
                position += 1
                if depth == 0 and text[position - 1] == ")":
                    break
            out += "..."
        elif text[position] == "\\":
            out += text[position + 1:position + 2]
            position += 2
        else:
            out += text[position]
            position += 1
    return out


def errors():
    """(code, module, enum, case, meaning, hints) of every case."""
    rows, faults = [], []
    for folder in sorted(path for path in (ROOT / "Sources").iterdir() if path.is_dir()):
        sources = {path: path.read_text() for path in sorted(folder.rglob("*.swift"))}
        for path, text in sources.items():
            for match in ENUM.finditer(text):
                if not re.search(r"\bDiagnosableError\b", match[2]):
                    continue
                enum, where = match[1], f"{path.relative_to(ROOT)}, {match[1]}"
                body = block(text, match.end() - 1)
                extensions = [body]
                for other in sources.values():
                    for extension in re.finditer(rf"^extension {enum}\b[^{{]*\{{", other, re.M):
                        extensions.append(block(other, extension.end() - 1))
                listed = cases(body)
                names = [name for name, _ in listed]
                said = {}
                for what in ("code", "hints"):
                    inside = property_body(extensions, what)
                    if inside is None:
                        faults.append(f"{where}: no `{what}` was found")
                        inside = ""
                    said[what] = chosen(inside, names, where)
                for name, meaning in listed:
                    codes, hints = said["code"].get(name, []), said["hints"].get(name, [])
                    if len(codes) != 1:
                        faults.append(f"{where}.{name}: expected one code, found {codes}")
                        continue
                    if not meaning:
                        faults.append(f"{where}.{name}: the case has no comment")
                    if not hints:
                        faults.append(f"{where}.{name}: the case has no hint")
                    rows.append((codes[0], folder.name, enum, name, meaning, hints))
    for code in sorted({row[0] for row in rows}):
        same = [row for row in rows if row[0] == code]
        if len(same) > 1:
            faults.append(f"code {code} belongs to " + " and ".join(f"{r[2]}.{r[3]}" for r in same))
    return rows, faults


def page(rows):
    def cell(text):
        return text.replace("|", "\\|").replace("``", "`")

    lines = [HEAD]
    areas = sorted({row[0].split(".")[0] for row in rows})
    for area in areas:
        of_area = sorted(row for row in rows if row[0].split(".")[0] == area)
        enums = sorted({f"`{row[2]}` in {row[1]}" for row in of_area})
        lines.append(f"## {area}\n\n{', '.join(enums)}\n")
        lines.append("| code | meaning | what to do |\n| --- | --- | --- |")
        for code, _, _, _, meaning, hints in of_area:
            lines.append(f"| `{code}` | {cell(meaning)} | {cell('; '.join(hints))} |")
        lines.append("")
    lines.append(f"There are {len(rows)} codes.\n")
    return "\n".join(lines)


def main(arguments):
    rows, faults = errors()
    text = page(rows)
    if "--write" in arguments:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text)
        print(f"{PAGE.relative_to(ROOT)}: {len(rows)} codes")
    elif not PAGE.exists() or PAGE.read_text() != text:
        faults.append("Documentation/Errors.md is not what the sources say; run Scripts/errors-page.py --write")
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


try:
    sys.exit(main(sys.argv[1:]))
except Fault as fault:
    print(f"error: {fault}", file=sys.stderr)
    sys.exit(1)
