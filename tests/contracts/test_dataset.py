from contracts.accelerator import PRESETS
from contracts.dataset import LAYER_COLUMNS, NETWORK_COLUMNS, PASS_FACTS, accelerator_of
from contracts.isa import Counter


def test_no_table_has_a_column_twice() -> None:
    for table in (NETWORK_COLUMNS, LAYER_COLUMNS):
        names = [column.name for column in table]
        assert len(set(names)) == len(names)


def test_both_tables_carry_every_counter_and_layers_every_fact() -> None:
    networks, layers = ({c.name for c in table} for table in (NETWORK_COLUMNS, LAYER_COLUMNS))
    assert {counter.name.lower() for counter in Counter} <= networks & layers
    assert set(PASS_FACTS) <= layers


def test_every_column_says_where_it_comes_from() -> None:
    assert all(column.origin and column.what for column in (*NETWORK_COLUMNS, *LAYER_COLUMNS))


def test_a_row_gives_its_accelerator_back() -> None:
    for preset in PRESETS.values():
        row = {"accelerator": preset.name, "hw_dram_latency": preset.dram_latency, "hw_clock_mhz": preset.clock_mhz}
        row |= {f"hw_{name}": value for name, value in preset.hardware().items()}
        assert accelerator_of(row) == preset
