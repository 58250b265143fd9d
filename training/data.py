"""Data sets: IDX files or a folder of images, the split, augmentation and the network's input.

A data set is bytes in memory: ``images`` ``[n, colours, height, width]`` uint8 (one colour for grey images, which
are replicated only after resizing) and ``labels`` ``[n]``.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from resize import resize

#: Channel means as bytes; also the padding byte of the first layer. The means of ImageNet, rounded.
MEAN = (124, 116, 104)
#: Channel standard deviations as fractions of 255; folded into the first layer's weights at export.
STD = (0.229, 0.224, 0.225)

FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


@dataclass
class Dataset:
    """Images and labels in memory; ``classes[label]`` is a label's name."""

    images: torch.Tensor
    labels: torch.Tensor
    classes: list[str]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: torch.Tensor) -> "Dataset":
        return Dataset(self.images[index], self.labels[index], self.classes)

    def without(self, names: list[str]) -> "Dataset":
        """Leaves out classes by name and numbers the others anew, in their old order."""
        unknown = [name for name in names if name not in self.classes]
        if unknown:
            raise ValueError(f"no class is named '{unknown[0]}'; the classes are {', '.join(self.classes)}")
        kept = [i for i, name in enumerate(self.classes) if name not in names]
        renumber = torch.full((len(self.classes),), -1, dtype=torch.long)
        renumber[kept] = torch.arange(len(kept))
        labels = renumber[self.labels]
        inside = labels >= 0
        return Dataset(self.images[inside], labels[inside], [self.classes[i] for i in kept])

    def split(self, held_out: int, seed: int = 1) -> tuple["Dataset", "Dataset"]:
        """Sets ``held_out`` images apart for choosing; the same ones for the same seed."""
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        return self.take(order[held_out:]), self.take(order[:held_out])


def read_idx(path: Path) -> np.ndarray:
    """Reads one IDX file of unsigned bytes, gzip or plain."""
    raw = path.read_bytes()
    data = gzip.decompress(raw) if path.suffix == ".gz" else raw
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is not an IDX file of unsigned bytes")
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    body = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    if body.size != int(np.prod(shape)):
        raise ValueError(f"{path} holds {body.size} bytes, its header promises {int(np.prod(shape))}")
    return body.reshape(shape)


def load_idx(folder: Path, part: str, classes: list[str] | None = None) -> Dataset:
    """Loads ``<part>-images-idx3-ubyte[.gz]`` and its labels; ``part`` is ``train`` or ``t10k``."""

    def find(kind: str) -> Path:
        for suffix in (".gz", ""):
            path = folder / f"{part}-{kind}-ubyte{suffix}"
            if path.exists():
                return path
        raise FileNotFoundError(f"{folder} has no {part}-{kind}-ubyte[.gz]; name a folder of IDX files")

    images, labels = read_idx(find("images-idx3")), read_idx(find("labels-idx1"))
    names = classes or (list(FASHION) if labels.max() < 10 else [str(i) for i in range(int(labels.max()) + 1)])
    return Dataset(torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.astype(np.int64)), names)


def load_folder(folder: Path, size: int) -> Dataset:
    """Loads ``folder/<class>/<image>`` (needs Pillow), each resized with the pinned resize to ``size``."""
    from PIL import Image

    classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    images, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted((folder / name).iterdir()):
            with Image.open(path) as image:
                pixels = torch.from_numpy(np.array(image.convert("RGB")))
            images.append(resize(pixels.permute(2, 0, 1), size))
            labels.append(label)
    if not images:
        raise ValueError(f"{folder} has no images in class folders; expected {folder}/<class>/<image>")
    return Dataset(torch.stack(images), torch.tensor(labels), classes)


def augment(images: torch.Tensor, generator: torch.Generator, shift: int = 2, erase: float = 0.0) -> torch.Tensor:
    """Flips half of the images, moves each by up to ``shift`` pixels (black moves in) and erases a square of some.

    Shape: ``[n, colours, height, width]`` uint8, kept.
    """
    n, _, height, width = images.shape
    flip = torch.rand(n, generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(-1), images)
    padded = torch.nn.functional.pad(images, (shift,) * 4)
    dy, dx = torch.randint(0, 2 * shift + 1, (2, n), generator=generator)
    rows = (dy[:, None] + torch.arange(height))[:, :, None]
    columns = (dx[:, None] + torch.arange(width))[:, None, :]
    images = padded[torch.arange(n)[:, None, None], :, rows, columns].permute(0, 3, 1, 2)
    if erase > 0:
        side = torch.randint(height // 7, height // 3 + 1, (n,), generator=generator)
        top = torch.randint(0, height, (n,), generator=generator)
        left = torch.randint(0, width, (n,), generator=generator)
        chosen = torch.rand(n, generator=generator) < erase
        y, x = torch.arange(height)[None, :, None], torch.arange(width)[None, None, :]
        t, l, s = top[:, None, None], left[:, None, None], side[:, None, None]
        hole = (y >= t) & (y < t + s) & (x >= l) & (x < l + s) & chosen[:, None, None]
        images = images.masked_fill(hole[:, None], 0)
    return images


def to_bytes(images: torch.Tensor, size: int) -> torch.Tensor:
    """The bytes the hardened network reads: resized, three colours. ``[n, 3, size, size]`` uint8."""
    resized = resize(images, size)
    return resized.expand(-1, 3, -1, -1) if resized.shape[1] == 1 else resized


def normalise(images: torch.Tensor) -> torch.Tensor:
    """The real numbers the float network reads: ``(byte - mean) / (255 std)``, channels last."""
    scale = torch.tensor([1 / (255 * s) for s in STD], device=images.device).view(1, 3, 1, 1)
    mean = torch.tensor(MEAN, dtype=torch.float32, device=images.device).view(1, 3, 1, 1)
    return ((images - mean) * scale).contiguous(memory_format=torch.channels_last)
