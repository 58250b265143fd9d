"""Writes head.safetensors and expected.txt: a head, its digest, and logits, all from descriptions alone.

    python make_head.py     (needs: pip install safetensors numpy)

expected.txt: the digest of the head, then one line for each image: its features, a bar, its logits.
"""

import hashlib
import pathlib
import struct

import numpy
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
generator = numpy.random.default_rng(20260101)
NAMES = ["scratch", "dent", "größe ☃", "dent"]
TENSORS = {
    "weights": generator.integers(-128, 128, (4, 7), dtype=numpy.int8),
    "bias": numpy.array([-(2**24), -1, 0, 2**24], dtype=numpy.int32),
    "scale": numpy.array(0.1, dtype=numpy.float64),
}
IDENTITY = {
    "schema": "hashiflex.head.1",
    "class_names": "\n".join(NAMES),
    "backbone_digest": hashlib.sha256(b"backbone").hexdigest(),
    "summary": "made by make_head.py",
}
DTYPES = {"int8": "I8", "int32": "I32", "float64": "F64"}


def digest():
    number = lambda value: struct.pack("<Q", value)
    text = lambda value: number(len(value.encode())) + value.encode()
    content = text("hashiflex.safetensors.content.1") + number(len(IDENTITY))
    for key in sorted(IDENTITY):
        content += text(key) + text(IDENTITY[key])
    content += number(len(TENSORS))
    for name in sorted(TENSORS):
        tensor = TENSORS[name]
        content += text(name) + text(DTYPES[tensor.dtype.name]) + number(tensor.ndim)
        content += b"".join(number(size) for size in tensor.shape) + number(tensor.nbytes) + tensor.tobytes()
    return hashlib.sha256(content).hexdigest()


images = generator.integers(0, 256, (5, 7))
images[0], images[1] = 0, 255
logits = images.astype(numpy.int64) @ TENSORS["weights"].astype(numpy.int64).T + TENSORS["bias"]
save_file(TENSORS, HERE / "head.safetensors", metadata=IDENTITY | {"name": "golden", "version": "v1", "digest": digest()})
lines = [digest()] + [" ".join(map(str, image)) + " | " + " ".join(map(str, row)) for image, row in zip(images, logits)]
(HERE / "expected.txt").write_text("\n".join(lines) + "\n")
