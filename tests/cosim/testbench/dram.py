"""DRAM behind AXI4: the model of `hwservice/simulators/harness.cpp`, cycle for cycle."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.cosim.testbench.pins import Pins
from tests.cosim.testbench.stalls import Stalls

OKAY, SLAVE_ERROR = 0, 2


@dataclass
class Burst:
    """What is left of a read, a write or an answer; an answer's `beats` is its response code."""

    address: int
    ready_at: int
    beats: int
    id: int


class Dram:
    """A byte array that answers reads in the order of acceptance, `latency` cycles after it, one beat a cycle."""

    def __init__(self, pins: Pins, size: int, beat_bytes: int, latency: int, stalls: Stalls) -> None:
        self.bytes: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self._pins, self._beat, self._latency, self._stalls = pins, beat_bytes, latency, stalls
        for name in ("rid", "rdata", "rlast", "rresp", "bid", "bresp"):  # as in a fresh model
            pins[f"m_axi_{name}"] = 0
        self.reset()

    def reset(self) -> None:
        """Forget what is under way; the bytes stay."""
        self._reads: deque[Burst] = deque()
        self._writes: deque[Burst] = deque()
        self._answers: deque[Burst] = deque()
        self._read_held = self._answer_held = self._write_error = False
        self._pins["m_axi_rvalid"] = self._pins["m_axi_bvalid"] = 0

    def drive(self, cycle: int) -> None:
        """Set the inputs of this cycle."""
        pins, stalls = self._pins, self._stalls
        pins["m_axi_arready"] = stalls.open("ar", cycle)
        pins["m_axi_awready"] = stalls.open("aw", cycle)
        pins["m_axi_wready"] = bool(self._writes) and stalls.open("w", cycle)
        self._drive_read(cycle)
        self._drive_answer(cycle)

    def sample(self, cycle: int) -> None:
        """Take over the transfers of this cycle, after combinational outputs have settled."""
        pins = self._pins
        if pins["m_axi_rvalid"] and pins["m_axi_rready"]:
            self._next_read_beat()
        if pins["m_axi_bvalid"] and pins["m_axi_bready"]:
            self._answers.popleft()
            self._answer_held = False
        if pins["m_axi_wvalid"] and pins["m_axi_wready"]:
            self._write_beat(cycle)
        if pins["m_axi_arvalid"] and pins["m_axi_arready"]:
            ready_at = cycle + self._latency
            self._reads.append(Burst(pins["m_axi_araddr"], ready_at, pins["m_axi_arlen"] + 1, pins["m_axi_arid"]))
        if pins["m_axi_awvalid"] and pins["m_axi_awready"]:
            self._writes.append(Burst(pins["m_axi_awaddr"], 0, pins["m_axi_awlen"] + 1, pins["m_axi_awid"]))

    def _inside(self, address: int) -> bool:
        return address + self._beat <= len(self.bytes)

    def _drive_read(self, cycle: int) -> None:
        ready = bool(self._reads) and self._reads[0].ready_at <= cycle
        if not self._read_held and not (ready and self._stalls.open("r", cycle)):
            self._pins["m_axi_rvalid"] = 0
            return
        self._read_held = True
        burst, pins = self._reads[0], self._pins
        pins["m_axi_rvalid"] = 1
        pins["m_axi_rid"] = burst.id
        pins["m_axi_rlast"] = burst.beats == 1
        pins["m_axi_rresp"] = OKAY if self._inside(burst.address) else SLAVE_ERROR
        if self._inside(burst.address):
            raw = self.bytes[burst.address : burst.address + self._beat].tobytes()
            pins["m_axi_rdata"] = int.from_bytes(raw, "little")

    def _drive_answer(self, cycle: int) -> None:
        ready = bool(self._answers) and self._answers[0].ready_at <= cycle
        if not self._answer_held and not (ready and self._stalls.open("b", cycle)):
            self._pins["m_axi_bvalid"] = 0
            return
        self._answer_held = True
        self._pins["m_axi_bvalid"] = 1
        self._pins["m_axi_bid"] = self._answers[0].id
        self._pins["m_axi_bresp"] = self._answers[0].beats

    def _next_read_beat(self) -> None:
        self._read_held = False
        burst = self._reads[0]
        burst.address += self._beat
        burst.beats -= 1
        if not burst.beats:
            self._reads.popleft()

    def _write_beat(self, cycle: int) -> None:
        burst, strobe = self._writes[0], self._pins["m_axi_wstrb"]
        if not self._inside(burst.address):
            self._write_error = True
        else:
            data = self._pins["m_axi_wdata"].to_bytes(self._beat, "little")
            for i in range(self._beat):
                if strobe >> i & 1:
                    self.bytes[burst.address + i] = data[i]
        burst.address += self._beat
        burst.beats -= 1
        if burst.beats:
            return
        code = SLAVE_ERROR if self._write_error else OKAY
        self._answers.append(Burst(0, cycle + self._latency, code, burst.id))
        self._write_error = False
        self._writes.popleft()
