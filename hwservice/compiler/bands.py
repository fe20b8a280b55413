"""Pass: layers whose maps do not fit run in row bands from DRAM to DRAM, two bands in flight."""

from dataclasses import dataclass, replace

import numpy as np

from contracts.errors import CapacityError
from contracts.isa import Target
from hwservice.compiler.groups import FilterGroup, filter_groups, taps_of
from hwservice.compiler.layout import TensorLayout, ceil_div
from hwservice.compiler.ops import ComputeOp, LoadOp, Op, StoreOp
from hwservice.compiler.schedule import Frame, Lists, Schedule, Weights, finish_layer, frame_tiles, layer_computes
from hwservice.ir.quantised import Layer, Source

BANDS_WANTED = 4
"""Fewer bands leave too much of the first load and the last store uncovered."""
LOAD_PIECES = 8
"""A band's load is cut into about so many, spread over the computes of the band before."""


@dataclass(frozen=True)
class BandPlan:
    """Bank rows of one slot: source planes, then skip planes, then output planes."""

    layer: Layer
    source: TensorLayout
    out: TensorLayout
    planes: tuple[Source, ...]
    skips: tuple[Source, ...]
    reach: tuple[int, int]
    height: int
    """Output rows per band."""

    @property
    def source_phase_rows(self) -> int:
        """Bank rows of one source phase plane of a band."""
        most = self.height + self.reach[1] - self.reach[0] + 1
        return self.source.rows_for(min(most, self.source.height))

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

    def source_rows(self, first: int, last: int) -> tuple[int, int]:
        """Rows of the source phase planes that output rows [first, last) read, one spare row below for short planes."""
        low = min(max(0, first + self.reach[0]), self.source.height - 1)
        high = min(self.source.height, max(last + self.reach[1] + 1, low + 1))
        return low, high


