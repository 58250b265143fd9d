"""A training that starts from what `hashiflex harden` found: its integers to the bit, float weights beneath them."""

from __future__ import annotations

import copy
from pathlib import Path

import torch

from convert import output_scaled
from network import Layer, describe
from network_file import Artefact, InputError, LayerIntegers
from quantisation import BIAS_MAX, SHIFT_MAX, Geometry, QuantisedLayer, QuantisedNetwork, bias_limit, project
from teacher import FloatNetwork

#: Below this cosine between a layer's codes and the float weights, the two files are of different networks. Of
#: hardened networks the least found was 0.90; another network, or kernels turned the wrong way, give about 0.
RELATED = 0.5


def check_exact(path: Path, layer: Layer, integers: LayerIntegers, bias: torch.Tensor) -> None:
    """Refuses what float32 would not add up exactly, whatever training makes of the layer's weights.

    Up to a shift of 16, a sum beyond ``2^24`` saturates anyway. Above, sums must stay below: that holds for few inputs
    (all but wide projections), biases up to ``2^23`` and no residual.
    """
    limit = bias_limit(integers.shift)
    beyond = bias.abs() > limit
    if bool(beyond.any()):
        at = int(beyond.nonzero()[0])
        raise InputError(f"{path}: layer {layer.name}, channel {at} has bias {int(bias[at])}, training sums exactly up "
                         f"to {int(limit[at])}; harden the network again, with other calibration images")
    high = integers.shift > SHIFT_MAX
    fan_in = layer.inputs // layer.groups * layer.kernel**2
    reach = fan_in * 64 * (128 if layer.kind in ("expand", "last") else 255) + BIAS_MAX // 2 + (1 << 19)
    if bool(high.any()) and (layer.residual is not None or reach > 1 << 24):
        at = int(high.nonzero()[0])
        raise InputError(f"{path}: layer {layer.name}, channel {at} has shift {int(integers.shift[at])}, training sums "
                         f"exactly up to {SHIFT_MAX} here; leave out --start to convert the float network anew")


def check_related(path: Path, layer: Layer, codes: torch.Tensor, weight: torch.Tensor, turned: bool) -> None:
    """Refuses a start whose codes are not the float network's."""
    a, b = codes.double().flatten(), weight.flatten()
    cosine = float(a @ b / (a.norm() * b.norm()).clamp_min(1e-30))
    if cosine < RELATED:
        how = "turned" if turned else "not turned"
        raise InputError(f"{path}: the codes of layer {layer.name} do not resemble the float weights (cosine "
                         f"{cosine:.2f}, kernels {how}); name the float network that was hardened, with its padding")


def check_preprocessing(text: str, source: FloatNetwork) -> None:
    """Refuses pictures that were turned or coded otherwise than the float network reads them."""
    if ("turn-180" in text) != source.turned:
        pads, fits = ("TensorFlow", "turned by 180 degrees") if source.turned else ("PyTorch", "not turned")
        raise InputError(f"the network pads as {pads}, so pictures must be {fits}, but the preprocessing is '{text}'; "
                         "check metadata 'padding' of the float network")
    for key, own in (("mean-", [m / 255 for m in source.mean]), ("std-", source.std)):
        for part in text.split("/"):
            try:
                stated = [float(v) for v in part.removeprefix(key).split(",")] if part.startswith(key) else own
            except ValueError:
                continue
            if len(stated) != 3 or max(abs(a - b) for a, b in zip(stated, own)) > 0.002:
                raise InputError(f"the preprocessing says '{part}', the float network {list(own)}; "
                                 "both must be of one network, or pass --mean and --std")


def from_artefact(
    path: Path, artefact: Artefact, source: FloatNetwork, exponents: int = 7, shadows: str = "code"
) -> tuple[QuantisedNetwork, float]:
    """The artefact as a network to train, and the part of its weights that the float ones round to.

    Shadow weights are the codes' own values: what `harden` decided stays until gradients say otherwise. With
    ``shadows="float"`` they are the float weights where those round to the artefact's codes (elsewhere `harden` moved
    the code, so that it makes up for others); many then are at the edge of their code's range and change at once.
    ``path`` is only for messages.
    """
    if artefact.width_percent != source.width_percent:
        raise InputError(f"{path} has width {artefact.width_percent} %, the float network {source.width_percent} %; "
                         "name the one that was hardened")
    modules, same, total = [], 0, 0
    scaled = output_scaled(source, artefact.exponents, artefact.input_mean)
    for layer, integers, (weight, _) in zip(describe(source.width_percent), artefact.layers, scaled):
        scale = torch.ldexp(torch.ones(layer.outputs), integers.shift)
        q = integers.weight.float()
        bias = integers.bias.long()
        if layer.kind == "stem":
            # In training the mean is taken off the image instead.
            mean = torch.tensor(artefact.input_mean).view(1, 3, 1, 1)
            bias = bias + (integers.weight.long() * mean).sum((1, 2, 3))
        check_exact(path, layer, integers, bias)
        per_channel = scale.view(-1, 1, 1, 1)
        check_related(path, layer, q / per_channel, weight, source.turned)
        lowest = 2 ** (7 - exponents)
        if bool(((q != 0) & (q.abs() < lowest)).any()):
            raise InputError(f"{path}: layer {layer.name} has weights below {lowest}, which --exponents {exponents} "
                             "leaves out; pass what it was hardened with")
        weight = weight.float()
        kept = project(weight * per_channel, exponents) == q
        same, total = same + int(kept.sum()), total + kept.numel()
        # Doubles hold bias * 2^-shift exactly; so do floats, as it has at most 24 bits.
        own = q / per_channel
        module = QuantisedLayer(layer, torch.where(kept, weight, own) if shadows == "float" else own,
                                bias.double() / scale.double(), integers.shift)
        module.exponents = exponents
        # Dividing by a power of two is exact, but a weight near the end of its code's range may still be rounded.
        if not torch.equal(module.integers()[0], integers.weight):
            raise InputError(f"{path}: layer {layer.name} cannot be represented in training; report this file")
        modules.append(module)
    geometry = Geometry(
        artefact.width_percent, artefact.input_size, artefact.pool_shift, artefact.exponents, artefact.input_mean,
        artefact.preprocessing, tuple(integers.residual_shift for integers in artefact.layers),
    )
    network = QuantisedNetwork(geometry, modules, copy.deepcopy(source.head))
    return network.to(memory_format=torch.channels_last), same / total
