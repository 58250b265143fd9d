"""A hardened network beside LiteRT's int8 of the same network, on the very same tensors: the paired difference of top-1.

    python paired_int8.py HASHIFLEX NETWORK.tflite MODEL.safetensors MODEL.head.safetensors TEST.tar [--images N]

MODEL is what `harden NETWORK.tflite` made, a network that pads as TensorFlow does; TEST is a WebDataset whose labels are the
network's classes. Needs ai_edge_litert, numpy. Prints both shares, and their difference with its 95 % interval.
"""
import argparse
import csv
import json
import math
import pathlib
import struct
import subprocess
import tempfile

import numpy
from ai_edge_litert.interpreter import Interpreter


def litert(network, pixels):
    interpreter = Interpreter(str(network), num_threads=2)
    interpreter.allocate_tensors()
    image, answer = (details[0]["index"] for details in (interpreter.get_input_details(), interpreter.get_output_details()))
    found = []
    for row in pixels:
        interpreter.set_tensor(image, numpy.ascontiguousarray(row)[None])
        interpreter.invoke()
        found.append(int(interpreter.get_tensor(answer)[0].argmax()))
    return numpy.array(found)


def hardened(program, model, head, pixels, work):
    # The model's tensors are turned by 180 degrees.
    numpy.ascontiguousarray(pixels[:, ::-1, ::-1]).tofile(work / "images.raw")
    subprocess.run(
        [program, "feature-bytes", "--model", model, "--images", work / "images.raw", "-o", work / "features"], check=True)
    content = pathlib.Path(head).read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8:8 + size]), content[8 + size:]

    def tensor(name, kind):
        start, end = header[name]["data_offsets"]
        return numpy.frombuffer(data[start:end], kind).reshape(header[name]["shape"]).astype(numpy.int32)

    features = numpy.fromfile(work / "features", numpy.uint8).reshape(len(pixels), -1).astype(numpy.int32)
    return (features @ tensor("weights", numpy.int8).T + tensor("bias", numpy.int32)).argmax(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("program", "network", "model", "head", "test"):
        parser.add_argument(name)
    parser.add_argument("--images", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        subprocess.run(
            [options.program, "preprocess", options.test, "--preprocess", "torchvision", "--images", str(options.images),
             "-o", work / "images.npy", "--index", work / "rows.csv"], check=True, stdout=subprocess.DEVNULL)
        pixels = numpy.load(work / "images.npy")
        with open(work / "rows.csv", newline="") as file:
            labels = numpy.array([int(row["label"]) for row in csv.DictReader(file)])
        ours = hardened(options.program, options.model, options.head, pixels, work) == labels
        theirs = litert(options.network, pixels) == labels
    difference = ours.astype(int) - theirs.astype(int)
    half = 1.96 * difference.std(ddof=1) / math.sqrt(len(difference))
    print(f"{len(labels)} images: hardened {ours.mean():.2%}, LiteRT's int8 {theirs.mean():.2%}, difference "
          f"{100 * difference.mean():+.2f} points ({100 * (difference.mean() - half):+.2f} to {100 * (difference.mean() + half):+.2f})")


if __name__ == "__main__":
    main()
