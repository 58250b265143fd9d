"""Our engine and its peers, one thread on one core, in turns, so that a core that changes its speed changes all.

    compare.py HASHIFLEX [--onnx FILE] [--tflite FILE] [--size 224] [--width 100] [--isa TIER] [--rounds 7]
               [--seconds 1] [--cpu 1] [--batches 1,8] [--json FILE]

Every round runs each engine once; the ratio is the median over rounds of ours / theirs within the round. Ours is
`hashiflex bench engine --threads 1`, which checks equality with the reference before it measures. Without
--onnx the peers run an int8 QDQ network of the same shapes with random power-of-two weights (network.py).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashiflex")
    parser.add_argument("--onnx")
    parser.add_argument("--tflite")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--width", type=int, default=100)
    parser.add_argument("--isa")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--cpu", type=int, default=1)
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        if options.onnx is None:
            import network
            options.onnx = os.path.join(work, "network.onnx")
            network.build(options.onnx, options.width, options.size)
        run(options)


def start(engine, batch, options, model):
    process = subprocess.Popen(
        [sys.executable, os.path.join(here, "worker.py"), engine, str(batch), str(options.cpu), model],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    version = process.stdout.readline().strip()
    if not version:
        sys.exit(f"{engine} did not start; see its message above")
    return f"{engine} {version} int8, batch {batch}", process


def ours(options):
    """-> images/s, share of the ceiling, tier, commit, CPU."""
    command = [
        "taskset", "-c", str(options.cpu), options.hashiflex, "bench", "engine", "--threads", "1", "--size",
        str(options.size), "--width", str(options.width), "--windows", "3", "--seconds", str(options.seconds / 3),
        "--json"] + (["--isa", options.isa] if options.isa else [])
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run(options):
    workers = []
    for batch in (int(b) for b in options.batches.split(",")):
        workers.append(start("openvino", batch, options, options.onnx))
        workers.append(start("onnxruntime", batch, options, options.onnx))
        if options.tflite:
            workers.append(start("litert", batch, options, options.tflite))
    rates = {name: [] for name, _ in workers}
    mine, report = [], None
    try:
        for _ in range(options.rounds):
            report = ours(options)
            mine.append(report["images_per_second"]["median"])
            for name, process in workers:
                process.stdin.write(f"{options.seconds}\n")
                process.stdin.flush()
                rates[name].append(float(process.stdout.readline()))
    finally:
        for _, process in workers:
            process.stdin.close()
            process.wait()
    share = (report.get("ceiling") or {}).get("share")
    print(f"MobileNetV2 {options.width / 100:.2f}/{options.size}, one thread on one core, {report['cpu']}, commit "
          f"{report['commit']}, {options.rounds} rounds in turns of {options.seconds} s")
    print("| engine | images/s, median (min to max) | ours / theirs, median (min to max) |\n| --- | --- | --- |")
    note = f", {share * 100:.0f} % of the ceiling" if share else ""
    print(f"| HaShiFlex {report['isa']}{note} | {spread(mine, '{:.0f}')} | |")
    for name, values in rates.items():
        ratios = [a / b for a, b in zip(mine, values)]
        print(f"| {name} | {spread(values, '{:.0f}')} | {spread(ratios, '{:.2f}')} |")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"ours": mine, "report": report, "peers": rates}, file, indent=1)


def spread(values, form):
    return f"{form} ({form} to {form})".format(statistics.median(values), min(values), max(values))


if __name__ == "__main__":
    main()
