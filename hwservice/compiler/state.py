"""What scheduling works on: the schedule so far, and the frame that a layer or band of it runs in."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.network import LayerFacts
from hwservice.compiler.layout import TensorLayout, ceil_div
from hwservice.compiler.ops import ComputeOp, LoadOp, Op, StoreOp
from hwservice.compiler.residence import Residence
from hwservice.ir.program import Mark
from hwservice.ir.quantised import Layer, Operator, QuantisedNetwork


@dataclass
class Schedule:
    """What scheduling has produced so far."""

    network: QuantisedNetwork
    accelerator: Accelerator
    residence: Residence
    ops: list[Op] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    facts: list[LayerFacts] = field(default_factory=list)
    """One per mark, without bytes and memories, which are known once all is emitted."""
    last_compute: ComputeOp | None = None
    stores: list[StoreOp] = field(default_factory=list)
    stores_of_layer: dict[int, int] = field(default_factory=dict)
    """Layer index -> number of stores in the program when the layer ended."""
    input_loads: list[tuple[int, LoadOp]] = field(default_factory=list)
    """(bank rows per plane that are there, load) of pieces of the input that nobody waited for yet."""

    def layout(self, name: str) -> TensorLayout:
        """Layout of a tensor."""
        return self.residence.layouts[name]

    def phase_bytes(self, name: str) -> int:
        """DRAM bytes of one phase plane of a tensor."""
        layout, beat = self.layout(name), self.accelerator.dram_bytes
        return ceil_div(layout.pitch * layout.height, beat) * beat


@dataclass(frozen=True)
class Frame:
    """The coordinates a layer (or one band of it) runs in."""

    plane_rows: NDArray[np.int64]
    """[sources, phases] bank rows of the source planes."""
    out_rows: NDArray[np.int64]
    """[filters] bank rows of the output planes."""
    skip_rows: NDArray[np.int64]
    """[filters] bank rows of the skip planes, -1 where a filter has none."""
    out_phase_rows: int
    pitch: int
    """Of the source planes."""
    in_height: int
    row_shift: int = 0
    """Added to the row origin: source rows of this frame against rows of the map."""
    first_row: int = 0
    last_row: int = 0
    """Output rows [first_row, last_row) of the map."""
    short_bottom: bool = True
    flat_shift: int = 0
    """Flat pixels from the planes that the lists name to those of this frame."""


def frame_tiles(s: Schedule, layer: Layer, first_row: int, last_row: int) -> int:
    """Tiles that cover output rows [first_row, last_row); for SUM, the source map."""
    source = s.layout(layer.sources[0].tensor)
    lanes = s.accelerator.lanes
    if layer.operator is Operator.SUM:
        return ceil_div(source.pitch * (source.height - 1) + source.width, lanes)
    return ceil_div(source.pitch * (last_row - first_row - 1) + layer.output.width, lanes)
