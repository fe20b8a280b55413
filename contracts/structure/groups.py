"""Filter groups of every pass, for many widths at once: how many there are, and what they walk."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contracts.structure.counts import Counts, Ints
from contracts.structure.layer import VectorPruning
from contracts.structure.plan import Plan

SHARE_FROM = 0.95
"""As in the compiler's groups: a group that keeps this share of its positions walks the shared list."""
Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Groups:
    """Filter groups of every pass; arrays are [batch, passes].

    Attributes:
        count: of groups.
        vectors: over all groups.
        longest: of any group.
        entries: list entries over all lists.
        busy: cycles per tile: over groups, the greater of vectors and drain.
        filters: of each group but the last ones: where groups are of even size a mean, `rows` otherwise.
    """

    count: Ints
    vectors: Ints
    longest: Ints
    entries: Ints
    busy: Ints
    filters: Reals


def half_even(cycles: Reals) -> Ints:
    """Whole cycles of a drain, rounded as the compiler does."""
    return np.rint(cycles).astype(np.int64)


def groups_of(plan: Plan, counts: Counts) -> Groups:
    """The groups that the compiler would make: full ones in order, or of even size where drains take longer than lists."""
    rows, c = plan.accelerator.rows, counts
    alone = np.broadcast_to(plan.alone, c.filters.shape)
    count = -(-np.where(alone, c.filters, c.live) // rows)
    inside = np.minimum(c.filters, count * rows)
    idle = c.filters - inside  # filters without weights that find no free row
    last = inside - (count - 1) * rows
    whole = c.channels * plan.taps
    own = np.maximum(1, c.channels // np.maximum(1, c.filters)) * plan.taps
    last_vectors = np.where(alone, last * own, whole)
    full_vectors = np.where(count == 1, last_vectors, np.where(alone, rows * own, whole))
    full, end = _busy(plan, rows, full_vectors), _busy(plan, last, last_vectors)
    busy, even = (count - 1) * full + end, _even(plan, count, inside, whole)
    evened = ~alone & (even < busy)
    several = (count - 1) * full_vectors + last_vectors
    more = -(-idle // rows)
    found = Groups(
        count=count + more,
        vectors=several + more,
        longest=np.maximum(full_vectors, last_vectors),
        entries=np.where(alone, several, whole) + more,
        busy=np.where(evened, even, busy) + _idle(plan, idle),
        filters=np.where(evened, inside / np.maximum(count, 1), rows),
    )
    return _pruned(plan, c, found)


def _busy(plan: Plan, filters: Ints | int, vectors: Ints) -> Ints:
    return np.maximum(vectors, half_even(filters * plan.drain))


def _even(plan: Plan, count: Ints, inside: Ints, vectors: Ints) -> Ints:
    low, more = inside // np.maximum(count, 1), inside % np.maximum(count, 1)
    return (count - more) * _busy(plan, low, vectors) + more * _busy(plan, low + 1, vectors)


def _idle(plan: Plan, idle: Ints) -> Ints:
    """Groups of filters that only pass the skip on: one vector each."""
    rows = plan.accelerator.rows
    one = np.ones_like(idle)
    return idle // rows * _busy(plan, rows, one) + np.where(idle % rows > 0, _busy(plan, idle % rows, one), 0)


def _pruned(plan: Plan, c: Counts, groups: Groups) -> Groups:
    """Without the weight vectors that were left out."""
    if not c.pruned and bool((c.density == 1).all()):
        return groups
    whole = c.channels * plan.taps
    each = np.maximum(1, np.rint(whole * c.density)).astype(np.int64)
    thin = (each < SHARE_FROM * whole) & ~plan.alone
    last = c.filters - (groups.count - 1) * plan.accelerator.rows
    busy = (groups.count - 1) * _busy(plan, plan.accelerator.rows, each) + _busy(plan, last, each)
    found = replace(
        groups,
        vectors=np.where(thin, groups.count * each, groups.vectors),
        longest=np.where(thin, each, groups.longest),
        entries=np.where(thin, groups.count * each, groups.entries),
        busy=np.where(thin, busy, groups.busy),
    )
    for network, at, pruning in c.pruned:
        _by_group(plan, c, found, (network, at), pruning)
    return found


def _by_group(plan: Plan, c: Counts, groups: Groups, at: tuple[int, int], pruning: VectorPruning) -> None:
    rows, drain = plan.accelerator.rows, plan.drain[at[1]]
    whole, filters = int(c.channels[at] * plan.taps[at[1]]), int(c.filters[at])
    kept = walked_by(pruning, int(c.live[at]), whole, rows)
    kept += [1] * (int(groups.count[at]) - len(kept))  # groups that only pass the skip on
    sizes = np.asarray([min(rows, filters - k * rows) for k in range(len(kept))])
    shared = whole if whole in kept else 0
    groups.vectors[at] = sum(kept)
    groups.longest[at] = max(kept)
    groups.entries[at] = sum(k for k in kept if k < whole) + shared
    groups.busy[at] = np.maximum(kept, half_even(sizes * drain)).sum()


def walked_by(pruning: VectorPruning, live: int, whole: int, rows: int) -> list[int]:
    """Weight vectors of each filter group of an accelerator with `rows` rows: the union of what its filters keep.

    Where it is not known which those are, independent choice is assumed.
    """
    kept = []
    for low in range(0, live, rows):
        parts = range(low // pruning.rows, -(-min(low + rows, live) // pruning.rows))
        if pruning.lists:
            union = len({p for k in parts for p in pruning.lists[k]})
        else:
            left = np.prod([1 - pruning.kept[k] / whole for k in parts])
            union = pruning.kept[parts[0]] if len(parts) == 1 else round(whole * (1 - left))
        kept.append(whole if union >= SHARE_FROM * whole else max(1, union))
    return kept
