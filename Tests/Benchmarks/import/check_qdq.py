"""Runs `hashiflex export-onnx` and compares ONNX Runtime's and OpenVINO's answers with the integer engine.

    nice python check_qdq.py --hashiflex .build/release/hashiflex --idx /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz

Half of the images are real (from the IDX file, where given), half noise. Prints for each engine and
rounding how many feature bytes and images are equal, the largest difference and how many top-1 are the same.
Exit code 1 unless `--rounding exact` is equal to the bit in ONNX Runtime at every optimisation level.
Needs numpy, pillow, safetensors, onnx, onnxruntime; OpenVINO is left out, visibly, where it is not installed.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

import images as shared


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
    # Else bfloat16 where the processor has it, whose sums are not exact.
    compiled = openvino.Core().compile_model(str(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

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

    images = shared.pixels(options.images, shared.side(options.model), options.seed, options.idx)
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        expected = shared.features(options.hashiflex, options.model, images, work)
        top = shared.top(options.head, expected)
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
