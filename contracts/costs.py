"""What an accelerator costs and could reach, as far as its parameters alone say it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from contracts.accelerator import Accelerator, problems_of

COMPUTED: Final = "computed from the parameters"
_SUM_BITS: Final = 32


@dataclass(frozen=True)
class Costs:
    """Hardware and peaks; no place-and-route was done.

    Attributes:
        multipliers: 8 x 8 bits, one in each cell.
        sum_bits: registers that hold the cells' 32-bit sums.
        drain_bits: registers that the sums move to while the next tile is computed. Pipeline registers come on top.
        memory_bytes: on the chip, by memory.
        macs_per_cycle: all cells at work.
        peak_gops: two operations for each multiply-accumulate, at the clock.
        dram_gb_per_s: in each direction, at the clock.
        ridge_macs_per_byte: work per DRAM byte from which the array is the limit.
    """

    multipliers: int
    sum_bits: int
    drain_bits: int
    memory_bytes: Mapping[str, int]
    macs_per_cycle: int
    peak_gops: float
    dram_gb_per_s: float
    ridge_macs_per_byte: float
    origin: str = COMPUTED

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        return asdict(self)


def costs_of(accelerator: Accelerator) -> Costs:
    """Follows from the parameters.

    Example: 8 x 32 cells at 100 MHz: 256 multipliers, 51.2 GOPS at most.
    """
    a = accelerator
    return Costs(
        multipliers=a.cells,
        sum_bits=a.cells * _SUM_BITS,
        drain_bits=a.cells * _SUM_BITS,
        memory_bytes=a.memory_bytes,
        macs_per_cycle=a.cells,
        peak_gops=2 * a.cells * a.clock_mhz / 1000,
        dram_gb_per_s=a.dram_bytes * a.clock_mhz / 1000,
        ridge_macs_per_byte=a.cells / a.dram_bytes,
    )


def nearest_allowed(values: Mapping[str, Any], field: str) -> int | None:
    """The number nearest to what a field has that is allowed with the other fields; None where none was found.

    Example: `nearest_allowed({"rows": 12}, "rows") == 8`.
    """
    given = values.get(field)
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    for candidate in sorted(set(_candidates(given)), key=lambda number: (abs(number - given), number)):
        if field not in problems_of({**values, field: candidate}):
            return candidate
    return None


def _candidates(given: float) -> Iterator[int]:
    """Powers of two, which all limits but the clock's are, and multiples of them beside what was given."""
    yield 5000
    for exponent in range(23):
        unit = 1 << exponent
        yield unit
        if unit <= abs(given) < 1 << 30:
            yield from (int(given // unit * unit), int(given // unit * unit + unit))
