"""From a float MobileNetV2 to a quantised one: folding, scales, projection, bias correction."""

from __future__ import annotations

import math

import torch
from torch import nn

from data import STD, normalise
from network import MobileNetV2, describe
from quantisation import SHIFT_MAX, UNIT, Geometry, QuantisedLayer, QuantisedNetwork, project


def fold(model: MobileNetV2) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Weights and biases of all layers with batch normalisation folded in, in float64."""
    state = {name: value.double() for name, value in model.state_dict().items()}
    folded = []
    for layer in describe(model.width_percent):
        gain = state[f"{layer.norm}.weight"] / (state[f"{layer.norm}.running_var"] + 1e-5).sqrt()
        bias = state[f"{layer.norm}.bias"] - state[f"{layer.norm}.running_mean"] * gain
        folded.append((state[f"{layer.module}.weight"] * gain.view(-1, 1, 1, 1), bias))
    return folded


class FoldedNetwork(nn.Module):
    """The float network without batch normalisation: a fast teacher, and a source of float activations."""

    def __init__(self, model: MobileNetV2) -> None:
        super().__init__()
        self.layers = describe(model.width_percent)
        self.folded = [
            (w.float().contiguous(memory_format=torch.channels_last), b.float()) for w, b in fold(model)
        ]
        self.head = model.classifier[1]

    @torch.no_grad()
    def run_layer(self, index: int, x: torch.Tensor, outputs: list[torch.Tensor], clip: bool = True) -> torch.Tensor:
        layer, (weight, bias) = self.layers[index], self.folded[index]
        y = torch.nn.functional.conv2d(x, weight, bias, layer.stride, layer.kernel // 2, 1, layer.groups)
        if layer.residual is not None:
            y = y.add_(outputs[layer.residual])
        return y.clamp_(0, 6) if clip and not layer.signed else y

    @torch.no_grad()
    def pooled(self, images: torch.Tensor) -> torch.Tensor:
        x, outputs = normalise(images), []
        for index in range(len(self.layers)):
            x = self.run_layer(index, x, outputs)
            # Only what a residual reads later is kept.
            outputs.append(x if self.layers[index].signed else None)
        return x.mean((2, 3))

    @torch.no_grad()
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.pooled(images))


def residual_chains(layers: list) -> list[list[int]]:
    """Linear outputs that must share a scale, because they are added to each other."""
    chains: list[list[int]] = []
    for index, layer in enumerate(layers):
        if not layer.signed:
            continue
        if layer.residual is not None and chains and layer.residual in chains[-1]:
            chains[-1].append(index)
        else:
            chains.append([index])
    return chains


def choose_exponents(teacher: FoldedNetwork, images: torch.Tensor) -> list[int]:
    """Activation exponents: 0 behind ReLU6, the least squared error behind linear bottlenecks."""
    x, outputs = normalise(images), []
    for index in range(len(teacher.layers)):
        x = teacher.run_layer(index, x, outputs)
        outputs.append(x if teacher.layers[index].signed else None)
    exponents = [0] * len(teacher.layers)
    for chain in residual_chains(teacher.layers):
        def error(a: int) -> float:
            step = UNIT * 2.0**-a
            total = 0.0
            for index in chain:
                y = outputs[index]
                coded = (y / step + 0.5).floor().clamp(-128, 127) * step
                total += float(((coded - y) ** 2).mean() / (y**2).mean())
            return total
        best = min(range(-5, 4), key=error)
        for index in chain:
            exponents[index] = best
    return exponents


def choose_shift(weight: torch.Tensor, exponents: int = 7) -> torch.Tensor:
    """The shift of every output channel with the least squared projection error. ``weight`` in codes."""
    flat = weight.flatten(1).float()
    largest = flat.abs().amax(1).clamp_min(2.0**-40)
    first = (6 - torch.floor(torch.log2(largest))).to(torch.int32)
    best, best_error = None, None
    for offset in (-1, 0, 1, 2):
        shift = (first + offset).clamp(0, SHIFT_MAX)
        scale = torch.ldexp(torch.ones(len(shift), device=flat.device), shift)[:, None]
        error = ((project(flat * scale, exponents) / scale - flat) ** 2).sum(1)
        if best is None:
            best, best_error = shift, error
        else:
            best = torch.where(error < best_error, shift, best)
            best_error = torch.minimum(error, best_error)
    return best


def convert(model: MobileNetV2, input_size: int, images: torch.Tensor, exponents: int = 7) -> QuantisedNetwork:
    """Projects a float network as it is: the start of training, and post-training quantisation by itself.

    ``images`` are input bytes to calibrate activation exponents and the pool on.
    """
    teacher = FoldedNetwork(model)
    scales = choose_exponents(teacher, images)
    modules = []
    previous = 0
    for index, (layer, (weight, bias)) in enumerate(zip(teacher.layers, fold(model))):
        own = scales[index]
        if layer.kind == "stem":
            # Per input byte instead of per code; std per colour.
            weight = weight / (UNIT * 255 * torch.tensor(STD, dtype=torch.float64)).view(1, 3, 1, 1)
            weight = weight * 2.0**own
        else:
            weight = weight * 2.0 ** (own - previous)
        modules.append(QuantisedLayer(layer, weight, bias / UNIT * 2.0**own, choose_shift(weight, exponents)))
        modules[-1].exponents = exponents
        previous = own
    pixels = (input_size // 32) ** 2
    top = float(torch.quantile(teacher.pooled(images).flatten()[:: max(1, len(images) // 64)], 0.9999))
    need = math.ceil(math.log2(max(top / UNIT * pixels / 255, 1e-6)))
    head = nn.Linear(model.classifier[1].in_features, model.classifier[1].out_features)
    head.load_state_dict(model.classifier[1].state_dict())
    geometry = Geometry(model.width_percent, input_size, min(max(need, 3), 6), scales)
    return QuantisedNetwork(geometry, modules, head).to(memory_format=torch.channels_last)


@torch.no_grad()
def correct_biases(network: QuantisedNetwork, model: MobileNetV2, images: torch.Tensor) -> None:
    """Moves every bias so that the layer's mean output matches the float network's, layer by layer.

    The quantised side reads already corrected inputs; means are taken after the clipping, in three rounds.
    """
    teacher = FoldedNetwork(model)
    x, outputs = normalise(images), []
    y = (images - network.mean).contiguous(memory_format=torch.channels_last)
    coded: list[torch.Tensor] = []
    for index, module in enumerate(network.layers):
        x = teacher.run_layer(index, x, outputs)
        outputs.append(x if module.layer.signed else None)
        goal = x.mean((0, 2, 3)) / UNIT * 2.0 ** network.geometry.exponents[index]
        residual = coded[module.layer.residual] if module.layer.residual is not None else None
        for _ in range(3):
            out = module(y, residual)
            module.bias += (goal - out.mean((0, 2, 3))) / 32
        y = module(y, residual)
        coded.append(y if module.layer.signed else None)
