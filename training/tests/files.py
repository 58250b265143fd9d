"""Files of made-up networks and pictures, as the product writes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from network import MobileNetV2, describe
from teacher import fold

#: The narrowest width at which no framework adds a shortcut in the first block.
WIDTH = 35
CLASSES = 8


def lively_model(seed: int) -> MobileNetV2:
    """A random network with uneven batch normalisation, so that no layer is trivial."""
    torch.manual_seed(seed)
    model = MobileNetV2(CLASSES, WIDTH)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.3, 2)
            module.bias.data.normal_(0.3, 0.5)
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.3, 3)
    model.classifier[1].weight.data.normal_(0, 0.1)
    return model.eval()


def metadata(**more: str) -> dict[str, str]:
    """What `hashiflex import` writes."""
    return {"format": "pt", "width_percent": str(WIDTH), "mean": "0.5,0.5,0.5", "std": "0.5,0.4,0.6",
            "padding": "pytorch"} | more


def folded_tensors(model: MobileNetV2) -> dict[str, torch.Tensor]:
    """Torchvision's names, batch normalisation folded away, float32."""
    tensors = {}
    for layer, (weight, bias) in zip(describe(WIDTH), fold(model)):
        tensors |= {f"{layer.module}.weight": weight.float(), f"{layer.module}.bias": bias.float()}
    head = model.classifier[1]
    return tensors | {"classifier.1.weight": head.weight.data, "classifier.1.bias": head.bias.data}


def write_float(path: Path, model: MobileNetV2, normed: bool = False, **more: str) -> Path:
    """A float network's file, in either form."""
    tensors = dict(model.state_dict()) if normed else folded_tensors(model)
    save_file({name: value.contiguous() for name, value in tensors.items()}, path, metadata(**more))
    return path


def write_artefact(path: Path, tensors: dict[str, np.ndarray], entries: dict[str, str], **more: str) -> Path:
    """A hardened backbone's file from the tensors and metadata of an integers file: four bits a weight."""
    packed: dict[str, torch.Tensor] = {}
    for name, value in tensors.items():
        if name.startswith("classifier."):
            continue
        if name.endswith(".weight"):
            q = value.astype(np.int64).ravel()
            code = np.where(q == 0, 7, np.log2(np.maximum(abs(q), 1)).astype(np.int64) | np.where(q < 0, 8, 0))
            value = (code[0::2] | code[1::2] << 4).astype(np.uint8)
        packed[name] = torch.from_numpy(np.ascontiguousarray(value))
    kept = {key: value for key, value in entries.items() if key != "classes"}
    save_file(packed, path, kept | {"format": "hashiflex-backbone", "schema": "1", "digest": "unread"} | more)
    return path


def write_pictures(folder: Path, count: int, size: int, labels: list[object] | None = None) -> tuple[Path, Path]:
    """`train.npy` and `train.csv` as `hashiflex preprocess` writes them: blobs of colour."""
    generator = np.random.default_rng(3)
    coarse = generator.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    np.save(folder / "train.npy", coarse.repeat(size // 4, 1).repeat(size // 4, 2))
    rows = [f"{index:05d},{'' if labels is None else labels[index]}" for index in range(count)]
    (folder / "train.csv").write_text("\n".join(["id,label", *rows]) + "\n")
    return folder / "train.npy", folder / "train.csv"


def last_log(run: Path, event: str) -> dict:
    """The last line of this kind in a run's log."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == event][-1]
