"""What the scripts here share: photographs of a WebDataset tar, runs of the product, and Pillow written plainly.

The Pillow side is written from the rules of torchvision and TensorFlow slim, not from the product's code: resize the
whole picture, then cut. Needs Pillow and numpy.
"""
from __future__ import annotations

import csv
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))


def missing(problem: ImportError, requirements: str) -> None:
    """Ends the script with the line that installs what is missing."""
    sys.exit(f"{problem}: pip install -r {os.path.join(HERE, requirements)} (see README.md)")


try:
    import numpy
    import PIL
    from PIL import Image
except ImportError as problem:
    missing(problem, "requirements-pillow12.txt")

BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


class Photograph(NamedTuple):
    key: str
    data: bytes
    label: int | None


def photographs(tar: str | os.PathLike, count: int | None = None) -> list[Photograph]:
    """The first `count` samples of a WebDataset tar, in its order; the label is the `.cls` beside the picture."""
    pictures, labels = {}, {}
    with tarfile.open(tar) as archive:
        for member in archive:
            key, _, kind = member.name.partition(".")
            if member.isfile() and kind.lower() in ("jpg", "jpeg", "png"):
                pictures[key] = archive.extractfile(member).read()
            elif member.isfile() and kind == "cls":
                labels[key] = int(archive.extractfile(member).read())
    if not pictures:
        sys.exit(f"{tar}: no JPEG or PNG in it")
    return [Photograph(key, data, labels.get(key)) for key, data in list(pictures.items())[:count]]


class Product:
    """The program under test."""

    def __init__(self, program: str) -> None:
        self.program = os.path.abspath(program)
        if not os.access(self.program, os.X_OK):
            sys.exit(f"{program}: not a program")

    def bytes(self, sources: list[str | os.PathLike], options: list[str]) -> tuple[numpy.ndarray, list[str]]:
        """Runs `preprocess` -> its bytes, [N, size, size, 3], and the identifiers of their pictures."""
        with tempfile.TemporaryDirectory() as folder:
            tensor, index = pathlib.Path(folder, "out.npy"), pathlib.Path(folder, "out.csv")
            command = [self.program, "preprocess", *map(str, sources), *options, "-o", str(tensor)]
            command += ["--index", str(index)]
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if run.returncode != 0:
                sys.exit(f"{' '.join(command)}: exit code {run.returncode}\n{run.stdout}")
            pixels = numpy.load(tensor)
            with open(index, newline="") as lines:
                rows = list(csv.DictReader(lines))
        shape = pixels.shape
        if pixels.dtype != numpy.uint8 or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
            sys.exit(f"{' '.join(command)}: wrote {pixels.dtype} {pixels.shape}, expected uint8 [N, size, size, 3]")
        if len(rows) != len(pixels) or any("id" not in row or "label" not in row for row in rows):
            sys.exit(f"{' '.join(command)}: the index has {len(rows)} rows, the tensor {len(pixels)} pictures")
        return pixels, [row["id"] for row in rows]


def ordered(identifiers: list[str], keys: list[str], what: str) -> None:
    """Ends the script unless the product took the pictures in the order of `keys`."""
    if len(identifiers) != len(keys):
        sys.exit(f"{what}: {len(identifiers)} pictures came back, expected {len(keys)}")
    for place, (found, key) in enumerate(zip(identifiers, keys)):
        if pathlib.PurePath(found).name.split(".")[0] != pathlib.PurePath(key).name.split(".")[0]:
            sys.exit(f"{what}: picture {place} is {found}, expected {key}")


def half_even(difference: int) -> int:
    """torchvision's and timm's offset: int(round(d / 2.0)), halves to the even neighbour."""
    return int(round(difference / 2.0))


def half_down(difference: int) -> int:
    """Hugging Face's offset."""
    return difference // 2


def longer(shorter: int, short: int, long: int) -> int:
    """torchvision's longer side."""
    return int(shorter * long / short)


def crop(picture: Image.Image, size: int, shorter: int, kernel: int, offset=half_even) -> numpy.ndarray:
    """torchvision's Resize(shorter) and CenterCrop(size)."""
    width, height = picture.size
    if width <= height:
        target = (shorter, longer(shorter, width, height))
    else:
        target = (longer(shorter, height, width), shorter)
    picture = picture.resize(target, kernel)
    left, top = offset(target[0] - size), offset(target[1] - size)
    return numpy.asarray(picture.crop((left, top, left + size, top + size)))


def stretch(picture: Image.Image, size: int, kernel: int) -> numpy.ndarray:
    """Both axes to the size, the aspect is lost."""
    return numpy.asarray(picture.resize((size, size), kernel))


def crop_then_stretch(picture: Image.Image, size: int, share: float, kernel: int) -> numpy.ndarray:
    """TensorFlow slim's evaluation: tf.image.central_crop(share), then both axes to the size."""
    width, height = picture.size
    left, top = int((width - width * share) / 2), int((height - height * share) / 2)
    return stretch(picture.crop((left, top, width - left, height - top)), size, kernel)


def letterbox(picture: Image.Image, size: int, kernel: int) -> numpy.ndarray:
    """The longer side to the size, the shorter rounded down, at least 1; black around it."""
    width, height = picture.size
    target = (size, max(1, size * height // width)) if width >= height else (max(1, size * width // height), size)
    board = numpy.zeros((size, size, 3), numpy.uint8)
    left, top = half_even(size - target[0]), half_even(size - target[1])
    board[top : top + target[1], left : left + target[0]] = numpy.asarray(picture.resize(target, kernel))
    return board


def kernel_prefix() -> str:
    """The product's name for the order of passes of the Pillow that runs: pillow or pillow13."""
    if "post" in PIL.__version__:
        sys.exit(f"Pillow-SIMD {PIL.__version__} does not resize byte for byte as Pillow; take Pillow")
    major, minor = (int(part) for part in PIL.__version__.split(".")[:2])
    if (9, 5) <= (major, minor) <= (12, 1):
        return "pillow"
    if major == 13:
        return "pillow13"
    sys.exit(f"Pillow {PIL.__version__}: neither 9.5 to 12.1 (horizontal pass first) nor 13 (its own order)")
