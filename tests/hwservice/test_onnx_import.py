"""What is read from ONNX computes what ONNX Runtime computes; what cannot be read is refused by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from benchmarks import zoo
from contracts.errors import NetworkError
from hwservice.frontend import QuantiseOptions, error_against_float, load_network, quantise
from hwservice.ir.graph import Graph
from tests.hwservice.float_networks import Net, float_results, onnxruntime_results


def same_as_onnxruntime(path: Path) -> Graph:
    graph = load_network(path)
    image = np.random.default_rng(5).normal(0, 1, graph.input_shape)
    wanted, found = onnxruntime_results(path, image), float_results(graph, image)
    assert wanted.keys() == found.keys()
    for name, value in wanted.items():
        assert found[name].shape == value.shape
        np.testing.assert_allclose(found[name], value, rtol=1e-3, atol=1e-4 * max(1.0, float(np.abs(value).max())))
    return graph


@pytest.mark.parametrize("name", ["resnet8", "ds_cnn", "densenet_small", "unequal_resnet8"])
def test_a_network_of_the_zoo_reads_as_it_computes(name: str, tmp_path: Path) -> None:
    same_as_onnxruntime(zoo.write(name, tmp_path))


def pool(op: str, **attributes: Any) -> Callable[[Net], None]:
    def build(net: Net) -> None:
        net.node(op, [net.conv("input", 4, 3)], "output", **attributes)

    return build


def conv(**attributes: Any) -> Callable[[Net], None]:
    def build(net: Net) -> None:
        net.conv("input", 6, 3, name="output", **attributes)

    return build


def pad_then(op: str, **attributes: Any) -> Callable[[Net], None]:
    def build(net: Net) -> None:
        x = net.conv("input", 4, 3)
        x = net.node("Pad", [x, net.constant(np.array([0, 0, 2, 1, 0, 0, 1, 2]))])
        if op == "Conv":
            net.conv(x, 5, 4, name="output", **attributes)
        else:
            net.node(op, [x], "output", **attributes)

    return build


def chosen(op: str) -> Callable[[Net], None]:
    def build(net: Net) -> None:
        x = net.conv("input", 8, 3)
        if op == "Gather":
            x = net.node("Gather", [x, net.constant(np.array([5, 0, 2]))], axis=1)
        elif op == "Slice":
            bounds = [net.constant(np.array([v])) for v in (1, 8, 1, 3)]
            x = net.node("Slice", [x, *bounds])
        elif op == "crop":
            bounds = [net.constant(np.array(v)) for v in ([1, 2], [9, 11], [2, 3])]
            x = net.node("Slice", [x, *bounds])
        else:
            parts = [net.constant(np.array([3, 5]))]
            net.nodes.append(onnx.helper.make_node("Split", [x, *parts], ["left", "right"], axis=1))
            x = "left"
        net.conv(x, 4, 8 if op == "crop" else 3, name="output")

    return build


def scattered(net: Net) -> None:
    x = net.conv("input", 3, 3)
    where = net.constant(np.array([[[0, 4], [0, 1], [0, 2]]]))
    x = net.node("ScatterND", [net.constant(np.zeros((1, 6, 12, 12), np.float32)), where, x])
    net.node("Add", [x, net.conv("input", 6, 3)], "output")


def joined(net: Net) -> None:
    x = net.conv("input", 3, 3)
    y = net.node("Relu", [net.conv("input", 2, 3)])
    x = net.node("Concat", [x, y, net.constant(np.zeros((1, 1, 12, 12), np.float32)), "input"], axis=1)
    net.conv(x, 4, 9, name="output")


def classified(net: Net) -> None:
    x = net.node("AveragePool", [net.conv("input", 4, 3)], kernel_shape=[4, 4], strides=[4, 4])
    x = net.node("Reshape", [x, net.constant(np.array([1, -1]))])
    x = net.node("MatMul", [x, net.constant(net.random.normal(0, 1, (36, 5)).astype(np.float32))])
    x = net.node("Add", [x, net.constant(np.arange(5, dtype=np.float32))])
    net.node("Softmax", [x], "output", axis=1)


def averaged(net: Net) -> None:
    x = net.node("ReduceMean", [net.conv("input", 4, 3)], axes=[2, 3], keepdims=0)
    w = net.constant(net.random.normal(0, 1, (5, 4)).astype(np.float32))
    net.node("Gemm", [x, w], "output", transB=1, alpha=0.5)


def clipped(net: Net) -> None:
    x = net.conv("input", 4, 3)
    x = net.node("Clip", [x, net.constant(np.float32(0)), net.constant(np.float32(0.5))])
    net.node("Dropout", [net.node("Identity", [x])], "output")


def read_twice(net: Net) -> None:
    x = net.conv("input", 4, 3)
    a, b = net.node("Relu", [x]), net.norm(x, 4)
    net.node("Add", [a, b], "output")


def pool_and_add(net: Net) -> None:
    x = net.node("MaxPool", ["input"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    net.node("Relu", [net.node("Add", [x, net.node("Relu", ["input"])])], "output")


def added_to_itself(net: Net) -> None:
    x = net.conv("input", 4, 3)
    net.node("Add", [x, x], "output")


def scaled(op: str, constant: Any, *, first: bool = False) -> Callable[[Net], None]:
    """A map and a constant, before and behind a convolution with padding."""

    def build(net: Net) -> None:
        number = net.constant(np.asarray(constant, np.float32))
        x = net.node(op, [number, "input"] if first else ["input", number])
        x = net.conv(x, 3, 3)
        net.node(op, [number, x] if first else [x, number], "output")

    return build


def normalised_input(net: Net) -> None:
    mean, deviation = (
        net.constant(np.array(v, np.float32).reshape(3, 1, 1)) for v in ([0.4, 0.5, 0.6], [0.2, 0.3, 0.2])
    )
    x = net.node("Div", [net.node("Sub", ["input", mean]), deviation])
    net.node("Relu", [net.conv(x, 4, 3)], "output")


def shares(op: str, **attributes: Any) -> Callable[[Net], None]:
    def build(net: Net) -> None:
        x = net.node("GlobalAveragePool", [net.conv("input", 6, 3)])
        net.node(op, [net.node("Flatten", [x])], "output", **attributes)

    return build


def shares_of_channels(net: Net) -> None:
    net.node("Softmax", [net.conv("input", 6, 3)], "output", axis=1)


PER_CHANNEL = np.array([0.5, -2.0, 1.5]).reshape(1, 3, 1, 1)

CASES: dict[str, Callable[[Net], None]] = {
    "conv": conv(),
    "strided conv": conv(strides=[2, 2]),
    "dilated conv": conv(dilations=[2, 2], pads=[2, 2, 2, 2]),
    "grouped conv": conv(group=3),
    "uneven pads": conv(pads=[0, 1, 2, 0]),
    "same upper": conv(auto_pad="SAME_UPPER", strides=[2, 2]),
    "same lower": conv(auto_pad="SAME_LOWER", strides=[2, 2]),
    "valid": conv(auto_pad="VALID"),
    "max pool": pool("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
    "padded max pool": pool("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    "ceiled max pool": pool("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "average pool": pool("AveragePool", kernel_shape=[2, 3], strides=[2, 2]),
    "padded average pool": pool("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "counting average pool": pool("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    "ceiled average pool": pool("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "global average pool": pool("GlobalAveragePool"),
    "pad then conv": pad_then("Conv"),
    "pad then max pool": pad_then("MaxPool", kernel_shape=[3, 3]),
    "pad then average pool": pad_then("AveragePool", kernel_shape=[3, 3]),
    "pad then global average pool": pad_then("GlobalAveragePool"),
    "pad then relu": pad_then("Relu"),
    "pad at the end": pad_then("Identity"),
    "gather": chosen("Gather"),
    "slice": chosen("Slice"),
    "crop": chosen("crop"),
    "split": chosen("Split"),
    "scatter": scattered,
    "concat": joined,
    "classifier": classified,
    "reduce mean": averaged,
    "clip": clipped,
    "read twice": read_twice,
    "pool and add": pool_and_add,
    "added to itself": added_to_itself,
    "counting ceiled average pool": pool(
        "AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0], ceil_mode=1, count_include_pad=1
    ),
    "padded ceiled average pool": pool(
        "AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0], ceil_mode=1
    ),
    "average pool that leaves a remainder": pool(
        "AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=0
    ),
    "average pool in same upper": pool(
        "AveragePool", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER", count_include_pad=1
    ),
    "mul by a number": scaled("Mul", -0.3),
    "mul by a number per channel": scaled("Mul", PER_CHANNEL),
    "div by a number per channel": scaled("Div", PER_CHANNEL),
    "add a number": scaled("Add", 0.7),
    "add a number per channel": scaled("Add", PER_CHANNEL[0]),
    "sub a number per channel": scaled("Sub", PER_CHANNEL),
    "sub from a number": scaled("Sub", 1.0, first=True),
    "normalised input": normalised_input,
    "softmax of features": shares("Softmax", axis=-1),
    "log softmax": shares("LogSoftmax", axis=1),
    "softmax of channels": shares_of_channels,
}


@pytest.mark.parametrize("case", CASES)
def test_an_operator_reads_as_it_computes(case: str, tmp_path: Path) -> None:
    net = Net((3, 12, 12))
    CASES[case](net)
    graph = same_as_onnxruntime(net.save(tmp_path / "net.onnx"))
    images = np.random.default_rng(6).normal(0, 1, (8, 3, 12, 12)).astype(np.float32)
    integer = quantise(graph, images, QuantiseOptions())
    assert error_against_float(graph, integer, images).sqnr_db > 25


def plain(net: Net) -> None:
    net.conv("input", 4, 3, name="output")


def test_a_dynamic_batch_is_one(tmp_path: Path) -> None:
    net = Net((3, 8, 8), batch="batch")
    plain(net)
    assert load_network(net.save(tmp_path / "net.onnx")).input_shape == (3, 8, 8)


def test_another_dynamic_dimension_needs_a_value(tmp_path: Path) -> None:
    net = Net((3, "height", 8))
    plain(net)
    path = net.save(tmp_path / "net.onnx")
    with pytest.raises(NetworkError, match="dynamic dimension 'height'"):
        load_network(path)
    assert load_network(path, dims={"height": 6}).input_shape == (3, 6, 8)


@pytest.mark.parametrize(("op", "advice"), [("LeakyRelu", "nearest supported form is Relu"), ("Erf", "not supported")])
def test_an_unsupported_operator_is_named_before_any_work(op: str, advice: str, tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node(op, [net.conv("input", 4, 3)], "output")
    with pytest.raises(NetworkError, match=f"node 'output': operator {op}.*{advice}"):
        load_network(net.save(tmp_path / "net.onnx"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value: float, tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("Conv", ["input", net.constant(np.full((2, 3, 1, 1), value, np.float32), "w")], "output")
    with pytest.raises(NetworkError, match="weight 'w' holds NaN or infinite"):
        load_network(net.save(tmp_path / "net.onnx"))


def test_a_kernel_larger_than_its_input_is_refused(tmp_path: Path) -> None:
    net = Net((3, 4, 4))
    net.conv("input", 2, 3, kernel=7, name="output", pads=[0, 0, 0, 0])
    with pytest.raises(NetworkError, match="'output'"):
        load_network(net.save(tmp_path / "net.onnx"))


def test_external_data_outside_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    net = Net((3, 8, 8))
    plain(net)
    (tmp_path / "w.bin").write_bytes(bytes(432))
    path = net.save(folder / "net.onnx")
    model = onnx.load(str(path))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../w.bin")
    path.write_bytes(model.SerializeToString())
    with pytest.raises(NetworkError, match="outside the network's folder"):
        load_network(path)


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x08" + bytes(100)])
def test_what_is_no_onnx_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(NetworkError, match=r"net\.onnx"):
        load_network(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = zoo.write("ds_cnn", tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(NetworkError):
        load_network(path)


def test_a_broadcast_add_is_refused(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    x = net.conv("input", 4, 3)
    net.node("Add", [x, net.node("GlobalAveragePool", [x])], "output")
    with pytest.raises(NetworkError, match="must be equal"):
        load_network(net.save(tmp_path / "net.onnx"))


def test_a_softmax_in_the_middle_is_refused(tmp_path: Path) -> None:
    net = Net((4, 1, 1))
    x = net.node("Softmax", [net.conv("input", 4, 4, kernel=1)], axis=1)
    net.conv(x, 4, 4, kernel=1, name="output")
    with pytest.raises(NetworkError, match="Softmax"):
        load_network(net.save(tmp_path / "net.onnx"))
