"""Each published system by a reference router: trace, fingerprint, verdict. Needs the program `routemark`."""

import itertools
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from systems import SYSTEMS, S, World

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ROUTEMARK", str(ROOT / ".build" / "release" / "routemark"))
ROWS = [(kind, system) for kind, systems in SYSTEMS.items() for system in systems]

pytestmark = pytest.mark.skipif(not os.access(PROGRAM, os.X_OK), reason="routemark is not built")


def routemark(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def signal(trace, place):
    """What a site says of each item, `[S, E]` in double precision, null columns left out."""
    site = trace.sites[place]
    columns = [e for e in range(len(site.experts)) if e not in site.null]
    if trace.scores is None:
        table = np.zeros((len(trace.task), len(site.experts)))
        for item, row in zip(trace.item.tolist(), trace.selected[place].tolist()):
            for column in row:
                if column >= 0:
                    table[item, column] += 1
        return table[:, columns]
    values = trace.scores[place].float().double().numpy()
    if trace.kind == "probabilities":
        values = np.log(values)
    if trace.kind == "sigmoid":
        values = np.log(values / (1 - values))
    return values[:, columns]


def means(trace, place):
    """Equation 8, `[N, E]`."""
    values, task = signal(trace, place), trace.task.numpy()
    return np.stack([values[task == i].mean(0) for i in range(len(trace.tasks))])


def similarity(one, other):
    """Equations 10 to 15 for two experts' scores `[N, sites]`."""
    length = np.linalg.norm(one) * np.linalg.norm(other)
    cosine = (one * other).sum() / length if length else 0
    p, q = (np.exp(x.sum(1) - x.sum(1).max()) for x in (one, other))
    p, q = p / p.sum(), q / q.sum()
    m = (p + q) / 2
    divergence = sum((r * np.log2(np.maximum(r, 1e-300) / m)).sum() for r in (p, q)) / 2
    return ((1 + cosine) / 2 + 1 - divergence) / 2


def best(table):
    """The largest mean of pairs, one to one, by dynamic programming over sets of columns."""
    if len(table) > len(table[0]):
        table = [list(row) for row in zip(*table)]
    totals = {0: 0.0}
    for row in table:
        grown = {}
        for used, total in totals.items():
            for column, value in enumerate(row):
                if not used >> column & 1:
                    key = used | 1 << column
                    grown[key] = max(grown.get(key, -1), total + value)
        totals = grown
    return max(totals.values()) / len(table)


def score(victim, suspect, shift=0):
    """The model's score, with the suspect's tasks rotated."""
    both = []
    for trace in (victim, suspect):
        tables = [means(trace, place) for place in range(len(trace.sites))]
        # Differences from the first: equal experts and equal tasks give exactly zero.
        for axis, first in ((1, np.s_[:, :1]), (0, np.s_[:1])):
            tables = [table - table[first] for table in tables]
            tables = [table - table.mean(axis, keepdims=True) for table in tables]
        both.append(tables)
    kept = [place for place in range(len(both[0]))
            if not any(all(tables[place].shape == tables[early].shape and (tables[place] == tables[early]).all()
                           for tables in both) for early in range(place))]
    blocks = []
    for trace, tables in zip((victim, suspect), both):
        experts = {}
        for place in kept:
            names = [e for c, e in enumerate(trace.sites[place].experts) if c not in trace.sites[place].null]
            for column, name in enumerate(names):
                experts.setdefault(name, []).append((place, column))
        grouped = {}
        for appearances in experts.values():
            key = tuple(place for place, _ in appearances)
            grouped.setdefault(key, []).append(
                np.stack([tables[place][:, column] for place, column in appearances], 1))
        blocks.append(grouped)
    scores = []
    for key in blocks[1]:
        table = [[similarity(a, np.roll(b, -shift, 0)) for b in blocks[1][key]] for a in blocks[0][key]]
        scores.append(best(table))
    return float(np.mean(scores))


def pair(system):
    """The victim's trace and the suspect's: the victim changed, or another run of the same rule."""
    victim, suspect = system.router(World(11)), system.router(World(11))
    if system.change is None:
        return victim, system.router(World(12))
    if suspect.scores is None:
        return victim, suspect
    # A router of one row for all layers stays one after training.
    if len(suspect.scores) > 1 and all(torch.equal(suspect.scores[0], other) for other in suspect.scores[1:]):
        changed = system.change(suspect.scores[:1], World(13)) * len(suspect.scores)
    else:
        changed = system.change(suspect.scores, World(13))
    for site, table in zip(suspect.sites, changed):
        extra = table.shape[1] - len(site.experts)
        site.experts = (site.experts + [f"{site.name} new {e}" for e in range(max(0, extra))])[:table.shape[1]]
    suspect.scores = changed
    return victim, suspect


@pytest.mark.parametrize("kind, system", ROWS, ids=[system.name for _, system in ROWS])
def test_system(kind, system, tmp_path):
    victim, suspect = pair(system)
    for name, trace in (("victim", victim), ("suspect", suspect)):
        trace.write(tmp_path / f"{name}.trace.safetensors")
    routemark("fingerprint", "--trace", tmp_path / "suspect.trace.safetensors", "-o", tmp_path / "suspect.json")
    found = json.loads((tmp_path / "suspect.json").read_text())
    assert found["counts"] == [S] * len(suspect.tasks)
    for place, site in enumerate(found["sites"]):
        assert np.allclose(np.array(site["means"]), means(suspect, place), rtol=1e-12, atol=1e-12)
    words = json.loads(routemark("attribute", "--json", "--victim", tmp_path / "victim.trace.safetensors",
                                 "--suspect", tmp_path / "suspect.json", "-o", tmp_path / "case.json"))
    assert words["comparison"]["score"] == pytest.approx(score(victim, suspect), abs=1e-9)
    assert words["comparison"]["rotations"][1] == pytest.approx(score(victim, suspect, 2), abs=1e-9)
    routemark("verify", tmp_path / "case.json")
    assert routemark("inspect", tmp_path / "case.json").split("verdict")[1].splitlines()[0].strip() == system.says


def test_strangers_do_not_match(tmp_path):
    """Two routers of unrelated taste, for each rule that can be evidence: no match in any."""
    rules = {system.router for _, system in ROWS if system.says == "matches the routing"}
    for place, rule in enumerate(sorted(rules, key=lambda rule: rule.__name__)):
        for name, seed in (("a", 21), ("b", 22)):
            rule(World(seed)).write(tmp_path / f"{place}{name}.trace.safetensors")
        words = json.loads(routemark("attribute", "--json", "--victim", tmp_path / f"{place}a.trace.safetensors",
                                     "--suspect", tmp_path / f"{place}b.trace.safetensors"))
        assert words["verdict"]["verdict"] != "matches the routing", rule.__name__


def test_a_constant_per_expert_changes_centred_scores_alike_for_all_tasks(tmp_path):
    """What shifts a router leaves the differences between tasks as they are: preferences stay, cosines fall."""
    from systems import SYSTEMS as table

    system = next(system for system in table["routing shifted"] if system.name == "Rewiring on the Fly")
    victim, suspect = pair(system)
    for place in range(len(victim.sites)):
        one, other = means(victim, place), means(suspect, place)
        difference = (other - one) - (other - one)[0]
        assert np.abs(difference).max() < 1e-5


def test_shards_and_formats(tmp_path):
    """Shards add up to the whole to the last bit, and a trace altered in one byte is refused."""
    trace = World(3).trace([World(4).normal(96, 6) for _ in range(2)])
    trace.write(tmp_path / "whole.trace.safetensors")
    for name, rows in (("one", slice(0, 40)), ("two", slice(40, 96))):
        part = World(3).trace([table[rows] for table in trace.scores], first_sample=str(rows.start))
        part.task = trace.task[rows]
        part.write(tmp_path / f"{name}.trace.safetensors")
    routemark("fingerprint", "--trace", tmp_path / "whole.trace.safetensors", "-o", tmp_path / "whole.json")
    routemark("fingerprint", "--trace", tmp_path / "two.trace.safetensors", "--trace",
              tmp_path / "one.trace.safetensors", "-o", tmp_path / "parts.json")
    assert (tmp_path / "whole.json").read_bytes() == (tmp_path / "parts.json").read_bytes()
    data = bytearray((tmp_path / "whole.trace.safetensors").read_bytes())
    data[-5] ^= 1
    (tmp_path / "bad.trace.safetensors").write_bytes(data)
    done = subprocess.run([PROGRAM, "inspect", str(tmp_path / "bad.trace.safetensors")], capture_output=True, text=True)
    assert done.returncode == 2 and "data_sha256" in done.stderr


def test_tokens_equal_means(tmp_path):
    """Scores per token give the fingerprint of their means, whatever lengths items have."""
    world = World(5)
    lengths = torch.arange(96) % 4 + 1
    item = torch.repeat_interleave(torch.arange(96), lengths)
    tokens = [world.normal(len(item), 6) for _ in range(2)]
    whole = world.trace(tokens)
    whole.item, whole.token_count = item, lengths
    whole.write(tmp_path / "tokens.trace.safetensors")
    routemark("fingerprint", "--trace", tmp_path / "tokens.trace.safetensors", "-o", tmp_path / "tokens.json")
    found = json.loads((tmp_path / "tokens.json").read_text())
    for place, table in enumerate(tokens):
        per_item = np.stack([table[item == i].double().numpy().mean(0) for i in range(96)])
        expected = np.stack([per_item[world.task.numpy() == t].mean(0) for t in range(8)])
        assert np.allclose(found["sites"][place]["means"], expected, rtol=0, atol=1e-12)


def test_columns_and_sites_compare_site_by_site(tmp_path):
    """Experts shuffled at every layer are found where columns are not trusted."""
    world = World(6)
    scores = [world.x @ world.rows().T for _ in range(3)]
    world.trace(scores, slots="columns").write(tmp_path / "columns.trace.safetensors")
    orders = [list(order) for order in itertools.islice(itertools.permutations(range(6)), 100, 103)]
    shuffled = world.trace([table[:, order] for table, order in zip(scores, orders)])
    shuffled.write(tmp_path / "sites.trace.safetensors")
    words = json.loads(routemark("attribute", "--json", "--victim", tmp_path / "columns.trace.safetensors",
                                 "--suspect", tmp_path / "sites.trace.safetensors"))
    assert words["comparison"]["score"] == pytest.approx(1, abs=1e-6)
    for block, order in zip(words["comparison"]["blocks"], orders):
        assert [pair["victim"] for pair in block["pairs"]] == [f"expert-{e}" for e in order]
