"""MobileNetV2 in torchvision's layout, and the product's list of its 52 convolution layers.

The module tree is the one torchvision uses (``features.0.0.weight`` ... ``classifier.1.bias``), so that state
dicts can be exchanged with it; the layer names are the product's (``stem``, ``b00.depthwise``, ..., ``last``).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

#: Expansion factor, channels, repeats, first stride: table 2 of arXiv:1801.04381.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def channels(count: int, width_percent: int) -> int:
    """Scales a channel count, rounded to a multiple of 8 without losing more than a tenth of it."""
    hundredths = count * width_percent
    nearest = max(8, (hundredths + 400) // 800 * 8)
    return nearest + 8 if nearest * 1000 < hundredths * 9 else nearest


@dataclass(frozen=True)
class Layer:
    """One hardened convolution layer.

    ``module`` is the convolution's name in the float network and ``norm`` its batch normalisation's;
    ``residual`` is the index of the layer whose output is added before requantisation.
    """

    name: str
    kind: str  # stem, expand, depthwise, project, last
    inputs: int
    outputs: int
    stride: int
    module: str
    norm: str
    residual: int | None = None

    @property
    def kernel(self) -> int:
        return 3 if self.kind in ("stem", "depthwise") else 1

    @property
    def groups(self) -> int:
        return self.inputs if self.kind == "depthwise" else 1

    @property
    def signed(self) -> bool:
        """Whether the output is a signed byte: linear bottlenecks only."""
        return self.kind == "project"


def describe(width_percent: int = 100) -> list[Layer]:
    """The layers in execution order, which is the order of every exported list."""
    layers: list[Layer] = []
    width = channels(32, width_percent)
    layers.append(Layer("stem", "stem", 3, width, 2, "features.0.0", "features.0.1"))
    block = 0
    for expansion, count, repeats, first_stride in STAGES:
        target = channels(count, width_percent)
        for index in range(repeats):
            prefix = f"b{block:02d}"
            root = f"features.{block + 1}.conv"
            stride = first_stride if index == 0 else 1
            source = len(layers) - 1
            hidden = width * expansion
            at = 0
            if expansion > 1:
                layers.append(Layer(f"{prefix}.expand", "expand", width, hidden, 1, f"{root}.0.0", f"{root}.0.1"))
                at = 1
            layers.append(
                Layer(f"{prefix}.depthwise", "depthwise", hidden, hidden, stride, f"{root}.{at}.0", f"{root}.{at}.1")
            )
            residual = source if stride == 1 and width == target and block > 0 else None
            layers.append(
                Layer(
                    f"{prefix}.project", "project", hidden, target, 1, f"{root}.{at + 1}", f"{root}.{at + 2}", residual
                )
            )
            width = target
            block += 1
    last = channels(1280, max(100, width_percent))
    layers.append(Layer("last", "last", width, last, 1, f"features.{block + 1}.0", f"features.{block + 1}.1"))
    return layers


def _convolution(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; the input is added where the shape stays.

    Not in the first block: it has no expansion, its shape stays only at the smallest widths, and there hardened
    networks have no shortcut (torchvision has).
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        parts: list[nn.Module] = []
        if expansion > 1:
            parts.append(nn.Sequential(*_convolution(inputs, hidden), nn.ReLU6(inplace=True)))
        depthwise = _convolution(hidden, hidden, 3, stride, hidden)
        parts.append(nn.Sequential(*depthwise, nn.ReLU6(inplace=True)))
        parts.extend(_convolution(hidden, outputs))
        self.conv = nn.Sequential(*parts)
        self.use_res_connect = stride == 1 and inputs == outputs and expansion > 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """The float network; its state dict has torchvision's names and shapes."""

    def __init__(self, classes: int, width_percent: int = 100, dropout: float = 0.2) -> None:
        super().__init__()
        self.width_percent = width_percent
        width = channels(32, width_percent)
        features: list[nn.Module] = [nn.Sequential(*_convolution(3, width, 3, 2), nn.ReLU6(inplace=True))]
        for expansion, count, repeats, first_stride in STAGES:
            for index in range(repeats):
                target = channels(count, width_percent)
                features.append(InvertedResidual(width, target, first_stride if index == 0 else 1, expansion))
                width = target
        last = channels(1280, max(100, width_percent))
        features.append(nn.Sequential(*_convolution(width, last), nn.ReLU6(inplace=True)))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(last, classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.zeros_(module.bias)

    def pooled(self, x: torch.Tensor) -> torch.Tensor:
        """The mean of the last layer's output over all pixels: ``[n, features]``."""
        return nn.functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.pooled(x))
