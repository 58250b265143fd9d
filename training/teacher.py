"""The float network without batch normalisation: what is converted, and what a Po2 network learns from."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import torch
from torch import nn

from data import MEAN, STD
from network import MobileNetV2, describe


def fold(model: MobileNetV2) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Weights and biases of all layers with batch normalisation folded in, in float64."""
    state = {name: value.double() for name, value in model.state_dict().items()}
    folded = []
    for layer in describe(model.width_percent):
        gain = state[f"{layer.norm}.weight"] / (state[f"{layer.norm}.running_var"] + 1e-5).sqrt()
        bias = state[f"{layer.norm}.bias"] - state[f"{layer.norm}.running_mean"] * gain
        folded.append((state[f"{layer.module}.weight"] * gain.view(-1, 1, 1, 1), bias))
    return folded


@dataclass
class FloatNetwork:
    """A float network as numbers, wherever it came from.

    Padding is 1 on all sides: the kernels of a network that pads as TensorFlow does are already turned.
    """

    width_percent: int
    folded: list[tuple[torch.Tensor, torch.Tensor]]  # float64 weight [out, in/groups, k, k] and bias [out] per layer
    head: nn.Linear | None  # on pooled features; None for a backbone by itself
    mean: tuple[float, ...] = tuple(float(m) for m in MEAN)  # per colour, in bytes
    std: tuple[float, ...] = STD  # per colour, as parts of 255
    input_size: int | None = None  # pixels, where the file says so
    classes: list[str] = field(default_factory=list)  # names; empty where the file has none
    turned: bool = False  # kernels and images are turned by 180 degrees

    @staticmethod
    def of(source: MobileNetV2 | FloatNetwork) -> FloatNetwork:
        """A trained model of this package, with its mean and spread; other sources as they are."""
        if isinstance(source, FloatNetwork):
            return source
        return FloatNetwork(source.width_percent, fold(source), source.classifier[1])


class FoldedNetwork(nn.Module):
    """A fast teacher, and a source of float activations. Nothing in it is trained."""

    def __init__(self, source: MobileNetV2 | FloatNetwork) -> None:
        super().__init__()
        source = FloatNetwork.of(source)
        self.layers = describe(source.width_percent)
        for index, (weight, bias) in enumerate(source.folded):
            # Buffers, so that they move with the module to another device.
            self.register_buffer(f"weight{index}", weight.float().contiguous(memory_format=torch.channels_last))
            self.register_buffer(f"bias{index}", bias.float())
        self.register_buffer("mean", torch.tensor(source.mean, dtype=torch.float32).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor([1 / (255 * s) for s in source.std]).view(1, 3, 1, 1))
        # A copy: moving this module leaves the source where it is.
        self.head = copy.deepcopy(source.head)

    def normalise(self, images: torch.Tensor) -> torch.Tensor:
        """The real numbers that the network reads: ``(byte - mean) / (255 std)``, channels last."""
        return ((images - self.mean) * self.scale).contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def run_layer(self, index: int, x: torch.Tensor, outputs: list[torch.Tensor], clip: bool = True) -> torch.Tensor:
        """One layer with its residual; ReLU6 behind all but linear bottlenecks unless ``clip`` is false."""
        layer, weight, bias = self.layers[index], getattr(self, f"weight{index}"), getattr(self, f"bias{index}")
        y = torch.nn.functional.conv2d(x, weight, bias, layer.stride, layer.kernel // 2, 1, layer.groups)
        if layer.residual is not None:
            y = y.add_(outputs[layer.residual])
        return y.clamp_(0, 6) if clip and not layer.signed else y

    @torch.no_grad()
    def pooled(self, images: torch.Tensor) -> torch.Tensor:
        """The mean of the last layer over all pixels, for input bytes: ``[n, features]``."""
        x, outputs = self.normalise(images), []
        for index in range(len(self.layers)):
            x = self.run_layer(index, x, outputs)
            # Only what a residual reads later is kept.
            outputs.append(x if self.layers[index].signed else None)
        return x.mean((2, 3))

    @torch.no_grad()
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.pooled(images))
