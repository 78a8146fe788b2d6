"""Records what Pillow and NumPy make of small pictures, for Tests/ProbesTests.

Recorded with Pillow 13.0.0 (libjpeg-turbo 3.2.0) and NumPy 2.4.6, seed 20250101:

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0 numpy==2.4.6
    venv/bin/python Scripts/goldens/images.py Tests/ProbesTests/Goldens

The preprocessing is written out below in NumPy. Where transformers can be imported (checked with
4.57.6) its own CLIPImageProcessor must give the same bits, or the run fails.
"""

import base64
import io
import json
import math
import pathlib
import struct
import sys
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image, features

warnings.simplefilter("ignore")
rng = np.random.default_rng(20250101)


def text(data):
    return base64.b64encode(bytes(data)).decode()


def formula(width, height):
    """A picture that the tests compute too: [height, width, 3]."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((x * x * 3 + y * y * 5 + x * y * 7 + c * 61) // 4 % 256).astype(np.uint8)


def smooth(width, height, channels):
    """A gradient with some noise, which JPEG keeps recognisable."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    wave = 128 + 90 * np.sin(x / (3.0 + c)) * np.cos(y / (4.0 + c)) + 20 * c
    return np.clip(wave + rng.normal(0, 8, wave.shape), 0, 255).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def packed(samples, depth):
    """Rows of samples [h, w, c] with a filter byte of zero in front of each."""
    rows = b""
    for row in samples:
        values = row.reshape(-1)
        if depth == 16:
            data = values.astype(">u2").tobytes()
        else:
            bits = (values[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            data = np.packbits(bits.reshape(-1).astype(np.uint8)).tobytes()
        rows += b"\0" + data
    return rows


def png(samples, depth, colour_type, before=b"", interlaced=False):
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced))
    if interlaced:
        passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        data = b"".join(packed(part, depth) for part in passes if part.size)
    else:
        data = packed(samples, depth)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
        + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    )


def noise(width, height, channels, depth):
    return rng.integers(0, 1 << depth, (height, width, channels))


def png_fixtures():
    channels = {0: 1, 2: 3, 4: 2, 6: 4}
    names = {0: "grey", 2: "rgb", 4: "grey-alpha", 6: "rgba"}
    for colour_type, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 4: [8, 16], 6: [8, 16]}.items():
        for depth in depths:
            for interlaced in [False, True]:
                samples = noise(13, 7, channels[colour_type], depth)
                if colour_type == 0 and depth == 16:
                    samples[::2] %= 400  # Pillow clips at 255: have both sides of it
                suffix = "-interlaced" if interlaced else ""
                name = f"png-{names[colour_type]}-{depth}{suffix}"
                yield name, png(samples, depth, colour_type, interlaced=interlaced)
    for depth in [1, 2, 4, 8]:
        palette = rng.integers(0, 256, 3 << depth).astype(np.uint8).tobytes()
        plte = chunk(b"PLTE", palette)
        yield f"png-palette-{depth}", png(noise(13, 7, 1, depth), depth, 3, plte)
        trns = chunk(b"tRNS", bytes(rng.integers(0, 256, 1 << depth).astype(np.uint8)))
        yield (f"png-palette-{depth}-transparent-interlaced",
               png(noise(9, 11, 1, depth), depth, 3, plte + trns, interlaced=True))
    yield "png-palette-short", png(noise(13, 7, 1, 4), 4, 3, chunk(b"PLTE", bytes(range(30))))
    yield ("png-grey-8-transparent",
           png(noise(5, 5, 1, 8), 8, 0, chunk(b"tRNS", struct.pack(">H", 7))))
    yield ("png-rgb-8-transparent",
           png(noise(5, 5, 3, 8), 8, 2, chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))))
    yield "png-gamma", png(noise(5, 5, 3, 8), 8, 2, chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "png-one-pixel", png(noise(1, 1, 3, 8), 8, 2)
    filtered = io.BytesIO()
    Image.fromarray(smooth(24, 20, 3)).save(filtered, "PNG", optimize=True)
    yield "png-filtered", filtered.getvalue()


def jpeg(array, mode=None, **options):
    target = io.BytesIO()
    Image.fromarray(array, mode).save(target, "JPEG", **options)
    return target.getvalue()


def without_adobe(data):
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2: at + 4])[0]:]


