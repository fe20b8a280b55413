"""How a layer that does not fit is cut: parts of its filters, row bands, one or two bands on chip at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hwservice.compiler.groups import taps_of
from hwservice.compiler.layout import TensorLayout, ceil_div
from hwservice.compiler.parts import Range, part_of, part_ranges, part_sizes
from hwservice.compiler.state import Schedule, frame_tiles
from hwservice.ir.quantised import Layer, Operator, Source

BANDS_WANTED = 4
"""Fewer bands leave too much of the first load and the last store uncovered."""


@dataclass(frozen=True)
class BandPlan:
    """Bank rows of one slot: source planes, then skip planes, then output planes."""

    layer: Layer
    """The layer, or a part of it."""
    source: TensorLayout
    out: TensorLayout
    planes: tuple[Source, ...]
    skips: tuple[Source, ...]
    reach: tuple[int, int]
    height: int
    """Output rows per band."""
    slots: int = 2
    """Bands on chip at a time."""
    first_filter: int = 0
    """Channel of the output tensor that the part's first filter makes."""

    @property
    def source_phase_rows(self) -> int:
        """Bank rows of one source phase plane of a band."""
        return self.source.rows_for(min(self.height + self.reach[1] - self.reach[0], self.source.height))

    @property
    def skip_rows(self) -> int:
        """Bank rows of one skip plane of a band."""
        return self.source.rows_for(self.height)

    @property
    def out_phase_rows(self) -> int:
        """Bank rows of one output phase plane of a band."""
        return self.out.rows_for(ceil_div(self.height, self.out.stride[0]))

    @property
    def skip_start(self) -> int:
        """First bank row of the skip planes within a slot."""
        return len(self.planes) * self.source.phases * self.source_phase_rows

    @property
    def out_start(self) -> int:
        """First bank row of the output planes within a slot."""
        return self.skip_start + len(self.skips) * self.skip_rows

    @property
    def slot_rows(self) -> int:
        """Bank rows of a slot."""
        return self.out_start + self.layer.filters * self.out.phases * self.out_phase_rows

    @property
    def firsts(self) -> range:
        """First output row of every band."""
        return range(0, self.layer.output.height, self.height)

    def rows_of(self, first: int) -> tuple[int, int]:
        """Output rows of the band that begins with row `first`."""
        return first, min(first + self.height, self.layer.output.height)

    def source_rows(self, first: int, last: int) -> tuple[int, int]:
        """Rows of the source phase planes that output rows [first, last) read."""
        low = min(max(0, first + self.reach[0]), self.source.height - 1)
        high = min(self.source.height, max(last + self.reach[1], low + 1))
        return low, high


def base_plan(s: Schedule, layer: Layer, part: Range) -> BandPlan:
    """A part in the lowest possible bands."""
    of_part = part_of(layer, part)
    source, out = s.layout(layer.sources[0].tensor), s.layout(layer.output.name)
    planes = tuple(dict.fromkeys(of_part.sources))
    skips = tuple(dict.fromkeys(skip for skip in of_part.skip if skip is not None))
    reach = taps_of(layer.window).reach_y
    return BandPlan(of_part, source, out, planes, skips, reach, out.stride[0], first_filter=part[0])


def plan_bands(s: Schedule, layer: Layer) -> list[BandPlan]:
    """One plan per part, all of one band height; the cheapest of those that fit, none where none fits."""
    if layer.operator is Operator.SUM:
        return []
    choices = [(sum(cycles(s, p) for p in plans), plans) for plans in _choices(s, layer)]
    return min(choices, key=lambda choice: choice[0])[1] if choices else []


def _choices(s: Schedule, layer: Layer) -> Iterator[list[BandPlan]]:
    for size in part_sizes(layer, s.accelerator.rows):
        ranges = part_ranges(layer, size)
        base = base_plan(s, layer, ranges[0])
        for slots in (2, 1):
            height = _height(s, replace(base, slots=slots))
            if height is not None:
                yield [replace(base_plan(s, layer, part), slots=slots, height=height) for part in ranges]
                return


def _height(s: Schedule, plan: BandPlan) -> int | None:
    """The band height that wastes least of its tiles, among those that fit."""
    step, total = plan.height, plan.layer.output.height
    fitting = [
        height
        for height in range(step, ceil_div(total, step) * step + 1, step)
        if plan.slots * replace(plan, height=height).slot_rows <= s.accelerator.bank_depth
    ]
    wanted = [h for h in fitting if h <= max(step, total // BANDS_WANTED)] or fitting[:1]
    return min(wanted, key=lambda h: (tiles_of(s, replace(plan, height=h)) + ceil_div(total, h), -h), default=None)


def tiles_of(s: Schedule, plan: BandPlan) -> int:
    """Tiles of all bands."""
    return sum(frame_tiles(s, plan.layer, *plan.rows_of(first)) for first in plan.firsts)


def cycles(s: Schedule, plan: BandPlan) -> float:
    """Estimate, to choose between plans: dense lists against the bytes of all bands, side by side where two bands fit."""
    a, layer = s.accelerator, plan.layer
    channels = min(len(layer.sources), a.rows * max(1, len(layer.sources) // layer.groups))
    taps = layer.window.kernel[0] * layer.window.kernel[1]
    array = tiles_of(s, plan) * ceil_div(layer.filters, a.rows) * max(channels * taps, a.rows)
    moved = len(plan.firsts) * plan.slot_rows * a.lanes / a.dram_bytes
    return max(array, moved) if plan.slots > 1 else array + moved
