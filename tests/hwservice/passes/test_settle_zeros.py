"""Channels of zeros cost nothing, or a weight of zero."""

from pathlib import Path

import numpy as np
import pytest

from contracts.errors import NetworkError
from hwservice.passes.settle_zeros import settle_zeros
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, layer_named


def widened(net: Net, before: int, behind: int) -> str:
    return net.node("Pad", ["input", net.constant(np.array([0, before, 0, 0, 0, behind, 0, 0]))], "wide")


def test_a_convolution_leaves_them_out(tmp_path: Path) -> None:
    net = Net((2, 8, 8))
    net.conv(widened(net, 1, 3), 4, 6, name="output")
    (layer,) = after(settle_zeros, net, tmp_path).layers
    assert layer.weights is not None
    assert layer.weights.shape[1] == len(layer.sources) == 2


def test_a_normalisation_keeps_only_its_offset_there(tmp_path: Path) -> None:
    net = Net((2, 8, 8))
    net.norm(widened(net, 1, 0), 3, "output")
    (layer,) = after(settle_zeros, net, tmp_path).layers
    assert layer.weights is not None
    assert (layer.weights[:, 0, 0, 0] == 0).tolist() == [True, False, False]


def test_a_pool_reads_a_copy(tmp_path: Path) -> None:
    net = Net((2, 8, 8))
    net.node("MaxPool", [widened(net, 0, 1)], "output", kernel_shape=[2, 2])
    graph = after(settle_zeros, net, tmp_path)
    (copied,) = {source.tensor for source in layer_named(graph, "output").sources}
    weights = layer_named(graph, copied).weights
    assert weights is not None
    assert weights[:, 0, 0, 0].tolist() == [1, 1, 0]


def test_an_output_is_copied(tmp_path: Path) -> None:
    net = Net((2, 8, 8))
    made = net.conv("input", 2, 2)
    net.node("Pad", [made, net.constant(np.array([0, 1, 0, 0, 0, 0, 0, 0]))], "output")
    graph = after(settle_zeros, net, tmp_path)
    assert [source.tensor for source in graph.outputs[0].sources] == [graph.layers[-1].name] * 3


def test_a_grouped_convolution_is_refused_by_name(tmp_path: Path) -> None:
    net = Net((2, 8, 8))
    net.conv(widened(net, 1, 1), 4, 4, name="output", group=2)
    with pytest.raises(NetworkError, match="'output': a grouped convolution reads channels of zeros"):
        after(settle_zeros, net, tmp_path)
