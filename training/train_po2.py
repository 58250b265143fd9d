"""Trains a network whose weights are powers of two: from a float run, or on from another Po2 run (for pruning).

With --network it starts from any float network, and from what `hashiflex harden` made of it; see --network X --help.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch.nn import functional

import distil
import freezing
from convert import convert, correct_biases
from data import to_bytes
from export import load_quantised, save_quantised
from loop import Run, batches, cosine, evaluate, order_seed, parse_phases, sizes_of
from network import MobileNetV2
from network_file import InputError
from quantisation import QuantisedNetwork
from teacher import FoldedNetwork
from train_float import add_common_arguments, load_training, prepare_torch


def load_teacher(path: Path) -> MobileNetV2:
    """The float network of a checkpoint, for inference."""
    checkpoint = torch.load(path, weights_only=False, map_location="cpu")
    model = MobileNetV2(len(checkpoint["classes"]), checkpoint["width_percent"]).eval()
    model.load_state_dict(checkpoint["model"])
    return model


def distillation_loss(
    arguments: argparse.Namespace, logits: torch.Tensor, features: torch.Tensor, labels: torch.Tensor,
    goal_logits: torch.Tensor, goal_features: torch.Tensor,
) -> torch.Tensor:
    """Cross entropy, divergence from the teacher's softened answers, and squared error of the features.

    The features' error is divided by the teacher's variance, so that 1 means "knows nothing".
    """
    t = arguments.temperature
    own = functional.cross_entropy(logits, labels, label_smoothing=arguments.smoothing)
    answers = functional.kl_div(
        functional.log_softmax(logits / t, 1), functional.log_softmax(goal_logits / t, 1),
        reduction="batchmean", log_target=True,
    )
    feature_error = (features - goal_features).square().mean() / goal_features.var()
    return (1 - arguments.distil) * own + arguments.distil * t * t * answers + arguments.feature * feature_error


def start_network(arguments: argparse.Namespace, teacher: MobileNetV2, calibration: torch.Tensor) -> QuantisedNetwork:
    """The network before its first step: converted with corrected biases, or another run's, perhaps pruned."""
    if arguments.start:
        saved = torch.load(arguments.start, weights_only=False)["quantised"]
        network = load_quantised(saved)
        for module in network.layers:
            module.frozen.zero_()
    else:
        network = convert(teacher, arguments.size, calibration, arguments.exponents)
        correct_biases(network, teacher, calibration)
    if arguments.prune > 0:
        freezing.prune(network, arguments.prune)
    return network


def train_epoch(
    arguments: argparse.Namespace, run: Run, network: QuantisedNetwork, fast: FoldedNetwork,
    optimizer: torch.optim.Optimizer, source: object, step: int, steps: int, epoch: int,
) -> tuple[int, dict]:
    """One epoch; returns the step reached and the epoch's loss and accuracy."""
    schedule = freezing.parse_freezing(arguments.freeze)
    totals = {"loss": 0.0, "right": 0, "seen": 0}
    for images, labels in source:
        if step < arguments.refresh * steps and step % 100 == 50:
            freezing.refresh_shifts(network)
        for when, part in schedule:
            if step == int(when * steps):
                freezing.freeze(network, part, optimizer)
                run.log(event="freeze", step=step, part=part)
        for group in optimizer.param_groups:
            group["lr"] = arguments.rate * cosine(step, steps, arguments.warmup)
        goal_features = fast.pooled(images)
        features = network.features(images) * network.feature_unit
        logits = network.head(features)
        loss = distillation_loss(arguments, logits, features, labels, fast.head(goal_features).detach(), goal_features)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        freezing.mask_gradients(network)
        optimizer.step()
        totals["loss"] += float(loss.detach()) * len(labels)
        totals["right"] += int((logits.argmax(1) == labels).sum())
        totals["seen"] += len(labels)
        step += 1
        if step % 20 == 0:
            run.log(event="step", epoch=epoch, step=step, of=steps, loss=totals["loss"] / totals["seen"],
                    train_accuracy=totals["right"] / totals["seen"])
    return step, {"loss": totals["loss"] / totals["seen"], "train_accuracy": totals["right"] / totals["seen"]}


