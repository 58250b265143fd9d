"""Accuracy of real ImageNet networks, hardened: every figure through the integer engine, nothing chosen on test images.

    python3 real_networks.py HASHIFLEX DATA [--network tf2|tf1] [--harden "--terms 2"] [--harden "..."] [--with-imagenette N] [--ten]
        [--json FILE]

DATA is the folder with `imagenet-sample` and `imagenette160` (see its README). For each --harden, the network is hardened
on the 250 calibration photographs with these options and scored on 500 other photographs and on Imagenette's test set,
all 1,001 classes. --with-imagenette adds so many Imagenette training photographs, without their labels. --ten adds `head fit` on 1,000 Imagenette training photographs, scored among the ten. Needs only Python.
"""
from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile

NETWORKS = {
    "tf2": "tf2_mobilenet_v2_1.0_224_ptq.tflite",
    "tf1": "mobilenet_v2_1.0_224_quant.tflite",
}
# Imagenette's classes among ImageNet's.
IMAGENETTE = [0, 217, 482, 491, 497, 566, 569, 571, 574, 701]


def relabelled(source: str, target: str, label) -> str:
    """The same photographs with other labels."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = old.extractfile(member).read()
            if member.name.endswith(".cls"):
                content = str(label(int(content))).encode()
                member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return target


def joined(first: str, second: str, count: int, target: str) -> str:
    """All photographs of one archive and `count` of another, taken evenly from it; no labels."""
    with tarfile.open(target, "w") as new:
        for source, wanted in ((first, None), (second, count)):
            with tarfile.open(source) as old:
                pictures = [member for member in old if member.name.endswith(".jpg")]
                stride = len(pictures) // wanted if wanted else 1
                for number, member in enumerate(pictures[::stride][:wanted]):
                    content = old.extractfile(member).read()
                    member.name = f"{1 if wanted else 0}-{number:05}.jpg"
                    new.addfile(member, io.BytesIO(content))
    return target


def run(*command: str) -> tuple[str, float]:
    """Output and CPU seconds of a command that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def score(program: str, model: str, head: str, data: str, *more: str) -> str:
    """Top-1 with its interval."""
    output, _ = run(program, "evaluate", model, "--head", head, "--data", data, "--json", *more)
    top = json.loads(output)["heads"][0]["summary"]["top1"]
    return f"{top['share']:.2%} ({top['low']:.2%} to {top['high']:.2%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("--network", choices=NETWORKS, default="tf2")
    parser.add_argument("--harden", action="append", default=[], metavar="OPTIONS")
    parser.add_argument("--with-imagenette", type=int, default=0, metavar="N")
    parser.add_argument("--ten", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    sample, imagenette = (os.path.join(options.data, name) for name in ("imagenet-sample", "imagenette160"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        tests = {
            "ImageNet sample": relabelled(f"{sample}/test.tar", f"{folder}/sample.tar", lambda label: label + 1),
            "Imagenette, 1,001 classes": relabelled(
                f"{imagenette}/test.tar", f"{folder}/imagenette.tar", lambda label: IMAGENETTE[label] + 1),
        }
        calibration = f"{sample}/calibration.tar"
        if options.with_imagenette:
            calibration = joined(
                calibration, f"{imagenette}/train.tar", options.with_imagenette, f"{folder}/calibration.tar")
        for index, extra in enumerate(options.harden or [""]):
            model = f"{folder}/model{index}.safetensors"
            head = f"{folder}/model{index}.head.safetensors"
            output, seconds = run(
                options.program, "harden", f"{sample}/{NETWORKS[options.network]}", "--preprocess", "torchvision",
                "--calibration", calibration, "--images", str(250 + options.with_imagenette), "-o", model, "--json", *extra.split())
            row = {"network": options.network, "options": extra or "(none)", "cpu_seconds": round(seconds)}
            row["calibration"] = 250 + options.with_imagenette
            row["held out"] = json.loads(output).get("held_out")
            for name, data in tests.items():
                row[name] = score(options.program, model, head, data)
            if options.ten:
                ten = f"{folder}/ten{index}.safetensors"
                names = ",".join(f"n{index}" for index in range(10))
                run(options.program, "head", "fit", "--model", model, "--data", f"{imagenette}/train.tar",
                    "--images", "1000", "--classes", names, "-o", ten)
                row["Imagenette, ten classes"] = score(
                    options.program, model, ten, f"{imagenette}/test.tar", "--classes", names)
            rows.append(row)
            print(json.dumps(row), flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(rows, file, indent=2)


if __name__ == "__main__":
    main()
