"""States the accuracy of finished runs on test images, with n and a 95 % interval."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import torch

from convert import convert, correct_biases
from data import Dataset, load_folder, load_idx, normalise, to_bytes
from export import load_quantised
from loop import evaluate
from network import MobileNetV2


def interval(right: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of Wilson for ``right`` of ``n``."""
    z, p = 1.959964, right / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - half, centre + half


def report(name: str, right: int, n: int) -> None:
    """Prints one result as a line of JSON."""
    low, high = interval(right, n)
    print(json.dumps({"what": name, "right": right, "n": n, "accuracy": round(right / n, 5),
                      "interval95": [round(low, 5), round(high, 5)]}), flush=True)


def post_training(model: MobileNetV2, data: Dataset, calibration: Dataset, size: int, device: str) -> None:
    """Post-training quantisation alone, in steps: nearest projection, then corrected biases."""
    images = to_bytes(calibration.images, size)
    network = convert(model, size, images).eval()
    for name, step in (("nearest", None), ("nearest + bias correction", correct_biases)):
        if step:
            step(network, model, images)
        moved = network.to(device)
        right, n = evaluate(torch.no_grad()(moved), data, size, device)
        network = moved.cpu()
        report(f"post-training, {name}, {len(images)} calibration images", right, n)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of a float or Po2 run")
    parser.add_argument("--data", type=Path, required=True, help="folder of IDX files, or of one folder per class")
    parser.add_argument("--part", default="t10k", help="which IDX files: t10k (test) or train")
    parser.add_argument("--post-training", action="store_true", help="also quantise a float run without training")
    parser.add_argument("--images", type=int, default=0, help="only the first so many; 0 means all")
    parser.add_argument("--calibration", type=int, default=256, help="training images to calibrate on")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args(argv)
    torch.set_flush_denormal(True)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    checkpoint = torch.load(arguments.checkpoint, weights_only=False, map_location="cpu")
    is_po2 = "quantised" in checkpoint
    size = checkpoint["quantised"]["geometry"]["input_size"] if is_po2 else checkpoint["input_size"]

    def load(part: str) -> Dataset:
        is_idx = any(arguments.data.glob(f"{part}-images-idx3-ubyte*"))
        data = load_idx(arguments.data, part) if is_idx else load_folder(arguments.data, size)
        # Classes that the network does not know are left out of the data.
        return data.without([name for name in data.classes if name not in checkpoint["classes"]])

    data = load(arguments.part)
    if arguments.images:
        data = data.take(torch.arange(min(arguments.images, len(data))))
    if is_po2:
        network = load_quantised(checkpoint["quantised"]).to(arguments.device)
        right, n = evaluate(torch.no_grad()(network), data, size, arguments.device)
        report("Po2, exact integers", right, n)
        return
    model = MobileNetV2(len(checkpoint["classes"]), checkpoint["width_percent"]).eval()
    model.load_state_dict(checkpoint["model"])
    model = model.to(arguments.device, memory_format=torch.channels_last)
    right, n = evaluate(torch.no_grad()(lambda x: model(normalise(x))), data, size, arguments.device)
    report("float", right, n)
    if arguments.post_training:
        calibration = load("train").take(torch.arange(arguments.calibration))
        post_training(model.cpu(), data, calibration, size, arguments.device)


if __name__ == "__main__":
    main()
