"""The memories of the accelerator and its DRAM, and the transfers between them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.isa import COUNTER_BYTES, ENTRY_BYTES, RECORD_BYTES, Counter, Fault, Target

Bytes = NDArray[np.uint8]


class MachineFault(Exception):
    """An instruction that the hardware answers with an error status."""

    def __init__(self, fault: Fault, why: str) -> None:
        super().__init__(f"{fault.name}: {why}")
        self.fault = fault


@dataclass
class Memory:
    """All state that outlives an instruction, as flat byte arrays.

    `banks[row * lanes + lane]` is the byte of bank `lane` in `row`: a flat pixel address.
    """

    accelerator: Accelerator
    dram: Bytes
    banks: Bytes = field(init=False)
    vectors: Bytes = field(init=False)
    entries: Bytes = field(init=False)
    records: Bytes = field(init=False)
    counters: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        a = self.accelerator
        self.banks = np.zeros(a.lanes * a.bank_depth, np.uint8)
        self.vectors = np.zeros(a.vector_depth * a.rows, np.uint8)
        self.entries = np.zeros(a.list_depth * ENTRY_BYTES, np.uint8)
        self.records = np.zeros(a.record_depth * RECORD_BYTES, np.uint8)
        self.counters = np.zeros(len(Counter), np.int64)

    def load(self, f: dict[str, int]) -> None:
        """LOAD: planes of whole beats from DRAM into one of the four memories."""
        target = Target(f["target"])
        element_bytes = self._element_bytes(target)
        memory = {
            Target.VECTOR: self.vectors,
            Target.LIST: self.entries,
            Target.RECORD: self.records,
            Target.BANK: self.banks,
        }[target]
        word = element_bytes if target is Target.BANK else max(element_bytes, self.accelerator.dram_bytes)
        size = self._transfer_size(f)
        stride = f["local_stride"] if f["planes"] > 1 else 0
        places = (size, f["local_address"] * element_bytes, stride * element_bytes)
        if target is not Target.BANK and any(place % word for place in places):
            raise MachineFault(Fault.ILLEGAL_FIELD, f"transfer of {size} bytes is no whole number of {word}-byte words")
        for plane in range(f["planes"]):
            source = f["dram_address"] + plane * f["dram_stride"]
            start = (f["local_address"] + plane * f["local_stride"]) * element_bytes
            self._check_local(start, size, memory)
            memory[start : start + size] = self._dram(source, size)
            if target is Target.BANK:
                self.counters[Counter.BANK_WRITES] += -(-size // element_bytes)
        self.counters[Counter.DRAM_READ_BEATS] += f["beats"] * f["planes"]

    def store(self, f: dict[str, int]) -> None:
        """STORE: planes of whole beats from the banks to DRAM."""
        size = self._transfer_size(f)
        lanes = self.accelerator.lanes
        for plane in range(f["planes"]):
            target = f["dram_address"] + plane * f["dram_stride"]
            start = (f["local_address"] + plane * f["local_stride"]) * lanes
            self._check_local(start, size, self.banks)
            self._dram(target, size)[:] = self.banks[start : start + size]
            self.counters[Counter.SKIP_READS] += -(-size // lanes)
        self.counters[Counter.DRAM_WRITE_BEATS] += f["beats"] * f["planes"]

    def store_counters(self, f: dict[str, int], snapshot: NDArray[np.int64]) -> None:
        """STORE_COUNTERS: a snapshot as 32-bit little-endian words."""
        self._check_beat(f["dram_address"])
        raw = (snapshot & 0xFFFFFFFF).astype("<u4").view(np.uint8)
        self._dram(f["dram_address"], len(Counter) * COUNTER_BYTES)[:] = raw
        self.counters[Counter.DRAM_WRITE_BEATS] += len(raw) // self.accelerator.dram_bytes

    def _element_bytes(self, target: Target) -> int:
        a = self.accelerator
        return {Target.VECTOR: a.rows, Target.LIST: ENTRY_BYTES, Target.RECORD: RECORD_BYTES, Target.BANK: a.lanes}[
            target
        ]

    def _transfer_size(self, f: dict[str, int]) -> int:
        """Bytes per plane of a transfer, its fields checked."""
        if f["beats"] < 1 or f["planes"] < 1:
            raise MachineFault(Fault.ILLEGAL_FIELD, f"{f['planes']} planes of {f['beats']} beats")
        self._check_beat(f["dram_address"])
        if f["planes"] > 1:
            self._check_beat(f["dram_stride"])
        return f["beats"] * self.accelerator.dram_bytes

    def _check_beat(self, address: int) -> None:
        if address % self.accelerator.dram_bytes:
            raise MachineFault(
                Fault.ILLEGAL_FIELD, f"DRAM address or stride {address:#x} is not a multiple of the beat"
            )

    def _check_local(self, start: int, size: int, memory: Bytes) -> None:
        if start + size > len(memory):
            raise MachineFault(Fault.ILLEGAL_FIELD, f"local bytes {start} to {start + size} of {len(memory)}")

    def _dram(self, address: int, size: int) -> Bytes:
        """A view of DRAM."""
        if address + size > len(self.dram):
            raise MachineFault(
                Fault.DRAM_ERROR, f"DRAM bytes {address:#x} to {address + size:#x} of {len(self.dram):#x}"
            )
        return self.dram[address : address + size]
