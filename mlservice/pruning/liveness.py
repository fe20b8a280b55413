"""What is left of a network when gates are closed and weight vectors are gone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlservice.pruning.spaces import FIXED, Spaces
from mlservice.pruning.trace import Kind, Traced, Unit, passed_on

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Choice:
    """What stays.

    Attributes:
        gates: bool `(gates,)`, by number.
        vectors: by convolution, bool `(filters, source channels, height, width)` of its kernel; all where absent. Filters of one group have
            the same.
    """

    gates: Mask
    vectors: Mapping[str, Mask]


@dataclass(frozen=True)
class Live:
    """What is computed.

    Attributes:
        kept: by unit, bool `(channels,)`: channels that may differ from zero and that somebody reads.
        reads: by convolution or linear layer, bool `(source channels,)`: those that a kept filter reads.
    """

    kept: Mapping[str, Mask]
    reads: Mapping[str, Mask]


def find_live(traced: Traced, spaces: Spaces, choice: Choice) -> Live:
    """Zero channels forward, unread channels backward; a channel stays where it is neither."""
    alive = find_alive(traced, spaces, choice)
    wanted = {unit.name: np.zeros(unit.channels, bool) for unit in traced.units.values()}
    kept, reads = dict[str, Mask](), dict[str, Mask]()
    for unit in reversed(list(traced.units.values())):
        here = alive[unit.name] & wanted[unit.name] if unit.kind is not Kind.OUTPUT else np.ones(1, bool)
        kept[unit.name] = here
        for source, share in zip(unit.sources, _wanted_by(traced, unit, here, choice), strict=True):
            read = share & alive[source]
            wanted[source] |= read
            if unit.kind in (Kind.CONV, Kind.LINEAR):
                reads[unit.name] = read
    return Live(kept, reads)


def find_alive(traced: Traced, spaces: Spaces, choice: Choice) -> dict[str, Mask]:
    """By unit, the channels that may differ from zero: bool `(channels,)`.

    What reads nothing but zeros counts as zero, so that a branch disappears whole: its gate is taken for closed, or a beta or a bias would make
    a constant of it.
    """
    alive: dict[str, Mask] = {}
    for unit in traced.units.values():
        before = [alive[source] for source in unit.sources]
        alive[unit.name] = _given(unit, before) & _open(spaces, choice, unit)
    return alive


def _given(unit: Unit, before: list[Mask]) -> Mask:
    """What a unit without a gate makes of channels that may differ from zero."""
    if unit.kind in (Kind.INPUT, Kind.CONV, Kind.LINEAR):
        return np.full(unit.channels, all(source.any() for source in before))
    if unit.kind is Kind.ADD:
        return np.asarray(before[0] | before[-1])
    return passed_on(unit, before, False)


def _open(spaces: Spaces, choice: Choice, unit: Unit) -> Mask:
    gates = spaces.sites.get(unit.name)
    if gates is None or not len(choice.gates):
        return np.ones(unit.channels, bool)
    return np.asarray(choice.gates[gates] | (gates == FIXED))


def _wanted_by(traced: Traced, unit: Unit, here: Mask, choice: Choice) -> list[Mask]:
    """What a unit that gives the channels `here` reads of each of its sources."""
    sources = [traced.units[source] for source in unit.sources]
    if unit.kind is Kind.OUTPUT:
        return [np.ones(source.channels, bool) for source in sources]
    if unit.kind is Kind.CONCAT:
        return np.split(here, np.cumsum([source.channels for source in sources])[:-1])
    if unit.kind is Kind.ADD:
        return [here for _ in sources]
    return [_wanted_of_one(unit, sources[0].channels, here, choice)] if sources else []


def _wanted_of_one(unit: Unit, channels: int, here: Mask, choice: Choice) -> Mask:
    wanted = np.zeros(channels, bool)
    if unit.kind is Kind.CONV and unit.name in choice.vectors:
        wanted |= choice.vectors[unit.name][here].any(axis=(0, 2, 3))
    elif unit.kind in (Kind.CONV, Kind.LINEAR):
        wanted |= here.any()
    elif unit.kind is Kind.FLATTEN:
        wanted |= here.reshape(channels, -1).any(axis=1)
    elif unit.kind is Kind.SELECT:
        wanted[np.asarray(unit.selected)[here]] = True
    else:
        wanted |= here[:channels]
    return wanted
