"""What the compiler would do with a structure, foretold without compiling: for thousands of widths at once.

Equal to the compiler's own facts where all maps stay on chip, and all but equal where layers run in row bands. Lists that were pruned group
by group are followed as far as an accelerator's filter groups are those that were pruned; otherwise the union is estimated.

Example: `facts_of(resnet((3, 32, 32)), PRESETS["pynq-8x32"]).cycles.sum()` is the expert's estimate for the whole network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts import expert
from contracts.accelerator import Accelerator
from contracts.dataset import PassFacts
from contracts.isa import ENTRY_BYTES, RECORD_BYTES
from contracts.structure.bands import cut
from contracts.structure.counts import Counts, counts_of
from contracts.structure.groups import Groups, groups_of, half_even
from contracts.structure.passes import Passes, passes_of
from contracts.structure.plan import Ints, Plan, window_of
from contracts.structure.residence import Residence, reside
from contracts.structure.structure import Structure

BATCH_SHARE = 8
"""As in the compiler's segments: small groups are loaded together, up to this part of a scratchpad."""
Reals = NDArray[np.float64]


Tables = list[tuple[Ints, "FactTable"]]
"""Facts of some networks of a batch, with their numbers."""


@dataclass(frozen=True, eq=False)
class FactTable:
    """Facts of a batch of networks with the same passes.

    Attributes:
        columns: by the names of `PassFacts`, [batch, passes] each.
        input_bytes: [batch] first piece of the input.
        output_bytes: [batch] of the output that are stored at the end.
        cycles: [batch, passes] expert estimate; a row's sum is the whole network, start and end included.
    """

    columns: dict[str, NDArray[np.generic]]
    input_bytes: Ints
    output_bytes: Ints
    cycles: Reals

    def row(self, number: int) -> tuple[PassFacts, ...]:
        """One network's facts, pass by pass."""
        values = {name: column[number].tolist() for name, column in self.columns.items()}
        count = len(self.cycles[number])
        return tuple(PassFacts(**{name: column[k] for name, column in values.items()}) for k in range(count))


def facts_of(structure: Structure, accelerator: Accelerator) -> FactTable:
    """Facts of one structure: a batch of one."""
    return Foreteller(passes_of(structure), accelerator).of((passes_of(structure),))


class Foreteller:
    """Foretells facts of networks with the same passes on one accelerator; keep it while a search varies the widths.

    Args:
        passes: of one of the networks.
        accelerator: that they run on.
        fit: whether to follow where maps lie in the banks; without it, batches that nearly fill them are foretold faster, and a map
            that finds no place although there is room is not foretold.
    """

    def __init__(self, passes: Passes, accelerator: Accelerator, fit: bool = True) -> None:
        self.passes, self.accelerator, self.fit = passes, accelerator, fit
        self.plan, self.spilled = Plan(passes, accelerator, pair=True), Plan(passes, accelerator)

    def of(self, batch: Sequence[Passes]) -> FactTable:
        """Facts of networks whose passes are this one's but for widths."""
        return self.at(counts_of(batch))

    def at(self, counts: Counts) -> FactTable:
        """Facts at some widths."""
        channels = self._channels(counts)
        nothing = Residence.on_chip(self.plan, len(channels))
        spills = reside(self.plan, channels, nothing, self.fit).in_dram.any(axis=1)
        tables: Tables = []
        if len(rows := np.flatnonzero(~spills)):
            tables.append((rows, self._table(self.plan, _taken(counts, rows), channels[rows], nothing.of(rows))))
        if len(rows := np.flatnonzero(spills)):
            self._spilled(counts, channels, rows, nothing.of(rows), tables)
        return _joined(tables, len(channels))

    def _spilled(self, counts: Counts, channels: Ints, rows: Ints, start: Residence, tables: Tables) -> None:
        """Maps that passes in bands touch have pitches of whole DRAM beats: each set of such passes has a plan of its own."""
        kinds, which = np.unique(start.banded, axis=0, return_inverse=True)
        for number, kind in enumerate(kinds):
            some = np.flatnonzero(which.ravel() == number)
            touched = frozenset(np.asarray(self.plan.names)[kind @ self.plan.own].tolist())
            plan = Plan(self.passes, self.accelerator, touched)
            found = reside(plan, channels[rows[some]], start.of(some), self.fit)
            settled = (found.banded == kind).all(axis=1)
            if len(done := np.flatnonzero(settled)):
                its = rows[some[done]]
                tables.append((its, self._table(plan, _taken(counts, its), channels[its], found.of(done))))
            if len(left := np.flatnonzero(~settled)):
                self._spilled(counts, channels, rows[some[left]], found.of(left), tables)

    def _table(self, plan: Plan, counts: Counts, channels: Ints, residence: Residence) -> FactTable:
        return _Batch(plan, self.passes, counts, channels, residence).table()

    def _channels(self, counts: Counts) -> Ints:
        """[batch, maps] channels of every map, the input's first."""
        first = np.full((len(counts.filters), 1), self.passes.sizes[self.plan.names[0]][0])
        return np.concatenate([first, counts.filters], axis=1)


