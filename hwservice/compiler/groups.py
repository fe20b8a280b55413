"""Pass: cut each layer into filter groups and write down which weight vectors each group walks."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hwservice.compiler.assign import assign_filters
from hwservice.ir.quantised import Layer, Operator, Window

OFFSET_LIMIT = 16
"""List entries hold row and column offsets from 0 to 15; larger kernels are cut into blocks with origins of their own."""
SHARE_FROM = 0.95
"""A group that keeps at least this share of the layer's vectors walks the shared list."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sources:
    """Source positions of weight vectors in list order, before planes have addresses. All arrays are [vectors]."""

    source: Ints
    """Index into the layer's sources."""
    phase_y: Ints
    phase_x: Ints
    dy: Ints
    dx: Ints


@dataclass(frozen=True, eq=False)
class Walk:
    """One list with its vectors and its origin; a filter group has one per block of the kernel."""

    origin: tuple[int, int]
    sources: Sources
    vectors: NDArray[np.int8]
    """[vectors, rows]"""


@dataclass(frozen=True, eq=False)
class FilterGroup:
    """Up to `rows` filters that are computed side by side."""

    filters: tuple[int, ...]
    walks: tuple[Walk, ...]
    macs_per_pixel: int

    @property
    def vector_count(self) -> int:
        """Weight vectors over all walks."""
        return sum(len(walk.vectors) for walk in self.walks)


@dataclass(frozen=True, eq=False)
class Taps:
    """Kernel positions as offsets into phase planes; arrays are [kernel height * kernel width]."""

    q_y: Ints
    q_x: Ints
    phase_y: Ints
    phase_x: Ints
    blocks: tuple[tuple[tuple[int, int], Ints], ...] = field(default=())
    """(origin, tap indices) of each block."""

    @property
    def reach_y(self) -> tuple[int, int]:
        """Least and greatest row offset."""
        return int(self.q_y.min()), int(self.q_y.max())


