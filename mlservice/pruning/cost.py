"""What a structure costs: the figure that a budget bounds, and by which parts are priced."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.structure import Structure
from contracts.structure.facts import Foreteller
from contracts.structure.passes import Passes, passes_of


class Cost(Protocol):
    """Prices structures."""

    unit: str
    """Of what it gives: `ms`, `mJ`, `cycles`, `macs`."""

    def of(self, structures: Sequence[Structure]) -> NDArray[np.float64]:
        """The cost of each, in one call; greater is worse, always above 0."""
        ...


class Macs:
    """Multiply-accumulates: what hardware-blind pruning counts."""

    unit = "macs"

    def of(self, structures: Sequence[Structure]) -> NDArray[np.float64]:
        """Counted from the structure."""
        return np.array([structure.macs for structure in structures], np.float64)


class ExpertLatency:
    """The closed-form cycle model of an accelerator: milliseconds for one image, fitted to nothing."""

    unit = "ms"

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self._foretellers: dict[tuple[object, ...], Foreteller] = {}

    def of(self, structures: Sequence[Structure]) -> NDArray[np.float64]:
        """Estimated, structures that differ in widths alone together."""
        passes = [passes_of(structure) for structure in structures]
        kinds: dict[tuple[object, ...], list[int]] = {}
        for k, each in enumerate(passes):
            kinds.setdefault(_but_widths(each), []).append(k)
        cycles = np.empty(len(passes))
        for kind, members in kinds.items():
            if kind not in self._foretellers:
                self._foretellers[kind] = Foreteller(passes[members[0]], self._accelerator)
            cycles[members] = self._foretellers[kind].of([passes[k] for k in members]).cycles.sum(1)
        return cycles / (self._accelerator.clock_mhz * 1000)


def _but_widths(passes: Passes) -> tuple[object, ...]:
    """Equal where two networks differ in widths alone."""
    return tuple(
        (p.name, p.operator, p.reads, p.skip is None, p.alone, p.stride, p.layer and (p.layer.kernel, p.layer.padding))
        for p in passes.passes
    )