def _taken(counts: Counts, rows: NDArray[np.int64]) -> Counts:
    place = {int(row): k for k, row in enumerate(rows)}
    pruned = tuple((place[b], p, which) for b, p, which in counts.pruned if b in place)
    filters, live, channels, skips = (a[rows] for a in (counts.filters, counts.live, counts.channels, counts.skips))
    return Counts(filters, live, channels, skips, counts.density[rows], pruned)


def _joined(tables: Tables, count: int) -> FactTable:
    def join(parts: list[NDArray[np.generic]]) -> NDArray[np.generic]:
        whole = np.empty((count, *parts[0].shape[1:]), parts[0].dtype)
        for (rows, _), part in zip(tables, parts, strict=True):
            whole[rows] = part
        return whole

    columns = {name: join([t.columns[name] for _, t in tables]) for name in tables[0][1].columns}
    others = [join([getattr(t, name) for _, t in tables]) for name in ("input_bytes", "output_bytes", "cycles")]
    return FactTable(columns, *others)  # type: ignore[arg-type]  # of the types of their parts


class _Batch:
    """Works the columns out."""

    def __init__(self, plan: Plan, passes: Passes, counts: Counts, channels: Ints, residence: Residence) -> None:
        self.plan, self.passes, self.counts, self.a = plan, passes, counts, plan.accelerator
        self.channels, self.residence = channels, residence
        self.shape = counts.filters.shape
        self.first_piece = np.zeros(self.shape[0], np.int64)
        """Bytes of the first load of a first pass in bands."""

    def table(self) -> FactTable:
        """All columns."""
        plan = self.plan
        groups = groups_of(plan, self.counts)
        tiles = np.broadcast_to(plan.tiles, self.shape)
        busy = np.where(plan.pool, self._pooled(groups), groups.busy * tiles)
        columns: dict[str, NDArray[np.generic]] = {
            **self._described(),
            "tiles": tiles,
            "filter_groups": groups.count,
            "vectors": groups.vectors,
            "longest": groups.longest,
            "entries": groups.entries,
            "bands": np.ones(self.shape, np.int64),
            "array_cycles": busy.astype(np.int64),
            "first_bytes": self._first_bytes(groups),
            "stream_bytes": self._stream_bytes(groups),
            **self._moved(),
        }
        for network, at in np.argwhere(self.residence.banded):
            self._band(columns, int(network), int(at))
        return self._finished(columns)

    def _finished(self, columns: dict[str, NDArray[np.generic]]) -> FactTable:
        plan, own = self.plan, self.plan.maps["input"]
        dram = self.residence.in_dram
        piece = min(plan.first_rows * own.lanes, own.plane_bytes // own.phases)
        input_bytes = np.where(dram[:, 0], self.first_piece, self.channels[:, 0] * own.phases * piece)
        output_bytes = np.where(dram[:, -1], 0, self.channels[:, -1] * plan.plane_bytes[-1])
        seen = expert.Columns(
            **{name: columns[name] for name in expert.COLUMNS}, input_bytes=input_bytes, output_bytes=output_bytes
        )
        return FactTable(columns, input_bytes, output_bytes, expert.layer_cycles(seen, self.a))

    def _described(self) -> dict[str, NDArray[np.generic]]:
        """What follows from passes and counts at once."""
        plan, counts = self.plan, self.counts
        windows = np.asarray([window_of(p, self.passes) for p in plan.passes])
        strides, walked = np.asarray([p.stride for p in plan.passes]), np.asarray(plan.walked)
        per_pass: dict[str, NDArray[np.generic]] = {
            "kernel_height": windows[:, 0],
            "kernel_width": windows[:, 1],
            "stride_y": strides[:, 0],
            "stride_x": strides[:, 1],
            "depthwise": plan.alone,
            "height": walked[:, 0],
            "width": walked[:, 1],
            "pitch": np.asarray([plan.maps[p.wires[0].source].pitch for p in plan.passes]),
            "drain_cycles": plan.drain,
            "skip": plan.skip,
            "scatter": plan.scatter,
        }
        spread = {name: np.broadcast_to(values, self.shape) for name, values in per_pass.items()}
        return {"filters": counts.filters, "live": counts.live, "channels": counts.channels, **spread}

    def _pooled(self, groups: Groups) -> Ints:
        """Sums over maps: all tiles are added up, then drained once."""
        rows, drain = self.a.rows, self.plan.drain
        last = self.counts.filters - (groups.count - 1) * rows
        least = expert.POOLED_DRAIN_CYCLES
        full = np.maximum(groups.longest * self.plan.tiles, np.maximum(least, half_even(rows * drain)))
        end = np.maximum(last * self.plan.tiles, np.maximum(least, half_even(last * drain)))
        return np.asarray((groups.count - 1) * full + end, np.int64)

    def _stream_bytes(self, groups: Groups) -> Ints:
        """What a group walks that no memory holds is loaded for each tile, its list too."""
        a, plan = self.a, self.plan
        long = (groups.longest > min(a.vector_depth, a.list_depth)) & ~plan.pool
        walked = groups.vectors * a.rows + np.where(long, groups.vectors, groups.entries) * ENTRY_BYTES
        return np.asarray(np.where(long, plan.tiles, 1) * walked + self.counts.filters * RECORD_BYTES, np.int64)

    def _first_bytes(self, groups: Groups) -> Ints:
        """The first segments of vectors, list and records; the first group of a first pass on chip has segments of its own."""
        a, count, longest = self.a, groups.count, groups.longest
        alone = np.broadcast_to(self.plan.alone, self.shape) | (groups.entries > longest)
        together = self._batched(a.vector_depth, groups)
        lists = np.where(alone, self._batched(a.list_depth, groups), longest)
        several = np.maximum(1, a.record_depth // BATCH_SHARE // a.rows)
        records = np.where(several >= count, self.counts.filters, np.floor(several * groups.filters + 1e-9))
        lead = np.zeros(self.shape, bool)
        lead[:, 0] = ~self.residence.banded[:, 0]
        together, lists = np.where(lead, longest, together), np.where(lead, longest, lists)
        records = np.where(lead, np.minimum(self.counts.filters, np.floor(groups.filters + 1e-9)), records)
        together, lists = self._pieces(groups, together, lists)
        return np.asarray(together * a.rows + lists * ENTRY_BYTES + records * RECORD_BYTES, np.int64)

    def _batched(self, depth: int, groups: Groups) -> Ints:
        """Elements of the first segment of a scratchpad: as many groups as an eighth of it holds, at least one."""
        number = np.maximum(1, depth // BATCH_SHARE // np.maximum(1, groups.longest))
        return np.where(number >= groups.count, groups.vectors, number * groups.longest)

    def _pieces(self, groups: Groups, vectors: Ints, lists: Ints) -> tuple[Ints, Ints]:
        """Groups that exceed a memory, or half the vector memory, begin with a piece."""
        a = self.a
        limit = min(a.vector_depth, a.list_depth)
        fresh = groups.longest > limit
        stays = ~fresh & (2 * groups.longest > a.vector_depth) & (groups.longest <= a.vector_depth * 7 // 8)
        piece = _even_piece(groups.longest, limit)
        quarter = _even_piece(groups.longest, 2 * a.vector_depth // 8)
        vectors = np.where(fresh, piece, np.where(stays, quarter, vectors))
        return vectors, np.where(fresh, piece, lists)

    def _moved(self) -> dict[str, NDArray[np.generic]]:
        """Bytes of maps: the input, and what passes on chip fetch from DRAM and bring there."""
        plan, dram = self.plan, self.residence.in_dram
        sizes = self.channels * plan.plane_bytes
        loaded = (sizes * dram) @ plan.reads.T
        reader = next((k for k, p in enumerate(plan.passes) if "input" in p.reads), 0)
        loaded[:, reader] += np.where(dram[:, 0], 0, sizes[:, 0])
        return {"map_bytes": loaded, "stored_bytes": (sizes * dram)[:, 1:]}

    def _band(self, columns: dict[str, NDArray[np.generic]], network: int, at: int) -> None:
        """A pass in row bands."""
        whole = {name: column[network, at].item() for name, column in columns.items()}
        found = cut(self.plan, at, whole, int(self.counts.skips[network, at]))
        piece = found.pop("first_piece", 0)
        if at == 0:
            self.first_piece[network] = piece
        for name, value in found.items():
            if not columns[name].flags.writeable:
                columns[name] = columns[name].copy()
            columns[name][network, at] = value


def _even_piece(length: Ints, limit: int) -> Ints:
    """Elements of the first of the equal pieces, each at most half of a limit, that a list is cut into."""
    most = limit // 2 // 8 * 8
    count = np.maximum(1, -(-length // max(8, most)))
    return np.asarray(-(-length // (8 * count)) * 8, np.int64)
