"""Compares `hashiflex preprocess --resize pillow-*` with Pillow, byte for byte, on random pictures and sizes.

    python check_pillow.py HASHIFLEX [--photographs TAR] [--images 1000] [--batch 10] [--seed 1] [--keep FOLDER]

Under Pillow 9.5 to 12.1 the kernels pillow-bilinear and pillow-bicubic are compared, under Pillow 13
pillow13-bilinear and pillow13-bicubic. Needs Pillow and numpy.
Every batch draws one set of options (preset, fit, size and shorter side 1 to 400, kernel) and --batch pictures:
noise, edges of 0 and 255, ramps, and pieces of the photographs of TAR, a tenth gray, as PNG. Their sizes: sides of
1 pixel, aspects to 1:3000, smaller and larger than the target, equal to it, and as photographs.
Prints counts a fit and a kernel, and the first difference. Exit code 1: a byte differs.
"""
from __future__ import annotations

import argparse
import collections
import io
import pathlib
import sys
import tempfile

import pipeline
from pipeline import Image, numpy

PIXELS_MAX = 6_000_000  # of a picture and of what it is resized to: bounds memory and time
KINDS = ("noise", "edges", "ramp", "photograph")


def options_of_a_batch(random: numpy.random.Generator, prefix: str) -> dict:
    """One set of options: how to call the product and what Pillow has to do."""
    preset = str(random.choice(["torchvision", "timm", "hf"]))
    fit = str(random.choice(["crop", "stretch", "crop-then-stretch", "letterbox"], p=[0.55, 0.2, 0.1, 0.15]))
    size = int(random.choice([random.integers(1, 401), 224, 96, random.integers(1, 33)], p=[0.55, 0.2, 0.1, 0.15]))
    kernel = str(random.choice(["bilinear", "bicubic"]))
    command = ["--preprocess", preset, "--size", str(size)]
    is_stated = random.random() < 0.5 or kernel != {"timm": "bicubic"}.get(preset, "bilinear")
    if is_stated or prefix != "pillow":
        command += ["--resize", f"{prefix}-{kernel}"]
    if fit != "crop" or random.random() < 0.5:
        command += ["--fit", fit]
    shorter, share = size * 256 // 224, 0.875  # the presets' own
    if fit == "crop" and random.random() < 0.7:
        shorter = int(random.integers(size, 401))
        command += ["--shorter", str(shorter)]
    elif fit == "crop-then-stretch" and random.random() < 0.5:
        share = int(random.choice([500, 750, 900, 1000])) / 1000
        command += ["--crop-pct", str(share)]
    return {"preset": preset, "fit": fit, "size": size, "kernel": kernel, "shorter": shorter, "share": share,
            "command": command}


def expected(picture: Image.Image, options: dict) -> numpy.ndarray:
    kernel = pipeline.BICUBIC if options["kernel"] == "bicubic" else pipeline.BILINEAR
    size = options["size"]
    if options["fit"] == "stretch":
        return pipeline.stretch(picture, size, kernel)
    if options["fit"] == "letterbox":
        return pipeline.letterbox(picture, size, kernel)
    if options["fit"] == "crop-then-stretch":
        return pipeline.crop_then_stretch(picture, size, options["share"], kernel)
    offset = pipeline.half_down if options["preset"] == "hf" else pipeline.half_even
    return pipeline.crop(picture, size, options["shorter"], kernel, offset)


def sides(random: numpy.random.Generator, options: dict) -> tuple[int, int]:
    """Width and height of a picture; drawn again while it, or what it is resized to, is too large."""
    goal = options["shorter"] if options["fit"] == "crop" else options["size"]
    while True:
        draw = random.random()
        if draw < 0.1:
            pair = [1, int(random.integers(1, 1001))]
        elif draw < 0.25:
            pair = [int(random.integers(2, 21)), int(random.integers(200, 3001))]
        elif draw < 0.45:
            pair = [int(side) for side in random.integers(1, 65, 2)]
        elif draw < 0.6:
            pair = [goal, max(1, goal + int(random.integers(-3, 200)))]
        elif draw < 0.63:
            pair = [int(side) for side in random.integers(1200, 2400, 2)]
        else:
            pair = [int(side) for side in random.integers(60, 900, 2)]
        if random.random() < 0.5:
            pair.reverse()
        short, long = min(pair), max(pair)
        resized = goal * pipeline.longer(goal, short, long) if options["fit"] == "crop" else 0
        if max(resized, short * long) <= PIXELS_MAX:
            return pair[0], pair[1]


