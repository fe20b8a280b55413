"""Which passes run in row bands, and which maps pass through DRAM, for many widths at once.

As the compiler's `residence`, but that a memory counts as full when the maps in it fill it: what its first fit leaves unused between maps
is not foretold.
"""

from dataclasses import dataclass

import numpy as np

from contracts.structure.plan import Bools, Ints, Plan


@dataclass(frozen=True, eq=False)
class Residence:
    """Where maps are: [batch, passes] and [batch, maps]."""

    banded: Bools
    in_dram: Bools


def reside(plan: Plan, channels: Ints) -> Residence:
    """Decide for every network.

    Args:
        plan: of their passes.
        channels: [batch, maps].
    """
    rows, depth = channels * plan.plane_rows, plan.accelerator.bank_depth
    banded = rows @ plan.own.T > depth
    in_dram = np.zeros(rows.shape, bool)
    while True:
        in_dram |= (banded @ plan.own) | (banded @ plan.across)
        full = _used(plan, rows, banded, in_dram) > depth
        if not full.any():
            return Residence(banded, in_dram)
        which = np.flatnonzero(full.any(axis=1))
        at = full[which].argmax(axis=1)
        others = plan.across[at] & ~in_dram[which]
        in_dram[which] |= others
        alone = ~others.any(axis=1)
        banded[which[alone], at[alone]] = True


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
