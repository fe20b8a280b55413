"""The structure of a network that was read: what predictors are asked about, and what campaigns could draw."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import NetworkError
from contracts.structure import INPUT, Layer, Structure, VectorPruning, Wire
from hwservice.ir.graph import Channels, FloatLayer, Floats, Graph
from hwservice.ir.quantised import Operator, Source

_ROWS: Final = (64, 32, 16, 8, 4, 2, 1)
"""Filters that may have lost weight vectors together."""
_ALIKE: Final = 1.1
"""How many more weights the vectors of whole groups may hold than are not 0: weights that were rounded to 0 are no pattern."""
_PRUNED: Final = 0.95
"""Of a layer's weight vectors: from this share on the compiler walks all of them."""
_MOST_LISTED: Final = 1 << 16
"""Positions of one layer that are named; of more, only how many there are."""


def described(graph: Graph) -> Structure:
    """Layers with weights, pools and adds, as the front passes left them.

    What costs nothing is not kept: whether there was a batch normalisation, and scales.

    Raises:
        NetworkError: an operation that structures cannot say, such as dilation.
    """
    layers = tuple(layer for found in graph.layers for layer in _layers(found, _Names(graph)))
    return Structure(graph.input_map, layers, graph.name)


def told(graph: Graph) -> dict[str, Any] | str:
    """The structure as JSON carries it, or why there is none."""
    try:
        return described(graph).to_mapping()
    except NetworkError as error:
        return str(error)


class _Names:
    """Maps by their names in structures, and their channels."""

    def __init__(self, graph: Graph) -> None:
        self._input = graph.input_name
        self._channels = {layer.name: layer.channels for layer in graph.layers}
        self._channels[graph.input_name] = graph.input_map[0]

    def wires(self, sources: Channels) -> tuple[Wire, ...]:
        """One wire for each run of different channels of one map."""
        cuts, seen = [0], set[Source]()
        for k, source in enumerate(sources):
            if k and (source.tensor != sources[k - 1].tensor or source in seen):
                cuts.append(k)
                seen.clear()
            seen.add(source)
        runs = [sources[low:high] for low, high in pairwise([*cuts, len(sources)])]
        return tuple(self._wire(run) for run in runs)

    def one(self, sources: Channels, layer: FloatLayer) -> Wire:
        """All channels, of one map.

        Raises:
            NetworkError: they are of several.
        """
        found = self.wires(sources)
        if len(found) != 1:
            raise NetworkError(f"{layer.name} adds channels of several maps, which structures cannot say")
        return found[0]

    def _wire(self, run: Channels) -> Wire:
        tensor, read = run[0].tensor, tuple(source.channel for source in run)
        whole = read == tuple(range(self._channels[tensor]))
        return Wire(INPUT if tensor == self._input else tensor, None if whole else read)


def _layers(layer: FloatLayer, names: _Names) -> Iterator[Layer]:
    if layer.window.dilation != (1, 1):
        raise NetworkError(f"{layer.name} is dilated by {layer.window.dilation}, which structures cannot say")
    if min(layer.window.pads) < 0:
        raise NetworkError(f"{layer.name} crops its map, which structures cannot say")
    relu = layer.clamp[0] == 0
    if not layer.skip:
        yield _alone(layer, names, layer.name, relu)
        return
    own = _own(layer)
    if _copies(layer):
        main = names.one(tuple(layer.sources[k] for k in own), layer)
    else:
        found = _alone(layer, names, f"{layer.name}:sum", layer.mid_clamp[0] == 0, own)
        yield found
        main = Wire(found.name)
    places = tuple(k for k, source in enumerate(layer.skip) if source is not None)
    side = names.one(tuple(source for source in layer.skip if source is not None), layer)
    wires = (_placed(main, own), _placed(side, places))
    yield Layer(layer.name, "add", wires, layer.channels, norm=False, relu=relu)


def _placed(wire: Wire, places: tuple[int, ...]) -> Wire:
    return Wire(wire.source, wire.read, None if places == tuple(range(len(places))) else places)


def _own(layer: FloatLayer) -> tuple[int, ...]:
    """Channels of the result that the layer's own filters make; the others are the skip's alone."""
    every = tuple(range(layer.channels))
    if layer.weights is None or (layer.groups > 1 and not _copies(layer)):
        return every
    bias = layer.bias if layer.bias is not None else np.zeros(layer.channels)
    silent = ~layer.weights.any(axis=(1, 2, 3)) & (bias == 0)
    return tuple(k for k in every if not silent[k] or layer.skip[k] is None)


def _copies(layer: FloatLayer) -> bool:
    """Each channel of the result is one that is read, or nothing."""
    weights, plain = layer.weights, layer.window.kernel == layer.window.stride == (1, 1)
    if weights is None or layer.average is not None or layer.operator is not Operator.CONV or not plain:
        return False
    return layer.groups == layer.channels == len(layer.sources) and bool(np.isin(weights, (0, 1)).all())


def _alone(layer: FloatLayer, names: _Names, name: str, relu: bool, own: tuple[int, ...] | None = None) -> Layer:
    """The layer without what is added."""
    window, wires = layer.window, names.wires(layer.sources)
    if layer.operator is Operator.SUM:
        return Layer(name, "global", wires, layer.channels, norm=False, relu=relu)
    operator = "max" if layer.operator is Operator.MAX else "conv" if layer.average is None else "average"
    filters, groups, vectors = layer.channels, 1, None
    if operator == "conv":
        assert layer.weights is not None
        filters, groups = len(own) if own is not None else layer.channels, layer.groups
        vectors = _vectors(layer.weights[list(own)] if own is not None else layer.weights) if groups == 1 else None
    return Layer(
        name,
        operator,
        wires,
        filters,
        window.kernel,
        window.stride,
        window.pads,
        groups,
        operator == "conv",
        relu,
        vectors,
    )


def _vectors(weights: Floats) -> VectorPruning | None:
    """Weight vectors that are left, by the largest groups of filters that share them; None where nearly all are."""
    used = weights.reshape(len(weights), -1) != 0
    if used.mean() >= _PRUNED:
        return None
    rows = next(rows for rows in _ROWS if rows == 1 or _held(used, rows) <= _ALIKE * used.sum())
    left = [np.flatnonzero(used[low : low + rows].any(axis=0)) for low in range(0, len(used), rows)]
    lists = tuple(tuple(found.tolist()) or (0,) for found in left)
    kept = tuple(map(len, lists))
    if min(kept) >= _PRUNED * used.shape[1]:
        return None
    return VectorPruning(rows, kept, lists if sum(kept) <= _MOST_LISTED else ())


def _held(used: NDArray[np.bool_], rows: int) -> int:
    """Weights in the vectors that groups of so many filters keep."""
    starts = np.arange(0, len(used), rows)
    kept = np.logical_or.reduceat(used, starts, axis=0).sum(axis=1)
    return int((kept * np.diff([*starts, len(used)])).sum())
