"""Fine-tuning steps in PyTorch and in RouteMark, alternating, on the same shapes and batches.

    python3 -m venv venv && venv/bin/pip install torch numpy
    cd Benchmarks && swift build -c release --product TrainingBenchmarks
    ../venv/bin/python compare_training.py [ROUNDS]

A step is forward, backward and AdamW on all parameters, in float32, on two threads. Each round runs
one program after the other; the table has medians over all steps but the first of a round.
"""

import os
import platform
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

# name: width, mlp, layers, heads, patch, image, projection, batch, steps a round
TOWERS = {
    "zoo": (128, 512, 12, 4, 8, 64, 384, 64, 4),
    "vit-b-32": (768, 3072, 12, 12, 32, 224, 512, 16, 3),
}


class Layer(nn.Module):
    def __init__(self, width, mlp, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, mlp), nn.Linear(mlp, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = (
            part.view(batch, tokens, self.heads, -1).transpose(1, 2)
            for part in self.qkv(self.norm1(x)).chunk(3, dim=-1)
        )
        attended = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, tokens, width))
        hidden = self.fc1(self.norm2(x))
        return x + self.fc2(hidden * torch.sigmoid(1.702 * hidden))


class Tower(nn.Module):
    def __init__(self, width, mlp, layers, heads, patch, image, projection):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch, bias=False)
        self.first = nn.Parameter(torch.randn(width) * 0.03)
        self.positions = nn.Parameter(torch.randn((image // patch) ** 2 + 1, width) * 0.03)
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.layers = nn.Sequential(*(Layer(width, mlp, heads) for _ in range(layers)))
        self.projection = nn.Linear(width, projection, bias=False)

    def forward(self, pixels):
        patches = self.patches(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(len(patches), 1, -1), patches], dim=1) + self.positions
        return self.projection(self.after(self.layers(self.before(x))[:, 0]))


def torch_steps(tower, head, optimizer, image, batch, steps):
    pixels = torch.randn(batch, 3, image, image)
    labels = torch.arange(batch) % len(head)
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(30 * F.normalize(tower(pixels), dim=-1) @ head.T, labels)
        loss.backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    return times


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    torch.set_num_threads(2)
    torch.manual_seed(0)
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".build/release/TrainingBenchmarks")
    print(f"torch {torch.__version__}, {platform.processor() or platform.machine()}, 2 threads, float32")
    for name, (*shape, batch, steps) in TOWERS.items():
        tower = Tower(*shape)
        head = F.normalize(torch.randn(10, shape[-1]), dim=-1)
        optimizer = torch.optim.AdamW(tower.parameters(), lr=1e-5)
        theirs, ours = [], []
        for _ in range(rounds):
            theirs += torch_steps(tower, head, optimizer, shape[5], batch, steps)[1:]
            output = subprocess.run(
                [program, name, str(steps), str(batch)], check=True, capture_output=True, text=True
            ).stdout
            ours += [float(line) for line in output.split()][1:]
        their, our = statistics.median(theirs), statistics.median(ours)
        print(
            f"{name:10} batch {batch:3}  torch {1 / their:6.2f} steps/s  routemark {1 / our:6.2f} steps/s"
            f"  ratio {their / our:.2f}"
        )


main()
