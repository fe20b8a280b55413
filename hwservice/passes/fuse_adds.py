"""Pass: a sum of two maps becomes the skip of the convolution that is computed later."""

from dataclasses import dataclass

from hwservice.ir.graph import ZEROS, Channels, FloatLayer, Floats, Graph
from hwservice.ir.quantised import Operator
from hwservice.passes.rewrite import Index, copies_only, rewrite, tensors_of


def fuse_adds(graph: Graph) -> None:
    """A copy with a skip goes into the convolution that makes one side, where the other side is there before it.

    That side may miss channels, or have them in another order. A sum without such a convolution stays a copy with a skip.
    """
    index = Index(graph)
    rewrite(graph, lambda layer: _fused(index, layer))


@dataclass(frozen=True)
class _Side:
    """One way to see a sum: `layer` makes `main`, and `other` is added to it."""

    layer: FloatLayer
    main: Channels
    other: Channels


def _fused(index: Index, layer: FloatLayer) -> Channels | None:
    if not layer.skip or not copies_only(layer, "skip", "clamp", "quantiser"):
        return None
    a, b = layer.sources, tuple(ZEROS if s is None else s for s in layer.skip)
    sides = [side for side in (_side(index, a, b), _side(index, b, a)) if side is not None]
    if not sides:
        _choose_main(index, layer, b)
        return None
    side = max(sides, key=lambda s: index.place[s.layer.name])
    _add_skip(side)
    into = side.layer
    into.mid_value, into.mid_clamp, into.mid_quantiser = into.value, into.clamp, into.quantiser
    into.clamp, into.quantiser = layer.clamp, layer.quantiser
    return index.merge(layer, into)


def _side(index: Index, main: Channels, other: Channels) -> _Side | None:
    names = tensors_of(main)
    layer = index.layers.get(names[0]) if len(names) == 1 else None
    if layer is None or layer.operator is not Operator.CONV or layer.skip or layer.average is not None:
        return None
    named = sorted(s.channel for s in main if s != ZEROS)
    if named != list(range(layer.channels)) or index.latest(other) >= index.place[layer.name]:
        return None
    if index.readers[layer.name] != 1 or (ZEROS in main and layer.groups != 1):
        return None
    return _Side(layer, main, other)


def _add_skip(side: _Side) -> None:
    """Bring the filters into the order of the sum; channels that only the other side has become filters without weights."""
    layer, order = side.layer, [s.channel for s in side.main]
    if layer.is_copy:
        layer.sources = tuple(ZEROS if k < 0 else layer.sources[k] for k in order)
    else:
        assert layer.weights is not None
        assert layer.bias is not None
        layer.weights, layer.bias = _taken(layer.weights, order, 0.0), _taken(layer.bias, order, 0.0)
    if layer.weight_scales is not None:
        layer.weight_scales = _taken(layer.weight_scales, order, 1.0)
    layer.channels = len(order)
    layer.skip = tuple(None if s == ZEROS else s for s in side.other)


def _taken(array: Floats, order: list[int], missing: float) -> Floats:
    """Rows in that order; -1 stands for a new row."""
    rows = array[order].copy()
    rows[[k for k, row in enumerate(order) if row < 0]] = missing
    return rows


def _choose_main(index: Index, layer: FloatLayer, skip: Channels) -> None:
    """A sum that stays a copy: the later side is copied, but not channels of zeros."""
    swap = index.latest(layer.sources) < index.latest(skip)
    if ZEROS in (skip if swap else layer.sources):
        swap = not swap
    if swap:
        layer.sources, layer.skip = skip, tuple(None if s == ZEROS else s for s in layer.sources)
        layer.source_value, layer.skip_value = layer.skip_value, layer.source_value
    layer.mid_value = layer.source_value
