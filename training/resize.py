"""The product's pinned integer resize, specification ``hsf-resize-1``: the same bytes, in torch.

The resize is separable and linear but for one rounding at the end, so it is two small matrix products. They run
in float64, where every sum (below ``255 * 2^24 + 2^23``) is exact in any order.
"""

from __future__ import annotations

from functools import lru_cache

import torch

#: Names the specification in the metadata of an artefact.
IDENTITY = "hsf-resize-1/area-down-linear-up/w12/stretch"
ONE = 4096


@lru_cache(maxsize=32)
def axis(source: int, target: int) -> torch.Tensor:
    """The weights of one axis: ``[target, source]`` float64, whole numbers, every row sums to 4096."""
    weights = torch.zeros(target, source, dtype=torch.float64)
    for i in range(target):
        if target < source:
            low, before = i * source, 0
            high = low + source
            for j in range(low // target, (high - 1) // target + 1):
                covered = min(high, (j + 1) * target) - low
                up_to = (2 * covered * ONE + source) // (2 * source)
                weights[i, j] += up_to - before
                before = up_to
        else:
            position = (2 * i + 1) * source - target
            low = position // (2 * target)
            high = ((position - low * 2 * target) * ONE + target) // (2 * target)
            weights[i, min(max(low, 0), source - 1)] += ONE - high
            weights[i, min(max(low + 1, 0), source - 1)] += high
    return weights


def resize(images: torch.Tensor, size: int) -> torch.Tensor:
    """Resizes byte images to a square.

    Shape: ``[..., height, width]`` to ``[..., size, size]``, both uint8.
    Rounding: once, half up.
    """
    height, width = images.shape[-2:]
    if height == size and width == size:
        return images
    sums = axis(height, size) @ images.to(torch.float64) @ axis(width, size).T
    return ((sums + 2.0**23) * 2.0**-24).floor_().to(torch.uint8)
