"""Files that are read strictly and written whole or not at all."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from .errors import CaptureError


def write(path, data, *, force=False):
    """Writes bytes under a temporary name beside `path` and gives them their name when they are on disk."""
    path = Path(path)
    if path.exists() and not force:
        raise CaptureError("the output exists already", path, "name another file, or add --force")
    if not path.parent.is_dir():
        raise CaptureError("the output's folder does not exist", path.parent, "make the folder first")
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_mask())
        if force:
            os.replace(temporary, path)
        else:
            # A link fails where somebody else has taken the name in the meantime, a rename would not.
            try:
                os.link(temporary, path)
            except FileExistsError:
                raise CaptureError("the output exists already", path, "name another file, or add --force") from None
            os.unlink(temporary)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _mask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sha256(data):
    """The SHA-256 of bytes, as RouteMark writes digests."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def sha256_of_file(path):
    """The SHA-256 of a file, read in pieces."""
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path):
    """A JSON document in UTF-8 in which no key comes twice."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise CaptureError(error.strerror or str(error), path) from None
    return parse_json(data, path)


def parse_json(data, where):
    """JSON in UTF-8 in which no key comes twice and no number is infinite."""

    def unique(pairs):
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key comes twice in one object")
        return found

    def finite(name):
        raise ValueError(f"{name} is no number of JSON")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=unique, parse_constant=finite)
    except (ValueError, RecursionError) as error:
        raise CaptureError(f"this is no JSON: {error}", where) from None


def read_lines(path):
    """The objects of a JSONL file with their line numbers; empty lines are passed over."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                value = parse_json(line, f"{path}, line {number}")
                if not isinstance(value, dict):
                    raise CaptureError("a line is no JSON object", f"{path}, line {number}")
                yield number, value
    except OSError as error:
        raise CaptureError(error.strerror or str(error), path) from None
