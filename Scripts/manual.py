#!/usr/bin/env python3
"""Writes man pages: `manual.py BINARY FOLDER` makes routemark.1 and one page for each command.

Everything comes from the program's own help (`--experimental-dump-help`), so the pages cannot differ
from it.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\`")
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in text.split("\n"))


def described(text):
    """A discussion as paragraphs; indented lines and lines in capitals as examples and headings."""
    out, literal = [], False
    for line in text.split("\n"):
        indented = line.startswith("  ")
        if indented != literal:
            out.append(".RS 4\n.nf" if indented else ".fi\n.RE")
            literal = indented
        if not line.strip():
            out.append(".PP")
        elif line.isupper():
            out.append(f".SS {escaped(line.capitalize())}")
        else:
            out.append(escaped(line.strip() if not indented else line[2:]))
    if literal:
        out.append(".fi\n.RE")
    return "\n".join(out)


def options(arguments):
    out = []
    for argument in arguments:
        if not argument.get("shouldDisplay", True):
            continue
        names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names", [])]
        names.sort(key=len)
        value = argument.get("valueName", "value")
        term = ", ".join(f"\\fB{escaped(name)}\\fR" for name in names)
        if argument["kind"] == "option":
            term += f" \\fI{escaped(value)}\\fR"
        elif argument["kind"] == "positional":
            term = f"\\fI{escaped(value)}\\fR"
        text = argument.get("abstract", "")
        if argument.get("allValues") and not all(value in text for value in argument["allValues"]):
            text += f" One of: {', '.join(argument['allValues'])}."
        if argument.get("defaultValue") and "default" not in text:
            text += f" Default: {argument['defaultValue']}."
        out.append(f".TP\n{term}\n{escaped(text)}")
    return "\n".join(out)


def page(command, path, version, day):
    name = "-".join(path)
    parts = [
        f'.TH {name.upper().replace("-", chr(92) + "-")} 1 "{day}" "routemark {version}" "RouteMark"',
        f".SH NAME\n{escaped(name)} \\- {escaped(command['abstract'].rstrip('.'))}",
        f".SH SYNOPSIS\n\\fB{escaped(' '.join(path))}\\fR "
        + ("\\fIcommand\\fR" if command.get("subcommands") else "[\\fIoptions\\fR]")]
    if command.get("discussion"):
        parts.append(".SH DESCRIPTION\n" + described(command["discussion"]))
    children = [child for child in command.get("subcommands", []) if child["commandName"] != "help"]
    if children:
        parts.append(".SH COMMANDS")
        for child in children:
            parts.append(
                f".TP\n\\fB{escaped('-'.join(path + [child['commandName']]))}\\fR(1)\n{escaped(child['abstract'])}")
    if command.get("arguments"):
        parts.append(".SH OPTIONS\n" + options(command["arguments"]))
    parts.append(
        ".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nDone, and the answer is negative (verify).\n.TP\n2\n"
        "Could not finish.\n.TP\n64\nWrong arguments.\n.TP\n70\nA bug.")
    if len(path) > 1:
        parts.append(f".SH SEE ALSO\n\\fB{escaped('-'.join(path[:-1]))}\\fR(1)")
    pages = {name: "\n".join(parts) + "\n"}
    for child in children:
        pages.update(page(child, path + [child["commandName"]], version, day))
    return pages


def main(binary, folder):
    def asked(option):
        return subprocess.run([binary, option], check=True, stdout=subprocess.PIPE, text=True).stdout

    command = json.loads(asked("--experimental-dump-help"))["command"]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", pathlib.Path(binary).stat().st_mtime))
    day = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).date()
    pages = page(command, [command["commandName"]], asked("--version").strip(), day)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (pathlib.Path(folder) / f"{name}.1").write_text(text)


if len(sys.argv) != 3:
    sys.exit("usage: manual.py BINARY FOLDER")
main(*sys.argv[1:])
