import pytest

from contracts.analysis import roofline
from tests.contracts.analysis.cases import TINY, layer


def test_a_point_lies_at_macs_per_byte_of_the_busier_direction_and_macs_per_cycle() -> None:
    made = layer(20, macs=320, counters={"dram_read_beats": 16, "dram_write_beats": 4}, groups=[(1, 8, 10)])
    found = roofline([made], TINY)
    (point,) = found.layers
    assert point.macs_per_byte == pytest.approx(320 / 64)
    assert point.macs_per_cycle == pytest.approx(16)
    assert (point.roof, point.limit) == (20, "dram"), "5 MACs per byte at 4 bytes per cycle"
    assert found.ridge_macs_per_byte == 8, "32 cells / 4 bytes per cycle"


def test_right_of_the_ridge_the_array_is_the_roof() -> None:
    made = layer(20, macs=640, counters={"dram_read_beats": 2, "dram_write_beats": 10}, groups=[(1, 8, 10)])
    (point,) = roofline([made], TINY).layers
    assert (point.roof, point.limit) == (32, "array")


def test_what_multiplies_nothing_or_moves_nothing_is_no_point() -> None:
    idle = layer(20, counters={"dram_read_beats": 2}, groups=[(1, 8, 10)])
    still = layer(20, macs=64, counters={}, groups=[(1, 8, 10)])
    assert roofline([idle, still], TINY).layers == ()
