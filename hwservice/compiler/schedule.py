"""Pass: the order of loads, computes, stores and marks for layers that run on chip."""

import numpy as np

from contracts.isa import Target
from hwservice.compiler.computes import groups_of, layer_computes
from hwservice.compiler.facts import layer_facts
from hwservice.compiler.groups import FilterGroup, taps_of
from hwservice.compiler.layout import ceil_div
from hwservice.compiler.ops import ComputeOp, LoadOp, MarkOp, Op, StoreOp
from hwservice.compiler.residence import touched
from hwservice.compiler.state import Frame, Schedule, frame_tiles
from hwservice.ir.program import Mark
from hwservice.ir.quantised import Layer

FIRST_STRETCH = 2
"""The first piece of the input is enough for so many tiles, and as many rows: with one, the array would wait for the second piece."""
INPUT_PIECES = 8
"""The input is loaded in at least so many pieces; the first layer starts when the first, smallest one is on chip."""


def schedule_layer(s: Schedule, index: int) -> None:
    """One layer on chip: reload what lives in DRAM, compute, store what must go to DRAM, mark."""
    layer = s.network.layers[index]
    groups = groups_of(s, layer)
    loads = [load for name in touched(layer) if name in s.residence.in_dram for load in _reload(s, name, index)]
    frame = _frame(s, layer, index)
    computes = layer_computes(s, layer, groups, frame, lead=int(index == 0))
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
    source = s.layout(layer.sources[0].tensor).tensor
    s.facts.append(layer_facts(layer, groups, tiles, (source.height, source.width)))


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
    for low, high in _input_edges(s):
        s.input_loads.append((high, load_planes(s, name, s.residence.rows[name, -1], (low, high))))


def _input_edges(s: Schedule) -> list[tuple[int, int]]:
    """Bank rows of the pieces of the input: just enough for the first tiles, then longer and longer ones."""
    layout, lanes = s.layout(s.network.input.name), s.accelerator.lanes
    reader = next((layer for layer in s.network.layers if s.network.input.name in touched(layer)), None)
    reach = max(0, taps_of(reader.window).reach_y[1]) if reader else 0
    rows = FIRST_STRETCH * max(1, ceil_div(lanes, layout.pitch)) + reach
    size = ceil_div(rows * layout.pitch, lanes)
    most = max(size, ceil_div(layout.phase_rows, INPUT_PIECES))
    edges = [(0, min(size, layout.phase_rows))]
    while edges[-1][1] < layout.phase_rows:
        low = edges[-1][1]
        edges.append((low, min(low + size, layout.phase_rows)))
        size = min(2 * size, most)
    return edges


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
        last = ops[-1]
        assert isinstance(last, ComputeOp)
        s.last_compute = last
    return [*ops, *computes[1:]]


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
    return Frame(
        plane_rows, out_rows, skip_rows, out.phase_rows, source.pitch, source.height, 0, 0, layer.output.height
    )