def taps_of(window: Window) -> Taps:
    """Offsets of every kernel position in phase-plane pixels, cut into blocks that list entries can express."""
    offsets = []
    for axis in (0, 1):
        positions = np.arange(window.kernel[axis]) * window.dilation[axis] - window.pads[axis]
        offsets.append((positions // window.stride[axis], positions % window.stride[axis]))
    (q_y, p_y), (q_x, p_x) = offsets
    height, width = len(q_y), len(q_x)
    flat_y, flat_x = np.repeat(q_y, width), np.tile(q_x, height)
    block = (flat_y - q_y.min()) // OFFSET_LIMIT * 1000 + (flat_x - q_x.min()) // OFFSET_LIMIT
    blocks = []
    for key in np.unique(block):
        members = np.flatnonzero(block == key)
        blocks.append(((int(flat_y[members].min()), int(flat_x[members].min())), members))
    return Taps(flat_y, flat_x, np.repeat(p_y, width), np.tile(p_x, height), tuple(blocks))


def filter_groups(layer: Layer, rows: int, drain_cycles: float = 1.0) -> tuple[FilterGroup, ...]:
    """The layer's groups. Vectors that are zero in all rows of a group are left out; an empty group keeps one zero vector.

    Groups that keep (nearly) all vectors of a layer share one `Sources` object, hence one list on the chip.

    Args:
        layer: the layer.
        rows: filters per group at most.
        drain_cycles: memory port cycles of one filter's drain.
    """
    weights, per_group = _weights(layer)
    taps = taps_of(layer.window)
    shared = _SharedSources(taps, len(layer.sources))
    groups = []
    for filters in assign_filters(_support(layer, weights), rows, drain_cycles):
        channels, block = _group_block(layer, weights, per_group, filters, rows)
        groups.append(_group(layer, filters, channels, block, taps, shared))
    return tuple(groups)


def _weights(layer: Layer) -> tuple[NDArray[np.int8], int]:
    """[filters, channels per group, taps] and channels per group; maxima take ones."""
    if layer.weights is None:
        kernel = layer.window.kernel
        return np.ones((layer.filters, 1, kernel[0] * kernel[1]), np.int8), 1
    weights = layer.weights.reshape(layer.filters, layer.weights.shape[1], -1)
    return weights, weights.shape[1]


def _support(layer: Layer, weights: NDArray[np.int8]) -> NDArray[np.bool_]:
    """[filters, vectors]; where filters read channels of their own, only whether they read any: sharing is no use there."""
    support: NDArray[np.bool_] = weights.reshape(len(weights), -1) != 0
    return support if len(layer.sources) == weights.shape[1] else np.asarray(support.any(axis=1, keepdims=True))


def _group_block(
    layer: Layer, weights: NDArray[np.int8], per_group: int, filters: list[int], rows: int
) -> tuple[Ints, NDArray[np.int8]]:
    """Source channels that a filter group can read, and its weights as [rows, those channels, taps]."""
    groups = len(layer.sources) // per_group
    if groups == 1:
        block = np.zeros((rows, *weights.shape[1:]), np.int8)
        block[: len(filters)] = weights[filters]
        return np.arange(per_group), block
    of_filter = np.asarray(filters) // (layer.filters // groups)
    members = np.unique(of_filter)
    block = np.zeros((rows, len(members) * per_group, weights.shape[2]), np.int8)
    for row, (filter_, group) in enumerate(zip(filters, of_filter, strict=True)):
        at = int(np.searchsorted(members, group)) * per_group
        block[row, at : at + per_group] = weights[filter_]
    channels = (members[:, None] * per_group + np.arange(per_group)).ravel()
    return channels, block


class _SharedSources:
    """The sources of all taps of all channels of a dense layer, made once per block of the kernel."""

    def __init__(self, taps: Taps, channels: int) -> None:
        self.taps, self.channels = taps, channels
        self._made: dict[tuple[int, int], Sources] = {}

    def get(self, origin: tuple[int, int], members: Ints) -> Sources:
        if origin not in self._made:
            everything = np.ones((self.channels, len(members)), bool)
            self._made[origin] = _sources(np.arange(self.channels), everything, self.taps, origin, members)
        return self._made[origin]


def _sources(channels: Ints, kept: NDArray[np.bool_], taps: Taps, origin: tuple[int, int], members: Ints) -> Sources:
    channel, tap = np.nonzero(kept)
    tap = members[tap]
    return Sources(
        channels[channel], taps.phase_y[tap], taps.phase_x[tap], taps.q_y[tap] - origin[0], taps.q_x[tap] - origin[1]
    )


def _group(
    layer: Layer, filters: list[int], channels: Ints, block: NDArray[np.int8], taps: Taps, shared: _SharedSources
) -> FilterGroup:
    dense = len(channels) == len(layer.sources)
    walks = []
    for origin, members in taps.blocks:
        part = block[:, :, members]
        kept = np.asarray(part.any(axis=0))
        if dense and kept.mean() >= SHARE_FROM:
            kept = np.ones_like(kept)
            sources = shared.get(origin, members)
        else:
            sources = _sources(channels, kept, taps, origin, members)
        if kept.any():
            walks.append(Walk(origin, sources, np.ascontiguousarray(part[:, kept].T)))
    if not walks:
        walks = [_empty_walk(taps, channels, block.shape[0])]
    return FilterGroup(tuple(filters), tuple(walks), _macs(layer, filters, walks, dense and layer.groups == 1))


def _empty_walk(taps: Taps, channels: Ints, rows: int) -> Walk:
    origin, members = taps.blocks[0]
    kept = np.zeros((len(channels), len(members)), bool)
    kept[0, 0] = True
    return Walk(origin, _sources(channels, kept, taps, origin, members), np.zeros((1, rows), np.int8))


def _macs(layer: Layer, filters: list[int], walks: list[Walk], dense: bool) -> int:
    if layer.operator is not Operator.CONV:
        return 0
    if dense:
        live = sum(1 for row in range(len(filters)) if any(walk.vectors[:, row].any() for walk in walks))
        return live * sum(len(walk.vectors) for walk in walks)
    return sum(int(np.count_nonzero(walk.vectors)) for walk in walks)
