"""Pass: layers of which not one band fits whole. Slices of their sources pass through the chip while the sums stay in the array.

For each filter group and tile, the vectors of one slice after the other are added; slices that are still on chip are used again,
which is why every second tile takes them in reverse. Sums over whole maps take slices of channels and of rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hwservice.compiler.bandops import band_frame, band_store, has_short_planes, plane_loads, plane_rows_of
from hwservice.compiler.computes import Piece, Turn, compute_of, config_of, group_pieces, groups_of, too_long
from hwservice.compiler.groups import FilterGroup
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.ops import ComputeOp, LoadOp
from hwservice.compiler.schedule import finish_layer
from hwservice.compiler.segments import Lists, Placed, Weights, record_segments
from hwservice.compiler.slices import SlicedGroup, Span, StreamPlan, plan_stream, sliced
from hwservice.compiler.state import Frame, Schedule, frame_tiles
from hwservice.ir.quantised import Operator, Region


def schedule_streamed(s: Schedule, index: int) -> None:
    """One layer, part by part, in the lowest bands, its sources slice by slice."""
    layer = s.network.layers[index]
    plans = plan_stream(s, layer)
    groups: list[FilterGroup] = []
    for plan in plans:
        of_part = groups_of(s, plan.band.layer)
        groups += of_part
        stream = _Stream(s, plan, sliced(of_part, plan))
        for first in plan.band.firsts:
            stream.band(first)
    firsts = plans[0].band.firsts
    tiles = sum(frame_tiles(s, layer, *plans[0].band.rows_of(first)) for first in firsts)
    finish_layer(s, index, layer, tuple(groups), tiles, len(plans) * len(firsts))


@dataclass
class _Slot:
    """What lies in a slot."""

    content: tuple[int, Span] | None = None
    """Slice number and map rows."""
    user: ComputeOp | None = None
    """The last compute that reads it."""
    age: int = 0


@dataclass(frozen=True)
class _Visit:
    """Some vectors of a group, all within one slice."""

    piece: Piece
    number: int
    """Of the slice."""
    span: Span


@dataclass
class _Stream:
    """Makes the operations of one part of a layer."""

    s: Schedule
    plan: StreamPlan
    groups: tuple[SlicedGroup, ...]
    slots: list[_Slot] = field(init=False)
    backwards: bool = False
    computes: int = 0

    def __post_init__(self) -> None:
        s, plan = self.s, self.plan
        groups = tuple(g.group for g in self.groups)
        self.slots = [_Slot(user=s.last_compute) for _ in range(plan.slots)]
        self.stored = s.stores[-1:]
        self.pool = plan.band.layer.operator is Operator.SUM
        self.plane_rows = plane_rows_of(plan.band, plan.planes, plan.per_slice, plan.plane_rows)
        self.weights = Weights(s.accelerator, groups)
        self.lists = {
            bottom: Lists(s, plan.band.layer, groups, band_frame(plan.band, 0, self.plane_rows, 0, bottom))
            for bottom in ((False, True) if has_short_planes(plan.band) else (True,))
        }

    def band(self, first: int) -> None:
        """Loads, computes and the store of one band."""
        s, band = self.s, self.plan.band
        rows = band.rows_of(first)
        skips = plane_loads(s, band.skips, band.skip_start, band.skip_rows, rows)
        for load in skips:
            load.after_compute, load.after_stores = s.last_compute, s.stores[-1:]
        s.ops += skips
        frame = band_frame(band, first, self.plane_rows, 0)
        start = len(s.ops)
        for region in band.layer.regions:
            if region.rows[0] < rows[1] and rows[0] < region.rows[1]:
                self._region(region, frame)
        head = next(op for op in s.ops[start:] if isinstance(op, ComputeOp))
        head.after_loads += skips
        head.after_stores += s.stores[-1:]
        assert s.last_compute is not None
        store = band_store(s, band, first, 0, s.last_compute)
        s.ops.append(store)
        s.stores.append(store)

    def _region(self, region: Region, frame: Frame) -> None:
        s, layer = self.s, self.plan.band.layer
        plain = tuple(g.group for g in self.groups)
        records = record_segments(s, layer, region, plain, frame)
        lists = self.lists[frame.short_bottom or len(self.lists) == 1]
        if self.computes:
            self.weights = self.weights.kept_or_again(s.accelerator)
            lists = lists.kept_or_again(s.accelerator)
        height = None
        for number, group in enumerate(self.groups):
            fresh = too_long(s, group.group)
            for visit, turn in self._turns(group, frame):
                here = replace(frame, in_height=visit.span[1] - visit.span[0])
                segments = lists.get(*visit.piece, fresh), self.weights.get(number, *visit.piece, fresh)
                compute = self._compute(group.group, visit, turn, here, segments)
                compute.records, compute.record_offset = records[number]
                if here.in_height != height:
                    compute.config, height = config_of(s, layer, region, here), here.in_height

    def _turns(self, group: SlicedGroup, frame: Frame) -> Iterator[tuple[_Visit, Turn]]:
        """The computes of one group: for sums over maps span by span, otherwise tile by tile."""
        s, band = self.s, self.plan.band
        slice_of = {id(walk): number for walk, number in zip(group.group.walks, group.slice_of, strict=True)}
        visits = [
            _Visit(piece, slice_of[id(piece[0])], span)
            for span in self.plan.spans(frame.first_row)
            for piece in group_pieces(s, group.group)
        ]
        last = len(visits) - 1
        if self.pool or not last:
            for k, visit in enumerate(visits):
                rows = visit.span[1] - visit.span[0] if self.pool else frame.last_row - frame.first_row
                width = band.source.width if self.pool else band.layer.output.width
                tiles = ceil_div(band.source.pitch * (rows - 1) + width, s.accelerator.lanes)
                yield visit, Turn(tiles, first=k == 0, last=k == last, rewind=True, hold=False)
            return
        for tile in range(frame_tiles(s, band.layer, frame.first_row, frame.last_row)):
            order = visits[::-1] if self.backwards else visits
            self.backwards = not self.backwards
            for k, visit in enumerate(order):
                rewind = tile == 0 and k == 0
                yield visit, Turn(1, first=k == 0, last=k == last, rewind=rewind, hold=k < last)

    def _compute(
        self, group: FilterGroup, visit: _Visit, turn: Turn, frame: Frame, segments: tuple[Placed, Placed]
    ) -> ComputeOp:
        at, loads = self._fetch(visit)
        frame = replace(frame, flat_shift=self.plan.base(at) * self.s.accelerator.lanes)
        compute = compute_of(self.plan.band.layer, group, visit.piece, turn, frame, *segments)
        compute.after_loads += loads
        self.s.ops += [*loads, compute]
        self.s.last_compute = self.slots[at].user = compute
        self.computes += 1
        self.slots[at].age = self.computes
        return compute

    def _fetch(self, visit: _Visit) -> tuple[int, list[LoadOp]]:
        """The slot that holds a slice, and the loads that bring it where none does yet."""
        content = (visit.number, visit.span)
        for at, slot in enumerate(self.slots):
            if slot.content == content:
                return at, []
        at = min(range(len(self.slots)), key=lambda k: self.slots[k].age)
        self.slots[at].content = content
        plan = self.plan
        loads = plane_loads(self.s, plan.planes_of(visit.number), plan.base(at), plan.plane_rows, visit.span)
        for load in loads:
            load.after_compute, load.after_stores = self.slots[at].user, self.stored
        return at, loads
