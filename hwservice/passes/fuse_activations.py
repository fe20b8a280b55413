"""Pass: ReLU and clips become the clamp of the layer before them."""

from hwservice.ir.graph import Channels, FloatLayer, Graph
from hwservice.passes.rewrite import Index, copies_only, rewrite


def fuse_activations(graph: Graph) -> None:
    """A copy that only clamps goes into the layer that it alone reads, unless that is quantised in between."""
    index = Index(graph)
    rewrite(graph, lambda layer: _fused(index, layer))


def _fused(index: Index, layer: FloatLayer) -> Channels | None:
    if not copies_only(layer, "clamp"):
        return None
    before = index.producer(layer.sources)
    if before is None or before.quantiser is not None:
        return None
    before.clamp = _clamped(before.clamp[0], layer.clamp), _clamped(before.clamp[1], layer.clamp)
    return index.merge(layer, before)


def _clamped(bound: float, clamp: tuple[float, float]) -> float:
    return min(max(bound, clamp[0]), clamp[1])
