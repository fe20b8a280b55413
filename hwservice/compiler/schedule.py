"""Pass: the order of loads, computes, stores and marks for layers that run on chip."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.isa import ENTRY_BYTES, Target
from hwservice.compiler.groups import FilterGroup, Walk, filter_groups, taps_of
from hwservice.compiler.layout import TensorLayout, ceil_div
from hwservice.compiler.ops import ComputeOp, LoadOp, MarkOp, Op, Segment, StoreOp
from hwservice.compiler.payloads import entry_words, record_bytes
from hwservice.compiler.residence import Residence, touched
from hwservice.ir.program import Mark
from hwservice.ir.quantised import Layer, Operator, QuantisedNetwork, Region

INPUT_PIECES = 8
"""The first layer starts when the first of so many pieces of the input is on chip."""
BATCH_SHARE = 8
"""Small groups are loaded together, up to this part of a scratchpad at a time."""


@dataclass
class Schedule:
    """What scheduling has produced so far."""

    network: QuantisedNetwork
    accelerator: Accelerator
    residence: Residence
    ops: list[Op] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    last_compute: ComputeOp | None = None
    stores: list[StoreOp] = field(default_factory=list)
    stores_of_layer: dict[int, int] = field(default_factory=dict)
    """Layer index -> number of stores in the program when the layer ended."""
    input_loads: list[tuple[int, LoadOp]] = field(default_factory=list)
    """(bank rows per plane that are there, load) of pieces of the input that nobody waited for yet."""

    def layout(self, name: str) -> TensorLayout:
        """Layout of a tensor."""
        return self.residence.layouts[name]

    def phase_bytes(self, name: str) -> int:
        """DRAM bytes of one phase plane of a tensor."""
        layout, beat = self.layout(name), self.accelerator.dram_bytes
        return ceil_div(layout.pitch * layout.height, beat) * beat


@dataclass(frozen=True)
class Frame:
    """The coordinates a layer (or one band of it) runs in."""

    plane_rows: NDArray[np.int64]
    """[sources, phases] bank rows of the source planes."""
    out_rows: NDArray[np.int64]
    """[filters] bank rows of the output planes."""
    skip_rows: NDArray[np.int64]
    """[filters] bank rows of the skip planes, -1 where a filter has none."""
    out_phase_rows: int
    in_height: int
    row_shift: int = 0
    """Added to the row origin: source rows of this frame against rows of the map."""
    first_row: int = 0
    last_row: int = 0
    """Output rows [first_row, last_row) of the map."""
    short_bottom: bool = True
    flat_shift: int = 0
    """Flat pixels from the planes that the lists name to those of this frame."""


def schedule_layer(s: Schedule, index: int) -> None:
    """One layer on chip: reload what lives in DRAM, compute, store what must go to DRAM, mark."""
    layer = s.network.layers[index]
    groups = filter_groups(layer, s.accelerator.rows)
    loads = [load for name in touched(layer) if name in s.residence.in_dram for load in _reload(s, name, index)]
    frame = _frame(s, layer, index)
    computes = layer_computes(s, layer, groups, frame)
    computes[0].after_loads += loads
    previous = s.stores_of_layer.get(index - 2, 0)
    computes[0].after_stores += s.stores[:previous][-1:]
    s.last_compute = computes[-1]
    s.ops += _with_input(s, layer, computes)
    name = layer.output.name
    if name in s.residence.in_dram:
        _store_whole(s, name, s.residence.rows[name, index])
    finish_layer(s, index, layer, groups, frame_tiles(s, layer, 0, layer.output.height))


def finish_layer(
    s: Schedule, index: int, layer: Layer, groups: tuple[FilterGroup, ...], tiles: int, bands: int = 1
) -> None:
    """Mark the end of a layer."""
    s.stores_of_layer[index] = len(s.stores)
    s.ops.append(MarkOp(len(s.marks)))
    pixels = layer.output.height * layer.output.width
    s.marks.append(
        Mark(
            name=layer.name,
            operator=layer.operator.value,
            macs=sum(g.macs_per_pixel for g in groups) * pixels,
            bound_cycles=sum(max(g.vector_count, len(g.filters)) for g in groups) * tiles,
            filters=layer.filters,
            vectors=sum(g.vector_count for g in groups),
            origin=layer.origin,
            bands=bands,
        )
    )


def frame_tiles(s: Schedule, layer: Layer, first_row: int, last_row: int) -> int:
    """Tiles that cover output rows [first_row, last_row); for SUM, the source map."""
    source = s.layout(layer.sources[0].tensor)
    lanes = s.accelerator.lanes
    if layer.operator is Operator.SUM:
        return ceil_div(source.pitch * (source.height - 1) + source.width, lanes)
    return ceil_div(source.pitch * (last_row - first_row - 1) + layer.output.width, lanes)


def load_planes(s: Schedule, name: str, row: int, rows: tuple[int, int]) -> LoadOp:
    """LOAD bank rows [rows) of every plane of a whole tensor that starts at bank row `row`."""
    layout, beat, lanes = s.layout(name), s.accelerator.dram_bytes, s.accelerator.lanes
    size = min(rows[1] * lanes, s.phase_bytes(name)) - rows[0] * lanes
    fields = {
        "target": int(Target.BANK),
        "dram_address": rows[0] * lanes,
        "local_address": row + rows[0],
        "beats": size // beat,
        "planes": layout.tensor.channels * layout.phases,
        "dram_stride": s.phase_bytes(name),
        "local_stride": layout.phase_rows,
    }
    return LoadOp(f"tensor:{name}", fields, s.last_compute)


def schedule_input(s: Schedule) -> None:
    """Cut the load of the network's input into pieces, so that the first layer can start early."""
    name = s.network.input.name
    if name in s.residence.in_dram:
        return
    layout = s.layout(name)
    pieces = min(INPUT_PIECES, layout.phase_rows)
    edges = [ceil_div(layout.phase_rows * k, pieces) for k in range(pieces + 1)]
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        s.input_loads.append((high, load_planes(s, name, s.residence.rows[name, -1], (low, high))))


