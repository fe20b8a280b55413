"""What a simulation is asked and what it answers."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.isa import Fault, Status
from contracts.measurement import Traffic

STALL_CHANNELS = ("ar", "r", "aw", "w", "b", "lite")
"""The AXI4 channels to DRAM, and the register port, in the order of `stalls.h`."""

Progress = Callable[[float, str], None]
"""Called with the share that is done (0 to 1) and a line of text."""


@dataclass(frozen=True)
class SimulationOptions:
    """How to simulate; the defaults are what a measurement uses."""

    stall_probability: float = 0.0
    """Chance that an AXI channel stalls in a cycle; for verification."""
    stall_seed: int = 1
    stall_channels: tuple[str, ...] = STALL_CHANNELS[:5]
    """Which channels stall (`STALL_CHANNELS`)."""
    reset_at: int = 0
    """Reset the accelerator after so many cycles and start the program again; 0: never."""
    trace: Path | None = None
    """Write a wave dump (VCD) there."""
    pin_log: Path | None = None
    """Write every AXI handshake, and a digest over the AXI pins of every cycle, there."""
    cycle_limit: int = 0
    """Fail after so many cycles per input; 0: a limit far above any estimate."""
    whole_dram: bool = False
    """Return the whole DRAM after the last input."""

    @property
    def undisturbed(self) -> bool:
        """Each input runs as if it were the only one; then several may run at a time."""
        return not (self.stall_probability or self.reset_at or self.trace or self.pin_log)


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """What came out. Arrays have one entry per input first."""

    simulator: str
    status: Status
    fault: Fault
    fault_index: int
    outputs: tuple[dict[str, NDArray[np.uint8]], ...]
    """Per input: the program's outputs by name, [channels, height, width] bytes."""
    counters: NDArray[np.int64]
    """[inputs, counters] at the end of each run."""
    snapshots: NDArray[np.int64]
    """[inputs, marks, counters]: counters when each layer ended."""
    wall_s: float
    simulated_cycles: int
    dram: NDArray[np.uint8] | None = None
    traffic: Traffic | None = None
    """Of the first input."""

    @property
    def cycles(self) -> NDArray[np.int64]:
        """[inputs] cycles from START to DONE."""
        return self.counters[:, 0]

    @property
    def cycles_per_second(self) -> float:
        """Simulation speed."""
        return self.simulated_cycles / self.wall_s if self.wall_s > 0 else 0.0


Cancel = threading.Event
