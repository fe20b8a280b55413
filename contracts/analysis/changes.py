"""Changes of network or accelerator that would make a layer quicker, each with the cycles it saves by the layer's own counters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.accelerator import Accelerator
from contracts.measurement import LayerMeasurement
from contracts.network import GroupFacts, LayerFacts


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        kind: to program against (see `CANDIDATES`).
        where: `network` or `accelerator`.
        text: what to do, with the layer's own numbers.
        saves_cycles: of this layer; layers that read it may save more.
        at_most: the figure is an upper bound rather than an estimate.
        basis: how the figure was computed.
    """

    kind: str
    where: str
    text: str
    saves_cycles: float
    at_most: bool
    basis: str


@dataclass(frozen=True)
class Case:
    """A layer with everything that changes are computed from.

    Attributes:
        parts: cycles by cause (`contracts.analysis.breakdown`).
        first: nothing runs before it.
        last: its filters are the network's outputs, which stay.
    """

    layer: LayerMeasurement
    facts: LayerFacts
    accelerator: Accelerator
    parts: Mapping[str, float]
    first: bool = False
    last: bool = False

    @property
    def issued(self) -> float:
        """Cycles in which the array took a weight vector."""
        return self.layer.counters.get("issued", 0.0)

    @property
    def filters(self) -> int:
        """Over all groups."""
        return sum(group.count * group.filters for group in self.facts.groups)

    @property
    def group_count(self) -> int:
        """Filter groups."""
        return sum(group.count for group in self.facts.groups)

    @property
    def own_channels(self) -> bool:
        """Whether filters read channels of their own (depthwise, pools): then a vector serves one filter."""
        walked = sum(group.count * group.vectors for group in self.facts.groups)
        occupied = self.issued - self.parts["idle_rows"] - self.parts["idle_lanes"]
        if self.filters <= 1 or not walked or not occupied:
            return False
        mean = sum(group.count * group.vectors * group.filters for group in self.facts.groups) / walked
        return mean > 1 and self.parts["useful"] / occupied < 1.5 / mean

    @property
    def drain_of_filter(self) -> float:
        """Cycles that draining one filter of one tile takes: measured where drains held the array, otherwise the least."""
        if not self.parts["drain"] or not self.facts.tiles:
            return 1.0
        return max(1.0, (self.issued + self.parts["drain"]) / (self.filters * self.facts.tiles))

    @property
    def word(self) -> str:
        """What pruning removes."""
        return "channels" if self.own_channels or self.layer.operator != "conv" else "filters"


def part_group(case: Case) -> Change | None:
    """Prune the filters of the one group that is not full."""
    partial = [group for group in case.facts.groups if group.filters < case.accelerator.rows]
    if case.last or case.group_count < 2 or len(partial) != 1 or partial[0].count != 1:
        return None
    (group,), rows = partial, case.accelerator.rows
    text = f"prune {group.filters} more of {case.filters} {case.word}: the last group of {rows} is {group.filters}/{rows} full"
    return _without(case, group, "part_group", text)


def whole_group(case: Case) -> Change | None:
    """Prune as many filters as a group holds."""
    rows = case.accelerator.rows
    full = [group for group in case.facts.groups if group.filters == rows]
    if case.last or case.group_count < 2 or len(full) != len(case.facts.groups):
        return None
    group = max(full, key=lambda g: g.vectors)
    text = f"prune {rows} of {case.filters} {case.word}: one filter group of {case.group_count} less"
    return _without(case, group, "whole_group", text)


def _without(case: Case, group: GroupFacts, kind: str, text: str) -> Change | None:
    """Without one group: its share of everything that grows with the lists, drains and weights."""
    drain = case.drain_of_filter
    whole = sum(g.count * max(g.vectors, g.filters * drain) for g in case.facts.groups)
    share = max(group.vectors, group.filters * drain) / whole
    moved = case.facts.stream_bytes + case.facts.map_bytes
    streamed = case.parts["load"] * case.facts.stream_bytes / moved if moved and not case.first else 0.0
    saves = share * (case.issued + case.parts["drain"] + streamed)
    basis = (
        f"{group.vectors} vectors or {group.filters} drains x {case.facts.tiles} tiles: "
        f"{share:.1%} of {case.issued + case.parts['drain'] + streamed:.0f} cycles of vectors, drains and weights"
    )
    return Change(kind, "network", text, saves, at_most=False, basis=basis)


def fewer_vectors(case: Case) -> Change | None:
    """Leave weight vectors out of the only group: no filter's absence would save a cycle of it."""
    vectors = max(group.vectors for group in case.facts.groups)
    if case.group_count != 1 or case.own_channels or case.layer.operator != "conv" or vectors < 10:
        return None
    gone = vectors // 10
    text = f"leave out {gone} of its {vectors} weight vectors (source channels, or positions of the kernel): it has one filter group alone"
    basis = f"{gone} vectors x {case.facts.tiles} tiles"
    return Change("fewer_vectors", "network", text, gone * case.facts.tiles, at_most=True, basis=basis)


