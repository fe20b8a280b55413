"""Which channels can be switched off, and which of them only together.

A *gate* switches one channel off; *sites* are the places where gates stand: behind every batch normalisation, and behind every
convolution or linear layer whose output is read by something else. There a channel that is switched off is zero: its gamma *and* its beta are
gone. Everything between two sites keeps zero channels zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import NetworkError
from mlservice.pruning.trace import Kind, Traced, Unit, passed_on

FIXED = -1
"""The gate of channels that cannot be switched off."""

Ids = NDArray[np.int64]


class Adds(StrEnum):
    """What the two sides of an add may keep.

    SHARED: the same channels, as on hardware that adds whole maps. INDEXED: each side its own; the sum has what either has.
    """

    SHARED = "shared"
    INDEXED = "indexed"


@dataclass(frozen=True)
class Spaces:
    """All gates of a network.

    Attributes:
        sites: by unit, the gate of each of its channels, int `(channels,)`, `FIXED` where there is none.
        count: number of gates, numbered from 0.
        reasons: pairs of sites whose channels go together, with the unit that couples them.
    """

    sites: Mapping[str, Ids]
    count: int
    reasons: tuple[tuple[str, str, str], ...]

    def members(self, gate: int) -> tuple[tuple[str, int], ...]:
        """Sites and channels that a gate switches."""
        return tuple((site, int(c)) for site, ids in self.sites.items() for c in np.flatnonzero(ids == gate))

    def groups(self) -> tuple[Ids, ...]:
        """Gates that stand at the same sites: within such a group only their number counts for what a network costs."""
        sites_of: dict[int, tuple[str, ...]] = dict.fromkeys(range(self.count), ())
        for site, ids in self.sites.items():
            for gate in np.unique(ids[ids != FIXED]).tolist():
                sites_of[gate] += (site,)
        found: dict[tuple[str, ...], list[int]] = {}
        for gate, sites in sites_of.items():
            found.setdefault(sites, []).append(gate)
        return tuple(np.array(members, np.int64) for members in found.values())


NO_GATES: Final = Spaces({}, 0, ())
"""Of a network whose channels all stay."""


def find_spaces(traced: Traced, adds: Adds) -> Spaces:
    """Number the gates: one for each channel of each site, joined by adds where these want both sides alike."""
    walk = _Walk(traced, adds)
    for unit in traced.units.values():
        walk.visit(unit)
    return walk.spaces()


def follows_depthwise(traced: Traced, unit: Unit) -> bool:
    """A normalisation behind a depthwise convolution: its channels are alive where those that the convolution reads are."""
    return unit.kind is Kind.NORM and traced.units[unit.sources[0]].kind is Kind.DEPTHWISE


def is_site(traced: Traced, unit: Unit) -> bool:
    """A gate stands behind this unit."""
    if unit.kind is Kind.NORM:
        return not follows_depthwise(traced, unit)
    if unit.kind not in (Kind.CONV, Kind.LINEAR) or _reaches_output(traced, unit.name):
        return False
    return any(traced.units[reader].kind is not Kind.NORM for reader in traced.readers[unit.name])


def _reaches_output(traced: Traced, name: str) -> bool:
    """What this unit gives are the network's outputs, which all stay."""
    passing = (Kind.POINTWISE, Kind.POOL, Kind.FLATTEN, Kind.NORM)
    readers = [traced.units[reader] for reader in traced.readers[name]]
    return any(r.kind is Kind.OUTPUT or (r.kind in passing and _reaches_output(traced, r.name)) for r in readers)


class _Walk:
    """Carries the gate of every channel from unit to unit."""

    def __init__(self, traced: Traced, adds: Adds) -> None:
        self._traced = traced
        self._adds = adds
        self._parents: list[int] = []
        self._of: dict[str, Ids] = {}
        self._sites: dict[str, Ids] = {}
        self._reasons: list[tuple[str, str, str]] = []

    def visit(self, unit: Unit) -> None:
        """Give the unit's channels their gates."""
        self._of[unit.name] = self._gates(unit)

    def spaces(self) -> Spaces:
        """What was found, gates numbered without holes."""
        roots = {name: np.array([self._root(int(i)) for i in ids]) for name, ids in self._sites.items()}
        fixed = self._root_or_none()
        used = sorted({int(i) for ids in roots.values() for i in ids} - {fixed})
        numbers = {root: k for k, root in enumerate(used)} | {fixed: FIXED}
        sites = {name: np.array([numbers[int(i)] for i in ids], np.int64) for name, ids in roots.items()}
        return Spaces(sites, len(used), tuple(self._reasons))

    def _gates(self, unit: Unit) -> Ids:
        if is_site(self._traced, unit):
            return self._new_site(unit)
        if unit.kind in (Kind.INPUT, Kind.CONV, Kind.LINEAR):
            return np.full(unit.channels, FIXED, np.int64)
        before = [self._of[source] for source in unit.sources]
        if unit.kind is Kind.ADD:
            return self._join(unit, *before)
        return passed_on(unit, before, FIXED)

    def _new_site(self, unit: Unit) -> Ids:
        start = len(self._parents)
        self._parents.extend(range(start, start + unit.channels))
        self._sites[unit.name] = np.arange(start, start + unit.channels)
        return self._sites[unit.name]

    def _join(self, unit: Unit, one: Ids, other: Ids) -> Ids:
        if self._adds is Adds.INDEXED:
            return np.full(unit.channels, FIXED, np.int64)  # alive where either side is: nobody's gate
        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            self._unite(a, b)
        self._reasons.append((self._site_of(one), self._site_of(other), unit.name))
        return one

    def _site_of(self, ids: Ids) -> str:
        return next((name for name, of_site in self._sites.items() if np.isin(ids, of_site).any()), "input")

    def _unite(self, one: int, other: int) -> None:
        a, b = self._root(one), self._root(other)
        if a != b:
            self._parents[max(a, b)] = min(a, b)

    def _root(self, gate: int) -> int:
        if gate == FIXED:
            gate = self._fixed()
        while self._parents[gate] != gate:
            self._parents[gate] = self._parents[self._parents[gate]]
            gate = self._parents[gate]
        return gate

    def _fixed(self) -> int:
        """A gate of its own stands for everything that cannot be switched off, made when first needed."""
        if self._fixed_gate is None:
            self._fixed_gate = len(self._parents)
            self._parents.append(self._fixed_gate)
        return self._fixed_gate

    def _root_or_none(self) -> int:
        return FIXED if self._fixed_gate is None else self._root(self._fixed_gate)

    _fixed_gate: int | None = None


def check_gates(spaces: Spaces, gates: NDArray[np.bool_]) -> None:
    """Refuse a choice of gates that is not one for this network.

    Raises:
        NetworkError: another number of gates.
    """
    if gates.shape != (spaces.count,):
        raise NetworkError(f"{gates.shape} gates were given: this network has {spaces.count}")
