"""The table of Scripts/study.sh, from its case files.

usage: study-table.py FOLDER CASE|ROUTER|TITLE...

Reused experts are those that have the name of a victim expert. Similarity: of a reused expert with
its own counterpart. Margin: best minus second-best similarity of a column. Right: columns of reused
experts whose best is their counterpart. New: the largest margin among experts the victim has not.
"""

import json
import sys


def row(spec):
    path, router, title = spec.split("|")
    with open(path) as file:
        case = json.load(file)
    victims = case["victim"]["experts"]
    reused = [a for a in case["attributions"] if a["suspectExpert"] in victims]
    new = [a for a in case["attributions"] if a["suspectExpert"] not in victims]
    own = [a["profile"][victims.index(a["suspectExpert"])] for a in reused]
    right = sum(a["topOneExpert"] == a["suspectExpert"] for a in reused)
    return (
        title,
        router,
        f"{sum(own) / len(own):.3f}",
        f"{min(a['margin'] for a in reused):.3f}",
        f"{right} of {len(reused)}",
        f"{max(a['margin'] for a in new):.3f}" if new else "-",
    )


def main():
    folder, specs = sys.argv[1], sys.argv[2:]
    head = ("suspect", "router", "similarity", "least margin", "right", "new: margin")
    rows = [head] + [row(spec) for spec in specs]
    widths = [max(len(line[i]) for line in rows) for i in range(len(head))]
    for line in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    print()
    for model in ("victim", "task-arithmetic"):
        with open(f"{folder}/{model}.accuracy.json") as file:
            report = json.load(file)
        tasks = ", ".join(f"{t['name']} {100 * t['accuracy']:.1f}" for t in report["tasks"])
        print(f"accuracy of {model}: mean {100 * report['mean_accuracy']:.1f} % ({tasks})")


main()
