"""Records PCS, ICS and CKA of small models and matrices, for Tests/BaselinesTests.

Recorded with NumPy 2.4.6, seed 20250102, everything in float64 after the f32 weights:

    python3 Scripts/goldens/baselines.py Tests/BaselinesTests/Goldens

It writes two full merges (a few numbers wide) as model folders and `expected.json`. Each method is
written out as its publication has it: invariant terms with all their K x K entries, CKA with the
centring matrix, HSIC_1 with its sums. Nothing is taken from the Swift code.
"""

import json
import pathlib
import struct
import sys

import numpy as np

rng = np.random.default_rng(20250102)

D, F, L, H, P, SIDE, PATCH = 4, 6, 3, 2, 3, 4, 2
T = (SIDE // PATCH) ** 2 + 1
LAYER = "vision_model.encoder.layers."


def numbers(*shape, scale=1.0, mean=0.0):
    return (mean + scale * rng.standard_normal(shape)).astype(np.float32)


def outside():
    tensors = {
        "vision_model.embeddings.class_embedding": numbers(D),
        "vision_model.embeddings.patch_embedding.weight": numbers(D, 3, PATCH, PATCH),
        "vision_model.embeddings.position_embedding.weight": numbers(T, D, mean=0.5),
        "visual_projection.weight": numbers(P, D),
    }
    norms = ["vision_model.pre_layrnorm", "vision_model.post_layernorm"]
    for layer in range(L):
        norms += [f"{LAYER}{layer}.layer_norm1", f"{LAYER}{layer}.layer_norm2"]
        for name in ["q_proj", "k_proj", "v_proj", "out_proj"]:
            tensors[f"{LAYER}{layer}.self_attn.{name}.weight"] = numbers(D, D)
            tensors[f"{LAYER}{layer}.self_attn.{name}.bias"] = numbers(D)
    for norm in norms:
        tensors[f"{norm}.weight"] = numbers(D, mean=1.0, scale=0.1)
        tensors[f"{norm}.bias"] = numbers(D)
    return tensors


def mlps(part, scale=1.0):
    tensors = {}
    for layer in range(L):
        name = f"{LAYER}{layer}.mlp.{part}"
        tensors[f"{name}fc1.weight"] = numbers(F, D, scale=scale)
        tensors[f"{name}fc1.bias"] = numbers(F, scale=scale)
        tensors[f"{name}fc2.weight"] = numbers(D, F, scale=scale)
        tensors[f"{name}fc2.bias"] = numbers(D, scale=scale)
    return tensors


def gates(experts):
    tensors = {}
    for layer in range(L):
        name = f"{LAYER}{layer}.mlp.gate"
        for part, rows in [("fc1", D), ("fc2", experts)]:
            tensors[f"{name}.{part}.weight"] = numbers(rows, D)
            tensors[f"{name}.{part}.bias"] = numbers(rows)
    return tensors


def drift(tensors, scale):
    return {
        name: (value + scale * rng.standard_normal(value.shape)).astype(np.float32)
        for name, value in tensors.items()
    }


def write(folder, tensors, experts, routing, scaling):
    folder.mkdir(parents=True, exist_ok=True)
    header, data = {}, b""
    for name in sorted(tensors):
        raw = tensors[name].astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32", "shape": list(tensors[name].shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    configuration = {
        "hidden_size": D, "intermediate_size": F, "num_hidden_layers": L,
        "num_attention_heads": H, "image_size": SIDE, "patch_size": PATCH, "projection_dim": P,
        "num_channels": 3, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
        "wemoe": {
            "experts": experts, "routing": routing, "scaling_coefficient": scaling,
            "gate_depth": 2,
        },
    }
    (folder / "config.json").write_text(json.dumps(configuration, indent=1) + "\n")


