"""From a simulation's counters to the figures that users see."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.energy import Energy, EnergyTable, energy
from contracts.isa import Counter
from contracts.measurement import (
    EXPERT,
    HOST,
    MEASURED,
    MODELLED,
    TAIL,
    EnergyFigures,
    LayerMeasurement,
    Measurement,
)
from contracts.network import LayerFacts
from hwservice.ir.program import Mark, Program
from hwservice.run.compiled import Compiled
from hwservice.simulators import SimulationResult

_WRAP = 1 << 32
_STALLS = {counter.name.removeprefix("STALL_").lower(): counter for counter in Counter if "STALL" in counter.name}
_TAIL = Mark(name=TAIL, operator="store", macs=0, bound_cycles=0, filters=0, vectors=0)
NOT_MEASURED = "list-length bound, not measured"


@dataclass(frozen=True)
class Stretch:
    """A mark with what the counters saw of it, mean over the inputs."""

    mark: Mark
    counters: Mapping[Counter, float]

    @property
    def cycles(self) -> float:
        """Cycles of this stretch."""
        return self.counters[Counter.CYCLES]


@dataclass(frozen=True)
class Estimate:
    """The closed form's cycles, for the network and per layer (by mark, in order)."""

    cycles: float
    layers: tuple[float, ...] = ()


@dataclass(frozen=True)
class Check:
    """Whether all outputs equal the golden model's, and which model that was."""

    bit_exact: bool
    against: str


@dataclass(frozen=True)
class Facts:
    """What the report needs besides the simulation's own result."""

    compiled: Compiled
    table: EnergyTable
    check: Check
    estimate: Estimate
    outputs: str | None
    notes: tuple[str, ...]


def stretches(program: Program, result: SimulationResult) -> tuple[Stretch, ...]:
    """One per mark, and one for what came after the last (storing the output), so that cycles add up to the total."""
    edges = np.concatenate([np.zeros_like(result.snapshots[:, :1]), result.snapshots, result.counters[:, None]], axis=1)
    means = (np.diff(edges, axis=1) % _WRAP).mean(axis=0)
    found = [_stretch(mark, row) for mark, row in zip((*program.marks, _TAIL), means, strict=True)]
    return tuple(found if found[-1].cycles else found[:-1])


def _stretch(mark: Mark, row: NDArray[np.float64]) -> Stretch:
    return Stretch(mark, {counter: float(row[counter]) for counter in Counter})


def price(parts: Sequence[Stretch], table: EnergyTable, accelerator: Accelerator) -> tuple[Energy, ...]:
    """Energy of each stretch."""
    return tuple(energy(part.counters, table, accelerator.clock_mhz, part.cycles, accelerator) for part in parts)


def total(parts: Sequence[Stretch]) -> dict[Counter, float]:
    """Counters of the whole inference."""
    return {counter: sum(part.counters[counter] for part in parts) for counter in Counter}


def measurement(result: SimulationResult, facts: Facts) -> Measurement:
    """Every figure of one simulated network, with its origin."""
    program = facts.compiled.content.program
    accelerator = program.accelerator
    parts = stretches(program, result)
    whole = total(parts)
    cycles = whole[Counter.CYCLES]
    latency_ms = cycles / (accelerator.clock_mhz * 1e3)
    priced = energy(whole, facts.table, accelerator.clock_mhz, cycles, accelerator)
    return Measurement(
        network=program.name,
        accelerator=accelerator.name,
        clock_mhz=accelerator.clock_mhz,
        clock_origin=accelerator.clock_origin,
        simulator=result.simulator,
        inputs=len(result.outputs),
        bit_exact=facts.check.bit_exact,
        checked_against=facts.check.against,
        cycles=cycles,
        latency_ms=latency_ms,
        throughput_fps=1e3 / latency_ms if latency_ms else 0.0,
        energy_mj=priced.total_mj.value,
        power_mw=priced.power_mw.value,
        utilisation=_utilisation(program.macs, cycles, accelerator),
        macs=program.macs,
        dram_bytes=_dram_bytes(whole, accelerator),
        expert_cycles=facts.estimate.cycles,
        simulated_cycles_per_s=result.cycles_per_second,
        compile_s=facts.compiled.seconds,
        compiled_before=facts.compiled.recalled,
        simulate_s=result.wall_s,
        outputs=facts.outputs,
        layers=_layers(parts, facts),
        energy=_figures(priced),
        program=_program_facts(program),
        float_error=facts.compiled.content.float_error,
        notes=facts.notes,
        origins=_origins(result, facts, priced),
        hardware=asdict(accelerator),
        traffic=result.traffic,
        quantisation=facts.compiled.content.network.quantisation,
    )


