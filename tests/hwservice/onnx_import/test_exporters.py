"""Graphs as exporters write them, in every opset that is supported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from hwservice.frontend import load_network
from hwservice.onnx_import.reader import OPSETS
from tests.hwservice.float_networks import Net, float_results, onnxruntime_results


def assert_same_as_onnxruntime(path: Path) -> None:
    graph = load_network(path)
    image = np.random.default_rng(5).normal(0, 1, graph.input_shape)
    found = float_results(graph, image)
    for name, wanted in onnxruntime_results(path, image).items():
        assert found[name].shape == wanted.shape
        np.testing.assert_allclose(found[name], wanted, rtol=1e-3, atol=1e-4)


def numbers(net: Net, name: str, values: list[int], since: int) -> tuple[list[str], dict[str, Any]]:
    """Input and attribute: numbers are an input since some opset, an attribute before."""
    return ([net.constant(np.array(values))], {}) if net.opset >= since else ([], {name: values})


def varied(net: Net) -> None:
    """Operators whose attributes became inputs, and whose defaults changed, between opsets 11 and 21."""
    x = net.norm(net.conv("input", 6, 3), 6)
    x = net.node("Clip", [x, net.constant(np.float32(0)), net.constant(np.float32(6))])
    given, attributes = numbers(net, "split", [2, 4], 13)
    net.nodes.append(helper.make_node("Split", [x, *given], ["left", "right"], axis=1, **attributes))
    x = net.node("Concat", ["right", "left"], axis=1)
    x = net.node("Pad", [x, net.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1]))])
    x = net.conv(x, 4, 6, pads=[0, 0, 0, 0])
    x = net.node("AveragePool", [x], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    given, attributes = numbers(net, "axes", [2, 3], 18)
    x = net.node("ReduceMean", [x, *given], keepdims=1, **attributes)
    given, attributes = numbers(net, "axes", [2, 3], 13)
    x = net.node("Squeeze", [x, *given], **attributes)
    w = net.constant(net.random.normal(0, 1, (4, 5)).astype(np.float32))
    net.node("Softmax", [net.node("Gemm", [x, w])], "output", axis=1)


@pytest.mark.parametrize("opset", OPSETS)
def test_a_graph_of_any_opset_reads_as_it_computes(opset: int, tmp_path: Path) -> None:
    net = Net((3, 10, 10), opset=opset)
    varied(net)
    path = net.save(tmp_path / "net.onnx")
    onnx.checker.check_model(onnx.load(str(path)))
    assert_same_as_onnxruntime(path)


def dynamo_graph() -> onnx.ModelProto:
    """As torch's newer exporter writes it: an open batch, shapes computed in the graph, constants as nodes, axes as inputs."""
    random = np.random.default_rng(0)

    def weight(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(random.normal(0, 0.3, shape).astype(np.float32), name)

    def number(name: str, value: list[int] | int) -> onnx.NodeProto:
        return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(value, np.int64)))

    node = helper.make_node
    nodes = [
        node("Conv", ["x", "conv.weight", "conv.bias"], ["conv2d"], auto_pad="NOTSET", group=1, pads=[1, 1, 1, 1]),
        node("Relu", ["conv2d"], ["relu"]),
        number("axes", [-1, -2]),
        node("ReduceMean", ["relu", "axes"], ["mean"], keepdims=1, noop_with_empty_axes=0),
        node("Shape", ["x"], ["sym_size"], start=0, end=1),
        number("minus_one", [-1]),
        node("Concat", ["sym_size", "minus_one"], ["shape"], axis=0),
        node("Reshape", ["mean", "shape"], ["view"], allowzero=1),
        node("Gemm", ["view", "fc.weight", "fc.bias"], ["linear"], transB=1, alpha=1.0, beta=1.0),
        node("LogSoftmax", ["linear"], ["output"], axis=-1),
    ]
    weights = [
        weight("conv.weight", 4, 3, 3, 3),
        weight("conv.bias", 4),
        weight("fc.weight", 5, 4),
        weight("fc.bias", 5),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["s77", 3, 8, 8])
    result = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["s77", 5])
    graph = helper.make_graph(nodes, "main_graph", [given], [result], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def test_a_graph_of_torchs_newer_exporter_reads_as_it_computes(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(dynamo_graph().SerializeToString())
    graph = load_network(path)
    image = np.random.default_rng(5).normal(0, 1, graph.input_shape).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (wanted,) = session.run(["output"], {"x": image[None]})
    np.testing.assert_allclose(float_results(graph, image)["output"], wanted[0], rtol=1e-3, atol=1e-4)
    assert len(graph.layers) == 3


def image_network(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU6(),
        nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True),
        nn.Flatten(),
        nn.Linear(8 * 3 * 3, 5),
        nn.LogSoftmax(dim=1),
    )


def sound_network(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv1d(3, 8, 5, padding=2),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(8, 8, 3, groups=8),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(8, 4),
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize(("build", "shape"), [(image_network, (1, 3, 10, 10)), (sound_network, (1, 3, 40))])
def test_a_network_from_torch_reads_as_it_computes(
    build: Callable[[Any], Any], shape: tuple[int, ...], dynamo: bool, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch", reason="hwservice runs without torch")
    torch.manual_seed(0)
    path = tmp_path / "net.onnx"
    torch.onnx.export(
        *(build(torch.nn).eval(), (torch.randn(shape),), str(path)),
        input_names=["input"],
        output_names=["output"],
        dynamo=dynamo,
    )
    assert_same_as_onnxruntime(path)
