"""Scores a float network on tensors of `hashiflex preprocess`: what a hardened one is to be compared with.

Two figures: a head fitted in closed form on the float network's features, as `hashiflex head fit` does on a hardened
network's, for labels that need not be classes of the network; and, with --as, the network's own answers.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from evaluate import report
from network_file import InputError, read_float
from teacher import FoldedNetwork
from tensors import Tensors, read_labels, read_tensors
from train_po2 import three

#: The ridges that `head fit` tries, relative to the variance of a feature.
RIDGES = (1, 1e-1, 1e-2, 1e-3, 1e-4)


def load(tensors: Path, labels: Path) -> Tensors:
    """Pictures with labels, any numbers from 0 on; every picture has one."""
    found = read_tensors(tensors)
    found.labels = read_labels(labels, len(found), 1 << 20, [])
    if int(found.labels.min()) < 0:
        raise InputError(f"{labels} has pictures without a label, which cannot be scored; leave them out")
    return found


@torch.no_grad()
def features(network: FoldedNetwork, tensors: Tensors, device: str) -> np.ndarray:
    """Pooled features of all pictures, ``[n, features]`` float64."""
    parts = [network.pooled(tensors.images(index).to(device)).cpu() for index in torch.arange(len(tensors)).split(64)]
    return torch.cat(parts).double().numpy()


def solve(x: np.ndarray, labels: np.ndarray, classes: int, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression of one-hot targets: weights ``[features, classes]`` and bias ``[classes]``."""
    mean, targets = x.mean(0), np.eye(classes)[labels]
    centred = x - mean
    gram = centred.T @ centred
    gram[np.diag_indices_from(gram)] += ridge * np.trace(gram) / len(gram)
    weight = np.linalg.solve(gram, centred.T @ (targets - targets.mean(0)))
    return weight, targets.mean(0) - mean @ weight


def fit(x: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The head whose ridge does best on every fourth sample of a class, solved again on all samples."""
    held_out = np.zeros(len(labels), bool)
    for label in range(classes):
        held_out[np.flatnonzero(labels == label)[1::4]] = True
    best, best_right = RIDGES[0], -1
    for ridge in RIDGES:
        weight, bias = solve(x[~held_out], labels[~held_out], classes, ridge)
        right = int(((x[held_out] @ weight + bias).argmax(1) == labels[held_out]).sum())
        if right > best_right:
            best, best_right = ridge, right
    return *solve(x, labels, classes, best), best


def score(arguments: argparse.Namespace) -> None:
    network = FoldedNetwork(read_float(arguments.network, arguments.mean, arguments.std)).to(arguments.device)
    test = load(arguments.test, arguments.test_labels)
    x, labels = features(network, test, arguments.device), test.labels.numpy()
    if arguments.classes:
        if network.head is None or max(arguments.classes) >= network.head.out_features:
            raise InputError(f"{arguments.network} has no classifier with the classes of --as; leave it out")
        if int(labels.max()) >= len(arguments.classes):
            raise InputError(f"{arguments.test_labels} has label {int(labels.max())}, --as names "
                             f"{len(arguments.classes)} classes; name one for every label")
        with torch.no_grad():
            logits = network.head(torch.from_numpy(x).float().to(arguments.device)).cpu().numpy()
        chosen = np.array(arguments.classes)
        report(f"own answers, all {logits.shape[1]} classes", int((logits.argmax(1) == chosen[labels]).sum()), len(x))
        report("own answers, among the labels' classes", int((logits[:, chosen].argmax(1) == labels).sum()), len(x))
    if arguments.train:
        train = load(arguments.train, arguments.train_labels)
        own = features(network, train, arguments.device)
        classes = int(max(train.labels.max(), test.labels.max())) + 1
        for count in arguments.images or [len(train)]:
            weight, bias, ridge = fit(own[:count], train.labels.numpy()[:count], classes)
            right = int(((x @ weight + bias).argmax(1) == labels).sum())
            report(f"head fitted on {min(count, len(train))} pictures, ridge {ridge}", right, len(x))
    print(f"{time.process_time():.0f} CPU-seconds")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path, help="float network: `hashiflex import`, or torchvision")
    parser.add_argument("--test", type=Path, required=True, help=".npy file of test pictures")
    parser.add_argument("--test-labels", type=Path, required=True, help="CSV of their labels")
    parser.add_argument("--train", type=Path, help=".npy file of pictures to fit a head on")
    parser.add_argument("--train-labels", type=Path, help="CSV of their labels")
    parser.add_argument("--images", type=lambda text: [int(n) for n in text.split(",")],
                        help="fit on the first so many; several numbers give several heads. Default: all")
    parser.add_argument("--as", dest="classes", type=lambda text: [int(n) for n in text.split(",")],
                        help="the network's class for every label, comma separated")
    parser.add_argument("--mean", type=three, help="per colour in 0...1, instead of the file's")
    parser.add_argument("--std", type=three, help="per colour, instead of the file's")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(argv)
    if bool(arguments.train) != bool(arguments.train_labels):
        parser.error("--train and --train-labels go together")
    try:
        score(arguments)
    except InputError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
