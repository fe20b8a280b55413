"""Filters that need the same weight vectors lose them together."""

import numpy as np

from mlservice.pruning.grouping import alike


def kept_importance(scores: np.ndarray, order: np.ndarray, rows: int, vectors: int) -> float:
    """What is left when each group keeps its best vectors."""
    groups = [scores[order[k : k + rows]].sum(axis=0) for k in range(0, len(order), rows)]
    return float(sum(np.sort(group)[-vectors:].sum() for group in groups))


def test_filters_with_the_same_needs_share_a_group() -> None:
    needs = np.eye(4)[[0, 1, 2, 3] * 4]  # 16 filters, each of which needs one of four vectors
    order = alike(needs, 4)
    assert sorted(order.tolist()) == list(range(16))
    assert kept_importance(needs, order, 4, 1) == 16


def test_more_importance_is_kept_than_in_groups_as_they_come() -> None:
    random = np.random.default_rng(0)
    patterns = random.exponential(size=(5, 90)) ** 3
    scores = patterns[random.integers(0, 5, 30)] * random.exponential(size=(30, 90))
    order = alike(scores, 8)
    assert kept_importance(scores, order, 8, 20) > 1.05 * kept_importance(scores, np.arange(30), 8, 20)


def test_filters_that_need_nothing_come_last() -> None:
    scores = np.zeros((9, 6))
    scores[[2, 5, 7]] = 1
    assert set(alike(scores, 4)[:3].tolist()) == {2, 5, 7}
