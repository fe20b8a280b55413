"""cocotb tests: whole programs on the accelerator `SMALL` against the golden interpreter; run by `test_cocotb.py`."""

from typing import Any

import cocotb

from hwservice.simulators import SimulationOptions
from tests.cosim.test_rtl import SMALL, small_program
from tests.cosim.testbench.bench import Bench
from tests.cosim.testbench.checker import check_end, golden_of


@cocotb.test()
async def a_program_equals_the_interpreter(dut: Any) -> None:
    program, image = small_program()
    dram = program.memory()
    program.write_input(dram, image)
    bench = Bench(dut, SMALL, len(dram), SimulationOptions())
    bench.dram.bytes[:] = dram
    await bench.reset()
    await bench.run(0)
    await check_end(bench, golden_of(SMALL, dram, program))
