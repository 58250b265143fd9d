"""The hardened network's arithmetic as a differentiable torch module: integers held in float32.

Every activation is a whole number of codes. A layer computes ``clamp(floor(conv(x, q * 2^-r) + b * 2^-r + 1/2))``,
which equals the product's ``saturate((sum q x + b + 2^(r-1)) >> r)`` to the bit: scaling by a power of two commutes
with float32 rounding, and no sum reaches ``2^24`` (see README). Gradients pass straight through the rounding and
stop where a value saturates.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from data import MEAN
from network import Layer

#: One code of an activation with exponent 0, in real units: 255 codes are exactly 6.
UNIT = 6 / 255
#: Largest shift that training chooses, so that a bias of 256 codes stays within 2^24. A start may bring larger ones.
SHIFT_MAX = 16
BIAS_MAX = 1 << 24


def project(scaled: torch.Tensor, exponents: int = 7) -> torch.Tensor:
    """The nearest of 0, ±64, ±32, ... (``exponents`` of them) on the linear scale; ties away from zero.

    Range: ``scaled`` is a weight times ``2^r``; magnitudes above 64 become 64.
    """
    magnitude = scaled.abs()
    # magnitude / 1.5 in [2^(k-1), 2^k) belongs to 2^k; frexp returns exactly this k.
    exponent = torch.frexp(magnitude / 1.5).exponent.clamp_(7 - exponents, 6)
    power = torch.ldexp(torch.ones_like(magnitude), exponent)
    return torch.where(magnitude < 0.5 * 2.0 ** (7 - exponents), 0.0, torch.copysign(power, scaled))


class _Project(torch.autograd.Function):
    """Weights to powers of two; the gradient passes where the weight is not far beyond the largest code."""

    @staticmethod
    def forward(ctx, weight, shift, exponents):  # noqa: ANN001, ANN205
        scale = torch.ldexp(torch.ones_like(shift, dtype=torch.float32), shift).view(-1, 1, 1, 1)
        scaled = weight * scale
        ctx.save_for_backward(scaled.abs() <= 96)
        return project(scaled, exponents) / scale

    @staticmethod
    def backward(ctx, gradient):  # noqa: ANN001, ANN205
        return gradient * ctx.saved_tensors[0], None, None


class _Saturate(torch.autograd.Function):
    """``clamp(floor(z))`` in place; the gradient passes where the result is inside the range."""

    @staticmethod
    def forward(ctx, z, low, high):  # noqa: ANN001, ANN205
        y = z.floor_().clamp_(low, high)
        ctx.mark_dirty(z)
        ctx.save_for_backward(y)
        ctx.range = (low, high)
        return y

    @staticmethod
    def backward(ctx, gradient):  # noqa: ANN001, ANN205
        return torch.ops.aten.hardtanh_backward(gradient, ctx.saved_tensors[0], *ctx.range), None, None


class _RoundBias(torch.autograd.Function):
    """Biases to whole accumulator units, half away from zero, within ``±2^24``."""

    @staticmethod
    def forward(ctx, bias, shift):  # noqa: ANN001, ANN205
        return round_bias(bias, shift) / torch.ldexp(torch.ones_like(bias), shift)

    @staticmethod
    def backward(ctx, gradient):  # noqa: ANN001, ANN205
        return gradient, None


def round_bias(bias: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """A bias in output codes as whole accumulator units, held in float32."""
    units = torch.ldexp(bias, shift)
    limit = bias_limit(shift).to(units.dtype)
    return torch.copysign((units.abs() + 0.5).floor(), units).clamp(-limit, limit)


def bias_limit(shift: torch.Tensor) -> torch.Tensor:
    """The largest bias that training uses: half of the product's above ``SHIFT_MAX``, so that sums stay exact."""
    return torch.where(shift > SHIFT_MAX, BIAS_MAX // 2, BIAS_MAX)


class QuantisedLayer(nn.Module):
    """One layer: shadow weights and bias, shift per output channel, and masks.

    ``weight`` is in units of 64 codes at the first shift, so that the largest of a channel is about 1 whatever its
    scale; ``bias`` is in units of 32 output codes. One learning rate then fits all.
    """

    def __init__(self, layer: Layer, weight: torch.Tensor, bias: torch.Tensor, shift: torch.Tensor) -> None:
        super().__init__()
        self.layer = layer
        scale = torch.ldexp(torch.full(shift.shape, 64.0), -shift).view(-1, 1, 1, 1)
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift.to(torch.int32))
        self.register_buffer("kept", torch.ones(weight.shape, dtype=torch.bool))
        self.register_buffer("frozen", torch.zeros(weight.shape, dtype=torch.bool))
        self.weight = nn.Parameter(weight.to(torch.float32) / scale)
        self.bias = nn.Parameter(bias.to(torch.float32) / 32)
        self.exponents = 7
        self.pruned = False
        self.residual_shift = 0

    def shadow(self) -> torch.Tensor:
        """Real weights in output codes per input code."""
        weight = self.weight * self.scale
        return weight * self.kept if self.pruned else weight

    def quantised(self) -> tuple[torch.Tensor, torch.Tensor]:
        """``q * 2^-r`` and ``b * 2^-r``, with gradients to the shadows."""
        return (
            _Project.apply(self.shadow(), self.shift, self.exponents),
            _RoundBias.apply(self.bias * 32, self.shift),
        )

    @torch.no_grad()
    def integers(self) -> tuple[torch.Tensor, torch.Tensor]:
        """``q`` as int8 and the training bias ``b`` as int32; a stem's bias lacks its padding term."""
        scale = torch.ldexp(torch.ones(self.shift.shape, device=self.shift.device), self.shift).view(-1, 1, 1, 1)
        q = project(self.shadow() * scale, self.exponents).to(torch.int8)
        return q, round_bias(self.bias * 32, self.shift).to(torch.int32)

    def forward(self, x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        weight, bias = self.quantised()
        layer = self.layer
        z = functional.conv2d(x, weight, bias + 0.5, layer.stride, layer.kernel // 2, 1, layer.groups)
        if residual is not None:
            z = z.add_(residual, alpha=2.0**self.residual_shift)
        return _Saturate.apply(z, -128.0, 127.0) if layer.signed else _Saturate.apply(z, 0.0, 255.0)


@dataclass
class Geometry:
    """What fixes the network's shape and scales besides its weights."""

    width_percent: int
    input_size: int
    pool_shift: int
    exponents: list[int]  # a_t of every layer's output: one code is worth 6/255 * 2^-a
    input_mean: tuple[int, ...] = MEAN  # bytes per colour; also the padding byte of the stem
    preprocessing: str = ""  # what images go through before the first layer; empty for this package's own
    residual_shifts: tuple[int, ...] = ()  # per layer; residuals are added as r * 2^s codes. Empty: all 0


class QuantisedNetwork(nn.Module):
    """The hardened backbone with a float head on its feature bytes, or without a head.

    Converted networks share one activation exponent in each residual chain, so residuals are added unshifted; other
    starts may shift them.
    """

    def __init__(self, geometry: Geometry, layers: list[QuantisedLayer], head: nn.Linear | None) -> None:
        super().__init__()
        self.geometry = geometry
        self.layers = nn.ModuleList(layers)
        self.head = head
        for module, shift in zip(layers, geometry.residual_shifts):
            module.residual_shift = shift
        self.register_buffer("mean", torch.tensor(geometry.input_mean, dtype=torch.float32).view(1, 3, 1, 1))

    @property
    def feature_unit(self) -> float:
        """The real pooled mean that one feature code stands for, at the network's own input size."""
        own = UNIT * 2.0 ** -self.geometry.exponents[-1]
        return own * 2.0**self.geometry.pool_shift / (self.geometry.input_size // 32) ** 2

    def activations(self, images: torch.Tensor) -> list[torch.Tensor]:
        """The output codes of every layer, for input bytes ``[n, 3, size, size]``."""
        x = (images - self.mean).contiguous(memory_format=torch.channels_last)
        outputs: list[torch.Tensor] = []
        for module in self.layers:
            source = module.layer.residual
            x = module(x, outputs[source] if source is not None else None)
            outputs.append(x)
        return outputs

    def pool(self, last: torch.Tensor) -> torch.Tensor:
        """Feature codes. Other input sizes than the network's own are brought to its scale, for training only."""
        own = (self.geometry.input_size // 32) ** 2
        total = last.sum((2, 3)) * (own / (last.shape[2] * last.shape[3]))
        z = total * 2.0**-self.geometry.pool_shift + 0.5
        return _Saturate.apply(z, 0.0, 255.0)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Feature codes ``[n, features]`` in ``0...255``, as float32."""
        return self.pool(self.activations(images)[-1])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(images) * self.feature_unit)

