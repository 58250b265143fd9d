"""Draws the logs of runs as one SVG: training loss and error over images seen."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

# Text as text, and nothing that differs from one drawing to the next.
plt.rcParams["svg.fonttype"] = "none"
plt.rcParams["svg.hashsalt"] = "hashiflex"

GREY, BLUE, RED, GREEN = "#999999", "#1f5fa8", "#c0392b", "#2e8b57"


@dataclass
class Curve:
    """What a log says; ``seen`` is always in thousands of images."""

    training: dict[int, tuple[float, float]] = field(default_factory=dict)  # step: loss, error since the last one
    held_out: list[tuple[float, float, int]] = field(default_factory=list)  # seen, error in %, size
    freezes: dict[float, float] = field(default_factory=dict)  # part: seen
    batch: int = 1

    def add_interval(self, step: int, start: int, entry: dict, last: tuple[int, float, float]) -> None:
        """Undoes the averaging over the epoch: the means since the entry before."""
        n, before = step - start, last[0] - start
        if n > before:
            loss = (entry["loss"] * n - last[1] * before) / (n - before)
            error = 100 * (1 - (entry["train_accuracy"] * n - last[2] * before) / (n - before))
            self.training[step] = (loss, error)


def read(path: Path) -> Curve:
    """Reads ``log.jsonl``. Of an epoch that an interruption made run twice, the later one counts."""
    curve = Curve()
    per_epoch = None
    held_out: dict[int, tuple[float, float, int]] = {}
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    epochs = 1
    for entry in entries:
        if entry["event"] == "start":
            curve.batch = entry["batch"]
            epochs = sum(int(part.split(":")[1]) for part in entry["phases"].split(","))
        elif entry["event"] == "step":
            per_epoch = entry["of"] // epochs
    per_epoch = per_epoch or 1
    last = (0, 0.0, 0.0)
    for entry in entries:
        if entry["event"] in ("step", "epoch"):
            start = entry["epoch"] * per_epoch
            step = entry.get("step", start + per_epoch)
            # Going backwards means that a resumed run repeats an epoch.
            if last[0] < start or last[0] > step:
                last = (start, 0.0, 0.0)
            curve.add_interval(step, start, entry, last)
            last = (step, entry["loss"], entry["train_accuracy"])
        if entry["event"] == "epoch":
            seen = (entry["epoch"] + 1) * per_epoch * curve.batch / 1000
            held_out[entry["epoch"]] = (seen, 100 * (1 - entry["held_out_accuracy"]), entry["size"])
        elif entry["event"] == "before":
            held_out[-1] = (0.0, 100 * (1 - entry["held_out_accuracy"]), entry["size"])
        elif entry["event"] == "freeze":
            curve.freezes[entry["part"]] = entry["step"] * curve.batch / 1000
    curve.held_out = [held_out[number] for number in sorted(held_out)]
    return curve


def draw(runs: list[tuple[str, Path]], output: Path) -> None:
    """One column per run: loss above, error below."""
    figure, axes = plt.subplots(2, len(runs), figsize=(3.6 * len(runs), 6), squeeze=False)
    for column, (title, path) in enumerate(runs):
        curve = read(path)
        top, bottom = axes[0][column], axes[1][column]
        steps = sorted(curve.training)
        x = [step * curve.batch / 1000 for step in steps]
        top.plot(x, [curve.training[step][0] for step in steps], color=BLUE, linewidth=1.2)
        top.set_title(title, fontsize=10)
        bottom.plot(x, [curve.training[step][1] for step in steps], color=GREY, linewidth=1.2,
                    label="training, augmented")
        bottom.plot([point[0] for point in curve.held_out], [point[1] for point in curve.held_out], "o-", color=RED,
                    markersize=4, linewidth=1.2, label="held out")
        bottom.set_xlabel("images seen, thousands")
        errors = [point[1] for point in curve.held_out] + [curve.training[step][1] for step in steps[-10:]]
        bottom.set_ylim(0, 2.2 * max(sorted(errors)[: max(1, 2 * len(errors) // 3)]))
        for before, after in zip(curve.held_out, curve.held_out[1:]):
            if before[2] != after[2]:
                for axis in (top, bottom):
                    axis.axvline(before[0], color="#bbbbbb", linestyle="--", linewidth=0.8)
                top.annotate(f" {after[2]} px", (before[0], 0.97), xycoords=("data", "axes fraction"), fontsize=8,
                             va="top")
        for part, seen in curve.freezes.items():
            bottom.axvline(seen, color=GREEN, linestyle=":", linewidth=0.9)
            bottom.annotate(f"{part:.0%} frozen", (seen, 0.03), xycoords=("data", "axes fraction"), fontsize=7,
                            color=GREEN, ha="right", va="bottom", rotation=90)
        for axis in (top, bottom):
            axis.set_xlim(left=0)
            axis.spines[["top", "right"]].set_visible(False)
            axis.grid(alpha=0.25)
    axes[0][0].set_ylabel("training loss")
    axes[1][0].set_ylabel("error, %")
    axes[1][0].legend(fontsize=8, loc="upper right")
    figure.tight_layout()
    figure.savefig(output, metadata={"Date": None} if output.suffix == ".svg" else None)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", help="TITLE=path/to/log.jsonl")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the SVG (or PNG) to write")
    arguments = parser.parse_args(argv)
    draw([(title, Path(path)) for title, path in (run.split("=", 1) for run in arguments.runs)], arguments.output)


if __name__ == "__main__":
    main()
