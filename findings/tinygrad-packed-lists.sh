#!/usr/bin/env bash
# tinygrad: its ONNX reader knows lists of integers in one of protobuf's two forms only.
#
# Tool       tinygrad, pinned to version 0.14.0; onnx version 1.23.2 and onnxruntime version 1.32.0 to compare; all from
#            PyPI, in a temporary folder. It needs python3 (3.11 or newer) with pip; if the packages cannot be had, this
#            ends with 2 and says so.
# Input      a model of one Transpose with perm = [0, 2, 1], written twice: `perm` number by number, as onnx writes it,
#            and as one packed run. onnx reads both as the same model.
# Expected   both run: protobuf's language guide asks readers to take either form of a repeated number, whichever the
#            definition names, and ONNX Runtime does.
# Happens    tinygrad runs the first and fails on the second, with a missing key and no word of the list.
# So         a writer of ONNX files that is not onnx itself leaves lists of attributes and dimensions unpacked, as
#            onnx.proto has them. In this project the exporter does since tinygrad refused its files.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --target packages "tinygrad==0.14.0" "onnx==1.23.2" "onnxruntime==1.32.0" \
    >/dev/null 2>&1 || { echo "needs tinygrad 0.14.0, onnx 1.23.2 and onnxruntime 1.32.0 from PyPI"; exit 2; }

cat >models.py <<'PYTHON'
import onnx
from onnx import TensorProto, helper

node = helper.make_node("Transpose", ["x"], ["y"], perm=[0, 2, 1])
values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", [1, 2, 3]), ("y", [1, 3, 2]))]
graph = helper.make_graph([node], "g", values[:1], values[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def inside(outer, key, old, new):
    """`outer` with one field exchanged; all lengths here are below 128."""
    old, new = (bytes([key, len(part)]) + part for part in (old, new))
    assert outer.count(old) == 1
    return outer.replace(old, new)


# Field 8, `ints`: three varints become one run of three bytes.
attribute = node.attribute[0].SerializeToString()
packed = attribute.replace(b"\x40\0\x40\2\x40\1", b"\x42\3\0\2\1")
assert packed != attribute
new_node = inside(node.SerializeToString(), 0x2A, attribute, packed)
new_graph = inside(graph.SerializeToString(), 0x0A, node.SerializeToString(), new_node)
new_model = inside(model.SerializeToString(), 0x3A, graph.SerializeToString(), new_graph)
assert onnx.load_from_string(new_model) == model
for name, content in (("loose", model.SerializeToString()), ("packed", new_model)):
    with open(f"{name}.onnx", "wb") as file:
        file.write(content)
PYTHON
cat >run.py <<'PYTHON'
import sys

import numpy

engine, path = sys.argv[1:]
image = numpy.arange(6, dtype=numpy.float32).reshape(1, 2, 3)
if engine == "onnxruntime":
    import onnxruntime

    answer = onnxruntime.InferenceSession(path).run(None, {"x": image})[0]
else:
    from tinygrad import Tensor
    from tinygrad.nn.onnx import OnnxRunner

    answer = OnnxRunner(path)({"x": Tensor(image)})["y"].numpy()
assert (answer == image.transpose(0, 2, 1)).all()
PYTHON
export PYTHONPATH="$work/packages" DEV=CPU
python3 models.py
for engine in onnxruntime tinygrad; do
    for form in loose packed; do
        if python3 run.py "$engine" "$form.onnx" >"$engine-$form.log" 2>&1; then found=runs; else found=fails; fi
        echo "$engine $form: $found"
    done
done | tee found.txt
printf '%s\n' "onnxruntime loose: runs" "onnxruntime packed: runs" "tinygrad loose: runs" "tinygrad packed: fails" >expected.txt
if cmp -s found.txt expected.txt; then
    echo "as described"
else
    echo "CHANGED: this finding no longer holds"
    exit 1
fi
