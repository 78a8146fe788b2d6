"""Routing traces of format 2: what routers said, site by site. Guides/Traces.md has the format."""

import json
from dataclasses import dataclass, field

import torch
from safetensors.torch import save

from . import files
from .errors import CaptureError

SCHEMA = "routemark.trace/2"
SCORES = ("logits", "probabilities", "sigmoid", "weights")


@dataclass
class Site:
    """One router: where it stands, and which experts its columns are."""

    name: str
    layer: int
    experts: list
    """Names that are global: the same name at two sites is one shared expert."""
    null: list = field(default_factory=list)
    """Columns that do nothing when they are chosen."""
    iteration: int | None = None
    stream: str | None = None

    def record(self):
        found = {"name": self.name, "layer": self.layer, "experts": self.experts}
        if self.null:
            found["null"] = self.null
        if self.iteration is not None:
            found["iteration"] = self.iteration
        if self.stream is not None:
            found["stream"] = self.stream
        return found


@dataclass
class Trace:
    """A trace in memory: `task` is one index per item; `scores`, `selected` and `bias` have an entry per site."""

    tasks: list
    sites: list
    task: torch.Tensor
    suite: str
    slots: str = "sites"
    kind: str = "logits"
    """What scores are: one of `SCORES`."""
    scores: list | None = None
    """Per site `[S, E]`, means over an item's tokens; or `[T, E]` with `item` `[T]`."""
    selected: list | None = None
    """Per site `[T, k]`, columns that were chosen, -1 where there were fewer."""
    bias: list | None = None
    """Per site `[E]` or nothing: added for choosing, never part of the scores."""
    item: torch.Tensor | None = None
    token_count: torch.Tensor | None = None
    metadata: dict = field(default_factory=dict)

    def data(self):
        """The file's bytes."""
        self.check()
        tensors = {"task": self.task.to(torch.int64).contiguous()}
        if self.item is not None:
            tensors["item"] = self.item.to(torch.int64).contiguous()
        if self.token_count is not None:
            tensors["token_count"] = self.token_count.to(torch.int64).contiguous()
        for place in range(len(self.sites)):
            if self.scores is not None:
                tensors[f"site.{place}.scores"] = self.scores[place].to(torch.float32).contiguous()
            if self.selected is not None:
                tensors[f"site.{place}.selected"] = self.selected[place].to(torch.int32).contiguous()
            if self.bias is not None and self.bias[place] is not None:
                tensors[f"site.{place}.bias"] = self.bias[place].to(torch.float32).contiguous()
        metadata = {
            "schema": SCHEMA,
            "tasks": json.dumps(self.tasks, ensure_ascii=False),
            "sites": json.dumps([site.record() for site in self.sites], ensure_ascii=False),
            "slots": self.slots,
            "suite_sha256": self.suite,
        }
        if self.scores is not None:
            metadata["scores"] = self.kind
        metadata |= {key: value for key, value in self.metadata.items() if value is not None}
        # Two sites may be one router: safetensors wants memory of its own for each.
        plain = save({name: tensor.clone() for name, tensor in tensors.items()})
        length = 8 + int.from_bytes(plain[:8], "little")
        data = plain[length:]
        metadata["data_sha256"] = files.sha256(data)
        # safetensors writes metadata in any order; ours is sorted, so that equal traces are equal files.
        header = {"__metadata__": dict(sorted(metadata.items()))} | json.loads(plain[8:length])
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text + data

    def write(self, path, *, force=False):
        """Writes the file, whole or not at all."""
        files.write(path, self.data(), force=force)

    def check(self):
        """Refuses what a reader would refuse."""
        if self.slots not in ("columns", "sites"):
            raise CaptureError(f"slots are `{self.slots}`, expected `columns` or `sites`")
        if self.kind not in SCORES:
            raise CaptureError(f"scores are `{self.kind}`, expected one of {', '.join(SCORES)}")
        if self.scores is None and self.selected is None:
            raise CaptureError("a trace needs scores or selections")
        if self.selected is not None and self.item is None:
            raise CaptureError("selections need `item`, the item of every token")
        rows = len(self.task if self.item is None else self.item)
        for place, site in enumerate(self.sites):
            width = len(site.experts)
            if len(set(site.experts)) != width:
                raise CaptureError(f"two columns of site `{site.name}` are one expert")
            if self.scores is not None:
                scores = self.scores[place]
                if scores.dim() != 2 or scores.shape[1] != width or len(scores) not in (len(self.task), rows):
                    raise CaptureError(
                        f"scores of site `{site.name}` have shape {list(scores.shape)}, expected "
                        f"[{len(self.task)}, {width}] or one row per token")
                if not torch.isfinite(scores).all():
                    row = int((~torch.isfinite(scores)).any(1).nonzero()[0])
                    raise CaptureError(f"a score of site `{site.name}`, row {row}, is not finite")
            if self.selected is not None:
                chosen = self.selected[place]
                if chosen.dim() != 2 or len(chosen) != rows:
                    raise CaptureError(
                        f"selections of site `{site.name}` have shape {list(chosen.shape)}, expected [{rows}, k]")
                if ((chosen < -1) | (chosen >= width)).any():
                    raise CaptureError(f"a selection of site `{site.name}` is no column: there are {width}")
