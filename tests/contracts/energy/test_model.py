import pytest

from contracts.accelerator import Accelerator
from contracts.energy import ACTION_TEXT, energy, load_table
from contracts.isa import Counter
from contracts.measurement import Interval

SMALL = Accelerator(rows=2, lanes=4, dram_bytes=4, dram="DDR3", bank_depth=64, vector_depth=64, list_depth=64)
NOTHING: dict[Counter, float] = dict.fromkeys(Counter, 0)


def priced(cycles: float = 0, **counters: float) -> dict[str, Interval]:
    seen = NOTHING | {Counter[name]: value for name, value in counters.items()}
    return dict(energy(seen, load_table("asic45"), 100.0, cycles, SMALL).parts_pj)


def test_every_action_has_a_text_and_a_part() -> None:
    assert set(priced()) == set(ACTION_TEXT)


def test_nothing_happened_costs_nothing() -> None:
    result = energy(NOTHING, load_table("asic45"), 100.0, 0, SMALL)
    assert result.total_pj == Interval()
    assert result.power_mw == Interval()


def test_one_vector_costs_its_cells_and_its_memories() -> None:
    parts = priced(ISSUED=1, USEFUL_CELLS=5, BANK_READS=1)
    assert parts["mac"].value == pytest.approx(5 * 0.3)
    assert parts["idle_cell"].value == pytest.approx(3 * 0.03)
    assert parts["bank_read"].value == pytest.approx(4 * 8 * 0.1)
    assert parts["weight_read"].value == pytest.approx(2 * 8 * 0.1)
    assert parts["list_read"].value == pytest.approx(32 * 0.1)


def test_one_drain_costs_a_record_and_a_row_of_requantisations() -> None:
    parts = priced(DRAINS=1, BANK_WRITES=1, SKIP_READS=1)
    assert parts["record_read"].value == pytest.approx(128 * 0.1)
    assert parts["requantise"].value == pytest.approx(4 * 2.7)
    assert parts["bank_write"].value == pytest.approx(32 * 0.12)
    assert parts["bank_read"].value == pytest.approx(32 * 0.1)


def test_dram_is_priced_by_bytes_in_both_directions() -> None:
    parts = priced(DRAM_READ_BEATS=2, DRAM_WRITE_BEATS=1)
    assert parts["dram"].value == pytest.approx(3 * 4 * 8 * 70)


def test_static_energy_is_power_times_time() -> None:
    result = energy(NOTHING, load_table("asic45"), 100.0, 1e5, SMALL)  # 1 ms at 8 mW
    assert result.total_mj.value == pytest.approx(8e-3)
    assert result.power_mw.value == pytest.approx(8.0)


def test_bounds_are_the_sums_of_the_entries_bounds() -> None:
    seen = NOTHING | {Counter.ISSUED: 7, Counter.USEFUL_CELLS: 30, Counter.DRAINS: 2, Counter.DRAM_READ_BEATS: 9}
    result = energy(seen, load_table("asic45"), 100.0, 50, SMALL)
    assert result.total_pj.low == pytest.approx(sum(part.low for part in result.parts_pj.values()))
    assert result.total_pj.high == pytest.approx(sum(part.high for part in result.parts_pj.values()))
    assert result.total_pj.low < result.total_pj.value < result.total_pj.high


def test_power_says_that_it_is_modelled() -> None:
    assert energy(NOTHING, load_table("asic45"), 100.0, 1, SMALL).origin.startswith("modelled")