def train(arguments: argparse.Namespace) -> None:
    prepare_torch(arguments)
    training, held_out = load_training(arguments)
    run = Run(arguments.run, arguments.resume)
    teacher = load_teacher(arguments.teacher)
    state = run.load() if arguments.resume else None
    if state:
        network = load_quantised(state["quantised"])
    else:
        network = start_network(arguments, teacher, to_bytes(training.images[: arguments.calibration], arguments.size))
    network = network.to(arguments.device)
    fast = FoldedNetwork(teacher).to(arguments.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=arguments.rate, betas=(0.9, 0.99), foreach=True)
    sizes = sizes_of(parse_phases(arguments.phases))
    per_epoch = min(arguments.epoch_images or len(training), len(training)) // arguments.batch
    steps, step, first = len(sizes) * per_epoch, 0, 0
    if state:
        optimizer.load_state_dict(state["optimizer"])
        step, first = state["step"], state["epoch"] + 1
    predict = torch.no_grad()(network)
    run.log(event="start", kind="po2", images=len(training), held_out=len(held_out), classes=training.classes,
            phases=arguments.phases, rate=arguments.rate, batch=arguments.batch, prune=arguments.prune,
            exponents=arguments.exponents, activation_exponents=network.geometry.exponents)
    if not state:
        good, n = evaluate(predict, held_out, arguments.size, arguments.device)
        run.log(event="before", size=arguments.size, held_out_right=good, held_out_n=n, held_out_accuracy=good / n)
    for epoch in range(first, len(sizes)):
        order = order_seed(arguments.seed, arguments.run, epoch)
        source = batches(training, arguments.batch, per_epoch, sizes[epoch], order,
                         arguments.device, erase=arguments.erase)
        step, totals = train_epoch(arguments, run, network, fast, optimizer, source, step, steps, epoch)
        good, n = evaluate(predict, held_out, sizes[epoch], arguments.device)
        run.log(event="epoch", epoch=epoch, size=sizes[epoch], **totals, held_out_right=good, held_out_n=n,
                held_out_accuracy=good / n, zeros=freezing.zero_part(network))
        run.save({"quantised": save_quantised(network), "optimizer": optimizer.state_dict(), "step": step,
                  "epoch": epoch, "classes": training.classes})


def three(text: str) -> tuple[float, ...]:
    """Three numbers with commas between them, one a colour."""
    values = tuple(float(part) for part in text.split(","))
    if len(values) != 3:
        raise argparse.ArgumentTypeError("expected three numbers, comma separated")
    return values


def parts(text: str) -> list[str]:
    """Kinds of augmentation."""
    chosen = [part for part in text.split(",") if part and part != "none"]
    if not set(chosen) <= {"flip", "shift"}:
        raise argparse.ArgumentTypeError("expected flip, shift, both with a comma between them, or none")
    return chosen


def at_least(lowest: float, kind: type = int) -> object:
    """A reader of numbers from ``lowest`` on."""
    def number(text: str) -> float:
        value = kind(text)
        if not lowest <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected a number from {lowest}")
        return value
    return number


def schedule(text: str) -> str:
    """A schedule of freezing that can be read."""
    if any(not (0 <= when <= 1 and 0 <= part <= 1) for when, part in freezing.parse_freezing(text)):
        raise ValueError
    return text


