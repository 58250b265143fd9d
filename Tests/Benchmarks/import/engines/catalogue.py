"""The engines of check_engines.py: where each is called, what it needs, what was recorded of it.

An adapter is a function (model, images, setting) -> (features, logits or None). `images` are the graph's own
input, [N, ...] bytes; features are codes of 0...255, [N, features]. A refusal is an exception.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Engine:
    name: str
    # module.function of this folder
    adapter: str
    # requirements-engines-SET.txt beside this file, and the name of its virtual environment
    set: str
    # the distributions whose versions the table shows, with spaces between them
    package: str
    # setting -> what was recorded on the exact export: equal, different or refused
    settings: dict
    # lowest operator set that it reads; below it the record is `refused`
    opset: int = 13
    # images at most, for slow ones
    images: int = 1 << 30
    # order of the input's dimensions, where it reads one only
    layout: str = ""
    # engine, rewrite (a tool whose output runs in ONNX Runtime)
    kind: str = "engine"
    # whose kernels compute, where they are another engine's: counted once
    kernels: str = field(default="")

    def recorded(self, setting, opset, rounding):
        """What is expected of a row; nothing for rounding of the engine's own."""
        if opset < self.opset:
            return "refused"
        return self.settings[setting] if rounding == "exact" else ""


EQUAL, DIFFERENT, REFUSED = "equal", "different", "refused"
# how ONNX Runtime runs what a tool wrote
AFTER = {"optimisations off": EQUAL, "all": EQUAL}

ENGINES = [
    Engine("ONNX Runtime", "runtimes.onnxruntime", "main", "onnxruntime",
           {"optimisations off": EQUAL, "basic": EQUAL, "all": EQUAL}),
    Engine("ONNX reference evaluator", "runtimes.reference", "main", "onnx", {"default": EQUAL}, opset=19, images=4),
    Engine("OpenVINO", "runtimes.openvino", "main", "openvino", {"float32": EQUAL}),
    # float32 where the processor has no bfloat16, else bfloat16 and different
    Engine("OpenVINO, its own precision", "runtimes.openvino", "main", "openvino", {"default": ""},
           kernels="OpenVINO"),
    Engine("OpenVINO in ONNX Runtime", "runtimes.openvino_provider", "openvino-provider", "onnxruntime-openvino",
           {"float32": EQUAL}, kernels="OpenVINO"),
    Engine("OpenCV 4", "runtimes.opencv", "opencv4", "opencv-python-headless",
           {"int8, 128 less": EQUAL, "bytes": DIFFERENT}),
    Engine("OpenCV 5", "runtimes.opencv", "opencv5", "opencv-python-headless",
           {"default engine, bytes": EQUAL, "new engine, bytes": EQUAL, "classic engine, int8, 128 less": EQUAL,
            "classic engine, bytes": DIFFERENT}),
    Engine("tract", "runtimes.tract", "main", "tract", {"default": EQUAL}),
    Engine("nxrt", "runtimes.nxrt", "nxrt", "nxrt", {"default": EQUAL}),
    Engine("IREE", "compilers.iree", "main", "iree-base-compiler", {"llvm-cpu": EQUAL}),
    Engine("TVM", "compilers.tvm", "tvm", "apache-tvm", {"llvm": EQUAL}),
    Engine("tinygrad", "frameworks.tinygrad", "main", "tinygrad", {"as exported": EQUAL, "saved by onnx": EQUAL},
           images=2),
    Engine("emx-onnx-cgen", "compilers.cgen", "cgen", "emx-onnx-cgen", {"C compiler -O2": EQUAL}),
    Engine("LiteRT through onnx2tf", "frameworks.litert", "litert", "ai-edge-litert onnx2tf",
           {"features only": EQUAL, "features only, no delegate": EQUAL, "with head": EQUAL}, layout="nchw"),
    Engine("PyTorch through onnx2pytorch", "frameworks.torch", "torch", "torch onnx2pytorch",
           {"as exported": REFUSED, "constant weights": EQUAL}),
    Engine("QONNX", "runtimes.qonnx", "qonnx", "qonnx", {"default": EQUAL}, images=2, kernels="ONNX Runtime"),
    Engine("onnxsim", "rewriters.simplifier", "main", "onnxsim", AFTER, kind="rewrite"),
    Engine("onnxslim", "rewriters.slim", "main", "onnxslim", AFTER, kind="rewrite"),
    Engine("onnxoptimizer", "rewriters.optimizer", "main", "onnxoptimizer", AFTER, kind="rewrite"),
    Engine("onnxscript.optimizer", "rewriters.script", "main", "onnxscript", AFTER, kind="rewrite"),
    Engine("onnxruntime.quantization, preparation", "rewriters.quantizer_preparation", "main", "onnxruntime",
           AFTER, kind="rewrite"),
    Engine("onnx.version_converter", "rewriters.version_converter", "main", "onnx", AFTER, kind="rewrite"),
]
