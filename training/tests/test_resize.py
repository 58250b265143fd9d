"""The resize gives the product's bytes: hashes from its own golden file, which knows neither implementation."""

import numpy as np
import pytest
import torch

from resize import axis, resize

#: Width, height, target, FNV-1a of the ``[h, w, 3]`` bytes: as in Tests/ImageDecodingTests.
GOLDENS = [
    (37, 23, 16, 0x3875E83E45380E5B),
    (28, 28, 32, 0x0098E7D1BDB37EE7),
    (64, 48, 64, 0x87A0C17C2B3F3267),
    (61, 40, 24, 0x7872C45C58F62180),
    (5, 3, 7, 0xDFBA9CBF2F1758C9),
    (100, 10, 32, 0x9A5A0AB8ADEC87C1),
    (1, 1, 4, 0xA3BDB709934C5655),
    (33, 200, 33, 0x565703CC649F57CB),
    (2, 300, 5, 0xF3AB2DCAB929F30A),
    (320, 213, 96, 0xF7C610B168D90491),
]


def fnv1a(data: bytes) -> int:
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = ((digest ^ byte) * 0x100000001B3) & (2**64 - 1)
    return digest


@pytest.mark.parametrize(("width", "height", "size", "expected"), GOLDENS)
def test_resize_equals_the_product(width: int, height: int, size: int, expected: int) -> None:
    x = np.arange(width)[None, :, None]
    y = np.arange(height)[:, None, None]
    c = np.arange(3)[None, None, :]
    source = (x * 31 + y * 57 + c * 101 + x * y * 3 + (x * x) % 11 * 17) % 256
    image = torch.from_numpy(source.astype(np.uint8)).permute(2, 0, 1)
    assert fnv1a(resize(image, size).permute(1, 2, 0).contiguous().numpy().tobytes()) == expected


@pytest.mark.parametrize("size", [32, 64, 96, 224])
def test_weights_sum_to_one(size: int) -> None:
    weights = axis(28, size)
    assert torch.equal(weights.sum(1), torch.full((size,), 4096.0, dtype=torch.float64))
    assert torch.equal(weights, weights.round())
