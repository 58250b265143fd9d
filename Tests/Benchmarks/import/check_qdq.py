"""Runs `hashiflex export-onnx` and compares ONNX Runtime's and OpenVINO's answers with the integer engine.

    nice python check_qdq.py --hashiflex .build/release/hashiflex --idx /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz

Half of the images are real (from the IDX file, where given), half noise. Prints for each engine and
rounding how many feature bytes and images are equal, the largest difference and how many top-1 are the same.
Exit code 1 unless `--rounding exact` is equal to the bit in ONNX Runtime at every optimisation level.
Needs numpy, pillow, safetensors, onnx, onnxruntime; OpenVINO is left out, visibly, where it is not installed.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from PIL import Image
from safetensors import safe_open


def pixels(options, size):
    generator = numpy.random.default_rng(options.seed)
    noise = generator.integers(0, 256, (options.images, size, size, 3), dtype=numpy.uint8)
    if options.idx:
        half = options.images // 2
        raw = numpy.frombuffer(gzip.open(options.idx).read(), numpy.uint8)[16:].reshape(-1, 28, 28)
        for index in range(half):
            noise[index] = Image.fromarray(raw[index]).resize((size, size), Image.BILINEAR).convert("RGB")
    return noise


def engines(model):
    """Name and function from one image to features and logits, for every engine and level."""
    for level in ("ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_ALL"):
        settings = onnxruntime.SessionOptions()
        settings.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
        yield (
            f"onnxruntime {onnxruntime.__version__} {level}",
            lambda image, session=session: session.run(["features", "logits"], {"image": image}))
    try:
        import openvino
    except ImportError:
        print("openvino is not installed: left out")
        return
    compiled = openvino.Core().compile_model(str(model), "CPU")

    def run(image):
        result = compiled([image])
        return [result[compiled.output(name)].copy() for name in ("features", "logits")]

    yield f"openvino {openvino.__version__.split('-')[0]}", run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hashiflex", default=".build/release/hashiflex")
    parser.add_argument("--model", default="Sources/CEmbeddedModel/data/backbone.safetensors")
    parser.add_argument("--head", default="Sources/CEmbeddedModel/data/head-v2.safetensors")
    parser.add_argument("--idx", help="real images, a gzipped IDX file")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    with safe_open(options.model, "numpy") as file:
        size = int(file.metadata()["input_size"])
    with safe_open(options.head, "numpy") as file:
        weights, bias = file.get_tensor("weights"), file.get_tensor("bias")
    images = pixels(options, size)
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        images.tofile(work / "images.raw")
        subprocess.run(
            [options.hashiflex, "feature-bytes", "--model", options.model, "--images", work / "images.raw", "-o",
             work / "features.raw"], check=True)
        expected = numpy.fromfile(work / "features.raw", numpy.uint8).reshape(len(images), -1)
        top = (expected.astype(numpy.int64) @ weights.astype(numpy.int64).T + bias).argmax(1)
        for rounding in ("exact", "engine"):
            model = work / f"{rounding}.onnx"
            command = [options.hashiflex, "export-onnx", options.model, "--head", options.head]
            command += ["--rounding", rounding, "-o", model, "--json"]
            facts = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            onnx.checker.check_model(str(model), full_check=True)
            proven = f"{facts['channels_proven_exact']} of {facts['channels']} channels proven exact"
            print(f"{rounding}: {facts['bytes']} bytes, {proven}")
            for name, run in engines(model):
                answers = [run(images[i : i + 1]) for i in range(len(images))]
                features = numpy.concatenate([answer[0] for answer in answers])
                logits = numpy.concatenate([answer[1] for answer in answers])
                difference = numpy.abs(features.astype(int) - expected)
                print(
                    f"  {name}: bytes equal {(difference == 0).mean():.6f}, images equal "
                    f"{int((difference.max(1) == 0).sum())} of {len(images)}, largest difference "
                    f"{difference.max()}, same top-1 {int((logits.argmax(1) == top).sum())}", flush=True)
                if rounding == "exact" and name.startswith("onnxruntime"):
                    sound &= bool((difference == 0).all())
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
