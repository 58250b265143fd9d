"""Speed of a resize in memory, 8 bit RGB, one thread on one core, in turns: ours, Pillow and Pillow-SIMD.

    python3 speed.py HASHIFLEX --pillow NAME=PYTHON [--pillow NAME=PYTHON ...] [--rounds 15] [--seconds 0.5]
                     [--cpu 0] [--kernel bilinear|bicubic] [--sizes 500x375:341x256,1920x1080:455x256] [--json FILE]

NAME=PYTHON: the interpreter of an environment with one Pillow, for example "SIMD AVX2=simd-avx2/bin/python". The source
is decoded and loaded; `Image.resize` is timed as it is called, which includes making the new picture. Ours is
`hashiflex bench resize`. Every round runs each program once, each for --seconds, beginning with another one, so
that a core that changes its speed changes all. A run gives the median of its calls; the table gives median, least and
most of the runs, and of theirs / ours within a round. Needs nothing but Python; the environments need Pillow.
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys

# Runs in the other environment: says its version, then answers "WIDTH HEIGHT width height kernel seconds".
WORKER = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
import PIL
from PIL import Image
print(PIL.__version__, flush=True)
for line in sys.stdin:
    width, height, across, down, kernel, seconds = line.split()
    image = Image.frombytes("RGB", (int(width), int(height)), os.urandom(int(width) * int(height) * 3))
    target, kernel, times = (int(across), int(down)), getattr(Image, kernel.upper()), []
    for _ in range(3):
        image.resize(target, kernel)
    end = time.perf_counter() + float(seconds)
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        image.resize(target, kernel)
        times.append(time.perf_counter() - start)
    times.sort()
    print(times[len(times) // 2] * 1e6, flush=True)
"""


class Peer:
    """A Pillow in an interpreter of its own."""

    def __init__(self, text: str, cpu: int) -> None:
        name, separator, python = text.partition("=")
        if not separator:
            sys.exit(f"--pillow {text}: not NAME=PYTHON")
        try:
            self.process = subprocess.Popen(
                [python, "-c", WORKER, str(cpu)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        except OSError as problem:
            sys.exit(f"{name}: {problem}")
        version = self.process.stdout.readline().strip()
        if not version:
            sys.exit(f"{name}: {python} has no Pillow, see README.md and the message above")
        self.name = f"{name} ({version})"

    def microseconds(self, source: str, target: str, kernel: str, seconds: float) -> float:
        numbers = source.split("x") + target.split("x")
        self.process.stdin.write(" ".join([*numbers, kernel, str(seconds)]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name}: stopped while it worked, see its message above")
        return float(answer)


class Ours:
    """The product."""

    def __init__(self, program: str, cpu: int) -> None:
        self.program, self.cpu, self.name, self.traffic = os.path.abspath(program), cpu, "HaShiFlex", {}

    def microseconds(self, source: str, target: str, kernel: str, seconds: float) -> float:
        command = ["taskset", "-c", str(self.cpu), self.program, "bench", "resize", "--from", source, "--to", target,
                   "--resize", f"pillow-{kernel}", "--windows", "3", "--seconds", str(seconds / 3), "--json"]
        try:
            run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        except OSError as problem:
            sys.exit(f"{command[0]}: {problem}")
        if run.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit code {run.returncode}, see its message above")
        report = json.loads(run.stdout)
        self.traffic[source, target] = report["traffic_bytes"]
        return float(report["kernels"][0]["microseconds"]["median"])


def processor() -> str:
    """Its name, and family and model, since virtual machines often hide the former."""
    wanted = {}
    try:
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                wanted.setdefault(key.strip(), value.strip())
    except OSError:
        return platform.processor() or platform.machine()
    tiers = [flag for flag in ("sse4_1", "avx2", "avx512bw", "avx512_vnni") if flag in wanted.get("flags", "").split()]
    return (f"{wanted.get('model name', platform.machine())}, family {wanted.get('cpu family', '?')} model "
            f"{wanted.get('model', '?')}, {' '.join(tiers)}")


def span(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashiflex")
    parser.add_argument("--pillow", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--cpu", type=int, default=0)
    parser.add_argument("--kernel", choices=("bilinear", "bicubic"), default="bilinear")
    parser.add_argument("--sizes", default="500x375:341x256,1920x1080:455x256")
    parser.add_argument("--json")
    options = parser.parse_args()

    ours = Ours(options.hashiflex, options.cpu)
    programs = [ours] + [Peer(text, options.cpu) for text in options.pillow]
    pairs = [tuple(text.split(":")) for text in options.sizes.split(",")]
    print(f"{processor()}; core {options.cpu}, load {os.getloadavg()[0]:.1f} at the start; {options.kernel}, "
          f"{options.rounds} rounds of {options.seconds} s a program")
    record = {"processor": processor(), "kernel": options.kernel, "sizes": {}}
    for source, target in pairs:
        times: dict[str, list[float]] = {program.name: [] for program in programs}
        for place in range(options.rounds):
            first = place % len(programs)
            for program in programs[first:] + programs[:first]:
                times[program.name].append(program.microseconds(source, target, options.kernel, options.seconds))
        print(f"\n{source} to {target}\n\n| program | microseconds an image | theirs / ours |\n| --- | --- | --- |")
        for name, values in times.items():
            ratios = [theirs / mine for theirs, mine in zip(values, times[ours.name])]
            print(f"| {name} | {span(values, 0)} | {'' if name == ours.name else span(ratios, 2)} |", flush=True)
        traffic = ours.traffic[source, target]
        print(f"\nours, read once and written once: {traffic:,} bytes, "
              f"{traffic / statistics.median(times[ours.name]) / 1000:.2f} GB/s")
        record["sizes"][f"{source}:{target}"] = {"microseconds": times, "traffic": traffic}
    if options.json:
        with open(options.json, "w") as file:
            json.dump(record, file, indent=1)


if __name__ == "__main__":
    main()
