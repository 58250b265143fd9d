"""The datapath in plain numpy integers, written from the specification: the oracle of the tests.

It reads the tensors and metadata of an exported integers file and nothing else; it shares no code with the
simulation that it judges but the list of layers.
"""

from __future__ import annotations

import numpy as np

from network import Layer, describe


def convolve(layer: Layer, weight: np.ndarray, x: np.ndarray, padding: np.ndarray) -> np.ndarray:
    """Sums of ``q * x`` in int64: ``[h, w, c]`` bytes in, ``[h', w', c']`` sums out."""
    q = weight.astype(np.int64)
    if layer.kernel == 1:
        return x @ q[:, :, 0, 0].T
    height, width, _ = x.shape
    padded = np.empty((height + 2, width + 2, x.shape[2]), np.int64)
    padded[:] = padding
    padded[1:-1, 1:-1] = x
    sums = np.zeros((height // layer.stride, width // layer.stride, layer.outputs), np.int64)
    for row in range(3):
        for column in range(3):
            window = padded[row : row + height : layer.stride, column : column + width : layer.stride]
            if layer.kind == "depthwise":
                sums += window * q[:, 0, row, column]
            else:
                sums += window @ q[:, :, row, column].T
    return sums


def run(tensors: dict[str, np.ndarray], metadata: dict[str, str], image: np.ndarray) -> tuple[list, np.ndarray]:
    """All layer outputs ``[h, w, c]`` and the feature bytes of one image ``[h, w, 3]``."""
    mean = np.array([int(m) for m in metadata["input_mean"].split(",")])
    outputs: list[np.ndarray] = []
    x = image.astype(np.int64)
    for layer in describe(int(metadata["width_percent"])):
        padding = mean if layer.kind == "stem" else np.zeros(1, np.int64)
        sums = convolve(layer, tensors[f"{layer.name}.weight"], x, padding) + tensors[f"{layer.name}.bias"]
        shift = tensors[f"{layer.name}.shift"].astype(np.int64)
        if layer.residual is not None:
            alignment = shift + int(tensors[f"{layer.name}.residual_shift"][0])
            sums += outputs[layer.residual] << alignment
        assert abs(sums).max() < 1 << 30
        rounding = np.where(shift == 0, 0, 1 << np.maximum(shift - 1, 0))
        y = (sums + rounding) >> shift
        x = np.clip(y, -128, 127) if layer.signed else np.clip(y, 0, 255)
        outputs.append(x)
    shift = int(metadata["pool_shift"])
    return outputs, np.minimum(255, (x.sum((0, 1)) + (1 << (shift - 1))) >> shift)
