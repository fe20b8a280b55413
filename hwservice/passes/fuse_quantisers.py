"""Pass: quantisers that the graph brings along become scale and zero point of the maps they quantise."""

from hwservice.ir.graph import Channels, FloatLayer, Graph, Scale
from hwservice.ir.quantised import Operator, Source
from hwservice.passes.rewrite import Index, copies_only, rewrite, tensors_of


def fuse_quantisers(graph: Graph) -> None:
    """A copy that only quantises goes into the layer that it alone reads, or where all it reads is quantised alike.

    Otherwise every map among its sources that is quantised in another way gets a copy of its own.
    """
    walk = _Walk(graph)
    rewrite(graph, walk.visit, walk.made)


class _Walk:
    """The pass with what it has learned so far."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.index = graph, Index(graph)
        self.made: list[FloatLayer] = []

    def visit(self, layer: FloatLayer) -> Channels | None:
        """What to read instead of a quantising copy; None where it, or another layer, stays."""
        if layer.quantiser is None or not copies_only(layer, "quantiser"):
            return None
        before = self.index.producer(layer.sources)
        padded = before is not None and copies_only(before, "pads")
        names = tensors_of(before.sources if padded and before is not None else layer.sources)
        if before is not None and before.quantiser is None and not padded:
            before.quantiser = layer.quantiser
            return self.index.merge(layer, before)
        if names == [self.graph.input_name] and self.graph.input_quantiser is None:
            self.graph.input_quantiser = layer.quantiser
        if all(self._quantiser(name) == layer.quantiser for name in names):
            return layer.sources
        return self._requantised(layer, layer.quantiser)

    def _quantiser(self, tensor: str) -> Scale | None:
        return self.graph.input_quantiser if tensor == self.graph.input_name else self.index.layers[tensor].quantiser

    def _requantised(self, layer: FloatLayer, quantiser: Scale) -> Channels | None:
        """A copy of every map among the channels that has another quantiser."""
        wrong = [name for name in tensors_of(layer.sources) if self._quantiser(name) != quantiser]
        if len(wrong) == 1 and all(s.tensor == wrong[0] for s in layer.sources):
            return None
        channels = list(layer.sources)
        for tensor in wrong:
            places = [k for k, s in enumerate(layer.sources) if s.tensor == tensor]
            copy = _copy(layer, tuple(layer.sources[k] for k in places), f"{layer.name}.{tensor}")
            self.made.append(copy)
            self.index.layers[copy.name] = copy
            for place, source in zip(places, copy.whole, strict=True):
                channels[place] = source
        return tuple(channels)


def _copy(layer: FloatLayer, sources: tuple[Source, ...], name: str) -> FloatLayer:
    return FloatLayer(
        name=name,
        operator=Operator.CONV,
        sources=sources,
        channels=len(sources),
        height=layer.height,
        width=layer.width,
        value=layer.value,
        quantiser=layer.quantiser,
        origin=list(layer.origin),
    )
