"""One engine, one setting, one model, in the engine's own interpreter; started by check_engines.py.

    worker.py ENGINE SETTING MODEL IMAGES.npy ANSWER.npz

IMAGES.npy has the graph's own input. Prints one line of JSON last: version, or the error. Needs numpy and the engine.
"""

import importlib
import json
import pathlib
import sys
from importlib import metadata

import numpy

import catalogue


def main():
    name, setting, model, images, answer = sys.argv[1:]
    engine = next(one for one in catalogue.ENGINES if one.name == name)
    try:
        versions = {package: metadata.version(package) for package in engine.package.split()}
    except metadata.PackageNotFoundError as error:
        print(json.dumps({"missing": error.name}))
        return
    facts = {"version": next(iter(versions.values()))}
    if len(versions) > 1:
        facts["version"] = ", ".join(" ".join(one) for one in versions.items())
    module, function = engine.adapter.split(".")
    try:
        run = getattr(importlib.import_module(module), function)
        features, logits = run(pathlib.Path(model), numpy.load(images), setting)
    except ModuleNotFoundError as error:
        facts["missing"] = error.name
    except Exception as error:  # a refusal is a row of the table
        lines = str(error).strip().splitlines() or [""]
        facts["error"] = f"{type(error).__name__}: {lines[0]}"[:300]
    else:
        found = {"features": numpy.asarray(features).astype(numpy.int64)}
        if logits is not None:
            found["logits"] = numpy.asarray(logits, numpy.float64)
        numpy.savez(answer, **found)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
