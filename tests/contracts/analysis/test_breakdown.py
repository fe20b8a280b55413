import json
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.accelerator import Accelerator
from contracts.analysis import CAUSES, breakdown
from contracts.measurement import Measurement
from tests.contracts.analysis.cases import TINY, layer
from tests.contracts.test_measurement import REPORTS


def test_rows_without_a_filter_are_a_share_of_the_cycles() -> None:
    # 10 vectors for 3 filters: 10 x 3 x 4 of 10 x 32 cells work.
    found = breakdown(layer(10, counters={"issued": 10, "useful_cells": 120}, groups=[(1, 3, 10)]), TINY)
    assert found["useful"] == pytest.approx(3.75)
    assert found["idle_rows"] == pytest.approx(6.25)
    assert found["idle_lanes"] == found["zero_weights"] == 0


def test_lanes_without_a_pixel_count_in_rows_that_are_in_use() -> None:
    # 5 pixels take 2 tiles of 4 lanes: 5/8 of the lanes; all 8 rows are in use.
    made = layer(20, counters={"issued": 20, "useful_cells": 400}, groups=[(1, 8, 10)], tiles=2, height=1, width=5)
    found = breakdown(made, TINY)
    assert found["useful"] == pytest.approx(12.5)
    assert found["idle_lanes"] == pytest.approx(7.5)
    assert found["idle_rows"] == found["zero_weights"] == 0


def test_what_is_left_are_weights_of_zero() -> None:
    # Depthwise: each of 8 x 9 vectors serves one of 8 filters.
    found = breakdown(layer(72, counters={"issued": 72, "useful_cells": 288}, groups=[(1, 8, 72)]), TINY)
    assert found["useful"] == pytest.approx(9)
    assert found["zero_weights"] == pytest.approx(63)


def test_without_facts_all_idle_cells_are_one() -> None:
    made = replace(layer(10, counters={"issued": 10, "useful_cells": 120}, groups=[(1, 3, 10)]), facts=None)
    assert breakdown(made, TINY)["zero_weights"] == pytest.approx(6.25)


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_every_measured_cycle_has_one_cause(path: Path) -> None:
    measured = Measurement.from_mapping(json.loads(path.read_text()))
    accelerator = Accelerator.from_mapping(measured.hardware)
    for found in measured.layers:
        parts = breakdown(found, accelerator)
        assert set(parts) == set(CAUSES)
        assert all(value >= 0 for value in parts.values())
        assert sum(parts.values()) == pytest.approx(found.cycles)
