"""Networks with channels last, and one-dimensional ones, compute what ONNX Runtime computes: read, quantised and compiled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from contracts.accelerator import PRESETS
from contracts.errors import NetworkError
from contracts.isa import Status
from hwservice import integer_model
from hwservice.compiler import compile_network
from hwservice.frontend import error_against_float, load_network, quantise
from hwservice.interpreter import Machine
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.quantise import QuantiseOptions
from hwservice.quantise.qdq import to_qdq
from tests.hwservice.float_networks import Net, float_results, onnxruntime_results

PYNQ = PRESETS["pynq-8x32"]
TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def first(net: Net, x: str) -> str:
    return net.node("Transpose", [x], perm=TO_FIRST)


def last(net: Net, x: str) -> str:
    return net.node("Transpose", [x], perm=TO_LAST)


def matrix(net: Net, features: int, classes: int) -> str:
    return net.constant(net.random.normal(0, features**-0.5, (features, classes)).astype(np.float32))


def tensorflow_classifier(net: Net) -> None:
    """As tf2onnx writes it: pairs of Transpose around everything that slides, Reshape and MatMul on channels last."""
    x = last(net, net.conv(first(net, "input"), 4, 3, strides=[2, 2]))
    x = net.node("Relu", [net.node("Add", [x, net.constant(np.array([0.1, -0.2, 0.3, 0], np.float32))])])
    x = last(net, net.node("MaxPool", [first(net, x)], kernel_shape=[2, 2], strides=[2, 2]))
    x = net.node("Reshape", [x, net.constant(np.array([-1, 2 * 3 * 4]))])
    x = net.node("MatMul", [x, matrix(net, 24, 5)])
    x = net.node("Add", [x, net.constant(np.arange(5, dtype=np.float32))])
    net.node("Softmax", [x], "output", axis=-1)


def flattened(net: Net) -> None:
    x = last(net, net.node("Relu", [net.conv(first(net, "input"), 4, 3)]))
    net.node("Gemm", [net.node("Flatten", [x]), matrix(net, 8 * 12 * 4, 3)], "output")


def scaled_input(net: Net) -> None:
    x = net.node("Mul", ["input", net.constant(np.float32(1 / 127.5))])
    x = net.node("Sub", [x, net.constant(np.array([1, 0.5, 0.25], np.float32))])
    net.node("Relu", [net.conv(first(net, x), 4, 3)], "output")


def residual(net: Net) -> None:
    x = last(net, net.node("Relu", [net.conv(first(net, "input"), 4, 3)]))
    y = last(net, net.conv(first(net, x), 4, 4))
    x = net.node("Relu", [net.node("Add", [x, y])])
    net.node("ReduceMean", [x], "output", axes=[1, 2], keepdims=0)


def channel_operators(net: Net) -> None:
    x = last(net, net.conv(first(net, "input"), 6, 3))
    y = net.node("Gather", [x, net.constant(np.array([5, 0]))], axis=3)
    x = net.node("Concat", [x, y], axis=-1)
    bounds = [net.constant(np.array(v)) for v in ([1, 1], [7, 9], [1, 3])]
    x = net.node("Slice", [x, *bounds])
    x = net.node("Pad", [x, net.constant(np.array([0, 1, 0, 0, 0, 0, 2, 1]))])
    net.conv(first(net, x), 3, 8, name="output")


def dense_on_pixels(net: Net) -> None:
    x = last(net, net.node("Relu", [net.conv(first(net, "input"), 4, 3)]))
    net.node("MatMul", [x, matrix(net, 4, 6)], "output")


def map_as_output(net: Net) -> None:
    x = net.node("Softmax", [last(net, net.conv(first(net, "input"), 5, 3))], axis=3)
    net.node("Identity", [x], "output")


CHANNELS_LAST: dict[str, Callable[[Net], None]] = {
    f.__name__: f
    for f in (
        *(tensorflow_classifier, flattened, scaled_input, residual, channel_operators, dense_on_pixels, map_as_output),
    )
}


def line_conv(net: Net, x: str, filters: int, channels: int, kernel: int, **attributes: Any) -> str:
    groups = attributes.get("group", 1)
    w = net.random.normal(0, 0.4, (filters, channels // groups, kernel)).astype(np.float32)
    b = net.random.normal(0, 0.2, filters).astype(np.float32)
    return net.node("Conv", [x, net.constant(w), net.constant(b)], **attributes)


def audio(net: Net) -> None:
    """Strided, dilated and depthwise convolutions, pools, a residual add and a classifier along time."""
    x = net.node("Relu", [net.norm(line_conv(net, "input", 8, 3, 9, strides=[2], pads=[4, 4]), 8)])
    x = net.node("MaxPool", [x], kernel_shape=[3], strides=[2], pads=[1, 1])
    y = line_conv(net, x, 8, 8, 3, group=8, dilations=[2], pads=[2, 2])
    x = net.node("Relu", [net.node("Add", [x, y])])
    x = net.node("AveragePool", [x], kernel_shape=[3], strides=[2], pads=[1, 1])
    x = net.node("GlobalAveragePool", [x])
    net.node("Gemm", [net.node("Flatten", [x]), matrix(net, 8, 4)], "output")


def lines_as_maps(net: Net) -> None:
    x = net.node("Relu", [line_conv(net, "input", 4, 3, 3)])
    x = net.node("Unsqueeze", [x, net.constant(np.array([2]))])
    w = net.random.normal(0, 0.4, (5, 4, 1, 3)).astype(np.float32)
    x = net.node("Conv", [x, net.constant(w)])
    x = net.node("Squeeze", [x, net.constant(np.array([2]))])
    net.node("ReduceMean", [x], "output", axes=[2], keepdims=0)


def steps_first(net: Net) -> None:
    x = net.node("Relu", [line_conv(net, net.node("Transpose", ["input"], perm=[0, 2, 1]), 4, 5, 3, pads=[1, 1])])
    x = net.node("Transpose", [x], perm=[0, 2, 1])
    net.node("MatMul", [net.node("Flatten", [x]), matrix(net, 12, 6)], "output")


def assert_right(net: Net, folder: Path, outputs: tuple[str, ...] = ("output",)) -> None:
    """Read, quantised, run as integers and as a program."""
    path = net.save(folder / "net.onnx", outputs)
    graph = load_network(path)
    image = np.random.default_rng(5).normal(0, 1, graph.input_shape).astype(np.float32)
    for name, wanted in onnxruntime_results(path, image).items():
        found = float_results(graph, image)[name]
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)
    images = np.stack([image, *np.random.default_rng(6).normal(0, 1, (7, *graph.input_shape))]).astype(np.float32)
    network = quantise(graph, images)
    assert error_against_float(graph, network, images).sqnr_db > 20
    assert_program_is_right(network, integer_model.quantise_input(network, images[:1]))


def assert_program_is_right(network: QuantisedNetwork, raw: np.ndarray) -> None:
    program = compile_network(network, PYNQ)
    dram = program.memory()
    program.write_input(dram, raw[0])
    assert Machine(PYNQ, dram).run(0).status is Status.DONE
    wanted = integer_model.run(network, raw)
    for name, values in program.read_outputs(dram).items():
        np.testing.assert_array_equal(values, wanted[name][0])


@pytest.mark.parametrize("case", CHANNELS_LAST)
def test_a_network_with_channels_last_is_right(case: str, tmp_path: Path) -> None:
    net = Net((8, 12, 3))
    CHANNELS_LAST[case](net)
    assert_right(net, tmp_path)


@pytest.mark.parametrize(("build", "shape"), [(audio, (3, 64)), (lines_as_maps, (3, 20)), (steps_first, (3, 5))])
def test_a_one_dimensional_network_is_right(
    build: Callable[[Net], None], shape: tuple[int, ...], tmp_path: Path
) -> None:
    net = Net(shape)
    build(net)
    assert_right(net, tmp_path)


def test_channels_last_inputs_and_outputs_keep_their_shape(tmp_path: Path) -> None:
    net = Net((8, 12, 3))
    map_as_output(net)
    graph = load_network(net.save(tmp_path / "net.onnx"))
    assert (graph.input_shape, graph.input_map) == ((8, 12, 3), (3, 8, 12))
    assert graph.outputs[0].shape == (8, 12, 5)


def test_only_the_convolutions_of_a_tensorflow_network_are_layers(tmp_path: Path) -> None:
    net = Net((8, 12, 3))
    tensorflow_classifier(net)
    assert len(load_network(net.save(tmp_path / "net.onnx")).layers) == 3


def test_an_exported_network_takes_what_the_first_one_took(tmp_path: Path) -> None:
    net = Net((8, 12, 3))
    map_as_output(net)
    graph = load_network(net.save(tmp_path / "net.onnx"))
    images = np.random.default_rng(1).random((3, 8, 12, 3)).astype(np.float32)
    network = quantise(graph, images, QuantiseOptions("power-of-two"))
    model = to_qdq(network)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    raw = integer_model.run(network, integer_model.quantise_input(network, images))["output"]
    found = integer_model.dequantise_output(network, "output", raw)
    np.testing.assert_allclose(session.run(["output"], {"input": images[:1]})[0], found[:1], atol=1e-6)


@pytest.mark.parametrize(
    ("op", "attributes", "problem"),
    [
        ("Conv", {}, "axes batch, h, w, c; transpose it to batch, c, h, w"),
        ("MaxPool", {"kernel_shape": [2, 2]}, "axes batch, h, w, c"),
        ("GlobalAveragePool", {}, "axes batch, h, w, c"),
    ],
)
def test_a_window_over_channels_last_is_refused(
    op: str, attributes: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    net = Net((8, 12, 3))
    x = last(net, net.conv(first(net, "input"), 12, 3))
    weights = [net.constant(np.ones((2, 8, 1, 1), np.float32))] if op == "Conv" else []
    net.node(op, [x, *weights], "output", **attributes)
    with pytest.raises(NetworkError, match=f"'output' .{op}.: .*{problem}"):
        load_network(net.save(tmp_path / "net.onnx"))


def test_maps_with_different_axes_are_not_added(tmp_path: Path) -> None:
    net = Net((5, 5, 5))
    x = net.conv("input", 5, 5)
    net.node("Add", [x, last(net, x)], "output")
    with pytest.raises(NetworkError, match="axes c, h, w and h, w, c"):
        load_network(net.save(tmp_path / "net.onnx"))


def test_a_transposed_batch_is_refused(tmp_path: Path) -> None:
    net = Net((5, 5, 5))
    net.node("Transpose", [net.conv("input", 5, 5)], "output", perm=[1, 0, 2, 3])
    with pytest.raises(NetworkError, match="the batch must stay the first of 4 axes"):
        load_network(net.save(tmp_path / "net.onnx"))
