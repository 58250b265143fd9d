"""Adapters for importers of training frameworks. See catalogue.py for what an adapter is."""

import pathlib
import subprocess
import sys
import tempfile

import numpy

from runtimes import one_by_one


def torch(model, images, setting):
    """onnx2pytorch builds a convolution only of a constant weight: here each is dequantised first, exactly."""
    import onnx
    import torch as framework
    from onnx2pytorch import ConvertModel

    network = onnx.load(str(model))
    if "constant weights" in setting:
        dequantise_constants(network)
    converted = ConvertModel(network, experimental=True).eval()

    def run(image):
        with framework.no_grad():
            found = converted(framework.from_numpy(image))
        return [one.numpy() for one in (found if isinstance(found, (list, tuple)) else [found])]

    return one_by_one(images, run)


def dequantise_constants(network):
    """Replaces each DequantizeLinear of a constant without a zero point, or with 0, by its real numbers."""
    from onnx import numpy_helper

    constants = {one.name: numpy_helper.to_array(one) for one in network.graph.initializer}
    left = []
    for node in network.graph.node:
        if node.op_type != "DequantizeLinear" or node.input[0] not in constants:
            left.append(node)
            continue
        codes, scale = constants[node.input[0]], constants[node.input[1]]
        scale = scale.reshape([-1] + [1] * (codes.ndim - 1)) if scale.ndim else scale
        real = (codes.astype(numpy.float32) * scale).astype(numpy.float32)
        network.graph.initializer.append(numpy_helper.from_array(real, node.output[0]))
    del network.graph.node[:]
    network.graph.node.extend(left)


def tinygrad(model, images, setting):
    """Its parser takes an attribute's numbers one by one only, as onnx writes them, not packed."""
    from tinygrad import Tensor
    from tinygrad.nn.onnx import OnnxRunner

    with tempfile.TemporaryDirectory() as folder:
        if setting == "saved by onnx":
            import onnx

            network = onnx.load(str(model))
            model = pathlib.Path(folder) / "network.onnx"
            onnx.save(network, str(model))
        runner = OnnxRunner(str(model))

        def run(image):
            return [one.numpy() for one in runner({"image": Tensor(image)}).values()]

        return one_by_one(images, run)


def litert(model, images, setting):
    """A tensor of TensorFlow Lite has one scale: a head that reads the features at another scale spoils them."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kinds = OpResolverType
    kind = kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES if "no delegate" in setting else kinds.AUTO
    tool = pathlib.Path(sys.executable).parent / "onnx2tf"
    with tempfile.TemporaryDirectory() as folder:
        # Its own comparison with ONNX Runtime would fetch images; the input keeps its order.
        command = [tool, "-i", model, "-o", folder, "-n", "-b", "1", "-kat", "image"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
        network = next(pathlib.Path(folder).glob("*_float32.tflite"))
        interpreter = Interpreter(str(network), num_threads=1, experimental_op_resolver_type=kind)
    interpreter.allocate_tensors()
    image = interpreter.get_input_details()[0]["index"]
    outputs = [one["index"] for one in sorted(interpreter.get_output_details(), key=lambda one: one["name"])]

    def run(pixels):
        interpreter.set_tensor(image, pixels)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in outputs]

    return one_by_one(images, run)
