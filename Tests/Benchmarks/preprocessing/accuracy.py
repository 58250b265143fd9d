"""Top-1 of the ImageNet sample's two networks in LiteRT, on the product's bytes and on Pillow's, paired.

    python accuracy.py HASHIFLEX FOLDER [--images N] [--variant "NAME=OPTIONS" ...] [--json FILE]

FOLDER holds test.tar, calibration.tar (750 photographs) and the two .tflite files. The reference is Pillow: shorter
side 256 bilinear, centre crop 224. The variants are runs of `hashiflex preprocess`; --variant adds one, for example
"crop 236=--preprocess torchvision --shorter 236". --images: of each tar, for a quick look.
Prints a Markdown table for each network: the difference to the reference in points with the 95 % interval of the paired
difference, pictures won:lost, McNemar's exact p (two-sided), and how many pictures have the reference's bytes.
Shares are of all 1,001 classes; of equal codes the lower class counts. The photographs may have been trained on, so
read differences, not levels.
"""
from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import pathlib
import shlex
import sys

import pipeline
from pipeline import Image, numpy

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError as problem:
    pipeline.missing(problem, "requirements-litert.txt")

TARS = ("test.tar", "calibration.tar")
NETWORKS = ("tf2_mobilenet_v2_1.0_224_ptq.tflite", "mobilenet_v2_1.0_224_quant.tflite")
VARIANTS = {
    "crop 256, pillow-bilinear": "--preprocess torchvision",
    "crop 232, pillow-bilinear": "--preprocess torchvision-v2",
    "crop 256, pillow-bicubic": "--preprocess timm",
    "crop 256, area": "--preprocess torchvision --resize area",
    "stretch, area (built-in)": "--preprocess built-in --size 224",
    "stretch, pillow-bilinear": "--preprocess torchvision --fit stretch",
    "stretch, linear (keras)": "--preprocess keras",
    "crop-then-stretch, linear (tf-slim)": "--preprocess tf-slim",
    "letterbox, pillow-bilinear": "--preprocess torchvision --fit letterbox",
}


class Network:
    """A quantised network; pixels enter as x / 127.5 - 1. Answers are kept, equal bytes are not run twice."""

    def __init__(self, path: pathlib.Path) -> None:
        self.interpreter = Interpreter(model_path=str(path), num_threads=1)
        self.interpreter.allocate_tensors()
        entry, self.exit = self.interpreter.get_input_details()[0], self.interpreter.get_output_details()[0]
        self.input = entry["index"]
        scale, zero = entry["quantization"]
        limits = numpy.iinfo(entry["dtype"])
        codes = numpy.rint((numpy.arange(256) / 127.5 - 1) / scale) + zero
        self.codes = numpy.clip(codes, limits.min, limits.max).astype(entry["dtype"])
        self.known: dict[bytes, int] = {}

    def answer(self, pixels: numpy.ndarray) -> int:
        key = hashlib.sha256(pixels.tobytes()).digest()
        if key not in self.known:
            self.interpreter.set_tensor(self.input, self.codes[pixels][None])
            self.interpreter.invoke()
            self.known[key] = int(self.interpreter.get_tensor(self.exit["index"]).ravel().argmax())
        return self.known[key]

    def right(self, pictures: numpy.ndarray, labels: numpy.ndarray) -> numpy.ndarray:
        """Which pictures it names; of its 1,001 classes, 0 is the background."""
        return numpy.array([self.answer(picture) for picture in pictures]) == labels + 1


def mcnemar(won: int, lost: int) -> float:
    """Probability of a split at least as uneven if either side were as likely."""
    count = won + lost
    tail = sum(math.comb(count, k) for k in range(min(won, lost) + 1))
    return min(1.0, 2 * tail / 2**count)


def paired(ours: numpy.ndarray, reference: numpy.ndarray) -> dict:
    won, lost, count = int((ours & ~reference).sum()), int((~ours & reference).sum()), len(ours)
    spread = math.sqrt(max(0.0, won + lost - (won - lost) ** 2 / count)) / count
    return {"right": float(100 * ours.mean()), "points": 100 * (won - lost) / count, "interval": 196 * spread,
            "won": won, "lost": lost, "p": mcnemar(won, lost)}


def reference(photographs: list[pipeline.Photograph]) -> numpy.ndarray:
    return numpy.stack([
        pipeline.crop(Image.open(io.BytesIO(picture.data)).convert("RGB"), 224, 256, pipeline.BILINEAR)
        for picture in photographs])


def ours(product: pipeline.Product, tars: list[pathlib.Path], options: str, sets: list) -> numpy.ndarray:
    result = []
    for tar, photographs in zip(tars, sets):
        pixels, names = product.bytes([tar], shlex.split(options) + ["--images", str(len(photographs))])
        pipeline.ordered(names, [picture.key for picture in photographs], f"{tar.name}, {options}")
        result.append(pixels)
    return numpy.concatenate(result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashiflex", type=pipeline.Product)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--images", type=int)
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=OPTIONS")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    variants = dict(VARIANTS)
    for variant in options.variant:
        name, separator, text = variant.partition("=")
        if not separator or "--preprocess" not in text:
            parser.error(f"--variant: {variant} is not NAME=OPTIONS with --preprocess among them")
        variants[name] = text
    tars = [options.folder / name for name in TARS]
    for path in tars + [options.folder / name for name in NETWORKS]:
        if not path.is_file():
            sys.exit(f"{path}: not there")

    sets = [pipeline.photographs(tar, options.images) for tar in tars]
    everything = [picture for some in sets for picture in some]
    if any(picture.label is None for picture in everything):
        sys.exit("a photograph has no .cls beside it")
    labels = numpy.array([picture.label for picture in everything])
    base = reference(everything)
    tensors = {name: ours(options.hashiflex, tars, text, sets) for name, text in variants.items()}
    equal = {name: int((tensor == base).all((1, 2, 3)).sum()) for name, tensor in tensors.items()}

    record = {"photographs": len(labels), "pillow": pipeline.PIL.__version__, "networks": {}}
    for file in NETWORKS:
        network = Network(options.folder / file)
        right = network.right(base, labels)
        print(f"\n{file}, {len(labels)} photographs; reference (Pillow {pipeline.PIL.__version__}, shorter 256 "
              f"bilinear, crop 224): {100 * right.mean():.2f} %\n\n"
              "| hashiflex | right | difference, points | won:lost | p | reference's bytes |\n"
              "| --- | --- | --- | --- | --- | --- |", flush=True)
        record["networks"][file] = {"reference": float(100 * right.mean()), "variants": {}}
        for name, tensor in tensors.items():
            found = paired(network.right(tensor, labels), right)
            record["networks"][file]["variants"][name] = found | {"options": variants[name], "equal": equal[name]}
            print(f"| {name} | {found['right']:.2f} % | {found['points']:+.2f} +-{found['interval']:.2f} | "
                  f"{found['won']}:{found['lost']} | {found['p']:.2g} | {equal[name]} of {len(labels)} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
