"""Where the maps of a row band lie on the chip."""

from dataclasses import dataclass

from hwservice.compiler.groups import taps_of
from hwservice.compiler.layout import TensorLayout, ceil_div
from hwservice.compiler.parts import Range, part_of
from hwservice.compiler.state import Schedule
from hwservice.ir.quantised import Layer, Source


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
