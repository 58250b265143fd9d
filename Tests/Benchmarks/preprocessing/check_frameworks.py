"""Compares `hashiflex preprocess --preprocess PRESET` with the frameworks' own transforms, on photographs.

    python check_frameworks.py HASHIFLEX TAR [--images 200] [--seed 1] [--frameworks torchvision,timm,...]

TAR: a WebDataset tar with photographs. They are compared as they are (JPEG), and once more as PNG of random size, since
pictures whose shorter side is the crop's already are not resampled. Pillow decodes for the frameworks.
A line a framework: which share of the bytes is equal, the largest difference, what is asked of it. `equal`: every
byte, under Pillow 9.5 to 12.1; `at most 1`: frameworks that resample in floating point, rounded; `-`: nothing, the
framework has other bytes by design. Frameworks that are not installed are left out with a line that says so.
Exit code 1: a framework differs by more than is asked, or the product came without one.
"""
from __future__ import annotations

import argparse
import io
import pathlib
import sys
import tempfile

import pipeline
from frameworks import FRAMEWORKS, Row
from pipeline import Image, numpy

def rows(names: list[str]) -> list[Row]:
    result = []
    for name in names:
        try:
            result += FRAMEWORKS[name]()
        except ImportError as problem:
            kind = "keras" if name == "tensorflow" else "frameworks"
            print(f"{name}: left out, {problem}: see requirements-{kind}.txt in README.md", flush=True)
    return result


def resized(pictures: list[pipeline.Photograph], folder: pathlib.Path, seed: int) -> list[pipeline.Photograph]:
    """The same photographs as PNG, shorter side 120 to 700."""
    random, result = numpy.random.default_rng(seed), []
    for place, picture in enumerate(pictures):
        image = Image.open(io.BytesIO(picture.data)).convert("RGB")
        factor = int(random.integers(120, 701)) / min(image.size)
        size = [max(1, int(side * factor) + int(random.integers(0, 4))) for side in image.size]
        path = folder / f"{place:05}.png"
        image.resize(size, Image.Resampling.LANCZOS).save(path, compress_level=1)
        result.append(pipeline.Photograph(path.name, path.read_bytes(), None))
    return result


def offset(row: Row) -> str:
    """Which row of a picture a crop of 224 of 259 begins with."""
    shorter = 232 if row.preset == "torchvision-v2" else 256
    coded = numpy.zeros((259, shorter, 3), numpy.uint8)
    coded[:] = (numpy.arange(259) % 256)[:, None, None]
    data = io.BytesIO()
    Image.fromarray(coded).save(data, "PNG")
    first = int(row.transform(Image.fromarray(coded), data.getvalue())[0, 0, 0])
    return {17: "half of 35 down", 18: "half of 35 to even"}.get(first, f"{first} of 35")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashiflex", type=pipeline.Product)
    parser.add_argument("tar")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frameworks", default=",".join(FRAMEWORKS), type=lambda text: text.split(","))
    options = parser.parse_args()
    if unknown := set(options.frameworks) - set(FRAMEWORKS):
        parser.error(f"--frameworks: {', '.join(unknown)} is not one of {', '.join(FRAMEWORKS)}")
    if pipeline.kernel_prefix() != "pillow":
        sys.exit(f"Pillow {pipeline.PIL.__version__} has another order of passes; the presets have that of 9.5 to 12.1")

    compared = rows(options.frameworks)
    if not compared:
        sys.exit("no framework could be imported; see the lines above")
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        pictures = pipeline.photographs(options.tar, options.images)
        sets = (("as they are", options.tar, pictures),
                ("resized", folder, resized(pictures, pathlib.Path(folder), options.seed)))
        print(f"Pillow {pipeline.PIL.__version__}, {len(pictures)} photographs, size 224\n\n"
              "| framework | preset | crop begins | pictures | equal bytes | pictures equal | largest | asked |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- |")
        found = {}
        for row in compared:
            begins = offset(row) if row.preset in ("torchvision", "torchvision-v2", "timm", "hf") else "-"
            for name, source, some in sets:
                if (name, row.preset) not in found:
                    pixels, names = options.hashiflex.bytes(
                        [source], ["--preprocess", row.preset, "--images", str(len(some))])
                    pipeline.ordered(names, [picture.key for picture in some], row.preset)
                    found[name, row.preset] = pixels
                sound &= report(row, name, begins, found[name, row.preset], some)
    sys.exit(0 if sound else 1)


def report(row: Row, name: str, begins: str, pixels: numpy.ndarray, pictures: list[pipeline.Photograph]) -> bool:
    equal, whole, largest = 0, 0, 0
    for ours, picture in zip(pixels, pictures):
        theirs = row.transform(Image.open(io.BytesIO(picture.data)).convert("RGB"), picture.data)
        apart = numpy.abs(ours - numpy.floor(theirs.astype(numpy.float64) + 0.5))
        equal, whole = equal + int((apart == 0).sum()), whole + (apart.max() == 0)
        largest = max(largest, int(apart.max()))
    asked = "-" if row.limit is None else "equal" if row.limit == 0 else f"at most {row.limit}"
    sound = row.limit is None or largest <= row.limit
    print(f"| {row.name} | {row.preset} | {begins} | {name} | {100 * equal / pixels.size:.3f} % | "
          f"{whole} of {len(pictures)} | {largest} | {asked}{'' if sound else ': **no**'} |", flush=True)
    return sound


if __name__ == "__main__":
    main()
