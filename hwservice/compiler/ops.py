"""What the scheduler hands to the emitter: loads, computes, stores and marks in program order, with what each depends on."""

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.isa import Target


@dataclass(eq=False)
class Segment:
    """A piece of a scratchpad: bytes that the emitter loads when its first user is near and frees after its last user."""

    target: Target
    payload: NDArray[np.uint8]
    elements: int
    address: int | None = None
    """Element address on the chip, once placed."""
    ready: int = 0
    """How many loads must have finished before it may be used."""
    users: list[int] = field(default_factory=list)
    """Positions among all computes of those that read it, in order."""

    def again(self) -> "Segment":
        """The same bytes, to be loaded once more."""
        return Segment(self.target, self.payload, self.elements)

    def needed_after(self, done: int) -> bool:
        """Whether a compute reads it that is not among the first `done`."""
        return self.users[-1] >= done

    def free_after(self, done: int) -> int:
        """How many computes must have finished so that none of the first `done` reads it any more."""
        before = bisect_left(self.users, done)
        return self.users[before - 1] + 1 if before else 0


@dataclass(eq=False)
class ComputeOp:
    """One COMPUTE. Segment offsets are in elements; `config` are GEOMETRY and OUTPUT fields given just before it."""

    fields: dict[str, int]
    entries: Segment
    vectors: Segment
    records: Segment
    entry_offset: int = 0
    vector_offset: int = 0
    record_offset: int = 0
    config: tuple[dict[str, int], dict[str, int]] | None = None
    after_loads: "list[LoadOp]" = field(default_factory=list)
    after_stores: "list[StoreOp]" = field(default_factory=list)
    position: int = -1
    """Position among all computes, once known."""


@dataclass(eq=False)
class LoadOp:
    """A LOAD into the banks; `dram_address` is relative to `region`."""

    region: str
    fields: dict[str, int]
    after_compute: ComputeOp | None = None
    after_stores: "list[StoreOp]" = field(default_factory=list)
    ordinal: int = 0


@dataclass(eq=False)
class StoreOp:
    """A STORE from the banks."""

    region: str
    fields: dict[str, int]
    after_compute: ComputeOp | None = None
    ordinal: int = 0


@dataclass(eq=False)
class MarkOp:
    """End of a layer: MARK and STORE_COUNTERS."""

    layer: int


Op = ComputeOp | LoadOp | StoreOp | MarkOp
