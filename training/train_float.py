"""Trains the float MobileNetV2, from scratch or from another run's weights."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from data import Dataset, load_folder, load_idx, normalise
from loop import Run, batches, cosine, evaluate, order_seed, parse_phases, sizes_of
from network import MobileNetV2


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every training takes."""
    parser.add_argument("--data", type=Path, required=True, help="folder of IDX files, or of one folder per class")
    parser.add_argument("--run", type=Path, required=True, help="folder for log and checkpoint")
    parser.add_argument("--without", default="", help="names of classes to leave out, separated by commas")
    parser.add_argument("--held-out", type=int, default=2000, help="training images set apart for choosing")
    parser.add_argument("--phases", default="64:5,96:2", help="SIZE:EPOCHS pairs, one cosine over all of them")
    parser.add_argument("--epoch-images", type=int, default=0, help="images of one epoch; 0 means all")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--erase", type=float, default=0.25, help="part of the images that lose a square")
    parser.add_argument("--smoothing", type=float, default=0.1, help="label smoothing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves torch's choice")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")


def load_training(arguments: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """Training images and those held out for choosing; test images are never read here."""
    if any(arguments.data.glob("train-images-idx3-ubyte*")):
        data = load_idx(arguments.data, "train")
    else:
        data = load_folder(arguments.data, max(size for size, _ in parse_phases(arguments.phases)))
    training, held_out = data.split(arguments.held_out)
    names = [name for name in arguments.without.split(",") if name]
    return training.without(names), held_out.without(names)


def prepare_torch(arguments: argparse.Namespace) -> None:
    """Seeds, thread count, and exact float32 everywhere (no TF32)."""
    torch.manual_seed(arguments.seed)
    torch.set_flush_denormal(True)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if arguments.threads:
        torch.set_num_threads(arguments.threads)


def parameter_groups(model: nn.Module, decay: float) -> list[dict]:
    """Weight decay for matrices and dense kernels only: not for biases, norms and depthwise kernels."""
    decayed = [p for p in model.parameters() if p.dim() > 1 and p.shape[1] > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1 or p.shape[1] == 1]
    return [{"params": decayed, "weight_decay": decay}, {"params": plain, "weight_decay": 0.0}]


def train(arguments: argparse.Namespace) -> None:
    prepare_torch(arguments)
    training, held_out = load_training(arguments)
    run = Run(arguments.run, arguments.resume)
    model = MobileNetV2(len(training.classes), arguments.width)
    if arguments.start:
        old = torch.load(arguments.start, weights_only=False)["model"]
        own = model.state_dict()
        model.load_state_dict({k: v for k, v in old.items() if own[k].shape == v.shape}, strict=False)
    model = model.to(arguments.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        parameter_groups(model, arguments.decay), lr=arguments.rate, betas=(0.9, 0.99), foreach=True
    )
    sizes = sizes_of(parse_phases(arguments.phases))
    per_epoch = min(arguments.epoch_images or len(training), len(training)) // arguments.batch
    steps, step, first = len(sizes) * per_epoch, 0, 0
    if arguments.resume and (state := run.load()):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, first = state["step"], state["epoch"] + 1
    run.log(event="start", kind="float", images=len(training), held_out=len(held_out), classes=training.classes,
            phases=arguments.phases, rate=arguments.rate, batch=arguments.batch, threads=torch.get_num_threads())
    for epoch in range(first, len(sizes)):
        model.train()
        loss_sum, right, seen = 0.0, 0, 0
        order = order_seed(arguments.seed, arguments.run, epoch)
        for images, labels in batches(training, arguments.batch, per_epoch, sizes[epoch], order,
                                      arguments.device, erase=arguments.erase):
            rate = arguments.rate * cosine(step, steps, arguments.warmup)
            for group in optimizer.param_groups:
                group["lr"] = rate
            logits = model(normalise(images))
            loss = functional.cross_entropy(logits, labels, label_smoothing=arguments.smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            loss_sum += float(loss.detach()) * len(labels)
            right += int((logits.argmax(1) == labels).sum())
            seen += len(labels)
            step += 1
            if step % 50 == 0:
                run.log(event="step", epoch=epoch, step=step, of=steps, rate=rate, loss=loss_sum / seen,
                        train_accuracy=right / seen)
        model.eval()
        good, n = evaluate(lambda x: model(normalise(x)), held_out, sizes[epoch], arguments.device)
        run.log(event="epoch", epoch=epoch, size=sizes[epoch], loss=loss_sum / seen, train_accuracy=right / seen,
                held_out_right=good, held_out_n=n, held_out_accuracy=good / n)
        run.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "epoch": epoch,
                  "classes": training.classes, "width_percent": arguments.width, "input_size": sizes[epoch]})


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_common_arguments(parser)
    parser.add_argument("--width", type=int, default=100, help="width multiplier in percent")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate (AdamW)")
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--warmup", type=int, default=200, help="steps of linear warm-up")
    parser.add_argument("--start", type=Path, help="checkpoint whose fitting weights to start from")
    train(parser.parse_args(argv))


if __name__ == "__main__":
    main()
