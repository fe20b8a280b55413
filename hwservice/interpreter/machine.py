"""Fetch, dispatch and dependency tokens: one program from its header to its end."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import ISA_VERSION, Accelerator
from contracts.isa import (
    HEADER_BYTES,
    HEADER_FIELDS,
    INSTRUCTION_BYTES,
    MAGIC,
    TOKEN_LIMIT,
    Counter,
    ExecutionUnit,
    Fault,
    Opcode,
    Status,
    decode,
    unit_of,
    unpack,
)
from hwservice.interpreter.compute import ComputeUnit
from hwservice.interpreter.memory import MachineFault, Memory


@dataclass(frozen=True)
class Outcome:
    """How a program ended. `counters` hold those that do not depend on time: the others are 0."""

    status: Status
    fault: Fault
    fault_index: int
    why: str
    counters: NDArray[np.int64]


class Machine:
    """One accelerator with its DRAM; memories keep their content from program to program, as on the chip.

    Example: `Machine(accelerator, image).run(0)` runs the program at address 0 and leaves its results in `image`.
    """

    def __init__(self, accelerator: Accelerator, dram: NDArray[np.uint8]) -> None:
        self.accelerator = accelerator
        self.memory = Memory(accelerator, dram)

    def run(self, address: int = 0) -> Outcome:
        """Run the program whose header is at that DRAM address, to its end or its first fault."""
        self.memory.counters[:] = 0
        index = 0
        try:
            count = self._header(address)
            run = _Run(self.memory)
            for index in range(count):
                start = address + HEADER_BYTES + index * INSTRUCTION_BYTES
                run.step(self._bytes(start, INSTRUCTION_BYTES))
        except MachineFault as fault:
            if fault.fault is Fault.TOKEN_OVERFLOW:  # of a counter that many instructions filled: none is named
                index = 0
            return Outcome(Status.ERROR, fault.fault, index, str(fault), self.memory.counters.copy())
        return Outcome(Status.DONE, Fault.NONE, 0, "", self.memory.counters.copy())

    def _bytes(self, address: int, size: int) -> bytes:
        if address + size > len(self.memory.dram):
            raise MachineFault(Fault.DRAM_ERROR, f"program beyond DRAM at {address:#x}")
        self.memory.counters[Counter.DRAM_READ_BEATS] += size // self.accelerator.dram_bytes
        return self.memory.dram[address : address + size].tobytes()

    def _header(self, address: int) -> int:
        header = unpack(HEADER_FIELDS, int.from_bytes(self._bytes(address, HEADER_BYTES), "little"))
        if header["magic"] != MAGIC:
            raise MachineFault(Fault.BAD_MAGIC, f"magic is {header['magic']:#x}")
        if header["isa_version"] != ISA_VERSION:
            raise MachineFault(Fault.BAD_VERSION, f"instruction set version is {header['isa_version']}")
        if header["digest"] != self.accelerator.digest:
            raise MachineFault(Fault.BAD_DIGEST, f"program is for accelerator {header['digest']:016x}")
        return header["instruction_count"]


class _Run:
    """One run: tokens and snapshots start empty, geometry unset."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.compute = ComputeUnit(memory)
        self.tokens = {(sender, taker): 0 for sender in ExecutionUnit for taker in sender.others}
        self.snapshots: deque[NDArray[np.int64]] = deque()

    def step(self, word: bytes) -> None:
        """Execute one instruction with its tokens."""
        try:
            opcode, f = decode(word)
        except (ValueError, KeyError) as error:
            raise MachineFault(Fault.ILLEGAL_OPCODE, str(error)) from None
        if opcode is Opcode.SYNC and f["unit"] > ExecutionUnit.STORE:
            raise MachineFault(Fault.ILLEGAL_FIELD, f"unit {f['unit']}")
        unit = unit_of(opcode, f)
        for other, wait in zip(unit.others, (f["wait_a"], f["wait_b"]), strict=True):
            self._take(other, unit, wait)
        self._execute(opcode, f)
        for other, signal in zip(unit.others, (f["signal_a"], f["signal_b"]), strict=True):
            self.tokens[unit, other] += signal
            if self.tokens[unit, other] > TOKEN_LIMIT:
                raise MachineFault(Fault.TOKEN_OVERFLOW, f"{other.name} takes none of the tokens of {unit.name}")

    def _take(self, sender: ExecutionUnit, taker: ExecutionUnit, count: int) -> None:
        if self.tokens[sender, taker] < count:
            raise MachineFault(
                Fault.DEADLOCK, f"{taker.name} waits for {count} tokens of {sender.name} that never come"
            )
        self.tokens[sender, taker] -= count

    def _execute(self, opcode: Opcode, f: dict[str, int]) -> None:
        match opcode:
            case Opcode.LOAD:
                self.memory.load(f)
            case Opcode.STORE:
                self.memory.store(f)
            case Opcode.GEOMETRY:
                self.compute.set_geometry(f)
            case Opcode.OUTPUT:
                self.compute.set_output(f)
            case Opcode.COMPUTE:
                self.compute.compute(f)
            case Opcode.MARK:
                self.snapshots.append(self.memory.counters.copy())
            case Opcode.STORE_COUNTERS:
                if not self.snapshots:
                    raise MachineFault(Fault.DEADLOCK, "STORE_COUNTERS waits for a snapshot that never comes")
                self.memory.store_counters(f, self.snapshots.popleft())
            case Opcode.SYNC:
                pass
