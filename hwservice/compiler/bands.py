"""Pass: layers whose maps do not fit run in row bands from DRAM to DRAM, where two fit, two bands in flight."""

from hwservice.compiler.bandcost import tiles_of
from hwservice.compiler.bandops import band_frame, band_store, has_short_planes, plane_loads, plane_rows_of
from hwservice.compiler.bandplan import BandPlan
from hwservice.compiler.computes import groups_of, layer_computes
from hwservice.compiler.groups import FilterGroup
from hwservice.compiler.ops import ComputeOp, LoadOp, Op, StoreOp
from hwservice.compiler.schedule import finish_layer
from hwservice.compiler.segments import Lists, Weights
from hwservice.compiler.state import Frame, Schedule


def schedule_banded(s: Schedule, index: int, plans: list[BandPlan]) -> None:
    """One layer, part by part, in bands: loads of band k+1 and stores of band k-1 while band k computes."""
    layer = s.network.layers[index]
    groups: list[FilterGroup] = []
    for plan in plans:
        groups += _schedule_part(s, plan)
    finish_layer(s, index, layer, tuple(groups), tiles_of(s, plans[0]), len(plans) * len(plans[0].firsts))


def _schedule_part(s: Schedule, plan: BandPlan) -> tuple[FilterGroup, ...]:
    groups = groups_of(s, plan.layer)
    build = _BandBuilder(s, plan, groups)
    firsts, slots = plan.firsts, plan.slots
    before, stored = s.last_compute, s.stores[-1:]
    loads = {band: build.loads(firsts[band], band, before, stored) for band in range(min(slots, len(firsts)))}
    s.ops += [load for band in sorted(loads) for load in loads[band]]
    stores: list[StoreOp] = []
    for band, first in enumerate(firsts):
        computes = build.computes(first, band)
        computes[0].after_loads += loads[band]
        computes[0].after_stores += stores[band - slots : band - slots + 1] if band >= slots else stored
        ahead = loads.get(band + 1, []) if band + 1 >= slots > 1 else []
        s.ops += _spread(computes, ahead)
        stores.append(build.store(first, band, computes[-1]))
        s.ops.append(stores[-1])
        s.stores.append(stores[-1])
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
        self.plane_rows = plane_rows_of(plan, plan.planes, len(plan.planes), plan.source_phase_rows)
        self.lists = {bottom: Lists(s, plan.layer, groups, self._frame(0, 0, bottom)) for bottom in (False, True)}
        if not has_short_planes(plan):
            self.lists[False] = self.lists[True]
        self.fresh = True

    def _base(self, band: int) -> int:
        return band % self.plan.slots * self.plan.slot_rows

    def loads(self, first: int, band: int, after: ComputeOp | None, stores: list[StoreOp]) -> list[LoadOp]:
        """Loads of the source and skip rows of one band."""
        s, plan, base = self.s, self.plan, self._base(band)
        rows = plan.rows_of(first)
        found = plane_loads(s, plan.planes, base, plan.source_phase_rows, plan.source_rows(*rows))
        found += plane_loads(s, plan.skips, base + plan.skip_start, plan.skip_rows, rows)
        for load in found:
            load.after_compute, load.after_stores = after, list(stores)
        return found

    def computes(self, first: int, band: int) -> list[ComputeOp]:
        """Computes of one band; weights and lists stay on chip over the bands where at most half a memory holds them."""
        a, frame = self.s.accelerator, self._frame(first, band, None)
        lists = self.lists[frame.short_bottom].kept_or_again(a)
        self.lists[frame.short_bottom] = lists
        self.weights = self.weights if self.fresh else self.weights.kept_or_again(a)
        self.fresh = False
        return layer_computes(self.s, self.plan.layer, self.groups, frame, self.weights, lists)

    def _frame(self, first: int, band: int, bottom: bool | None) -> Frame:
        return band_frame(self.plan, first, self.plane_rows, self._base(band), bottom)

    def store(self, first: int, band: int, after: ComputeOp) -> StoreOp:
        """The store of a band's output rows."""
        return band_store(self.s, self.plan, first, self._base(band), after)
