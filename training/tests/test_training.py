"""Data, schedule and runs: small trainings on made-up data, resumed and exported."""

import gzip
import importlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from data import augment, load_idx, normalise, read_idx
from loop import cosine, parse_phases
from network import MobileNetV2
from teacher import FoldedNetwork

def write_idx(path: Path, array: np.ndarray) -> None:
    header = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An IDX folder of ten easy classes: a bright row whose position is the label."""
    path = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(1)
    for part, count in (("train", 120), ("t10k", 40)):
        labels = np.arange(count) % 10
        images = generator.integers(0, 60, (count, 28, 28))
        for image, label in zip(images, labels):
            image[4 + 2 * label : 6 + 2 * label] = 255
        write_idx(path / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(path / f"{part}-labels-idx1-ubyte.gz", labels)
    return path


def command(module: str, *arguments: object) -> None:
    importlib.import_module(module).main([str(argument) for argument in arguments])


def test_a_run_is_trained_resumed_hardened_and_exported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    common = ["--data", folder, "--without", "Shirt,Bag", "--held-out", 20, "--batch", 16, "--threads", 2]
    first, second = tmp_path / "float", tmp_path / "po2"
    command("train_float", *common, "--run", first, "--width", 25, "--phases", "32:1", "--warmup", 2)
    # The same run with one epoch more goes on where it ended.
    command("train_float", *common, "--run", first, "--width", 25, "--phases", "32:2", "--warmup", 2, "--resume")
    log = [json.loads(line) for line in (first / "log.jsonl").read_text().splitlines()]
    assert [entry["epoch"] for entry in log if entry["event"] == "epoch"] == [0, 1]

    teacher = first / "checkpoint.pt"
    command("train_po2", *common, "--teacher", teacher, "--run", second, "--size", 32, "--phases", "32:1",
            "--calibration", 16)
    log = [json.loads(line) for line in (second / "log.jsonl").read_text().splitlines()]
    assert [entry["part"] for entry in log if entry["event"] == "freeze"] == [0.5, 0.75, 0.875, 1.0]

    command("export", "--integers", second / "checkpoint.pt", tmp_path / "integers.safetensors")
    with safe_open(tmp_path / "integers.safetensors", "np") as file:
        assert file.metadata()["format"] == "hashiflex-trained-integers"
        assert len(json.loads(file.metadata()["classes"])) == 8
        assert len(file.metadata()["activation_exponents"].split(",")) == 52
        q = file.get_tensor("b03.expand.weight")
        assert set(np.unique(np.abs(q.astype(int)))) <= {0, 1, 2, 4, 8, 16, 32, 64}
        assert file.get_tensor("classifier.weight").shape == (8, 1280)
        assert file.get_tensor("b02.project.residual_shift").tolist() == [0]
    command("export", "--float", "--no-onnx", teacher, tmp_path / "float.safetensors")
    with safe_open(tmp_path / "float.safetensors", "np") as file:
        assert file.get_tensor("features.1.conv.0.0.weight").shape == (8, 1, 3, 3)
    command("golden", second / "checkpoint.pt", tmp_path / "golden.jsonl", "--data", folder, "--images", 3)
    assert len((tmp_path / "golden.jsonl").read_text().splitlines()) == 3
    command("evaluate", second / "checkpoint.pt", "--data", folder)
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["n"] == 32


def test_an_existing_run_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    with pytest.raises(SystemExit, match="--resume"):
        command("train_float", "--data", folder, "--run", tmp_path)


def test_folding_keeps_the_function() -> None:
    torch.manual_seed(4)
    model = MobileNetV2(8, 25).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    with torch.no_grad():
        expected, found = model(normalise(images)), FoldedNetwork(model)(images)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_classes_are_left_out_and_the_split_is_fixed(folder: Path) -> None:
    data = load_idx(folder, "train")
    training, held_out = data.split(20)
    again, _ = data.split(20)
    assert torch.equal(training.labels, again.labels) and len(held_out) == 20
    eight = data.without(["Shirt", "Bag"])
    assert eight.classes[-1] == "Ankle boot" and len(eight) == 96
    assert int(eight.labels.max()) == 7
    with pytest.raises(ValueError, match="no class is named 'Hat'"):
        data.without(["Hat"])


def test_augmentation_moves_by_at_most_the_shift() -> None:
    images = torch.zeros(64, 1, 28, 28, dtype=torch.uint8)
    images[:, :, 14, 14] = 200
    out = augment(images, torch.Generator().manual_seed(2))
    positions = out.flatten(1).argmax(1)
    rows, columns = positions // 28, positions % 28
    assert set(rows.tolist()) == {12, 13, 14, 15, 16}
    assert set(columns.tolist()) <= set(range(11, 17))
    assert torch.equal(out, augment(images, torch.Generator().manual_seed(2)))


def test_damaged_idx_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\0\0\x08\x01\0\0\0\x05abc")
    with pytest.raises(ValueError, match="holds 3 bytes"):
        read_idx(path)
    path.write_bytes(b"PNG")
    with pytest.raises(ValueError, match="not an IDX file"):
        read_idx(path)
    with pytest.raises(FileNotFoundError, match="train-images"):
        load_idx(tmp_path, "train")


def test_phases_and_schedule() -> None:
    assert parse_phases("64:4,96:2") == [(64, 4), (96, 2)]
    with pytest.raises(ValueError, match="multiples of 32"):
        parse_phases("50:1")
    assert cosine(0, 100, 10) == 0.1 and cosine(9, 100, 10) == 1.0
    assert cosine(100, 100, 10) == pytest.approx(0)
