"""The roofline: work per byte against work per cycle, under what the array and DRAM can do."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.accelerator import Accelerator
from contracts.measurement import LayerMeasurement


@dataclass(frozen=True)
class Point:
    """One layer, or the whole network.

    Attributes:
        macs_per_byte: useful multiply-accumulates per byte of the busier direction while it ran.
        macs_per_cycle: of the cycles that it took.
        roof: the most macs per cycle at that intensity.
        limit: whose roof that is: `array` or `dram`.
    """

    name: str
    macs_per_byte: float
    macs_per_cycle: float
    roof: float
    limit: str


@dataclass(frozen=True)
class Roofline:
    """Roofs of the accelerator and points under them.

    Attributes:
        array_macs_per_cycle: all cells at work.
        dram_bytes_per_cycle: in each direction.
        ridge_macs_per_byte: where the roofs meet.
        clock_mhz: turns macs per cycle into macs per second.
        whole: the network.
        layers: those that multiply and move bytes.
    """

    array_macs_per_cycle: int
    dram_bytes_per_cycle: int
    ridge_macs_per_byte: float
    clock_mhz: float
    whole: Point | None
    layers: tuple[Point, ...]


def roofline(layers: Sequence[LayerMeasurement], accelerator: Accelerator) -> Roofline:
    """Points from the counters. DRAM moves `dram_bytes` per cycle in each direction, so the busier one is what counts.

    Bytes are those that moved while a layer ran: weights of later layers that were loaded ahead are among them.

    Example: 2,560 MACs in 20 cycles with 64 beats of 8 bytes read: 5 MACs per byte, 128 MACs per cycle.
    """
    peak, beat = accelerator.cells, accelerator.dram_bytes
    points = [point(layer.name, [layer], accelerator) for layer in layers]
    found = tuple(p for p in points if p is not None)
    return Roofline(peak, beat, peak / beat, accelerator.clock_mhz, point("network", layers, accelerator), found)


def point(name: str, layers: Sequence[LayerMeasurement], accelerator: Accelerator) -> Point | None:
    """Where these layers together lie; None where they multiply nothing, move nothing or take no time."""
    macs, cycles = sum(layer.macs for layer in layers), sum(layer.cycles for layer in layers)
    read, written = (sum(layer.counters.get(f"dram_{way}_beats", 0.0) for layer in layers) for way in ("read", "write"))
    moved = max(read, written) * accelerator.dram_bytes
    if not (macs and cycles and moved):
        return None
    slope = macs / moved * accelerator.dram_bytes
    roof, limit = min((float(accelerator.cells), "array"), (slope, "dram"))
    return Point(name, macs / moved, macs / cycles, roof, limit)
