"""Pass: concatenation, gather, slice, split, scatter and channel padding become lists of sources."""

from contracts.errors import NetworkError
from hwservice.ir.graph import Channels, FloatLayer, Graph
from hwservice.passes.rewrite import copies_only, rewrite


def resolve_selections(graph: Graph) -> None:
    """Drop copies that do nothing else; their readers read what was copied.

    Raises:
        NetworkError: an output is the network's input.
    """
    rewrite(graph, _copied)
    for output in graph.outputs:
        if any(source.tensor == graph.input_name for source in output.sources):
            raise NetworkError(f"output {output.name!r} is the input itself; there is nothing to compute")


def _copied(layer: FloatLayer) -> Channels | None:
    return layer.sources if copies_only(layer) else None
