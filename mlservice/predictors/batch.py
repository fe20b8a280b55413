"""Many networks on many accelerators as one: what every predictor takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.energy import EnergyTable, default_table_name, load_table
from contracts.structure import Structure
from contracts.structure.counts import Counts
from contracts.structure.facts import FactTable, Foreteller
from contracts.structure.passes import Pass, Passes, passes_of
from mlservice.predictors.features import PASS_FEATURES, Reals, features_of
from mlservice.predictors.shape import structure_features
from mlservice.predictors.targets import Target


@dataclass(frozen=True)
class Query:
    """A network on an accelerator; energy is priced by the table of that name, or that of the accelerator's board."""

    structure: Structure
    accelerator: Accelerator
    energy_table: str = ""


@dataclass(frozen=True, eq=False)
class Batch:
    """Features of some networks, and of all their passes one after the other.

    Attributes:
        networks: [networks, features], named by `NETWORK_FEATURES`; by `STRUCTURE_FEATURES` where accuracy is asked for.
        passes: [passes of all networks, features], named by `PASS_FEATURES`.
        owner: [passes of all networks] which network each belongs to, from 0; in order.
        expert_cycles: [passes of all networks] closed form.
        expert_energy_mj: [passes of all networks] closed form, priced by the energy table.
        clock_mhz: [networks].
    """

    networks: Reals
    passes: Reals
    owner: NDArray[np.int64]
    expert_cycles: NDArray[np.float64]
    expert_energy_mj: NDArray[np.float64]
    clock_mhz: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.networks)

    @staticmethod
    def of(queries: Sequence[Query]) -> "Batch":
        """Any networks on any accelerators, in their order; those with the same passes are worked out together."""
        groups: dict[Any, list[tuple[int, Passes]]] = {}
        for number, query in enumerate(queries):
            passes = passes_of(query.structure)
            key = (query.accelerator, query.energy_table, _likeness(passes))
            groups.setdefault(key, []).append((number, passes))
        parts, order = [], []
        for (accelerator, table, _), members in groups.items():
            found = Foreteller(members[0][1], accelerator).of([passes for _, passes in members])
            parts.append(_part(found, accelerator, table))
            order += [number for number, _ in members]
        return Batch.joined(parts).taken(np.argsort(order))

    @staticmethod
    def of_structures(structures: Sequence[Structure]) -> "Batch":
        """Networks without accelerators, as predictors of accuracy take them: no passes, no costs."""
        nothing = np.empty(0)
        return Batch(
            structure_features(structures),
            np.empty((0, len(PASS_FEATURES)), np.float32),
            np.empty(0, np.int64),
            nothing,
            nothing,
            np.ones(len(structures)),
        )

    @staticmethod
    def for_target(target: Target, queries: Sequence[Query]) -> "Batch":
        """What a predictor of a target takes: for accuracy, accelerators do not count."""
        if target is Target.ACCURACY:
            return Batch.of_structures([query.structure for query in queries])
        return Batch.of(queries)

    @staticmethod
    def at(foreteller: Foreteller, counts: Counts, energy_table: str = "") -> "Batch":
        """Many widths of one network on one accelerator: the quick way for searches and for a training's loss."""
        return _part(foreteller.at(counts), foreteller.accelerator, energy_table)

    @staticmethod
    def joined(parts: Iterable["Batch"]) -> "Batch":
        """One after the other."""
        found = list(parts)
        starts = np.cumsum([0, *(len(part) for part in found)])
        return Batch(
            np.concatenate([part.networks for part in found]),
            np.concatenate([part.passes for part in found]),
            np.concatenate([part.owner + start for part, start in zip(found, starts, strict=False)]),
            np.concatenate([part.expert_cycles for part in found]),
            np.concatenate([part.expert_energy_mj for part in found]),
            np.concatenate([part.clock_mhz for part in found]),
        )

    def taken(self, which: NDArray[np.int64]) -> "Batch":
        """Some of the networks, in the order that is given."""
        counts = np.bincount(self.owner, minlength=len(self))
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        lengths = counts[which]
        owner = np.repeat(np.arange(len(which)), lengths)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        rows = starts[which][owner] + within
        return Batch(
            self.networks[which],
            self.passes[rows],
            owner,
            self.expert_cycles[rows],
            self.expert_energy_mj[rows],
            self.clock_mhz[which],
        )

    def summed(self, per_pass: NDArray[Any]) -> NDArray[np.float64]:
        """[networks] sums of something over the passes."""
        found: NDArray[np.float64] = np.bincount(self.owner, weights=per_pass, minlength=len(self)).astype(float)
        return found


def _part(facts: FactTable, accelerator: Accelerator, table: str) -> Batch:
    found = features_of(facts, accelerator, priced_by(table or default_table_name(accelerator)))
    networks, passes = facts.cycles.shape
    return Batch(
        found.networks,
        found.passes.reshape(networks * passes, -1),
        np.repeat(np.arange(networks), passes),
        found.cycles.ravel(),
        found.energy_mj.ravel(),
        np.full(networks, accelerator.clock_mhz),
    )


@lru_cache(maxsize=32)
def priced_by(table: str) -> EnergyTable:
    """The energy table of that name, read once."""
    return load_table(table)


def _likeness(passes: Passes) -> tuple[Any, ...]:
    """Equal for networks whose passes differ in widths alone."""
    sizes = [passes.sizes[name][1:] for name in passes.sizes]
    return (passes.sizes["input"], tuple(sizes), tuple(_shape_of(p) for p in passes.passes))


def _shape_of(p: Pass) -> tuple[Any, ...]:
    layer = p.layer
    window = (layer.operator, layer.kernel, layer.stride, layer.padding, layer.groups > 1) if layer else ()
    sources = tuple(wire.source for wire in p.wires)
    return (p.name, p.operator, window, sources, p.skip.source if p.skip else "")
