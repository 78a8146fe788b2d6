"""What both sides measure on: a ViT-B/32-sized WEMoE of five experts, pixels, and JPEG archives."""

import io
import json
import os
import struct
import subprocess
import tarfile
import typing

import numpy

EXPERTS, LAYERS, WIDTH, HIDDEN, TOKENS, PATCH, PROJECTION = 5, 12, 768, 3072, 50, 32, 512
TASKS, IMAGES = 5, 64  # of the probe suite
SUITE = f"suite-{IMAGES}.json"


def tensors():
    """Name, shape, spread and mean of every tensor of the merge, under fusion_bench's names."""
    norm = lambda name: [(f"{name}.weight", (WIDTH,), 0.02, 1), (f"{name}.bias", (WIDTH,), 0.02, 0)]

    def linear(name, outputs, inputs, spread):
        return [(f"{name}.weight", (outputs, inputs), spread, 0), (f"{name}.bias", (outputs,), spread, 0)]

    embeddings = "vision_model.embeddings"
    found = [
        (f"{embeddings}.class_embedding", (WIDTH,), 0.1, 0),
        (f"{embeddings}.patch_embedding.weight", (WIDTH, 3, PATCH, PATCH), 0.02, 0),
        (f"{embeddings}.position_embedding.weight", (TOKENS, WIDTH), 0.1, 0),
        *norm("vision_model.pre_layrnorm"),
    ]
    for layer in range(LAYERS):
        name = f"vision_model.encoder.layers.{layer}"
        found += norm(f"{name}.layer_norm1") + norm(f"{name}.layer_norm2")
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            found += linear(f"{name}.self_attn.{part}", WIDTH, WIDTH, 0.04)
        for part, spread in [("base_model", 0.03)] + [(f"task_vectors.{e}", 0.003) for e in range(EXPERTS)]:
            found += linear(f"{name}.mlp.{part}.fc1", HIDDEN, WIDTH, spread)
            found += linear(f"{name}.mlp.{part}.fc2", WIDTH, HIDDEN, spread)
        found += linear(f"{name}.mlp.gate.fc1", WIDTH, WIDTH, 0.04)
        found += [(f"{name}.mlp.gate.fc2.weight", (EXPERTS, WIDTH), 0.04, 0)]
        found += [(f"{name}.mlp.gate.fc2.bias", (EXPERTS,), 0.02, 0.3)]
    found += norm("vision_model.post_layernorm")
    return found + [("visual_projection.weight", (PROJECTION, WIDTH), 0.04, 0)]


def write_model(folder):
    """The merge in f16, with configuration and preprocessing."""
    os.makedirs(folder, exist_ok=True)
    header, offset = {}, 0
    for name, shape, _, _ in tensors():
        end = offset + 2 * int(numpy.prod(shape))
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    random = numpy.random.default_rng(5)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape, spread, mean in tensors():
            values = random.random(int(numpy.prod(shape)), dtype=numpy.float32)
            values = (values - 0.5) * (spread * 12**0.5) + mean  # uniform, of that spread
            file.write(values.astype(numpy.float16).tobytes())
    configuration = {
        "hidden_size": WIDTH, "intermediate_size": HIDDEN, "num_hidden_layers": LAYERS,
        "num_attention_heads": WIDTH // 64, "image_size": 224, "patch_size": PATCH, "num_channels": 3,
        "projection_dim": PROJECTION, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
    }
    preprocessing = {
        "do_resize": True, "size": {"shortest_edge": 224}, "do_center_crop": True,
        "crop_size": {"height": 224, "width": 224}, "resample": 3, "do_rescale": True,
        "rescale_factor": 1 / 255, "do_normalize": True, "do_convert_rgb": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    }
    for name, value in [("config.json", configuration), ("preprocessor_config.json", preprocessing)]:
        with open(os.path.join(folder, name), "w") as file:
            json.dump(value, file)


def read_model(folder):
    """The tensors by name, as f16 arrays on the mapped file."""
    path = os.path.join(folder, "model.safetensors")
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    data = numpy.memmap(path, dtype=numpy.uint8, mode="r", offset=8 + length)
    return {
        name: data[slice(*entry["data_offsets"])].view(numpy.float16).reshape(entry["shape"])
        for name, entry in header.items()
    }


def write_pixels(path, count):
    """Images after preprocessing, `[count, 3, 224, 224]` f32."""
    random = numpy.random.default_rng(6)
    random.standard_normal((count, 3, 224, 224), dtype=numpy.float32).tofile(path)


def write_suite(folder, program):
    """Five tasks of JPEGs of 256 x 256 that differ in scale and colour of their noise; a suite of all."""
    from PIL import Image

    random = numpy.random.default_rng(7)
    sources = []
    for task in range(TASKS):
        path = os.path.join(folder, f"task{task}.tar")
        with tarfile.open(path, "w") as archive:
            for index in range(IMAGES):
                side = 4 << task
                noise = random.integers(0, 256, (side, side, 3), dtype=numpy.uint8)
                noise[..., task % 3] //= 2
                image = Image.fromarray(noise).resize((256, 256), Image.BICUBIC)
                file = io.BytesIO()
                image.save(file, "JPEG", quality=90)
                entry = tarfile.TarInfo(f"{index:05}.jpg")
                entry.size = file.tell()
                file.seek(0)
                archive.addfile(entry, file)
        sources += ["--task", f"task{task}={path}"]
    suite = os.path.join(folder, SUITE)
    subprocess.run(
        [program, "suite", "create", *sources, "--count", str(IMAGES), "-o", suite, "--force"],
        check=True, capture_output=True)
    return suite


class Place(typing.NamedTuple):
    """Where the material lies."""

    folder: str
    model: str
    pixels: str
    suite: str


def prepare(folder, program):
    """Makes everything, unless a run before did."""
    place = Place(
        folder, *(os.path.join(folder, name) for name in ("victim", "pixels.f32", SUITE)))
    # The suite is written last.
    if not os.path.exists(place.suite):
        os.makedirs(folder, exist_ok=True)
        write_model(place.model)
        write_pixels(place.pixels, 32)
        write_suite(folder, program)
    return place
