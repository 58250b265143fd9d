"""What changes besides gradients during training: shifts, progressive freezing, pruning."""

from __future__ import annotations

import torch

from convert import choose_shift
from quantisation import SHIFT_MAX, QuantisedLayer, QuantisedNetwork, project


@torch.no_grad()
def refresh_shifts(network: QuantisedNetwork) -> int:
    """Chooses every channel's shift anew for its present weights; returns how many changed."""
    changed = 0
    for module in network.layers:
        shift = choose_shift(module.shadow(), module.exponents)
        if module.residual_shift:
            # The residual's own shift, the sum of both, stays within what the product allows.
            shift = shift.clamp(max(0, -module.residual_shift), min(SHIFT_MAX, 20 - module.residual_shift))
        changed += int((shift != module.shift).sum())
        module.shift.copy_(shift)
    return changed


def parse_freezing(text: str) -> list[tuple[float, float]]:
    """Reads ``0.65:0.5,0.95:1``: from this part of the training on, this part of each layer is frozen."""
    return [(float(when), float(part)) for when, part in (pair.split(":") for pair in text.split(",") if pair)]


def _relative_error(module: QuantisedLayer) -> tuple[torch.Tensor, torch.Tensor]:
    """The projected weights, and how far each shadow is from its code, as a part of the code's own size."""
    scale = torch.ldexp(torch.ones(module.shift.shape, device=module.shift.device), module.shift).view(-1, 1, 1, 1)
    scaled = module.shadow() * scale
    q = project(scaled, module.exponents)
    return q / scale, (scaled - q).abs() / q.abs().clamp_min(1)


@torch.no_grad()
def freeze(network: QuantisedNetwork, part: float, optimizer: torch.optim.Optimizer | None = None) -> None:
    """Freezes ``part`` of each layer's weights at their codes, the best-fitting first (INQ, arXiv:1702.03044).

    Already frozen weights stay so. The optimiser's memory of frozen weights is cleared, so that masked gradients
    leave them exactly where they are.
    """
    for module in network.layers:
        projected, error = _relative_error(module)
        error[module.frozen] = -1
        count = round(part * error.numel())
        if count == 0:
            continue
        limit = error.flatten().kthvalue(count).values
        chosen = error <= limit
        module.frozen |= chosen
        fixed = projected / module.scale
        module.weight.copy_(torch.where(module.frozen, fixed, module.weight))
        if optimizer is not None:
            for value in optimizer.state.get(module.weight, {}).values():
                if torch.is_tensor(value) and value.shape == module.weight.shape:
                    value.masked_fill_(module.frozen, 0)


@torch.no_grad()
def mask_gradients(network: QuantisedNetwork) -> None:
    """Clears the gradients of frozen and pruned weights; call between backward and the optimiser's step."""
    for module in network.layers:
        gradient = module.weight.grad
        if gradient is not None:
            gradient.masked_fill_(module.frozen | ~module.kept, 0)


@torch.no_grad()
def prune(network: QuantisedNetwork, part: float, protected: tuple[str, ...] = ("stem", "depthwise")) -> None:
    """Masks weights so that ``part`` of all are zero; kinds in ``protected`` stay whole.

    One threshold for the network on magnitudes relative to each channel's root mean square: layers with many
    small weights (the late, wide ones) lose most. Shifts are chosen after pruning. Zeros that projection itself
    makes do not count toward ``part``: they come on top.
    """
    total = sum(module.weight.numel() for module in network.layers)
    ranked = []
    for module in network.layers:
        if module.layer.kind in protected:
            continue
        weight = module.shadow().flatten(1)
        ranked.append((module, (weight.abs() / weight.square().mean(1, keepdim=True).sqrt().clamp_min(1e-12))))
    count = round(part * total)
    values = torch.cat([value.flatten() for _, value in ranked])
    if count >= len(values):
        raise ValueError(f"cannot prune {part:.0%} of all weights with {protected} protected")
    limit = values.kthvalue(count).values
    for module, value in ranked:
        module.kept.copy_((value > limit).view_as(module.kept))
        module.pruned = True
        module.weight *= module.kept
        module.frozen.zero_()
    refresh_shifts(network)


@torch.no_grad()
def zero_part(network: QuantisedNetwork) -> float:
    """The part of all integer weights that are zero."""
    zeros = sum(int((module.integers()[0] == 0).sum()) for module in network.layers)
    return zeros / sum(module.weight.numel() for module in network.layers)
