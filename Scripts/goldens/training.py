"""Records three training steps in PyTorch for Tests/TrainingTests/Goldens.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy
    venv/bin/python Scripts/goldens/training.py Tests/TrainingTests/Goldens

Two tiny models are trained for three steps each in float32 on one thread: a CLIP tower with AdamW
and cross entropy, and a weight-ensembling mixture (WEMoE, gates only) with Adam and the entropy of
its predictions. Each file has the inputs (`before.*`, images, labels, head), the losses, and the
parameters after every step (`after{n}.*`). Adam's epsilon is 1e-3, so that tensors whose gradient
is zero in exact arithmetic (k biases) do not move by the sign of their rounding error.
"""

import hashlib
import json
import platform
import struct
import sys

import torch
import torch.nn.functional as F

D, MLP, LAYERS, HEADS, PATCH, IMAGE, PROJECTION = 8, 12, 2, 2, 8, 16, 6
TOKENS = (IMAGE // PATCH) ** 2 + 1
EXPERTS, CLASSES, SAMPLES, STEPS = 3, 4, 6, 3
SCALE, SMOOTHING, EPSILON = 5.0, 0.1, 1e-3
VISION = "vision_model."


def normal(generator, *shape, scale=0.3, offset=0.0):
    return offset + scale * torch.randn(*shape, generator=generator)


def tower(g):
    p = {}
    p[VISION + "embeddings.class_embedding"] = normal(g, D)
    p[VISION + "embeddings.patch_embedding.weight"] = normal(g, D, 3, PATCH, PATCH, scale=0.1)
    p[VISION + "embeddings.position_embedding.weight"] = normal(g, TOKENS, D)
    norms = ["pre_layrnorm", "post_layernorm"]
    for layer in range(LAYERS):
        prefix = f"encoder.layers.{layer}."
        norms += [prefix + "layer_norm1", prefix + "layer_norm2"]
        for name in ["q_proj", "k_proj", "v_proj", "out_proj"]:
            p[f"{VISION}{prefix}self_attn.{name}.weight"] = normal(g, D, D)
            p[f"{VISION}{prefix}self_attn.{name}.bias"] = normal(g, D)
        p[f"{VISION}{prefix}mlp.fc1.weight"] = normal(g, MLP, D)
        p[f"{VISION}{prefix}mlp.fc1.bias"] = normal(g, MLP)
        p[f"{VISION}{prefix}mlp.fc2.weight"] = normal(g, D, MLP)
        p[f"{VISION}{prefix}mlp.fc2.bias"] = normal(g, D)
    for name in norms:
        p[f"{VISION}{name}.weight"] = normal(g, D, scale=0.1, offset=1.0)
        p[f"{VISION}{name}.bias"] = normal(g, D, scale=0.1)
    p["visual_projection.weight"] = normal(g, PROJECTION, D)
    return p


def experts_and_gates(g):
    p = {}
    for layer in range(LAYERS):
        prefix = f"{VISION}encoder.layers.{layer}.mlp."
        for e in range(EXPERTS):
            for name, shape in [
                ("fc1.weight", (MLP, D)), ("fc1.bias", (MLP,)),
                ("fc2.weight", (D, MLP)), ("fc2.bias", (D,)),
            ]:
                p[f"{prefix}task_vectors.{e}.{name}"] = normal(g, *shape)
        p[prefix + "gate.fc1.weight"] = normal(g, D, D)
        p[prefix + "gate.fc1.bias"] = normal(g, D, scale=0.1)
        p[prefix + "gate.fc2.weight"] = normal(g, EXPERTS, D)
        p[prefix + "gate.fc2.bias"] = normal(g, EXPERTS, scale=0.1)
    return p


def norm(p, x, name):
    return F.layer_norm(x, (D,), p[name + ".weight"], p[name + ".bias"], 1e-5)


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def attention(p, x, prefix):
    def heads(name):
        y = F.linear(x, p[f"{prefix}{name}.weight"], p[f"{prefix}{name}.bias"])
        return y.view(x.shape[0], TOKENS, HEADS, D // HEADS).transpose(1, 2)

    y = F.scaled_dot_product_attention(heads("q_proj"), heads("k_proj"), heads("v_proj"))
    y = y.transpose(1, 2).reshape(x.shape)
    return F.linear(y, p[prefix + "out_proj.weight"], p[prefix + "out_proj.bias"])


def mlp(p, x, prefix, merged):
    names = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    if not merged:
        fc1, b1, fc2, b2 = (p[prefix + n] for n in names)
        return F.linear(quick_gelu(F.linear(x, fc1, b1)), fc2, b2)
    hidden = F.relu(F.linear(x, p[prefix + "gate.fc1.weight"], p[prefix + "gate.fc1.bias"]))
    logits = F.linear(hidden, p[prefix + "gate.fc2.weight"], p[prefix + "gate.fc2.bias"]).mean(1)
    outputs = []
    for sample, weights in zip(x, logits.softmax(-1)):
        fc1, b1, fc2, b2 = (
            p[prefix + n]
            + sum(w * p[f"{prefix}task_vectors.{e}.{n}"] for e, w in enumerate(weights))
            for n in names
        )
        outputs.append(F.linear(quick_gelu(F.linear(sample, fc1, b1)), fc2, b2))
    return torch.stack(outputs)


def logits(p, images, head, merged):
    x = F.conv2d(images, p[VISION + "embeddings.patch_embedding.weight"], stride=PATCH)
    x = x.flatten(2).transpose(1, 2)
    token = p[VISION + "embeddings.class_embedding"].expand(len(images), 1, D)
    x = torch.cat([token, x], 1) + p[VISION + "embeddings.position_embedding.weight"]
    x = norm(p, x, VISION + "pre_layrnorm")
    for layer in range(LAYERS):
        prefix = f"{VISION}encoder.layers.{layer}."
        x = x + attention(p, norm(p, x, prefix + "layer_norm1"), prefix + "self_attn.")
        x = x + mlp(p, norm(p, x, prefix + "layer_norm2"), prefix + "mlp.", merged)
    features = F.linear(norm(p, x[:, 0], VISION + "post_layernorm"), p["visual_projection.weight"])
    return SCALE * F.normalize(features, dim=-1) @ F.normalize(head, dim=-1).T


def record(path, merged):
    g = torch.Generator().manual_seed(7)
    p = tower(g)
    if merged:
        p |= experts_and_gates(g)
    images = normal(g, SAMPLES, 3, IMAGE, IMAGE, scale=1.0)
    head = normal(g, CLASSES, PROJECTION, scale=1.0)
    labels = torch.arange(SAMPLES) % CLASSES
    tensors = {"before." + n: t.clone() for n, t in p.items()}
    tensors |= {"images": images, "head": head, "labels": labels.float()}
    trained = {n: t.requires_grad_() for n, t in p.items() if not merged or ".gate." in n}
    if merged:
        optimizer = torch.optim.Adam(trained.values(), lr=1e-2, eps=EPSILON)
    else:
        optimizer = torch.optim.AdamW(trained.values(), lr=1e-2, eps=EPSILON, weight_decay=0.1)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        z = logits(p, images, head, merged)
        if merged:
            loss = -(z.softmax(-1) * z.log_softmax(-1)).sum(-1).mean()
        else:
            loss = F.cross_entropy(z, labels, label_smoothing=SMOOTHING)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        tensors |= {f"after{step + 1}.{n}": t.detach().clone() for n, t in trained.items()}
    tensors["losses"] = torch.tensor(losses)
    write(path, tensors)
    print(path, losses)


def write(path, tensors):
    header, data, offset = {}, [], 0
    for name in sorted(tensors):
        values = tensors[name].detach().contiguous().flatten().tolist()
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {
            "dtype": "F32", "shape": list(tensors[name].shape),
            "data_offsets": [offset, offset + len(raw)],
        }
        data.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


if __name__ == "__main__":
    folder = sys.argv[1]
    torch.set_num_threads(1)
    files = {}
    for name, merged in [("tower-adamw", False), ("merge-adam", True)]:
        path = f"{folder}/{name}.safetensors"
        record(path, merged)
        with open(path, "rb") as file:
            files[f"{name}.safetensors"] = hashlib.sha256(file.read()).hexdigest()
    sidecar = {
        "command": "Scripts/goldens/training.py Tests/TrainingTests/Goldens",
        "torch": torch.__version__, "python": platform.python_version(), "dtype": "float32",
        "seed": 7, "threads": 1, "sha256": files,
    }
    with open(f"{folder}/training.json", "w") as file:
        file.write(json.dumps(sidecar, indent=2, sort_keys=True) + "\n")
