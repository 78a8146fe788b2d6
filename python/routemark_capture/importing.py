"""Traces from logs of other programs: chosen experts of vLLM, SGLang and llama.cpp, and routers over whole models."""

import base64
import json
import struct

import torch

from . import __version__, files
from .errors import CaptureError
from .suite import open_suite
from .trace import Site, Trace

TOOL = f"routemark-capture {__version__}"
SERVERS = ("vllm", "sglang", "llama.cpp")


def import_selections(kind, log, suite_path, *, experts, layers=None, top_k=None, slots="sites"):
    """The trace of a log of chosen experts, one item of a suite per request.

    vllm: `{"item": i, "routed_experts": [T, L, k]}`; sglang: `{"item": i, "meta_info": {"routed_experts": base64 of
    int32 [T, L, k]}}` with `layers` and `top_k`; llama.cpp: `{"item": i, "layer": l, "ids": [T, k]}`, a line per layer.
    Layers of which all numbers are 0 are dense and left out.
    """
    suite = open_suite(suite_path)
    tables = {}
    for number, line in files.read_lines(log):
        where = f"{log}, line {number}"
        item = line.get("item")
        if type(item) is not int or not 0 <= item < len(suite.items):
            raise CaptureError(f"`item` is {item!r}, expected a row of the suite, below {len(suite.items)}", where)
        found = tables.setdefault(item, {})
        for layer, rows in READERS[kind](line, where, layers, top_k):
            if layer in found:
                raise CaptureError(f"item {item} has layer {layer} twice", where)
            found[layer] = rows
    missing = [item for item in range(len(suite.items)) if item not in tables]
    if missing:
        raise CaptureError(f"{len(missing)} of {len(suite.items)} items are missing, the first is {missing[0]}", log,
                           "run every item of the suite, and log its number as `item`")
    names = sorted(tables[0])
    counts = []
    for item in range(len(suite.items)):
        lengths = {len(rows) for rows in tables[item].values()}
        if sorted(tables[item]) != names or len(lengths) != 1:
            raise CaptureError(f"item {item} has other layers than item 0, or layers of different lengths", log)
        counts.append(lengths.pop())
    selected = []
    for layer in names:
        rows = [row for item in range(len(suite.items)) for row in tables[item][layer]]
        width = max(len(row) for row in rows)
        selected.append(torch.tensor([row + [-1] * (width - len(row)) for row in rows], dtype=torch.int32))
    kept = [place for place in range(len(names)) if not (selected[place] == 0).all()]
    counts = torch.tensor(counts)
    return Trace(
        tasks=suite.tasks, suite=suite.digest, slots=slots, task=torch.tensor([task for task, _ in suite.items]),
        sites=[Site(f"layer {names[place]}", names[place],
                    [f"expert-{e}" if slots == "columns" else f"{names[place]}.{e}" for e in range(experts)])
               for place in kept],
        selected=[selected[place] for place in kept], token_count=counts,
        item=torch.repeat_interleave(torch.arange(len(suite.items)), counts),
        metadata={"tool": TOOL, "framework": kind})


def _table(rows, where):
    if not isinstance(rows, list) or not rows:
        raise CaptureError("there is no token", where)
    for row in rows:
        if not isinstance(row, list) or not row or not all(type(value) is int for value in row):
            raise CaptureError("a token's experts are no list of numbers", where)
    return rows


def _vllm(line, where, layers, top_k):
    tokens = line.get("routed_experts")
    if not isinstance(tokens, list) or not tokens or not all(isinstance(token, list) for token in tokens):
        raise CaptureError("`routed_experts` is no list of tokens", where)
    depth = len(tokens[0])
    if any(len(token) != depth for token in tokens):
        raise CaptureError("tokens have different numbers of layers", where)
    for layer in range(depth):
        yield layer, _table([token[layer] for token in tokens], where)


def _sglang(line, where, layers, top_k):
    if not layers or not top_k:
        raise CaptureError("sglang writes its numbers without a shape", where, "name it with --layers and --top-k")
    text = line.get("meta_info", line)
    text = text.get("routed_experts") if isinstance(text, dict) else None
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise CaptureError("`routed_experts` is no base64", where) from None
    if not data or len(data) % (4 * layers * top_k):
        raise CaptureError(f"{len(data)} bytes are no whole tokens of {layers} layers and {top_k} experts", where)
    values = [value for value, in struct.iter_unpack("<i", data)]
    step = layers * top_k
    for layer in range(layers):
        yield layer, [values[start + layer * top_k:start + (layer + 1) * top_k]
                      for start in range(0, len(values), step)]


def _llama(line, where, layers, top_k):
    layer = line.get("layer")
    if type(layer) is not int or layer < 0:
        raise CaptureError("`layer` is no number of a layer", where)
    yield layer, _table(line.get("ids"), where)


READERS = {"vllm": _vllm, "sglang": _sglang, "llama.cpp": _llama}


def import_routes(log, *, kind=None):
    """The trace of a router over whole models: `{"query": text, "task": name, "scores": {model: number}}` or
    `{"query": ..., "task": ..., "model": name}` per line.

    There is one site, an expert is a model, and the suite's digest is that of the queries and their tasks, so logs of
    the same queries compare.
    """
    lines = []
    for number, line in files.read_lines(log):
        where = f"{log}, line {number}"
        query, task = line.get("query"), line.get("task")
        if not isinstance(query, (str, int)) or isinstance(query, bool) or not isinstance(task, str) or not task:
            raise CaptureError("a line needs `query` and `task`", where)
        scores, model = line.get("scores"), line.get("model")
        if (scores is None) == (model is None):
            raise CaptureError("a line needs either `scores` or `model`", where)
        if scores is not None and (not isinstance(scores, dict) or not scores or not all(
                isinstance(value, (int, float)) and not isinstance(value, bool) for value in scores.values())):
            raise CaptureError("`scores` is no table of numbers by model", where)
        if model is not None and (not isinstance(model, str) or not model):
            raise CaptureError("`model` is no name", where)
        lines.append((query, task, scores, model, where))
    if not lines:
        raise CaptureError("there is no query", log)
    scored = lines[0][2] is not None
    if scored and kind is None:
        raise CaptureError("scores may be many things", log,
                           "say which with --scores logits, probabilities, sigmoid or weights")
    tasks = list(dict.fromkeys(task for _, task, *_ in lines))
    models = sorted({name for _, _, scores, model, _ in lines for name in (scores or [model])})
    for _, _, scores, _, where in lines:
        if (scores is not None) != scored:
            raise CaptureError("some lines have scores, others a chosen model", where)
        if scored and sorted(scores) != models:
            raise CaptureError("this line does not score the models that others do", where)
    digest = files.sha256("".join(json.dumps([query, task], ensure_ascii=False) + "\n"
                                  for query, task, *_ in lines).encode("utf-8", "surrogatepass"))
    site = Site("router", 0, models)
    common = dict(tasks=tasks, sites=[site], suite=digest, slots="columns",
                  task=torch.tensor([tasks.index(task) for _, task, *_ in lines]), metadata={"tool": TOOL})
    if scored:
        return Trace(scores=[torch.tensor([[float(scores[name]) for name in models] for _, _, scores, _, _ in lines])],
                     kind=kind, **common)
    chosen = torch.tensor([[models.index(model)] for *_, model, _ in lines], dtype=torch.int32)
    return Trace(selected=[chosen], item=torch.arange(len(lines)),
                 token_count=torch.ones(len(lines), dtype=torch.int64), **common)
