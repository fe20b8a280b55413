"""Trade-offs of a cost and a value: which points no other beats, and how much a set of points covers."""

from collections.abc import Sequence
from typing import Final

import numpy as np

_DIMENSIONS: Final = 2


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Which points are on the front: no other costs as little and is worth as much, with one of the two better.

    Of equal points the first is on it.

    Args:
        points: `(cost, value)` each; less cost and more value are better. Units are the caller's: ms or mJ, and accuracy.

    Returns:
        Positions, by growing cost (and growing value).

    Raises:
        ValueError: a point is no pair of finite numbers.

    Example:
        >>> front([(3, 92), (1, 89), (2, 88), (2, 91)])
        [1, 3, 0]
    """
    values = _checked(points)
    found: list[int] = []
    for position in np.lexsort((np.arange(len(values)), -values[:, 1], values[:, 0])):
        if not found or values[position, 1] > values[found[-1], 1]:
            found.append(int(position))
    return found


def hypervolume(points: Sequence[tuple[float, float]], reference: tuple[float, float]) -> float:
    """The area between the points' front and a reference point: of all (cost, value) that some point beats, up to the reference.

    Source: Zitzler and Thiele, "Multiobjective Optimization Using Evolutionary Algorithms", 1998.

    Args:
        points: as in `front`. Those that cost more than the reference, or are worth less, add nothing.
        reference: the worst cost and the worst value that count.

    Returns:
        In units of cost x value, at least 0.

    Raises:
        ValueError: a point, or the reference, is no pair of finite numbers.

    Example:
        >>> hypervolume([(1, 89), (2, 91)], (4, 88))
        7.0
    """
    worst_cost, worst_value = (float(each) for each in _checked([reference])[0])
    area, covered = 0.0, worst_value
    for position in front(points):
        cost, value = points[position]
        if cost < worst_cost and value > covered:
            area += (worst_cost - cost) * (value - covered)
            covered = value
    return float(area)


def _checked(points: Sequence[tuple[float, float]]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    values = np.array([tuple(map(float, point)) for point in points], np.float64).reshape(-1, _DIMENSIONS)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise ValueError(f"point {row} is {tuple(map(float, values[row]))}: give finite numbers")
    return values
