"""With power-of-two scales ONNX Runtime gives the same bytes as the integer model."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from benchmarks import zoo
from contracts.errors import NetworkError
from hwservice import integer_model
from hwservice.frontend import QuantiseOptions, load_network, quantise
from hwservice.ir.arithmetic import MID_WIDE_BITS
from hwservice.ir.graph import FloatLayer, Scale
from hwservice.ir.quantised import Operator, Source
from hwservice.quantise.adds import wide_mid
from hwservice.quantise.qdq import to_qdq
from tests.hwservice.float_networks import Net


def onnxruntime_output(model: onnx.ModelProto, image: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(["output"], {"input": image[None]})[0][0]
    return result


@pytest.mark.parametrize("name", ["resnet8", "resnet20", "unequal_resnet8", "densenet_small"])
def test_power_of_two_networks_equal_onnxruntime(name: str, tmp_path: Path) -> None:
    graph = load_network(zoo.write(name, tmp_path))
    images = np.random.default_rng(1).random((12, *graph.input_shape)).astype(np.float32)
    network = quantise(graph, images, QuantiseOptions("power-of-two"))
    result = integer_model.run(network, integer_model.quantise_input(network, images))["output"]
    found = integer_model.dequantise_output(network, "output", result)
    model = to_qdq(network)
    onnx.checker.check_model(model)
    for k, image in enumerate(images):
        np.testing.assert_array_equal(onnxruntime_output(model, image), found[k])


def test_an_exported_graph_can_be_read_again(tmp_path: Path) -> None:
    graph = load_network(zoo.write("resnet8", tmp_path))
    images = np.random.default_rng(1).random((4, *graph.input_shape)).astype(np.float32)
    network = quantise(graph, images, QuantiseOptions("power-of-two"))
    path = tmp_path / "again.onnx"
    path.write_bytes(to_qdq(network).SerializeToString())
    again = quantise(load_network(path), images, QuantiseOptions("power-of-two"))
    raw = integer_model.quantise_input(network, images)
    np.testing.assert_array_equal(integer_model.run(again, raw)["output"], integer_model.run(network, raw)["output"])


def test_averages_that_leave_padding_out_cannot_be_exported(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("AveragePool", ["input"], "output", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    graph = load_network(net.save(tmp_path / "net.onnx"))
    network = quantise(graph, np.random.default_rng(1).random((4, 3, 8, 8)).astype(np.float32))
    with pytest.raises(NetworkError, match="averages without counting padding"):
        to_qdq(network)


@pytest.mark.parametrize("name", ["resnet8", "resnet20", "unequal_resnet8"])
def test_a_float_graphs_add_is_rounded_once(name: str, tmp_path: Path) -> None:
    graph = load_network(zoo.write(name, tmp_path))
    network = quantise(graph, np.random.default_rng(1).random((4, *graph.input_shape)).astype(np.float32))
    assert all(layer.rounding.mid_wide for layer in network.layers if layer.skip)


def test_a_graph_that_rounds_before_its_add_keeps_that_rounding(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    step, zero = net.constant(np.array(0.05, np.float32)), net.constant(np.array(128, np.uint8))
    x = net.conv("input", 3, 3)
    y = net.conv(x, 3, 3)
    y = net.node("DequantizeLinear", [net.node("QuantizeLinear", [y, step, zero]), step, zero])
    net.node("Add", [y, x], "output")
    graph = load_network(net.save(tmp_path / "net.onnx"))
    network = quantise(graph, np.random.default_rng(1).random((4, 3, 8, 8)).astype(np.float32))
    added = next(layer for layer in network.layers if layer.skip)
    assert (added.rounding.mid_wide, added.rounding.mid_low, added.rounding.mid_high) == (False, -128, 127)


@pytest.mark.parametrize("ratio", [2.0**-12, 0.1, 1.0, 7.0, 300.0])
@pytest.mark.parametrize("zero_point", [0, 128, 255])
def test_saturating_before_an_add_never_shows(ratio: float, zero_point: int) -> None:
    layer = FloatLayer("l", Operator.CONV, (Source("x", 0),), 1, 1, 1, "l")
    mid = wide_mid(layer, 1e-6, Scale(ratio, zero_point), Scale(1.0, 255))
    if mid is None:
        return
    furthest = 2 ** (MID_WIDE_BITS - 1) * 2.0**-mid.bits
    assert furthest - max(zero_point, 255 - zero_point) * ratio >= 256
    assert mid.bits >= 2
