"""Scales, weights and roundings of integer networks, and graphs that bring their own quantisers."""

from pathlib import Path

import numpy as np
import pytest
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from benchmarks import zoo
from contracts.errors import CalibrationError, InputError
from hwservice.frontend import QuantiseOptions, error_against_float, load_network, quantise
from hwservice.ir.graph import Graph
from hwservice.ir.quantised import QuantisedNetwork
from tests.hwservice.float_networks import Net


def images(graph: Graph, count: int = 16, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, *graph.input_shape)).astype(np.float32)


def zoo_graph(name: str, folder: Path) -> Graph:
    return load_network(zoo.write(name, folder))


def quantised(graph: Graph, scales: str = "general", calibration: str = "min-max") -> QuantisedNetwork:
    return quantise(graph, images(graph), QuantiseOptions(scales, calibration))


@pytest.mark.parametrize("scales", ["general", "power-of-two"])
@pytest.mark.parametrize("name", ["resnet8", "mobilenet_v1", "ds_cnn", "densenet_small", "unequal_resnet8"])
def test_integer_results_stay_close_to_float(name: str, scales: str, tmp_path: Path) -> None:
    graph = zoo_graph(name, tmp_path)
    assert error_against_float(graph, quantised(graph, scales), images(graph, seed=2)).sqnr_db > 24


def test_power_of_two_scales_are_powers_of_two(tmp_path: Path) -> None:
    network = quantised(zoo_graph("unequal_resnet8", tmp_path), "power-of-two")
    for tensor in network.tensors.values():
        assert np.log2(tensor.scale) % 1 == 0
    for layer in network.layers:
        for region in layer.regions:
            powers = np.log2(region.multiplier) % 1 == 0
            assert powers.all() or layer.name == "pool"


def test_fields_fit_the_hardware(tmp_path: Path) -> None:
    for name in ("resnet8", "unequal_resnet8", "densenet_small"):
        for layer in quantised(zoo_graph(name, tmp_path)).layers:
            rounding = layer.rounding
            assert np.abs(layer.bias).max() < 2**31
            assert all(0 <= r.multiplier.min() <= r.multiplier.max() < 2**16 for r in layer.regions)
            assert all(0 <= r.shift.min() <= r.shift.max() < 64 for r in layer.regions)
            assert 0 <= rounding.main_multiplier < 2**16
            assert abs(rounding.skip_multiplier) < 2**15
            assert 0 <= rounding.second_shift < 64
            assert -256 <= rounding.mid_low <= rounding.mid_high <= 255


def test_zero_points_are_0_or_128(tmp_path: Path) -> None:
    network = quantised(zoo_graph("resnet8", tmp_path))
    assert {t.zero_point for t in network.tensors.values()} == {0, 128}
    assert network.input.zero_point == 0


def test_joined_maps_share_their_scale(tmp_path: Path) -> None:
    network = quantised(zoo_graph("densenet_small", tmp_path))
    for layer in network.layers:
        read = {network.tensors[s.tensor] for s in layer.sources}
        assert len({(t.scale, t.zero_point) for t in read}) == 1


@pytest.mark.parametrize("scales", ["general", "power-of-two"])
@pytest.mark.parametrize("name", ["mobilenet_v1", "densenet_small"])
def test_least_error_ranges_stay_close_to_float(name: str, scales: str, tmp_path: Path) -> None:
    graph = zoo_graph(name, tmp_path)
    network = quantised(graph, scales, "least-error")
    assert error_against_float(graph, network, images(graph, seed=2)).sqnr_db > 24


def test_percentile_ranges_are_not_wider(tmp_path: Path) -> None:
    graph = zoo_graph("resnet8", tmp_path)
    whole, cut = quantised(graph), quantised(graph, calibration="percentile")
    pairs = [(cut.tensors[name].scale, tensor.scale) for name, tensor in whole.tensors.items()]
    assert all(a <= b for a, b in pairs)
    assert any(a < b for a, b in pairs)


def test_missing_calibration_data_are_noted(tmp_path: Path) -> None:
    assert any("calibration" in note for note in quantise(zoo_graph("resnet8", tmp_path), None).notes)


def test_data_of_the_wrong_shape_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"\[4, 1, 32, 32\]"):
        quantise(zoo_graph("resnet8", tmp_path), np.zeros((4, 1, 32, 32), np.float32))


def test_data_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="NaN"):
        quantise(zoo_graph("resnet8", tmp_path), np.full((1, 3, 32, 32), np.nan, np.float32))


def test_unknown_options_are_refused() -> None:
    with pytest.raises(InputError, match="scales is 'three'; it must be one of general, power-of-two"):
        QuantiseOptions(scales="three")
    with pytest.raises(
        InputError, match="calibration method is 'guess'; it must be one of auto, min-max, percentile, entropy, l"
    ):
        QuantiseOptions(method="guess")
    with pytest.raises(InputError, match="percentile is 20; it must be from 50 to 100"):
        QuantiseOptions(percentile=20)


def test_dead_and_nearly_dead_filters_keep_their_bias(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    weights = net.random.normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32)
    weights[1], weights[2] = 0, 1e-13
    bias = np.array([0.1, 0.7, -0.4, 0], np.float32)
    net.node("Conv", ["input", net.constant(weights), net.constant(bias)], "output", pads=[1, 1, 1, 1])
    graph = load_network(net.save(tmp_path / "net.onnx"))
    error = error_against_float(graph, quantised(graph), images(graph, seed=2))
    assert error.sqnr_db > 30


@pytest.mark.parametrize("scales", ["general", "power-of-two"])
def test_a_map_that_is_always_zero_is_no_obstacle(scales: str, tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    dead = net.constant(np.full((4, 3, 1, 1), -1, np.float32))
    x = net.node("Relu", [net.node("Conv", ["input", dead])])
    y = net.node("Add", [net.conv(x, 4, 4), net.conv("input", 4, 3)])
    net.node("Add", [y, x], "output")
    graph = load_network(net.save(tmp_path / "net.onnx"))
    assert error_against_float(graph, quantised(graph, scales), images(graph, seed=2)).sqnr_db > 25


class Reader(CalibrationDataReader):  # type: ignore[misc]  # the package ships no types
    """Calibration images one by one."""

    def __init__(self, data: np.ndarray) -> None:
        self.left = list(data)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return {"input": self.left.pop()[None]} if self.left else None


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("activation", [QuantType.QUInt8, QuantType.QInt8])
@pytest.mark.parametrize("name", ["resnet8", "ds_cnn", "densenet_small"])
def test_a_graph_with_quantisers_keeps_them(
    name: str, activation: QuantType, per_channel: bool, tmp_path: Path
) -> None:
    graph = zoo_graph(name, tmp_path)
    path = tmp_path / "qdq.onnx"
    quantize_static(
        str(tmp_path / f"{name}.onnx"),
        str(path),
        Reader(images(graph)),
        quant_format=QuantFormat.QDQ,
        activation_type=activation,
        weight_type=QuantType.QInt8,
        per_channel=per_channel,
    )
    own = load_network(path)
    assert own.input_quantiser is not None
    network = quantised(own)
    assert network.input.scale == pytest.approx(own.input_quantiser.scale)
    assert error_against_float(graph, network, images(graph, seed=2)).sqnr_db > 22