def _with_input(s: Schedule, layer: Layer, computes: list[ComputeOp]) -> list[Op]:
    """A layer's computes; the first that reads the input is cut into tile ranges, each behind the piece it needs."""
    if not s.input_loads or s.network.input.name not in touched(layer):
        return list(computes)
    first, loads = computes[0], s.input_loads
    s.input_loads = []
    if first.fields["tiles"] == 1 or first.fields["pool"] or layer.skip:
        first.after_loads.append(loads[-1][1])
        return [*(load for _, load in loads), *computes]
    layout, lanes = s.layout(s.network.input.name), s.accelerator.lanes
    reach = max(0, taps_of(layer.window).reach_y[1])
    ops: list[Op] = []
    done, tiles = 0, first.fields["tiles"]
    for rows_there, load in loads:
        ops.append(load)
        map_rows = rows_there * lanes // layout.pitch
        upto = tiles if load is loads[-1][1] else min(tiles, max(0, (map_rows - reach) * layout.pitch) // lanes)
        if upto > done:
            ops.append(_range(first, done, upto, load))
            done = upto
    if len(computes) == 1:
        s.last_compute = _last_range(ops, first)
    return [*ops, *computes[1:]]


def _last_range(ops: list[Op], whole: ComputeOp) -> ComputeOp:
    last = ops[-1]
    assert isinstance(last, ComputeOp)
    last.signal_store = whole.signal_store
    return last


def _range(whole: ComputeOp, start: int, stop: int, load: LoadOp) -> ComputeOp:
    fields = {**whole.fields, "tiles": stop - start, "rewind": whole.fields["rewind"] if start == 0 else 0}
    return ComputeOp(
        fields,
        whole.entries,
        whole.vectors,
        whole.records,
        whole.entry_offset,
        whole.vector_offset,
        whole.record_offset,
        whole.config if start == 0 else None,
        [*(whole.after_loads if start == 0 else []), load],
        whole.after_stores if start == 0 else [],
    )


def _reload(s: Schedule, name: str, index: int) -> list[LoadOp]:
    load = load_planes(s, name, s.residence.rows[name, index], (0, s.layout(name).phase_rows))
    load.after_stores = s.stores[-1:]
    s.ops.append(load)
    return [load]


def _store_whole(s: Schedule, name: str, row: int) -> None:
    layout, beat = s.layout(name), s.accelerator.dram_bytes
    assert s.last_compute is not None
    s.last_compute.signal_store = True
    fields = {
        "dram_address": 0,
        "local_address": row,
        "beats": s.phase_bytes(name) // beat,
        "planes": layout.tensor.channels * layout.phases,
        "dram_stride": s.phase_bytes(name),
        "local_stride": layout.phase_rows,
    }
    store = StoreOp(f"tensor:{name}", fields, s.last_compute)
    s.ops.append(store)
    s.stores.append(store)


def _frame(s: Schedule, layer: Layer, index: int) -> Frame:
    source = s.layout(layer.sources[0].tensor)
    rows = s.residence.rows
    base = [rows[p.tensor, index] + p.channel * source.plane_rows for p in layer.sources]
    plane_rows = np.asarray(base)[:, None] + np.arange(source.phases) * source.phase_rows
    out = s.layout(layer.output.name)
    out_rows = rows[layer.output.name, index] + np.arange(layer.filters) * out.plane_rows
    skip_rows = np.full(layer.filters, -1)
    for filter_, skip in enumerate(layer.skip):
        if skip is not None:
            skip_rows[filter_] = rows[skip.tensor, index] + skip.channel * s.layout(skip.tensor).plane_rows
    return Frame(plane_rows, out_rows, skip_rows, out.phase_rows, source.height, 0, 0, layer.output.height)


def layer_computes(
    s: Schedule,
    layer: Layer,
    groups: tuple[FilterGroup, ...],
    frame: Frame,
    weights: "Weights | None" = None,
    lists: "Lists | None" = None,
) -> list[ComputeOp]:
    """All computes of a layer (or band): for each region, each filter group, each walk; batched into segments."""
    tiles = frame_tiles(s, layer, frame.first_row, frame.last_row)
    weights = weights or Weights(s.accelerator, groups)
    lists = lists or Lists(s, layer, groups, frame)
    result: list[ComputeOp] = []
    for region in layer.regions:
        if region.rows[0] >= frame.last_row or region.rows[1] <= frame.first_row:
            continue
        if result:
            weights = weights.again() if weights.elements > s.accelerator.vector_depth // 2 else weights
            lists = lists.again() if lists.elements > s.accelerator.list_depth // 2 else lists
        config = (_geometry(s, layer, frame), _output(s, layer, region, frame))
        start = len(result)
        records = _records(s, layer, region, groups, frame)
        for number, group in enumerate(groups):
            for compute in _group_computes(s, layer, group, number, frame, tiles, weights, lists):
                compute.records, compute.record_offset = records[number]
                result.append(compute)
        result[start].config = config
    return result


def _group_computes(
    s: Schedule,
    layer: Layer,
    group: FilterGroup,
    number: int,
    frame: Frame,
    tiles: int,
    weights: "Weights",
    lists: "Lists",
) -> list[ComputeOp]:
    pieces = [
        (walk, low, high)
        for walk in group.walks
        for low, high in _chunks(len(walk.vectors), min(s.accelerator.vector_depth, s.accelerator.list_depth))
    ]
    pool = layer.operator is Operator.SUM
    per_tile = len(pieces) > 1 and not pool
    fresh = per_tile and 2 * group.vector_count > min(s.accelerator.vector_depth, s.accelerator.list_depth)
    result = []
    for tile in range(tiles if per_tile else 1):
        for k, (walk, low, high) in enumerate(pieces):
            entries, entry_at = lists.get(walk, low, high, fresh)
            vectors, vector_at = weights.get(number, walk, low, high, fresh)
            fields = {
                "list_length": high - low,
                "filters": len(group.filters),
                "tiles": 1 if per_tile else tiles,
                "origin_y": walk.origin[0] + frame.row_shift,
                "origin_x": walk.origin[1],
                "origin_flat": (walk.origin[0] + frame.row_shift) * lists.layout.pitch
                + walk.origin[1]
                + frame.flat_shift,
                "maximum": int(layer.operator is Operator.MAX),
                "first": int(k == 0),
                "last": int(k == len(pieces) - 1),
                "pool": int(pool),
                "rewind": int((tile == 0 and k == 0) or pool),
                "hold": int(per_tile and k < len(pieces) - 1),
            }
            result.append(ComputeOp(fields, entries, vectors, vectors, entry_at, vector_at))
    return result


def _chunks(length: int, limit: int) -> list[tuple[int, int]]:
    """Cut a walk that no memory holds whole into halves of the memory, so that the next half loads meanwhile."""
    if length <= limit:
        return [(0, length)]
    step = limit // 2 // 8 * 8
    return [(low, min(low + step, length)) for low in range(0, length, step)]


class Weights:
    """Vector segments of a layer: small groups share one. Kept over bands by using the same object again."""

    def __init__(self, accelerator: Accelerator, groups: tuple[FilterGroup, ...]) -> None:
        self.limit = accelerator.vector_depth // BATCH_SHARE
        self._whole: dict[tuple[int, int], tuple[Segment, int]] = {}
        self._parts: dict[tuple[int, int, int], Segment] = {}
        self.elements = sum(g.vector_count for g in groups)
        batch: list[tuple[int, Walk]] = []
        for number, group in enumerate(groups):
            for walk in group.walks:
                if batch and sum(len(w.vectors) for _, w in batch) + len(walk.vectors) > self.limit:
                    self._close(batch)
                    batch = []
                batch.append((number, walk))
        self._close(batch)

    def _close(self, batch: list[tuple[int, Walk]]) -> None:
        payload = np.concatenate([walk.vectors for _, walk in batch]).view(np.uint8).ravel()
        segment = Segment(Target.VECTOR, payload, sum(len(w.vectors) for _, w in batch))
        at = 0
        for number, walk in batch:
            self._whole[number, id(walk)] = segment, at
            at += len(walk.vectors)

    def again(self) -> "Weights":
        """The same weights to be loaded once more."""
        copy = Weights.__new__(Weights)
        copy.limit, copy.elements, copy._parts = self.limit, self.elements, self._parts
        fresh = {id(s): Segment(s.target, s.payload, s.elements) for s, _ in self._whole.values()}
        copy._whole = {key: (fresh[id(s)], at) for key, (s, at) in self._whole.items()}
        return copy

    def get(self, number: int, walk: Walk, low: int, high: int, fresh: bool) -> tuple[Segment, int]:
        """Segment and offset of a walk, or a fresh segment, to be loaded anew, for a chunk of it."""
        if not fresh and (low, high) == (0, len(walk.vectors)):
            return self._whole[number, id(walk)]
        key = (number, id(walk), low)
        payload = self._parts.setdefault(
            key, Segment(Target.VECTOR, walk.vectors[low:high].view(np.uint8).ravel(), (high - low))
        ).payload
        return Segment(Target.VECTOR, payload, high - low), 0


class Lists:
    """List segments of a layer in one frame."""

    def __init__(self, s: Schedule, layer: Layer, groups: tuple[FilterGroup, ...], frame: Frame) -> None:
        self.layout = s.layout(layer.sources[0].tensor)
        self._segments: dict[int, tuple[Segment, int]] = {}
        self._words: dict[int, NDArray[np.uint8]] = {}
        self._chunks: dict[tuple[int, int], NDArray[np.uint8]] = {}
        limit = s.accelerator.list_depth // BATCH_SHARE
        batch: list[int] = []
        waiting = 0
        for walk in (walk for group in groups for walk in group.walks):
            key = id(walk.sources)
            if key in self._words:
                continue
            words = entry_words(walk.sources, frame.plane_rows, self.layout, (frame.short_bottom, True))
            self._words[key] = words
            if batch and waiting + len(words) // ENTRY_BYTES > limit:
                self._close(batch)
                batch, waiting = [], 0
            batch.append(key)
            waiting += len(words) // ENTRY_BYTES
        self._close(batch)

    @property
    def elements(self) -> int:
        """Entries over all lists."""
        return sum(len(words) for words in self._words.values()) // ENTRY_BYTES

    def again(self) -> "Lists":
        """The same lists to be loaded once more."""
        copy = Lists.__new__(Lists)
        copy.layout, copy._words, copy._chunks = self.layout, self._words, self._chunks
        fresh = {id(s): Segment(s.target, s.payload, s.elements) for s, _ in self._segments.values()}
        copy._segments = {key: (fresh[id(s)], at) for key, (s, at) in self._segments.items()}
        return copy

    def _close(self, batch: list[int]) -> None:
        payload = np.concatenate([self._words[key] for key in batch])
        segment, at = Segment(Target.LIST, payload, len(payload) // ENTRY_BYTES), 0
        for key in batch:
            self._segments[key] = segment, at
            at += len(self._words[key]) // ENTRY_BYTES

    def get(self, walk: Walk, low: int, high: int, fresh: bool) -> tuple[Segment, int]:
        """Segment and offset of a walk's list, or a fresh segment, to be loaded anew, for a chunk of it."""
        key = id(walk.sources)
        if not fresh and (low, high) == (0, len(walk.vectors)):
            return self._segments[key]
        words = self._chunks.setdefault((key, low), self._words[key][low * ENTRY_BYTES : high * ENTRY_BYTES].copy())
        return Segment(Target.LIST, words, high - low), 0


def _records(
    s: Schedule, layer: Layer, region: Region, groups: tuple[FilterGroup, ...], frame: Frame
) -> list[tuple[Segment, int]]:
    """Per group, the segment and offset of its records; several groups share one segment."""

    def skip_row(filter_: int) -> int | None:
        row = int(frame.skip_rows[filter_])
        return row if row >= 0 else None

    per_segment = max(1, s.accelerator.record_depth // BATCH_SHARE // s.accelerator.rows)
    found: list[tuple[Segment, int]] = []
    for start in range(0, len(groups), per_segment):
        batch = groups[start : start + per_segment]
        filters = [f for group in batch for f in group.filters]
        payload = record_bytes(layer, region, filters, lambda f: int(frame.out_rows[f]), skip_row)
        segment, at = Segment(Target.RECORD, payload, len(filters)), 0
        for group in batch:
            found.append((segment, at))
            at += len(group.filters)
    return found


def _geometry(s: Schedule, layer: Layer, frame: Frame) -> dict[str, int]:
    source = s.layout(layer.sources[0].tensor)
    return {
        "pitch": source.pitch,
        "in_height": frame.in_height,
        "in_width": source.width,
        "pad_value": layer.pad_value,
    }


def _output(s: Schedule, layer: Layer, region: Region, frame: Frame) -> dict[str, int]:
    out, rounding = s.layout(layer.output.name), layer.rounding
    pitch = s.layout(layer.sources[0].tensor).pitch
    scatter = layer.operator is not Operator.SUM and (out.phases > 1 or out.pitch != pitch)
    return {
        "x0": region.columns[0],
        "x1": region.columns[1],
        "y0": max(region.rows[0], frame.first_row) - frame.first_row,
        "y1": min(region.rows[1], frame.last_row) - frame.first_row,
        "scatter": int(scatter),
        "pitch": out.pitch,
        "stride_y": out.stride[0],
        "stride_x": out.stride[1],
        "phase_rows": frame.out_phase_rows,
        "mid_wide": int(rounding.mid_wide),
        "mid_low": rounding.mid_low,
        "mid_high": rounding.mid_high,
        "main_multiplier": rounding.main_multiplier,
        "skip_multiplier": rounding.skip_multiplier,
        "shift": rounding.second_shift,
        "skip_zero": rounding.skip_zero,
        "out_zero": rounding.out_zero,
        "low": rounding.low,
        "high": rounding.high,
    }
