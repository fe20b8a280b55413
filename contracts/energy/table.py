"""Energy tables: files that say what each action costs, with unit, uncertainty and source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

from contracts.accelerator import Accelerator
from contracts.errors import InputError
from contracts.measurement import Interval

TABLE_FOLDER: Final = Path(__file__).parent / "tables"
MAXIMUM_BYTES: Final = 1 << 20

ACTION_UNITS: Final[Mapping[str, str]] = {
    "mac": "pJ",
    "idle_cell": "pJ",
    "bank_read": "pJ/bit",
    "bank_write": "pJ/bit",
    "weight_read": "pJ/bit",
    "list_read": "pJ/bit",
    "record_read": "pJ/bit",
    "requantise": "pJ",
}
"""Every action that a table must price, and its unit; DRAM (pJ/bit, by kind) and static power (mW) come on top."""


@dataclass(frozen=True)
class EnergyEntry:
    """One line of a table."""

    interval: Interval
    unit: str
    source: str


@dataclass(frozen=True)
class EnergyTable:
    """What each action costs on one kind of target.

    Attributes:
        actions: by the names of `ACTION_UNITS`, in pJ or pJ/bit.
        dram: by the kind of DRAM (`Accelerator.dram`), in pJ/bit.
        static: by a word of the board's name (`Accelerator.board`), in mW; `default` for all others.
    """

    name: str
    what: str
    actions: Mapping[str, EnergyEntry]
    dram: Mapping[str, EnergyEntry]
    static: Mapping[str, EnergyEntry]

    def dram_entry(self, accelerator: Accelerator) -> EnergyEntry:
        """Energy per bit of the accelerator's DRAM.

        Raises:
            InputError: the table does not price that kind.
        """
        if accelerator.dram not in self.dram:
            known = ", ".join(self.dram)
            raise InputError(f"energy table {self.name!r} has no DRAM {accelerator.dram!r}; it has {known}")
        return self.dram[accelerator.dram]

    def static_entry(self, accelerator: Accelerator) -> EnergyEntry:
        """Static power of the accelerator's board, or the table's default."""
        return self.static[_board(self, accelerator)]


def _board(table: EnergyTable, accelerator: Accelerator) -> str:
    named = (board for board in table.static if board != "default" and board in accelerator.board)
    return next(named, "default")


def table_names() -> tuple[str, ...]:
    """The tables that ship."""
    return tuple(sorted(path.stem for path in TABLE_FOLDER.glob("*.toml")))


def default_table_name(accelerator: Accelerator) -> str:
    """`fpga-board` for accelerators with a board, `asic45` for those without."""
    return "asic45" if accelerator.board in ("", "none") else "fpga-board"


def load_table(name_or_path: str) -> EnergyTable:
    """A table that ships, by name, or one of the user's, by the path of a TOML file.

    Raises:
        InputError: there is no such table, or an entry is missing, unknown or out of range; the message names it.
    """
    shipped = TABLE_FOLDER / f"{name_or_path}.toml"
    path = shipped if name_or_path in table_names() else Path(name_or_path)
    if not path.is_file():
        raise InputError(f"energy table {name_or_path!r} is neither a file nor one of {', '.join(table_names())}")
    if path.stat().st_size > MAXIMUM_BYTES:
        raise InputError(f"energy table {path} has {path.stat().st_size} bytes; at most {MAXIMUM_BYTES} are read")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise InputError(f"energy table {path} is not TOML: {error}") from error
    return table_from_mapping(values, str(path))


def table_from_mapping(values: Mapping[str, Any], place: str) -> EnergyTable:
    """A table from parsed TOML or JSON; `place` stands in error messages.

    Raises:
        InputError: an entry is missing, unknown or out of range.
    """
    _only(values, {"name", "what", "actions", "static"}, place)
    actions = dict(_section(values, "actions", place))
    dram = _section(actions, "dram", f"{place}: actions")
    actions.pop("dram")
    static = _section(values, "static", place)
    _only(actions, set(ACTION_UNITS), f"{place}: actions")
    _demand(actions, tuple(ACTION_UNITS), f"{place}: actions")
    _demand(static, ("default",), f"{place}: static")
    return EnergyTable(
        name=_text(values, "name", place),
        what=_text(values, "what", place),
        actions={name: _entry(actions[name], unit, f"{place}: {name}") for name, unit in ACTION_UNITS.items()},
        dram={kind: _entry(entry, "pJ/bit", f"{place}: dram.{kind}") for kind, entry in dram.items()},
        static={board: _entry(entry, "mW", f"{place}: static.{board}") for board, entry in static.items()},
    )


def _section(values: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    section = values.get(name)
    if not isinstance(section, Mapping):
        raise InputError(f"{place}: section {name!r} is missing")
    return section


def _only(values: Mapping[str, Any], known: set[str], place: str) -> None:
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(f"{place}: {unknown[0]!r} is unknown; known are {', '.join(sorted(known))}")


def _demand(values: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    missing = [name for name in names if name not in values]
    if missing:
        raise InputError(f"{place}: entry {missing[0]!r} is missing")


def _text(values: Mapping[str, Any], name: str, place: str) -> str:
    text = values.get(name)
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{place}: {name!r} is {text!r}; it must be a text")
    return text


def _entry(values: object, unit: str, place: str) -> EnergyEntry:
    if not isinstance(values, Mapping):
        raise InputError(f"{place} is {values!r}; it must have value, low, high, unit and source")
    _only(values, {"value", "low", "high", "unit", "source"}, place)
    if values.get("unit") != unit:
        raise InputError(f"{place}: unit is {values.get('unit')!r}; it must be {unit!r}")
    value, low, high = (_number(values, name, place) for name in ("value", "low", "high"))
    if not 0 <= low <= value <= high:
        raise InputError(f"{place}: value {value} must be within low {low} and high {high}, and low at least 0")
    return EnergyEntry(Interval(value, low, high), unit, _text(values, "source", place))


def _number(values: Mapping[str, Any], name: str, place: str) -> float:
    number = values.get(name)
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not isfinite(number):
        raise InputError(f"{place}: {name} is {number!r}; it must be a number")
    return float(number)
