"""Conformal intervals: as wide as errors were, wider where they were larger."""

import numpy as np
import pytest

from mlservice.predictors.features import NETWORK_FEATURES
from mlservice.predictors.interval import Interval
from mlservice.predictors.rows import Rows


def test_nine_in_ten_new_errors_lie_inside(rows: Rows) -> None:
    rng = np.random.default_rng(0)
    interval = Interval.fit(rows.batch, rng.normal(0, 0.02, len(rows)), seed=0)
    new = rng.normal(0, 0.02, len(rows))
    assert (np.abs(new) <= interval.widths(rows.batch)).mean() == pytest.approx(0.9, abs=0.08)


def test_they_are_wider_where_errors_are_larger(rows: Rows) -> None:
    wide = rows.batch.networks[:, NETWORK_FEATURES.index("lanes")] > 16
    sizes = np.where(wide, 0.05, 0.005)
    interval = Interval.fit(rows.batch, np.random.default_rng(0).normal(0, sizes), seed=0)
    widths = interval.widths(rows.batch)
    assert np.median(widths[wide]) > 3 * np.median(widths[~wide])


def test_errors_that_a_group_has_in_common_do_not_make_intervals_narrow(rows: Rows) -> None:
    rng = np.random.default_rng(0)
    groups = np.arange(len(rows)) // 4
    shared = rng.normal(0, 0.02, groups.max() + 1)
    interval = Interval.fit(rows.batch, shared[groups], seed=0, groups=groups)
    new = rng.normal(0, 0.02, len(rows))
    assert (np.abs(new) <= interval.widths(rows.batch)).mean() > 0.8


def test_a_few_errors_give_the_largest_of_them(rows: Rows) -> None:
    few = rows.batch.taken(np.arange(5))
    interval = Interval.fit(few, np.array([0.01, -0.03, 0.0, 0.02, 0.01]), seed=0)
    assert interval.widths(few) == pytest.approx(np.full(5, 0.03))
