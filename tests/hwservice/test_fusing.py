"""Which ONNX nodes become layers of their own, and which vanish into others."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import zoo
from hwservice.frontend import load_network
from hwservice.ir.graph import NO_CLAMP, Graph
from hwservice.ir.quantised import Operator
from tests.hwservice.float_networks import Net


def loaded(net: Net, folder: Path) -> Graph:
    return load_network(net.save(folder / "net.onnx"))


@pytest.mark.parametrize(("name", "layers"), [("resnet8", 11), ("resnet20", 23), ("mobilenet_v1", 29), ("ds_cnn", 11)])
def test_only_convolutions_pools_and_classifiers_remain(name: str, layers: int, tmp_path: Path) -> None:
    assert len(load_network(zoo.write(name, tmp_path)).layers) == layers


def test_normalisation_and_relu_vanish_into_their_convolution(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("Relu", [net.norm(net.conv("input", 4, 3), 4)], "output")
    (layer,) = loaded(net, tmp_path).layers
    assert layer.clamp == (0.0, np.inf)
    assert layer.window.kernel == (3, 3)


def test_a_normalisation_of_a_concatenation_is_depthwise(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    x = net.node("Concat", [net.conv("input", 4, 3), "input"], axis=1)
    net.norm(x, 7, "output")
    graph = loaded(net, tmp_path)
    assert [(layer.groups, layer.channels) for layer in graph.layers] == [(1, 4), (7, 7)]


def test_a_convolution_with_another_reader_keeps_its_relu_apart(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    x = net.conv("input", 4, 3)
    net.node("Concat", [x, net.node("Relu", [x])], "output", axis=1)
    first, second = loaded(net, tmp_path).layers
    assert first.clamp == NO_CLAMP
    assert second.clamp == (0.0, np.inf)


def test_an_add_vanishes_into_the_convolution_that_is_computed_later(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    x = net.node("Relu", [net.conv("input", 4, 3)])
    net.node("Relu", [net.node("Add", [net.conv(x, 4, 4), x])], "output")
    graph = loaded(net, tmp_path)
    assert len(graph.layers) == 2
    assert [s.tensor for s in graph.layers[1].skip if s is not None] == [graph.layers[0].name] * 4


def test_an_add_without_convolution_is_a_copy_with_a_skip(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    pooled = net.node("MaxPool", ["input"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    net.node("Add", [pooled, "input"], "output")
    graph = loaded(net, tmp_path)
    assert [layer.operator for layer in graph.layers] == [Operator.MAX, Operator.CONV]
    assert graph.layers[1].skip


def test_padding_merges_into_the_convolution(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    x = net.node("Pad", ["input", net.constant(np.array([0, 0, 1, 0, 0, 0, 2, 0]))])
    net.conv(x, 4, 3, name="output")
    (layer,) = loaded(net, tmp_path).layers
    assert layer.window.pads == (2, 1, 3, 1)


def test_a_classifier_on_a_flattened_map_is_a_convolution_of_its_size(tmp_path: Path) -> None:
    net = Net((3, 4, 5))
    x = net.node("Flatten", [net.conv("input", 2, 3)])
    net.node("Gemm", [x, net.constant(np.ones((40, 7), np.float32))], "output")
    assert loaded(net, tmp_path).layers[1].window.kernel == (4, 5)


def test_layers_without_use_are_dropped(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.conv("input", 4, 3)
    net.conv("input", 5, 3, name="output")
    assert len(loaded(net, tmp_path).layers) == 1
