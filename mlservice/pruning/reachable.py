"""What is reachable before anything runs: the least network, half of the channels, and all of them, each with what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contracts.errors import InputError
from contracts.structure import Structure, VectorPruning
from mlservice.pruning.cost import Cost
from mlservice.pruning.describe import structure_of
from mlservice.pruning.liveness import Choice, Mask, find_live
from mlservice.pruning.spaces import Adds, find_spaces
from mlservice.pruning.trace import Kind, Traced


@dataclass(frozen=True)
class Reachable:
    """One row of the table.

    Attributes:
        name: `least` (one channel of each group, and one weight vector of each filter group), `half` (of the channels of each group),
            `dense`.
        costs: predicted, by metric, such as `latency_ms`.
        parameters: weights, with scale and offset of every normalisation.
        macs: multiply-accumulates for one image.
    """

    name: str
    costs: Mapping[str, float]
    parameters: int
    macs: int


def reachable(traced: Traced, costs: Mapping[str, Cost], rows: int) -> tuple[Reachable, ...]:
    """The table for a network, least first.

    Args:
        traced: the network.
        costs: by metric.
        rows: filters of a group on the accelerator.
    """
    whole = Choice(np.ones(0, bool), {})
    structures = {
        "least": _least(traced, rows),
        "half": _half(traced),
        "dense": structure_of(traced, find_live(traced, find_spaces(traced, Adds.SHARED), whole)),
    }
    priced = {metric: cost.of(list(structures.values())).tolist() for metric, cost in costs.items()}
    return tuple(
        Reachable(name, {metric: values[k] for metric, values in priced.items()}, each.parameters, each.macs)
        for k, (name, each) in enumerate(structures.items())
    )


def require_reachable(table: tuple[Reachable, ...], budgets: Mapping[str, float]) -> None:
    """Refuse budgets below the least.

    Raises:
        InputError: names the metric, the budget and the least.
    """
    least, dense = table[0], table[-1]
    for metric, budget in budgets.items():
        if least.costs[metric] > budget:
            raise InputError(
                f"{metric} {budget:.4g} is below the least that is reachable, {least.costs[metric]:.4g}: give at least that (all channels"
                f" take {dense.costs[metric]:.4g})"
            )


def _least(traced: Traced, rows: int) -> Structure:
    spaces = find_spaces(traced, Adds.INDEXED)
    gates: Mask = np.zeros(spaces.count, bool)
    gates[[group[0] for group in spaces.groups()]] = True
    live = find_live(traced, spaces, Choice(gates, {}))
    vectors = {}
    for unit in traced.of_kind(Kind.CONV):
        filters = int(live.kept[unit.name].sum())
        if filters:
            vectors[unit.name] = VectorPruning(rows, (1,) * -(-filters // rows))
    return structure_of(traced, live, vectors)


def _half(traced: Traced) -> Structure:
    spaces = find_spaces(traced, Adds.SHARED)
    gates: Mask = np.zeros(spaces.count, bool)
    for group in spaces.groups():
        gates[group[: max(1, len(group) // 2)]] = True
    return structure_of(traced, find_live(traced, spaces, Choice(gates, {})))
