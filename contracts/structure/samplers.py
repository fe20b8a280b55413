"""Ways to draw pruned structures: how much each layer keeps, which channels, which weight vectors. All from a seed.

Shapes of pruning that occur: everything alike (*uniform*), every layer for itself (*random*), thin insides of blocks (*bottleneck*), each
resolution for itself (*stages*), and widths at and beside whole numbers of hardware rows (*edges*), where cost jumps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from contracts.errors import InputError
from contracts.structure.layer import Layer, VectorPruning
from contracts.structure.shrink import channel_groups, shrink
from contracts.structure.structure import Structure

Random = np.random.Generator
SPREAD = 0.15
"""Standard deviation of a layer's share around the network's."""
EDGE_ROWS = (4, 8, 16)
"""Rows of filter groups that `edges` aims at."""


@dataclass(frozen=True)
class Pruning:
    """How to prune.

    Attributes:
        sampler: one of `SAMPLERS`.
        ratio: share of the channels that the network keeps, drawn evenly between the two.
        unequal: whether sides of adds, and readers of concatenations, choose for themselves.
        density: share of the weight vectors that layers keep, drawn evenly between the two; None: all.
        rows: filters that lose weight vectors together.
    """

    sampler: str = "random"
    ratio: tuple[float, float] = (0.1, 1.0)
    unequal: bool = False
    density: tuple[float, float] | None = None
    rows: int = 8

    def __post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            raise InputError(f"sampler {self.sampler!r} is unknown; known are {', '.join(SAMPLERS)}")
        for name, bounds in (("ratio", self.ratio), ("density", self.density or (1.0, 1.0))):
            if not 0 < bounds[0] <= bounds[1] <= 1:
                raise InputError(f"{name} is {bounds}; it must be two numbers, 0 < low <= high <= 1")
        if not 1 <= self.rows <= 64:
            raise InputError(f"rows is {self.rows}; it must be from 1 to 64")


def prune(base: Structure, pruning: Pruning, seed: int | tuple[int, ...]) -> Structure:
    """One pruned structure. The same base, pruning and seed give the same one.

    Raises:
        InputError: the sampler is unknown.
    """
    random = np.random.default_rng(seed)
    groups = channel_groups(base)
    if pruning.unequal:
        groups = tuple((name,) for group in groups for name in group)
    filters = {layer.name: layer.filters for layer in base.layers}
    heights = {layer.name: base.sizes[layer.name][1] for layer in base.layers}
    share = random.uniform(*pruning.ratio)
    context = _Context(share, groups, {g: filters[g[0]] for g in groups}, {g: heights[g[0]] for g in groups})
    counts = SAMPLERS[pruning.sampler](context, random)
    kept: dict[str, tuple[int, ...]] = {}
    for group, count in counts.items():
        chosen = tuple(sorted(random.permutation(filters[group[0]])[:count].tolist()))
        kept |= dict.fromkeys(group, chosen)
    found = shrink(base, kept)
    if pruning.unequal:
        found = shrink(found, {}, _reads(found, share, random))
    return found if pruning.density is None else thin(found, pruning.density, pruning.rows, random)


def thin(structure: Structure, density: tuple[float, float], rows: int, random: Random) -> Structure:
    """Leave weight vectors out of most layers: each filter group keeps a share around its layer's."""
    drawn = random.uniform(*density)
    layers = [_thinned(structure, layer, drawn, rows, random) for layer in structure.layers]
    return Structure(structure.input, tuple(layers), structure.name)


def _thinned(structure: Structure, layer: Layer, drawn: float, rows: int, random: Random) -> Layer:
    if layer.operator != "conv" or layer.groups != 1 or random.random() < 0.2:
        return layer
    positions, groups = structure.positions(layer), -(-layer.filters // rows)
    shares = np.clip(drawn + random.normal(0, SPREAD / 2, groups), 0.02, 1)
    kept = np.maximum(1, np.rint(shares * positions)).astype(int)
    return replace(layer, vectors=VectorPruning(rows, tuple(kept.tolist())))


def _reads(found: Structure, share: float, random: Random) -> dict[str, tuple[int, ...]]:
    """Readers of concatenations and sums that leave some channels unread; for half of them."""
    made = {layer.name: layer.operator for layer in found.layers}
    chosen = {}
    for layer in found.layers[:-1]:
        gathers = len(layer.wires) > 1 or made.get(layer.wires[0].source) == "add"
        if layer.operator == "conv" and layer.groups == 1 and gathers and random.random() < 0.5:
            channels = found.channels(layer)
            count = max(1, round(channels * float(np.clip(share + random.normal(0, SPREAD), 0.05, 1))))
            chosen[layer.name] = tuple(sorted(random.permutation(channels)[:count].tolist()))
    return chosen


Group = tuple[str, ...]


@dataclass(frozen=True)
class _Context:
    """What a sampler sees: the network's share, groups in order, and of each its filters and the height of its maps."""

    share: float
    groups: tuple[Group, ...]
    filters: Mapping[Group, int]
    heights: Mapping[Group, int]

    def counts(self, shares: Mapping[Group, float]) -> dict[Group, int]:
        """Whole filters, at least one."""
        return {g: max(1, min(self.filters[g], round(self.filters[g] * shares[g]))) for g in self.groups}


def _uniform(c: _Context, random: Random) -> dict[Group, int]:  # noqa: ARG001  # as the others
    return c.counts(dict.fromkeys(c.groups, c.share))


def _random(c: _Context, random: Random) -> dict[Group, int]:
    if random.random() < 0.5:
        return c.counts({g: float(np.clip(c.share + random.normal(0, SPREAD), 0.02, 1)) for g in c.groups})
    return c.counts({g: random.uniform(min(0.02, c.share), 1) for g in c.groups})


def _bottleneck(c: _Context, random: Random) -> dict[Group, int]:
    """Groups that are one convolution (the inside of a block) keep little, those that several share keep much; in turns elsewhere."""
    wide = min(1.0, c.share + random.uniform(0.1, 0.5))
    shared = any(len(group) > 1 for group in c.groups)
    thin_ones = {g for k, g in enumerate(c.groups) if (len(g) == 1 if shared else k % 2)}
    return c.counts({g: c.share if g in thin_ones else wide for g in c.groups})


def _stages(c: _Context, random: Random) -> dict[Group, int]:
    shares = {
        height: random.uniform(max(0.05, c.share - 0.3), min(1, c.share + 0.3))
        for height in sorted(set(c.heights.values()))
    }
    return c.counts({g: shares[c.heights[g]] for g in c.groups})


def _edges(c: _Context, random: Random) -> dict[Group, int]:
    """A multiple of the rows, one less or one more; near a share of its own for each group."""
    rows = int(random.choice(EDGE_ROWS))
    found = {}
    for group, count in _random(c, random).items():
        near = max(1, round(count / rows)) * rows + int(random.integers(-1, 2))
        found[group] = max(1, min(c.filters[group], near))
    return found


Sampler = Callable[[_Context, Random], dict[Group, int]]
SAMPLERS: Final[dict[str, Sampler]] = {
    "uniform": _uniform,
    "random": _random,
    "bottleneck": _bottleneck,
    "stages": _stages,
    "edges": _edges,
}
"""By name: filters of every group."""
