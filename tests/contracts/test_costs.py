import pytest

from contracts.accelerator import PRESETS, Accelerator, problems_of
from contracts.costs import costs_of, nearest_allowed


@pytest.mark.parametrize("preset", PRESETS.values(), ids=str)
def test_memories_add_up_to_what_is_on_the_chip(preset: Accelerator) -> None:
    assert sum(costs_of(preset).memory_bytes.values()) == preset.on_chip_bytes


def test_peaks_follow_from_cells_clock_and_bus() -> None:
    found = costs_of(PRESETS["pynq-8x32"])
    assert (found.multipliers, found.macs_per_cycle) == (256, 256)
    assert found.peak_gops == pytest.approx(51.2)
    assert found.dram_gb_per_s == pytest.approx(0.8)
    assert found.ridge_macs_per_byte == 32
    assert found.sum_bits == 256 * 32


@pytest.mark.parametrize(
    ("values", "field", "nearest"),
    [
        ({"rows": 12}, "rows", 8),
        ({"rows": 0}, "rows", 1),
        ({"lanes": 4, "dram_bytes": 32}, "dram_bytes", 4),
        ({"bank_depth": 1 << 30}, "bank_depth", (1 << 22) // 32),
        ({"queue_depth": 1000}, "queue_depth", 64),
        ({"clock_mhz": 9000.0}, "clock_mhz", 5000),
        ({"rows": 4, "dram_bytes": 32, "vector_depth": 1001}, "vector_depth", 1000),
    ],
)
def test_the_nearest_allowed_value_is_allowed(values: dict[str, float], field: str, nearest: int) -> None:
    assert field in problems_of(values)
    assert nearest_allowed(values, field) == nearest
    assert field not in problems_of({**values, field: nearest})


def test_text_has_no_nearest_number() -> None:
    assert nearest_allowed({"rows": "many"}, "rows") is None


def test_all_problems_are_named_where_one_value_is_no_number() -> None:
    found = problems_of({"rows": 12, "lanes": "x", "bank_depth": 5_000_000})
    assert found["lanes"] == "lanes is 'x'; it must be a whole number"
    assert found["rows"] == "rows is 12; it must be a power of two from 1 to 64"
    assert "bank_depth" not in found, "its limit depends on lanes, which are not known"
