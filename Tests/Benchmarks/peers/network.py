"""A MobileNetV2 as int8 QDQ ONNX with random power-of-two weights: the peers' side of the comparison.

Written straight into QDQ form (uint8 activations, int8 weights per channel), with a uint8 input, so that no
engine spends time on float images. Speed depends on shapes only; what the numbers are is never looked at.
Used where no export of our own network is given.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
UNIT = np.float32(6 / 255)


def channels(count, width):
    """The divisible-by-8 rule, `width` in percent."""
    hundredths = count * width
    nearest = max(8, (hundredths + 400) // 800 * 8)
    return nearest + 8 if nearest * 1000 < hundredths * 9 else nearest


class Builder:
    def __init__(self, size):
        self.rng = np.random.default_rng(7)
        self.nodes, self.constants, self.count = [], [], 0
        self.tensor, self.scale, self.zero = "image", np.float32(1 / 64), 128
        self.depth = 3

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind, inputs, **attributes):
        self.count += 1
        out = f"t{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [out], name=f"{kind}{self.count}", **attributes))
        return out

    def dequantized(self, tensor, scale, zero):
        return self.node("DequantizeLinear", [tensor, self.constant(scale), self.constant(np.uint8(zero))])

    def quantized(self, tensor, scale, zero):
        return self.node("QuantizeLinear", [tensor, self.constant(scale), self.constant(np.uint8(zero))])

    def convolution(self, out, kernel, stride, groups, relu, residual=None):
        shape = (out, self.depth // groups, kernel, kernel)
        weights = (self.rng.choice([-1, 1], shape) << self.rng.integers(0, 7, shape)).astype(np.int8)
        spread = np.sqrt(np.prod(shape[1:]) * 900.0)
        weight_scale = np.full(out, 4 / spread / 64, np.float32) * 8
        bias = self.rng.integers(-2000, 2000, out).astype(np.int32)
        x = self.dequantized(self.tensor, self.scale, self.zero)
        w = self.node("DequantizeLinear",
                      [self.constant(weights), self.constant(weight_scale), self.constant(np.zeros(out, np.int8))], axis=0)
        b = self.node("DequantizeLinear",
                      [self.constant(bias), self.constant((weight_scale * self.scale).astype(np.float32)),
                       self.constant(np.zeros(out, np.int32))], axis=0)
        y = self.node("Conv", [x, w, b], kernel_shape=[kernel] * 2, strides=[stride] * 2,
                      pads=[kernel // 2] * 4, group=groups)
        if relu:
            y = self.node("Clip", [y, self.constant(np.float32(0)), self.constant(np.float32(6))])
            scale, zero = UNIT, 0
        else:
            scale, zero = np.float32(4 * UNIT), 128
        if residual is not None:
            y = self.dequantized(self.quantized(y, scale, zero), scale, zero)
            y = self.node("Add", [self.dequantized(*residual), y])
        self.tensor, self.scale, self.zero, self.depth = self.quantized(y, scale, zero), scale, zero, out


def build(path, width=100, size=224):
    b = Builder(size)
    b.convolution(channels(32, width), 3, 2, 1, True)
    for index, (expansion, out, repeats, first) in enumerate(STAGES):
        out = channels(out, width)
        for repeat in range(repeats):
            stride = first if repeat == 0 else 1
            keeps = stride == 1 and b.depth == out and index > 0
            source = (b.tensor, b.scale, b.zero)
            if expansion > 1:
                b.convolution(b.depth * expansion, 1, 1, 1, True)
            b.convolution(b.depth, 3, stride, b.depth, True)
            b.convolution(out, 1, 1, 1, False, source if keeps else None)
    b.convolution(channels(1280, max(100, width)), 1, 1, 1, True)
    pooled = b.node("GlobalAveragePool", [b.dequantized(b.tensor, b.scale, b.zero)])
    b.nodes.append(helper.make_node("Flatten", [pooled], ["features"], axis=1))
    graph = helper.make_graph(
        b.nodes, "mobilenetv2_po2", [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 3, size, size])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", b.depth])], b.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
