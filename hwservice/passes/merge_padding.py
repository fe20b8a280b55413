"""Pass: padding and cropping of height and width become part of the windows that read them."""

from dataclasses import replace

from hwservice.ir.graph import ZEROS, FloatLayer, Graph
from hwservice.ir.quantised import Operator, Source
from hwservice.passes.rewrite import Index, copies_only, rewrite, tensors_of


def merge_padding(graph: Graph) -> None:
    """A convolution that reads one padded map reads the map and pads itself. Pools do not: their padding has another meaning.

    Cropped maps stay as they are: a window may not both crop and pad.
    """
    index = Index(graph)
    rewrite(graph, lambda layer: _merge(index, layer))


def _merge(index: Index, layer: FloatLayer) -> None:
    names = tensors_of(layer.sources)
    padding = index.layers.get(names[0]) if len(names) == 1 else None
    if padding is None or not copies_only(padding, "pads") or min(padding.window.pads) < 0:
        return
    if layer.operator is not Operator.CONV or layer.average is not None:
        return
    layer.sources = tuple(s if s == ZEROS else _behind(padding, s) for s in layer.sources)
    top, left, bottom, right = (p + q for p, q in zip(layer.window.pads, padding.window.pads, strict=True))
    layer.window = replace(layer.window, pads=(top, left, bottom, right))


def _behind(padding: FloatLayer, source: Source) -> Source:
    return padding.sources[source.channel]
