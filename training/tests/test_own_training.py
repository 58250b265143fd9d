"""`train_po2.py --network`: small trainings on made-up pictures, interrupted, taken up again, exported; bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import distil
import export
import train_po2
from files import CLASSES, WIDTH, last_log, lively_model, write_artefact, write_float, write_pictures
from network import describe
from network_file import InputError
from tensors import Batches, augment, read_labels, read_tensors, split

TEXT = "hsf-decode-1/x hsf-resize-2/y hsf-input-1/exif-ignore/rgb/mean-0.5,0.5,0.5/std-0.5,0.4,0.6"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float network, pictures of 32 pixels, and what the float network would answer as labels."""
    path = tmp_path_factory.mktemp("own")
    write_float(path / "float.safetensors", lively_model(11), input_size="32",
                classes=json.dumps([f"class {index}" for index in range(CLASSES)]))
    write_pictures(path, 112, 32, [f"class {index % CLASSES}" if index % 5 else "" for index in range(112)])
    return path


def options(folder: Path, run: Path, *more: object) -> list[str]:
    common = ["--network", folder / "float.safetensors", "--tensors", folder / "train.npy", "--run", run, "--batch", 12,
              "--epochs", 2, "--calibration", 16, "--warmup", 1, "--threads", 1, "--device", "cpu"]
    return [str(argument) for argument in (*common, *more)]


def refusal(arguments: list[str]) -> str:
    """The one line that a refused call ends with."""
    with pytest.raises(SystemExit) as caught:
        train_po2.main(arguments)
    text = str(caught.value.code)
    assert text.startswith("error: ") and "\n" not in text
    return text


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """Runs until a step's batch is asked for, then stops as if killed: nothing is written any more."""
    class Killed(BaseException):
        pass

    get = Batches.get

    def dying(self: Batches, order: torch.Tensor, epoch: int, number: int) -> tuple:
        if epoch * self.per_epoch + number == step:
            raise Killed
        return get(self, order, epoch, number)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Batches, "get", dying)
        train_po2.main(arguments)


def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole" / "r", tmp_path / "cut" / "r"
    more = ("--preprocessing", TEXT, "--labels", folder / "train.csv", "--prune", 0.5, "--checkpoint-steps", 3)
    train_po2.main(options(folder, whole, *more))
    # In the second epoch, two steps after the checkpoint; then in the middle of a freezing schedule.
    killed_at(5, monkeypatch, options(folder, cut, *more))
    killed_at(7, monkeypatch, options(folder, cut, *more, "--resume"))
    train_po2.main(options(folder, cut, *more, "--resume"))
    first, second = (distil.load_checkpoint(run / "checkpoint.pt") for run in (whole, cut))
    assert first["step"] == second["step"] == 8
    for name, value in first["quantised"]["state"].items():
        assert torch.equal(value, second["quantised"]["state"][name]), name
    entry = last_log(cut, "epoch")
    assert {k: v for k, v in entry.items() if k != "cpu_s"} == {
        k: v for k, v in last_log(whole, "epoch").items() if k != "cpu_s"}
    assert entry["zeros"] >= 0.5 and entry["held_out_n"] == 64 and 0 < entry["held_out_labelled"] < 64
    assert "batch 12, not 10" in refusal(options(folder, cut, *more, "--resume", "--batch", 10))


def test_a_start_is_trained_and_exported_and_started_from_again(folder: Path, tmp_path: Path) -> None:
    train_po2.main(options(folder, tmp_path / "a", "--epochs", 0, "--preprocessing", TEXT))
    integers = tmp_path / "integers.safetensors"
    export.main(["--integers", str(tmp_path / "a" / "checkpoint.pt"), str(integers)])
    with safe_open(integers, "np") as file:
        entries, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
    assert entries["preprocessing"] == TEXT and entries["input_mean"] == "128,128,128"
    assert json.loads(entries["classes"])[2] == "class 2" and entries["input_size"] == "32"
    start = write_artefact(tmp_path / "start.safetensors", tensors, entries)
    # Without labels; nothing is trained, so that the export is the start.
    train_po2.main(options(folder, tmp_path / "b", "--start", start, "--epochs", 0))
    export.main(["--integers", str(tmp_path / "b" / "checkpoint.pt"), str(tmp_path / "again.safetensors")])
    assert last_log(tmp_path / "b", "start")["start"] == "hardened"
    with safe_open(tmp_path / "again.safetensors", "np") as file:
        assert file.metadata() == entries
        for name, value in tensors.items():
            assert np.array_equal(value, file.get_tensor(name)), name
    train_po2.main(options(folder, tmp_path / "c", "--start", tmp_path / "b" / "checkpoint.pt", "--epochs", 1,
                           "--prune", 0.5, "--augment", "none"))
    assert last_log(tmp_path / "c", "epoch")["zeros"] >= 0.5
    wide = write_pictures(tmp_path, 100, 64)[0]
    assert "reads 32" in refusal(options(folder, tmp_path / "d", "--start", start, "--tensors", wide))
    turned = write_artefact(tmp_path / "t.safetensors", tensors, entries, preprocessing=TEXT + "/turn-180")
    assert "not turned" in refusal(options(folder, tmp_path / "d", "--start", turned))
    other = write_artefact(tmp_path / "o.safetensors", tensors, entries, preprocessing=TEXT.replace("0.4", "0.5"))
    assert "both must be of one network" in refusal(options(folder, tmp_path / "d", "--start", other))
    assert not (tmp_path / "d" / "checkpoint.pt").exists()


