"""PyTorch's side of compare.py: answers one line of measurements for each line of words.

    python torch_contestant.py MODEL PIXELS
"""

import copy
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn

import material
from towers import MLP, OtherFormulation, Tower, fusion_bench_layer

TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
# name: width, mlp, layers, heads, patch, image, projection, batch
TRAINED = {
    "zoo": (128, 512, 12, 4, 8, 64, 384, 64),
    "vit-b-32": (768, 3072, 12, 12, 32, 224, 512, 16),
}


class Contestant:
    def __init__(self, model, pixels):
        self.tensors = material.read_model(model)
        self.pixels = torch.from_numpy(numpy.fromfile(pixels, dtype=numpy.float32).reshape(-1, 3, 224, 224))
        self.towers, self.trained, self.matrices = {}, {}, []
        torch.set_num_threads(2)
        torch.manual_seed(0)

    def tensor(self, name):
        return torch.from_numpy(self.tensors[name].astype(numpy.float32))

    def fill(self, module, name):
        with torch.no_grad():
            module.weight.copy_(self.tensor(f"{name}.weight"))
            if getattr(module, "bias", None) is not None:
                module.bias.copy_(self.tensor(f"{name}.bias"))

    def mlp(self, name):
        mlp = MLP(material.WIDTH, material.HIDDEN)
        self.fill(mlp.fc1, f"{name}.fc1")
        self.fill(mlp.fc2, f"{name}.fc2")
        return mlp

    def wemoe(self, index):
        name = f"vision_model.encoder.layers.{index}.mlp"
        parts = [f"{name}.task_vectors.{expert}" for expert in range(material.EXPERTS)]
        # The class subtracts the base from its experts; the task vectors are put in afterwards.
        layer = fusion_bench_layer()(
            hidden_size=material.WIDTH, base_model=self.mlp(f"{name}.base_model"),
            expert_models=[self.mlp(part) for part in parts], batch_first=True,
            router_hidden_layers=2, batch_reduce=False)
        for task_vector, part in zip(layer.task_vectors, parts):
            self.fill(task_vector.fc1, f"{part}.fc1")
            self.fill(task_vector.fc2, f"{part}.fc2")
        self.fill(layer.gate.fc1, f"{name}.gate.fc1")
        self.fill(layer.gate.fc2, f"{name}.gate.fc2")
        return layer

    def tower(self, kind, precision):
        """`plain`, `fusion_bench`, or another formulation of the latter."""
        if (kind, precision) in self.towers:
            return self.towers[kind, precision]
        if precision != "f32":
            tower = copy.deepcopy(self.tower(kind, "f32")).to(TYPES[precision])
        elif kind in ("plain", "fusion_bench"):
            plain = lambda index: self.mlp(f"vision_model.encoder.layers.{index}.mlp.base_model")
            tower = self.filled_tower(plain if kind == "plain" else self.wemoe)
        else:
            tower = copy.copy(self.tower("fusion_bench", "f32"))
            tower._modules = dict(tower._modules)
            tower.layers = nn.Sequential(*(self.other_layer(layer, kind) for layer in tower.layers))
        self.towers[kind, precision] = tower.eval().requires_grad_(False)
        return tower

    def other_layer(self, layer, kind):
        other = copy.copy(layer)
        other._modules = dict(layer._modules)
        other.mlp = OtherFormulation(layer.mlp, kind)
        return other

    def filled_tower(self, mlp):
        tower = Tower(
            material.WIDTH, material.HIDDEN, material.LAYERS, material.WIDTH // 64, material.PATCH, 224,
            material.PROJECTION, mlp)
        self.fill(tower.patches, "vision_model.embeddings.patch_embedding")
        with torch.no_grad():
            tower.first.copy_(self.tensor("vision_model.embeddings.class_embedding"))
            tower.positions.copy_(self.tensor("vision_model.embeddings.position_embedding.weight"))
        self.fill(tower.before, "vision_model.pre_layrnorm")
        self.fill(tower.after, "vision_model.post_layernorm")
        self.fill(tower.projection, "visual_projection")
        for index, layer in enumerate(tower.layers):
            name = f"vision_model.encoder.layers.{index}"
            self.fill(layer.norm1, f"{name}.layer_norm1")
            self.fill(layer.norm2, f"{name}.layer_norm2")
            self.fill(layer.out, f"{name}.self_attn.out_proj")
            with torch.no_grad():
                for suffix in ("weight", "bias"):
                    parts = [f"{name}.self_attn.{part}_proj.{suffix}" for part in "qkv"]
                    getattr(layer.qkv, suffix).copy_(torch.cat([self.tensor(part) for part in parts]))
        return tower

    def forward(self, kind, precision, batch):
        tower = self.tower(kind, precision)
        pixels = self.pixels[: int(batch)].to(TYPES[precision])
        with torch.inference_mode():
            start = time.perf_counter()
            tower(pixels)
            return time.perf_counter() - start

    def products(self):
        """GFLOP/s of the two maps of an MLP for a batch of 32, nothing else."""
        rows = 32 * material.TOKENS
        if not self.matrices:
            for shape in ((rows, material.WIDTH), (material.HIDDEN, material.WIDTH), (material.WIDTH, material.HIDDEN)):
                self.matrices.append(torch.randn(shape))
        x, up, down = self.matrices
        with torch.inference_mode():
            start = time.perf_counter()
            for _ in range(2):
                F.linear(F.linear(x, up), down)
            seconds = time.perf_counter() - start
        return 2 * 2 * 2 * rows * material.WIDTH * material.HIDDEN / seconds * 1e-9

    def logits(self, kind, batch, path):
        """Writes `[S, E, L]` f32: the gates' outputs averaged over tokens."""
        tower, found = self.tower(kind, "f32"), []
        hooks = [
            getattr(layer.mlp, "layer", layer.mlp).gate.register_forward_hook(
                lambda _, __, output: found.append(output.mean(dim=1)))
            for layer in tower.layers
        ]
        with torch.inference_mode():
            tower(self.pixels[: int(batch)])
        for hook in hooks:
            hook.remove()
        torch.stack(found, dim=-1).numpy().tofile(path)
        return len(found)

    def train(self, name, steps):
        *shape, batch = TRAINED[name]
        if name not in self.trained:
            tower = Tower(*shape)
            self.trained[name] = (tower, torch.optim.AdamW(tower.parameters(), lr=1e-5))
        tower, optimizer = self.trained[name]
        head = F.normalize(torch.randn(10, shape[-1]), dim=-1)
        pixels, labels = torch.randn(batch, 3, shape[5], shape[5]), torch.arange(batch) % 10
        times = []
        for _ in range(int(steps)):
            start = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(30 * F.normalize(tower(pixels), dim=-1) @ head.T, labels)
            loss.backward()
            optimizer.step()
            times.append(time.perf_counter() - start)
        return " ".join(map(str, times))


def main():
    contestant = Contestant(sys.argv[1], sys.argv[2])
    for line in sys.stdin:
        name, *words = line.split()
        print(getattr(contestant, name)(*words), flush=True)


main()
