"""Scores are what their names say."""

import numpy as np
import pytest

from mlservice.predictors.scores import scores_of


def test_they_are_what_one_counts_by_hand() -> None:
    measured = np.array([100.0, 200.0, 400.0, 800.0])
    predicted = np.array([100.5, 190.0, 404.0, 1000.0])
    found = scores_of(measured, predicted, (predicted * 0.98, predicted * 1.02), np.array([False, False, False, True]))
    assert found.mape == pytest.approx((0.5 + 5 + 1 + 25) / 4)
    assert found.worst == pytest.approx(25)
    assert (found.within_1, found.within_5, found.within_10) == (0.5, 0.75, 0.75)
    assert (found.kendall, found.spearman) == (1, 1)
    assert found.coverage == 0.5
    assert (found.outside, found.worst_tenth_caught) == (0.25, 1)


def test_ranks_need_three_that_differ() -> None:
    assert scores_of(np.array([1.0, 2.0]), np.array([1.0, 2.0])).kendall is None
    assert scores_of(np.ones(5), np.arange(1.0, 6.0, dtype=np.float64)).kendall is None
    assert scores_of(np.array([1.0, 2.0]), np.array([1.0, 2.0])).coverage is None
