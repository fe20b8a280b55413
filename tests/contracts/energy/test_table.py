from pathlib import Path

import pytest

from contracts.accelerator import PRESETS, Accelerator
from contracts.energy import default_table_name, load_table, table_names
from contracts.energy.table import ACTION_UNITS, TABLE_FOLDER
from contracts.errors import InputError


@pytest.fixture
def own_table(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text((TABLE_FOLDER / "asic45.toml").read_text())
    return path


def replace(path: Path, old: str, new: str) -> str:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return str(path)


@pytest.mark.parametrize("name", table_names())
def test_every_shipped_entry_names_its_source(name: str) -> None:
    table = load_table(name)
    entries = [*table.actions.values(), *table.dram.values(), *table.static.values()]
    assert all(len(entry.source) > 20 for entry in entries)
    assert set(table.actions) == set(ACTION_UNITS)


@pytest.mark.parametrize("accelerator", PRESETS.values(), ids=lambda a: a.name)
def test_every_preset_can_be_priced_by_every_table(accelerator: Accelerator) -> None:
    for name in table_names():
        table = load_table(name)
        assert table.dram_entry(accelerator).unit == "pJ/bit"
        assert table.static_entry(accelerator).unit == "mW"


def test_the_board_chooses_the_static_power() -> None:
    table = load_table("fpga-board")
    pynq, zcu = PRESETS["pynq-8x32"], PRESETS["zcu-16x64"]
    assert table.static_entry(pynq) == table.static["PYNQ-Z2"]
    assert table.static_entry(zcu) == table.static["ZCU104"]
    assert table.static_entry(Accelerator(board="mine")) == table.static["default"]


def test_the_board_chooses_the_default_table() -> None:
    assert default_table_name(PRESETS["pynq-8x32"]) == "fpga-board"
    assert default_table_name(Accelerator()) == "asic45"


def test_a_users_own_table_is_read(own_table: Path) -> None:
    path = replace(own_table, "value = 0.3", "value = 0.4")
    assert load_table(path).actions["mac"].interval.value == 0.4


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("value = 0.3", "value = 9.0", r"mac: value 9.0 must be within low 0.23 and high 0.6"),
        ("value = 0.3", "value = nan", "mac: value is nan"),
        ("value = 0.3", 'value = "much"', "mac: value is 'much'"),
        ("low = 0.23", "low = -1.0", "low at least 0"),
        ('unit = "pJ"', 'unit = "nJ"', "unit is 'nJ'; it must be 'pJ'"),
        ("[actions.mac]", "[actions.mack]", "'mack' is unknown"),
        ("[actions.idle_cell]", "[other]", "'other' is unknown"),
        ("[static.default]", "[static.other]", "'default' is missing"),
        ('name = "asic45"', "name = 3", "'name' is 3"),
        ('name = "asic45"', "name = ", "is not TOML"),
    ],
)
def test_a_broken_table_is_refused_by_name(own_table: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_table(replace(own_table, old, new))


def test_an_unknown_table_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match="asic45, fpga-board"):
        load_table("asic7")


def test_an_unknown_dram_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(InputError, match=r"no DRAM 'core'; it has DDR3"):
        load_table("asic45").dram_entry(Accelerator(dram="core"))
