"""Trains a power-of-two network to answer as a float network does, on the user's pictures: `train_po2.py --network`.

Labels are not needed: the float network's answers and pooled features are what is learned. Its head is kept as it is,
so that classes of which there are no pictures are not forgotten.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional

import freezing
from convert import convert, correct_biases
from export import load_quantised, save_quantised
from loop import Run, cosine, order_seed
from network_file import InputError, read_artefact, read_float
from quantisation import QuantisedNetwork
from starting import check_preprocessing, from_artefact
from teacher import FloatNetwork, FoldedNetwork
from tensors import UNLABELLED, Batches, Tensors, read_labels, read_tensors, split
from train_float import prepare_torch

#: Options that decide what a step does: a run is resumed with the same ones.
SAME = ("epochs", "batch", "seed", "augment", "shift", "prune", "exponents", "rate", "warmup", "refresh", "freeze",
        "feature", "temperature", "distil", "smoothing", "train_head", "shadows")


def objective(
    arguments: argparse.Namespace, network: QuantisedNetwork, teacher: FoldedNetwork, images: torch.Tensor,
    labels: torch.Tensor | None,
) -> tuple[torch.Tensor, int]:
    """The loss of a batch, and how many answers are the teacher's.

    The squared error of the features as a part of the teacher's variance (1 means "knows nothing"); where there is a
    head, the divergence from the teacher's softened answers; where there are labels, cross entropy for a part of it.
    """
    goal = teacher.pooled(images)
    features = network.features(images) * network.feature_unit
    loss = arguments.feature * (features - goal).square().mean() / goal.var().clamp_min(1e-12)
    if network.head is None:
        return loss, 0
    logits, goal_logits, t = network.head(features), teacher.head(goal).detach(), arguments.temperature
    answers = t * t * functional.kl_div(
        functional.log_softmax(logits / t, 1), functional.log_softmax(goal_logits / t, 1),
        reduction="batchmean", log_target=True,
    )
    if labels is not None and bool((labels != UNLABELLED).any()):
        own = functional.cross_entropy(logits, labels, ignore_index=UNLABELLED, label_smoothing=arguments.smoothing)
        answers = arguments.distil * answers + (1 - arguments.distil) * own
    return loss + answers, int((logits.argmax(1) == goal_logits.argmax(1)).sum())


@torch.no_grad()
def compare(
    network: QuantisedNetwork, teacher: FoldedNetwork, tensors: Tensors, index: torch.Tensor, device: str,
) -> dict[str, float | int]:
    """What the network says of pictures held out, beside the float network: counts, and the features' error."""
    found: dict[str, float | int] = {"held_out_n": len(index)}
    if not len(index):
        return found
    error = variance = 0.0
    same = right = teacher_right = labelled = 0
    for chosen in index.split(64):
        images = tensors.images(chosen).to(device)
        goal, features = teacher.pooled(images), network.features(images) * network.feature_unit
        error += float((features - goal).square().sum())
        variance += float((goal - goal.mean()).square().sum())
        if network.head is None:
            continue
        own, theirs = network.head(features).argmax(1).cpu(), teacher.head(goal).argmax(1).cpu()
        same += int((own == theirs).sum())
        if tensors.labels is not None:
            labels = tensors.labels[chosen]
            labelled += int((labels != UNLABELLED).sum())
            right, teacher_right = right + int((own == labels).sum()), teacher_right + int((theirs == labels).sum())
    found["feature_error"] = error / max(variance, 1e-12)
    if network.head is not None:
        found |= {"held_out_same": same, "held_out_agreement": same / len(index)}
    if labelled:
        found |= {"held_out_labelled": labelled, "held_out_right": right, "held_out_accuracy": right / labelled,
                  "float_accuracy": teacher_right / labelled}
    return found


def first_network(
    arguments: argparse.Namespace, source: FloatNetwork, tensors: Tensors, training: torch.Tensor
) -> tuple[QuantisedNetwork, dict]:
    """The network before its first step, and what the log says of it."""
    facts: dict = {"start": "converted"}
    if arguments.start and arguments.start.suffix == ".pt":
        network = load_quantised(load_checkpoint(arguments.start)["quantised"])
        for module in network.layers:
            module.frozen.zero_()
        facts["start"] = "another run"
    elif arguments.start:
        artefact = read_artefact(arguments.start)
        network, same = from_artefact(arguments.start, artefact, source, arguments.exponents, arguments.shadows)
        facts |= {"start": "hardened", "codes_of_float": same}
    else:
        if not arguments.preprocessing:
            raise InputError("without --start, --preprocessing must say what the pictures went through; pass the text "
                             "that `hashiflex preprocess --json` prints")
        images = tensors.images(training[: arguments.calibration])
        network = convert(source, tensors.size, images, arguments.exponents)
        correct_biases(network, source, images)
        network.geometry.preprocessing = arguments.preprocessing
    geometry = network.geometry
    if geometry.width_percent != source.width_percent:
        raise InputError(f"{arguments.start} has width {geometry.width_percent} %, {arguments.network} "
                         f"{source.width_percent} %; name a run of that network")
    if geometry.input_size != tensors.size:
        raise InputError(f"{arguments.tensors} holds pictures of {tensors.size} pixels, {arguments.start} reads "
                         f"{geometry.input_size}; write them with `hashiflex preprocess --preprocess` and this file")
    check_preprocessing(geometry.preprocessing, source)
    if arguments.prune > 0:
        try:
            freezing.prune(network, arguments.prune)
        except ValueError as error:
            raise InputError(f"--prune {arguments.prune}: {error}; pass less") from None
        # Without, half of the weights take the network's means along and training starts from nothing.
        correct_biases(network, source, tensors.images(training[: arguments.calibration]))
    return network, facts


