"""How a layer that does not fit is cut: parts of its filters, row bands of some height, one or two bands on chip at a time."""

from collections.abc import Iterator
from dataclasses import replace

from hwservice.compiler.bandcost import cycles
from hwservice.compiler.bandplan import BandPlan, base_plan
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.parts import part_ranges, part_sizes
from hwservice.compiler.state import Schedule
from hwservice.ir.quantised import Layer, Operator

SIZES_TRIED = 3
"""Part sizes that are compared, from the greatest that fits on."""
LOW_BANDS = 16
"""Every height up to so many rows is tried; of the greater ones those that cut the map evenly."""


def choose_bands(s: Schedule, layer: Layer) -> list[BandPlan]:
    """One plan per part, all of one band height; the cheapest of those that fit, none where none fits."""
    if layer.operator is Operator.SUM:
        return []
    choices = list(_choices(s, layer))
    if not choices:
        return []
    _, ranges, best = min(choices, key=lambda choice: choice[0])
    return [replace(base_plan(s, layer, part), slots=best.slots, height=best.height) for part in ranges]


def _choices(s: Schedule, layer: Layer) -> Iterator[tuple[float, list[tuple[int, int]], BandPlan]]:
    """Cost, parts, and plan of the first, greatest part."""
    sizes = 0
    for size in part_sizes(layer, s.accelerator.rows):
        ranges = part_ranges(layer, size)
        base = base_plan(s, layer, ranges[0])
        plans = [replace(base, slots=slots, height=height) for slots in (2, 1) for height in _heights(base)]
        fitting = [plan for plan in plans if plan.slots * plan.slot_rows <= s.accelerator.bank_depth]
        for plan in fitting:
            yield len(ranges) * cycles(s, plan), ranges, plan
        sizes += bool(fitting)
        if sizes == SIZES_TRIED:
            return


def _heights(lowest: BandPlan) -> list[int]:
    """Band heights to try, in rows of the output; whole rows of its phases."""
    step, total = lowest.height, lowest.layer.output.height
    even = {ceil_div(ceil_div(total, bands), step) * step for bands in range(1, ceil_div(total, LOW_BANDS) + 1)}
    low = set(range(step, min(total, LOW_BANDS) + step, step))
    return sorted(even | low)
