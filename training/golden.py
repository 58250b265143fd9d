"""Digests of every layer's output on test images, for `hashiflex verify --golden` to compare with."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch

from data import load_idx, to_bytes
from export import load_quantised
from quantisation import QuantisedNetwork


@torch.no_grad()
def digests(network: QuantisedNetwork, images: torch.Tensor) -> list[dict]:
    """For each image: SHA-256 of each layer's ``[h, w, c]`` bytes and of the features."""
    outputs = network.activations(images)
    entries: list[dict] = [{"layers": {}} for _ in range(len(images))]
    for module, output in zip(network.layers, outputs):
        codes = output.permute(0, 2, 3, 1).contiguous().to(torch.int16).to(torch.uint8).numpy()
        for entry, image in zip(entries, codes):
            entry["layers"][module.layer.name] = hashlib.sha256(image.tobytes()).hexdigest()
    features = network.pool(outputs[-1]).to(torch.uint8).numpy()
    for entry, feature in zip(entries, features):
        entry["features"] = hashlib.sha256(feature.tobytes()).hexdigest()
    return entries


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of a Po2 run")
    parser.add_argument("output", type=Path, help="JSON lines, one per image")
    parser.add_argument("--data", type=Path, required=True, help="folder of IDX files; the test part is read")
    parser.add_argument("--images", type=int, default=1000)
    arguments = parser.parse_args(argv)
    network = load_quantised(torch.load(arguments.checkpoint, weights_only=False, map_location="cpu")["quantised"])
    images = load_idx(arguments.data, "t10k").images[: arguments.images]
    with arguments.output.open("w") as file:
        for start in range(0, len(images), 50):
            batch = to_bytes(images[start : start + 50], network.geometry.input_size)
            for index, entry in enumerate(digests(network, batch)):
                file.write(json.dumps({"image": start + index, **entry}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
