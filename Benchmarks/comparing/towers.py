"""CLIP vision towers in PyTorch, with plain MLPs or with fusion_bench's weight-ensembling layer."""

import functools
import importlib
import importlib.util
import sys
import types

import torch
import torch.nn.functional as F
from torch import nn


@functools.cache
def fusion_bench_layer():
    """fusion_bench's own class, without importing the rest of the package and what that needs."""
    root = importlib.util.find_spec("fusion_bench").submodule_search_locations[0]
    for name in ("fusion_bench", "fusion_bench.models", "fusion_bench.utils"):
        package = types.ModuleType(name)
        package.__path__ = [root + name[len("fusion_bench"):].replace(".", "/")]
        sys.modules[name] = package
    return importlib.import_module("fusion_bench.models.we_moe").WeightEnsemblingMoE


class MLP(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        hidden = self.fc1(x)
        return self.fc2(hidden * torch.sigmoid(1.702 * hidden))


class Layer(nn.Module):
    def __init__(self, width, heads, mlp):
        super().__init__()
        self.heads, self.mlp = heads, mlp
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = (
            part.view(batch, tokens, self.heads, -1).transpose(1, 2)
            for part in self.qkv(self.norm1(x)).chunk(3, dim=-1)
        )
        attended = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.mlp(self.norm2(x))


class Tower(nn.Module):
    def __init__(self, width, hidden, layers, heads, patch, image, projection, mlp=None):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch, bias=False)
        self.first = nn.Parameter(torch.randn(width) * 0.03)
        self.positions = nn.Parameter(torch.randn((image // patch) ** 2 + 1, width) * 0.03)
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        make = mlp or (lambda _: MLP(width, hidden))
        self.layers = nn.Sequential(*(Layer(width, heads, make(index)) for index in range(layers)))
        self.projection = nn.Linear(width, projection, bias=False)

    def forward(self, pixels):
        patches = self.patches(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(len(patches), 1, -1), patches], dim=1) + self.positions
        return self.projection(self.after(self.layers(self.before(x))[:, 0]))


class OtherFormulation(nn.Module):
    """The same layer as matrix products over the whole batch: `batched` merges all samples' weights
    and multiplies them with bmm, `products` multiplies by base and experts and mixes the outputs."""

    def __init__(self, layer, kind):
        super().__init__()
        self.layer, self.kind = layer, kind
        for part in ("fc1", "fc2"):
            experts = [getattr(task_vector, part) for task_vector in layer.task_vectors]
            for name in ("weight", "bias"):
                stack = torch.stack([getattr(expert, name).detach() for expert in experts])
                self.register_buffer(f"{part}_{name}", stack)

    def linear(self, x, weights, part):
        base = getattr(self.layer.base_model, part)
        experts, biases = getattr(self, f"{part}_weight"), getattr(self, f"{part}_bias")
        bias = base.bias + weights @ biases
        if self.kind == "batched":
            flat = weights @ experts.flatten(1)
            merged = base.weight + flat.view(len(weights), *base.weight.shape)
            return torch.baddbmm(bias[:, None], x, merged.transpose(1, 2))
        y = F.linear(x, base.weight) + bias[:, None]
        for expert in range(len(experts)):
            y += weights[:, expert, None, None] * F.linear(x, experts[expert])
        return y

    def forward(self, x):
        weights = self.layer.gate(x).mean(dim=1)
        hidden = self.linear(x, weights, "fc1")
        return self.linear(hidden * torch.sigmoid(1.702 * hidden), weights, "fc2")
