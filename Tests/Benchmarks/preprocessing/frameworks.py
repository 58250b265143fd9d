"""The frameworks' own transforms of a photograph, up to the bytes before they are normalised.

Each function imports its framework, so that one that is not installed is an ImportError of that function alone.
"""
from __future__ import annotations

import os
import sys
from typing import Callable, NamedTuple

import pipeline
from pipeline import Image, numpy

os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"})
Transform = Callable[[Image.Image, bytes], numpy.ndarray]


class Row(NamedTuple):
    name: str
    preset: str
    transform: Transform
    limit: int | None = 0  # largest difference that is allowed


def torchvision_module():
    import torch
    sys.path.append(os.path.join(pipeline.HERE, os.pardir, "import"))
    import networks
    torch.set_num_threads(1)
    return torch, networks.torchvision()


def torchvision() -> list[Row]:
    torch, module = torchvision_module()
    functional = module.transforms.functional

    def pixels(weights, as_tensor: bool) -> Transform:
        recipe = weights.transforms()

        def transform(picture: Image.Image, _: bytes) -> numpy.ndarray:
            """The lines of ImageClassification.forward before the conversion to float."""
            image = functional.pil_to_tensor(picture) if as_tensor else picture
            image = functional.resize(
                image, recipe.resize_size, interpolation=recipe.interpolation, antialias=recipe.antialias)
            image = functional.center_crop(image, recipe.crop_size)
            return image.permute(1, 2, 0).numpy() if as_tensor else numpy.asarray(image)
        return transform

    version, weights = module.__version__, module.models.MobileNet_V2_Weights
    return [
        Row(f"torchvision {version}, V1 weights, PIL", "torchvision", pixels(weights.IMAGENET1K_V1, False)),
        Row(f"torchvision {version}, V2 weights, PIL", "torchvision-v2", pixels(weights.IMAGENET1K_V2, False)),
        Row(f"torchvision {version}, V1, uint8 tensor", "torchvision", pixels(weights.IMAGENET1K_V1, True), None)]


def timm() -> list[Row]:
    torchvision_module()
    import timm as module
    from timm.data import create_transform, resolve_data_config
    recipe = resolve_data_config(module.create_model("mobilenetv2_100", pretrained=False).pretrained_cfg)
    evaluate = create_transform(**recipe, is_training=False, normalize=False)
    return [Row(f"timm {module.__version__}, mobilenetv2_100", "timm",
                lambda picture, _: evaluate(picture).permute(1, 2, 0).numpy())]


def transformers() -> list[Row]:
    torchvision_module()
    import transformers as module
    whole = {"do_rescale": False, "do_normalize": False}
    if hasattr(module, "MobileNetV2ImageProcessorPil"):  # transformers 5
        slow, fast = module.MobileNetV2ImageProcessorPil(**whole), module.MobileNetV2ImageProcessor(**whole)
    else:
        slow, fast = module.MobileNetV2ImageProcessor(**whole), module.MobileNetV2ImageProcessorFast(**whole)

    def pixels(processor) -> Transform:
        return lambda picture, _: processor(images=picture, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
    return [Row(f"transformers {module.__version__}, {type(slow).__name__}", "hf", pixels(slow)),
            Row(f"transformers {module.__version__}, {type(fast).__name__} (torchvision)", "hf", pixels(fast), None)]


def tensorflow() -> list[Row]:
    import keras
    import tensorflow as module
    module.config.threading.set_intra_op_parallelism_threads(1)
    layer, size, version = keras.layers.Resizing(224, 224), (224, 224), module.__version__
    central = lambda picture: module.image.central_crop(numpy.asarray(picture), 0.875)
    first = lambda picture: module.compat.v1.image.resize_bilinear(central(picture)[None], size)[0]
    whole = lambda data: module.image.resize(module.io.decode_image(data, channels=3), size)
    return [
        Row(f"TensorFlow {version}, tf.image.resize", "keras",
            lambda picture, _: module.image.resize(numpy.asarray(picture), size).numpy(), 1),
        Row(f"Keras {keras.__version__}, layers.Resizing", "keras",
            lambda picture, _: numpy.asarray(layer(numpy.asarray(picture, numpy.float32))), 1),
        Row(f"TensorFlow {version}, its decoder too", "keras", lambda _, data: whole(data).numpy(), None),
        Row(f"TensorFlow {version}, slim with resize v2", "tf-slim",
            lambda picture, _: module.image.resize(central(picture), size).numpy(), 1),
        Row(f"TensorFlow {version}, slim with resize v1", "tf-slim", lambda picture, _: first(picture).numpy(), None)]


def emulation() -> list[Row]:
    def axis(image: numpy.ndarray, count: int) -> numpy.ndarray:
        """tf.image.resize of TensorFlow 2 along the first axis: half-pixel centres, no antialiasing."""
        place = (numpy.arange(count) + 0.5) * len(image) / count - 0.5
        low = numpy.floor(place).astype(int)
        share = (place - low)[:, None, None]
        below, above = numpy.clip(low, 0, len(image) - 1), numpy.clip(low + 1, 0, len(image) - 1)
        return image[below] * (1 - share) + image[above] * share

    def transform(picture: Image.Image, _: bytes) -> numpy.ndarray:
        image = axis(numpy.asarray(picture, numpy.float64), 224)
        return axis(image.transpose(1, 0, 2), 224).transpose(1, 0, 2)
    return [Row("tf.image.resize in float64, emulated", "keras", transform, 1)]


FRAMEWORKS = {"torchvision": torchvision, "timm": timm, "transformers": transformers, "tensorflow": tensorflow,
              "emulation": emulation}
