"""Imports Keras' MobileNetV2 as Keras and tf2onnx write it, and compares the answers with Keras' own.

    nice python check_keras.py --hashiflex .build/release/hashiflex [--files]

Files: every form that keras and tf_keras save, of whole networks, networks within others, and weights alone. tf2onnx (left
out with --files): with and without Rescaling in the network, softmax at the end, and a fixed batch. Random weights and
statistics. Prints the relative error of each (largest difference over the largest answer, worst image). Exit code 1 unless
all are below 1e-3. Needs tensorflow, tf_keras and tf2onnx. Tried with tensorflow 2.21.0, keras 3.15.1, tf_keras 2.21.0,
tf2onnx 1.17.0, operator set 15.
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
import tf_keras

LIMIT = 1e-3
SIZE = 64


def images(count):
    """Smooth random colours, uint8 NHWC."""
    generator = numpy.random.default_rng(9)
    coarse = generator.integers(0, 256, (count, 8, 8, 3)).astype(numpy.float32)
    return tensorflow.image.resize(coarse, (SIZE, SIZE)).numpy().astype(numpy.uint8)


def randomize(model, generator):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            randomize(layer, generator)
        elif type(layer).__name__ == "BatchNormalization":
            scale, shift, mean, variance = (value.shape for value in layer.get_weights())
            layer.set_weights([
                generator.uniform(0.6, 1.6, scale), generator.normal(0, 0.5, shift), generator.normal(0, 0.1, mean),
                generator.uniform(0.5, 1.5, variance)])


def normalizations(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from normalizations(layer)
        elif type(layer).__name__ == "BatchNormalization":
            yield layer


def calibrate(model, values):
    """Statistics of the images themselves: with others, answers of a fresh network hardly depend on the image, and a layer
    in another one's place is not seen."""
    layers = list(normalizations(model))
    before = [layer.momentum for layer in layers]
    frozen = [layer.trainable for layer in layers]
    for layer in layers:
        layer.momentum, layer.trainable = 0.0, True
    model(values, training=True)
    for layer, momentum, trainable in zip(layers, before, frozen):
        layer.momentum, layer.trainable = momentum, trainable


def network(rescales, activation):
    keras.utils.set_random_seed(1)
    core = keras.applications.MobileNetV2(
        input_shape=(SIZE, SIZE, 3), alpha=0.5, weights=None, classes=5, classifier_activation=activation)
    randomize(core, numpy.random.default_rng(1))
    if not rescales:
        return core
    image = keras.Input((SIZE, SIZE, 3))
    return keras.Model(image, core(keras.layers.Rescaling(1 / 127.5, offset=-1)(image)))


def forms(library):
    """Networks as people build them: name, whether they normalise colours, model."""
    layers = library.layers
    shape = (SIZE, SIZE, 3)

    def core(**options):
        return library.applications.MobileNetV2(input_shape=shape, alpha=0.5, weights=None, **options)

    yield "whole", False, core(classes=5, classifier_activation=None)
    image = library.Input(shape)
    value = library.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.2)])(image)
    value = library.applications.mobilenet_v2.preprocess_input(value)
    value = layers.GlobalAveragePooling2D()(core(include_top=False)(value, training=False))
    yield "transfer", True, library.Model(image, layers.Dense(3)(layers.Dropout(0.2)(value)))
    yield "chain", False, library.Sequential([
        core(include_top=False), layers.GlobalAveragePooling2D(), layers.BatchNormalization(), layers.Dense(4)])
    normalization = layers.Normalization(mean=[120.0, 127.5, 130.0], variance=[60.0**2, 127.5**2, 70.0**2])
    yield "colours", True, library.Sequential([
        library.Input(shape), normalization, core(include_top=False), layers.GlobalAveragePooling2D(keepdims=True),
        layers.Conv2D(6, 1), layers.Flatten()])


def check_files(program, work):
    """The worst relative error of each file, by name."""
    pixels = images(3)
    pixels.tofile(work / "images.raw")
    colours = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])
    for library, title in ((keras, "keras"), (tf_keras, "tf_keras")):
        library.utils.set_random_seed(1)
        for name, rescales, model in forms(library):
            randomize(model, numpy.random.default_rng(2))
            values = pixels.astype(numpy.float32)
            if not rescales:
                values = (values / numpy.float32(255) - colours[0]) / colours[1]
            for inner in model.layers:
                # Called with training=False, a network within another one is calibrated by itself.
                if len(getattr(inner, "layers", [])) > 50:
                    calibrate(inner, values / 127.5 - 1 if rescales else values)
            calibrate(model, values)
            expected = numpy.asarray(model(values, training=False))
            spread = numpy.abs(expected - expected.mean(0)).max() / numpy.abs(expected).max()
            assert spread > 0.05, f"{title}, {name}: the answers hardly depend on the image ({spread:.1e})"
            writers = {".keras": model.save, ".h5": model.save}
            # Weights alone do not say that the network normalises colours.
            if not rescales:
                writers[".weights.h5"] = model.save_weights
                if library is tf_keras:
                    writers[".alone.h5"] = model.save_weights
            for ending, write in writers.items():
                path = work / f"{name}{ending}"
                write(str(path))
                size = ["--input-size", str(SIZE)] if ending not in (".keras", ".h5") else []
                subprocess.run(
                    [program, "float-logits", path, "--images", work / "images.raw", "-o", work / "logits.raw", *size],
                    check=True, stderr=subprocess.DEVNULL)
                found = numpy.fromfile(work / "logits.raw", numpy.float32).reshape(len(pixels), -1)
                error = float((numpy.abs(found - expected).max(1) / numpy.abs(expected).max(1)).max())
                yield f"{title}, {name}{ending}", error


def check(program, work, rescales, activation, batch):
    import tf2onnx

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
    parser.add_argument("--files", action="store_true", help="only the files of Keras itself")
    options = parser.parse_args()
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        for name, error in check_files(options.hashiflex, pathlib.Path(folder)):
            sound &= error < LIMIT
            print(f"{'ok ' if error < LIMIT else 'BAD'} {error:.1e} {name}", flush=True)
        for rescales in () if options.files else (False, True):
            for activation, batch in ((None, 1), (None, None), ("softmax", None)):
                error = check(options.hashiflex, pathlib.Path(folder), rescales, activation, batch)
                sound &= error < LIMIT
                print(
                    f"{'ok ' if error < LIMIT else 'BAD'} {error:.1e} Rescaling {'in' if rescales else 'before'} the network, "
                    f"{activation or 'logits'}, batch {batch or 'free'}", flush=True)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
