"""Sums become skips of convolutions."""

from pathlib import Path

import numpy as np

from hwservice.ir.graph import ZEROS
from hwservice.ir.quantised import Source
from hwservice.passes.fuse_adds import fuse_adds
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, layer_named, names


def test_the_later_convolution_adds_the_earlier_one(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    early = net.node("Relu", [net.conv("input", 4, 3, name="early")])
    late = net.node("Relu", [net.conv(early, 4, 4, name="late")])
    net.node("Relu", [net.node("Add", [early, late])], "output")
    graph = after(fuse_adds, net, tmp_path)
    layer = layer_named(graph, "late")
    assert names(graph) == ["early", "late"]
    assert layer.skip == tuple(Source("early", c) for c in range(4))
    assert (layer.mid_clamp, layer.clamp) == ((0.0, np.inf), (0.0, np.inf))


def test_channels_that_only_the_skip_has_become_filters_without_weights(tmp_path: Path) -> None:
    net = Net((3, 4, 4))
    zeros = net.constant(np.zeros((1, 5, 4, 4), np.float32))
    early = net.conv("input", 5, 3, name="early")
    late = net.conv(early, 2, 5, name="late")
    scattered = net.node("ScatterND", [zeros, net.constant(np.array([[[0, 3], [0, 1]]])), late])
    net.node("Add", [early, scattered], "output")
    layer = layer_named(after(fuse_adds, net, tmp_path), "late")
    assert layer.weights is not None
    assert [bool(filter_.any()) for filter_ in layer.weights] == [False, True, False, True, False]
    assert layer.skip == tuple(Source("early", c) for c in range(5))


def test_a_sum_of_a_map_with_itself_stays_a_copy(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    x = net.conv("input", 4, 3, name="x")
    net.node("Add", [x, x], "output")
    assert names(after(fuse_adds, net, tmp_path)) == ["x", "output"]


def test_a_convolution_with_another_reader_keeps_its_result(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    pooled = net.node("MaxPool", ["input"], "pool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    made = net.conv("input", 3, 3, name="made")
    net.node("Add", [made, pooled], "output")
    assert names(after(fuse_adds, net, tmp_path, ("output", "made"))) == ["pool", "made", "output"]


def test_a_grouped_convolution_that_misses_channels_is_not_extended(tmp_path: Path) -> None:
    net = Net((4, 4, 4))
    grouped = net.conv("input", 4, 4, name="grouped", group=2)
    padded = net.node("Pad", [grouped, net.constant(np.array([0, 0, 0, 0, 0, 1, 0, 0]))])
    side = net.node("MaxPool", [net.conv("input", 5, 4)], "side", kernel_shape=[1, 1])
    net.node("Add", [padded, side], "output")
    added = layer_named(after(fuse_adds, net, tmp_path), "output")
    assert ZEROS not in added.sources
    assert added.skip[-1] is None