def pixels(random: numpy.random.Generator, kind: str, width: int, height: int, photographs: list) -> numpy.ndarray:
    if kind == "noise":
        return random.integers(0, 256, (height, width, 3), numpy.uint8)
    if kind == "edges":
        cell = int(random.integers(1, 9))
        coarse = random.integers(0, 2, (height // cell + 1, width // cell + 1, 3), numpy.uint8) * numpy.uint8(255)
        return coarse.repeat(cell, 0).repeat(cell, 1)[:height, :width]
    if kind == "ramp":
        across, down = random.integers(-4, 5, (2, 3)) * random.random((2, 3)) * 2
        rows, columns = numpy.mgrid[0:height, 0:width]
        return ((rows[..., None] * down + columns[..., None] * across) % 256).astype(numpy.uint8)
    photograph = photographs[int(random.integers(len(photographs)))]
    whole = numpy.asarray(Image.open(io.BytesIO(photograph.data)).convert("RGB"))
    top, left = (int(random.integers(side)) for side in whole.shape[:2])
    margins = [(0, max(0, top + height - whole.shape[0])), (0, max(0, left + width - whole.shape[1])), (0, 0)]
    return numpy.pad(whole, margins, "symmetric")[top : top + height, left : left + width]


def draw(random: numpy.random.Generator, folder: pathlib.Path, options: dict, count: int, photographs: list) -> list:
    """Writes pictures -> [(path, what it shows)]."""
    result = []
    for place in range(count):
        width, height = sides(random, options)
        kind = KINDS[int(random.integers(len(KINDS) if photographs else len(KINDS) - 1))]
        image = Image.fromarray(numpy.ascontiguousarray(pixels(random, kind, width, height, photographs)))
        if random.random() < 0.1:
            image, kind = image.convert("L"), kind + ", gray"
        path = folder / f"{place:05}.png"
        image.save(path, compress_level=1)
        result.append((path, f"{width}x{height}, {kind}"))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashiflex", type=pipeline.Product)
    parser.add_argument("--photographs", help="a WebDataset tar with photographs")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the pictures of batches that differ")
    options = parser.parse_args()

    prefix = pipeline.kernel_prefix()
    random = numpy.random.default_rng(options.seed)
    photographs = pipeline.photographs(options.photographs) if options.photographs else []
    seen, wrong, bytes_seen, first = collections.Counter(), collections.Counter(), 0, None
    done = batch = 0
    while done < options.images:
        chosen = options_of_a_batch(random, prefix)
        count = min(options.batch, options.images - done)
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            pictures = draw(random, folder, chosen, count, photographs)
            found, names = options.hashiflex.bytes([folder], chosen["command"])
            pipeline.ordered(names, [path.name for path, _ in pictures], " ".join(chosen["command"]))
            for place, (path, what) in enumerate(pictures):
                right = expected(Image.open(path).convert("RGB"), chosen)
                case = f"{chosen['fit']}, {prefix}-{chosen['kernel']}"
                seen[case] += 1
                bytes_seen += right.size
                if found[place].shape == right.shape and numpy.array_equal(found[place], right):
                    continue
                wrong[case] += 1
                if first is None:
                    where = f" of batch {batch}, picture {place} ({what}), "
                    first = difference(found[place], right) + where + " ".join(chosen["command"])
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"batch{batch}-{path.name}").write_bytes(path.read_bytes())
        done, batch = done + count, batch + 1
    for case in sorted(seen):
        print(f"{case}: {seen[case] - wrong[case]} of {seen[case]} pictures equal")
    print(f"Pillow {pipeline.PIL.__version__}, seed {options.seed}: {done} pictures in {batch} sets of options, "
          f"{bytes_seen:,} bytes compared, {sum(wrong.values())} pictures differ")
    if first:
        print(f"first: {first}")
    sys.exit(1 if first else 0)


def difference(found: numpy.ndarray, right: numpy.ndarray) -> str:
    if found.shape != right.shape:
        return f"shape {found.shape}, expected {right.shape},"
    apart = numpy.abs(found.astype(int) - right)
    row, column, channel = (int(place) for place in numpy.argwhere(apart)[0])
    return (f"row {row}, column {column}, channel {channel}: {found[row, column, channel]}, expected "
            f"{right[row, column, channel]}; {int((apart > 0).sum())} of {apart.size} bytes, largest "
            f"{int(apart.max())};")


if __name__ == "__main__":
    main()
