"""The testbench: clock, reset, register driver, DRAM and monitor around one accelerator."""

from collections.abc import Callable
from typing import Any

from cocotb.triggers import Timer

from contracts.accelerator import Accelerator
from contracts.isa import Counter, Fault, Register, Status
from hwservice.simulators.result import SimulationOptions
from tests.cosim.testbench.dram import Dram
from tests.cosim.testbench.monitor import Monitor
from tests.cosim.testbench.pins import Pins
from tests.cosim.testbench.stalls import Stalls

RESET_CYCLES = 4
REGISTER_PATIENCE = 1000


class Bench:
    """Drives the clock itself, so that inputs, samples and edges come in the order of the C++ harness in every cycle."""

    def __init__(self, dut: Any, accelerator: Accelerator, dram_bytes: int, options: SimulationOptions) -> None:
        self.pins = Pins(dut)
        self.stalls = Stalls(options)
        self.dram = Dram(self.pins, dram_bytes, accelerator.dram_bytes, accelerator.dram_latency, self.stalls)
        self.monitor = Monitor(self.pins, accelerator.dram_bytes)
        self.cycles = 0
        self._seen: dict[str, int] = {}

    async def reset(self) -> None:
        """Four cycles of reset and one after it."""
        for name in ("s_axi_awvalid", "s_axi_wvalid", "s_axi_arvalid"):
            self.pins[name] = 0
        self.pins["reset"] = 1
        self.dram.reset()
        self.monitor.reset()
        for _ in range(RESET_CYCLES):
            await self.cycle()
        self.dram.reset()
        self.pins["reset"] = 0
        await self.cycle()

    async def cycle(self) -> None:
        """One clock cycle: inputs, settle, samples, rising edge."""
        pins = self.pins
        self.dram.drive(self.cycles)
        pins["s_axi_bready"] = pins["s_axi_rready"] = self.stalls.open("lite", self.cycles)
        pins["clock"] = 0
        await Timer(1, unit="ns")
        self.monitor.sample(self.cycles)
        self.dram.sample(self.cycles)
        self._seen = {
            "written": pins["s_axi_bvalid"],
            "read": pins["s_axi_rvalid"],
            "value": pins["s_axi_rdata"],
            "write taken": pins["s_axi_awready"] and pins["s_axi_wready"],
            "read taken": pins["s_axi_arready"],
        }
        pins["clock"] = 1
        await Timer(1, unit="ns")
        self.cycles += 1

    async def write(self, register: Register, value: int) -> None:
        """One register write; address first, data in the same cycle or later."""
        pins = self.pins
        pins["s_axi_awaddr"], pins["s_axi_wdata"], pins["s_axi_wstrb"] = int(register), value, 0xF
        pins["s_axi_awvalid"] = 1
        while not self.stalls.open("lite", self.cycles):
            await self.cycle()
        pins["s_axi_wvalid"] = 1
        await self._until(lambda: self._seen["write taken"])
        pins["s_axi_awvalid"] = pins["s_axi_wvalid"] = 0
        if not self._seen["written"]:
            await self._until(lambda: self._seen["written"])

    async def read(self, address: int) -> int:
        """One register read."""
        self.pins["s_axi_araddr"] = address
        self.pins["s_axi_arvalid"] = 1
        await self._until(lambda: self._seen["read taken"])
        self.pins["s_axi_arvalid"] = 0
        if not self._seen["read"]:
            await self._until(lambda: self._seen["read"])
        return self._seen["value"]

    async def start(self, address: int) -> None:
        """START."""
        await self.write(Register.PROGRAM_ADDRESS, address)
        await self.write(Register.CONTROL, 1)

    async def run(self, address: int, *, reset_at: int = 0, limit: int = 200_000) -> None:
        """START and run to the end; a reset and a fresh START after `reset_at` cycles where that is not 0."""
        await self.start(address)
        begun = self.cycles
        while not self.pins["done"]:
            await self.cycle()
            if reset_at and self.cycles - begun == reset_at:
                await self.reset()
                await self.start(address)
            assert self.cycles - begun <= limit, f"no end after {limit} cycles"

    async def verdict(self) -> tuple[Status, Fault, int]:
        """Status, fault and the index of the instruction that faulted."""
        status, fault = await self.read(Register.STATUS), await self.read(Register.FAULT)
        return Status(status), Fault(fault), await self.read(Register.FAULT_INDEX)

    async def counters(self) -> list[int]:
        """All counters, live."""
        return [await self.read(Register.COUNTERS + 4 * counter) for counter in Counter]

    async def _until(self, condition: Callable[[], object]) -> None:
        for _ in range(REGISTER_PATIENCE):
            await self.cycle()
            if condition():
                return
        raise AssertionError(f"the register port did not answer for {REGISTER_PATIENCE} cycles")
