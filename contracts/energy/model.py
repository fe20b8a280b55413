"""From hardware counters to joules."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final

from contracts.accelerator import Accelerator
from contracts.energy.table import EnergyTable
from contracts.isa import ENTRY_BYTES, RECORD_BYTES, Counter
from contracts.measurement import MODELLED, Interval

ACTION_TEXT: Final[Mapping[str, str]] = {
    "mac": "one per useful cell (USEFUL_CELLS)",
    "idle_cell": "one per cell that had nothing useful to do (ISSUED x cells - USEFUL_CELLS)",
    "bank_read": "lanes x 8 bits per bank row read by array, skip add or store (BANK_READS + SKIP_READS)",
    "bank_write": "lanes x 8 bits per bank write (BANK_WRITES); a write that fills few lanes counts in full",
    "weight_read": "rows x 8 bits per weight vector (ISSUED)",
    "list_read": "32 bits per weight vector (ISSUED)",
    "record_read": "128 bits per filter drained (DRAINS)",
    "requantise": "lanes values per filter drained (DRAINS)",
    "dram": "8 bits per byte read or written (DRAM_READ_BEATS + DRAM_WRITE_BEATS)",
    "static": "power x time",
}
"""How often each action happens. Writing what DRAM sent into the vector, list and record memories is not
counted apart: it costs a hundredth of the DRAM transfer itself and lies within its uncertainty."""


@dataclass(frozen=True)
class Energy:
    """Modelled energy of some cycles; never measured.

    Attributes:
        table: the table's name.
        parts_pj: by action, see `ACTION_TEXT`.
        time_ms: cycles / clock.
    """

    table: str
    parts_pj: Mapping[str, Interval]
    time_ms: float
    origin: str = MODELLED

    @property
    def total_pj(self) -> Interval:
        """The sum of all parts."""
        return reduce(add, self.parts_pj.values(), Interval())

    @property
    def total_mj(self) -> Interval:
        """The sum of all parts, in millijoules."""
        return self.total_pj.scaled(1e-9)

    @property
    def power_mw(self) -> Interval:
        """Energy / time; 0 where no time passed."""
        return self.total_pj.scaled(1e-6 / self.time_ms) if self.time_ms else Interval()


def energy(
    counters: Mapping[Counter, float], table: EnergyTable, clock_mhz: float, cycles: float, accelerator: Accelerator
) -> Energy:
    """Price what the counters saw.

    Args:
        counters: of one stretch (differences of snapshots), those of `Counter` that occur in `ACTION_TEXT` at least.
        table: energy per action.
        clock_mhz: what turns cycles into time.
        cycles: of the same stretch.
        accelerator: widths, the kind of DRAM and the board.

    Raises:
        InputError: the table does not price the accelerator's DRAM.
    """
    time_ms = cycles / (clock_mhz * 1e3)
    counts = _counts(counters, accelerator)
    parts = {name: table.actions[name].interval.scaled(count) for name, count in counts.items()}
    dram_bits = 8 * accelerator.dram_bytes * (counters[Counter.DRAM_READ_BEATS] + counters[Counter.DRAM_WRITE_BEATS])
    parts["dram"] = table.dram_entry(accelerator).interval.scaled(dram_bits)
    # 1 mW for 1 ms is 1 microjoule: 1e6 pJ.
    parts["static"] = table.static_entry(accelerator).interval.scaled(time_ms * 1e6)
    return Energy(table.name, parts, time_ms)


def _counts(counters: Mapping[Counter, float], accelerator: Accelerator) -> dict[str, float]:
    """How many times each action's unit (an operation or a bit) happened."""
    issued, useful, drains = counters[Counter.ISSUED], counters[Counter.USEFUL_CELLS], counters[Counter.DRAINS]
    row_bits = 8 * accelerator.lanes
    return {
        "mac": useful,
        "idle_cell": max(issued * accelerator.cells - useful, 0),
        "bank_read": row_bits * (counters[Counter.BANK_READS] + counters[Counter.SKIP_READS]),
        "bank_write": row_bits * counters[Counter.BANK_WRITES],
        "weight_read": 8 * accelerator.rows * issued,
        "list_read": 8 * ENTRY_BYTES * issued,
        "record_read": 8 * RECORD_BYTES * drains,
        "requantise": accelerator.lanes * drains,
    }
