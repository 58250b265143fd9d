"""Compares HaShiFlex's float evaluation of an exported torchvision mobilenet_v2 with ONNX Runtime.

    nice python check_import.py --hashiflex .build/release/hashiflex

Needs torch, torchvision, onnx, onnxscript, onnxruntime, numpy. Prints, for the export with folded batch
normalisation, how many of the images have the same top-1 and the relative logit error (largest difference
over the largest logit, worst image); then, on fewer images, the same for the export with separate
BatchNormalization nodes (this is the error of our folding) and for the newer exporter. Exit code 1 unless every top-1
is the same, the error is below 1e-3, and that of folding below 1e-4.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import networks
import numpy
import onnxruntime
import torch


def export(network, size, path, kind):
    """Writes `network`: folded or separate by the older exporter, dynamo by the newer."""
    image = torch.zeros(1, 3, size, size)
    if kind == "dynamo":
        torch.onnx.export(network, (image,), path, dynamo=True, external_data=False, verbose=False)
        return
    folded = kind == "folded"
    mode = torch.onnx.TrainingMode
    torch.onnx.export(
        network, (image,), path, dynamo=False, do_constant_folding=folded,
        training=mode.EVAL if folded else mode.PRESERVE)


def ours(program, model, pixels, work):
    pixels.tofile(work / "images.raw")
    start = time.time()
    subprocess.run(
        [program, "float-logits", model, "--images", work / "images.raw", "-o", work / "logits.raw"], check=True)
    seconds = time.time() - start
    return numpy.fromfile(work / "logits.raw", numpy.float32).reshape(len(pixels), -1), seconds


def runtime(model, pixels):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return numpy.concatenate(
        [session.run(None, {name: networks.normalized(pixels[i : i + 1])})[0] for i in range(len(pixels))])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hashiflex", default=".build/release/hashiflex")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    network = networks.torchvision().models.mobilenet_v2(
        weights=None, width_mult=options.width, num_classes=options.classes)
    networks.spread_answers(networks.randomize(network, options.size, options.seed), options.size, options.seed)
    pixels = networks.images(options.images, options.size, options.seed)
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for kind, share, limit in (("folded", 1, 1e-3), ("separate", 5, 1e-4), ("dynamo", 5, 1e-3)):
            model = work / f"{kind}.onnx"
            export(network, options.size, str(model), kind)
            some = pixels[: max(1, len(pixels) // share)]
            found, seconds = ours(options.hashiflex, model, some, work)
            expected = runtime(model, some)
            same = int((found.argmax(1) == expected.argmax(1)).sum())
            error = float((numpy.abs(found - expected).max(1) / numpy.abs(expected).max(1)).max())
            ordered = numpy.sort(expected, 1)
            margin = float(((ordered[:, -1] - ordered[:, -2]) / numpy.abs(expected).max(1)).min())
            print(
                f"{kind}: same top-1 {same} of {len(some)}, relative logit error {error:.2e} (limit {limit:g}), "
                f"{len(set(expected.argmax(1)))} distinct answers, smallest relative margin {margin:.2e}, "
                f"{len(some) / seconds:.1f} images/s", flush=True)
            sound &= same == len(some) and error < limit
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
