"""One peer in a process of its own, pinned to one core, with one thread.

    worker.py ENGINE BATCH CPU MODEL [MASK]     ENGINE: openvino | onnxruntime | litert

Prints its version, then answers lines of standard input: a number of seconds with images a second, and
"answer IMAGES.npy FEATURES.npy" (bytes, [N, size, size, 3] and [N, features]) with "done". MASK: the compiled
mask_cpuid.c, which hides what is above AVX2. Exit code 3: the engine is not installed; 4: CPUID can not be masked.
"""
import ctypes
import os
import sys
import time

engine, batch, cpu, model = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.sched_setaffinity(0, {cpu})
os.environ["OMP_NUM_THREADS"] = "1"
if len(sys.argv) > 5:
    try:
        mask = ctypes.CDLL(sys.argv[5])
    except OSError:
        sys.exit(4)
    if mask.mask_cpuid() != 0 or mask.shows_avx512():
        sys.exit(4)

import numpy as np  # noqa: E402  after pinning and masking


def pixels(shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def ordered(images, shape):
    """Bytes [N, size, size, 3] in the order of the engine's input."""
    return np.ascontiguousarray(images if shape[-1] == 3 else images.transpose(0, 3, 1, 2))


def openvino():
    import openvino as ov
    network = ov.Core().read_model(model)
    shape = [batch] + [d.get_length() for d in list(network.input().partial_shape)[1:]]
    network.reshape(shape)
    compiled = ov.Core().compile_model(network, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    images = pixels(shape)
    request.set_input_tensor(ov.Tensor(images, shared_memory=True))

    def answer(some):
        images[:] = ordered(some, shape)
        request.infer()
        return request.get_output_tensor(0).data.copy()
    return request.infer, answer, ov.__version__.split("-")[0]


def onnxruntime():
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    shape = [batch] + [int(d) for d in source.shape[1:]]
    binding = session.io_binding()
    binding.bind_ortvalue_input(source.name, ort.OrtValue.ortvalue_from_numpy(pixels(shape)))
    binding.bind_output(session.get_outputs()[0].name)

    def answer(some):
        return session.run(None, {source.name: ordered(some, shape)})[0]
    return (lambda: session.run_with_iobinding(binding)), answer, ort.__version__


def litert():
    import importlib.metadata

    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model, num_threads=1)  # the XNNPACK delegate is its default
    source = interpreter.get_input_details()[0]["index"]
    shape = [batch] + [int(d) for d in interpreter.get_input_details()[0]["shape"][1:]]
    interpreter.resize_tensor_input(source, shape)
    interpreter.allocate_tensors()
    result = interpreter.get_output_details()[0]["index"]

    def answer(some):
        interpreter.set_tensor(source, (some ^ 128).view(np.int8))
        interpreter.invoke()
        return interpreter.get_tensor(result).view(np.uint8) ^ 128
    answer(pixels(shape))
    return interpreter.invoke, answer, importlib.metadata.version("ai-edge-litert")


def answers(answer, source, target):
    images = np.load(source)
    rows = [answer(images[i:i + batch]) for i in range(0, len(images), batch)]
    np.save(target, np.concatenate(rows))
    return "done"


def rate(step, seconds):
    step()
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        step()
        done += 1
    return done * batch / (time.perf_counter() - begin)


def main():
    try:
        step, answer, version = {"openvino": openvino, "onnxruntime": onnxruntime, "litert": litert}[engine]()
    except ImportError as problem:
        print(f"{engine}: {problem}", file=sys.stderr)
        sys.exit(3)
    step()
    print(version, flush=True)
    for line in sys.stdin:
        words = line.split()
        print(answers(answer, *words[1:]) if words[0] == "answer" else rate(step, float(line)), flush=True)


main()