def align_zeros(case: Case) -> Change | None:
    """Zero weights in vectors that are kept: aligned over a group they would go."""
    zeros = case.parts["zero_weights"]
    if case.own_channels or case.layer.operator != "conv" or zeros < 0.02 * case.issued:
        return None
    text = (
        f"prune in steps of {case.accelerator.rows} filters that keep the same weights: "
        f"{zeros / case.issued:.0%} of the array holds weights of 0 that other filters of the group keep alive"
    )
    basis = "cells with weight 0 in rows and lanes that are in use, as cycles of the whole array"
    return Change("align_zeros", "network", text, zeros, at_most=True, basis=basis)


def fewer_boundaries(case: Case) -> Change | None:
    """Fewer, greater layers."""
    lost = case.parts["fence"] + (0.0 if case.first else case.parts["fetch"])
    if not lost:
        return None
    text = f"make it one with a neighbouring layer: its boundary costs {lost:.0f} cycles, however small the layer is"
    basis = "cycles that compute waited for its own drains or for an instruction"
    return Change("fewer_boundaries", "network", text, lost, at_most=True, basis=basis)


def other_shape(case: Case) -> Change | None:
    """The same number of cells in another shape."""
    now = _array_cycles(case, case.accelerator.rows, case.accelerator.lanes)
    best, saves = "", 0.0
    for factor in (4, 2, 0.5, 0.25):
        rows, lanes = round(case.accelerator.rows * factor), round(case.accelerator.lanes / factor)
        if 1 <= rows <= 64 and 4 <= lanes <= 128 and (gain := now - _array_cycles(case, rows, lanes)) > saves:
            best, saves = f"{rows} x {lanes}", gain
    if not best:
        return None
    here = f"{case.accelerator.rows} x {case.accelerator.lanes}"
    text = f"an array of {best} cells (rows x lanes) instead of {here}{_reason(case)}"
    basis = f"list-length bound of the layer on {best} against {here}, weights as they are"
    return Change("other_shape", "accelerator", text, saves, at_most=False, basis=basis)


def _reason(case: Case) -> str:
    facts, lanes, rows = case.facts, case.accelerator.lanes, case.accelerator.rows
    if case.parts["drain"] > case.issued:
        vectors = max(group.vectors for group in facts.groups)
        return f": {vectors} vectors per tile are done before {rows} filters have drained"
    if case.own_channels:
        return f": each weight vector serves one of {rows} rows"
    if case.parts["idle_lanes"] >= case.parts["idle_rows"]:
        pixels = facts.height * facts.width
        return (
            f": {facts.height} x {facts.width} = {pixels} pixels use {pixels / (facts.tiles * lanes):.0%} of the lanes"
        )
    return f": {case.filters} filters use {1 - case.parts['idle_rows'] / case.issued:.0%} of the rows"


def _array_cycles(case: Case, rows: int, lanes: int) -> float:
    """List-length bound on an array of another shape."""
    facts, here = case.facts, case.accelerator
    pixels = facts.height * facts.width
    exact = facts.tiles == -(-pixels // here.lanes)
    tiles = -(-(pixels if exact else facts.tiles * here.lanes) // lanes)
    vectors = max(group.vectors for group in facts.groups)
    full, rest = divmod(case.filters, rows)
    drain = case.drain_of_filter
    total = 0.0
    for count, filters in ((full, rows), (1, rest)):
        if filters:
            walked = vectors * filters / here.rows if case.own_channels else vectors
            total += count * max(walked, filters * drain)
    return total * tiles


def wider_bus(case: Case) -> Change | None:
    """A wider bus to DRAM."""
    a = case.accelerator
    wide = 2 * a.dram_bytes
    if wide > min(32, a.lanes):
        return None
    waited = max(0.0, case.parts["load"] - (2 * a.dram_latency if case.first else 0))
    loads = min(waited, case.layer.counters.get("load_busy", 0.0) / 2)
    stores = min(case.parts["store"], case.layer.counters.get("store_busy", 0.0) / 2)
    if not loads + stores:
        return None
    text = f"a bus of {wide} instead of {a.dram_bytes} bytes per cycle to DRAM: the array waits for it"
    basis = "half of the cycles in which load and store unit moved data, at most those that compute waited for them"
    return Change("wider_bus", "accelerator", text, loads + stores, at_most=True, basis=basis)


def larger_banks(case: Case) -> Change | None:
    """Maps that stay on the chip."""
    waited = case.parts["load"] + case.parts["store"]
    if case.facts.bands < 2 or not waited:
        return None
    moved = case.facts.map_bytes + case.facts.stored_bytes
    text = (
        f"deeper activation banks (now {case.accelerator.bank_depth} words): its maps pass through DRAM in "
        f"{case.facts.bands} bands, {moved:,} bytes"
    )
    basis = "all cycles that compute waited for loads and stores"
    return Change("larger_banks", "accelerator", text, waited, at_most=True, basis=basis)


CANDIDATES: Final[tuple[Callable[[Case], Change | None], ...]] = (
    part_group,
    whole_group,
    fewer_vectors,
    align_zeros,
    fewer_boundaries,
    other_shape,
    wider_bus,
    larger_banks,
)


def changes(case: Case) -> tuple[Change, ...]:
    """All that would help, the most helpful first; of equal ones, those of the network first."""
    found = [change for candidate in CANDIDATES if (change := candidate(case)) and change.saves_cycles >= 1]
    return tuple(sorted(found, key=lambda change: (-change.saves_cycles, change.where == "accelerator")))
