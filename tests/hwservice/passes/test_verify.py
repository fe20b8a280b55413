"""A pass that leaves a broken network behind is caught at its border, by name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwservice.ir.graph import FloatLayer, Graph
from hwservice.ir.quantised import Source, Window
from hwservice.ir.verify import VerificationError
from hwservice.onnx_import import read_network
from hwservice.passes import run_passes
from tests.hwservice.float_networks import Net


def network(folder: Path) -> Graph:
    net = Net((3, 8, 8))
    a = net.conv("input", 4, 3, name="a")
    net.node("Add", [a, net.conv(a, 4, 4, name="b")], "output")
    return read_network(net.save(folder / "net.onnx"))


def changed(name: str, change: Callable[[FloatLayer], object]) -> Callable[[Graph], None]:
    def careless(graph: Graph) -> None:
        change(next(layer for layer in graph.layers if layer.name == name))

    return careless


def set_field(field: str, value: object) -> Callable[[FloatLayer], object]:
    return lambda layer: setattr(layer, field, value)


def shuffled(graph: Graph) -> None:
    graph.layers.reverse()


def emptied(graph: Graph) -> None:
    graph.layers.clear()


@pytest.mark.parametrize(
    ("careless", "problem"),
    [
        (
            changed("b", set_field("sources", (Source("gone", 0),) * 4)),
            "layer 'b' reads 'gone', which is not made before",
        ),
        (changed("b", set_field("sources", (Source("a", 4),) * 4)), "layer 'b' reads channel 4 of 'a', which has 4"),
        (changed("b", set_field("name", "a")), "layer 'a' has the name of another"),
        (changed("b", set_field("window", Window((3, 3)))), "layer 'b' is 8 x 8; .* makes 6 x 6"),
        (changed("b", set_field("weights", np.ones((4, 3, 3, 3)))), "layer 'b' has weights of shape"),
        (changed("b", set_field("bias", np.full(4, np.nan))), "layer 'b' has weights that are NaN"),
        (changed("b", set_field("bias", None)), "layer 'b' has no bias for each of 4 filters"),
        (changed("output", set_field("skip", (None,))), "layer 'output' adds 1 channels to 4"),
        (changed("output", set_field("sources", ())), "layer 'output' makes 4 maps of 8 x 8 out of 0 channels"),
        (changed("output", set_field("channels", 5)), "layer 'output' adds 4 channels to 5"),
        (shuffled, "layer 'output' reads .*, which is not made before"),
        (emptied, "output 'output' reads 'output'"),
    ],
)
def test_a_careless_pass_is_named_with_the_layer(
    careless: Callable[[Graph], None], problem: str, tmp_path: Path
) -> None:
    careless.__name__ = "careless"
    with pytest.raises(VerificationError, match=f"after pass careless: {problem}"):
        run_passes(network(tmp_path), [careless])
