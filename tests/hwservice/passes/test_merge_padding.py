"""Padding becomes part of windows."""

from pathlib import Path

import numpy as np

from hwservice.passes.drop_dead import drop_dead
from hwservice.passes.merge_padding import merge_padding
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, layer_named


def padded(net: Net, *pads: int) -> str:
    """top, left, bottom, right"""
    top, left, bottom, right = pads
    return net.node("Pad", ["input", net.constant(np.array([0, 0, top, left, 0, 0, bottom, right]))], "pad")


def test_a_convolution_pads_itself(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.conv(padded(net, 1, 0, 2, 3), 4, 3, name="output")
    graph = after(merge_padding, net, tmp_path)
    drop_dead(graph)
    (layer,) = graph.layers
    assert layer.window.pads == (2, 1, 3, 4)


def test_a_pool_reads_the_padded_map(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("MaxPool", [padded(net, 1, 1, 1, 1)], "output", kernel_shape=[3, 3])
    pool = layer_named(after(merge_padding, net, tmp_path), "output")
    assert {source.tensor for source in pool.sources} == {"pad"}


def test_a_cropped_map_stays_a_layer(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.conv(padded(net, -1, 0, 0, -2), 4, 3, name="output")
    graph = after(merge_padding, net, tmp_path)
    assert layer_named(graph, "pad").window.pads == (-1, 0, 0, -2)
    assert {source.tensor for source in layer_named(graph, "output").sources} == {"pad"}
