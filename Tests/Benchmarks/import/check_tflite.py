"""Compares HaShiFlex's float reading of TensorFlow Lite networks with LiteRT on real photographs.

    nice python check_tflite.py --hashiflex .build/release/hashiflex ../shared/data/imagenet-sample

Needs ai_edge_litert, numpy. For each network of the folder: top-1 of LiteRT (the file's integers, rounding
included) and of our float network (their weights as real numbers), both on the same tensors that `hashiflex
preprocess` makes of test.tar, and on how many photographs they agree. Exit code 1 if our top-1 is more than
LIMIT points below LiteRT's.
"""

import argparse
import csv
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy
from ai_edge_litert.interpreter import Interpreter

LIMIT = 1.5


def ours(program, network, pixels, work):
    pixels.tofile(work / "images.raw")
    start = time.time()
    subprocess.run(
        [program, "float-logits", network, "--images", work / "images.raw", "-o", work / "logits.raw"], check=True)
    seconds = time.time() - start
    return numpy.fromfile(work / "logits.raw", numpy.float32).reshape(len(pixels), -1), seconds


def litert(network, pixels):
    interpreter = Interpreter(str(network), num_threads=2)
    interpreter.allocate_tensors()
    image, answer = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if image["dtype"] != numpy.uint8:
        sys.exit(f"{network} wants {image['dtype']}, this script has bytes")
    rows = []
    for row in pixels:
        interpreter.set_tensor(image["index"], row[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(answer["index"])[0].copy())
    return numpy.stack(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--hashiflex", default=".build/release/hashiflex")
    parser.add_argument("--images", type=int, default=200)
    options = parser.parse_args()
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        # float-logits turns images by itself.
        subprocess.run(
            [options.hashiflex, "preprocess", options.folder / "test.tar", "--preprocess", "torchvision",
             "--images", str(options.images), "-o", work / "images.npy", "--index", work / "rows.csv"], check=True)
        pixels = numpy.load(work / "images.npy")
        with open(work / "rows.csv", newline="") as rows:
            labels = numpy.array([int(row["label"]) for row in csv.DictReader(rows)])
        for network in sorted(options.folder.glob("*.tflite")):
            found, seconds = ours(options.hashiflex, network, pixels, work)
            expected = litert(network, pixels)
            # 1,001 classes: the first is the background.
            truth = labels + found.shape[1] - 1000
            answers, theirs = found.argmax(1), expected.argmax(1)
            top, other = 100 * (answers == truth).mean(), 100 * (theirs == truth).mean()
            print(
                f"{network.name}: {len(pixels)} photographs, top-1 LiteRT {other:.1f} %, our float reading "
                f"{top:.1f} %, same answer {100 * (answers == theirs).mean():.1f} %, "
                f"{len(pixels) / seconds:.1f} images/s", flush=True)
            sound &= top >= other - LIMIT
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
