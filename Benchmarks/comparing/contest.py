"""Two sides that are asked in turn, and what is written down about them."""

import os
import statistics
import subprocess
import time

# They make OpenBLAS, and torch with it, slower than the machine is.
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class Program:
    """A contestant: a process that answers a line with a line."""

    def __init__(self, command, **environment):
        kept = {key: value for key, value in os.environ.items() if key not in SLOWING}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**kept, **environment})

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            raise SystemExit(f"no answer to: {' '.join(map(str, words))}")
        return [float(word) for word in answer]

    def time(self, *words):
        return self.ask(*words)[0]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def alternate(rounds, *questions, budget=40):
    """The median answers of several (program, words), asked in turn; a round before warms up.

    No round but the first that counts is begun when `budget` seconds are over.
    """
    times, begin = [[] for _ in questions], time.monotonic()
    for round in range(rounds + 1):
        if round > 1 and time.monotonic() - begin > budget:
            break
        for place, (program, *words) in enumerate(questions):
            answer = program.time(*words)
            if round > 0:
                times[place].append(answer)
    return [Median(each) for each in times]


class Median(float):
    """The median of several answers that remembers how many there were."""

    def __new__(cls, answers):
        value = super().__new__(cls, statistics.median(answers))
        value.rounds = len(answers)
        return value


class Row:
    """A line of the table: cases that were measured, each with its limit."""

    def __init__(self, name, target):
        self.name, self.target, self.cases, self.obstacle = name, target, [], None

    def add(self, case, measured, value, limit, met, **more):
        """A case; one without a limit is shown beside the others and decides nothing."""
        self.cases.append(
            {"case": case, "measured": measured, "value": float(value), "limit": limit,
             "met": None if limit is None else bool(met), **more})

    def add_ratio(self, case, theirs, ours, limit, batch, unit="images/s"):
        measured = f"{theirs / ours:.2f}x ({batch / ours:.2f} against {batch / theirs:.2f} {unit})"
        self.add(
            case, measured, theirs / ours, limit, theirs / ours >= limit, rounds=getattr(ours, "rounds", None))

    @property
    def verdict(self):
        decided = [case["met"] for case in self.cases if case["met"] is not None]
        if not decided:
            return "no target" if self.cases else "not measured"
        return "met" if all(decided) else "missed"

    def line(self):
        measured = "; ".join(
            f"{case['case']}: {case['measured']}" if case["case"] else case["measured"] for case in self.cases)
        return f"| {self.name} | {self.target} | {measured or self.obstacle} | {self.verdict} |"

    def record(self):
        return {
            "name": self.name, "target": self.target, "verdict": self.verdict, "cases": self.cases,
            **({"obstacle": self.obstacle} if self.obstacle else {})}
