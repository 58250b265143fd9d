"""One peer in a process of its own, pinned. Reads seconds from standard input, answers images a second.

    worker.py ENGINE BATCH CPU MODEL      ENGINE: openvino | onnxruntime | litert
"""
import os
import sys
import time

engine, batch, cpu, model = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.sched_setaffinity(0, {cpu})
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402  after pinning


def openvino():
    import openvino as ov
    core = ov.Core()
    network = core.read_model(model)
    shape = [batch] + [d.get_length() for d in list(network.input().partial_shape)[1:]]
    network.reshape(shape)
    compiled = core.compile_model(network, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    kind = np.uint8 if network.input().element_type == ov.Type.u8 else np.float32
    images = np.random.default_rng(1).integers(0, 256, shape).astype(kind)
    request.set_input_tensor(ov.Tensor(images, shared_memory=True))
    return request.infer, ov.__version__


def onnxruntime():
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    shape = [batch] + [int(d) for d in source.shape[1:]]
    kind = np.uint8 if "uint8" in source.type else np.float32
    images = np.random.default_rng(1).integers(0, 256, shape).astype(kind)
    binding = session.io_binding()
    binding.bind_ortvalue_input(source.name, ort.OrtValue.ortvalue_from_numpy(images))
    binding.bind_output(session.get_outputs()[0].name)
    return (lambda: session.run_with_iobinding(binding)), ort.__version__


def litert():
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model, num_threads=1)
    source = interpreter.get_input_details()[0]
    shape = [batch] + [int(d) for d in source["shape"][1:]]
    interpreter.resize_tensor_input(source["index"], shape)
    interpreter.allocate_tensors()
    images = np.random.default_rng(1).integers(0, 256, shape).astype(source["dtype"])

    def step():
        interpreter.set_tensor(source["index"], images)
        interpreter.invoke()
    return step, getattr(ai_edge_litert, "__version__", "?")


step, version = {"openvino": openvino, "onnxruntime": onnxruntime, "litert": litert}[engine]()
step()
print(version, flush=True)
for line in sys.stdin:
    seconds, done, begin = float(line), 0, time.perf_counter()
    step()
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        step()
        done += 1
    print(done * batch / (time.perf_counter() - begin), flush=True)
