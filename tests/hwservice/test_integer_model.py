"""The fast integer model equals a straightforward evaluation bit for bit, and is fast."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import zoo
from hwservice import integer_model
from hwservice.frontend import QuantiseOptions, error_against_float, load_network, quantise
from hwservice.ir.quantised import Layer, Operator, QuantisedNetwork, Source, Window
from tests.hwservice.compiler import reference


def quantised(name: str, folder: Path, images: int = 8, scales: str = "general") -> QuantisedNetwork:
    graph = load_network(zoo.write(name, folder))
    data = np.random.default_rng(1).random((images, *graph.input_shape)).astype(np.float32)
    return quantise(graph, data, QuantiseOptions(scales=scales))


def assert_equals_reference(network: QuantisedNetwork, images: np.ndarray) -> None:
    found = integer_model.run(network, images, keep_all=True)
    for k, image in enumerate(images):
        for name, wanted in reference.evaluate(network, image).items():
            np.testing.assert_array_equal(found[name][k], wanted, err_msg=name)


@pytest.mark.parametrize("scales", ["general", "power-of-two"])
@pytest.mark.parametrize("name", ["resnet8", "ds_cnn", "densenet_small", "unequal_resnet8"])
def test_quantised_networks_run_bit_for_bit(name: str, scales: str, tmp_path: Path) -> None:
    network = quantised(name, tmp_path, scales=scales)
    shape = (2, network.input.channels, network.input.height, network.input.width)
    images = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    assert_equals_reference(network, images)


@pytest.mark.parametrize("seed", range(4))
def test_random_networks_run_bit_for_bit(seed: int) -> None:
    b = reference.Builder((3, 11, 9), seed)
    x = b.conv(b.input, 16, stride=(2, 2), pads=(1, 0, 2, 1))
    y = b.conv(x, 16, dilation=(2, 2), pads=(2, 2, 2, 2), skip=(None, *b.sources(x)[1:]))
    z = b.conv(b.sources(y)[::-1] + b.sources(y)[:8], 8, groups=4, regions=True)
    z = b.maximum(z, kernel=3, stride=1, pad=1)
    b.total(z)
    assert_equals_reference(b.network(z), np.stack([b.image(), b.image()]))


def test_sums_beyond_the_exact_range_of_float_are_cut() -> None:
    b = reference.Builder((700, 3, 3), 1)
    x = b.conv(b.input, 4, pads=(1, 1, 1, 1))
    layer = b.layers[0]
    assert layer.weights is not None
    heavy = replace(layer, weights=np.full_like(layer.weights, 127))
    b.layers[0] = heavy
    network = b.network(x)
    sums = integer_model._Sums(network.layers[0])
    assert len(sums.parts) > 1
    assert_equals_reference(network, np.full((1, 700, 3, 3), 251, np.uint8))


def test_negative_pads_crop() -> None:
    b = reference.Builder((2, 8, 8), 1)
    x = b.conv(b.input, 4, kernel=(1, 1), pads=(-2, -1, 0, -3))
    assert (x.height, x.width) == (6, 4)
    assert_equals_reference(b.network(x), b.image()[None])


def test_inputs_round_half_to_even_and_saturate(tmp_path: Path) -> None:
    network = quantised("resnet8", tmp_path, images=1)
    scale, zero = network.input.scale, network.input.zero_point
    x = np.full((1, 3, 32, 32), 1e6, np.float32)
    x[0, 0], x[0, 1] = -1e6, 0
    found = integer_model.quantise_input(network, x)
    assert (found[0, 0] == 0).all()
    assert (found[0, 1] == zero).all()
    assert (found[0, 2] == 255).all()
    assert scale > 0


def test_outputs_come_in_the_users_shape(tmp_path: Path) -> None:
    network = quantised("ds_cnn", tmp_path, images=2)
    out = integer_model.run(network, np.zeros((3, 1, 49, 10), np.uint8))
    assert integer_model.dequantise_output(network, "output", out["output"]).shape == (3, 12)


def test_a_cut_network_stays_close_to_float(tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    model = zoo.resnet8(cuts={"stage1.0.conv1": 9, "stage3.0.conv1": 41})
    path.write_bytes(model.SerializeToString())
    graph = load_network(path)
    images = np.random.default_rng(1).random((8, 3, 32, 32)).astype(np.float32)
    assert error_against_float(graph, quantise(graph, images), images).sqnr_db > 25


def test_a_maximum_of_padding_is_never_greater_than_the_map() -> None:
    b = reference.Builder((2, 4, 4), 1)
    x = b.maximum(b.input, kernel=3, stride=1, pad=1)
    layer: Layer = b.layers[0]
    assert layer.operator is Operator.MAX
    assert layer.window == Window((3, 3), (1, 1), (1, 1), (1, 1, 1, 1))
    assert layer.sources[0] == Source("input", 0)
    assert_equals_reference(b.network(x), np.zeros((1, 2, 4, 4), np.uint8))
