#!/usr/bin/env python3
"""Runs the shell blocks of README.md and Guides/*.md as a reader would who copies them line by line.

    Scripts/run-pages.py [--bin DIR]... [--keep] [--write] [PAGE...]

Each page runs in one shell, in a fresh folder from which the files of the repository can be reached, with
a fresh HOME and the folders DIR first in PATH (the release build otherwise). Fences say what is done:

    ```sh run              executed; a command that fails stops the page
    ```sh no-run: REASON   not executed, and why
    ```text output         what the block before must have written to stdout; `...` stands for any lines

A shell block with any other tag is a fault. `--write` puts what was written into the output blocks that
have no `...`. `--keep` leaves the folders, and says where they are.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(sh|text)([^\n]*)\n(.*?)^```$", re.M | re.S)
MARK = "=====8<===== block"


class Block:
    def __init__(self, match, page):
        self.kind, self.tag, self.text = match[1], match[2].strip(), match[3]
        self.span = match.span(3)
        self.line = page.count("\n", 0, match.start()) + 1
        self.expected = None


def blocks(text, name):
    """The blocks that run, each with the output block that follows; and faults of tagging."""
    running, faults, last = [], [], None
    for match in FENCE.finditer(text):
        block = Block(match, text)
        if block.kind == "sh" and block.tag == "run":
            running.append(block)
            last = block
        elif block.kind == "sh" and re.fullmatch(r"no-run: \S.*", block.tag):
            last = None
        elif block.kind == "sh":
            faults.append(f"{name}:{block.line}: tag the block `sh run` or `sh no-run: REASON`")
        elif block.tag == "output":
            if last is None:
                faults.append(f"{name}:{block.line}: no block that runs stands before this output")
            else:
                last.expected = block
                last = None
    return running, faults


def differs(expected, actual):
    """The first expected line that was not written, or None."""
    lines = [line.rstrip() for line in actual.split("\n")]
    position, anywhere = 0, False
    for line in expected.rstrip("\n").split("\n"):
        line = line.rstrip()
        if line == "...":
            anywhere = True
            continue
        if anywhere:
            while position < len(lines) and lines[position] != line:
                position += 1
            anywhere = False
        if position >= len(lines) or lines[position] != line:
            return line
        position += 1
    return None


def furnished(folder):
    """A folder with links to the tracked files at the top of the repository."""
    work, home = folder / "routemark", folder / "home"
    work.mkdir()
    home.mkdir()
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for top in sorted({name.split("/")[0] for name in tracked.split("\0") if name}):
        (work / top).symlink_to(ROOT / top)
    return work, home


def run(page, options):
    name = page.relative_to(ROOT)
    text = page.read_text()
    running, faults = blocks(text, name)
    if faults or not running:
        return faults
    folder = pathlib.Path(tempfile.mkdtemp(prefix="routemark-page-"))
    work, home = furnished(folder)
    script = "set -euo pipefail\n"
    for index, block in enumerate(running):
        script += f"echo '{MARK} {index}'\necho '{MARK} {index}' >&2\n{block.text}"
    environment = dict(os.environ)
    environment.setdefault("GIT_CONFIG_GLOBAL", os.path.expanduser("~/.gitconfig"))
    environment.setdefault("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    environment.update(HOME=str(home), PATH=":".join(options.bin + [environment["PATH"]]))
    start = time.monotonic()
    with open(folder / "stderr", "w+") as talk:
        done = subprocess.run(
            ["bash", "-c", script], cwd=work, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=talk, text=True)
        talk.seek(0)
        said = talk.read()
    parts = re.split(rf"^{MARK} \d+\n", done.stdout, flags=re.M)[1:]
    if done.returncode != 0:
        block = running[len(parts) - 1]
        faults.append(
            f"{name}:{block.line}: the block failed with exit code {done.returncode}\n"
            + parts[-1][-3000:] + re.split(rf"^{MARK} \d+\n", said, flags=re.M)[-1][-3000:])
    written = text
    for block, output in reversed(list(zip(running, parts))):
        if block.expected is None or faults:
            continue
        if options.write and "...\n" not in block.expected.text:
            start_at, end = block.expected.span
            written = written[:start_at] + output.rstrip("\n") + "\n" + written[end:]
            continue
        line = differs(block.expected.text, output)
        if line is not None:
            faults.append(
                f"{name}:{block.expected.line}: the output lacks the line\n  {line}\nit was\n{output}")
    if written != text:
        page.write_text(written)
    if options.keep:
        print(f"{name}: kept in {folder}")
    else:
        shutil.rmtree(folder)
    if not faults:
        print(f"{name}: {len(running)} blocks, {time.monotonic() - start:.0f} s")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", action="append", default=[], metavar="DIR")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("pages", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    options.bin = [str(pathlib.Path(path).resolve()) for path in options.bin]
    if not options.bin:
        options.bin = [str(ROOT / ".build" / "release")]
    pages = [page.resolve() for page in options.pages] or [
        ROOT / "README.md", *sorted((ROOT / "Guides").glob("*.md"))]
    faults = [fault for page in pages for fault in run(page, options)]
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


sys.exit(main())
