"""The network of peer_form.py as an int8 .tflite, for LiteRT: the same weights, biases and scales.

    qdq_to_tflite.py PEER_FORM.onnx OUTPUT.tflite

Bytes become int8 with a zero point that is 128 less; weights keep their codes and their scale for each channel. A
layer of stride 2 is a PAD and a VALID convolution, because SAME would pad behind only where the network pads both
sides; XNNPACK fuses the two. Input `image`: [N, size, size, 3] int8, a byte minus 128; output likewise.
"""
import sys

import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import numpy_helper

KINDS = {np.dtype(np.int8): schema.TensorType.INT8, np.dtype(np.int32): schema.TensorType.INT32}


class Writer:
    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.description = "hashiflex"
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]
        self.codes = {}

    def tensor(self, name, shape, scales=None, zero=0, axis=0, value=None, kind=schema.TensorType.INT8):
        """-> its index. Without a value it is an activation, whose first dimension is the batch."""
        one = schema.TensorT()
        one.name, one.shape, one.type, one.buffer = name, list(shape), kind, 0
        if value is None:
            one.shapeSignature = [-1] + list(shape[1:])
        else:
            one.type = KINDS[value.dtype]
            one.buffer = len(self.model.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
        if scales is not None:
            one.quantization = schema.QuantizationParametersT()
            scales = np.atleast_1d(np.asarray(scales, np.float32))
            one.quantization.scale = scales
            one.quantization.zeroPoint = np.full(len(scales), zero, np.int64)
            one.quantization.quantizedDimension = axis
        self.graph.tensors.append(one)
        return len(self.graph.tensors) - 1

    def operator(self, name, inputs, output, options=None, version=1):
        code = getattr(schema.BuiltinOperator, name)
        if code not in self.codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), version
            self.codes[code] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(entry)
        one = schema.OperatorT()
        one.opcodeIndex, one.inputs, one.outputs = self.codes[code], inputs, [output]
        if options is not None:
            one.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
            one.builtinOptions = options
        self.graph.operators.append(one)

    def file(self):
        builder = flatbuffers.Builder(1 << 22)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


class Converter:
    def __init__(self, model):
        self.graph, self.out = model.graph, Writer()
        self.constants = {one.name: numpy_helper.to_array(one) for one in self.graph.initializer}
        self.nodes = {node.output[0]: node for node in self.graph.node}
        self.readers = {name: node for node in self.graph.node for name in node.input}
        self.tensors = {}  # name of a byte tensor -> (index, [height, width, channels], scale, zero point)

    def quantized(self, real):
        """The constant or the byte tensor behind a dequantised one."""
        return self.nodes[real].input

    def convert(self):
        side = self.graph.input[0].type.tensor_type.shape.dim[-1].dim_value
        scale, zero = (self.constants[name] for name in self.quantized("image.real")[1:])
        self.activation("image", [side, side, 3], scale, zero)
        for node in self.graph.node:
            if node.op_type == "Conv":
                self.convolution(node)
            elif node.op_type == "Add":
                self.add(node)
            elif node.op_type == "ReduceSum":
                self.pool(node)
        self.out.graph.inputs = [self.tensors["image"][0]]
        self.out.graph.outputs = [self.tensors["features"][0]]
        return self.out.file()

    def activation(self, name, shape, scale, zero):
        zero = int(zero) - 128
        index = self.out.tensor(name, [1] + shape, scale, zero)
        self.tensors[name] = (index, shape, float(scale), zero)
        return index

    def result(self, node, shape, divisor=1):
        """The byte tensor that rounds the node's output."""
        codes = self.readers[node.output[0]]
        scale, zero = (self.constants[name] for name in codes.input[1:])
        return self.activation(codes.output[0], shape, scale / divisor, zero)

    def convolution(self, node):
        attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        source, (height, width, depth), scale, zero = self.tensors[self.quantized(node.input[0])[0]]
        name, scale_name = self.quantized(node.input[1])[:2]
        weight, weight_scale = self.constants[name], self.constants[scale_name]
        bias = self.constants[self.quantized(node.input[2])[0]]
        (count, _, kernel, _), stride = weight.shape, attributes["strides"][0]
        padding = schema.Padding.SAME
        if stride == 2:
            around = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
            around = self.out.tensor(f"{name}.around", [4, 2], value=around)
            padded = self.out.tensor(f"{name}.padded", [1, height + 2, width + 2, depth], scale, zero)
            self.out.operator("PAD", [source, around], padded, schema.PadOptionsT(), 2)
            source, padding = padded, schema.Padding.VALID
        depthwise = attributes["group"] > 1
        order = (1, 2, 3, 0) if depthwise else (0, 2, 3, 1)
        weight = weight.transpose(order)
        inputs = [source, self.out.tensor(name, weight.shape, weight_scale, 0, 3 if depthwise else 0, weight),
                  self.out.tensor(f"{name}.bias", bias.shape, np.float32(scale) * weight_scale, 0, 0, bias)]
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = padding, stride, stride
        options.dilationHFactor = options.dilationWFactor = 1
        if depthwise:
            options.depthMultiplier = 1
        output = self.result(node, [-(-height // stride), -(-width // stride), count])
        self.out.operator("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", inputs, output, options, 3)

    def add(self, node):
        sources = [self.tensors[self.quantized(name)[0]] for name in node.input]
        output = self.result(node, sources[0][1])
        self.out.operator("ADD", [one[0] for one in sources], output, schema.AddOptionsT(), 2)

    def pool(self, node):
        source, (height, width, depth), _, _ = self.tensors[self.quantized(node.input[0])[0]]
        axes = self.out.tensor("pool.axes", [2], value=np.array([1, 2], np.int32))
        options = schema.ReducerOptionsT()
        options.keepDims = False
        output = self.result(node, [depth], divisor=height * width)
        self.out.operator("MEAN", [source, axes], output, options, 2)


def convert(path, output):
    with open(output, "wb") as file:
        file.write(Converter(onnx.load(path)).convert())


if __name__ == "__main__":
    convert(sys.argv[1], sys.argv[2])
