"""Which passes run in row bands, and which maps pass through DRAM, for many widths at once.

As the compiler's `residence`. What its first fit leaves unused between maps is followed network by network where more than half of the
memory is in use, or not at all (`fit=False`), which is faster.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contracts.structure.plan import Bools, Ints, Plan


@dataclass(frozen=True, eq=False)
class Residence:
    """Where maps are: [batch, passes] and [batch, maps]."""

    banded: Bools
    in_dram: Bools

    def of(self, rows: Ints) -> "Residence":
        """Of some networks."""
        return Residence(self.banded[rows], self.in_dram[rows])

    @staticmethod
    def on_chip(plan: Plan, count: int) -> "Residence":
        """Everything is there, for so many networks."""
        return Residence(np.zeros((count, len(plan.passes)), bool), np.zeros((count, len(plan.names)), bool))


def reside(plan: Plan, channels: Ints, start: Residence, fit: bool = True) -> Residence:
    """Decide for every network, until all is settled or a pass more runs in bands, whose maps may be laid out otherwise then.

    Args:
        plan: of their passes.
        channels: [batch, maps].
        start: what was decided before.
        fit: whether maps must find a place beside each other, or only fill the memory.
    """
    rows, depth = channels * plan.plane_rows, plan.accelerator.bank_depth
    banded, in_dram = start.banded | (rows @ plan.own.T > depth), start.in_dram.copy()
    while True:
        in_dram |= (banded @ plan.own) | (banded @ plan.across)
        grown = (banded != start.banded).any(axis=1)
        used = np.where(grown[:, None], 0, _used(plan, rows, banded, in_dram))
        full = used > depth
        if fit and not full.any():
            _mark_misfits(plan, full, used, rows, Residence(banded, in_dram))
        if not full.any():
            return Residence(banded, in_dram)
        which = np.flatnonzero(full.any(axis=1))
        at = full[which].argmax(axis=1)
        others = plan.across[at] & ~in_dram[which]
        in_dram[which] |= others
        alone = ~others.any(axis=1)
        banded[which[alone], at[alone]] = True


def _mark_misfits(plan: Plan, full: Bools, used: Ints, rows: Ints, found: Residence) -> None:
    """Mark the pass at which a map finds no place, where less than half of the memory is free."""
    for network in np.flatnonzero(used.max(axis=1) > plan.accelerator.bank_depth // 2):
        failed = _first_fit(plan, rows[network], found.banded[network], found.in_dram[network])
        if failed is not None:
            full[network, failed] = True


def _used(plan: Plan, rows: Ints, banded: Bools, in_dram: Bools) -> Ints:
    """[batch, passes]: bank rows in use; a map on its way to DRAM stays one pass longer."""
    found = (rows * ~in_dram) @ plan.live.T
    if not in_dram.any():
        return found
    passing = rows * in_dram
    found = found + passing @ plan.reads.T
    made = passing[:, 1:].copy()
    made[:, 1:] += passing[:, 1:-1] * ~banded[:, :-1]
    return np.where(banded, 0, found + made)


Stay = tuple[int, int, int]
"""First and last pass during which a map is on chip, and its bank rows."""


def _first_fit(plan: Plan, rows: Ints, banded: Bools, in_dram: Bools) -> int | None:
    """The pass at which a map finds no place, if any does not: maps in order of their first pass, the greatest first."""
    placed: list[tuple[int, Stay]] = []
    for stay in sorted(_stays(plan, rows, banded, in_dram), key=lambda stay: (stay[0], -stay[2])):
        first, last, size = stay
        at = 0
        for low, other in sorted(placed):
            if other[1] < first or other[0] > last:
                continue
            if at + size <= low:
                break
            at = max(at, low + other[2])
        if at + size > plan.accelerator.bank_depth:
            return max(first, 0)
        placed.append((at, stay))
    return None


def _stays(plan: Plan, rows: Ints, banded: Bools, in_dram: Bools) -> Iterator[Stay]:
    """When each map is on chip; one that passes through DRAM, once for every pass that reads it."""
    last = len(plan.passes) - 1 - plan.live[::-1].argmax(axis=0)
    if not in_dram[0]:
        yield -1, int(last[0]), int(rows[0])
    for k in range(len(plan.passes)):
        if banded[k]:
            continue
        for read in np.flatnonzero(plan.reads[k] & in_dram):
            yield k, k, int(rows[read])
        yield k, k + 1 if in_dram[k + 1] else int(last[k + 1]), int(rows[k + 1])
