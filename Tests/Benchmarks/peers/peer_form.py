"""Our QDQ export in the form that the peers run fastest: the same weights, shifts and residuals, in int8 throughout.

    peer_form.py EXPORT.onnx OUTPUT.onnx        EXPORT: hashiflex export-onnx --no-head --rounding engine --layout nchw

As exported, three things keep an engine from its int8 kernels; each is changed, and each changes a few bytes:
  the mean of each colour becomes one zero point, so that the stem reads bytes (other sums at the image's border
  only, where the padding is that one byte); signed codes become bytes with a zero point of 128 (the same numbers);
  a branch is rounded before it is added, as ONNX Runtime fuses it (one rounding more).
"""
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper


def rewrite(model):
    """Changes the model in place."""
    graph = model.graph
    constants = {one.name: one for one in graph.initializer}
    by_output = {node.output[0]: node for node in graph.node}

    def array(name):
        return numpy_helper.to_array(constants[name])

    def put(name, value):
        if name not in constants:
            constants[name] = graph.initializer.add()
        constants[name].CopyFrom(numpy_helper.from_array(np.asarray(value), name))

    mean = array("image.mean").ravel().astype(np.int64)
    zero = round(float(mean.mean()))
    weight = array("stem.weight").astype(np.int64)
    put("stem.bias", (array("stem.bias") - np.einsum("ochw,c->o", weight, mean - zero)).astype(np.int32))
    put("image.zero", np.uint8(zero))
    by_output["image.real"].input[2] = "image.zero"
    by_output["stem.sum"].input[0] = "image.real"
    put("zero.s8", np.uint8(128))

    nodes = []
    for node in graph.node:
        if node.output[0] == "image.centred":
            continue
        if node.op_type == "Add":
            layer = node.output[0].rsplit(".", 1)[0]
            branch, codes, scale = f"{layer}.branch", f"{layer}.branch.codes", f"{layer}.scale"
            nodes.append(helper.make_node("QuantizeLinear", [f"{layer}.sum", scale, "zero.s8"], [codes], codes))
            nodes.append(helper.make_node("DequantizeLinear", [codes, scale, "zero.s8"], [branch], branch))
            node.input[0] = branch
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.remove(constants["image.mean"])


if __name__ == "__main__":
    network = onnx.load(sys.argv[1])
    rewrite(network)
    onnx.checker.check_model(network, full_check=True)
    onnx.save(network, sys.argv[2])
