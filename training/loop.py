"""The training loop that both kinds of training share: batches, schedule, log, checkpoints, resuming."""

from __future__ import annotations

import json
import math
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from data import Dataset, augment, to_bytes


def parse_phases(text: str) -> list[tuple[int, int]]:
    """Reads ``64:4,96:2``: input size and epochs, one pair per phase."""
    phases = [(int(size), int(epochs)) for size, epochs in (part.split(":") for part in text.split(","))]
    if any(size % 32 or size <= 0 or epochs < 0 for size, epochs in phases):
        raise ValueError(f"phases '{text}' must be SIZE:EPOCHS pairs with sizes that are multiples of 32")
    return phases


def sizes_of(phases: list[tuple[int, int]]) -> list[int]:
    """The input size of every epoch."""
    return [size for size, epochs in phases for _ in range(epochs)]


def cosine(step: int, steps: int, warmup: int) -> float:
    """The learning rate as a part of its peak: linear warm-up, then half a cosine down to 0."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def batches(
    data: Dataset, batch: int, steps: int, size: int, seed: int, device: str = "cpu", shift: int = 2,
    erase: float = 0.0,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """``steps`` shuffled, augmented batches of input bytes; the same ones for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(data), generator=generator)
    for step in range(steps):
        index = order[step * batch : (step + 1) * batch]
        images = augment(data.images[index], generator, shift, erase)
        yield to_bytes(images, size).to(device), data.labels[index].to(device)


@torch.no_grad()
def evaluate(
    predict: Callable[[torch.Tensor], torch.Tensor], data: Dataset, size: int, device: str = "cpu", batch: int = 200
) -> tuple[int, int]:
    """Counts right answers; ``predict`` maps input bytes to logits. Ties go to the lowest class."""
    right = 0
    for start in range(0, len(data), batch):
        logits = predict(to_bytes(data.images[start : start + batch], size).to(device))
        right += int((logits.argmax(1).cpu() == data.labels[start : start + batch]).sum())
    return right, len(data)


def order_seed(seed: int, folder: Path, epoch: int) -> int:
    """The seed of one epoch's order: another one for every run folder, so that runs in a row see other images."""
    return seed * 1_000_003 + zlib.crc32(folder.name.encode()) + epoch


class Run:
    """A run folder: ``log.jsonl`` with one line per event, ``checkpoint.pt`` replaced whole after every epoch."""

    def __init__(self, folder: Path, resume: bool) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.checkpoint = folder / "checkpoint.pt"
        self.started = time.process_time()
        if self.checkpoint.exists() and not resume:
            raise SystemExit(f"{self.checkpoint} exists; pass --resume to go on or choose another --run folder")

    def log(self, **entry: object) -> None:
        """Appends one line and prints it; floats are rounded for people."""
        entry = {k: round(v, 6) if isinstance(v, float) else v for k, v in entry.items()}
        entry["cpu_s"] = round(time.process_time() - self.started, 1)
        line = json.dumps(entry)
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def save(self, state: dict) -> None:
        """Replaces the checkpoint; an interrupted write leaves the old one."""
        torch.save(state, self.checkpoint.with_suffix(".new"))
        self.checkpoint.with_suffix(".new").replace(self.checkpoint)

    def load(self) -> dict | None:
        """The checkpoint, if there is one."""
        return torch.load(self.checkpoint, weights_only=False) if self.checkpoint.exists() else None
