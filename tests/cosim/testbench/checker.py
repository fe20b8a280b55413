"""Compares what the accelerator left behind with what the golden interpreter says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.isa import COUNTER_BYTES, Counter, Status
from hwservice.interpreter import Machine, Outcome
from hwservice.ir.program import Program
from tests.cosim.testbench.bench import Bench

TIMELESS = (
    Counter.ISSUED,
    Counter.USEFUL_CELLS,
    Counter.BANK_READS,
    Counter.BANK_WRITES,
    Counter.DRAINS,
    Counter.SKIP_READS,
    Counter.DRAM_READ_BEATS,
    Counter.DRAM_WRITE_BEATS,
)
"""Counters that do not depend on time: the interpreter has them too."""


@dataclass(frozen=True, eq=False)
class Golden:
    """What the interpreter says: the end, and DRAM after it. `timed`: bytes of DRAM that hold snapshots."""

    outcome: Outcome
    dram: NDArray[np.uint8]
    timed: NDArray[np.bool_]


def golden_of(accelerator: Accelerator, dram: NDArray[np.uint8], program: Program) -> Golden:
    """Run the interpreter on a copy of a DRAM image."""
    after = dram.copy()
    outcome = Machine(accelerator, after).run(0)
    timed = np.zeros(len(dram), bool)
    size = len(program.marks) * len(Counter) * COUNTER_BYTES
    timed[program.counters_address : program.counters_address + size] = True
    return Golden(outcome, after, timed)


async def check_end(bench: Bench, golden: Golden) -> None:
    """Status, fault and its instruction; where the program ended well, also DRAM and counters."""
    status, fault, index = await bench.verdict()
    expected = golden.outcome
    assert (status, fault, index) == (expected.status, expected.fault, expected.fault_index), (fault, index, expected)
    if status is not Status.DONE:
        return
    wrong = np.flatnonzero((bench.dram.bytes != golden.dram) & ~golden.timed)
    assert not wrong.size, f"{wrong.size} bytes of DRAM differ, the first at {wrong[0]:#x}"
    counters = await bench.counters()
    for counter in TIMELESS:
        assert counters[counter] == expected.counters[counter], counter.name
