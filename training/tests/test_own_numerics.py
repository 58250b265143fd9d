"""Networks out of files: read as they are, started from to the bit, turned where TensorFlow pads."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

import oracle
from convert import convert, correct_biases
from export import integer_metadata, integer_tensors, load_quantised, save_quantised
from files import CLASSES, WIDTH, lively_model, write_artefact, write_float
from network import describe
from network_file import InputError, read_artefact, read_float
from quantisation import QuantisedNetwork
from starting import from_artefact
from teacher import FloatNetwork, FoldedNetwork

SIZE = 64


def pictures(seed: int, count: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 3, SIZE, SIZE), generator=generator, dtype=torch.uint8)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> FloatNetwork:
    return read_float(write_float(tmp_path_factory.mktemp("float") / "f.safetensors", lively_model(5)))


@pytest.fixture(scope="module")
def integers(source: FloatNetwork) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """What `harden` might have found: moved codes, residuals shifted up and down, a large shift in the stem."""
    network = convert(source, SIZE, pictures(1, 8))
    correct_biases(network, source, pictures(1, 8))
    tensors, metadata = integer_tensors(network), integer_metadata(network, "test", [])
    generator = np.random.default_rng(1)
    for name, value in tensors.items():
        if name.endswith(".weight") and not name.startswith("classifier"):
            moved = np.clip(value.astype(int) * 2, -64, 64) if value.dtype == np.int8 else value
            value[:] = np.where(generator.random(value.shape) < 0.1, moved, value)
    aligned = [name for name in tensors if name.endswith(".residual_shift")]
    for name, shift in zip(aligned, (1, -1, 2, 0, -2, 1, 3, -1, 1, 0)):
        tensors[name][0] = shift
        own = tensors[name.replace("residual_shift", "shift")]
        own[:] = np.clip(own, max(0, -shift), 16)
    tensors["stem.shift"][3] = 20
    tensors["stem.bias"][3] = 3_000_017
    metadata["preprocessing"] = "made-up"
    return tensors, metadata


@pytest.fixture(params=("code", "float"))
def started(
    request: pytest.FixtureRequest, tmp_path: Path, source: FloatNetwork, integers: tuple
) -> QuantisedNetwork:
    path = write_artefact(tmp_path / "start.safetensors", *integers)
    network, kept = from_artefact(path, read_artefact(path), source, shadows=request.param)
    assert 0.5 < kept < 1
    return network


def test_both_forms_are_the_same_network(tmp_path: Path, source: FloatNetwork) -> None:
    model = lively_model(5)
    normed = read_float(write_float(tmp_path / "n.safetensors", model, normed=True))
    for (weight, bias), (own_weight, own_bias) in zip(normed.folded, source.folded):
        assert torch.allclose(weight, own_weight, rtol=1e-6, atol=1e-7) and torch.allclose(bias, own_bias, atol=1e-6)
    images = pictures(2)
    mean, std = torch.full((1, 3, 1, 1), 0.5), torch.tensor([0.5, 0.4, 0.6]).view(1, 3, 1, 1)
    with torch.no_grad():
        expected = model((images / 255 - mean) / std)
        assert torch.allclose(FoldedNetwork(source)(images), expected, rtol=1e-3, atol=1e-3)
    assert expected.abs().max() > 0.1 and source.width_percent == WIDTH


def test_a_start_gives_the_artefacts_bytes(started: QuantisedNetwork, integers: tuple) -> None:
    tensors, metadata = integers
    images = pictures(3)
    with torch.no_grad():
        outputs = started.activations(images)
        features = started.pool(outputs[-1])
    for index in range(len(images)):
        expected, pooled = oracle.run(tensors, metadata, images[index].permute(1, 2, 0).numpy())
        for layer, found, wanted in zip(describe(WIDTH), outputs, expected):
            assert np.array_equal(found[index].permute(1, 2, 0).numpy(), wanted), f"image {index}, {layer.name}"
        assert np.array_equal(features[index].numpy(), pooled)
    assert features.unique().numel() > 8


def test_a_start_is_exported_as_it_came(started: QuantisedNetwork, integers: tuple) -> None:
    tensors, metadata = integers
    # Through a checkpoint, as training does.
    again = load_quantised(save_quantised(started))
    exported = integer_tensors(again)
    assert exported.keys() == tensors.keys()
    for name, value in tensors.items():
        assert value.dtype == exported[name].dtype and np.array_equal(value, exported[name]), name
    assert integer_metadata(again, "test", []) == metadata


def test_bytes_stay_the_oracles_after_steps(started: QuantisedNetwork, source: FloatNetwork) -> None:
    optimizer = torch.optim.Adam(started.parameters(), lr=5e-3)
    before = integer_tensors(started)
    for _ in range(2):
        optimizer.zero_grad()
        started.features(pictures(4)).square().mean().backward()
        optimizer.step()
    after = integer_tensors(started)
    assert any(not np.array_equal(before[name], after[name]) for name in before if name.endswith(".weight"))
    image = pictures(6, 1)
    _, pooled = oracle.run(after, integer_metadata(started, "test", []), image[0].permute(1, 2, 0).numpy())
    with torch.no_grad():
        assert np.array_equal(started.features(image)[0].numpy(), pooled)


def test_turned_kernels_pad_as_tensorflow_does(tmp_path: Path) -> None:
    model = lively_model(7)
    turned = read_float(write_float(tmp_path / "f.safetensors", model, padding="tensorflow"))
    plain = read_float(write_float(tmp_path / "g.safetensors", model))
    assert turned.turned and not plain.turned
    images = pictures(8)
    # TensorFlow's SAME: at stride 2 on even sides nothing above and left, one row below and one column right.
    teacher = FoldedNetwork(plain)
    x, outputs = teacher.normalise(images), []
    for layer, (weight, bias) in zip(teacher.layers, plain.folded):
        if layer.kernel == 3:
            x = functional.pad(x, (0, 1, 0, 1) if layer.stride == 2 else (1, 1, 1, 1))
        x = functional.conv2d(x, weight.float(), bias.float(), layer.stride, 0, 1, layer.groups)
        if layer.residual is not None:
            x = x + outputs[layer.residual]
        x = x if layer.signed else x.clamp(0, 6)
        outputs.append(x)
    found = FoldedNetwork(turned).pooled(images.flip(2, 3))
    assert torch.allclose(found, x.mean((2, 3)), rtol=1e-3, atol=1e-4)
    assert not torch.allclose(FoldedNetwork(plain).pooled(images), x.mean((2, 3)), rtol=1e-2, atol=1e-2)


def test_all_numbers_move_to_another_device(started: QuantisedNetwork, source: FloatNetwork) -> None:
    network, teacher = started.to("meta"), FoldedNetwork(source).to("meta")
    assert all(value.is_meta for module in (network, teacher) for value in module.state_dict().values())
    features = network.features(pictures(1).to("meta")) - teacher.pooled(pictures(1).to("meta"))
    assert features.is_meta and network.head(features).shape == (3, CLASSES)
    features.square().mean().backward()
    assert network.layers[0].weight.grad.is_meta and not source.head.weight.is_meta


@pytest.mark.parametrize(("change", "expected"), [
    ({"schema": "3"}, "sums of two powers"),
    ({"schema": "2"}, "without a frozen head"),
    ({"format": "pt"}, "no hardened backbone"),
    ({"width_percent": "50"}, "check the width"),
    ({"pool_shift": "9"}, "pool_shift 9 is out of range"),
    ({"activation_exponents": "0,1"}, "expected 52 numbers"),
])
def test_other_starts_are_refused(tmp_path: Path, integers: tuple, change: dict, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        read_artefact(write_artefact(tmp_path / "a.safetensors", *integers, **change))


def test_inexact_and_foreign_starts_are_refused(tmp_path: Path, source: FloatNetwork, integers: tuple) -> None:
    tensors, metadata = integers

    def start(name: str, value: int, own: FloatNetwork = source) -> None:
        changed = {key: array.copy() for key, array in tensors.items()}
        changed[name][3] = value
        path = write_artefact(tmp_path / "a.safetensors", changed, metadata)
        from_artefact(path, read_artefact(path), own)

    with pytest.raises(InputError, match="layer stem, channel 3 has bias"):
        start("stem.bias", 1 << 24)
    with pytest.raises(InputError, match="layer b02.project, channel 3 has shift 17"):
        start("b02.project.shift", 17)
    other = read_float(write_float(tmp_path / "o.safetensors", lively_model(9)))
    with pytest.raises(InputError, match="do not resemble"):
        start("last.bias", 0, other)
