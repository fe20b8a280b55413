"""Which rows a predictor may learn from and which it is judged on: no network, and no near-duplicate of one, on both sides."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.structure import Structure
from hwservice.campaign.definition import HeldOut

ALIKE_CHANNELS = 1
ALIKE_SHARE = 0.03
"""Two networks of one base and input are near-duplicates where no width differs by more than the greater of the two."""
TEST_SHARE = 0.2
WIDTHS = (0.4, 0.5)
"""The width split learns from networks that keep at most the first share of the MACs, and is judged on those that keep at least the second."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Member:
    """One network, as far as splits are concerned."""

    structure: str
    kept_ratio: float
    widths: tuple[int, ...]
    """See `widths_of`."""


def widths_of(structure: Structure) -> tuple[int, ...]:
    """Filters of every layer: networks that differ in the channels they read, or in weight vectors alone, count as duplicates, too."""
    return tuple(layer.filters for layer in structure.layers)


def near_duplicates(widths: Ints) -> list[list[int]]:
    """Classes of rows of [networks, widths] that are linked by near-duplicates."""
    count = len(widths)
    parent = list(range(count))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for k in range(count - 1):
        for other in np.flatnonzero(alike(widths[k], widths[k + 1 :])):
            parent[root(int(other) + k + 1)] = root(k)
    found: dict[int, list[int]] = {}
    for k in range(count):
        found.setdefault(root(k), []).append(k)
    return list(found.values())


def alike(one: Ints, others: Ints) -> NDArray[np.bool_]:
    """Which of the others, [networks, widths], are near-duplicates of one."""
    allowed = np.maximum(ALIKE_CHANNELS, ALIKE_SHARE * np.maximum(one, others))
    close: NDArray[np.bool_] = (np.abs(others - one) <= allowed).all(axis=-1)
    return close


def groups_of(members: Sequence[Member]) -> dict[str, str]:
    """The group of every network; those of different topology (so many widths) have nothing to do with each other."""
    found: dict[str, str] = {}
    for length in {len(m.widths) for m in members}:
        some = [m for m in members if len(m.widths) == length]
        for group in near_duplicates(np.asarray([m.widths for m in some])):
            name = min(some[k].structure for k in group)
            found |= {some[k].structure: name for k in group}
    return found


def width_sides(members: Sequence[Member], groups: Mapping[str, str]) -> dict[str, str | None]:
    """The width split's side of every group: of those that reach over its border, none."""
    ratios: dict[str, list[float]] = {}
    for member in members:
        ratios.setdefault(groups[member.structure], []).append(member.kept_ratio)
    low, high = WIDTHS
    return {
        group: "train" if max(found) <= low else "test" if min(found) >= high else None
        for group, found in ratios.items()
    }


def random_side(group: str) -> str:
    """The random split's side of a group; by its name, so that it stays when the campaign grows."""
    return "test" if int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) < TEST_SHARE * (1 << 32) else "train"


def sides(row: Mapping[str, object], group: str, width: str | None, held_out: HeldOut) -> dict[str, str | None]:
    """All splits of one row of `networks`."""
    random = random_side(group)
    size = tuple(row[f"input_{name}"] for name in ("channels", "height", "width"))
    unseen = row["accelerator"] == held_out.accelerator
    found = {
        "random": random,
        "width": width,
        "family": "test" if row["family"] == held_out.family else "train",
        "input": "test" if size in held_out.inputs else "train",
        # An unseen accelerator is judged on unseen networks.
        "accelerator": random if unseen == (random == "test") else None,
    }
    absent = {"family": not held_out.family, "input": not held_out.inputs, "accelerator": not held_out.accelerator}
    return {f"split_{name}": None if absent.get(name) else side for name, side in found.items()}
