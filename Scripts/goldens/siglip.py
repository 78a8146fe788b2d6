"""Records what PyTorch makes of a tiny random SigLIP and of a WEMoE of it, for Tests/ModelFamiliesTests.

Recorded with torch 2.15.0, transformers 5.24.0, seed 20261128, f32 on a CPU:

    python3 Scripts/goldens/siglip.py Tests/ModelFamiliesTests/Goldens/siglip

It writes a base and two experts as `SiglipVisionModel.save_pretrained` does, one of them under the names
that have no `vision_model.`, and `golden.safetensors`: four images; features and hidden states of the base;
gates; router logits, MLP inputs and features of a mixture of the two experts (softmax routing, lambda 0.3),
written out here from its definition. Nothing is taken from the Swift code.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import SiglipVisionConfig, SiglipVisionModel

torch.manual_seed(20261128)
out = pathlib.Path(sys.argv[1])
config = SiglipVisionConfig(
    hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4,
    image_size=16, patch_size=4)
E, LAMBDA = 2, 0.3


def model_of(state):
    model = SiglipVisionModel(config)
    model.load_state_dict(state)
    return model.eval()


def randomised(state, scale, around=None):
    result = {}
    for name, value in state.items():
        noise = torch.randn(value.shape) * scale
        if around is not None:
            result[name] = around[name] + noise
        else:
            result[name] = noise + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
    return result


def short(name):
    return name.removeprefix("vision_model.")


def write(folder, state, trunk):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {trunk + short(name): value.contiguous() for name, value in state.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    keys = config.to_dict()
    keys["architectures"] = ["SiglipVisionModel"]
    keys = {key: value for key, value in keys.items() if key != "transformers_version"}
    (folder / "config.json").write_text(json.dumps(keys, indent=1, sort_keys=True) + "\n")
    preprocessor = {
        "image_processor_type": "SiglipImageProcessor", "do_resize": True, "resample": 3,
        "size": {"height": 16, "width": 16}, "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=1) + "\n")


def run(model, pixels):
    with torch.no_grad():
        result = model(pixel_values=pixels, output_hidden_states=True)
    return result.pooler_output, torch.stack(result.hidden_states[1:])


zero = SiglipVisionModel(config).state_dict()
base = randomised(zero, 0.25)
experts = [randomised(zero, 0.1, base) for _ in range(E)]
pixels = torch.randn(4, 3, 16, 16)
features, hidden = run(model_of(base), pixels)


class Mixture(torch.nn.Module):
    """W(s) = W0 + sum over e of w[s, e] T_e; w = softmax of the gate averaged over tokens."""

    def __init__(self, parts, tasks, gate):
        super().__init__()
        self.parts, self.tasks, self.gate = parts, tasks, gate

    def forward(self, x):
        g = self.gate
        hidden = torch.relu(x @ g["fc1.weight"].T + g["fc1.bias"])
        self.logits = (hidden @ g["fc2.weight"].T + g["fc2.bias"]).mean(dim=1)
        weights = self.logits.softmax(dim=-1)
        rows = []
        for sample in range(x.shape[0]):
            own = {
                name: value + sum(weights[sample, e] * self.tasks[e][name] for e in range(E))
                for name, value in self.parts.items()}
            h = x[sample] @ own["fc1.weight"].T + own["fc1.bias"]
            h = torch.nn.functional.gelu(h, approximate="tanh")
            rows.append(h @ own["fc2.weight"].T + own["fc2.bias"])
        return torch.stack(rows)


merged = {
    name: value if ".encoder.layers." in "." + name and ".mlp." in name
    else value + LAMBDA * sum(expert[name] - value for expert in experts)
    for name, value in base.items()}
model = model_of(merged)
inner = getattr(model, "vision_model", model)
gates, mixtures = {}, []
D = config.hidden_size
for index, layer in enumerate(inner.encoder.layers):
    gate = {
        "fc1.weight": torch.randn(D, D) * 0.3, "fc1.bias": torch.randn(D) * 0.1,
        "fc2.weight": torch.randn(E, D) * 0.3, "fc2.bias": torch.randn(E) * 0.1}
    here = next(n for n in base if n.endswith(f"encoder.layers.{index}.mlp.fc1.weight"))
    start = here.removesuffix("fc1.weight")
    parts = {name: base[start + name] for name in
             ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]}
    tasks = [{name: expert[start + name] - parts[name] for name in parts} for expert in experts]
    layer.mlp = Mixture(parts, tasks, gate)
    mixtures.append(layer.mlp)
    for name, value in gate.items():
        gates[f"vision_model.encoder.layers.{index}.mlp.gate.{name}"] = value
merged_features, _ = run(model, pixels)
logits = torch.stack([m.logits for m in mixtures], dim=-1)  # [S, E, L]

write(out / "base", base, "vision_model.")
write(out / "one", experts[0], "vision_model.")
write(out / "two", experts[1], "")
save_file(
    {name: value.contiguous() for name, value in gates.items()}, out / "gates.safetensors",
    metadata={"experts": json.dumps(["one", "two"]), "scaling": str(LAMBDA), "softmax": "true"})
save_file(
    {
        "pixels": pixels, "features": features, "hidden_states": hidden.contiguous(),
        "router_logits": logits.contiguous(), "merged_features": merged_features,
    },
    out / "golden.safetensors")
