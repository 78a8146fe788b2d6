#!/usr/bin/env python3
"""Writes a base decoder, experts that were trained from it, and a mixture, small enough to read in a second.

    python3 Examples/tiny-mixture.py FOLDER

Weights are drawn, and nothing but the standard library is needed. FOLDER gets `base`, the experts `german` and
`kjv`, `other` (somebody else's work on German), and `mixture`, which has german with `residual_scale: 0.8`,
kjv rounded to four bits, an unchanged copy of the base, and an innocent's German expert. Its router is made of
prompts as mergekit's `cheap_embed` makes it.
"""
import json
import pathlib
import random
import struct
import sys

D, I, LAYERS, WORDS = 64, 96, 3, 40
SHAPES = {"gate": (I, D), "up": (I, D), "down": (D, I)}


def draw(name, scale, count=D * I):
    dice = random.Random(name)
    return [dice.gauss(0, scale) for _ in range(count)]


def trained(domain, own):
    """The base with a change: a third of its square is the domain's, the rest one's own."""
    expert = {}
    for key, weights in base.items():
        shared, mine = draw(f"{domain} {key}", 0.0023), draw(f"{own} {key}", 0.0033)
        expert[key] = [w + s + m for w, s, m in zip(weights, shared, mine)]
    return expert


def rounded(weights, groups=32):
    result = []
    for start in range(0, len(weights), groups):
        group = weights[start : start + groups]
        step = max(map(abs, group)) / 7
        result += [round(w / step) * step for w in group]
    return result


def upper_half(value):
    """The 16 bits of the nearest bfloat16."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def bfloat16(values):
    return b"".join(struct.pack("<H", upper_half(value)) for value in values)


def stored(value):
    """A weight as it stands in a file."""
    return struct.unpack("<f", struct.pack("<I", upper_half(value) << 16))[0]


def write(name, tensors, configuration):
    folder = pathlib.Path(sys.argv[1]) / name
    folder.mkdir(parents=True)
    header, data = {}, b""
    for key, (shape, values) in tensors.items():
        part = bfloat16(values)
        header[key] = {
            "dtype": "BF16", "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "config.json").write_text(json.dumps(configuration))


def common():
    tensors = {"model.embed_tokens.weight": ((WORDS, D), embedding)}
    for layer in range(LAYERS):
        gain = f"model.layers.{layer}.post_attention_layernorm.weight"
        tensors[gain] = ((D,), [1.0] * D)
    return tensors


def dense(name, weights):
    tensors = common()
    for (layer, part), values in weights.items():
        tensors[f"model.layers.{layer}.mlp.{part}_proj.weight"] = (SHAPES[part], values)
    write(name, tensors, {"model_type": "llama"})


def mixture(name, experts, prompts):
    tensors = common()
    rows = []
    for prompt in prompts:
        row = [sum(embedding[token * D + place] for token in prompt) for place in range(D)]
        length = sum(value * value for value in row) ** 0.5
        rows += [value / length for value in row]
    for layer in range(LAYERS):
        stem = f"model.layers.{layer}.block_sparse_moe."
        tensors[stem + "gate.weight"] = ((len(experts), D), rows)
        for place, weights in enumerate(experts):
            for part, number in (("gate", "w1"), ("up", "w3"), ("down", "w2")):
                tensors[f"{stem}experts.{place}.{number}.weight"] = (
                    SHAPES[part], weights[layer, part])
    write(
        name, tensors,
        {"model_type": "mixtral", "num_local_experts": len(experts), "num_experts_per_tok": 2})


base = {(layer, part): draw(f"base {layer} {part}", 0.1) for layer in range(LAYERS) for part in SHAPES}
embedding = draw("embedding", 0.5, WORDS * D)
german, kjv = trained("german", "mine"), trained("kjv", "mine too")
dense("base", base)
dense("german", german)
dense("kjv", kjv)
dense("other", trained("german", "theirs"))
scaled = {
    key: [0.8 * stored(w) for w in ws] if key[1] == "down" else ws for key, ws in german.items()}
codes = {key: rounded(weights) for key, weights in kjv.items()}
mixture(
    "mixture", [scaled, codes, base, trained("german", "an innocent")],
    [(3, 17), (5,), (8, 21), (30, 31)])
