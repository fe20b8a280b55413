"""The fast twin: the golden interpreter, with the list-length bound in place of measured cycles. Not a measurement."""

import time

import numpy as np
from numpy.typing import NDArray

from contracts.isa import Counter
from hwservice.interpreter import Machine
from hwservice.ir.program import Program
from hwservice.simulators.result import SimulationResult


def simulate_null(program: Program, inputs: NDArray[np.uint8]) -> SimulationResult:
    """Run a program on the interpreter for inputs [N, channels, height, width]."""
    started = time.perf_counter()
    dram = program.memory()
    machine = Machine(program.accelerator, dram)
    outputs, counters, snapshots = [], [], []
    bounds = np.cumsum([mark.bound_cycles for mark in program.marks])
    for values in inputs:
        program.write_input(dram, values)
        outcome = machine.run(0)
        seen = program.read_snapshots(dram)
        seen[:, Counter.CYCLES] = bounds
        outcome.counters[Counter.CYCLES] = bounds[-1] if len(bounds) else 0
        outputs.append(program.read_outputs(dram))
        counters.append(outcome.counters)
        snapshots.append(seen)
    return SimulationResult(
        simulator="null",
        status=outcome.status,
        fault=outcome.fault,
        fault_index=outcome.fault_index,
        outputs=tuple(outputs),
        counters=np.stack(counters),
        snapshots=np.stack(snapshots),
        wall_s=time.perf_counter() - started,
        simulated_cycles=int(sum(c[Counter.CYCLES] for c in counters)),
        dram=dram,
    )