def cosine(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def flat(tensors, names):
    return np.concatenate([tensors[name].ravel() for name in names])


def role(name):
    if ".task_vectors." in name:
        return "task-vectors"
    if ".gate." in name:
        return "gates"
    return "mlps" if ".mlp." in name else "outside-mlps"


def pcs_m(a, b):
    paired = [n for n in sorted(a) if n in b and a[n].shape == b[n].shape]
    result = {"similarity": cosine(flat(a, paired), flat(b, paired)), "parts": {}}
    for kind in ["outside-mlps", "mlps", "task-vectors", "gates"]:
        mine = [n for n in paired if role(n) == kind]
        both = [n for n in a if n in b and role(n) == kind]
        only = [n for n in set(a) ^ set(b) if role(n) == kind]
        result["parts"][kind] = {
            "cosine": cosine(flat(a, mine), flat(b, mine)), "pairedTensors": len(mine),
            "pairedNumbers": int(sum(a[n].size for n in mine)),
            "mismatchedTensors": len(both) - len(mine), "unpairedTensors": len(only),
        }
    return result


def expert_matrix(a, b, one):
    return [[one(j, k) for k in range(len(b))] for j in range(len(a))]


def pcs_e(a, experts_a, b, experts_b):
    def vector(tensors, expert):
        part = f".task_vectors.{expert}."
        return flat(tensors, [n for n in sorted(tensors) if part in n])

    return expert_matrix(
        experts_a, experts_b, lambda j, k: cosine(vector(a, j), vector(b, k)))


def wide(tensors, name):
    return tensors[name].astype(np.float64)


def embeddings(tensors):
    name = "vision_model.embeddings."
    patches = wide(tensors, name + "patch_embedding.weight").reshape(D, -1).T
    positions = wide(tensors, name + "position_embedding.weight")
    return np.concatenate([patches, positions, wide(tensors, name + "class_embedding")[None]])


def standardized(terms):
    return np.concatenate([((m - m.mean()) / m.std()).ravel() for m in terms])


def ics_m(a, share_a, count_a, b, share_b, count_b, X, Y):
    def terms(tensors, share, count, X):
        result = []
        for layer in [L - 2, L - 1]:
            q, k, v, o = (
                wide(tensors, f"{LAYER}{layer}.self_attn.{n}.weight")
                for n in ["q_proj", "k_proj", "v_proj", "out_proj"])
            w1, w2 = (
                wide(tensors, f"{LAYER}{layer}.mlp.base_model.{n}.weight")
                + share * sum(
                    wide(tensors, f"{LAYER}{layer}.mlp.task_vectors.{e}.{n}.weight")
                    for e in range(count))
                for n in ["fc1", "fc2"])
            result += [X @ q.T @ k @ X.T, X @ v.T @ o.T @ X.T, X @ w1.T @ w2.T @ X.T]
        return standardized(result)

    return cosine(terms(a, share_a, count_a, X), terms(b, share_b, count_b, Y))


def ics_e(a, experts_a, b, experts_b, X, Y):
    def terms(tensors, expert, X):
        result = []
        for layer in [L - 2, L - 1]:
            t1, t2 = (
                wide(tensors, f"{LAYER}{layer}.mlp.task_vectors.{expert}.{n}.weight")
                for n in ["fc1", "fc2"])
            result.append(X @ t1.T @ t2.T @ X.T)
        return standardized(result)

    return expert_matrix(
        experts_a, experts_b, lambda j, k: cosine(terms(a, j, X), terms(b, k, Y)))


def biased_cka(X, Y):
    n = len(X)
    h = np.eye(n) - np.ones((n, n)) / n
    k, l = h @ (X @ X.T) @ h, h @ (Y @ Y.T) @ h
    return float((k * l).sum() / (np.linalg.norm(k) * np.linalg.norm(l)))


def hsic_1(X, Y):
    n, one = len(X), np.ones(len(X))
    k, l = X @ X.T, Y @ Y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l, 0)
    return (
        np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
        - 2 / (n - 2) * (one @ k @ l @ one)
    ) / (n * (n - 3))


def unbiased_cka(X, Y):
    return float(hsic_1(X, Y) / np.sqrt(hsic_1(X, X) * hsic_1(Y, Y)))


def cka_case(n, d, e):
    X = numbers(n, d, mean=0.5).astype(np.float64)
    Y = (X[:, : min(d, e)] @ numbers(min(d, e), e) + numbers(n, e)).astype(np.float32)
    Y = Y.astype(np.float64)
    a, b = ((m - m.mean(axis=0)) / m.std(axis=0) for m in (X, Y))
    return {
        "samples": n, "firstWidth": d, "secondWidth": e, "first": X.ravel().tolist(),
        "second": Y.ravel().tolist(), "biased": biased_cka(X, Y),
        "unbiased": unbiased_cka(X, Y), "standardizedBiased": biased_cka(a, b),
        "standardizedUnbiased": unbiased_cka(a, b),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    names_a, names_b = ["one", "two", "three"], ["two", "four"]
    victim = outside() | mlps("base_model.") | gates(3)
    for index in range(3):
        victim |= mlps(f"task_vectors.{index}.", scale=0.2)
    suspect = drift(victim, 0.1)
    suspect = {n: v for n, v in suspect.items() if ".task_vectors.2." not in n}
    suspect |= gates(2)
    write(folder / "victim", victim, names_a, "raw", 0.25)
    write(folder / "suspect", suspect, names_b, "softmax", 0.3)

    X, Y, I = embeddings(victim), embeddings(suspect), np.eye(D)
    ics = {}
    for choice, x, y in [("victim", X, X), ("own", X, Y), ("identity", I, I)]:
        ics[choice] = {
            "model": ics_m(victim, 0.25, 3, suspect, 1 / 2, 2, x, y),
            "experts": ics_e(victim, names_a, suspect, names_b, x, y),
        }
    expected = {
        "numpy": np.__version__,
        "pcsModel": pcs_m(victim, suspect),
        "pcsExperts": pcs_e(victim, names_a, suspect, names_b),
        "ics": ics,
        # Few samples of wide features, many of narrow ones, and the fewest there may be.
        "cka": [cka_case(9, 20, 15), cka_case(40, 7, 5), cka_case(4, 3, 3)],
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
