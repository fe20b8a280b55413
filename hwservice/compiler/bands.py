"""Pass: layers whose maps do not fit run in row bands from DRAM to DRAM, where two fit, two bands in flight."""

import numpy as np

from contracts.isa import Target
from hwservice.compiler.bandplan import BandPlan, plan_bands, tiles_of
from hwservice.compiler.computes import layer_computes
from hwservice.compiler.groups import FilterGroup, filter_groups
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.ops import ComputeOp, LoadOp, Op, StoreOp
from hwservice.compiler.schedule import finish_layer
from hwservice.compiler.segments import Lists, Weights
from hwservice.compiler.state import Frame, Schedule
from hwservice.ir.quantised import Source

LOAD_PIECES = 8
"""A band's load is cut into about so many, spread over the computes of the band before."""


def schedule_banded(s: Schedule, index: int) -> None:
    """One layer, part by part, in bands: loads of band k+1 and stores of band k-1 while band k computes."""
    layer = s.network.layers[index]
    plans = plan_bands(s, layer)
    groups: list[FilterGroup] = []
    for plan in plans:
        groups += _schedule_part(s, plan)
    finish_layer(s, index, layer, tuple(groups), tiles_of(s, plans[0]), len(plans) * len(plans[0].firsts))


def _schedule_part(s: Schedule, plan: BandPlan) -> tuple[FilterGroup, ...]:
    groups = filter_groups(plan.layer, s.accelerator.rows)
    build = _BandBuilder(s, plan, groups)
    firsts, slots = plan.firsts, plan.slots
    before, stored = s.last_compute, s.stores[-1:]
    loads = {band: build.loads(firsts[band], band, before, stored) for band in range(min(slots, len(firsts)))}
    s.ops += [load for band in sorted(loads) for load in loads[band]]
    stores: list[list[StoreOp]] = []
    for band, first in enumerate(firsts):
        computes = build.computes(first, band)
        computes[0].after_loads += loads[band]
        computes[0].after_stores += stores[band - slots][-1:] if band >= slots else stored
        computes[-1].signal_store = True
        ahead = loads.get(band + 1, []) if band + 1 >= slots > 1 else []
        s.ops += _spread(computes, ahead)
        stores.append(build.stores(first, band, computes[-1]))
        s.ops += stores[-1]
        s.stores += stores[-1]
        s.last_compute = computes[-1]
        if band + slots < len(firsts):
            loads[band + slots] = build.loads(firsts[band + slots], band, computes[-1], [])
            s.ops += loads[band + slots] if slots == 1 else []
    return groups


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

    def _base(self, band: int) -> int:
        return band % self.plan.slots * self.plan.slot_rows

    def _has_short_planes(self) -> bool:
        sy = self.plan.source.stride[0]
        return sy > 1 and self.plan.source.tensor.height % sy != 0

    def loads(self, first: int, band: int, after: ComputeOp | None, stores: list[StoreOp]) -> list[LoadOp]:
        """Loads of the source and skip rows of one band."""
        plan = self.plan
        low, high = plan.source_rows(*plan.rows_of(first))
        base = self._base(band)
        found = self._plane_loads(plan.planes, plan.source.phases, base, plan.source_phase_rows, (low, high))
        if plan.skips:
            found += self._plane_loads(plan.skips, 1, base + plan.skip_start, plan.skip_rows, plan.rows_of(first))
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

    def computes(self, first: int, band: int) -> list[ComputeOp]:
        """Computes of one band; weights and lists stay on chip over the bands where at most half a memory holds them."""
        a, plan = self.s.accelerator, self.plan
        frame = self._frame(first, band, None)
        lists = self.lists[frame.short_bottom]
        if self.weights.elements > a.vector_depth // 2:
            self.weights = self.weights if self.fresh else self.weights.again()
        if lists.elements > a.list_depth // 2:
            lists = self.lists[frame.short_bottom] = lists.again()
        self.fresh = False
        return layer_computes(self.s, plan.layer, self.groups, frame, self.weights, lists)

    def _frame(self, first: int, band: int, bottom: bool | None) -> Frame:
        plan = self.plan
        _, last = plan.rows_of(first)
        low, high = plan.source_rows(first, last)
        place = {source: k for k, source in enumerate(plan.planes)}
        skip_place = {source: k for k, source in enumerate(plan.skips)}
        phases = np.arange(plan.source.phases)
        numbers = np.asarray([place[source] for source in plan.layer.sources])
        plane_rows = (numbers[:, None] * plan.source.phases + phases) * plan.source_phase_rows
        base = self._base(band)
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
            pitch=plan.source.pitch,
            in_height=high - low,
            row_shift=first - low,
            first_row=first,
            last_row=last,
            short_bottom=high == plan.source.height if bottom is None else bottom,
            flat_shift=base * plan.source.lanes,
        )

    def stores(self, first: int, band: int, after: ComputeOp) -> list[StoreOp]:
        """The store of a band's output rows."""
        plan, name = self.plan, self.plan.layer.output.name
        stride = plan.out.stride[0]
        rows = ceil_div(plan.rows_of(first)[1] - first, stride)
        size = self.s.phase_bytes(name)
        fields = {
            "dram_address": plan.first_filter * plan.out.phases * size + first // stride * plan.out.pitch,
            "local_address": self._base(band) + plan.out_start,
            "beats": plan.out.pitch * rows // self.s.accelerator.dram_bytes,
            "planes": plan.layer.filters * plan.out.phases,
            "dram_stride": size,
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
