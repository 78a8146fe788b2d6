"""Runs a model over a text suite and records what its routers say."""

import json
import platform
from pathlib import Path

import torch
import transformers

from . import __version__, files
from .errors import CaptureError
from .models import model_digest, open_model, open_tokenizer, tokenizer_digest
from .progress import Progress
from .routers import Recorder, origin, routers
from .suite import open_suite
from .trace import Site, Trace

TOOL = f"routemark-capture {__version__}"


def batches(sequences, size):
    """Indices of sequences that go through a model together.

    Only sequences of one length share a batch, so nothing is padded, and neither the side of a padding nor a
    neighbour can change what a token sees.
    """
    by_length = {}
    for index, sequence in enumerate(sequences):
        by_length.setdefault(len(sequence), []).append(index)
    for length in sorted(by_length):
        group = by_length[length]
        for start in range(0, len(group), size):
            yield group[start:start + size]


@torch.inference_mode()
def record(model, sequences, *, batch=8, per_token=False, selections=False, progress=lambda done: None):
    """What each router says about sequences of token ids.

    Returns a dictionary with `scores` per router, `[S, E]` means over tokens or `[T, E]` with `per_token`; `selected`
    per router `[T, k]` with `selections`, and `item`, `token_count`.
    """
    found = routers(model)
    device = next(model.parameters()).device
    means, tokens, chosen = [{} for _ in found], [{} for _ in found], [{} for _ in found]
    done = 0
    with Recorder(found) as recorder:
        for group in batches(sequences, batch):
            ids = torch.tensor([sequences[index] for index in group], device=device)
            model.base_model(input_ids=ids, use_cache=False)
            for place, (logits, selected) in enumerate(recorder.take()):
                table = logits.reshape(len(group), ids.shape[1], -1)
                for row, index in enumerate(group):
                    if per_token:
                        tokens[place][index] = table[row].cpu()
                    else:
                        means[place][index] = table[row].double().mean(0).float().cpu()
                if selections:
                    if selected is None:
                        raise CaptureError(f"the router `{found[place].name}` does not say which experts it chose",
                                           hint="leave --selections away: logits say more")
                    for row, part in enumerate(selected.reshape(len(group), ids.shape[1], -1)):
                        chosen[place][group[row]] = part.to(torch.int32).cpu()
            done += len(group)
            progress(done)
    order = range(len(sequences))
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    result = {"routers": found, "token_count": lengths, "selected": None, "item": None}
    if per_token:
        result["scores"] = [torch.cat([part[index] for index in order]) for part in tokens]
    else:
        result["scores"] = [torch.stack([part[index] for index in order]) for part in means]
    if per_token or selections:
        result["item"] = torch.repeat_interleave(torch.arange(len(sequences)), lengths)
    if selections:
        result["selected"] = [torch.cat([part[index] for index in order]) for part in chosen]
    return result


def selection_frequencies(selected, item, count, width):
    """How often an item's tokens choose each column, `[S, E]`: what `selected` says without scores."""
    table = torch.zeros(count, width, dtype=torch.float64)
    for column in selected.T:
        valid = column >= 0
        table.index_put_((item[valid], column[valid].long()), torch.ones(int(valid.sum()), dtype=torch.float64),
                         accumulate=True)
    return table / torch.bincount(item, minlength=count).clamp(min=1)[:, None]


def sites(found, slots):
    """The sites of a model's routers, with experts named by column or by site."""
    return [Site(router.name, router.layer,
                 [f"expert-{column}" if slots == "columns" else f"{router.layer}.{column}"
                  for column in range(router.width)])
            for router in found]


def is_merge_of_models(folder):
    """Whether a folder says that its experts are whole models: then column e is one model in every layer."""
    return (Path(folder) / "mergekit_moe_config.yml").is_file()


def tokenize(tokenizer, texts, limit):
    sequences = []
    for place, text in enumerate(texts):
        ids = tokenizer(text)["input_ids"][:limit]
        if not ids:
            raise CaptureError(f"item {place} of the suite has no token")
        sequences.append(ids)
    return sequences


def capture(folder, suite_path, *, batch=8, device="cpu", dtype="float32", slots=None, max_tokens=512,
            per_token=False, selections=False):
    """The trace of a model over a suite."""
    suite = open_suite(suite_path)
    tokenizer = open_tokenizer(folder)
    sequences = tokenize(tokenizer, [text for _, text in suite.items], max_tokens)
    digest = model_digest(folder)
    model = open_model(folder, dtype, device)
    with Progress("capturing", len(sequences)) as progress:
        found = record(model, sequences, batch=batch, per_token=per_token, selections=selections, progress=progress)
    model_routers = found["routers"]
    made = origin([router.weight for router in model_routers], getattr(model.config, "initializer_range", None))
    lengths = torch.cat([router.weight.detach().float().norm(dim=1) for router in model_routers])
    slots = slots or ("columns" if is_merge_of_models(folder) else "sites")
    tokens = tokenizer_digest(tokenizer)
    return Trace(
        tasks=suite.tasks, sites=sites(model_routers, slots), slots=slots, suite=suite.digest,
        task=torch.tensor([task for task, _ in suite.items]), scores=found["scores"], kind="logits",
        selected=found["selected"], item=found["item"], token_count=found["token_count"],
        bias=[router.correction for router in model_routers],
        metadata={
            "tool": TOOL, "framework": f"transformers {transformers.__version__}, torch {torch.__version__}",
            "model_sha256": digest, "tokenizer_sha256": tokens,
            "preprocessing_sha256": files.sha256(json.dumps([tokens, max_tokens]).encode()),
            "precision": {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}[dtype],
            "instructions": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
            "router_origin": made, "router_state": None if made is None else "untrained",
            "router_row_norms": f"{lengths.min():.4f} {lengths.max():.4f}",
        })