def load_checkpoint(path: Path) -> dict:
    """The checkpoint of a Po2 run."""
    try:
        found = torch.load(path, weights_only=True, map_location="cpu")
        assert "quantised" in found
        return found
    except Exception as error:  # noqa: BLE001: a damaged file fails in many ways
        reason = "no such file" if isinstance(error, FileNotFoundError) else "not the checkpoint.pt of a Po2 run"
        raise InputError(f"{path}: {reason}") from None


def train(arguments: argparse.Namespace) -> None:
    """Everything: reads, starts or resumes, trains, and leaves ``checkpoint.pt`` for `export.py`."""
    prepare_torch(arguments)
    try:
        torch.zeros(1, device=arguments.device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(f"--device {arguments.device} cannot be used: {reason}; pass --device cpu") from None
    source = read_float(arguments.network, arguments.mean, arguments.std)
    tensors = read_tensors(arguments.tensors)
    if source.input_size not in (None, tensors.size):
        raise InputError(f"{arguments.tensors} holds pictures of {tensors.size} pixels, {arguments.network} reads "
                         f"{source.input_size}; write them with `hashiflex preprocess --size {source.input_size}`")
    if arguments.labels:
        if source.head is None:
            raise InputError(f"{arguments.network} has no classifier that labels could name; leave out --labels")
        tensors.labels = read_labels(arguments.labels, len(tensors), source.head.out_features, source.classes)
    training, held_out = split(len(tensors), arguments.held_out)
    seed = order_seed(arguments.seed, arguments.run, 0)
    batches = Batches(tensors, training, arguments.batch, seed, "flip" in arguments.augment,
                      arguments.shift if "shift" in arguments.augment else 0)
    if batches.per_epoch == 0:
        raise InputError(f"{len(training)} pictures to train on are less than one batch; pass --batch")
    settings = {"pictures": len(tensors), "size": tensors.size, "held_out": len(held_out)}
    settings |= {name: value for name, value in vars(arguments).items() if name in SAME}
    settings["labels"] = bool(arguments.labels)
    run = Run(arguments.run, arguments.resume)
    state = load_checkpoint(run.checkpoint) if arguments.resume and run.checkpoint.exists() else None
    for name, value in settings.items() if state else ():
        if (before := state.get("settings", {}).get(name)) != value:
            raise InputError(f"{run.checkpoint} was trained with {name} {before}, not {value}; resume with the same "
                             "options and files, or start another run from it with --start")
    if state:
        network, facts = load_quantised(state["quantised"]), {"start": "resumed", "step": state["step"]}
    else:
        network, facts = first_network(arguments, source, tensors, training)
    if network.head is not None:
        network.head.requires_grad_(arguments.train_head)
    network, teacher = network.to(arguments.device), FoldedNetwork(source).to(arguments.device)
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=arguments.rate,
                                 betas=(0.9, 0.99), foreach=True)
    if state:
        optimizer.load_state_dict(state["optimizer"])
    run.log(event="start", kind="distil", **settings, **facts,
            threads=torch.get_num_threads())
    if not state:
        run.log(event="before", **compare(network, teacher, tensors, held_out, arguments.device))
    steps(arguments, run, network, teacher, optimizer, batches, held_out, settings, source.classes, state or {})


def steps(
    arguments: argparse.Namespace, run: Run, network: QuantisedNetwork, teacher: FoldedNetwork,
    optimizer: torch.optim.Optimizer, batches: Batches, held_out: torch.Tensor, settings: dict, classes: list[str],
    state: dict,
) -> None:
    """All steps from where ``state`` ends. Nothing but ``state`` and the step's number decides what a step does."""
    step, totals = state.get("step", 0), state.get("totals", [0.0, 0, 0])
    count, schedule = arguments.epochs * batches.per_epoch, freezing.parse_freezing(arguments.freeze)
    refresh = arguments.refresh if arguments.refresh is not None else (0.0 if arguments.start else 0.3)

    def save() -> None:
        run.save({"quantised": save_quantised(network), "optimizer": optimizer.state_dict(), "step": step,
                  "totals": totals, "settings": settings, "classes": classes})

    def means() -> dict:
        loss, same, seen = totals
        return {"loss": loss / seen} | ({} if network.head is None else {"train_agreement": same / seen})

    if not state:
        save()
    while step < count:
        epoch, number = divmod(step, batches.per_epoch)
        if number == 0 or step == state.get("step"):
            order = batches.order(epoch)
        if step < refresh * count and step % 100 == 50:
            freezing.refresh_shifts(network)
        for when, part in schedule:
            if step == int(when * count):
                freezing.freeze(network, part, optimizer)
                run.log(event="freeze", step=step, part=part)
        for group in optimizer.param_groups:
            group["lr"] = arguments.rate * cosine(step, count, arguments.warmup)
        images, labels = batches.get(order, epoch, number)
        labels = None if labels is None else labels.to(arguments.device)
        loss, same = objective(arguments, network, teacher, images.to(arguments.device), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        freezing.mask_gradients(network)
        optimizer.step()
        totals = [totals[0] + float(loss.detach()) * len(images), totals[1] + same, totals[2] + len(images)]
        step += 1
        if step % 20 == 0:
            run.log(event="step", epoch=epoch, step=step, of=count, **means())
        if step % batches.per_epoch == 0:
            run.log(event="epoch", epoch=epoch, step=step, **means(), zeros=freezing.zero_part(network),
                    **compare(network, teacher, batches.tensors, held_out, arguments.device))
            totals = [0.0, 0, 0]
        if step % arguments.checkpoint_steps == 0 or step % batches.per_epoch == 0:
            save()
