"""Channel operators need no layer."""

from pathlib import Path

import numpy as np
import pytest

from contracts.errors import NetworkError
from hwservice.ir.graph import ZEROS
from hwservice.ir.quantised import Source
from hwservice.passes.resolve_selections import resolve_selections
from tests.hwservice.float_networks import Net
from tests.hwservice.passes.read import after, layer_named, names


def test_a_gather_of_a_concatenation_names_the_channels_themselves(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    joined = net.node("Concat", [net.conv("input", 4, 3, name="made"), "input"], axis=1)
    chosen = net.node("Gather", [joined, net.constant(np.array([6, 1, 3]))], axis=1)
    net.conv(chosen, 2, 3, name="output")
    graph = after(resolve_selections, net, tmp_path)
    assert names(graph) == ["made", "output"]
    assert layer_named(graph, "output").sources == (Source("input", 2), Source("made", 1), Source("made", 3))


def test_channel_padding_becomes_channels_of_zeros(tmp_path: Path) -> None:
    net = Net((1, 8, 8))
    padded = net.node("Pad", ["input", net.constant(np.array([0, 1, 0, 0, 0, 2, 0, 0]))])
    net.conv(padded, 2, 4, name="output")
    (layer,) = after(resolve_selections, net, tmp_path).layers
    assert layer.sources == (ZEROS, Source("input", 0), ZEROS, ZEROS)


def test_a_skip_of_scattered_channels_adds_nothing_to_the_others(tmp_path: Path) -> None:
    net = Net((3, 4, 4))
    where = net.constant(np.array([[[0, 2], [0, 0]]]))
    zeros = net.constant(np.zeros((1, 3, 4, 4), np.float32))
    scattered = net.node("ScatterND", [zeros, where, net.conv("input", 2, 3, name="made")])
    net.node("Add", [net.conv("input", 3, 3), scattered], "output")
    added = layer_named(after(resolve_selections, net, tmp_path), "output")
    assert added.skip == (Source("made", 1), None, Source("made", 0))


def test_cropping_and_padding_of_pixels_stay(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("Pad", ["input", net.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1]))], "output")
    assert names(after(resolve_selections, net, tmp_path)) == ["output"]


def test_an_output_that_is_the_input_is_refused(tmp_path: Path) -> None:
    net = Net((3, 8, 8))
    net.node("Concat", [net.conv("input", 4, 3), "input"], "output", axis=1)
    with pytest.raises(NetworkError, match="output 'output' is the input itself"):
        after(resolve_selections, net, tmp_path)
