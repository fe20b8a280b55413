"""What a program should cost before anything was simulated: the closed-form cycle model, and the energy that follows from it."""

from collections.abc import Mapping
from typing import Any, Final

from contracts import expert
from contracts.accelerator import Accelerator
from contracts.energy import Energy, EnergyTable, default_table_name, energy, load_table
from contracts.isa import Counter
from contracts.measurement import EXPERT
from contracts.network import LayerFacts, LayerShape
from hwservice.ir.program import Mark, Program
from hwservice.run.report import Estimate

PRICED: Final = "expert estimate: actions counted from the program x energy table + static power x estimated time"


def estimate(program: Program) -> Estimate:
    """The expert's cycles for a program, in all and per layer."""
    layers = expert.cycles(program.shape, program.accelerator)
    return Estimate(sum(layers), layers)


def estimated_figures(program: Program, table: EnergyTable | None = None) -> dict[str, Any]:
    """The figures of one inference as estimates, in all and layer by layer, with their origins.

    Args:
        table: energy per action; the one of the accelerator's board where absent.
    """
    accelerator = program.accelerator
    priced_by = table or load_table(default_table_name(accelerator))
    cycles = estimate(program).layers
    parts = [
        energy(counted(facts, shape, mark, accelerator), priced_by, accelerator.clock_mhz, took, accelerator)
        for facts, shape, mark, took in zip(program.facts, program.shape.layers, program.marks, cycles, strict=True)
    ]
    total = sum(cycles)
    latency_ms = total / (accelerator.clock_mhz * 1e3)
    clock = f"{accelerator.clock_mhz:g} MHz ({accelerator.clock_origin})"
    return {
        "cycles": total,
        "latency_ms": latency_ms,
        "utilisation": program.macs / (total * accelerator.cells) if total else 0.0,
        "energy_mj": {name: sum(getattr(part.total_mj, name) for part in parts) for name in ("value", "low", "high")},
        "energy_table": priced_by.name,
        "layers": [_layer(*row) for row in zip(program.marks, program.facts, cycles, parts, strict=True)],
        "origins": {"cycles": EXPERT, "latency_ms": f"{EXPERT}, {clock}", "utilisation": EXPERT, "energy_mj": PRICED},
    }


def counted(facts: LayerFacts, shape: LayerShape, mark: Mark, accelerator: Accelerator) -> Mapping[Counter, float]:
    """What the hardware counters that energy is priced by should see of one layer.

    Rows that a drain splits over several writes count as the port's cycles; skip reads and padding are not known here.
    """
    issued = facts.tiles * sum(group.count * group.vectors for group in facts.groups)
    drains = facts.tiles * sum(group.count * group.filters for group in facts.groups)
    return {
        Counter.ISSUED: issued,
        Counter.USEFUL_CELLS: mark.macs,
        Counter.BANK_READS: issued,
        Counter.SKIP_READS: 0,
        Counter.BANK_WRITES: max(drains, sum(walk.count * walk.tiles * walk.drain_cycles for walk in shape.walks)),
        Counter.DRAINS: drains,
        Counter.DRAM_READ_BEATS: (facts.stream_bytes + facts.map_bytes) / accelerator.dram_bytes,
        Counter.DRAM_WRITE_BEATS: facts.stored_bytes / accelerator.dram_bytes,
    }


def _layer(mark: Mark, facts: LayerFacts, cycles: float, priced: Energy) -> dict[str, Any]:
    return {
        "name": mark.name,
        "operator": mark.operator,
        "nodes": mark.origin,
        "macs": mark.macs,
        "vectors": mark.vectors,
        "filters": mark.filters,
        "channels": facts.channels,
        "height": facts.height,
        "width": facts.width,
        "bound_cycles": mark.bound_cycles,
        "cycles": cycles,
        "energy_mj": priced.total_mj.value,
    }
