"""A compiled program: the DRAM image, where inputs and outputs lie in it, and what each mark stands for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.isa import COUNTER_BYTES, Counter
from contracts.network import LayerFacts, NetworkShape
from hwservice.ir.quantised import Output, Tensor

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Placement:
    """How one tensor lies in DRAM.

    Pixel (c, y, x) is at `address + c * channel_bytes + phase * phase_bytes + (y // sy) * pitch + x // sx` with
    `phase = (y % sy) * sx + x % sx` and `(sy, sx) = stride`.
    """

    tensor: Tensor
    address: int
    pitch: int
    channel_bytes: int
    stride: tuple[int, int] = (1, 1)
    phase_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        """Bytes from the first to the end of the last channel."""
        return self.tensor.channels * self.channel_bytes

    def offsets(self) -> NDArray[np.int64]:
        """[channels, height, width]: byte offset of every pixel from `address`."""
        t, (sy, sx) = self.tensor, self.stride
        c, y, x = np.ogrid[: t.channels, : t.height, : t.width]
        phase = (y % sy) * sx + x % sx
        offsets: NDArray[np.int64] = (
            c * self.channel_bytes + phase * self.phase_bytes + (y // sy) * self.pitch + x // sx
        )
        return offsets

    def pack(self, values: Bytes) -> Bytes:
        """[channels, height, width] to the bytes of the region; gaps are the zero point."""
        region = np.full(self.size_bytes, self.tensor.zero_point, np.uint8)
        region[self.offsets()] = values
        return region

    def unpack(self, region: Bytes) -> Bytes:
        """The inverse of `pack`."""
        return region[self.offsets()]


@dataclass(frozen=True)
class Mark:
    """One stretch of the program that ends with a snapshot of the counters: a layer."""

    name: str
    operator: str
    macs: int
    """Useful multiply-accumulates: weight vectors kept x filters that use them x output pixels."""
    bound_cycles: int
    """List-length bound: sum over filter groups of max(vectors, filters drained) x tiles."""
    filters: int
    vectors: int
    """Weight vectors over all filter groups."""
    origin: str = ""
    bands: int = 1


@dataclass(frozen=True, eq=False)
class Program:
    """What the compiler makes: run it at address 0 of a DRAM of `dram_bytes` that begins with `image`."""

    name: str
    accelerator: Accelerator
    image: Bytes
    """Header, instructions, lists, records and weights."""
    dram_bytes: int
    """All of DRAM that the program touches: image, input, output, spilled maps and counters."""
    input: Placement
    outputs: tuple[Placement, ...]
    """One per network output: its tensor holds the output's channels in order."""
    network_outputs: tuple[Output, ...]
    counters_address: int
    """Snapshots, one per mark, `len(Counter)` words of 32 bits each."""
    marks: tuple[Mark, ...]
    instruction_count: int
    shape: NetworkShape
    """For the expert cycle model."""
    notes: tuple[str, ...] = ()
    facts: tuple[LayerFacts, ...] = ()
    """One per mark, for the report; none where the program was not made by the compiler."""
    code_bytes: int = 0
    """Header and instructions: the image's first part."""

    @property
    def macs(self) -> int:
        """Useful multiply-accumulates of one inference."""
        return sum(mark.macs for mark in self.marks)

    def memory(self) -> Bytes:
        """DRAM before a run: the image, then zeros."""
        dram = np.zeros(self.dram_bytes, np.uint8)
        dram[: len(self.image)] = self.image
        return dram

    def write_input(self, dram: Bytes, values: Bytes) -> None:
        """Place one input, [channels, height, width] bytes."""
        region = self.input.pack(values)
        dram[self.input.address : self.input.address + len(region)] = region

    def read_outputs(self, dram: Bytes) -> dict[str, Bytes]:
        """The outputs' bytes by name, each [channels, height, width]."""
        return {
            output.name: place.unpack(dram[place.address : place.address + place.size_bytes])
            for output, place in zip(self.network_outputs, self.outputs, strict=True)
        }

    def read_snapshots(self, dram: Bytes) -> NDArray[np.int64]:
        """[marks, counters]: what each MARK saw, counted from START."""
        size = len(self.marks) * len(Counter) * COUNTER_BYTES
        raw = dram[self.counters_address : self.counters_address + size]
        return raw.view("<u4").reshape(len(self.marks), len(Counter)).astype(np.int64)
