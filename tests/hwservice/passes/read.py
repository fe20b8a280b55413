"""Networks on the way through the passes."""

from pathlib import Path

from hwservice.ir.graph import FloatLayer, Graph
from hwservice.onnx_import import read_network
from hwservice.passes import Pass, run_passes
from hwservice.pipeline import FRONT_PASSES
from tests.hwservice.float_networks import Net


def after(step: Pass, net: Net, folder: Path, outputs: tuple[str, ...] = ("output",)) -> Graph:
    """The network as it is after a pass and all passes before it."""
    graph = read_network(net.save(folder / "net.onnx", outputs))
    return run_passes(graph, FRONT_PASSES[: FRONT_PASSES.index(step) + 1])


def layer_named(graph: Graph, name: str) -> FloatLayer:
    """The layer of that name."""
    return next(layer for layer in graph.layers if layer.name == name)


def names(graph: Graph) -> list[str]:
    """Of all layers, in order."""
    return [layer.name for layer in graph.layers]
