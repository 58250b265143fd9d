"""Tools that read the file and write another ONNX file; what they wrote runs in ONNX Runtime; the setting is its level.

Equal bytes say that the tool kept the numbers, nothing of an engine. See catalogue.py for what an adapter is.
"""

import pathlib
import tempfile

import onnx

from runtimes import one_by_one, runtime_session

# the operator set that onnx's own converter is asked for
NEWEST = 23


def written(images, setting, write):
    """`write(path)` puts the rewritten network at `path`."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rewritten.onnx"
        write(path)
        onnx.checker.check_model(str(path), full_check=True)
        session = runtime_session(path, setting)
        return one_by_one(images, lambda image: session.run(None, {"image": image}))


def simplifier(model, images, setting):
    import onnxsim

    def write(path):
        simplified, sound = onnxsim.simplify(onnx.load(str(model)))
        if not sound:
            raise RuntimeError("its own check found other numbers")
        onnx.save(simplified, str(path))

    return written(images, setting, write)


def slim(model, images, setting):
    import onnxslim

    return written(images, setting, lambda path: onnx.save(onnxslim.slim(onnx.load(str(model))), str(path)))


def optimizer(model, images, setting):
    import onnxoptimizer

    return written(images, setting, lambda path: onnx.save(onnxoptimizer.optimize(onnx.load(str(model))), str(path)))


def script(model, images, setting):
    import onnxscript.optimizer

    return written(
        images, setting, lambda path: onnx.save(onnxscript.optimizer.optimize(onnx.load(str(model))), str(path)))


def quantizer_preparation(model, images, setting):
    from onnxruntime.quantization.shape_inference import quant_pre_process

    return written(images, setting, lambda path: quant_pre_process(str(model), str(path)))


def version_converter(model, images, setting):
    from onnx import version_converter as converter

    def write(path):
        onnx.save(converter.convert_version(onnx.load(str(model)), NEWEST), str(path))

    return written(images, setting, write)
