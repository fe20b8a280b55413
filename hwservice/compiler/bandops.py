"""The loads, frames and stores that bands are made of."""

import numpy as np

from contracts.isa import Target
from hwservice.compiler.bandplan import BandPlan
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.ops import ComputeOp, LoadOp, StoreOp
from hwservice.compiler.payloads import Ints
from hwservice.compiler.state import Frame, Schedule
from hwservice.ir.quantised import Source

LOAD_PIECES = 8
"""A band's load is cut into about so many, spread over the computes of the band before."""


def plane_loads(
    s: Schedule, planes: tuple[Source, ...], base: int, plane_rows: int, span: tuple[int, int]
) -> list[LoadOp]:
    """LOADs of map rows [span) of some channels of maps in DRAM.

    Args:
        s: the schedule.
        planes: channels, all with one layout.
        base: bank row of the first.
        plane_rows: bank rows from phase plane to phase plane.
        span: rows of a phase plane, from and up to.
    """
    found = []
    for start, count in _runs(planes, max(1, ceil_div(len(planes), LOAD_PIECES))):
        source = planes[start]
        layout, size = s.layout(source.tensor), s.phase_bytes(source.tensor)
        fields = {
            "target": int(Target.BANK),
            "dram_address": source.channel * layout.phases * size + span[0] * layout.pitch,
            "local_address": base + start * layout.phases * plane_rows,
            "beats": layout.pitch * (span[1] - span[0]) // s.accelerator.dram_bytes,
            "planes": count * layout.phases,
            "dram_stride": size,
            "local_stride": plane_rows,
        }
        found.append(LoadOp(f"tensor:{source.tensor}", fields))
    return found


def plane_rows_of(plan: BandPlan, planes: tuple[Source, ...], per_slice: int, plane_rows: int) -> Ints:
    """[sources, phases]: bank rows of a layer's source planes within their slice of `per_slice` planes."""
    place = {source: k % per_slice for k, source in enumerate(planes)}
    numbers = np.asarray([place[source] for source in plan.layer.sources])
    return np.asarray((numbers[:, None] * plan.source.phases + np.arange(plan.source.phases)) * plane_rows)


def band_frame(plan: BandPlan, first: int, plane_rows: Ints, rest: int, bottom: bool | None = None) -> Frame:
    """The frame of the band that begins with output row `first`.

    Args:
        plan: of the band.
        first: its first output row.
        plane_rows: bank rows of the source planes.
        rest: bank row where the slot with skips and outputs begins.
        bottom: whether the band reaches the last row of the map, if that is known.
    """
    low, high = plan.source_rows(*plan.rows_of(first))
    skip_start, rows = rest + plan.skip_start, plan.skip_rows
    skip_row = {source: skip_start + k * rows for k, source in enumerate(plan.skips)}
    skips = [-1 if skip is None else skip_row[skip] for skip in plan.layer.skip]
    return Frame(
        plane_rows=plane_rows,
        out_rows=rest + plan.out_start + np.arange(plan.layer.filters) * plan.out.phases * plan.out_phase_rows,
        skip_rows=np.asarray(skips or [-1] * plan.layer.filters),
        out_phase_rows=plan.out_phase_rows,
        pitch=plan.source.pitch,
        in_height=high - low,
        row_shift=first - low,
        first_row=first,
        last_row=plan.rows_of(first)[1],
        short_bottom=high == plan.source.height if bottom is None else bottom,
        flat_shift=rest * plan.source.lanes,
    )


def band_store(s: Schedule, plan: BandPlan, first: int, rest: int, after: ComputeOp) -> StoreOp:
    """The store of a band's output rows."""
    name, stride = plan.layer.output.name, plan.out.stride[0]
    rows = ceil_div(plan.rows_of(first)[1] - first, stride)
    size = s.phase_bytes(name)
    fields = {
        "dram_address": plan.first_filter * plan.out.phases * size + first // stride * plan.out.pitch,
        "local_address": rest + plan.out_start,
        "beats": plan.out.pitch * rows // s.accelerator.dram_bytes,
        "planes": plan.layer.filters * plan.out.phases,
        "dram_stride": size,
        "local_stride": plan.out_phase_rows,
    }
    return StoreOp(f"tensor:{name}", fields, after)


def has_short_planes(plan: BandPlan) -> bool:
    """Whether some phase planes have one row less than others."""
    return plan.source.tensor.height % plan.source.stride[0] != 0


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
