"""Tensors that `hashiflex preprocess` wrote: read in place, split, augmented, in an order that can be taken up again.

The file is mapped into memory and never copied whole: a batch is all that is read of it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from network_file import InputError

#: The label of a picture that has none.
UNLABELLED = -1


@dataclass
class Tensors:
    """Input bytes ``[n, size, size, 3]`` uint8 on disk, and labels ``[n]`` or none."""

    pixels: np.ndarray
    labels: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def size(self) -> int:
        """Side of a picture in pixels."""
        return self.pixels.shape[1]

    def images(self, index: torch.Tensor) -> torch.Tensor:
        """Some pictures as the networks read them. Shape: ``[len(index), 3, size, size]`` uint8."""
        return torch.from_numpy(self.pixels[index.numpy()]).permute(0, 3, 1, 2)


def read_tensors(path: Path) -> Tensors:
    """Maps a .npy file; the bytes stay on disk."""
    try:
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; write it with `hashiflex preprocess`") from None
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(f"{path} is no NumPy file: {reason}; write it with `hashiflex preprocess`") from None
    shape = getattr(pixels, "shape", ())
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or len(shape) != 4 or shape[3] != 3:
        what = f"{getattr(pixels, 'dtype', 'an archive')} {list(shape)}"
        raise InputError(f"{path} holds {what}, expected uint8 [images, size, size, 3]; write it with "
                         "`hashiflex preprocess`")
    if shape[1] != shape[2] or shape[1] % 32 or not 32 <= shape[1] <= 512:
        raise InputError(f"{path} holds pictures of {shape[2]} x {shape[1]}, expected squares of a multiple of 32 up "
                         "to 512; write it with `hashiflex preprocess --size`")
    return Tensors(pixels)


def read_labels(path: Path, count: int, classes: int, names: list[str]) -> torch.Tensor:
    """Labels of a CSV file with the columns id and label, one row for each picture, in their order.

    A label is a class's number or name; an empty one means that the picture has none. Shape: ``[count]``.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {getattr(error, 'strerror', None) or error}") from None
    if rows and "label" not in rows[0]:
        raise InputError(f"{path} has no column 'label'; write it with `hashiflex preprocess --index`")
    if len(rows) != count:
        raise InputError(f"{path} has {len(rows)} rows for {count} pictures; write both files in one "
                         "`hashiflex preprocess` call")
    numbers = {name: index for index, name in enumerate(names)}
    labels = torch.full((count,), UNLABELLED)
    for index, row in enumerate(rows):
        text = (row["label"] or "").strip()
        if not text:
            continue
        label = int(text) if text.isdecimal() else numbers.get(text, -1)
        if not 0 <= label < classes:
            raise InputError(f"{path}, row {index + 2}: label '{text}' is none of the network's {classes} classes; "
                             "leave out --labels to train without them")
        labels[index] = label
    return labels


def split(count: int, held_out: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers of the pictures to train on and of those held out for choosing; the same ones every time.

    ``held_out`` below 1 is a part, of which at least 64 pictures are taken; from 1 on it is a number.
    """
    wanted = round(held_out) if held_out >= 1 or held_out == 0 else max(64, round(held_out * count))
    if wanted >= count:
        raise InputError(f"{count} pictures are too few to hold {wanted} of them out; pass more, or --held-out N")
    order = torch.randperm(count, generator=torch.Generator().manual_seed(1))
    return order[wanted:], order[:wanted]


def augment(images: torch.Tensor, generator: torch.Generator, flip: bool, shift: int) -> torch.Tensor:
    """Mirrors half of the pictures and moves each by up to ``shift`` pixels; what moves in repeats the edge.

    Shape: ``[n, 3, size, size]`` uint8, kept.
    """
    n, _, height, width = images.shape
    if flip:
        mirrored = torch.rand(n, generator=generator) < 0.5
        images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
    if shift:
        dy, dx = torch.randint(-shift, shift + 1, (2, n), generator=generator)
        rows = (dy[:, None] + torch.arange(height)).clamp(0, height - 1)[:, :, None]
        columns = (dx[:, None] + torch.arange(width)).clamp(0, width - 1)[:, None, :]
        # Advanced indices around a slice come first: [n, height, width, 3].
        images = images[torch.arange(n)[:, None, None], :, rows, columns].permute(0, 3, 1, 2)
    return images


@dataclass
class Batches:
    """Shuffled, augmented batches. Each follows from the seed and its own number alone, so any can come first."""

    tensors: Tensors
    index: torch.Tensor  # the pictures to train on
    batch: int
    seed: int
    flip: bool
    shift: int

    @property
    def per_epoch(self) -> int:
        """Batches of one epoch; a remainder is left for the next, whose order is another."""
        return len(self.index) // self.batch

    def order(self, epoch: int) -> torch.Tensor:
        """The pictures of one epoch in their order."""
        generator = torch.Generator().manual_seed(self.seed + epoch)
        return self.index[torch.randperm(len(self.index), generator=generator)]

    def get(self, order: torch.Tensor, epoch: int, number: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Batch ``number`` of an epoch with ``order``: input bytes, and labels if there are any."""
        chosen = order[number * self.batch : (number + 1) * self.batch]
        generator = torch.Generator().manual_seed((self.seed + epoch) * 1_000_003 + number)
        images = augment(self.tensors.images(chosen), generator, self.flip, self.shift)
        return images, None if self.tensors.labels is None else self.tensors.labels[chosen]
