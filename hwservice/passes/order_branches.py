"""Pass: of two convolutions that are added, the shorter one is computed first."""

import numpy as np

from hwservice.ir.graph import FloatLayer, Graph
from hwservice.passes.rewrite import Index, copies_only, tensors_of


def order_branches(graph: Graph) -> None:
    """Move the convolution with the shorter list before the other: the longer one's drains then hide the add."""
    for layer in [x for x in graph.layers if copies_only(x, "skip", "clamp", "quantiser") and x.skip]:
        index = Index(graph)
        sides = [index.producer(layer.sources), index.producer(layer.skip)]
        convolutions = [x for x in sides if x is not None and x.weights is not None]
        if len(convolutions) == 2:
            _shorter_first(graph, index.place, convolutions)


def _shorter_first(graph: Graph, place: dict[str, int], sides: list[FloatLayer]) -> None:
    shorter, longer = sorted(sides, key=_list_length)
    if place[shorter.name] < place[longer.name]:
        return
    needs = max(place.get(name, -1) for name in tensors_of(shorter.sources))
    if needs < place[longer.name]:
        graph.layers.remove(shorter)
        graph.layers.insert(place[longer.name], shorter)


def _list_length(layer: FloatLayer) -> int:
    assert layer.weights is not None
    return int(np.prod(layer.weights.shape[1:]))
