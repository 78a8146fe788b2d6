#!/usr/bin/env python3
"""Writes Tests/GGUFFilesTests/Goldens: blocks of every quantised type of GGUF that is read, and the values that
the `gguf` package makes of them.

    pip install gguf==0.19.0 numpy
    python3 Scripts/goldens/gguf_blocks.py

The package quantises the simple types. K-quants it can only read, so their blocks are random bytes with
scales of a usual size.
"""

import pathlib

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

FOLDER = pathlib.Path(__file__).parents[2] / "Tests/GGUFFilesTests/Goldens"
# Where the half precision scales of a block are, by type.
SCALES = {
    Type.Q2_K: (84, (80, 82)),
    Type.Q3_K: (110, (108,)),
    Type.Q4_K: (144, (0, 2)),
    Type.Q5_K: (176, (0, 2)),
    Type.Q6_K: (210, (208,)),
}


def main():
    random = np.random.default_rng(20261128)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in (Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0):
        values = random.normal(0, 0.05, (4, 64)).astype(np.float32)
        write(kind, quants.quantize(values, kind))
    for kind, (size, places) in SCALES.items():
        blocks = random.integers(0, 256, (4, size), dtype=np.uint8)
        for place in places:
            scales = random.normal(0, 0.01, 4).astype(np.float16)
            # The least subnormal is a scale as well.
            scales[3] = np.float16(6e-8)
            blocks[:, place : place + 2] = scales.view(np.uint8).reshape(4, 2)
        write(kind, blocks)


def write(kind, blocks):
    values = quants.dequantize(blocks, kind).astype("<f4")
    (FOLDER / f"{kind.name}.blocks").write_bytes(blocks.tobytes())
    (FOLDER / f"{kind.name}.values").write_bytes(values.tobytes())


if __name__ == "__main__":
    main()
