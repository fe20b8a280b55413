"""What of a structure on an accelerator does not depend on widths: layouts, tiles, drains, and which maps are there at the same time.

The rules are those of the compiler's `layout`, `residence` and `computes`, on counts of channels instead of lists of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.expert import scatter_writes
from contracts.structure.layer import INPUT
from contracts.structure.passes import PLAIN, Pass, Passes, Stride

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FIRST_STRETCH = 2
"""As in the compiler's schedule: the first piece of the input is enough for so many tiles."""


def ceil_div(value: int, by: int) -> int:
    """`value / by`, rounded up."""
    return -(-value // by)


@dataclass(frozen=True)
class Map:
    """One map in the banks: phase planes of `height` x `width` at one pitch; where `paired`, those of odd columns begin half the lanes further."""

    stride: Stride
    pitch: int
    height: int
    width: int
    lanes: int
    beat: int
    tall: int
    """Rows of the whole map."""
    paired: bool = False

    @property
    def phases(self) -> int:
        """Phase planes of a channel."""
        return self.stride[0] * self.stride[1]

    def rows_for(self, height: int) -> int:
        """Bank rows of so many rows of a phase plane."""
        return ceil_div(self.pitch * height + (self.lanes // 2 if self.paired else 0), self.lanes)

    @property
    def plane_rows(self) -> int:
        """Bank rows of a channel."""
        return self.phases * self.rows_for(self.height)

    @property
    def plane_bytes(self) -> int:
        """DRAM bytes of a channel."""
        return self.phases * ceil_div(self.pitch * self.height, self.beat) * self.beat


class Plan:
    """One order of passes on one accelerator; arrays are over passes, matrices are [passes, maps]."""

    def __init__(
        self, passes: Passes, accelerator: Accelerator, padded: frozenset[str] = frozenset(), pair: bool = False
    ) -> None:
        self.passes, self.accelerator, self.padded = passes.passes, accelerator, padded
        self.names = (INPUT, *(p.name for p in passes.passes))
        self.number = {name: k for k, name in enumerate(self.names)}
        self.maps = _lay_out(passes, accelerator, padded, pair)
        self.taps = np.asarray([_taps(p, passes) for p in self.passes])
        self.alone = np.asarray([p.alone for p in self.passes])
        self.pool = np.asarray([p.operator == "sum" for p in self.passes])
        self.skip = np.asarray([p.skip is not None for p in self.passes])
        self.scatter = np.asarray([self._scatters(p) for p in self.passes])
        writes = [self._writes(p) if s else 1.0 for p, s in zip(self.passes, self.scatter, strict=True)]
        self.drain = np.asarray(writes) + self.skip
        self.walked = [self._walked(p, passes) for p in self.passes]
        self.tiles = np.asarray(
            [ceil_div(self._source(p).pitch * (h - 1) + w, accelerator.lanes) for p, (h, w) in self._tiled(passes)]
        )
        self.plane_rows = np.asarray([self.maps[name].plane_rows for name in self.names])
        self.plane_bytes = np.asarray([self.maps[name].plane_bytes for name in self.names])
        self.reads, self.own, self.across, self.live = self._matrices()
        self.first_rows = self._first_rows()

    def _source(self, p: Pass) -> Map:
        return self.maps[p.wires[0].source]

    def _scatters(self, p: Pass) -> bool:
        out = self.maps[p.name]
        return p.operator != "sum" and (out.phases > 1 or out.pitch != self._source(p).pitch)

    def _writes(self, p: Pass) -> float:
        out = self.maps[p.name]
        return scatter_writes(self._source(p).pitch, self.accelerator.lanes, out.stride[1], out.paired)

    def _walked(self, p: Pass, passes: Passes) -> tuple[int, int]:
        """Height and width of the map that the tiles cover, as reports state it."""
        return passes.sizes[p.wires[0].source if p.operator == "sum" else p.name][1:]

    def _tiled(self, passes: Passes) -> list[tuple[Pass, tuple[int, int]]]:
        """The same in rows and columns of phase planes."""
        found = []
        for p in self.passes:
            source = self._source(p)
            found.append((p, (source.height, source.width) if p.operator == "sum" else passes.sizes[p.name][1:]))
        return found

    def _matrices(self) -> tuple[Bools, Bools, Bools, Bools]:
        """Maps that a pass reads; those and the one it makes; others alive meanwhile; all alive if none were in DRAM."""
        count, number = len(self.passes), self.number
        reads, own = np.zeros((2, count, count + 1), bool)
        born, last = np.arange(count + 1) - 1, np.full(count + 1, -2)
        for k, p in enumerate(self.passes):
            at = [number[name] for name in p.reads]
            reads[k, at], own[k, [*at, number[p.name]]], last[at] = True, True, k
        last[number[self.passes[-1].name]] = count
        steps = np.arange(count)[:, None]
        across = (born < steps) & (steps <= last) & ~own
        live = (born <= steps) & (steps <= np.maximum(last, born))
        return reads, own, across, live

    def _first_rows(self) -> int:
        """Bank rows of the first piece of each of the input's planes."""
        own, lanes = self.maps[INPUT], self.accelerator.lanes
        reader = next((p for p in self.passes if INPUT in p.reads), None)
        rows = FIRST_STRETCH * max(1, ceil_div(lanes, own.pitch)) + (max(0, reach_of(reader)[1]) if reader else 0)
        return min(ceil_div(rows * own.pitch, lanes), own.rows_for(own.height))


def reach_of(p: Pass) -> tuple[int, int]:
    """Least and greatest row offset of a pass's window, in rows of phase planes."""
    if p.layer is None or p.layer.operator in ("linear", "global"):
        return 0, 0
    height, stride, top = p.layer.kernel[0], p.layer.stride[0], p.layer.padding[0]
    return -top // stride, (height - 1 - top) // stride


def window_of(p: Pass, passes: Passes) -> tuple[int, int]:
    """Kernel of a pass; a fully connected layer and a sum have their map's size."""
    if p.layer is None:
        return 1, 1
    return passes.sizes[p.wires[0].source][1:] if p.layer.operator in ("linear", "global") else p.layer.kernel


def _taps(p: Pass, passes: Passes) -> int:
    height, width = window_of(p, passes)
    return 1 if p.operator == "sum" else height * width


def _lay_out(passes: Passes, accelerator: Accelerator, padded: frozenset[str], pair: bool) -> dict[str, Map]:
    strides = {wire.source: p.stride for p in passes.passes for wire in p.wires}
    parent = {name: name for name in passes.sizes}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for p in passes.passes:
        first, *others = p.reads
        for other in others:
            parent[root(other)] = root(first)
    pitch: dict[str, int] = {}
    for name, (_, _, width) in passes.sizes.items():
        pitch[root(name)] = max(pitch.get(root(name), 1), ceil_div(width, strides.get(name, PLAIN)[1]))
    for p in passes.passes:
        at = root(p.wires[0].source)
        pitch[at] = max(pitch[at], 1 if p.operator == "sum" else passes.sizes[p.name][2])
    for name in padded:
        pitch[root(name)] = ceil_div(pitch[root(name)], accelerator.dram_bytes) * accelerator.dram_bytes
    found = {}
    for name, (_, height, width) in passes.sizes.items():
        stride = strides.get(name, PLAIN)
        size = ceil_div(height, stride[0]), ceil_div(width, stride[1])
        paired = pair and stride[1] == 2 and name != INPUT
        found[name] = Map(stride, pitch[root(name)], *size, accelerator.lanes, accelerator.dram_bytes, height, paired)
    return found
