"""Reads networks from safetensors files: float ones with torchvision's names, and hardened backbones of `harden`.

Nothing in a file is believed: every tensor's type and shape is checked, and what is wrong is said in one line.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from network import Layer, channels, describe
from teacher import FloatNetwork


class InputError(Exception):
    """Something the user gave cannot be used; the text says what, where and what to do."""


@dataclass
class LayerIntegers:
    """One layer of a hardened backbone."""

    weight: torch.Tensor  # int8 [out, in/groups, k, k]: 0 or a signed power of two up to 64
    bias: torch.Tensor  # int32 [out], accumulator units, padding term of the stem included
    shift: torch.Tensor  # int32 [out], 0...20
    residual_shift: int  # a residual is added as r << (shift + residual_shift)


@dataclass
class Artefact:
    """A hardened backbone as `harden` wrote it."""

    width_percent: int
    input_size: int
    input_mean: tuple[int, ...]
    pool_shift: int
    exponents: list[int]
    preprocessing: str
    layers: list[LayerIntegers]


class _File:
    """A safetensors file with checked access."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with safe_open(path, "pt") as file:
                self.metadata: dict[str, str] = file.metadata() or {}
                self.tensors = {name: file.get_tensor(name) for name in file.keys()}
        except (OSError, SafetensorError) as error:
            reason = "no such file" if isinstance(error, FileNotFoundError) else str(error).split("\n")[0]
            raise InputError(f"{path} cannot be read as safetensors: {reason}") from None

    def tensor(self, name: str, shape: list[int], *types: torch.dtype) -> torch.Tensor:
        """A tensor that must be there, with this shape and one of these types, and finite."""
        found = self.tensors.get(name)
        if found is None:
            raise InputError(f"{self.path} lacks tensor '{name}'; write the whole network again")
        if found.dtype not in types:
            wanted = " or ".join(str(t).removeprefix("torch.") for t in types)
            raise InputError(f"{self.path}: '{name}' is {str(found.dtype).removeprefix('torch.')}, expected {wanted}")
        if list(found.shape) != shape:
            raise InputError(f"{self.path}: '{name}' has shape {list(found.shape)}, expected {shape}; check the width")
        if found.is_floating_point() and not bool(found.isfinite().all()):
            raise InputError(f"{self.path}: '{name}' holds numbers that are not finite; export the network again")
        return found

    def numbers(self, key: str, kind: type, count: int | None) -> list:
        """A metadata entry of ``count`` numbers with commas between them."""
        text = self.metadata.get(key)
        if text is None:
            raise InputError(f"{self.path} lacks metadata '{key}'; write the file again with hashiflex")
        try:
            values = [kind(part) for part in text.split(",")]
        except ValueError:
            values = []
        if not values or (count is not None and len(values) != count) or not all(map(math.isfinite, values)):
            what = f"{count} numbers" if count else "numbers"
            raise InputError(f"{self.path}: metadata '{key}' is '{text}', expected {what}, comma separated")
        return values


FLOATS = (torch.float32, torch.float16, torch.bfloat16)


def _width(file: _File) -> int:
    """The width from the stem, the last bottleneck and the last layer; checked against what the metadata says."""
    try:
        seen = [int(file.tensors[f"features.{n}.weight"].shape[0]) for n in ("0.0", "17.conv.2", "18.0")]
    except (KeyError, IndexError):
        raise InputError(
            f"{file.path} lacks tensors 'features.0.0.weight' to 'features.18.0.weight'; bring the network to "
            "torchvision's names with `hashiflex import`"
        ) from None

    def fits(width: int) -> bool:
        return [channels(32, width), channels(320, width), channels(1280, max(100, width))] == seen

    stated = file.metadata.get("width_percent")
    if stated is not None and not (stated.isdecimal() and fits(int(stated))):
        raise InputError(f"{file.path}: metadata 'width_percent' is '{stated}', but the layers have {seen} channels")
    widths = [int(stated)] if stated else [w for w in (100, 50, 75, 35, 140, 130, *range(10, 201)) if fits(w)]
    if not widths:
        raise InputError(f"{file.path}: {seen} channels are no MobileNetV2 of a width of 10 to 200 percent")
    return widths[0]


