"""The simulation equals integer arithmetic to the bit, and its parts do what their words say."""

import hashlib

import numpy as np
import pytest
import torch

import oracle
from convert import convert, correct_biases, residual_chains
from data import to_bytes
from export import head_tensors, integer_metadata, integer_tensors, load_quantised, save_quantised
from freezing import freeze, mask_gradients, prune, zero_part
from golden import digests
from network import MobileNetV2, describe
from quantisation import QuantisedNetwork, project, round_bias

WIDTH, SIZE = 25, 64


def lively_model(seed: int) -> MobileNetV2:
    """A random network with uneven batch normalisation, so that no layer is trivial."""
    torch.manual_seed(seed)
    model = MobileNetV2(8, WIDTH)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.3, 2)
            module.bias.data.normal_(0.3, 0.5)
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.3, 3)
    return model.eval()


def random_images(seed: int, count: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 3, SIZE, SIZE), generator=generator, dtype=torch.uint8)
    images[0] = 0
    images[1] = 255
    images[2] = images[2] // 8 * 2
    return images


@pytest.fixture(scope="module")
def network() -> QuantisedNetwork:
    model, images = lively_model(1), random_images(9, 8)
    made = convert(model, SIZE, images)
    correct_biases(made, model, images)
    return made


def assert_equals_oracle(network: QuantisedNetwork, images: torch.Tensor) -> None:
    tensors, metadata = integer_tensors(network), integer_metadata(network, "test", [])
    with torch.no_grad():
        outputs = network.activations(images)
        features = network.pool(outputs[-1])
    for index in range(len(images)):
        expected, pooled = oracle.run(tensors, metadata, images[index].permute(1, 2, 0).numpy())
        for layer, found, wanted in zip(describe(WIDTH), outputs, expected):
            assert np.array_equal(found[index].permute(1, 2, 0).numpy(), wanted), f"image {index}, {layer.name}"
        assert np.array_equal(features[index].numpy(), pooled), f"image {index}, features"


def test_every_layer_equals_the_integer_oracle(network: QuantisedNetwork) -> None:
    assert_equals_oracle(network, random_images(3))


def test_the_oracle_notices_one_changed_weight(network: QuantisedNetwork) -> None:
    images = random_images(3)[3:]
    tensors, metadata = integer_tensors(network), integer_metadata(network, "test", [])
    weight = tensors["b05.project.weight"]
    weight[0, 0] = 64 if weight[0, 0] != 64 else -64
    with torch.no_grad():
        found = network.activations(images)
    expected, _ = oracle.run(tensors, metadata, images[0].permute(1, 2, 0).numpy())
    names = [layer.name for layer in describe(WIDTH)]
    at = names.index("b05.project")
    assert np.array_equal(found[at - 1][0].permute(1, 2, 0).numpy(), expected[at - 1])
    assert not np.array_equal(found[at][0].permute(1, 2, 0).numpy(), expected[at])


def test_outputs_are_not_trivial(network: QuantisedNetwork) -> None:
    with torch.no_grad():
        for module, output in zip(network.layers, network.activations(random_images(3))):
            assert output.unique().numel() > 8, module.layer.name


def test_equality_survives_training_steps_pruning_and_freezing() -> None:
    model, images = lively_model(2), random_images(4)
    made = convert(model, SIZE, images)
    prune(made, 0.5)
    optimizer = torch.optim.Adam(made.parameters(), lr=2e-3)
    freeze(made, 0.5, optimizer)
    before = [module.integers()[0].clone() for module in made.layers]
    for _ in range(2):
        optimizer.zero_grad()
        made(images).square().sum().backward()
        mask_gradients(made)
        optimizer.step()
    moved = 0
    for module, q in zip(made.layers, before):
        now = module.integers()[0]
        assert torch.equal(now[module.frozen], q[module.frozen]), module.layer.name
        assert not now[~module.kept].any(), module.layer.name
        moved += int((now != q).sum())
    assert moved > 0
    assert zero_part(made) >= 0.5
    assert_equals_oracle(load_quantised(save_quantised(made)), images[3:])


def test_projection_is_nearest_on_the_linear_scale() -> None:
    scaled = torch.linspace(-100, 100, 40001)
    levels = torch.tensor([0.0] + [s * 2.0**k for k in range(7) for s in (1, -1)])
    distance = (scaled[:, None] - levels).abs()
    assert torch.equal((project(scaled) - scaled).abs(), distance.min(1).values)
    ties = torch.tensor([0.5, -0.5, 1.5, -1.5, 3.0, 48.0, -48.0])
    assert project(ties).tolist() == [1, -1, 2, -2, 4, 64, -64]
    assert sorted(set(project(scaled, 2).tolist())) == [-64, -32, 0, 32, 64]


def test_bias_rounds_half_away_from_zero() -> None:
    shift = torch.tensor([1, 1, 0, 16], dtype=torch.int32)
    assert round_bias(torch.tensor([0.25, -0.25, 2.4, 300.0]), shift).tolist() == [1, -1, 2, 2**24]


def test_residual_chains_share_a_scale(network: QuantisedNetwork) -> None:
    layers = describe(WIDTH)
    for chain in residual_chains(layers):
        assert len({network.geometry.exponents[index] for index in chain}) == 1
    assert sum(len(chain) for chain in residual_chains(layers)) == 17


def test_head_reads_feature_bytes(network: QuantisedNetwork) -> None:
    images = random_images(5)
    with torch.no_grad():
        features = network.features(images).double().numpy()
        logits = network(images).numpy()
    head = head_tensors(network)
    own = features @ head["classifier.weight"].astype(np.float64).T + head["classifier.bias"]
    assert np.allclose(own, logits, atol=1e-4)


def test_golden_digests_are_of_bytes_in_rows(network: QuantisedNetwork) -> None:
    images = to_bytes(random_images(6)[3:], SIZE)
    entry = digests(network, images)[0]
    metadata = integer_metadata(network, "test", [])
    outputs, features = oracle.run(integer_tensors(network), metadata, images[0].permute(1, 2, 0).numpy())
    assert len(entry["layers"]) == 52
    for layer, output in zip(describe(WIDTH), outputs):
        wanted = hashlib.sha256(output.astype(np.int8 if layer.signed else np.uint8).tobytes()).hexdigest()
        assert entry["layers"][layer.name] == wanted, layer.name
    assert entry["features"] == hashlib.sha256(features.astype(np.uint8).tobytes()).hexdigest()
