"""Pass: batch normalisations, and factors and offsets per channel, become part of the convolution before them."""

from hwservice.ir.graph import NO_CLAMP, Channels, FloatLayer, Graph
from hwservice.ir.quantised import Operator, Window
from hwservice.passes.rewrite import Index, rewrite


def fold_scales(graph: Graph) -> None:
    """A depthwise 1x1 layer goes into the convolution that it alone reads. Example: conv(w, b) * f + o is conv(w * f, b * f + o)."""
    index = Index(graph)
    rewrite(graph, lambda layer: _folded(index, layer))


def _folded(index: Index, layer: FloatLayer) -> Channels | None:
    if not _scales(layer):
        return None
    before = index.producer(layer.sources)
    if before is None or not _plain(before):
        return None
    assert layer.weights is not None
    assert layer.bias is not None
    assert before.weights is not None
    assert before.bias is not None
    factor = layer.weights[:, 0, 0, 0]
    if before.weight_scales is not None and (factor != 1).any():
        return None
    before.weights = before.weights * factor[:, None, None, None]
    before.bias = before.bias * factor + layer.bias
    return index.merge(layer, before)


def _scales(layer: FloatLayer) -> bool:
    """A depthwise 1x1 layer, nothing else."""
    depthwise = layer.groups == layer.channels == len(layer.sources)
    return depthwise and layer.window == Window() and layer.weight_scales is None and _plain(layer)


def _plain(layer: FloatLayer) -> bool:
    """A convolution that nothing has been fused into yet."""
    fused = layer.clamp != NO_CLAMP or bool(layer.skip) or layer.quantiser is not None
    return layer.operator is Operator.CONV and layer.weights is not None and layer.average is None and not fused
