"""Which filters share a filter group: a group walks the union of its filters' weight vectors, so filters alike belong together."""

import numpy as np
from numpy.typing import NDArray

Groups = list[list[int]]
Mask = NDArray[np.bool_]
ALIKE = 0.95
"""Filters that all have at least this share of the vectors gain nothing from being sorted."""
WORK_LIMIT = 10**9
"""Sorting takes about filters x vectors x groups additions; layers that need more (seconds) keep their order."""


def assign_filters(support: Mask, rows: int, drain_cycles: float = 1.0) -> Groups:
    """Filters of each group: the cheapest of full groups in order, groups of even size, and groups of filters alike.

    Filters without a vector fill groups up, or go together into groups of their own.

    Args:
        support: [filters, vectors]: which weight vectors a filter uses.
        rows: filters per group at most.
        drain_cycles: memory port cycles of one filter's drain.

    Example: with rows 2 and supports {0}, {1}, {0}, {1} the groups are [0, 2] and [1, 3]: two vectors instead of four.
    """
    live = [int(f) for f in np.flatnonzero(support.any(axis=1))]
    empty = [int(f) for f in np.flatnonzero(~support.any(axis=1))]
    orders = [live]
    work = len(live) * support.shape[1] * -(-len(live) // rows)
    if len(live) > rows and work <= WORK_LIMIT and support[live].mean() < ALIKE:
        orders.append(_alike(support, live, rows))
    found = [_fill(groups, empty, rows) for order in orders for groups in (_full(order, rows), _even(order, rows))]
    return min(found, key=lambda groups: _cycles(support, groups, drain_cycles))


def _cycles(support: Mask, groups: Groups, drain_cycles: float) -> float:
    """Cycles per tile."""
    return sum(max(1, int(support[g].any(axis=0).sum()), drain_cycles * len(g)) for g in groups)


def _full(order: list[int], rows: int) -> Groups:
    return [order[k : k + rows] for k in range(0, len(order), rows)]


def _even(order: list[int], rows: int) -> Groups:
    count = -(-len(order) // rows)
    edges = [len(order) * k // max(1, count) for k in range(count + 1)]
    return [order[low:high] for low, high in zip(edges[:-1], edges[1:], strict=True)]


def _fill(groups: Groups, empty: list[int], rows: int) -> Groups:
    """Filters without vectors into the free rows of the last groups, what is left into groups of their own."""
    filled, left = [list(g) for g in groups], list(empty)
    for group in reversed(filled):
        room = rows - len(group)
        group.extend(left[:room])
        left = left[room:]
    return filled + _full(left, rows)


def _alike(support: Mask, live: list[int], rows: int) -> list[int]:
    """An order in which every `rows` filters have most in common.

    A group starts with the filter of most vectors, then takes the one that adds fewest, among those the one that shares most.
    """
    table = np.ascontiguousarray(support[live].T, np.float32)
    size = table.sum(axis=0)
    free = np.ones(len(live), bool)
    shared, union = np.zeros_like(size), np.zeros(len(table), bool)
    order: list[int] = []
    for place in range(len(live)):
        if place % rows == 0:
            shared[:], union[:] = 0, False
        score = size - shared - shared / (1 + size.max()) if place % rows else -size
        pick = int(np.argmin(np.where(free, score, np.inf)))
        added = np.flatnonzero((table[:, pick] > 0) & ~union)
        union[added] = True
        shared += table[added].sum(axis=0)
        free[pick] = False
        order.append(live[pick])
    return order
