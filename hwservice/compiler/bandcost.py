"""What a layer in bands costs, to choose between cuts: the array's cycles against DRAM's, side by side where two bands fit."""

from dataclasses import dataclass

from contracts.expert import BOUNDARY_CYCLES
from contracts.isa import ENTRY_BYTES, RECORD_BYTES
from hwservice.compiler.bandplan import BandPlan
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.state import Schedule, frame_tiles


def tiles_of(s: Schedule, plan: BandPlan) -> int:
    """Tiles of all bands."""
    full, rest = divmod(plan.layer.output.height, plan.height)
    return full * frame_tiles(s, plan.layer, 0, plan.height) + (frame_tiles(s, plan.layer, 0, rest) if rest else 0)


def cycles(s: Schedule, plan: BandPlan) -> float:
    """Estimated cycles of a part; lists are taken as dense."""
    a, bands = s.accelerator, len(plan.firsts)
    lists = _Dense.of(plan, a.rows)
    tiles = tiles_of(s, plan)
    array = tiles * lists.groups * max(lists.vectors, a.rows)
    stream = _streamed(s, plan, lists, tiles) / a.dram_bytes
    row_cycles = a.lanes / a.dram_bytes
    read, written = plan.out_start * row_cycles, (plan.slot_rows - plan.out_start) * row_cycles
    if plan.slots > 1:
        return max(array, stream + bands * read, bands * written) + read + written + bands * BOUNDARY_CYCLES
    return max(array, stream) + bands * (read + written + BOUNDARY_CYCLES + 2 * a.dram_latency)


@dataclass(frozen=True)
class _Dense:
    """The lists of a part whose weights are all there."""

    groups: int
    vectors: int
    """Per group."""
    entries: int
    """Of all lists."""

    @staticmethod
    def of(plan: BandPlan, rows: int) -> "_Dense":
        layer = plan.layer
        groups = ceil_div(layer.filters, rows)
        per_group = 1 if layer.weights is None else len(layer.sources) // layer.groups
        alone = per_group < len(layer.sources)
        channels = min(len(layer.sources), rows * per_group) if alone else len(layer.sources)
        vectors = channels * layer.window.kernel[0] * layer.window.kernel[1]
        return _Dense(groups, vectors, vectors * groups if alone else vectors)


def _streamed(s: Schedule, plan: BandPlan, lists: _Dense, tiles: int) -> float:
    """Bytes of weights, lists and records: once, once a band, or, where a group exceeds half a memory, once a tile."""
    a, bands = s.accelerator, len(plan.firsts)
    records = RECORD_BYTES * plan.layer.filters * bands
    weights = lists.groups * lists.vectors * a.rows
    if 2 * lists.vectors > min(a.vector_depth, a.list_depth):
        return records + tiles * (weights + lists.groups * lists.vectors * ENTRY_BYTES)
    entries = lists.entries * ENTRY_BYTES
    weights *= 1 if lists.groups * lists.vectors <= a.vector_depth // 2 else bands
    entries *= 1 if lists.entries <= a.list_depth // 2 else bands
    return records + weights + entries