def test_bad_input_is_refused_in_one_line(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert "--preprocessing must say" in refusal(options(folder, run))
    assert "no such file" in refusal(options(folder, run, "--network", tmp_path / "none"))
    assert "cannot be read as safetensors" in refusal(options(folder, run, "--network", folder / "train.npy"))
    assert "no NumPy file" in refusal(options(folder, run, "--tensors", folder / "train.csv"))
    assert "no hardened backbone" in refusal(options(folder, run, "--start", folder / "float.safetensors"))
    (tmp_path / "x.pt").write_bytes(b"PK")
    assert "not the checkpoint.pt" in refusal(options(folder, run, "--start", tmp_path / "x.pt"))
    assert "less than one batch" in refusal(options(folder, run, "--batch", 60))
    assert "cannot prune 97%" in refusal(options(folder, run, "--prune", 0.97, "--preprocessing", TEXT))
    assert "--device xyz cannot be used" in refusal(options(folder, run, "--device", "xyz"))
    for option, value in (("--freeze", "0.5"), ("--augment", "turn"), ("--rate", "nan"), ("--mean", "1,2")):
        with pytest.raises(SystemExit) as caught:
            train_po2.main(options(folder, run, option, value))
        assert caught.value.code == 2
    assert "too few" in refusal(options(folder, run, "--held-out", 112))
    np.save(tmp_path / "f.npy", np.zeros((2, 32, 32, 3), np.float32))
    assert "float32 [2, 32, 32, 3], expected uint8" in refusal(options(folder, run, "--tensors", tmp_path / "f.npy"))
    bare = write_float(tmp_path / "bare.safetensors", lively_model(11))
    with safe_open(bare, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    save_file(tensors, bare)
    assert "pass --mean and --std" in refusal(options(folder, run, "--network", bare))
    del tensors["features.5.conv.2.bias"]
    save_file(tensors, bare)
    more = ("--mean", "0.5,0.5,0.5", "--std", "1,1,1")
    assert "lacks tensor 'features.5.conv.2.bias'" in refusal(options(folder, run, "--network", bare, *more))
    with pytest.raises(SystemExit, match="not the checkpoint.pt of a run"):
        export.main(["--integers", str(folder / "train.npy"), str(tmp_path / "out")])


def test_a_network_without_a_classifier_is_distilled_on_features(folder: Path, tmp_path: Path) -> None:
    with safe_open(folder / "float.safetensors", "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys() if not name.startswith("classifier")}
        entries = {key: value for key, value in file.metadata().items() if key != "classes"}
    save_file(tensors, tmp_path / "f.safetensors", entries)
    more = ("--network", tmp_path / "f.safetensors", "--preprocessing", TEXT, "--epochs", 1)
    train_po2.main(options(folder, tmp_path / "r", *more))
    assert last_log(tmp_path / "r", "epoch")["feature_error"] > 0
    export.main(["--integers", str(tmp_path / "r" / "checkpoint.pt"), str(tmp_path / "i.safetensors")])
    with safe_open(tmp_path / "i.safetensors", "np") as file:
        assert "classes" not in file.metadata() and not any(name.startswith("classifier") for name in file.keys())
        assert len(list(file.keys())) == 3 * len(describe(WIDTH)) + 10
    assert "leave out --labels" in refusal(options(folder, tmp_path / "s", *more, "--labels", folder / "train.csv"))


def test_labels_are_numbers_or_names(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("id,label\na,2\nb,\nc,dog\n")
    assert read_labels(path, 3, 3, ["cat", "dog", "cow"]).tolist() == [2, -1, 1]
    for text, expected in (
        ("id,label\na,2\n", "1 rows for 3 pictures"), ("id,label\na,3\nb,0\nc,0\n", "row 2: label '3' is none"),
        ("id,label\na,0\nb,-1\nc,0\n", "row 3: label '-1'"), ("id,name\na,3\nb,0\nc,0\n", "no column 'label'"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=expected):
            read_labels(path, 3, 3, [])
    with pytest.raises(InputError, match="No such file"):
        read_labels(tmp_path / "none.csv", 3, 3, [])


def test_tensors_are_mapped_and_batches_follow_from_their_number(folder: Path) -> None:
    tensors = read_tensors(folder / "train.npy")
    assert isinstance(tensors.pixels, np.memmap) and tensors.size == 32
    training, held_out = split(len(tensors), 0.05)
    assert len(held_out) == 64 and not set(training.tolist()) & set(held_out.tolist())
    batches = Batches(tensors, training, 16, 7, True, 4)
    order = batches.order(1)
    first, second = batches.get(order, 1, 2)[0], batches.get(order, 1, 2)[0]
    assert torch.equal(first, second) and not torch.equal(order, batches.order(0))
    assert sorted(order.tolist()) == sorted(training.tolist())
    images = torch.zeros(100, 3, 32, 32, dtype=torch.uint8)
    images[:, :, :, :16] = 200
    moved = augment(images, torch.Generator().manual_seed(1), flip=False, shift=4)
    # What moves in repeats the edge: no third value, and the border stays within the shift.
    assert moved.unique().tolist() == [0, 200]
    assert set((moved[:, 0, 0] == 200).sum(1).tolist()) == set(range(12, 21))
    assert torch.equal(augment(images, torch.Generator(), flip=False, shift=0), images)