def _layers(parts: Sequence[Stretch], facts: Facts) -> tuple[LayerMeasurement, ...]:
    accelerator = facts.compiled.content.program.accelerator
    estimates: tuple[float | None, ...] = facts.estimate.layers
    estimates += (None,) * (len(parts) - len(estimates))
    costs = price(parts, facts.table, accelerator)
    found = [
        _layer(part, cost, estimate, accelerator)
        for part, cost, estimate in zip(parts, costs, estimates[: len(parts)], strict=True)
    ]
    laid_out = facts.compiled.content.program.facts
    return (*map(_with_facts, found, laid_out), *found[len(laid_out) :])


def _with_facts(layer: LayerMeasurement, facts: LayerFacts) -> LayerMeasurement:
    return replace(layer, facts=facts)


def _layer(part: Stretch, cost: Energy, estimate: float | None, accelerator: Accelerator) -> LayerMeasurement:
    mark = part.mark
    return LayerMeasurement(
        name=mark.name,
        operator=mark.operator,
        cycles=part.cycles,
        stalls={cause: part.counters[counter] for cause, counter in _STALLS.items()},
        utilisation=_utilisation(mark.macs, part.cycles, accelerator),
        macs=mark.macs,
        dram_bytes=_dram_bytes(part.counters, accelerator),
        energy_mj=cost.total_mj.value,
        bound_cycles=mark.bound_cycles,
        expert_cycles=estimate,
        counters={counter.name.lower(): value for counter, value in part.counters.items()},
        nodes=mark.origin,
    )


def _utilisation(macs: int, cycles: float, accelerator: Accelerator) -> float:
    return macs / (cycles * accelerator.cells) if cycles else 0.0


def _dram_bytes(counters: Mapping[Counter, float], accelerator: Accelerator) -> float:
    return accelerator.dram_bytes * (counters[Counter.DRAM_READ_BEATS] + counters[Counter.DRAM_WRITE_BEATS])


def _figures(priced: Energy) -> EnergyFigures:
    parts = {name: part.scaled(1e-9) for name, part in priced.parts_pj.items()}
    return EnergyFigures(priced.table, priced.total_mj, priced.power_mw, parts)


def _program_facts(program: Program) -> dict[str, int]:
    return {
        "instructions": program.instruction_count,
        "image_bytes": len(program.image),
        "dram_bytes": program.dram_bytes,
        "vectors": sum(mark.vectors for mark in program.marks),
        "bound_cycles": sum(mark.bound_cycles for mark in program.marks),
    }


def _origins(result: SimulationResult, facts: Facts, priced: Energy) -> dict[str, str]:
    accelerator = facts.compiled.content.program.accelerator
    counted = MEASURED if result.simulator == "rtl" else NOT_MEASURED
    timed = f"{counted}, {accelerator.clock_mhz:g} MHz ({accelerator.clock_origin})"
    bounds = f"{priced.total_mj.low:.3g} to {priced.total_mj.high:.3g} mJ"
    modelled = f"{MODELLED}, table {facts.table.name}"
    return {
        "cycles": counted,
        "latency_ms": timed,
        "throughput_fps": timed,
        "dram_bytes": counted,
        "utilisation": f"useful MACs / (cycles x cells), cycles {counted}",
        "energy_mj": f"{modelled}: {bounds}",
        "power_mw": f"{modelled}: energy / latency",
        "expert_cycles": EXPERT,
        "compile_s": HOST,
        "simulate_s": HOST,
        "simulated_cycles_per_s": HOST,
        "float_error": "integer outputs against ONNX Runtime's float ones, on calibration images",
        "traffic": f"beats at the pins to DRAM, first input, {counted}",
        "facts": "counted from the program",
        "bit_exact": f"all outputs compared with the {facts.check.against}",
    }
