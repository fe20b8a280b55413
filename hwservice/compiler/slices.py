"""How a layer is cut of which not one band fits: slices of source planes (for sums over maps, of rows too), outputs in place."""

from dataclasses import dataclass, fields, replace

import numpy as np

from contracts.accelerator import Accelerator
from contracts.errors import CapacityError
from hwservice.compiler.bandplan import BandPlan, base_plan
from hwservice.compiler.groups import FilterGroup, Ints, Sources, Walk
from hwservice.compiler.parts import part_ranges, part_sizes
from hwservice.compiler.state import Schedule
from hwservice.ir.quantised import Layer, Operator, Source

SLOTS = (4, 3, 2)
"""Slices on chip at a time: more leave more of them in place from tile to tile, fewer are longer."""
Span = tuple[int, int]


@dataclass(frozen=True)
class StreamPlan:
    """Bank rows: skip and output planes of a band, then the slots of the slices."""

    band: BandPlan
    """Without source planes."""
    planes: tuple[Source, ...]
    per_slice: int
    """Source planes."""
    span_rows: int
    """Map rows of a slice's planes."""
    slots: int

    @property
    def plane_rows(self) -> int:
        """Bank rows of one phase plane of a slice."""
        return self.band.source.rows_for(self.span_rows)

    @property
    def slice_rows(self) -> int:
        """Bank rows of a slice."""
        return self.per_slice * self.band.source.phases * self.plane_rows

    @property
    def bank_rows(self) -> int:
        """Bank rows of everything."""
        return self.band.slot_rows + self.slots * self.slice_rows

    def base(self, slot: int) -> int:
        """Bank row where a slot begins."""
        return self.band.slot_rows + slot * self.slice_rows

    def planes_of(self, number: int) -> tuple[Source, ...]:
        """The planes of a slice."""
        return self.planes[number * self.per_slice : (number + 1) * self.per_slice]

    def spans(self, first: int) -> list[Span]:
        """Map rows that the slices of a band hold: one span, or several for sums over maps."""
        if self.band.layer.operator is not Operator.SUM:
            return [self.band.source_rows(*self.band.rows_of(first))]
        height = self.band.source.height
        return [(low, min(low + self.span_rows, height)) for low in range(0, height, self.span_rows)]


def plan_stream(s: Schedule, layer: Layer) -> list[StreamPlan]:
    """One plan per part of the layer: the greatest parts whose outputs leave half of the memory to the slices.

    Raises:
        CapacityError: not even single planes fit.
    """
    a = s.accelerator
    ranges = [part_ranges(layer, size) for size in part_sizes(layer, a.rows)]
    few = next((r for r in ranges if 2 * _fixed(s, layer, r[0]).slot_rows <= a.bank_depth), ranges[-1])
    return [_plan(a, base_plan(s, layer, part), _fixed(s, layer, part)) for part in few]


def _fixed(s: Schedule, layer: Layer, part: Span) -> BandPlan:
    return replace(base_plan(s, layer, part), planes=())


def _plan(a: Accelerator, base: BandPlan, fixed: BandPlan) -> StreamPlan:
    pool, height = base.layer.operator is Operator.SUM, base.source.height
    rows = height if pool else min(base.height + base.reach[1] - base.reach[0], height)
    for slots in SLOTS:
        single = StreamPlan(fixed, base.planes, 1, rows, slots)
        fitting = (a.bank_depth - fixed.slot_rows) // (slots * single.slice_rows)
        if fitting >= 1:
            even = fitting // a.rows * a.rows or fitting
            return replace(single, per_slice=min(even, len(base.planes)))
    least = StreamPlan(fixed, base.planes, 1, 1 if pool else rows, SLOTS[-1])
    if least.bank_rows > a.bank_depth:
        raise CapacityError(
            f"layer {base.layer.name!r} needs {least.bank_rows * a.lanes} bytes of activation memory for two planes of "
            f"{least.span_rows} rows, accelerator {a.name!r} has {a.activation_bytes}"
        )
    free = (a.bank_depth - fixed.slot_rows) // SLOTS[-1] // base.source.phases * a.lanes
    return replace(least, span_rows=min(height, free // base.source.pitch) if pool else rows)


@dataclass(frozen=True, eq=False)
class SlicedGroup:
    """A filter group whose walks each stay within one slice."""

    group: FilterGroup
    slice_of: tuple[int, ...]
    """Per walk, its slice."""


def sliced(groups: tuple[FilterGroup, ...], plan: StreamPlan) -> tuple[SlicedGroup, ...]:
    """Cut walks at slice borders; walks that share their sources go on sharing them."""
    place = {source: k // plan.per_slice for k, source in enumerate(plan.planes)}
    numbers = np.asarray([place[source] for source in plan.band.layer.sources])
    cuts: dict[int, list[_Cut]] = {}
    found = []
    for group in groups:
        parts: list[tuple[int, Walk]] = []
        for walk in group.walks:
            if id(walk.sources) not in cuts:
                cuts[id(walk.sources)] = _cut(walk.sources, numbers)
            parts += [
                (number, Walk(walk.origin, sources, np.ascontiguousarray(walk.vectors[at])))
                for number, sources, at in cuts[id(walk.sources)]
            ]
        parts.sort(key=lambda part: part[0])
        walks = tuple(walk for _, walk in parts)
        found.append(SlicedGroup(replace(group, walks=walks), tuple(number for number, _ in parts)))
    return tuple(found)


_Cut = tuple[int, Sources, Ints]
"""Slice, its sources, their places in the list."""


def _cut(sources: Sources, numbers: Ints) -> list[_Cut]:
    slice_of = numbers[sources.source]
    found = []
    for number in np.unique(slice_of):
        at = np.flatnonzero(slice_of == number)
        part = Sources(*(getattr(sources, field.name)[at] for field in fields(sources)))
        found.append((int(number), part, at))
    return found
