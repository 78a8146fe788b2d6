"""How well a model predicts texts: one loss per window, for tests on secret subsets."""

import json

import torch
from torch.nn import functional

from . import files
from .capture import batches
from .errors import CaptureError
from .models import open_model, open_tokenizer
from .progress import Progress


def read_windows(path):
    """The windows of a JSONL file: `text` or `tokens`, and an optional `item`, which is the line's number if missing."""
    windows = []
    for number, line in files.read_lines(path):
        where = f"{path}, line {number}"
        text, tokens = line.get("text"), line.get("tokens")
        if (text is None) == (tokens is None):
            raise CaptureError("a window needs either `text` or `tokens`", where)
        if text is not None and not isinstance(text, str):
            raise CaptureError("`text` is no text", where)
        if tokens is not None and not (isinstance(tokens, list) and all(type(t) is int and t >= 0 for t in tokens)):
            raise CaptureError("`tokens` is no list of token ids", where)
        item = line.get("item", len(windows))
        if type(item) not in (int, str):
            raise CaptureError("`item` is neither a number nor a text", where)
        windows.append((item, text, tokens, where))
    if not windows:
        raise CaptureError("there is no window", path)
    if len({item for item, *_ in windows}) != len(windows):
        raise CaptureError("two windows are one item", path)
    return windows


@torch.inference_mode()
def losses(model, sequences, *, batch=8, progress=lambda done: None):
    """Mean negative log probability of each sequence's tokens but the first, in nats per token.

    l = -1/(T - 1) sum over t of log p(x_t | x_1 ... x_{t-1})
    """
    device = next(model.parameters()).device
    found, done = [0.0] * len(sequences), 0
    for group in batches(sequences, batch):
        ids = torch.tensor([sequences[index] for index in group], device=device)
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1].float()
        table = functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
        for row, index in enumerate(group):
            found[index] = float(table[row].double().mean())
        done += len(group)
        progress(done)
    return found


def write_losses(folder, windows_path, output, *, batch=8, device="cpu", dtype="float32", force=False):
    """Writes a line per window, `{"item", "loss", "tokens"}`, and returns how many there are."""
    windows = read_windows(windows_path)
    tokenizer = open_tokenizer(folder) if any(text is not None for _, text, _, _ in windows) else None
    sequences = []
    for _, text, tokens, where in windows:
        ids = tokens if text is None else tokenizer(text)["input_ids"]
        if len(ids) < 2:
            raise CaptureError(f"a window has {len(ids)} tokens, and the first is not predicted", where)
        sequences.append(ids)
    model = open_model(folder, dtype, device)
    vocabulary = model.get_input_embeddings().num_embeddings
    for ids, (_, _, _, where) in zip(sequences, windows):
        if max(ids) >= vocabulary:
            raise CaptureError(f"token {max(ids)} is none of the model's {vocabulary}", where)
    with Progress("windows", len(sequences)) as progress:
        found = losses(model, sequences, batch=batch, progress=progress)
    lines = [json.dumps({"item": item, "loss": loss, "tokens": len(ids) - 1}, ensure_ascii=False)
             for (item, *_), loss, ids in zip(windows, found, sequences)]
    files.write(output, ("\n".join(lines) + "\n").encode(), force=force)
    return len(lines)
