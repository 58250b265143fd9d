"""Our engine and its peers on the same network, one thread on one core, in turns, so that a core that changes its
speed changes all.

    compare.py HASHIFLEX [--size 224] [--width 100] [--model FILE] [--isa TIER] [--engines openvino,onnxruntime,litert]
               [--batches 1,8] [--rounds 7] [--seconds 1] [--cpu 1] [--check 8] [--json FILE]

The network is the one in the binary where size and width fit, else an untrained one that the binary makes. The binary
exports it; peer_form.py and qdq_to_tflite.py bring it into each engine's fastest form. Before the speeds the
answers are compared: the exact export with our bytes, and the peers' forms with each other.
Every round runs each engine once; the ratio is the median over rounds of ours / theirs within the round. Ours is
`hashiflex bench engine --threads 1`, which checks equality with the reference before it measures.
--isa avx2 hides AVX-512 and AVX-VNNI from the peers too (mask_cpuid.c). Exit code 1: no peer could run.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
try:
    import numpy as np

    import networks
except ImportError as problem:
    sys.exit(f"{problem}: pip install -r {os.path.join(here, 'requirements.txt')}")

NAMES = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "litert": "LiteRT"}
PACKAGES = {"openvino": "openvino", "onnxruntime": "onnxruntime", "litert": "ai-edge-litert"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashiflex", type=os.path.abspath)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--width", type=int, default=100)
    parser.add_argument("--model", type=os.path.abspath)
    parser.add_argument("--isa")
    parser.add_argument("--engines", default=",".join(NAMES))
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--cpu", type=int, default=1)
    parser.add_argument("--check", type=int, default=8)
    parser.add_argument("--json")
    options = parser.parse_args()
    options.engines = options.engines.split(",")
    options.batches = [int(batch) for batch in options.batches.split(",")]
    for engine in options.engines:
        if engine not in NAMES:
            parser.error(f"--engines: {engine} is not one of {', '.join(NAMES)}")
    return options


class Peer:
    """A running worker."""

    def __init__(self, engine, batch, options, model, mask):
        self.engine, self.batch, self.rates = engine, batch, []
        environment = dict(os.environ)
        if options.isa == "avx2":
            environment["ONEDNN_MAX_CPU_ISA"] = "AVX2"  # OpenVINO's own limit, where CPUID can not be masked
        command = [sys.executable, os.path.join(here, "worker.py"), engine, str(batch), str(options.cpu), model]
        self.process = subprocess.Popen(
            command + ([mask] if mask else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment)
        self.version = self.process.stdout.readline().strip()
        self.name = f"{NAMES[engine]} {self.version} int8, batch {batch}"

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"{self.name}: stopped while it worked, see its message above")
        return answer

    def answers(self, pixels, work):
        source, target = os.path.join(work, "images.npy"), os.path.join(work, "answers.npy")
        np.save(source, pixels)
        self.ask(f"answer {source} {target}")
        return np.load(target)

    def stop(self):
        self.process.stdin.close()
        return self.process.wait()


def start(engine, batch, options, model, mask):
    """-> a worker that runs, or None after a line that says why not."""
    peer = Peer(engine, batch, options, model, mask)
    if peer.version:
        return peer
    code = peer.stop()
    if code == 4 and engine == "openvino":
        print("OpenVINO: CPUID can not be masked here, so it is limited by ONEDNN_MAX_CPU_ISA=AVX2 alone")
        return start(engine, batch, options, model, None)
    left_out(engine, {3: None, 4: "CPUID can not be masked here, so it can not be limited to AVX2"}.get(
        code, f"its worker ended with exit code {code}, see its message above"))
    return None


def left_out(engine, why=None):
    print(f"{NAMES[engine]}: left out; " + (why or f"it is not installed: pip install {PACKAGES[engine]}"), flush=True)


def peers(options, network, mask):
    result = []
    for engine in options.engines:
        try:
            model = network.tflite() if engine == "litert" else network.peers
        except ImportError:
            left_out(engine)
            continue
        for batch in options.batches:
            peer = start(engine, batch, options, model, mask)
            if peer is None:
                break
            result.append(peer)
    return result


def difference(one, other):
    apart = np.abs(one.astype(int) - other)
    return {"images_equal": int((apart.max(1) == 0).sum()), "images": len(apart),
            "bytes_equal": round(float((apart == 0).mean()), 4), "largest": int(apart.max())}


def agreement(options, network, running, mask, work):
    """Prints and returns how far the answers are apart."""
    pixels = networks.images(options.check, network.size, seed=2)
    ours, report = network.features(pixels, options.isa), {}
    first = {peer.engine: peer for peer in running if peer.batch == options.batches[0]}
    for engine in first:
        if engine != "litert":
            peer = start(engine, 1, options, network.exact, mask)
            if peer:
                report[f"{NAMES[engine]}, exact export, from ours"] = difference(peer.answers(pixels, work), ours)
                peer.stop()
    base = "onnxruntime" if "onnxruntime" in first else next(iter(first))
    answers = {engine: peer.answers(pixels, work) for engine, peer in first.items()}
    for engine, rows in answers.items():
        if engine != base:
            report[f"{NAMES[engine]}, peers' form, from {NAMES[base]}"] = difference(rows, answers[base])
    report[f"{NAMES[base]}, peers' form, from ours"] = difference(answers[base], ours)
    for what, found in report.items():
        print(f"{what}: {found['images_equal']} of {found['images']} images equal to the bit, "
              f"{found['bytes_equal'] * 100:.1f} % of the bytes, largest difference {found['largest']}")
    return report


def bench(options, network):
    """Our own report, measured on the pinned core."""
    command = ["taskset", "-c", str(options.cpu), options.hashiflex, "bench", "engine", "--threads", "1", "--windows",
               "3", "--seconds", str(options.seconds / 3), "--json"]
    command += ["--model", network.model] if network.model else []
    command += ["--isa", options.isa] if options.isa else []
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=here).stdout)


def masked(options, work):
    """-> the compiled mask where the peers are to be held to AVX2."""
    if options.isa != "avx2":
        return None
    path = os.path.join(work, "mask_cpuid.so")
    command = [os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", path, os.path.join(here, "mask_cpuid.c")]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        print(f"mask_cpuid.c was not compiled ({problem}); CC names the C compiler")
    return path


def compare(options, work):
    network = networks.Network(options.hashiflex, work, options.model, options.width, options.size)
    mask = masked(options, work)
    running = peers(options, network, mask)
    if not running:
        sys.exit("no peer could run; see the lines above")
    mine, shares = [], []
    try:
        apart = agreement(options, network, running, mask, work) if options.check > 0 else {}
        for _ in range(options.rounds):
            report = bench(options, network)
            mine.append(report["images_per_second"]["median"])
            shares.append((report.get("ceiling") or {}).get("share") or 0)
            for peer in running:
                peer.rates.append(float(peer.ask(str(options.seconds))))
    finally:
        for peer in running:
            peer.stop()
    table(options, network, report, mine, statistics.median(shares), running)
    if options.json:
        store(options, network, report, mine, running, apart)


def table(options, network, report, mine, share, running):
    print(f"\nMobileNetV2 {network.width / 100:.2f}/{network.size} ({network.kind}), one thread on one core, "
          f"{report['cpu']}, commit {report['commit']}, {options.rounds} rounds in turns of {options.seconds} s\n")
    print("| engine | images/s, median (min to max) | ours / theirs, median (min to max) |\n| --- | --- | --- |")
    note = f", {share * 100:.0f} % of the ceiling" if share else ""
    print(f"| HaShiFlex {report['isa']}{note} | {spread(mine, ',.0f')} | |")
    for peer in running:
        print(f"| {peer.name} | {spread(peer.rates, ',.0f')} | {spread(ratios(mine, peer), '.2f')} |")


def ratios(mine, peer):
    return [one / other for one, other in zip(mine, peer.rates)]


def spread(values, form):
    middle, least, most = (format(one, form) for one in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least} to {most})"


def store(options, network, report, mine, running, apart):
    result = {
        "network": {"width": network.width, "size": network.size, "kind": network.kind, "digest": network.digest},
        "rounds": options.rounds, "seconds": options.seconds, "cpu": options.cpu, "isa": options.isa,
        "ours": {"images_per_second": mine, "report": report}, "agreement": apart,
        "peers": [{"engine": peer.engine, "version": peer.version, "batch": peer.batch,
                   "images_per_second": peer.rates, "ours_over_theirs": ratios(mine, peer)} for peer in running]}
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as work:
        compare(options, work)


if __name__ == "__main__":
    main()
