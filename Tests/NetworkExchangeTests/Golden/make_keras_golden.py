"""Writes the fixtures of KerasFileTests: files that Keras and tf_keras saved, and what the networks answer.

    python make_keras_golden.py

Needs keras, tf_keras, tensorflow, numpy. Width 0.35, 32x32 images, numbers that repeat, so that the files pack well.

    keras_transfer.keras.gz     Keras 3: Functional; augmentation, preprocess_input, a network within, one output
    keras_legacy.h5.gz          tf_keras: Sequential of a network, pool, batch normalisation, Dense with softmax
    keras_numbers.weights.h5.gz Keras 3: weights alone; network within, Dense of five
    <name>.answers              little-endian float32, [3, classes]: logits of images.raw (shared with make_golden.py)
"""

import gzip
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy
import tf_keras

HERE = pathlib.Path(__file__).parent
SIZE = 32
PIXELS = numpy.fromfile(HERE / "images.raw", numpy.uint8).reshape(-1, SIZE, SIZE, 3)


def fill(model, seed):
    """Coarse numbers of a short period, spread so that every layer's output keeps about the size of its input."""
    generator = numpy.random.default_rng(seed)

    def numbers(shape, low, high, step):
        period = (generator.uniform(low, high, 509) / step).round() * step
        return numpy.resize(period, shape).astype(numpy.float32)

    for layer in model.layers:
        if hasattr(layer, "layers"):
            fill(layer, seed + 1)
            continue
        kind, shapes = type(layer).__name__, [value.shape for value in layer.get_weights()]
        if kind == "BatchNormalization":
            ranges = [(0.5, 2), (-1, 1), (-0.25, 0.25), (0.5, 2)]
            layer.set_weights([numbers(shape, low, high, 1 / 8) for shape, (low, high) in zip(shapes, ranges)])
        elif shapes:
            fan_in = numpy.prod(shapes[0][:2]) if kind == "DepthwiseConv2D" else numpy.prod(shapes[0][:-1])
            bound = (6 / fan_in) ** 0.5
            layer.set_weights([numbers(shape, -bound, bound, bound / 8) for shape in shapes])


def core(library, **options):
    return library.applications.MobileNetV2(input_shape=(SIZE, SIZE, 3), alpha=0.35, weights=None, **options)


def save(name, model, values, write):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        write(str(path))
        (HERE / f"{name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    answers = model(values, training=False)
    numpy.asarray(answers).astype("<f4").tofile(HERE / f"{name.split('.')[0]}.answers")


def transfer():
    layers = keras.layers
    image = keras.Input((SIZE, SIZE, 3))
    value = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.2)])(image)
    value = keras.applications.mobilenet_v2.preprocess_input(value)
    value = core(keras, include_top=False)(value, training=False)
    value = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(value))
    model = keras.Model(image, layers.Dense(1)(value))
    fill(model, 1)
    save("keras_transfer.keras", model, PIXELS.astype(numpy.float32), model.save)


def legacy():
    layers = tf_keras.layers
    model = tf_keras.Sequential([
        core(tf_keras, include_top=False), layers.GlobalAveragePooling2D(), layers.BatchNormalization(),
        layers.Dense(4, activation="softmax")])
    fill(model, 2)
    # Softmax can not be undone; the logits are the same network without it.
    model.layers[-1].activation = tf_keras.activations.linear
    values = PIXELS.astype(numpy.float32) / 127.5 - 1
    answers = model(values, training=False)
    model.layers[-1].activation = tf_keras.activations.softmax
    save("keras_legacy.h5", lambda values, training: answers, values, model.save)


def numbers():
    layers = keras.layers
    model = keras.Sequential([core(keras, include_top=False), layers.GlobalAveragePooling2D(), layers.Dense(5)])
    fill(model, 3)
    save("keras_numbers.weights.h5", model, PIXELS.astype(numpy.float32) / 127.5 - 1, model.save_weights)


if __name__ == "__main__":
    keras.utils.set_random_seed(1)
    transfer()
    legacy()
    numbers()
