"""Adapters for engines that read the file at run time. See catalogue.py for what an adapter is."""

import numpy


def one_by_one(images, run):
    """Features and logits of all images from a function of one image, [1, ...]."""
    answers = [run(images[index : index + 1]) for index in range(len(images))]
    logits = numpy.concatenate([one[1] for one in answers]) if len(answers[0]) > 1 else None
    return numpy.concatenate([one[0] for one in answers]), logits


def runtime_session(model, level):
    """ONNX Runtime's own kernels."""
    import onnxruntime as runtime

    settings = runtime.SessionOptions()
    names = {"optimisations off": "ORT_DISABLE_ALL", "basic": "ORT_ENABLE_BASIC", "all": "ORT_ENABLE_ALL"}
    settings.graph_optimization_level = getattr(runtime.GraphOptimizationLevel, names[level])
    return runtime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])


def onnxruntime(model, images, setting):
    session = runtime_session(model, setting)
    return one_by_one(images, lambda image: session.run(None, {"image": image}))


def openvino_provider(model, images, setting):
    import onnxruntime as runtime

    options = {"device_type": "CPU", "precision": "FP32"}
    session = runtime.InferenceSession(str(model), providers=[("OpenVINOExecutionProvider", options)])
    if session.get_providers()[0] != "OpenVINOExecutionProvider":
        raise RuntimeError("the provider did not start; ONNX Runtime fell back to its own kernels")
    return one_by_one(images, lambda image: session.run(None, {"image": image}))


def reference(model, images, setting):
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(str(model))
    return one_by_one(images, lambda image: evaluator.run(None, {"image": image}))


def openvino(model, images, setting):
    import openvino as vino

    hints = {"INFERENCE_PRECISION_HINT": "f32"} if setting == "float32" else {}
    compiled = vino.Core().compile_model(str(model), "CPU", hints)

    def run(image):
        result = compiled([image])
        return [result[output].copy() for output in compiled.outputs]

    return one_by_one(images, run)


def opencv(model, images, setting):
    """The classic engine holds every 8-bit tensor as int8: bytes go in and come out 128 less."""
    import cv2

    engines = {"new": "ENGINE_NEW", "classic": "ENGINE_CLASSIC"}
    named = engines.get(setting.split()[0])
    options = {"engine": getattr(cv2.dnn, named)} if named else {}
    network = cv2.dnn.readNetFromONNX(str(model), **options)
    names = outputs(model)
    signed = "int8" in setting

    def run(image):
        # The same bits as the byte minus 128.
        network.setInput((image ^ 128).view(numpy.int8) if signed else image, "image")
        answers = [numpy.array(one) for one in network.forward(names)]
        answers[0] = answers[0].astype(int) + (128 if signed else 0)
        return answers

    return one_by_one(images, run)


def outputs(model):
    """Names of the graph's outputs."""
    import onnx

    return [one.name for one in onnx.load(str(model)).graph.output]


def tract(model, images, setting):
    import tract as engine

    draft = engine.onnx().load(str(model))
    draft.set_input_fact(0, ",".join(str(size) for size in (1, *images.shape[1:])) + ",u8")
    for index in range(draft.output_count()):
        draft.set_output_fact(index, None)
    runnable = draft.into_model().into_runnable()
    return one_by_one(images, lambda image: [one.to_numpy() for one in runnable.run([image])])


def nxrt(model, images, setting):
    import nxrt as engine

    session = engine.InferenceSession(str(model))
    return one_by_one(images, lambda image: [numpy.asarray(one) for one in session.run(None, {"image": image})])


def qonnx(model, images, setting):
    """Walks the graph by itself, and runs each standard node in ONNX Runtime."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    wrapper = ModelWrapper(str(model))
    wrapper.set_tensor_shape("image", [1, *images.shape[1:]])
    wrapper = wrapper.transform(InferShapes())
    names = [one.name for one in wrapper.graph.output]

    def run(image):
        found = execute_onnx(wrapper, {"image": image})
        return [found[name] for name in names]

    return one_by_one(images, run)
