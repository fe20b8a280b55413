"""Write `docs/energy.md` from the tables: `python -m contracts.energy`; `--check` only says whether it is current."""

import sys
from collections.abc import Iterable
from pathlib import Path

from contracts.energy.model import ACTION_TEXT
from contracts.energy.table import EnergyEntry, EnergyTable, load_table, table_names

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/energy.md"

_HEAD = """# Energy

*Written by `python -m contracts.energy` from the tables in `contracts/energy/tables/`; a test fails when it is stale.*

No joule here is measured. Energy = sum over the hardware's counters x energy per action + static power x time, all
*modelled*. Power is energy / time. Every entry of a table has a value and the least and the greatest credible one; the
three are summed apart, so that the interval of a result is a worst case in which nothing cancels out.

`simulate --energy-table NAME|FILE` chooses a table. Without it, accelerators with a board take `fpga-board`, others
`asic45`. An own table is a TOML file of the same form as those in the folder; unknown, missing and impossible entries are
refused by name. DRAM is priced by the accelerator's kind (`dram`), static power by a word of its board's name.

## What is counted
| action | how often |
| --- | --- |
"""


def document() -> str:
    """The whole page."""
    actions = "".join(f"| `{name}` | {text} |\n" for name, text in ACTION_TEXT.items())
    return _HEAD + actions + "".join(_section(load_table(name)) for name in table_names())


def _section(table: EnergyTable) -> str:
    rows = [*_rows("", table.actions.items()), *_rows("dram.", table.dram.items())]
    rows += _rows("static.", table.static.items())
    head = "| entry | value | low | high | unit | source |\n| --- | --- | --- | --- | --- | --- |\n"
    return f"\n## Table `{table.name}`\n{table.what}\n\n{head}{''.join(rows)}"


def _rows(prefix: str, entries: Iterable[tuple[str, EnergyEntry]]) -> list[str]:
    return [
        f"| `{prefix}{name}` | {e.interval.value:g} | {e.interval.low:g} | {e.interval.high:g} | {e.unit} | {e.source} |\n"
        for name, e in entries
    ]


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(DOCUMENT.read_text() != document())
    DOCUMENT.write_text(document())
