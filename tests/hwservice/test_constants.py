"""What a graph computes from constants alone: folded within limits, or refused in words."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from contracts.errors import NetworkError
from hwservice.frontend import load_network
from tests.hwservice.float_networks import Net


def refused(net: Net, folder: Path, pattern: str) -> None:
    with pytest.raises(NetworkError, match=pattern):
        load_network(net.save(folder / "net.onnx"))


def biased(net: Net, bias: str) -> Net:
    net.node("Conv", ["input", net.constant(np.ones((4, 3, 3, 3), np.float32)), bias], "output")
    return net


def endless_loop(net: Net) -> str:
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Add", ["sum", "sum"], ["sum_on"])],
        "body",
        [value("k", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("sum", TensorProto.FLOAT, [4])],
        [value("go_on", TensorProto.BOOL, []), value("sum_on", TensorProto.FLOAT, [4])],
    )
    trips, always = net.constant(np.array(2**40)), net.constant(np.array(True))
    return net.node("Loop", [trips, always, net.constant(np.zeros(4, np.float32))], "bias", body=body)


@pytest.mark.timeout(20)
def test_a_loop_over_constants_is_refused_and_not_run(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    refused(biased(net, endless_loop(net)), tmp_path, "bias.*Loop.*control flow")


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("ConstantOfShape", [np.array([1 << 36])]),
        ("Expand", [np.zeros(1, np.float32), np.array([1 << 20, 1 << 16])]),
        ("Tile", [np.zeros(4, np.float32), np.array([1 << 34])]),
        ("Range", [np.array(0), np.array(1 << 36), np.array(1)]),
        ("Mul", [np.ones((1 << 15, 1), np.float32), np.ones((1, 1 << 15), np.float32)]),
    ],
)
def test_a_small_node_cannot_make_a_huge_constant(op: str, inputs: list[np.ndarray], tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    made = net.node(op, [net.constant(array) for array in inputs], "huge")
    refused(biased(net, made), tmp_path, f"huge.*{op}.*elements")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_constant_node_that_is_not_finite_is_refused(value: float, tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    bias = net.node("Constant", [], "bias", value=numpy_helper.from_array(np.full(4, value, np.float32)))
    refused(biased(net, bias), tmp_path, "bias.*NaN or infinite")


def test_a_quotient_of_zeros_is_refused(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    zeros = net.constant(np.zeros(4, np.float32))
    refused(biased(net, net.node("Div", [zeros, zeros], "bias")), tmp_path, "bias.*NaN or infinite")


def test_an_infinite_bound_of_a_clip_is_fine(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    bound = net.node("Constant", [], "bound", value=numpy_helper.from_array(np.array(np.inf, np.float32)))
    net.node("Clip", [net.conv("input", 4, 3), net.constant(np.float32(0)), bound], "output")
    assert load_network(net.save(tmp_path / "net.onnx")).layers[0].clamp == (0, np.inf)


def test_ordinary_constant_arithmetic_is_folded(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    four = net.node("ConstantOfShape", [net.constant(np.array([4]))], value=helper.make_tensor("v", 1, [1], [0.5]))
    bias = net.node("Mul", [four, net.constant(np.arange(4, dtype=np.float32))])
    layer = load_network(biased(net, bias).save(tmp_path / "net.onnx")).layers[0]
    np.testing.assert_array_equal(layer.bias, [0, 0.5, 1, 1.5])


def test_a_huge_map_between_layers_is_refused(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.conv("input", 4, 3, name="output", pads=[8000] * 4)
    refused(net, tmp_path, "output.*16006.*elements")


def test_an_absurd_amount_of_work_is_refused(tmp_path: Path) -> None:
    net = Net((3, 4000, 4000))
    x = net.conv("input", 16, 3, 99)
    net.conv(x, 16, 16, 99, "output")
    refused(net, tmp_path, "multiplications")