def own_parser() -> argparse.ArgumentParser:
    """The options of training from the user's own network."""
    parser = argparse.ArgumentParser(description=distil.__doc__)
    parser.add_argument("--network", type=Path, required=True, help="float network: `hashiflex import`, or torchvision")
    parser.add_argument("--start", type=Path, help="backbone that `harden` made of it, or a run's checkpoint.pt")
    parser.add_argument("--shadows", choices=("code", "float"), default="code",
                        help="with a backbone: weights start at their codes, or at float weights that round to them")
    parser.add_argument("--tensors", type=Path, required=True, help=".npy file that `hashiflex preprocess` wrote")
    parser.add_argument("--labels", type=Path, help="CSV of its --index, if labels are the network's classes")
    parser.add_argument("--run", type=Path, required=True, help="folder for log and checkpoint")
    parser.add_argument("--epochs", type=at_least(0), default=6)
    parser.add_argument("--batch", type=at_least(2), default=64)
    parser.add_argument("--held-out", type=at_least(0, float), default=0.05,
                        help="pictures set apart for choosing: a part (at least 64 pictures), or from 1 on a number")
    parser.add_argument("--augment", type=parts, default="flip,shift", help="flip, shift, flip,shift or none")
    parser.add_argument("--shift", type=at_least(0), default=8, help="pixels that a picture moves by at most")
    parser.add_argument("--prune", type=at_least(0, float), default=0.0, help="part of all weights to zero first")
    parser.add_argument("--exponents", type=int, choices=range(1, 8), default=7, help="magnitudes of a weight, 1...7")
    parser.add_argument("--rate", type=at_least(0, float), default=1e-3, help="peak learning rate (Adam)")
    parser.add_argument("--warmup", type=at_least(0), default=30, help="steps of linear warm-up")
    parser.add_argument("--refresh", type=float,
                        help="part of the training in which shifts may change; 0 with --start, else 0.3")
    parser.add_argument("--freeze", type=schedule, default="0.65:0.5,0.78:0.75,0.88:0.875,0.95:1",
                        help="progressive freezing: part of the training and part of the weights, comma separated")
    parser.add_argument("--feature", type=at_least(0, float), default=1.0, help="weight of the features' error")
    parser.add_argument("--temperature", type=float, default=2.0, help="softening of the float network's answers")
    parser.add_argument("--distil", type=float, default=0.7, help="with labels: weight of the float network's answers")
    parser.add_argument("--smoothing", type=float, default=0.1, help="with labels: label smoothing")
    parser.add_argument("--train-head", action="store_true", help="train the classifier as well")
    parser.add_argument("--mean", type=three, help="per colour in 0...1, instead of the file's")
    parser.add_argument("--std", type=three, help="per colour, instead of the file's")
    parser.add_argument("--preprocessing", default="", help="without --start: what `hashiflex preprocess --json` says")
    parser.add_argument("--calibration", type=at_least(8), default=256,
                        help="without --start, or with --prune: pictures to look at")
    parser.add_argument("--checkpoint-steps", type=at_least(1), default=50, help="steps between checkpoints")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=at_least(0), default=0, help="CPU threads; 0 leaves torch's choice")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    return parser


def main(argv: list[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    if any(argument.split("=")[0] == "--network" for argument in argv):
        try:
            return distil.train(own_parser().parse_args(argv))
        except InputError as error:
            raise SystemExit(f"error: {error}") from None
    parser = argparse.ArgumentParser(description=__doc__)
    add_common_arguments(parser)
    parser.add_argument("--teacher", type=Path, required=True, help="checkpoint.pt of the float run")
    parser.add_argument("--start", type=Path, help="checkpoint.pt of a Po2 run to go on from, for example to prune it")
    parser.add_argument("--size", type=int, default=96, help="input size of the finished network")
    parser.add_argument("--exponents", type=int, default=7, help="magnitudes of a weight, 1...7")
    parser.add_argument("--prune", type=float, default=0.0, help="part of all weights to set to zero first")
    parser.add_argument("--rate", type=float, default=1e-3, help="peak learning rate (Adam)")
    parser.add_argument("--warmup", type=int, default=30, help="steps of linear warm-up")
    parser.add_argument("--refresh", type=float, default=0.3, help="part of the training in which shifts may change")
    parser.add_argument("--freeze", default="0.65:0.5,0.78:0.75,0.88:0.875,0.95:1", help="progressive freezing")
    parser.add_argument("--distil", type=float, default=0.7, help="weight of the teacher's answers")
    parser.add_argument("--temperature", type=float, default=2.0, help="softening of the teacher's answers")
    parser.add_argument("--feature", type=float, default=0.5, help="weight of the features' error")
    parser.add_argument("--calibration", type=int, default=256, help="training images to calibrate on")
    train(parser.parse_args(argv))


if __name__ == "__main__":
    main()
