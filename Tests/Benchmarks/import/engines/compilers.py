"""Adapters for compilers: the file becomes a program that is then run. See catalogue.py for what an adapter is."""

import ctypes
import pathlib
import subprocess
import sys
import tempfile

import numpy

from runtimes import one_by_one


def iree(model, images, setting):
    import iree.compiler
    import iree.runtime

    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder) / "network.mlir"
        imported = subprocess.run(
            [sys.executable, "-m", "iree.compiler.tools.import_onnx", str(model), "-o", str(text)],
            capture_output=True, text=True)
        if imported.returncode:
            raise RuntimeError(f"import: {imported.stderr.strip().splitlines()[-1]}")
        program = iree.compiler.compile_file(
            str(text), target_backends=[setting], input_type="onnx", extra_args=["--iree-llvmcpu-target-cpu=host"])
    context = iree.runtime.SystemContext(config=iree.runtime.Config("local-task"))
    module = iree.runtime.VmModule.copy_buffer(context.instance, program)
    context.add_vm_module(module)
    entry = next(name for name in module.function_names if not name.endswith("$async"))
    function = context.modules[module.name][entry]

    def run(image):
        found = function(image)
        found = [one.to_host() for one in (found if isinstance(found, (list, tuple)) else [found])]
        # Bytes come back as int8.
        return [found[0].view(numpy.uint8), *found[1:]]

    return one_by_one(images, run)


def tvm(model, images, setting):
    import onnx
    import tvm as compiler
    from tvm import relax
    from tvm.relax.frontend.onnx import from_onnx

    module = from_onnx(onnx.load(str(model)), shape_dict={"image": [1, *images.shape[1:]]})
    program = compiler.compile(relax.transform.DecomposeOpsForInference()(module), target=setting)
    machine = relax.VirtualMachine(program, compiler.cpu())

    def run(image):
        found = machine["main"](compiler.runtime.tensor(image))
        return [one.numpy() for one in (found if hasattr(found, "__len__") else [found])]

    return one_by_one(images, run)


def cgen(model, images, setting):
    """Writes C, called here through a shared library; `network_load` reads the weights' file beside the source."""
    import onnx

    outputs = onnx.load(str(model)).graph.output
    kinds = {onnx.TensorProto.UINT8: numpy.uint8, onnx.TensorProto.FLOAT: numpy.float32}
    tool = pathlib.Path(sys.executable).parent / "emx-onnx-cgen"
    with tempfile.TemporaryDirectory() as folder:
        source, library = (pathlib.Path(folder) / name for name in ("network.c", "network.so"))
        steps = [
            [tool, "compile", "--model-name", "network", "--input-dim", "image:0=1", model, source],
            ["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-lm"]]
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
        program = ctypes.CDLL(str(library))
        program.network_load.restype = ctypes.c_bool
        if not program.network_load(str(source.with_suffix(".bin")).encode()):
            raise RuntimeError("the weights' file was not read")

        def run(image):
            answers = []
            for one in outputs:
                shape = (1, one.type.tensor_type.shape.dim[1].dim_value)
                answers.append(numpy.zeros(shape, kinds[one.type.tensor_type.elem_type]))
            program.network(*(array.ctypes.data_as(ctypes.c_void_p) for array in (image, *answers)))
            return answers

        return one_by_one(images, run)
