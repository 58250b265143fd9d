"""Runs `hashiflex export-onnx` in every engine of engines/catalogue.py and writes the table anew.

    nice python check_engines.py --venvs FOLDER --idx /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz

An engine runs in a process and an interpreter of its own: --venvs names a folder with a virtual environment for each
requirements-engines-SET.txt (--make-venvs makes those that are missing), --python SET=PATH one interpreter. An
engine that crashes, refuses the file, runs out of time or is not installed gets a row that says so.

Prints a Markdown table; --json FILE keeps everything. Exit code 1 if a row is not what the catalogue records of it.
Needs numpy, pillow, safetensors, a few minutes an engine and operator set, a C compiler for emx-onnx-cgen.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy

import images as shared

HERE = pathlib.Path(__file__).parent / "engines"
sys.path.insert(0, str(HERE))
from catalogue import ENGINES  # noqa: E402

COLUMNS = [
    "engine", "version", "setting", "opset", "rounding", "images", "bytes equal", "largest", "same top-1", "outcome"]


def requirements(name):
    return HERE / f"requirements-engines-{name}.txt"


def interpreters(options):
    """Requirement set -> interpreter, for those that are there."""
    found = {}
    for name in {engine.set for engine in options.engines}:
        path = options.venvs / f"engines-{name}" if options.venvs else None
        if path and options.make_venvs and not path.exists():
            subprocess.run([options.base_python, "-m", "venv", path], check=True)
            pip = [path / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", requirements(name)]
            if subprocess.run(pip).returncode:
                print(f"{name}: not everything of {requirements(name).name} could be installed", file=sys.stderr)
        if path and (path / "bin" / "python").exists():
            found[name] = path / "bin" / "python"
    found.update(dict(one.split("=", 1) for one in options.python))
    return found


def export(options, work, opset, rounding, layout, head):
    """The exported file, written once."""
    model = work / f"{opset}-{rounding}-{layout}-{'head' if head else 'features'}.onnx"
    command = [options.hashiflex, "export-onnx", options.model, "--opset", str(opset), "--layout", layout]
    command += ["--rounding", rounding, "--output", model]
    command += ["--head", options.head] if head else ["--no-head"]
    if not model.exists():
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return model


def run(options, python, engine, setting, model, pixels, work):
    """Version or error, and the answers: a dictionary of `version`, `missing`, `error`, `features`, `logits`."""
    images, answer = work / "images.npy", work / "answer.npz"
    answer.unlink(missing_ok=True)
    numpy.save(images, pixels)
    command = [python, HERE / "worker.py", engine.name, setting, model, images, answer]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.timeout)
    except subprocess.TimeoutExpired:
        return {"error": f"not done in {options.timeout} s"}
    lines = done.stdout.strip().splitlines()
    try:
        facts = json.loads(lines[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return {"error": f"the process ended with {done.returncode}: {last[:200]}"}
    if answer.exists():
        with numpy.load(answer) as file:
            facts.update({name: file[name] for name in file.files})
    return facts


def judge(options, facts, expected):
    """The row's numbers and its outcome: equal, different, refused, missing."""
    if "missing" in facts:
        return {"outcome": "missing", "detail": f"no module {facts['missing']}"}
    if "error" in facts:
        return {"outcome": "refused", "detail": facts["error"]}
    features = facts["features"]
    if features.shape != expected.shape:
        return {"outcome": "different", "detail": f"features of shape {features.shape}, not {expected.shape}"}
    difference = numpy.abs(features - expected)
    row = {
        "images": len(expected), "bytes": expected.size, "bytes equal": int((difference == 0).sum()),
        "largest": int(difference.max()), "images equal": int((difference.max(1) == 0).sum())}
    if options.head and "logits" in facts:
        row["same top-1"] = int((facts["logits"].argmax(1) == shared.top(options.head, expected)).sum())
    return {**row, "outcome": "equal" if difference.max() == 0 else "different", "detail": ""}


