"""cocotb tests: whole programs on the accelerator `SMALL` against the golden interpreter; run by `test_cocotb.py`."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from numpy.typing import NDArray

from contracts.isa import Fault, Status
from hwservice.ir.program import Program
from hwservice.simulators import SimulationOptions, SimulationResult, simulate
from hwservice.simulators.result import STALL_CHANNELS
from tests.cosim.random_programs import broken_program, random_program
from tests.cosim.test_rtl import SMALL, small_program
from tests.cosim.testbench.bench import Bench
from tests.cosim.testbench.checker import check_end, golden_of

CALM = SimulationOptions()
ALL_STALL = SimulationOptions(stall_probability=0.4, stall_seed=5, stall_channels=STALL_CHANNELS)


async def bench_with(dut: Any, program: Program, image: NDArray[np.uint8], options: SimulationOptions) -> Bench:
    """A testbench after reset, the program and its input in DRAM."""
    bench = Bench(dut, SMALL, program.dram_bytes, options)
    program.write_input(bench.dram.bytes, image)
    bench.dram.bytes[: len(program.image)] = program.image
    await bench.reset()
    return bench


def by_harness(program: Program, image: NDArray[np.uint8], options: SimulationOptions) -> tuple[SimulationResult, str]:
    """The same program in the C++ harness, and its log of pins."""
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "pins"
        result = simulate(program, image[None], replace(options, pin_log=log, whole_dram=True))
        return result, log.read_text()


@cocotb.test()
async def programs_follow_each_other_without_reset(dut: Any) -> None:
    program, image = small_program()
    bench = await bench_with(dut, program, image, CALM)
    golden = golden_of(SMALL, bench.dram.bytes, program)
    for _ in range(2):
        await bench.run(0)
        await check_end(bench, golden)


@cocotb.test()
@cocotb.parametrize(options=[CALM, ALL_STALL])
async def every_cycle_is_that_of_the_harness(dut: Any, options: SimulationOptions) -> None:
    program, image = small_program()
    result, log = by_harness(program, image, options)
    bench = await bench_with(dut, program, image, options)
    golden = golden_of(SMALL, bench.dram.bytes, program)
    await bench.run(0)
    await check_end(bench, golden)
    assert_same_log(bench.monitor.log(), log)
    np.testing.assert_array_equal(bench.dram.bytes, result.dram)


def assert_same_log(ours: str, theirs: str) -> None:
    """Every handshake in the same cycle, and the same digest over the pins of all cycles."""
    for number, (mine, other) in enumerate(zip(ours.splitlines(), theirs.splitlines(), strict=False)):
        assert mine == other, f"handshake {number}: cocotb saw {mine}, the harness {other}"
    assert ours == theirs


@cocotb.test()
@cocotb.parametrize(channel=STALL_CHANNELS)
async def stalls_of_one_channel_change_nothing_but_time(dut: Any, channel: str) -> None:
    program, image = random_program(SMALL, seed=3)
    options = SimulationOptions(stall_probability=0.7, stall_seed=9, stall_channels=(channel,))
    bench = await bench_with(dut, program, image, options)
    golden = golden_of(SMALL, bench.dram.bytes, program)
    await bench.run(0)
    await check_end(bench, golden)


@cocotb.test()
@cocotb.parametrize(reset_at=[1, 57, 211, 406])
async def a_reset_in_the_middle_leaves_a_machine_that_works(dut: Any, reset_at: int) -> None:
    program, image = random_program(SMALL, seed=4)  # it writes nothing that it reads
    bench = await bench_with(dut, program, image, ALL_STALL)
    golden = golden_of(SMALL, bench.dram.bytes, program)
    await bench.run(0, reset_at=reset_at)
    await check_end(bench, golden)


@cocotb.test()
@cocotb.parametrize(seed=range(4))
async def random_programs_equal_the_interpreter(dut: Any, seed: int) -> None:
    program, image = random_program(SMALL, seed)
    bench = await bench_with(dut, program, image, ALL_STALL)
    golden = golden_of(SMALL, bench.dram.bytes, program)
    assert golden.outcome.status is Status.DONE, golden.outcome.why
    await bench.run(0)
    await check_end(bench, golden)


@cocotb.test()
@cocotb.parametrize(seed=range(4))
async def broken_programs_end_with_their_fault(dut: Any, seed: int) -> None:
    program, image = broken_program(SMALL, seed)
    bench = await bench_with(dut, program, image, CALM)
    golden = golden_of(SMALL, bench.dram.bytes, program)
    assert golden.outcome.fault is not Fault.NONE
    await bench.run(0)
    await check_end(bench, golden)
