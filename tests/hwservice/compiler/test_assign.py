"""Filters that use the same vectors share a group; every filter is in exactly one."""

import numpy as np
import pytest

from contracts.accelerator import PRESETS, Accelerator
from hwservice.compiler import compile_network
from hwservice.compiler.assign import assign_filters
from tests.hwservice.compiler.reference import Builder
from tests.hwservice.compiler.test_compile import SMALL, assert_program_is_right


def vectors_of(support: np.ndarray, groups: list[list[int]]) -> int:
    return sum(int(support[group].any(axis=0).sum()) for group in groups)


def shuffled_prototypes(seed: int, filters: int = 48, vectors: int = 90) -> np.ndarray:
    """Supports of which each occurs eight times, in random order."""
    r = np.random.default_rng(seed)
    prototypes = r.random((filters // 8, vectors)) < 0.3
    return prototypes[r.permutation(filters) % len(prototypes)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.05, 0.4, 1.0])
def test_every_filter_is_in_one_group_that_fits(seed: int, share: float) -> None:
    support = np.random.default_rng(seed).random((37, 50)) < share
    groups = assign_filters(support, 8)
    assert sorted(f for group in groups for f in group) == list(range(37))
    assert max(map(len, groups)) <= 8
    assert len(groups) == 5


@pytest.mark.parametrize("seed", range(5))
def test_filters_with_equal_vectors_end_up_together(seed: int) -> None:
    support = shuffled_prototypes(seed)
    assert vectors_of(support, assign_filters(support, 8)) == support.sum() // 8


@pytest.mark.parametrize("seed", range(5))
def test_no_order_is_worse_than_the_given_one(seed: int) -> None:
    support = np.random.default_rng(seed).random((40, 30)) < 0.1 * (seed + 1)
    given = [list(range(k, k + 8)) for k in range(0, 40, 8)]
    assert vectors_of(support, assign_filters(support, 8)) <= vectors_of(support, given)


def test_filters_without_vectors_fill_groups_up() -> None:
    support = np.ones((12, 30), bool)
    support[[0, 3, 5]] = False
    assert assign_filters(support, 8) == [[1, 2, 4, 6, 7, 8, 9, 10], [11, 0, 3, 5]]


def test_slow_drains_are_spread_over_the_groups() -> None:
    support = np.ones((10, 9), bool)
    assert [len(group) for group in assign_filters(support, 8)] == [8, 2]
    assert [len(group) for group in assign_filters(support, 8, drain_cycles=3.0)] == [5, 5]


@pytest.mark.parametrize("accelerator", [PRESETS["pynq-8x32"], SMALL])
def test_a_network_computes_the_same_in_any_assignment(accelerator: Accelerator) -> None:
    b = Builder((10, 6, 7))
    x = b.conv(b.input, 48)
    weights = b.layers[0].weights
    assert weights is not None
    weights *= shuffled_prototypes(0).reshape(weights.shape)
    network = b.network(b.conv(x, 48, skip=tuple(reversed(b.sources(x)))))
    assert compile_network(network, PRESETS["pynq-8x32"]).marks[0].vectors == shuffled_prototypes(0).sum() // 8
    assert_program_is_right(b, network, accelerator)
