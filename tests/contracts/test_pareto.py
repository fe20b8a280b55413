"""Fronts and hypervolumes of (cost, value) points."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.pareto import front, hypervolume

COORDINATES = st.integers(0, 20).map(float)
POINTS = st.lists(st.tuples(COORDINATES, COORDINATES), max_size=12)
REFERENCE = (20.0, 0.0)


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] >= other[1]


def test_a_point_that_costs_more_and_is_worth_less_is_not_on_the_front() -> None:
    assert front([(3, 92), (1, 89), (2, 88), (2, 91)]) == [1, 3, 0]


def test_the_area_is_that_of_the_stairs_up_to_the_reference() -> None:
    assert hypervolume([(1, 89), (2, 91)], (4, 88)) == 3 * 1 + 2 * 2


def test_no_points_cover_nothing() -> None:
    assert front([]) == []
    assert hypervolume([], REFERENCE) == 0


def test_points_beyond_the_reference_add_nothing() -> None:
    assert hypervolume([(5, 95), (1, 80)], (4, 88)) == 0


@pytest.mark.parametrize("wrong", [(math.nan, 1.0), (1.0, math.inf)])
def test_what_is_no_number_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"point 1 is .*: give finite numbers"):
        front([(1.0, 1.0), wrong])


@given(POINTS)
def test_the_front_is_what_nothing_beats_and_beats_or_equals_all_else(points: list[tuple[float, float]]) -> None:
    chosen = [points[k] for k in front(points)]
    assert chosen == sorted(set(chosen))
    assert not any(beats(one, other) for one in points for other in chosen)
    assert all(point in chosen or any(beats(one, point) for one in chosen) for point in points)


@given(POINTS)
def test_the_area_is_the_number_of_unit_squares_that_a_point_beats(points: list[tuple[float, float]]) -> None:
    squares = sum(any(c <= x and v >= y + 1 for c, v in points) for x in range(20) for y in range(20))
    assert hypervolume(points, REFERENCE) == squares


@given(POINTS, st.tuples(COORDINATES, COORDINATES))
def test_a_further_point_never_covers_less(points: list[tuple[float, float]], more: tuple[float, float]) -> None:
    assert hypervolume([*points, more], REFERENCE) >= hypervolume(points, REFERENCE)
