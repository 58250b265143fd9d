"""Writes what other programs read: the hardened integers, or the float network as safetensors and ONNX."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

import resize
from data import MEAN, STD
from network import MobileNetV2, describe
from quantisation import BIAS_MAX, Geometry, QuantisedLayer, QuantisedNetwork

#: The metadata entry ``preprocessing``: what an image goes through before the first layer.
PREPROCESSING = f"hsf-decode-1/jpeg-islow-fancy/png-round16-over-white {resize.IDENTITY}"


def save_quantised(network: QuantisedNetwork) -> dict:
    """A quantised network as plain values, for checkpoints."""
    return {"geometry": vars(network.geometry), "state": network.state_dict(), "exponents": network.layers[0].exponents}


def load_quantised(saved: dict) -> QuantisedNetwork:
    """The network of ``save_quantised``."""
    geometry = Geometry(**saved["geometry"])
    state = saved["state"]
    modules = []
    for index, layer in enumerate(describe(geometry.width_percent)):
        weight = state[f"layers.{index}.weight"]
        modules.append(QuantisedLayer(layer, weight, torch.zeros(len(weight)), state[f"layers.{index}.shift"]))
        modules[-1].exponents = saved["exponents"]
        modules[-1].pruned = not bool(state[f"layers.{index}.kept"].all())
    head = None
    if "head.weight" in state:
        head = nn.Linear(state["head.weight"].shape[1], state["head.weight"].shape[0])
    network = QuantisedNetwork(geometry, modules, head)
    network.load_state_dict(state)
    return network.to(memory_format=torch.channels_last).eval()


def integer_tensors(network: QuantisedNetwork) -> dict[str, np.ndarray]:
    """The tensors of the integers file; a stem's bias takes in ``-sum q * mean``."""
    tensors: dict[str, np.ndarray] = {}
    for module in network.layers:
        name = module.layer.name
        q, bias = module.integers()
        if module.layer.kind == "stem":
            mean = torch.tensor(network.geometry.input_mean, dtype=torch.int32).view(1, 3, 1, 1)
            bias = bias - (q.to(torch.int32) * mean).sum((1, 2, 3)).to(torch.int32)
        if int(bias.abs().max()) > BIAS_MAX:
            raise ValueError(f"layer {name}: bias {int(bias.abs().max())} is beyond 2^24")
        tensors[f"{name}.weight"] = q.contiguous().numpy()
        tensors[f"{name}.bias"] = bias.numpy()
        tensors[f"{name}.shift"] = module.shift.numpy().astype(np.uint8)
        if module.layer.residual is not None:
            tensors[f"{name}.residual_shift"] = np.array([module.residual_shift], np.int8)
    return tensors


def head_tensors(network: QuantisedNetwork) -> dict[str, np.ndarray]:
    """The head on feature bytes as real numbers; nothing for a backbone by itself."""
    if network.head is None:
        return {}
    weight = network.head.weight.detach().double() * network.feature_unit
    return {
        "classifier.weight": weight.float().numpy(),
        "classifier.bias": network.head.bias.detach().float().numpy(),
    }


def integer_metadata(network: QuantisedNetwork, description: str, classes: list[str]) -> dict[str, str]:
    """All entries are text. Classes without names are left out."""
    geometry = network.geometry
    metadata = {
        "format": "hashiflex-trained-integers",
        "schema": "1",
        "width_percent": str(geometry.width_percent),
        "input_size": str(geometry.input_size),
        "input_mean": ",".join(map(str, geometry.input_mean)),
        "pool_shift": str(geometry.pool_shift),
        "activation_exponents": ",".join(map(str, geometry.exponents)),
        "preprocessing": geometry.preprocessing or PREPROCESSING,
        "description": description,
    }
    return metadata | ({"classes": json.dumps(classes)} if classes else {})


def export_float(checkpoint: dict, path: Path, onnx: bool) -> None:
    """Writes ``path`` (safetensors, torchvision's names) and, if asked, the ONNX graph beside it."""
    model = MobileNetV2(len(checkpoint["classes"]), checkpoint["width_percent"]).eval()
    model.load_state_dict(checkpoint["model"])
    size = checkpoint["input_size"]
    tensors = {
        # A scalar keeps its shape: ascontiguousarray would make it one-dimensional.
        name: np.array(value.contiguous().numpy(), order="C")
        for name, value in model.state_dict().items()
    }
    metadata = {
        "format": "pt",
        "input_size": str(size),
        "width_percent": str(checkpoint["width_percent"]),
        "mean": ",".join(repr(m / 255) for m in MEAN),
        "std": ",".join(map(repr, STD)),
        "classes": json.dumps(checkpoint["classes"]),
    }
    if model.features[0][0].out_channels == model.features[1].conv[-1].num_features:
        # Other programs add a shortcut here at the smallest widths.
        metadata["first_block_shortcut"] = "none"
    save_file(tensors, path, metadata)
    if onnx:
        torch.onnx.export(
            model, (torch.zeros(1, 3, size, size),), path.with_suffix(".onnx"), input_names=["input"],
            output_names=["output"], dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}}, dynamo=False,
        )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--integers", action="store_true", help="the hardened network, for `hashiflex harden`")
    kind.add_argument("--float", action="store_true", help="the float network, torchvision's names; also ONNX")
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of a run")
    parser.add_argument("output", type=Path, help="the safetensors file to write")
    parser.add_argument("--description", default="", help="one sentence: what it was trained on, and how")
    parser.add_argument("--no-onnx", action="store_true")
    arguments = parser.parse_args(argv)
    try:
        checkpoint = torch.load(arguments.checkpoint, weights_only=False, map_location="cpu")
        kind = "a float" if "model" in checkpoint else "a Po2"
    except Exception as error:  # noqa: BLE001: a damaged file fails in many ways
        reason = "no such file" if isinstance(error, FileNotFoundError) else "not the checkpoint.pt of a run"
        raise SystemExit(f"error: {arguments.checkpoint}: {reason}") from None
    if ("model" if arguments.float else "quantised") not in checkpoint:
        raise SystemExit(f"error: {arguments.checkpoint} is of {kind} run; pass "
                         f"{'--integers' if arguments.float else '--float'}")
    if arguments.float:
        export_float(checkpoint, arguments.output, not arguments.no_onnx)
    else:
        network = load_quantised(checkpoint["quantised"])
        metadata = integer_metadata(network, arguments.description, checkpoint["classes"])
        save_file(integer_tensors(network) | head_tensors(network), arguments.output, metadata)
    print(arguments.output)


if __name__ == "__main__":
    main()