def _folded(file: _File, layer: Layer, epsilon: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of one layer in float64, its batch normalisation folded in where the file has one."""
    shape = [layer.outputs, layer.inputs // layer.groups, layer.kernel, layer.kernel]
    weight = file.tensor(f"{layer.module}.weight", shape, *FLOATS).double()
    vector = [layer.outputs]
    if f"{layer.norm}.running_var" not in file.tensors:
        return weight, file.tensor(f"{layer.module}.bias", vector, *FLOATS).double()
    gain, shift, mean, variance = (
        file.tensor(f"{layer.norm}.{part}", vector, *FLOATS).double()
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    if not bool((variance + epsilon > 0).all()):
        raise InputError(f"{file.path}: '{layer.norm}.running_var' has values that are not above 0")
    gain = gain / (variance + epsilon).sqrt()
    bias = -mean
    if f"{layer.module}.bias" in file.tensors:
        bias = bias + file.tensor(f"{layer.module}.bias", vector, *FLOATS).double()
    return weight * gain.view(-1, 1, 1, 1), bias * gain + shift


def _head(file: _File, features: int) -> nn.Linear | None:
    if "classifier.1.weight" not in file.tensors:
        return None
    count = file.tensors["classifier.1.weight"].shape[0]
    head = nn.Linear(features, count)
    head.weight.data = file.tensor("classifier.1.weight", [count, features], *FLOATS).float()
    head.bias.data = file.tensor("classifier.1.bias", [count], *FLOATS).float()
    return head


def _classes(file: _File, head: nn.Linear | None) -> list[str]:
    text = file.metadata.get("classes")
    if text is None:
        return []
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{file.path}: metadata 'classes' is no JSON list of names")
    if head is not None and len(names) != head.out_features:
        raise InputError(f"{file.path}: metadata 'classes' has {len(names)} names for {head.out_features} outputs")
    return names


def read_float(path: Path, mean: tuple[float, ...] | None = None, std: tuple[float, ...] | None = None) -> FloatNetwork:
    """A float network with torchvision's names, folded by `hashiflex import` or with batch norms as torchvision has.

    Kernels of a network that pads as TensorFlow does are turned by 180 degrees: on images turned likewise, padding 1
    on all sides then gives the turned outputs. ``mean`` and ``std`` (per colour, in 0...1) replace the file's.
    """
    file = _File(path)
    if file.metadata.get("format") == "hashiflex-backbone":
        raise InputError(f"{path} is a hardened backbone; --network takes the float one, that goes to --start")
    width = _width(file)
    layers = describe(width)
    if layers[0].outputs == layers[2].outputs and file.metadata.get("first_block_shortcut") != "none":
        raise InputError(f"{path}: at this width frameworks add a shortcut in the first block that hardened networks "
                         "do not have; use a wider network, or metadata first_block_shortcut=none if it has none")
    if mean is None or std is None:
        if not {"mean", "std"} <= file.metadata.keys():
            raise InputError(f"{path} does not say mean and std of its pixels; pass --mean and --std")
        mean, std = mean or tuple(file.numbers("mean", float, 3)), std or tuple(file.numbers("std", float, 3))
    if min(std) <= 0:
        raise InputError(f"{path}: std {std} must be above 0 in every colour; pass --std")
    padding = file.metadata.get("padding", "pytorch")
    if padding not in ("pytorch", "tensorflow"):
        raise InputError(f"{path}: metadata 'padding' is '{padding}', expected pytorch or tensorflow")
    epsilon = file.numbers("batch_norm_epsilon", float, 1)[0] if "batch_norm_epsilon" in file.metadata else 1e-5
    folded = [_folded(file, layer, epsilon) for layer in layers]
    if padding == "tensorflow":
        folded = [(weight.flip(2, 3), bias) for weight, bias in folded]
    size = file.numbers("input_size", int, 1)[0] if "input_size" in file.metadata else None
    head = _head(file, layers[-1].outputs)
    return FloatNetwork(width, folded, head, tuple(255 * m for m in mean), std, size, _classes(file, head),
                        padding == "tensorflow")


def read_artefact(path: Path) -> Artefact:
    """A hardened backbone of single powers of two, every number as it is."""
    file = _File(path)
    found = file.metadata.get("format")
    if found != "hashiflex-backbone":
        raise InputError(f"{path} is no hardened backbone (format '{found}'); name what `hashiflex harden` wrote")
    schema = file.metadata.get("schema")
    if schema == "3" or any(name.endswith(".weight_second") for name in file.tensors):
        raise InputError(f"{path} has weights that are sums of two powers of two, training makes single ones; "
                         "harden the network without --terms 2 and --drop and start from that")
    if schema != "1":
        raise InputError(f"{path} has schema '{schema}', training reads 1; name a backbone without a frozen head")
    width, size = file.numbers("width_percent", int, 1)[0], file.numbers("input_size", int, 1)[0]
    if not (10 <= width <= 200 and 32 <= size <= 512 and size % 32 == 0):
        raise InputError(f"{path}: width {width} and input size {size} are no network; harden again")
    described = describe(width)
    layers = []
    for layer in described:
        shape = (layer.outputs, layer.inputs // layer.groups, layer.kernel, layer.kernel)
        packed = file.tensor(f"{layer.name}.weight", [math.prod(shape) // 2], torch.uint8)
        code = torch.stack((packed & 15, packed >> 4), 1).flatten().to(torch.int32)
        if bool((code == 15).any()):
            raise InputError(f"{path}: '{layer.name}.weight' holds the illegal code 15; the file is damaged")
        value = torch.where(code & 7 == 7, 0, 1 << (code & 7)) * torch.where(code >= 8, -1, 1)
        bias = file.tensor(f"{layer.name}.bias", [layer.outputs], torch.int32)
        shift = file.tensor(f"{layer.name}.shift", [layer.outputs], torch.uint8).to(torch.int32)
        aligned = 0
        if layer.residual is not None:
            aligned = int(file.tensor(f"{layer.name}.residual_shift", [1], torch.int8)[0])
        low, high = int(shift.min()) + min(0, aligned), int(shift.max()) + max(0, aligned)
        if low < 0 or high > 20 or int(bias.abs().max()) > 1 << 24:
            raise InputError(f"{path}: shift or bias of layer {layer.name} is out of range; the file is damaged")
        layers.append(LayerIntegers(value.to(torch.int8).view(shape), bias, shift, aligned))
    mean = tuple(file.numbers("input_mean", int, 3))
    pool = file.numbers("pool_shift", int, 1)[0]
    if not (0 <= min(mean) and max(mean) <= 255 and 3 <= pool <= 6):
        raise InputError(f"{path}: input_mean {mean} or pool_shift {pool} is out of range; the file is damaged")
    return Artefact(width, size, mean, pool, file.numbers("activation_exponents", int, len(described)),
                    file.metadata.get("preprocessing", ""), layers)
