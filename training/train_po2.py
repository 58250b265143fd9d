"""Trains a network whose weights are powers of two: from a float run, or on from another Po2 run (for pruning)."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional

import freezing
from convert import FoldedNetwork, convert, correct_biases
from data import to_bytes
from export import load_quantised, save_quantised
from loop import Run, batches, cosine, evaluate, order_seed, parse_phases, sizes_of
from network import MobileNetV2
from quantisation import QuantisedNetwork
from train_float import add_common_arguments, load_training, prepare_torch


def load_teacher(path: Path) -> MobileNetV2:
    """The float network of a checkpoint, for inference."""
    checkpoint = torch.load(path, weights_only=False, map_location="cpu")
    model = MobileNetV2(len(checkpoint["classes"]), checkpoint["width_percent"]).eval()
    model.load_state_dict(checkpoint["model"])
    return model


def parse_freezing(text: str) -> list[tuple[float, float]]:
    """Reads ``0.65:0.5,0.95:1``: from this part of the training on, this part of each layer is frozen."""
    return [(float(when), float(part)) for when, part in (pair.split(":") for pair in text.split(",") if pair)]


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
    schedule = parse_freezing(arguments.freeze)
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


def main(argv: list[str] | None = None) -> None:
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
