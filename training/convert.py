"""From a float MobileNetV2 to a quantised one: folding, scales, projection, bias correction."""

from __future__ import annotations

import copy
import math

import torch

from network import MobileNetV2
from quantisation import SHIFT_MAX, UNIT, Geometry, QuantisedLayer, QuantisedNetwork, project
from teacher import FloatNetwork, FoldedNetwork


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
    x, outputs = teacher.normalise(images), []
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


def output_scaled(
    source: FloatNetwork, exponents: list[int], input_mean: tuple[int, ...]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The network's weights in output codes per input code and biases in output codes, float64.

    The stem is per input byte less ``input_mean`` instead: its weights take in the spread, its bias what the mean in
    bytes lacks to the network's own.
    """
    scaled, previous = [], 0
    for index, (weight, bias) in enumerate(source.folded):
        own = exponents[index]
        if index == 0:
            per_byte = weight / (255 * torch.tensor(source.std, dtype=torch.float64)).view(1, 3, 1, 1)
            lacking = torch.tensor(input_mean, dtype=torch.float64) - torch.tensor(source.mean, dtype=torch.float64)
            bias = bias + (per_byte * lacking.view(1, 3, 1, 1)).sum((1, 2, 3))
            weight = per_byte / UNIT * 2.0**own
        else:
            weight = weight * 2.0 ** (own - previous)
        scaled.append((weight, bias / UNIT * 2.0**own))
        previous = own
    return scaled


def convert(
    model: MobileNetV2 | FloatNetwork, input_size: int, images: torch.Tensor, exponents: int = 7
) -> QuantisedNetwork:
    """Projects a float network as it is: the start of training, and post-training quantisation by itself.

    ``images`` are input bytes to calibrate activation exponents and the pool on.
    """
    source = FloatNetwork.of(model)
    teacher = FoldedNetwork(source)
    scales = choose_exponents(teacher, images)
    input_mean = tuple(min(255, max(0, math.floor(m + 0.5))) for m in source.mean)
    modules = []
    for layer, (weight, bias) in zip(teacher.layers, output_scaled(source, scales, input_mean)):
        modules.append(QuantisedLayer(layer, weight, bias, choose_shift(weight, exponents)))
        modules[-1].exponents = exponents
    pixels = (input_size // 32) ** 2
    top = float(torch.quantile(teacher.pooled(images).flatten()[:: max(1, len(images) // 64)], 0.9999))
    need = math.ceil(math.log2(max(top / UNIT * pixels / 255, 1e-6)))
    geometry = Geometry(source.width_percent, input_size, min(max(need, 3), 6), scales, input_mean)
    network = QuantisedNetwork(geometry, modules, copy.deepcopy(source.head))
    return network.to(memory_format=torch.channels_last)


@torch.no_grad()
def correct_biases(network: QuantisedNetwork, model: MobileNetV2 | FloatNetwork, images: torch.Tensor) -> None:
    """Moves every bias so that the layer's mean output matches the float network's, layer by layer.

    The quantised side reads already corrected inputs; means are taken after the clipping, in three rounds.
    """
    teacher = FoldedNetwork(model)
    x, outputs = teacher.normalise(images), []
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
