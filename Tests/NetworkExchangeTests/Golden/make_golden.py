"""Writes the fixtures of NetworkExchangeTests: real exports of tiny networks and what other engines answer.

    python make_golden.py [--hashiflex .build/release/hashiflex]

Needs torch, torchvision, timm, onnx, onnxscript, onnxruntime, safetensors, numpy, pillow. All networks have width 0.1
and read 32x32 images; the first block's shortcut, which both frameworks have at that width, is switched off.

    torchvision_folded.onnx       older exporter, batch normalisation folded, four classes
    torchvision_separate.onnx     older exporter, operator set 10, separate BatchNormalization, no classifier
    timm_dynamo.onnx              newer exporter, dynamic batch, no classifier but the pool
    torchvision.safetensors       half-precision weights, batch normalisation, five classes, metadata
    timm.safetensors.gz           timm's own state dict, batch normalisation, three classes
    timm_separate.onnx.gz         the same network, older exporter, free batch, separate BatchNormalization
    <name>.answers                little-endian float32: ONNX Runtime's answers (PyTorch's for safetensors)
    images.raw                    three images, [32, 32, 3] bytes
    tiny.safetensors, tiny_head.safetensors   a hardened backbone and a head made by the program
    tiny_images.raw, tiny.features, tiny.logits   eight images and what ONNX Runtime answers on the export
    tiny.onnx.sha256              digest of that export, so that the tests know they make the same file
"""

import argparse
import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import numpy
import onnx
import onnxruntime
import torch
from PIL import Image
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "Benchmarks" / "import"))
import networks  # noqa: E402

SIZE = 32


def torchvision_network(classes, seed):
    torch.manual_seed(seed)
    network = networks.torchvision().models.mobilenet_v2(weights=None, width_mult=0.1, num_classes=classes)
    network.features[1].use_res_connect = False
    return networks.randomize(network, SIZE, seed)


def timm_network(seed):
    networks.torchvision()
    from timm.models import efficientnet

    torch.manual_seed(seed)
    network = efficientnet._gen_mobilenet_v2("mobilenetv2_100", 0.1, num_classes=0)
    network.blocks[0][0].has_skip = False
    return networks.randomize(network, SIZE, seed)


def answers(model, pixels):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    rows = [session.run(None, {name: networks.normalized(image[None])})[0] for image in pixels]
    return numpy.concatenate(rows).astype("<f4")


def export(network, name, pixels, **options):
    path = HERE / f"{name}.onnx"
    torch.onnx.export(network, (torch.zeros(1, 3, SIZE, SIZE),), str(path), **options)
    # Stack traces of the exporter would double the file; nothing else is touched.
    model = onnx.load(path)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.ClearField("doc_string")
    del model.graph.value_info[:]
    onnx.save(model, path)
    answers(path, pixels).tofile(HERE / f"{name}.answers")


def float_fixtures():
    pixels = networks.images(3, SIZE, 11)
    pixels.tofile(HERE / "images.raw")
    mode = torch.onnx.TrainingMode
    export(torchvision_network(4, 1), "torchvision_folded", pixels, dynamo=False)
    headless = torchvision_network(4, 2)
    headless.classifier = torch.nn.Identity()
    export(
        headless, "torchvision_separate", pixels, dynamo=False, opset_version=10, do_constant_folding=False,
        training=mode.PRESERVE)
    batch = {"x": {0: torch.export.Dim("batch")}}
    export(
        timm_network(3), "timm_dynamo", pixels, dynamo=True, external_data=False, dynamic_shapes=batch, verbose=False)

    network = torchvision_network(5, 4).half().float()
    weights = {
        name: value.half().contiguous() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    metadata = {
        "input_size": str(SIZE), "mean": "0.485, 0.456, 0.406", "std": "0.229, 0.224, 0.225",
        "classes": '["eins", "zwei", "drei", "vier", "fünf"]', "first_block_shortcut": "none",
    }
    save_file(weights, str(HERE / "torchvision.safetensors"), metadata)
    with torch.no_grad():
        rows = network(torch.from_numpy(networks.normalized(pixels)))
    rows.numpy().astype("<f4").tofile(HERE / "torchvision.answers")


def coarse(value):
    """The value with few distinct numbers, so that the file packs well."""
    step = 2.0 ** torch.log2(value.std().clamp_min(1e-6)).round()
    return (value / step).round().clamp(-3, 3) * step


def timm_fixtures():
    """One network of timm's in both forms; coarse numbers, so that both files stay small."""
    pixels = networks.images(3, SIZE, 11)
    networks.torchvision()
    from timm.models import efficientnet

    torch.manual_seed(5)
    network = efficientnet._gen_mobilenet_v2("mobilenetv2_100", 0.1, num_classes=3)
    network.blocks[0][0].has_skip = False
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.weight.copy_(coarse(module.weight))
        networks.randomize(network, SIZE, 5)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.copy_((module.weight * 8).round() / 8)
                module.bias.copy_((module.bias * 8).round() / 8)
                module.running_mean.copy_(coarse(module.running_mean))
                module.running_var.copy_(2.0 ** torch.log2(module.running_var).round())
        network.classifier.weight.copy_(coarse(network.classifier.weight))
    export(
        network, "timm_separate", pixels, dynamo=False, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE, input_names=["input"], output_names=["output"],
        dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})
    save_file(network.state_dict(), str(HERE / "timm.safetensors"), {"format": "pt", "first_block_shortcut": "none"})
    for name in ("timm_separate.onnx", "timm.safetensors"):
        plain = HERE / name
        (HERE / f"{name}.gz").write_bytes(gzip.compress(plain.read_bytes(), 9, mtime=0))
        plain.unlink()
    with torch.no_grad():
        network(torch.from_numpy(networks.normalized(pixels))).numpy().astype("<f4").tofile(HERE / "timm.answers")


def integer_fixtures(program):
    pixels = networks.images(48, SIZE, 12)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        samples = work / "samples.tar"
        with tarfile.open(samples, "w") as archive:
            for index, image in enumerate(pixels):
                encoded = io.BytesIO()
                Image.fromarray(image).save(encoded, "PNG")
                for name, data in ((f"{index:02}.png", encoded.getvalue()), (f"{index:02}.cls", b"%d" % (index % 4))):
                    entry = tarfile.TarInfo(name)
                    entry.size = len(data)
                    archive.addfile(entry, io.BytesIO(data))

        def run(*arguments):
            subprocess.run([program, *map(str, arguments)], check=True)

        backbone, head = HERE / "tiny.safetensors", HERE / "tiny_head.safetensors"
        run("model", "initialise", "--calibration", samples, "--width", 10, "--size", SIZE, "-o", backbone)
        run("head", "fit", "--model", backbone, "--data", samples, "--classes", "a,b,c,d", "-o", head)
        run("export-onnx", backbone, "--head", head, "-o", work / "tiny.onnx")
        model = (work / "tiny.onnx").read_bytes()
        (HERE / "tiny.onnx.sha256").write_text(hashlib.sha256(model).hexdigest() + "\n")
        some = pixels[:8]
        some.tofile(HERE / "tiny_images.raw")
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        features, logits = session.run(["features", "logits"], {"image": some})
        features.tofile(HERE / "tiny.features")
        logits.astype("<f4").tofile(HERE / "tiny.logits")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hashiflex", default=".build/release/hashiflex")
    arguments = parser.parse_args()
    float_fixtures()
    timm_fixtures()
    integer_fixtures(arguments.hashiflex)
