"""Random programs, and broken ones, on the RTL against the golden interpreter: the whole of DRAM, counters, faults."""

import numpy as np
import pytest

from contracts.isa import Counter, Fault, Status
from hwservice.simulators import SimulationOptions, simulate
from hwservice.simulators.result import STALL_CHANNELS
from tests.cosim.coverage import SEEDS
from tests.cosim.random_programs import KINDS, broken_program, random_program
from tests.cosim.test_rtl import SMALL
from tests.cosim.testbench.checker import TIMELESS, golden_of

pytestmark = pytest.mark.rtl

COMPUTED = (Counter.ISSUED, Counter.USEFUL_CELLS, Counter.BANK_READS, Counter.DRAINS)
"""What MARK counts of the COMPUTEs before it, and of nothing else."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_program_leaves_the_dram_the_counters_and_the_snapshots_of_the_interpreter(seed: int) -> None:
    program, image = random_program(SMALL, seed)
    stalls = SimulationOptions(0.3 * (seed % 2), seed, STALL_CHANNELS, whole_dram=True, cycle_limit=200_000)
    dram = program.memory()
    program.write_input(dram, image)
    golden = golden_of(SMALL, dram, program)
    result = simulate(program, image[None], stalls)
    assert (golden.outcome.why, golden.outcome.status, result.status) == ("", Status.DONE, Status.DONE)
    assert result.dram is not None
    np.testing.assert_array_equal(result.dram[~golden.timed], golden.dram[~golden.timed])
    for counter in TIMELESS:
        assert result.counters[0, counter] == golden.outcome.counters[counter], counter.name
    snapshots, expected = (d[golden.timed].view("<u4").reshape(-1, len(Counter)) for d in (result.dram, golden.dram))
    np.testing.assert_array_equal(snapshots[:, COMPUTED], expected[:, COMPUTED])


@pytest.mark.parametrize("seed", range(2 * KINDS))
def test_a_broken_program_ends_with_the_fault_and_the_instruction_of_the_interpreter(seed: int) -> None:
    program, image = broken_program(SMALL, seed)
    golden = golden_of(SMALL, program.memory(), program).outcome
    assert golden.fault is not Fault.NONE
    result = simulate(program, image[None], SimulationOptions(cycle_limit=200_000))
    assert (result.status, result.fault, result.fault_index) == (Status.ERROR, golden.fault, golden.fault_index)
