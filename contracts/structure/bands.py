"""How a pass that does not fit would be cut into row bands: the compiler's `bandchoice` and `bandcost`, on counts of channels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.expert import BOUNDARY_CYCLES
from contracts.isa import ENTRY_BYTES, RECORD_BYTES
from contracts.structure.plan import Map, Plan, ceil_div, reach_of

SIZES_TRIED = 3
LOW_BANDS = 16
LOAD_PIECES = 8
Facts = Mapping[str, float]


@dataclass(frozen=True)
class _Cut:
    """One way to cut: `slots` bands of `height` output rows on chip at a time, in `parts` parts of the filters."""

    plan: Plan
    source: Map
    out: Map
    reach: tuple[int, int]
    channels: int
    filters: int
    skips: int
    total: int
    """Rows of the output."""
    height: int
    slots: int
    parts: int

    @property
    def out_start(self) -> int:
        """Bank rows of sources and skips."""
        rows = self.source.rows_for(min(self.height + self.reach[1] - self.reach[0], self.source.height))
        return self.channels * self.source.phases * rows + self.skips * self.source.rows_for(self.height)

    @property
    def slot_rows(self) -> int:
        """Bank rows of a band."""
        out_rows = self.out.rows_for(ceil_div(self.height, self.out.stride[0]))
        return self.out_start + self.filters * self.out.phases * out_rows

    @property
    def bands(self) -> list[tuple[int, int]]:
        """Output rows of each."""
        return [(low, min(low + self.height, self.total)) for low in range(0, self.total, self.height)]

    def source_rows(self, low: int, high: int) -> int:
        """Rows of the source's phase planes that output rows [low, high) read."""
        first = min(max(0, low + self.reach[0]), self.source.height - 1)
        return min(self.source.height, max(high + self.reach[1], first + 1)) - first


def cut(plan: Plan, at: int, whole: Facts, skips: int) -> dict[str, int]:
    """Facts of a pass in bands that differ from those of the pass on chip, which are `whole`; `skips` channels are added.

    `first_piece` are the bytes of its first load.
    """
    p = plan.passes[at]
    if p.operator == "sum":
        source = plan.maps[p.wires[0].source]
        return {"map_bytes": int(whole["channels"]) * source.plane_bytes, "bands": 1}
    choices = list(_choices(plan, at, whole, skips))
    fitting = [c for c in choices if c.slots * c.slot_rows <= plan.accelerator.bank_depth]
    chosen = min(fitting, key=lambda c: _cycles(c, whole)) if fitting else choices[-1]
    return _facts(chosen, whole)


def _choices(plan: Plan, at: int, whole: Facts, skips: int) -> Iterator[_Cut]:
    """All cuts of up to `SIZES_TRIED` sizes of parts, from the greatest of which one fits on."""
    p, filters, rows = plan.passes[at], int(whole["filters"]), plan.accelerator.rows
    source, out = plan.maps[p.wires[0].source], plan.maps[p.name]
    size, tried = filters, 0
    while tried < SIZES_TRIED:
        share = size / filters
        channels = int(whole["channels"] * share) if plan.alone[at] else int(whole["channels"])
        some = [
            _Cut(
                plan,
                source,
                out,
                reach_of(p),
                channels,
                size,
                round(skips * share),
                out.tall,
                height,
                slots,
                ceil_div(filters, size),
            )
            for slots in (2, 1)
            for height in _heights(out.tall, out.stride[0])
        ]
        yield from some
        tried += any(c.slots * c.slot_rows <= plan.accelerator.bank_depth for c in some)
        if size <= rows:
            return
        size = max(rows, ceil_div(size, 2 * rows) * rows)


def _heights(total: int, step: int) -> list[int]:
    even = {ceil_div(ceil_div(total, bands), step) * step for bands in range(1, ceil_div(total, LOW_BANDS) + 1)}
    return sorted(even | set(range(step, min(total, LOW_BANDS) + step, step)))


def _tiles(c: _Cut) -> int:
    lanes, width = c.plan.accelerator.lanes, ceil_div(c.out.width * c.out.stride[1], 1)
    return sum(ceil_div(c.source.pitch * (high - low - 1) + width, lanes) for low, high in c.bands)


def _cycles(c: _Cut, whole: Facts) -> float:
    """The compiler's own estimate of a cut; lists are taken as dense."""
    a, bands, parts = c.plan.accelerator, len(c.bands), c.parts
    groups = ceil_div(c.filters, a.rows)
    tiles = _tiles(c)
    array = tiles * groups * max(whole["longest"], a.rows)
    stream = _stream_bytes(c, whole, groups, tiles) / a.dram_bytes
    row_cycles = a.lanes / a.dram_bytes
    read, written = c.out_start * row_cycles, (c.slot_rows - c.out_start) * row_cycles
    if c.slots > 1:
        return parts * (max(array, stream + bands * read, bands * written) + read + written + bands * BOUNDARY_CYCLES)
    return parts * (max(array, stream) + bands * (read + written + BOUNDARY_CYCLES + 2 * a.dram_latency))


def _stream_bytes(c: _Cut, whole: Facts, groups: int, tiles: int) -> float:
    """Weights, lists and records of a part: once, once a band, or, where a group exceeds half a memory, once a tile."""
    a, bands, longest = c.plan.accelerator, len(c.bands), int(whole["longest"])
    records = RECORD_BYTES * c.filters * bands
    share = groups / max(1, whole["filter_groups"])
    vectors, entries = (
        whole["vectors"] * share,
        whole["entries"] if whole["entries"] <= longest else whole["entries"] * share,
    )
    if longest > min(a.vector_depth, a.list_depth):
        return records + tiles * vectors * (a.rows + ENTRY_BYTES)
    weights = vectors * a.rows * (1 if vectors <= a.vector_depth // 2 else bands)
    return records + weights + entries * ENTRY_BYTES * (1 if entries <= a.list_depth // 2 else bands)


def _facts(c: _Cut, whole: Facts) -> dict[str, int]:
    tiles, groups, bands = _tiles(c), ceil_div(c.filters, c.plan.accelerator.rows), c.bands
    loaded = sum(
        c.channels * c.source.phases * c.source.pitch * c.source_rows(low, high)
        + c.skips * c.source.pitch * (high - low)
        for low, high in bands
    )
    stored = sum(c.filters * c.out.phases * c.out.pitch * ceil_div(high - low, c.out.stride[0]) for low, high in bands)
    busy = whole["array_cycles"] / max(1, whole["tiles"])
    piece = ceil_div(c.channels, LOAD_PIECES) * c.source.phases * c.source.pitch * c.source_rows(*bands[0])
    return {
        "first_piece": piece,
        "bands": c.parts * len(bands),
        "tiles": tiles,
        "array_cycles": round(busy * tiles),
        "map_bytes": c.parts * loaded,
        "stored_bytes": c.parts * stored,
        "stream_bytes": round(c.parts * _stream_bytes(c, whole, groups, tiles)),
    }
