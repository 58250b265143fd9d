"""The one network of a comparison, in the form of each engine, made by the binary under test."""
import json
import os
import struct
import subprocess
import zlib

import numpy as np
import onnx

import peer_form


def images(count, size, seed=1):
    """Bytes [count, size, size, 3]: smooth colours with a little noise; every second one is noise alone."""
    random = np.random.default_rng(seed)
    steps = np.linspace(0, 7.999, size)
    whole = steps.astype(int)
    part = steps - whole
    result = np.empty((count, size, size, 3), np.uint8)
    for index in range(count):
        if index % 2:
            result[index] = random.integers(0, 256, result.shape[1:])
            continue
        grid = random.integers(0, 256, (9, 9, 3)).astype(np.float64)
        rows = grid[whole] * (1 - part)[:, None, None] + grid[whole + 1] * part[:, None, None]
        both = rows[:, whole] * (1 - part)[None, :, None] + rows[:, whole + 1] * part[None, :, None]
        result[index] = np.clip(both + random.normal(0, 8, both.shape), 0, 255)
    return result


def png(path, pixels):
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
                           (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")):
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


class Network:
    """Files of one network. `model` is None for the one in the binary."""

    def __init__(self, binary, work, model, width, size):
        self.binary, self.work, self.model = binary, work, model
        facts = self.facts()
        if model is None and (facts["width_percent"], facts["input_size"]) != (width, size):
            self.model = self.untrained(width, size)
            facts = self.facts()
        self.width, self.size, self.digest = facts["width_percent"], facts["input_size"], facts["digest"]
        self.kind = "given" if model else "built in" if self.model is None else "untrained, model initialise"
        self.exact = self.export("exact.onnx", "exact", "nhwc")
        self.peers = os.path.join(work, "peers.onnx")
        network = onnx.load(self.export("engine.onnx", "engine", "nchw"))
        peer_form.rewrite(network)
        onnx.checker.check_model(network, full_check=True)
        onnx.save(network, self.peers)

    def call(self, *arguments):
        done = subprocess.run([self.binary, *arguments], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"hashiflex {' '.join(arguments)}: exit code {done.returncode}, see its message above")
        return done.stdout

    def facts(self):
        return json.loads(self.call("model", "info", "--json", *(["--model", self.model] if self.model else [])))

    def untrained(self, width, size):
        """Speed does not depend on the weights, so a network that nobody trained will do."""
        folder, path = os.path.join(self.work, "calibration"), os.path.join(self.work, "model.safetensors")
        os.mkdir(folder)
        for index, pixels in enumerate(images(16, size)):
            png(os.path.join(folder, f"{index:02d}.png"), pixels)
        self.call("model", "initialise", "--calibration", folder, "--images", "16", "--width", str(width), "--size",
                  str(size), "-o", path)
        return path

    def export(self, name, rounding, layout):
        path = os.path.join(self.work, name)
        self.call("export-onnx", *([self.model] if self.model else []), "--no-head", "--rounding", rounding,
                  "--layout", layout, "-o", path, "--json")
        return path

    def tflite(self):
        """-> its path; raises ImportError without LiteRT."""
        import qdq_to_tflite
        path = os.path.join(self.work, "peers.tflite")
        qdq_to_tflite.convert(self.peers, path)
        return path

    def features(self, pixels, isa):
        """Our own bytes."""
        source, target = (os.path.join(self.work, name) for name in ("pixels.raw", "features.raw"))
        pixels.tofile(source)
        self.call("feature-bytes", "--images", source, "-o", target, *(["--model", self.model] if self.model else []),
                  *(["--isa", isa] if isa else []))
        return np.fromfile(target, np.uint8).reshape(len(pixels), -1)
