"""Which filters lose weight vectors together: those that need the same ones.

The accelerator's compiler puts filters with equal lists into one group whatever their numbers are, so a group may be made of any filters.
"""

import numpy as np
from numpy.typing import NDArray

Order = NDArray[np.int64]


def alike(scores: NDArray[np.float64], rows: int) -> Order:
    """An order of the filters in which every `rows` of them need much the same weight vectors.

    Each group starts with the neediest filter that is free and takes those whose needs are most like its own so far (cosine of the needs'
    square roots, which weighs the many small needs).

    Args:
        scores: `(filters, vectors)`: what each vector is worth to each filter, at least 0.
        rows: filters of a group.

    Returns:
        Filters by their new place, int `(filters,)`.
    """
    roots = np.sqrt(scores)
    roots /= np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), 1e-30)
    free = np.ones(len(scores), bool)
    total = scores.sum(axis=1)
    order: list[int] = []
    for place in range(len(scores)):
        if place % rows == 0:
            pick = int(np.argmax(np.where(free, total, -np.inf)))
            shared = np.zeros(scores.shape[1])
        else:
            pick = int(np.argmax(np.where(free, roots @ shared, -np.inf)))
        shared += roots[pick]
        free[pick] = False
        order.append(pick)
    return np.array(order, np.int64)