def as_ycck(data):
    at = data.index(b"\xff\xee")
    return data[: at + 15] + b"\x02" + data[at + 16:]


def as_440(data):
    """The blocks of a 4:2:2 file read as 4:4:0: nonsense, and the same for every decoder."""
    at = data.index(b"\xff\xc0")
    assert data[at + 11] == 0x21
    return data[: at + 11] + b"\x12" + data[at + 12:]


def jpeg_fixtures():
    yield "jpeg-grey", jpeg(smooth(19, 11, 1)[:, :, 0])
    for number, name in enumerate(["444", "422", "420"]):
        for width, height in [(17, 13), (32, 32)]:
            yield (f"jpeg-{name}-{width}x{height}",
                   jpeg(smooth(width, height, 3), quality=92, subsampling=number))
    yield "jpeg-420-one-pixel", jpeg(smooth(1, 1, 3), subsampling=2)
    yield "jpeg-420-wide", jpeg(smooth(67, 3, 3), quality=80, subsampling=2)
    yield "jpeg-440", as_440(jpeg(smooth(32, 32, 3), quality=92, subsampling=1))
    yield "jpeg-progressive", jpeg(smooth(33, 21, 3), quality=75, progressive=True)
    yield "jpeg-restarts", jpeg(smooth(40, 24, 3), restart_marker_blocks=1)
    yield "jpeg-rgb", jpeg(smooth(15, 9, 3), quality=90, keep_rgb=True)
    yield "jpeg-low-quality", jpeg(smooth(30, 30, 3), quality=5)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "jpeg-orientation", jpeg(smooth(12, 20, 3), exif=exif)
    cmyk = jpeg(smooth(21, 14, 4), "CMYK", quality=90)
    yield "jpeg-cmyk", cmyk
    yield "jpeg-cmyk-without-adobe", without_adobe(cmyk)
    yield "jpeg-ycck", as_ycck(cmyk)
    yield "jpeg-trailing-bytes", jpeg(smooth(8, 8, 3)) + b"and more"


def decode_goldens():
    for name, data in [*png_fixtures(), *jpeg_fixtures()]:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        yield {"name": name, "encoded": text(data), "width": image.width, "height": image.height,
               "pixels": text(image.tobytes())}


def resize_goldens():
    sizes = [((37, 23), (16, 16)), ((37, 23), (41, 30)), ((37, 23), (37, 10)), ((37, 23), (50, 23)),
             ((37, 23), (5, 3)), ((37, 23), (1, 1)), ((37, 23), (37, 23)), ((1, 1), (4, 3)),
             ((300, 200), (24, 16)), ((97, 3), (7, 11)), ((640, 5), (3, 5)),
             ((20, 40), (24, 12)), ((40, 20), (12, 24)), ((30, 97), (29, 20))]
    for (width, height), (new_width, new_height) in sizes:
        source = Image.fromarray(formula(width, height))
        for filter in range(6):
            image = source.resize((new_width, new_height), filter)
            yield {"width": width, "height": height, "newWidth": new_width,
                   "newHeight": new_height, "filter": filter, "pixels": text(image.tobytes())}


def preprocessed(array, configuration):
    """CLIPImageProcessor on a uint8 array [height, width, 3], written out."""
    height, width = array.shape[:2]
    if configuration.get("do_resize", True):
        size = configuration["size"]
        edge = size if isinstance(size, int) else size.get("shortest_edge")
        if edge is None:
            new_height, new_width = size["height"], size["width"]
        else:
            short, long = min(width, height), max(width, height)
            new_long = int(edge * long / short)
            new_height, new_width = (new_long, edge) if width <= height else (edge, new_long)
        image = Image.fromarray(array).resize((new_width, new_height), configuration["resample"])
        array = np.array(image)
    crop = configuration.get("crop_size")
    if crop is not None and configuration.get("do_center_crop", True):
        rows, columns = (crop, crop) if isinstance(crop, int) else (crop["height"], crop["width"])
        height, width = array.shape[:2]
        top, left = (height - rows) // 2, (width - columns) // 2
        result = np.zeros((rows, columns, 3), np.uint8)
        for y in range(rows):
            for x in range(columns):
                if 0 <= y + top < height and 0 <= x + left < width:
                    result[y, x] = array[y + top, x + left]
        array = result
    if configuration.get("do_rescale", True):
        factor = configuration.get("rescale_factor", 1 / 255)
        array = (array.astype(np.float64) * factor).astype(np.float32)
    array = array.astype(np.float32)
    if configuration.get("do_normalize", True):
        mean = np.array(configuration["image_mean"], np.float32)
        deviation = np.array(configuration["image_std"], np.float32)
        array = (array - mean) / deviation
    return np.ascontiguousarray(array.transpose(2, 0, 1))


CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711]}


def preprocess_goldens():
    cases = {
        "exact size": (45, 30, {"size": {"height": 12, "width": 16}, "resample": 3, **CLIP}),
        "exact size, bilinear": (9, 30, {"size": {"height": 12, "width": 12}, "resample": 2, **CLIP}),
        "shortest edge and crop, wide": (
            45, 31, {"size": {"shortest_edge": 14}, "crop_size": {"height": 14, "width": 14},
                     "do_center_crop": True, "resample": 3, **CLIP}),
        "shortest edge and crop, tall": (
            31, 46, {"size": {"shortest_edge": 15}, "crop_size": 14, "do_center_crop": True,
                     "resample": 3, **CLIP}),
        "bare integers": (50, 33, {"size": 13, "crop_size": 12, "resample": 3, **CLIP}),
        "crop larger than the image": (
            30, 20, {"size": {"shortest_edge": 9}, "crop_size": {"height": 12, "width": 17},
                     "resample": 3, **CLIP}),
        "crop larger in one direction": (
            11, 40, {"size": {"shortest_edge": 7}, "crop_size": {"height": 8, "width": 12},
                     "resample": 0, **CLIP}),
        "no resizing": (23, 18, {"do_resize": False, "crop_size": 11, "resample": 3, **CLIP}),
        "no normalising": (20, 20, {"size": {"height": 7, "width": 9}, "resample": 3,
                                    "do_normalize": False}),
        "no rescaling": (20, 20, {"size": {"height": 7, "width": 9}, "resample": 3,
                                  "do_rescale": False, **CLIP}),
        "neither": (20, 20, {"size": {"height": 7, "width": 9}, "resample": 3,
                             "do_rescale": False, "do_normalize": False}),
        "another factor": (20, 20, {"size": {"height": 7, "width": 9}, "resample": 3,
                                    "rescale_factor": 0.0078431372549, **CLIP}),
        "an unknown key": (16, 16, {"size": {"height": 8, "width": 8}, "resample": 3,
                                    "feature_extractor_type": "CLIPFeatureExtractor",
                                    "do_convert_rgb": True, **CLIP}),
    }
    for name, (width, height, configuration) in cases.items():
        configuration = {"do_resize": True, "do_rescale": True, "do_normalize": True,
                         "do_center_crop": "crop_size" in configuration, **configuration}
        pixels = preprocessed(formula(width, height), configuration)
        check_against_transformers(name, formula(width, height), configuration, pixels)
        yield {"name": name, "width": width, "height": height,
               "configuration": text(json.dumps(configuration).encode()),
               "outputHeight": pixels.shape[1], "outputWidth": pixels.shape[2],
               "pixels": text(pixels.astype("<f4").tobytes())}


def check_against_transformers(name, array, configuration, pixels):
    try:
        from transformers import CLIPImageProcessor
    except ImportError:
        return
    processor = CLIPImageProcessor(**configuration)
    other = processor(Image.fromarray(array), return_tensors="np")["pixel_values"][0]
    if not np.array_equal(other.astype(np.float32), pixels):
        sys.exit(f"transformers disagrees in the case '{name}'")


def main():
    folder = pathlib.Path(sys.argv[1])
    versions = {"pillow": PIL.__version__, "numpy": np.__version__,
                "libjpeg-turbo": features.version("libjpeg_turbo")}
    print(versions)
    goldens = {"decode": decode_goldens(), "resize": resize_goldens(),
               "preprocess": preprocess_goldens()}
    for name, rows in goldens.items():
        data = json.dumps({"versions": versions, "cases": list(rows)}, indent=0) + "\n"
        (folder / f"{name}.json").write_text(data)
        print(f"{name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
