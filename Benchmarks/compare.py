#!/usr/bin/env python3
"""RouteMark beside PyTorch and fusion_bench: the same weights and inputs, one run, alternating.

    venv/bin/python compare.py [--quick] [--name NAME] [--only ROW ...]

Builds both sides, prints the table and keeps it as runs/NAME.md and runs/NAME.json; README.md says how
to make the venv.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import re
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(here)
sys.path.insert(0, os.path.join(here, "comparing"))

import material
from contest import SLOWING, Program
from rows import BESIDE, TABLE, Measurements

OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so.0"
HEADING = "| | target | measured | |\n| --- | --- | --- | --- |"
# One file that needs no Swift runtime starts faster than one that has to look it up.
STATIC = ["--static-swift-stdlib", "--scratch-path", os.path.join(here, ".build/routemark")]
BUILDS = (
    (root, "routemark", STATIC), (here, "EngineBenchmarks", []), (here, "GrowthBenchmarks", []))


def build():
    """Builds in release what is measured; the paths of the programs."""
    paths = []
    for folder, product, options in BUILDS:
        print(f"building {product}", file=sys.stderr)
        command = ["swift", "build", "-c", "release", "--product", product, *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{product} does not build:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
        place = subprocess.run(
            [*command, "--show-bin-path"], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
        paths.append(os.path.join(place, product))
    return paths


def machine(routemark):
    """Processor, cores and load, and what the program says that it computes with."""
    with open("/proc/cpuinfo") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line)
    fields = {key.strip(): value.strip() for key, value in lines.items()}
    inspected = subprocess.run(
        [routemark, "inspect", "--machine", "--json"], check=True, capture_output=True, text=True).stdout
    return {
        "processor": fields.get("model name"), "family": fields.get("cpu family"),
        "model": fields.get("model"), "cores": os.cpu_count(),
        "load_average_at_the_start": round(os.getloadavg()[0], 2),
        "cleared": [name for name in SLOWING if name in os.environ], **json.loads(inspected)}


def growth(program):
    """Time against experts, probes, layers, width and registered experts, with fitted exponents."""
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def about(machine, torch, options):
    return (
        f"{machine['processor']} (family {machine['family']}, model {machine['model']}), "
        f"{machine['cores']} cores, kernels {machine['kernels']}, {machine['peak']:.0f} GFLOP/s on one thread, "
        f"load average {machine['load_average_at_the_start']} at the start; torch {torch}; "
        + ("one round of `--quick`: a check of the program, not a result." if options.quick
           else "medians of up to three alternating rounds after one to warm up."))


def measure(measurements, names):
    rows = []
    if names:
        print(HEADING, flush=True)
    for name in names:
        rows.append(getattr(measurements, name)())
        print(rows[-1].line(), flush=True)
    print()
    return rows


def keep(name, text, record):
    folder = os.path.join(here, "runs")
    os.makedirs(folder, exist_ok=True)
    for suffix, content in (("md", text), ("json", json.dumps(record, indent=1) + "\n")):
        with open(os.path.join(folder, f"{name}.{suffix}"), "w") as file:
            file.write(content)
    print(f"kept in {os.path.join('runs', name)}.md and .json")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round, fewer cases: does everything run?")
    parser.add_argument("--name", help="of the files in runs/; the date, and `quick`, by default")
    parser.add_argument("--folder", default="/tmp/routemark-benchmark", help="for the model and images, 0.8 GB")
    parser.add_argument("--openblas", default=OPENBLAS, help="the OpenBLAS for OpenMP that torch is run with")
    parser.add_argument("--only", nargs="+", choices=TABLE + BESIDE, metavar="ROW", help=" ".join(TABLE + BESIDE))
    options = parser.parse_args()
    if not options.name:
        options.name = f"{datetime.date.today()}-compare" + ("-quick" if options.quick else "")
    if not re.fullmatch(r"[\w.-]+", options.name):
        parser.error("--name is a file's name without its ending")
    return options


def main():
    options = arguments()
    started = datetime.datetime.now(datetime.timezone.utc)
    routemark, engine, growing = build()
    place = material.prepare(options.folder, routemark)
    known = machine(routemark)
    contestant = [sys.executable, os.path.join(here, "comparing/torch_contestant.py"), place.model, place.pixels]
    ours = Program([engine, place.model, place.pixels, place.suite])
    torch = Program(contestant)
    openblas = Program(contestant, LD_PRELOAD=options.openblas) if os.path.exists(options.openblas) else None
    version = importlib.metadata.version("torch")
    heading = about(known, version, options)
    print(heading + "\n")
    measurements = Measurements(ours, torch, openblas, place, routemark, options.quick)
    chosen = options.only or TABLE + (("parity",) if options.quick else BESIDE)
    table = measure(measurements, [name for name in TABLE if name in chosen])
    beside = measure(measurements, [name for name in BESIDE if name in chosen])
    for program in filter(None, (ours, torch, openblas)):
        program.end()
    grown = [] if options.quick or options.only else growth(growing)
    print("\n".join(grown))
    sections = [heading]
    for title, rows in ((None, table), ("Beside it", beside)):
        if rows:
            sections += [f"## {title}"] * bool(title) + ["\n".join([HEADING, *(row.line() for row in rows)])]
    if grown:
        sections += ["## Growth", "```\n" + "\n".join(grown) + "\n```"]
    record = {
        "schema": "routemark.benchmark/1", "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.datetime.now(datetime.timezone.utc) - started).total_seconds()),
        "quick": options.quick, "torch": version, "machine": known,
        "table": [row.record() for row in table], "beside": [row.record() for row in beside], "growth": grown}
    keep(options.name, "\n\n".join(sections) + "\n", record)


main()
