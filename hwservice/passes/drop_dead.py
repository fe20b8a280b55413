"""Pass: leave out layers that no output depends on."""

from hwservice.ir.graph import Graph
from hwservice.passes.rewrite import tensors_of


def drop_dead(graph: Graph) -> None:
    """Keep what an output reads, directly or through other layers."""
    wanted = {name for output in graph.outputs for name in tensors_of(output.sources)}
    for layer in reversed(graph.layers):
        if layer.name in wanted:
            wanted.update(*map(tensors_of, layer.reads))
    graph.layers = [layer for layer in graph.layers if layer.name in wanted]
