"""Images and the integer engine's answers, for the scripts that compare exports with it.

Needs numpy, pillow, safetensors.
"""

import gzip
import subprocess

import numpy
from PIL import Image
from safetensors import safe_open


def side(model):
    """Pixels along one side of a backbone's images."""
    with safe_open(model, "numpy") as file:
        return int(file.metadata()["input_size"])


def pixels(count, size, seed, idx=None):
    """[count, size, size, 3] bytes: noise, and where `idx` names a gzipped IDX file, its images as first half."""
    generator = numpy.random.default_rng(seed)
    found = generator.integers(0, 256, (count, size, size, 3), dtype=numpy.uint8)
    if idx:
        raw = numpy.frombuffer(gzip.open(idx).read(), numpy.uint8)[16:].reshape(-1, 28, 28)
        for index in range(count // 2):
            found[index] = Image.fromarray(raw[index]).resize((size, size), Image.BILINEAR).convert("RGB")
    return found


def features(program, model, images, work):
    """Feature bytes of the integer engine, one row an image; `work` is a folder for the two files."""
    images.tofile(work / "images.raw")
    subprocess.run(
        [program, "feature-bytes", "--model", model, "--images", work / "images.raw", "-o", work / "features.raw"],
        check=True)
    return numpy.fromfile(work / "features.raw", numpy.uint8).reshape(len(images), -1)


def top(head, found):
    """The integer head's answer for each row of feature bytes."""
    with safe_open(head, "numpy") as file:
        weights, bias = file.get_tensor("weights"), file.get_tensor("bias")
    return (found.astype(numpy.int64) @ weights.astype(numpy.int64).T + bias).argmax(1)