def plan_bands(s: Schedule, layer: Layer) -> BandPlan:
    """The band height that wastes least of its tiles, among those of which two fit.

    Raises:
        CapacityError: not even the lowest band fits twice.
    """
    source, out = s.layout(layer.sources[0].tensor), s.layout(layer.output.name)
    planes = tuple(dict.fromkeys(layer.sources))
    skips = tuple(dict.fromkeys(skip for skip in layer.skip if skip is not None))
    base = BandPlan(layer, source, out, planes, skips, taps_of(layer.window).reach_y, 1)
    step, total = out.stride[0], layer.output.height
    fitting = [
        height
        for height in range(step, ceil_div(total, step) * step + 1, step)
        if 2 * replace(base, height=height).slot_rows <= s.accelerator.bank_depth
    ]
    if not fitting:
        need = 2 * replace(base, height=step).slot_rows * s.accelerator.lanes
        raise CapacityError(
            f"layer {layer.name!r}: two bands of {step} rows need {need} bytes of activation memory, accelerator "
            f"{s.accelerator.name!r} has {s.accelerator.activation_bytes}; choose a greater bank_depth"
        )
    wanted = [h for h in fitting if h <= max(step, total // BANDS_WANTED)] or fitting[:1]
    best = min(wanted, key=lambda h: (_tiles(s, layer, h) + ceil_div(total, h), -h))
    return replace(base, height=best)


def _tiles(s: Schedule, layer: Layer, height: int) -> int:
    total = layer.output.height
    return sum(frame_tiles(s, layer, first, min(first + height, total)) for first in range(0, total, height))


def schedule_banded(s: Schedule, index: int) -> None:
    """One layer in bands: loads of band k+1 and stores of band k-1 while band k computes."""
    layer = s.network.layers[index]
    groups = filter_groups(layer, s.accelerator.rows)
    plan = plan_bands(s, layer)
    firsts = list(range(0, layer.output.height, plan.height))
    build = _BandBuilder(s, plan, groups)
    before, stored = s.last_compute, s.stores[-1:]
    loads = {band: build.loads(firsts[band], band % 2, before, stored) for band in range(min(2, len(firsts)))}
    s.ops += [load for band in sorted(loads) for load in loads[band]]
    stores: list[list[StoreOp]] = []
    tiles = 0
    for band, first in enumerate(firsts):
        computes = build.computes(first, band % 2)
        computes[0].after_loads += loads[band]
        computes[0].after_stores += stores[band - 2][-1:] if band >= 2 else stored
        computes[-1].signal_store = True
        ahead = loads.get(band + 1, []) if band >= 1 else []
        s.ops += _spread(computes, ahead)
        stores.append(build.stores(first, band % 2, computes[-1]))
        s.ops += stores[-1]
        s.stores += stores[-1]
        s.last_compute = computes[-1]
        if band + 2 < len(firsts):
            loads[band + 2] = build.loads(firsts[band + 2], band % 2, computes[-1], [])
        tiles += frame_tiles(s, layer, first, min(first + plan.height, layer.output.height))
    finish_layer(s, index, layer, groups, tiles, len(firsts))


def _spread(computes: list[ComputeOp], loads: list[LoadOp]) -> list[Op]:
    """Loads evenly among the computes, the first load first."""
    ops: list[Op] = []
    done = 0
    for k, compute in enumerate(computes):
        due = (k + 1) * len(loads) // len(computes)
        if k == 0 and loads:
            due = max(due, 1)
        ops += loads[done:due]
        done = max(done, due)
        ops.append(compute)
    return ops


class _BandBuilder:
    """Makes the operations of single bands of one layer."""

    def __init__(self, s: Schedule, plan: BandPlan, groups: tuple[FilterGroup, ...]) -> None:
        self.s, self.plan, self.groups = s, plan, groups
        self.weights = Weights(s.accelerator, groups)
        self.lists = {bottom: Lists(s, plan.layer, groups, self._frame(0, 0, bottom)) for bottom in (False, True)}
        if not self._has_short_planes():
            self.lists[False] = self.lists[True]
        self.fresh = True

    def _has_short_planes(self) -> bool:
        sy = self.plan.source.stride[0]
        return sy > 1 and self.plan.source.tensor.height % sy != 0

    def loads(self, first: int, slot: int, after: ComputeOp | None, stores: list[StoreOp]) -> list[LoadOp]:
        """Loads of the source and skip rows of one band."""
        plan = self.plan
        low, high = plan.source_rows(first, min(first + plan.height, plan.layer.output.height))
        base = slot * plan.slot_rows
        found = self._plane_loads(plan.planes, plan.source.phases, base, plan.source_phase_rows, (low, high))
        if plan.skips:
            rows = (first, min(first + plan.height, plan.layer.output.height))
            found += self._plane_loads(plan.skips, 1, base + plan.skip_start, plan.skip_rows, rows)
        for load in found:
            load.after_compute, load.after_stores = after, list(stores)
        return found

    def _plane_loads(
        self, planes: tuple[Source, ...], phases: int, base: int, rows: int, span: tuple[int, int]
    ) -> list[LoadOp]:
        pitch = self.plan.source.pitch
        found = []
        for start, count in _runs(planes, max(1, ceil_div(len(planes), LOAD_PIECES))):
            source = planes[start]
            size = self.s.phase_bytes(source.tensor)
            fields = {
                "target": int(Target.BANK),
                "dram_address": source.channel * phases * size + span[0] * pitch,
                "local_address": base + start * phases * rows,
                "beats": pitch * (span[1] - span[0]) // self.s.accelerator.dram_bytes,
                "planes": count * phases,
                "dram_stride": size,
                "local_stride": rows,
            }
            found.append(LoadOp(f"tensor:{source.tensor}", fields))
        return found

    def computes(self, first: int, slot: int) -> list[ComputeOp]:
        """Computes of one band; weights and lists stay on chip over the bands where at most half a memory holds them."""
        a, plan = self.s.accelerator, self.plan
        frame = self._frame(first, slot, None)
        lists = self.lists[frame.short_bottom]
        if self.weights.elements > a.vector_depth // 2:
            self.weights = self.weights if self.fresh else self.weights.again()
        if lists.elements > a.list_depth // 2:
            lists = self.lists[frame.short_bottom] = lists.again()
        self.fresh = False
        return layer_computes(self.s, plan.layer, self.groups, frame, self.weights, lists)

    def _frame(self, first: int, slot: int, bottom: bool | None) -> Frame:
        plan = self.plan
        last = min(first + plan.height, plan.layer.output.height)
        low, high = plan.source_rows(first, last)
        place = {source: k for k, source in enumerate(plan.planes)}
        skip_place = {source: k for k, source in enumerate(plan.skips)}
        phases = np.arange(plan.source.phases)
        numbers = np.asarray([place[source] for source in plan.layer.sources])
        plane_rows = (numbers[:, None] * plan.source.phases + phases) * plan.source_phase_rows
        base = slot * plan.slot_rows
        out = base + plan.out_start + np.arange(plan.layer.filters) * plan.out.phases * plan.out_phase_rows
        skips = [
            base + plan.skip_start + skip_place[skip] * plan.skip_rows if skip is not None else -1
            for skip in plan.layer.skip
        ]
        return Frame(
            plane_rows=plane_rows,
            out_rows=out,
            skip_rows=np.asarray(skips or [-1] * plan.layer.filters),
            out_phase_rows=plan.out_phase_rows,
            in_height=high - low,
            row_shift=first - low,
            first_row=first,
            last_row=last,
            short_bottom=high == plan.source.height if bottom is None else bottom,
            flat_shift=base * plan.source.lanes,
        )

    def stores(self, first: int, slot: int, after: ComputeOp) -> list[StoreOp]:
        """The store of a band's output rows."""
        plan, name = self.plan, self.plan.layer.output.name
        stride = plan.out.stride[0]
        rows = ceil_div(min(first + plan.height, plan.layer.output.height) - first, stride)
        fields = {
            "dram_address": first // stride * plan.out.pitch,
            "local_address": slot * plan.slot_rows + plan.out_start,
            "beats": plan.out.pitch * rows // self.s.accelerator.dram_bytes,
            "planes": plan.layer.filters * plan.out.phases,
            "dram_stride": self.s.phase_bytes(name),
            "local_stride": plan.out_phase_rows,
        }
        return [StoreOp(f"tensor:{name}", fields, after)]


def _runs(planes: tuple[Source, ...], most: int) -> list[tuple[int, int]]:
    """(start, count) of stretches of consecutive channels of one tensor, at most `most` long."""
    runs: list[tuple[int, int]] = []
    for k, source in enumerate(planes):
        if runs:
            start, count = runs[-1]
            follows = planes[k - 1].tensor == source.tensor and planes[k - 1].channel + 1 == source.channel
            if follows and count < most:
                runs[-1] = start, count + 1
                continue
        runs.append((k, 1))
    return runs
