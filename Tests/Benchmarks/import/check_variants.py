"""Imports MobileNetV2 in every style that torchvision, timm and torch.onnx.export write, and compares the answers.

    nice python check_variants.py --hashiflex .build/release/hashiflex

Widths, input sizes, class counts, both exporters, several operator sets, batch normalisation folded and separate, fixed
and free batch, pooled features without a classifier, and both frameworks' weights as safetensors. ONNX is compared with
ONNX Runtime, safetensors with PyTorch. Prints the relative logit error of each (largest difference over the largest logit,
worst image). Exit code 1 unless all are below 1e-3. Quantised graphs round activations and ours does not: they are compared with
the float network that has their weights. Needs what make_golden.py needs, and transformers.

Widths 0.5 at 64x64 of the forms below float32 and of padded networks were tried with torch 2.13.0, torchvision 0.29.2, timm 1.0.31,
transformers 5.24.0, onnx 1.23.2, onnxruntime 1.32.0. TensorFlow: check_keras.py.
"""

import argparse
import itertools
import logging
import pathlib
import subprocess
import sys
import tempfile
import warnings

import networks
import numpy
import onnxruntime
import torch
from safetensors.torch import save_file

LIMIT = 1e-3


class Logits(torch.nn.Module):
    """transformers' network without the wrapping of its answer."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x).logits


def make_padded(framework, width, classes, size, seed):
    """Networks that pad as TensorFlow does."""
    torch.manual_seed(seed)
    networks.torchvision()
    if framework == "timm same":
        from timm.models import efficientnet

        network = efficientnet._gen_mobilenet_v2("mobilenetv2_100", width, pad_type="same", num_classes=classes)
    else:
        from transformers import MobileNetV2Config, MobileNetV2ForImageClassification

        config = MobileNetV2Config(depth_multiplier=width, image_size=size, num_labels=classes)
        network = Logits(MobileNetV2ForImageClassification(config))
    return networks.randomize(network, size, seed)


def make(framework, width, classes, size, seed):
    if framework in ("timm same", "transformers"):
        return make_padded(framework, width, classes, size, seed)
    torch.manual_seed(seed)
    if framework == "torchvision":
        network = networks.torchvision().models.mobilenet_v2(weights=None, width_mult=width, num_classes=classes)
    else:
        networks.torchvision()
        import timm

        named = {0.35: "035", 0.5: "050", 0.75: "075", 1.0: "100", 1.4: "140"}
        if width in named:
            network = timm.create_model(f"mobilenetv2_{named[width]}", pretrained=False, num_classes=classes)
        else:
            from timm.models import efficientnet

            network = efficientnet._gen_mobilenet_v2("mobilenetv2_100", width, num_classes=classes)
    return networks.randomize(network, size, seed)


def export(network, size, path, style, opset, free):
    """Styles: folded and separate are the older exporter's, dynamo the newer one's."""
    image = torch.zeros(1, 3, size, size)
    options = {} if opset is None else {"opset_version": opset}
    if style in ("float16", "qdq", "qoperator"):
        export(network, size, path, "folded", opset, free)
        convert(path, size, style)
        return
    if style.startswith("dynamo"):
        if free:
            options["dynamic_shapes"] = {"x": {0: torch.export.Dim("batch")}}
        torch.onnx.export(
            network, (image,), str(path), dynamo=True, external_data=style == "dynamo external", verbose=False, **options)
        return
    mode = torch.onnx.TrainingMode
    if free:
        axes = {"input": {0: "n"}, "output": {0: "n"}}
        options.update(input_names=["input"], output_names=["output"], dynamic_axes=axes)
    folded = style == "folded"
    torch.onnx.export(
        network, (image,), str(path), dynamo=False, do_constant_folding=folded,
        training=mode.EVAL if folded else mode.PRESERVE, **options)


def convert(path, size, style):
    """The model in half precision between casts, or quantised by ONNX Runtime."""
    import onnx

    if style == "float16":
        from onnxruntime.transformers.float16 import convert_float_to_float16

        onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)
        return
    from onnxruntime import quantization

    class Pictures(quantization.CalibrationDataReader):
        left = iter(networks.normalized(networks.images(16, size, 3)))

        def get_next(self):
            image = next(self.left, None)
            return None if image is None else {"input": image[None]}

    form = quantization.QuantFormat.QDQ if style == "qdq" else quantization.QuantFormat.QOperator
    quantization.quantize_static(str(path), str(path), Pictures(), quant_format=form, per_channel=True)


def dequantised(floats, quantised):
    """The float model with the weights and biases of the quantised one."""
    import onnx
    from onnx import numpy_helper

    model, other = onnx.load(floats), onnx.load(quantised)
    numbers = {tensor.name: numpy_helper.to_array(tensor) for tensor in other.graph.initializer}

    def real(integers, scale, axis=0):
        shape = [1] * integers.ndim
        if scale.size > 1:
            shape[axis] = scale.size
        return (integers.astype(numpy.float64) * scale.reshape(shape)).astype(numpy.float32)

    made = {node.output[0]: node for node in other.graph.node}
    layers = []
    for node in other.graph.node:
        if node.op_type in ("Conv", "Gemm"):
            layers.append([real(*(numbers[made[name].input[place]] for place in (0, 1))) for name in node.input[1:3]])
        elif node.op_type in ("QLinearConv", "QGemm"):
            scale = numbers[node.input[4]]
            bias = numbers[node.input[8 if node.op_type == "QLinearConv" else 6]]
            layers.append([real(numbers[node.input[3]], scale), real(bias, scale * numbers[node.input[1]])])
    places = {tensor.name: tensor for tensor in model.graph.initializer}
    for node, layer in zip([node for node in model.graph.node if node.op_type in ("Conv", "Gemm")], layers, strict=True):
        for name, values in zip(node.input[1:3], layer):
            places[name].CopyFrom(numpy_helper.from_array(values, name))
    return model.SerializeToString()


def ours(program, model, pixels, work, *more):
    pixels.tofile(work / "images.raw")
    answer = subprocess.run(
        [program, "float-logits", model, "--images", work / "images.raw", "-o", work / "logits.raw", *more],
        capture_output=True, text=True)
    if answer.returncode != 0:
        raise RuntimeError(answer.stderr.strip().splitlines()[-1])
    return numpy.fromfile(work / "logits.raw", numpy.float32).reshape(len(pixels), -1)


def cases():
    """(framework, width, size, classes, style, operator set, free batch)"""
    for framework in ("torchvision", "timm"):
        for style in ("folded", "separate", "dynamo", "safetensors"):
            yield framework, 1.0, 224, 1000, style, None, False
        for width, size, classes in ((0.35, 96, 10), (0.5, 160, 2), (0.75, 128, 7), (1.4, 32, 100), (0.62, 64, 3)):
            for style in ("folded", "separate", "dynamo", "safetensors"):
                yield framework, width, size, classes, style, None, False
        for style, opset in itertools.product(("folded", "separate"), (9, 11, 13, 17, 20)):
            yield framework, 0.5, 64, 5, style, opset, True
        for opset in (18, 20, 23):
            yield framework, 0.5, 64, 5, "dynamo", opset, True
        for style in ("folded", "dynamo", "safetensors"):
            yield framework, 0.5, 96, 0, style, None, False
        for style in ("dynamo external", "float16", "qdq", "qoperator"):
            yield framework, 0.5, 64, 5, style, None, style[0] == "q" or style == "float16"
    for framework in ("timm same", "transformers"):
        for style, free in itertools.product(("folded", "dynamo"), (False, True)):
            yield framework, 0.5, 64, 5, style, None, free
        yield framework, 1.0, 224, 1001, "dynamo external", None, False
    yield "transformers", 0.5, 64, 5, "safetensors", None, False


def check(program, work, case):
    framework, width, size, classes, style, opset, free = case
    network = make(framework, width, max(classes, 1), size, 7)
    if classes == 0:
        network.classifier = torch.nn.Identity()
    pixels = networks.images(3, size, 9)
    more = ["--features"] if classes == 0 else []
    if style == "safetensors":
        path = work / "network.safetensors"
        weights = {name.removeprefix("network."): value for name, value in network.state_dict().items()}
        save_file({name: value.contiguous() for name, value in weights.items()}, str(path))
        found = ours(program, path, pixels, work, "--input-size", str(size), *more)
        with torch.no_grad():
            expected = network(torch.from_numpy(networks.normalized(pixels))).numpy()
    else:
        path = work / "network.onnx"
        export(network, size, path, style, opset, free)
        answering = str(path)
        if style[0] == "q":
            export(network, size, work / "float.onnx", "folded", opset, free)
            answering = dequantised(work / "float.onnx", path)
        found = ours(program, path, pixels, work, *more)
        session = onnxruntime.InferenceSession(answering, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        expected = numpy.concatenate(
            [session.run(None, {name: networks.normalized(image[None])})[0] for image in pixels])
    return float((numpy.abs(found - expected).max(1) / numpy.abs(expected).max(1)).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hashiflex", default=".build/release/hashiflex")
    parser.add_argument("--only", default="", help="cases whose text holds this")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    onnxruntime.set_default_logger_severity(3)
    checked, bad, worst = 0, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            framework, width, size, classes, style, opset, free = case
            text = (
                f"{framework} {width} {size}x{size} {classes or 'no'} classes, {style}"
                f"{f', opset {opset}' if opset else ''}{', free batch' if free else ''}")
            if options.only not in text:
                continue
            checked += 1
            try:
                error = check(options.hashiflex, pathlib.Path(folder), case)
            except Exception as problem:
                error = float("inf")
                text += f": {type(problem).__name__}: {str(problem)[:300]}"
            bad += not error < LIMIT
            worst = max(worst, error)
            print(f"{'ok ' if error < LIMIT else 'BAD'} {error:.1e} {text}", flush=True)
    print(f"{checked - bad} of {checked} agree, worst relative error {worst:.1e}, limit {LIMIT:g}")
    sys.exit(1 if bad or not checked else 0)


if __name__ == "__main__":
    main()
