"""How wide each pass of some networks is: what a search over widths changes while the passes stay the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.structure.layer import VectorPruning
from contracts.structure.passes import Pass, Passes

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Counts:
    """Widths of a batch of networks with the same passes; arrays are [batch, passes].

    Attributes:
        filters: channels that each pass makes.
        live: filters that have weights; fewer than `filters` where a residual add has channels that only the skip brings.
        channels: source channels that each pass reads.
        skips: channels of the skip.
        density: share of the weight vectors that are left, alike for all filter groups of a pass; 1: all.
        pruned: (network, pass, which) where it is known group by group.
    """

    filters: Ints
    live: Ints
    channels: Ints
    skips: Ints
    density: NDArray[np.float64]
    pruned: tuple[tuple[int, int, VectorPruning], ...] = ()


def counts_of(batch: Sequence[Passes]) -> Counts:
    """Widths of networks whose passes are alike but for widths."""
    shape = (len(batch), len(batch[0].passes))
    numbers = np.asarray([[_of(p, found) for p in found.passes] for found in batch], np.int64)
    density = np.ones(shape)
    pruned = []
    for k, found in enumerate(batch):
        for at, p in enumerate(found.passes):
            if p.layer is not None and p.layer.vectors is not None:
                pruned.append((k, at, p.layer.vectors))
    filters, live, channels, skips = np.moveaxis(numbers, -1, 0)
    return Counts(filters, live, channels, skips, density, tuple(pruned))


def _of(p: Pass, passes: Passes) -> tuple[int, int, int, int]:
    channels = sum(passes.sizes[w.source][0] if w.read is None else len(w.read) for w in p.wires)
    live = p.filters if p.places is None else len(p.places)
    skip = 0
    if p.skip is not None:
        skip = passes.sizes[p.skip.source][0] if p.skip.read is None else len(p.skip.read)
    return p.filters, live, channels, skip
