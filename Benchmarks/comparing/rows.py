"""What is measured: the rows of the table, in its order, and some that belong beside it."""

import os
import statistics
import subprocess
import tempfile
import time

import numpy

import material
from contest import Row, alternate

FORMULATIONS = ("fusion_bench", "batched", "products")


def operations():
    """Floating-point operations of a plain forward pass of one image."""
    width, tokens = material.WIDTH, material.TOKENS
    products = 4 * width * width + 2 * width * material.HIDDEN
    layer = 2 * tokens * products + 4 * tokens * tokens * width
    patches = 2 * (tokens - 1) * 3 * material.PATCH**2 * width
    return material.LAYERS * layer + patches + 2 * width * material.PROJECTION


class Measurements:
    """Every method measures one row and returns it."""

    def __init__(self, ours, torch, openblas, place, routemark, quick):
        self.ours, self.torch, self.openblas = ours, torch, openblas
        self.place, self.routemark, self.quick = place, routemark, quick
        self.rounds = 1 if quick else 3
        self.batches = (8,) if quick else (8, 32)

    def alternate(self, *questions):
        return alternate(self.rounds, *questions)

    def beside_best_formulation(self, row, program, precision, limit):
        """Every formulation in every round, since none is the fastest at all batches: the lowest median counts."""
        for batch in self.batches:
            ours, *theirs = self.alternate(
                (self.ours, "forward", "wemoe", precision, batch),
                *((program, "forward", kind, precision, batch) for kind in FORMULATIONS))
            best = min(theirs)
            kind = FORMULATIONS[theirs.index(best)]
            row.add_ratio(f"batch {batch}, {kind}", best, ours, limit, batch)
        return row

    def beside_torch(self, row, program, kind, precision, limit):
        for batch in self.batches:
            ours, theirs = self.alternate(
                (self.ours, "forward", "wemoe", precision, batch),
                (program, "forward", kind, precision, batch))
            row.add_ratio(f"batch {batch}", theirs, ours, limit, batch)
        return row

    # The table.

    def wemoe(self):
        row = Row("WEMoE ViT-B/32 forward, E = 5, f32, against fusion_bench's layer in PyTorch", ">= 6x")
        return self.beside_torch(row, self.torch, "fusion_bench", "f32", 6)

    def openblas_wemoe(self):
        row = Row("the same against PyTorch with OpenBLAS preloaded, best formulation", ">= 4x")
        if not self.openblas:
            row.obstacle = "no OpenBLAS for OpenMP here: apt install libopenblas0-openmp, or --openblas FILE"
            return row
        return self.beside_best_formulation(row, self.openblas, "f32", 4)

    def merging(self):
        row = Row("fused merge MLP against the static MLP on our own kernels, batch 32", ">= 0.70")
        for precision in ("f32",) if self.quick else ("f32", "bf16"):
            merged, static = self.alternate(
                (self.ours, "mlp", "merged", precision, 32), (self.ours, "mlp", "static", precision, 32))
            # The target is one of f32.
            limit = 0.7 if precision == "f32" else None
            row.add(
                precision, f"{static / merged:.2f}", static / merged, limit,
                limit is not None and static / merged >= limit, rounds=merged.rounds)
        return row

    def plain(self):
        row = Row(
            "plain ViT-B/32 forward, f32, against PyTorch; share of the peak", ">= 2.3x; >= 80 %")
        batch = self.batches[-1]
        ours, theirs, peak, *products = self.alternate(
            (self.ours, "forward", "plain", "f32", batch), (self.torch, "forward", "plain", "f32", batch),
            (self.ours, "peak"),
            *((program, "products") for program in (self.ours, self.torch, self.openblas) if program))
        row.add_ratio(f"batch {batch}", theirs, ours, 2.3, batch)
        rate = operations() * batch / ours / 1e9
        # Of the fastest matrix product of anyone, and of multiply-adds in registers, which no product reaches.
        for name, limit in (("products", max(products)), ("multiply-adds", peak)):
            share = rate / limit
            row.add(name, f"{share:.0%} of {limit:.0f} GFLOP/s", share, 0.8, share >= 0.8)
        return row

    def bf16(self):
        row = Row("WEMoE forward in bf16 against PyTorch bf16; change of a similarity", ">= 4x; < 0.002")
        self.beside_best_formulation(row, self.torch, "bf16", 4)
        change = self.ours.time("similarity")
        row.add("largest change", f"{change:.5f}", change, 0.002, change < 0.002)
        return row

    def capture(self):
        row = Row("capture end to end (JPEG to trace), share of time not in the model", "< 5 %")
        for precision in ("f32",) if self.quick else ("f32", "bf16"):
            answers = [self.ours.ask("capture", precision) for _ in range(self.rounds + 1)][1:]
            whole, model = (statistics.median(column) for column in zip(*answers))
            share = max(0, 1 - model / whole)
            row.add(precision, f"{share:.1%} of {whole:.1f} s", share, 0.05, share < 0.05)
        return row

    def memory(self):
        row = Row(
            "peak memory, ViT-B/32 x 5 experts in f16 on disk", "< 1.3 x the weights computed with + 200 MB")
        elements = sum(int(numpy.prod(shape)) for _, shape, _, _ in material.tensors())
        for precision, width in (("f32", 4), ("bf16", 2)):
            peak = self.peak_memory(precision)
            limit = 1.3 * width * elements + 200e6
            row.add(
                precision, f"{peak / 1e6:.0f} MB (limit {limit / 1e6:.0f})", peak, limit, peak < limit)
        return row

    def peak_memory(self, precision):
        """The largest resident size of a capture, in bytes."""
        return self.captured("--precision", precision).ru_maxrss * 1024

    def captured(self, *options):
        """What a capture in a process of its own used."""
        trace = os.path.join(self.place.folder, "process.trace.safetensors")
        process = subprocess.Popen(
            [self.routemark, "capture", "--model", self.place.model, "--suite", self.place.suite, "-o", trace,
             "--force", "-q", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"routemark capture {' '.join(options)} failed")
        return usage

    def start(self):
        row, times = Row("start to --help", "< 10 ms"), []
        for _ in range(10 if self.quick else 40):
            begin = time.perf_counter()
            subprocess.run([self.routemark, "--help"], check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - begin)
        median = statistics.median(times) * 1e3
        row.add("", f"{median:.1f} ms", median, 10, median < 10)
        return row

    def attribution(self):
        row = Row("five experts against registered victims' experts, 60 numbers each", "100,000: < 100 ms")
        for count in (100_000,) if self.quick else (10, 1000, 100_000):
            median = statistics.median(self.ours.time("attribute", count) for _ in range(3)) * 1e3
            row.add(f"{count:,}", f"{median:.2f} ms", median, 100, median < 100)
        return row

    # Beside it.

    def parity(self):
        row = Row("largest difference of router logits from fusion_bench's in f32", "f32 < 0.001; bf16 < 0.05")
        own, other = (os.path.join(self.place.folder, name) for name in ("own.f32", "torch.f32"))
        self.torch.ask("logits", "fusion_bench", 4, other)
        expected = numpy.fromfile(other, dtype=numpy.float32)
        for precision, limit in (("f32", 1e-3), ("bf16", 5e-2)):
            self.ours.ask("logits", precision, 4, own)
            difference = numpy.abs(numpy.fromfile(own, dtype=numpy.float32) - expected).max()
            row.add(precision, f"{difference:.1e}", difference, limit, difference < limit)
        row.name += f" (their spread: {expected.std():.2f})"
        return row

    def single(self):
        row = Row("WEMoE forward of one image, f32, against fusion_bench's layer", ">= 6x")
        ours, theirs = self.alternate(
            (self.ours, "forward", "wemoe", "f32", 1), (self.torch, "forward", "fusion_bench", "f32", 1))
        row.add_ratio("batch 1", theirs, ours, 6, 1)
        return row

    def loading(self):
        row = Row("one image through ViT-B/32 x 5, start to trace: packing the weights; packed before", "")
        with tempfile.TemporaryDirectory(dir=self.place.folder) as cache:
            ways = {"packing": (), "packed before": ("--cache", cache)}
            times = {way: [] for way in ways}
            for round in range(self.rounds + 1):
                for way, options in ways.items():
                    begin = time.perf_counter()
                    self.captured("--shard", f"0/{material.TASKS * material.IMAGES}", *options)
                    if round > 0:
                        times[way].append(time.perf_counter() - begin)
        for way, seconds in times.items():
            median = statistics.median(seconds)
            row.add(way, f"{median:.2f} s", median, None, None)
        return row

    def training(self):
        row = Row("training step, f32, against PyTorch", ">= 2x")
        for name, steps, batch in (("zoo", 4, 64), ("vit-b-32", 2, 16)):
            times = {self.ours: [], self.torch: []}
            for round in range(self.rounds):
                for program, found in times.items():
                    answer = program.ask("train", name, steps)
                    found += answer[1:] if round == 0 else answer
            ours, theirs = (statistics.median(found) for found in times.values())
            row.add_ratio(f"{name}, batch {batch}", theirs, ours, 2, 1, "steps/s")
        return row


TABLE = (
    "wemoe", "openblas_wemoe", "merging", "plain", "bf16", "capture", "memory", "start", "attribution")
BESIDE = ("parity", "single", "loading", "training")
