"""The graph's own quantisers become scales of maps."""

from pathlib import Path

import numpy as np

from hwservice.ir.graph import Scale
from hwservice.passes.fuse_quantisers import fuse_quantisers
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, layer_named, names


def round_trip(net: Net, x: str, scale: float = 0.5, name: str = "") -> str:
    """QuantizeLinear and DequantizeLinear."""
    inputs = [net.constant(np.float32(scale)), net.constant(np.uint8(128))]
    return net.node("DequantizeLinear", [net.node("QuantizeLinear", [x, *inputs]), *inputs], name)


def test_a_convolution_takes_over_scale_and_zero_point(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    round_trip(net, net.node("Relu", [net.conv("input", 4, 3, name="conv")]), name="output")
    (layer,) = after(fuse_quantisers, net, tmp_path).layers
    assert layer.quantiser == Scale(0.5, 128)


def test_signed_bytes_are_shifted_to_unsigned_ones(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    inputs = [net.constant(np.float32(0.5)), net.constant(np.int8(-3))]
    quantised = net.node("QuantizeLinear", [net.conv("input", 4, 3), *inputs])
    net.node("DequantizeLinear", [quantised, *inputs], "output")
    (layer,) = after(fuse_quantisers, net, tmp_path).layers
    assert layer.quantiser == Scale(0.5, 125)


def test_the_input_keeps_the_first_quantiser_and_is_copied_for_another(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.conv(round_trip(net, "input", 0.5), 4, 3, name="one")
    net.conv(round_trip(net, "input", 0.25, "finer"), 4, 3, name="two")
    graph = after(fuse_quantisers, net, tmp_path, ("one", "two"))
    assert graph.input_quantiser == Scale(0.5, 128)
    assert [layer.quantiser for layer in graph.layers] == [None, Scale(0.25, 128), None]


def test_a_padded_input_hands_its_quantiser_on(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    pads = net.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1]))
    net.conv(round_trip(net, net.node("Pad", ["input", pads])), 4, 3, name="output")
    graph = after(fuse_quantisers, net, tmp_path)
    assert graph.input_quantiser == Scale(0.5, 128)
    assert all(layer.quantiser is None for layer in graph.layers)


def test_joined_maps_that_are_quantised_alike_need_no_layer(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    sides = [round_trip(net, net.conv("input", 4, 3, name=name)) for name in ("a", "b")]
    net.conv(round_trip(net, net.node("Concat", sides, axis=1)), 4, 8, name="output")
    assert names(after(fuse_quantisers, net, tmp_path)) == ["a", "b", "output"]


def test_joined_maps_that_are_quantised_otherwise_are_copied_one_by_one(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    sides = [round_trip(net, net.conv("input", 4, 3, name=n), s) for n, s in (("a", 0.5), ("b", 0.25), ("c", 0.125))]
    net.conv(round_trip(net, net.node("Concat", sides, axis=1), 0.5), 4, 12, name="output")
    graph = after(fuse_quantisers, net, tmp_path)
    assert len(graph.layers) == 6
    assert {layer_named(graph, s.tensor).quantiser for s in layer_named(graph, "output").sources} == {Scale(0.5, 128)}
