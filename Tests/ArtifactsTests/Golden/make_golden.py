"""Writes python.safetensors, rewritten.safetensors and digest.txt, or checks them.

    python make_golden.py          write the three files (needs: pip install safetensors numpy)
    python make_golden.py --check  read both files with the safetensors package and compare the contents

python.safetensors is written by the Python package. rewritten.safetensors holds the same content in the
layout that HaShiFlex writes, built here from its description alone; the check proves that the Python
package reads it. digest.txt is the content digest, computed here from its description alone.
"""

import hashlib
import json
import pathlib
import struct
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
METADATA = {"name": "golden", "text": 'quote " backslash \\ tab \t newline \n umlaut ü snow ☃ face 😀', "": "empty key"}
TENSORS = {
    "weights": numpy.array([[-128, -1, 0], [1, 64, 127]], dtype=numpy.int8),
    "bias": numpy.array([-(2**31), -1, 0, 2**31 - 1], dtype=numpy.int32),
    "pixels": numpy.arange(256, dtype=numpy.uint8).reshape(2, 8, 16)[:, :, :5].copy(),
    "real": numpy.array([0.0, -0.0, 1.5, -numpy.inf, 1e-45], dtype=numpy.float32),
    "double": numpy.array([0.1, 1e300], dtype=numpy.float64),
    "half": numpy.array([0.5, 65504.0], dtype=numpy.float16),
    "short": numpy.array([-32768, 32767], dtype=numpy.int16),
    "ushort": numpy.array([65535], dtype=numpy.uint16),
    "uint": numpy.array([2**32 - 1], dtype=numpy.uint32),
    "long": numpy.array([-(2**63)], dtype=numpy.int64),
    "ulong": numpy.array([2**64 - 1], dtype=numpy.uint64),
    "flags": numpy.array([True, False, True], dtype=bool),
    "scalar": numpy.array(7, dtype=numpy.int32),
    "nothing": numpy.zeros((0, 3), dtype=numpy.float32),
    "größe/☃": numpy.array([3], dtype=numpy.uint8),
}
DTYPES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "int16": "I16", "uint16": "U16", "float16": "F16", "int32": "I32",
    "uint32": "U32", "float32": "F32", "float64": "F64", "int64": "I64", "uint64": "U64",
}


def by_utf8(names):
    return sorted(names, key=lambda name: name.encode())


def rewritten():
    header, data = {"__metadata__": {key: METADATA[key] for key in by_utf8(METADATA)}}, b""
    for name in by_utf8(TENSORS):
        tensor = TENSORS[name]
        begin, data = len(data), data + tensor.tobytes()
        header[name] = {
            "dtype": DTYPES[tensor.dtype.name], "shape": list(tensor.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\\t", "\\u0009").replace("\\n", "\\u000a").encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def digest():
    number = lambda value: struct.pack("<Q", value)
    text = lambda value: number(len(value.encode())) + value.encode()
    content = text("hashiflex.safetensors.content.1") + number(len(METADATA))
    for key in by_utf8(METADATA):
        content += text(key) + text(METADATA[key])
    content += number(len(TENSORS))
    for name in by_utf8(TENSORS):
        tensor = TENSORS[name]
        content += text(name) + text(DTYPES[tensor.dtype.name]) + number(tensor.ndim)
        content += b"".join(number(size) for size in tensor.shape)
        content += number(tensor.nbytes) + tensor.tobytes()
    return hashlib.sha256(content).hexdigest()


def check(path):
    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == METADATA, path
        assert set(file.keys()) == set(TENSORS), path
        for name, tensor in TENSORS.items():
            read = file.get_tensor(name)
            assert (read.dtype, read.shape, read.tobytes()) == (tensor.dtype, tensor.shape, tensor.tobytes()), name


if __name__ == "__main__":
    if "--check" not in sys.argv:
        save_file(TENSORS, HERE / "python.safetensors", metadata=METADATA)
        (HERE / "rewritten.safetensors").write_bytes(rewritten())
        (HERE / "digest.txt").write_text(digest() + "\n")
    check(HERE / "python.safetensors")
    check(HERE / "rewritten.safetensors")
    print("ok")
