"""Imports Keras' MobileNetV2 as tf2onnx writes it, and compares the answers with Keras' own.

    nice python check_keras.py --hashiflex .build/release/hashiflex

With and without Rescaling in the network, softmax at the end, and a fixed batch; random weights and statistics. Prints the
relative error of each (largest difference over the largest answer, worst image). Exit code 1 unless all are below 1e-3.
Needs tensorflow and tf2onnx. Tried with tensorflow 2.21.0, keras 3.15.1, tf2onnx 1.17.0, operator set 15.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy
import tensorflow
import tf2onnx

LIMIT = 1e-3
SIZE = 64


def images(count):
    """Smooth random colours, uint8 NHWC."""
    generator = numpy.random.default_rng(9)
    coarse = generator.integers(0, 256, (count, 8, 8, 3)).astype(numpy.float32)
    return tensorflow.image.resize(coarse, (SIZE, SIZE)).numpy().astype(numpy.uint8)


def network(rescales, activation):
    keras.utils.set_random_seed(1)
    core = keras.applications.MobileNetV2(
        input_shape=(SIZE, SIZE, 3), alpha=0.5, weights=None, classes=5, classifier_activation=activation)
    generator = numpy.random.default_rng(1)
    for layer in core.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            scale, shift, mean, variance = (value.shape for value in layer.get_weights())
            layer.set_weights([
                generator.uniform(0.6, 1.6, scale), generator.normal(0, 0.5, shift), generator.normal(0, 0.1, mean),
                generator.uniform(0.5, 1.5, variance)])
    if not rescales:
        return core
    image = keras.Input((SIZE, SIZE, 3))
    return keras.Model(image, core(keras.layers.Rescaling(1 / 127.5, offset=-1)(image)))


def check(program, work, rescales, activation, batch):
    model = network(rescales, activation)
    signature = [tensorflow.TensorSpec((batch, SIZE, SIZE, 3), tensorflow.float32, name="image")]
    function = tensorflow.function(lambda x: model(x, training=False), input_signature=signature)
    path = work / "network.onnx"
    tf2onnx.convert.from_function(function, input_signature=signature, opset=15, output_path=str(path))
    pixels = images(3)
    pixels.tofile(work / "images.raw")
    values = pixels.astype(numpy.float32)
    if not rescales:
        mean, spread = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])
        values = (values / numpy.float32(255) - mean) / spread
    expected = model(values, training=False).numpy()
    subprocess.run(
        [program, "float-logits", path, "--images", work / "images.raw", "-o", work / "logits.raw"], check=True)
    found = numpy.fromfile(work / "logits.raw", numpy.float32).reshape(len(pixels), -1)
    if activation:
        powers = numpy.exp(found - found.max(1, keepdims=True))
        found = powers / powers.sum(1, keepdims=True)
    return float((numpy.abs(found - expected).max(1) / numpy.abs(expected).max(1)).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hashiflex", default=".build/release/hashiflex")
    options = parser.parse_args()
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        for rescales in (False, True):
            for activation, batch in ((None, 1), (None, None), ("softmax", None)):
                error = check(options.hashiflex, pathlib.Path(folder), rescales, activation, batch)
                sound &= error < LIMIT
                print(
                    f"{'ok ' if error < LIMIT else 'BAD'} {error:.1e} Rescaling {'in' if rescales else 'before'} the network, "
                    f"{activation or 'logits'}, batch {batch or 'free'}", flush=True)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
