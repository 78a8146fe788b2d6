"""Text suites: which texts are shown to a model, pinned by digest. `routemark suite create` makes them."""

from dataclasses import dataclass
from pathlib import Path

from .errors import CaptureError
from .files import parse_json, read_json, sha256

SCHEMA = "routemark.suite/2"
IMAGE_SCHEMA = "routemark.suite/1"


@dataclass(frozen=True)
class Suite:
    """The texts of all tasks, found to be the pinned ones."""

    digest: str
    tasks: list
    """Names, in the order of the trace's task indices."""
    items: list
    """Pairs of a task's index and a text."""


def open_suite(path):
    """Reads a manifest and its texts, and refuses both where a digest differs."""
    manifest = read_json(path)
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if schema == IMAGE_SCHEMA:
        raise CaptureError("this is a suite of images, and language models read texts", path,
                           "make a text suite with `routemark suite create --task NAME=FILE.txt`")
    if schema != SCHEMA:
        raise CaptureError(f"the schema is `{schema}`, expected `{SCHEMA}`", path)
    keys(manifest, {"schema", "kind", "tasks", "digest"}, path)
    if manifest["kind"] != "text":
        raise CaptureError(f"the kind of items is `{manifest['kind']}`, expected `text`", path)
    tasks = manifest["tasks"]
    if not isinstance(tasks, list) or not tasks:
        raise CaptureError("a suite needs at least one task", path)
    for task in tasks:
        keys(task, {"name", "path", "source", "selection", "count", "items", "samples_sha256"}, path)
    names = [task["name"] for task in tasks]
    if len(set(names)) != len(names):
        raise CaptureError("two tasks have the same name", path)
    stated, actual = manifest["digest"], suite_digest(tasks)
    if stated != actual:
        raise CaptureError(f"the digest is {stated}, the tasks listed have {actual}", path,
                           "restore the suite that was made, or make a new one")
    items = []
    for index, task in enumerate(tasks):
        items += [(index, text) for text in texts(task, Path(path).parent)]
    return Suite(actual, names, items)


def suite_digest(tasks):
    """SHA-256 over schema, kind, and the tasks' names, counts and digests in order."""
    lines = [SCHEMA, "kind text"]
    for task in tasks:
        name = task["name"]
        lines.append(f"task {len(name.encode())} {name} {task['count']} {task['samples_sha256']}")
    return sha256("\n".join(lines).encode())


def samples_digest(items):
    """SHA-256 over a task's items: key, a zero byte, digest of the text, a line break."""
    return sha256(b"".join(item["key"].encode() + b"\0" + item["sha256"].encode() + b"\n" for item in items))


def texts(task, folder):
    """The texts of a task in the manifest's order, each held against its digest."""
    items, name = task["items"], task["name"]
    if not isinstance(items, list) or not items or len(items) != task["count"]:
        raise CaptureError(f"task `{name}` counts {task['count']} items and lists {len(items)}")
    for item in items:
        keys(item, {"key", "sha256"}, f"task `{name}`")
    if samples_digest(items) != task["samples_sha256"]:
        raise CaptureError(f"the items of task `{name}` do not have the digest that it states")
    source = SOURCES.get(task["source"])
    if source is None:
        raise CaptureError(f"task `{name}` has the source `{task['source']}`", hint="update the companion")
    path = folder / task["path"]
    try:
        found = source(path, [item["key"] for item in items])
    except OSError as error:
        raise CaptureError(f"{error.strerror}: the texts of task `{name}`", path) from None
    for item, text in zip(items, found):
        if text is None:
            raise CaptureError(f"item {item['key']} of task `{name}` is not there", path)
        actual = sha256(text)
        if actual != item["sha256"]:
            raise CaptureError(
                f"item {item['key']} of task `{name}` has digest {actual}, the suite was made with {item['sha256']}",
                path, "restore the original texts, or make a new suite and new traces")
        yield text.decode("utf-8")


def paragraphs(data):
    """What blank lines part: runs of lines of which none is blank, without the last line's break.

    A line is blank when it has nothing but spaces, tabs and carriage returns.
    """
    found, start, end, place = [], None, 0, 0
    for line in data.split(b"\n"):
        if line.strip(b" \t\r"):
            start = place if start is None else start
            end = place + len(line.removesuffix(b"\r"))
        elif start is not None:
            found.append(data[start:end])
            start = None
        place += len(line) + 1
    return found if start is None else found + [data[start:end]]


def lines(data, path):
    """The `text` of each line that is not blank."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip(b" \t\r"):
            continue
        where = f"{path}, line {number}"
        value = parse_json(line, where)
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str) or not text:
            raise CaptureError("a line needs a `text` that is not empty", where)
        try:
            yield text.encode("utf-8")
        except UnicodeEncodeError:
            raise CaptureError("the `text` is no Unicode text", where) from None


def numbered(items, wanted):
    items = list(items)
    return [items[int(key)] if key.isdecimal() and int(key) < len(items) else None for key in wanted]


def members(folder, wanted):
    """Files by their names; a name with a slash would leave the folder."""
    return [None if "/" in key or not (folder / key).is_file() else (folder / key).read_bytes() for key in wanted]


SOURCES = {
    "paragraphs": lambda path, wanted: numbered(paragraphs(path.read_bytes()), wanted),
    "lines": lambda path, wanted: numbered(lines(path.read_bytes(), path), wanted),
    "files": members,
}


def keys(value, expected, where):
    """Refuses an object with other keys than these."""
    found = set(value) if isinstance(value, dict) else set()
    if found != expected:
        difference = ", ".join(sorted(found ^ expected))
        raise CaptureError(f"expected the keys {', '.join(sorted(expected))}; these differ: {difference}", where)