def cells(row):
    """A row of the table, as text."""
    row = dict(row)
    if "bytes" in row:
        row["bytes equal"] = f"{row['bytes equal']:,} of {row['bytes']:,}"
    if row["detail"]:
        row["outcome"] += f": {row['detail'][:100]}"
    if not row["as recorded"]:
        row["outcome"] += f" (recorded: {row['recorded']})"
    return [str(row.get(name, "")).replace("|", "/") for name in COLUMNS]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hashiflex", default=".build/release/hashiflex")
    parser.add_argument("--model", default="Sources/CEmbeddedModel/data/backbone.safetensors")
    parser.add_argument("--head", default="Sources/CEmbeddedModel/data/head-v2.safetensors", help="empty for none")
    parser.add_argument("--idx", help="real images, a gzipped IDX file: half of all")
    parser.add_argument("--images", type=int, default=8, help="slow engines take fewer, see the catalogue")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--opset", type=int, nargs="+", default=[17, 19, 21])
    parser.add_argument("--layout", default="nhwc", choices=["nhwc", "nchw"])
    parser.add_argument("--rounding", nargs="+", default=["exact"], choices=["exact", "engine"])
    parser.add_argument("--only", nargs="+", default=[""], help="parts of engines' names")
    parser.add_argument("--venvs", type=pathlib.Path)
    parser.add_argument("--make-venvs", action="store_true")
    parser.add_argument("--base-python", default=sys.executable, help="makes the environments; litert wants 3.12")
    parser.add_argument("--python", nargs="+", default=[], metavar="SET=PATH")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for one engine, setting and operator set")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    options.engines = [one for one in ENGINES if any(part.lower() in one.name.lower() for part in options.only)]
    return options


def main():
    options = arguments()
    pythons = interpreters(options)
    pixels = shared.pixels(options.images, shared.side(options.model), options.seed, options.idx)
    rows = []
    print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        expected = shared.features(options.hashiflex, options.model, pixels, work)
        # A few of the real images and a few of the noise, where an engine is slow.
        spread = numpy.random.default_rng(options.seed).permutation(options.images)
        for rounding in options.rounding:
            for opset in options.opset:
                for engine, setting in [(one, setting) for one in options.engines for setting in one.settings]:
                    chosen, start = numpy.sort(spread[: engine.images]), time.time()
                    layout = engine.layout or options.layout
                    head = options.head and "features only" not in setting
                    model = export(options, work, opset, rounding, layout, head)
                    inputs = pixels[chosen]
                    if layout == "nchw":
                        inputs = numpy.ascontiguousarray(inputs.transpose(0, 3, 1, 2))
                    facts = {"missing": engine.package}
                    if engine.set in pythons:
                        facts = run(options, pythons[engine.set], engine, setting, model, inputs, work)
                    row = {
                        "engine": engine.name, "kind": engine.kind, "kernels": engine.kernels or engine.name,
                        "version": facts.get("version", ""), "setting": setting, "opset": opset, "layout": layout,
                        "rounding": rounding, "recorded": engine.recorded(setting, opset, rounding),
                        **judge(options, facts, expected[chosen]), "seconds": round(time.time() - start, 1)}
                    row["as recorded"] = row["outcome"] == "missing" or row["recorded"] in ("", row["outcome"])
                    rows.append(row)
                    print("| " + " | ".join(cells(row)) + " |", flush=True)
    finish(options, rows)


def finish(options, rows):
    """Counts, the file, the exit code."""
    exact = [row for row in rows if row["rounding"] == "exact"]
    for opset in options.opset:
        own = [row for row in exact if row["opset"] == opset and row["kind"] == "engine"]
        equal = sorted({row["kernels"] for row in own if row["outcome"] == "equal"})
        print(f"\nopset {opset}: equal in {len(equal)} engines with kernels of their own: {', '.join(equal)}")
    missing = sorted({row["engine"] for row in rows if row["outcome"] == "missing"})
    print(f"\nnot installed: {len(missing)}{': ' if missing else ''}{', '.join(missing)}")
    wrong = [row for row in rows if not row["as recorded"]]
    print(f"not as recorded: {len(wrong)} of {len(rows)} rows")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
