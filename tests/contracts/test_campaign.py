"""Distributions of a campaign's rows, and how campaigns grow."""

import time
from typing import Any

import numpy as np
import pytest

from contracts.campaign import BINS, HISTOGRAMS, POINTS, ROW_COLUMNS, Rows, grown, networks_of, rows_of


def rows(count: int, failed: int = 0) -> Rows:
    """Two families on two accelerators, with figures that follow from the number; the last ones failed."""
    number = np.arange(count)
    figures: dict[str, Any] = {
        "macs": 1000 + number,
        "cycles": 2000 + 2 * number,
        "expert_cycles": 2100 + 2 * number,
        "latency_ms": 0.01 * 1.0001**number,
        "energy_mj": 0.1 + number / 1000,
        "utilisation": number / max(count, 1),
    }
    columns: dict[str, Any] = {name: values.tolist() for name, values in figures.items()}
    for name in figures:
        columns[name][count - failed :] = [None] * failed
    columns |= {
        "run": [f"{k:032x}" for k in number],
        "family": ["resnet" if k % 3 else "plain" for k in number],
        "accelerator": ["edge-8x8" if k % 2 else "pynq-8x32" for k in number],
        "seed": number.tolist(),
        "status": ["done"] * (count - failed) + ["failed"] * failed,
        "reason": [None] * (count - failed) + [f"CapacityError: layer {k} is too large" for k in range(failed)],
    }
    assert set(columns) == set(ROW_COLUMNS)
    return Rows(columns)


def test_every_row_that_is_done_is_in_one_bin_of_its_family() -> None:
    found = rows(300, failed=20).distributions()
    assert (found["rows"], found["failures"], found["families"]) == (300, 20, ["plain", "resnet"])
    for name in HISTOGRAMS:
        histogram = found["histograms"][name]
        assert len(histogram["edges"]) == BINS + 1
        assert sum(map(sum, histogram["counts"].values())) == 280
        assert histogram["edges"][0] <= histogram["least"] <= histogram["median"] <= histogram["greatest"]
    assert sum(part["rows"] for part in found["composition"]) == 300
    assert sum(part["failures"] for part in found["composition"]) == 20


def test_failures_are_told_by_error_and_one_by_one() -> None:
    found = rows(300, failed=60).distributions()
    assert found["reasons"] == [
        {"error": "CapacityError", "rows": 60, "example": "CapacityError: layer 0 is too large"}
    ]
    assert found["failed"][0]["seed"] == 240
    assert len(found["failed"]) == 50


@pytest.mark.parametrize("count", [0, 1])
def test_few_rows_or_none_are_no_problem(count: int) -> None:
    found = rows(count).distributions()
    assert found["histograms"]["latency_ms"]["least"] == (0.01 if count else None)
    assert sum(len(own["macs"]) for own in found["scatter"].values()) == count


def test_a_hundred_thousand_rows_take_less_than_two_seconds_and_a_page_full_of_points() -> None:
    many = rows(100_000, failed=1000)
    started = time.process_time()
    found = many.distributions()
    assert time.process_time() - started < 2
    assert sum(len(own["macs"]) for own in found["scatter"].values()) <= POINTS


def test_campaigns_grow_in_proportion_and_never_shrink() -> None:
    assert grown([30, 10], 80) == [60, 20]
    assert grown([30, 10], 41) == [31, 11]
    definition = {"accelerators": ["edge-8x8", "pynq-8x32"], "part": [{"count": 30}, {"count": 10}]}
    assert (networks_of(definition), rows_of(definition)) == (40, 80)
    assert rows_of({"accelerators": "all", "part": [{"count": "many"}, 7]}) == 0
