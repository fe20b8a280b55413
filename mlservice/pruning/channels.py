"""A network that only loses channels, adds alike on both sides: what may go, what is left, what that costs, and choices that a budget can pay for."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.pruning.apply import Small, apply
from mlservice.pruning.cost import Cost
from mlservice.pruning.describe import structure_of
from mlservice.pruning.liveness import Choice, Mask, find_live
from mlservice.pruning.spaces import Adds, Ids, find_spaces
from mlservice.pruning.trace import Kind, Traced

Widths = tuple[int, ...]
"""Channels that are left of each group of gates."""

ENOUGH: Final = 0.985
"""Share of a budget that counts as spent."""


class Channels:
    """A traced network's channels.

    Args:
        traced: the network.
        cost: of what is left.

    Attributes:
        spaces: its gates.
        groups: gates that are alike but for their weights, by number.
        sizes: of the groups.
    """

    def __init__(self, traced: Traced, cost: Cost) -> None:
        self.traced = traced
        self.cost = cost
        self.spaces = find_spaces(traced, Adds.SHARED)
        self.groups = self.spaces.groups()
        self.sizes: Widths = tuple(len(group) for group in self.groups)
        self._costs: dict[Widths, float] = {}

    @property
    def all(self) -> Mask:
        """Every gate open."""
        return np.ones(self.spaces.count, bool)

    def widths(self, gates: Mask) -> Widths:
        """How many of each group are open."""
        return tuple(int(gates[group].sum()) for group in self.groups)

    def best(self, widths: Widths, scores: NDArray[np.float64] | None = None) -> Mask:
        """So many of each group: those with the highest scores, or the first."""
        gates = np.zeros(self.spaces.count, bool)
        for group, width in zip(self.groups, widths, strict=True):
            order = group if scores is None else group[np.argsort(-scores[group], kind="stable")]
            gates[order[:width]] = True
        return gates

    def costs(self, many: Sequence[Widths]) -> NDArray[np.float64]:
        """Of the network at each of these widths; those not seen before are priced in one call."""
        new = [widths for widths in dict.fromkeys(many) if widths not in self._costs]
        if new:
            found = self.cost.of([self.structure(self.best(widths)) for widths in new])
            self._costs.update(zip(new, found.tolist(), strict=True))
        return np.array([self._costs[widths] for widths in many])

    def cost_of(self, widths: Widths) -> float:
        """Of the network at these widths."""
        return float(self.costs([widths])[0])

    def structure(self, gates: Mask) -> Structure:
        """What is left."""
        return structure_of(self.traced, find_live(self.traced, self.spaces, Choice(gates, {})))

    def cut(self, gates: Mask) -> Small:
        """The small network, with the large one's weights."""
        return apply(self.traced, self.spaces, Choice(gates, {}))

    def kept(self, gates: Mask) -> dict[str, tuple[int, float]]:
        """By convolution, filters that are left, and 1: all of their weight vectors."""
        live = find_live(self.traced, self.spaces, Choice(gates, {}))
        return {str(unit.module): (int(live.kept[unit.name].sum()), 1.0) for unit in self.traced.of_kind(Kind.CONV)}

    def require(self, budget: float) -> None:
        """Refuse a budget that one channel of each group exceeds.

        Raises:
            InputError: says what the least is.
        """
        least = self.cost_of((1,) * len(self.groups))
        if least > budget:
            raise InputError(
                f"a budget of {budget:.4g} {self.cost.unit} is below the least that is reachable, {least:.4g} {self.cost.unit}: give at"
                " least that"
            )

    def in_order(self, order: Ids, budget: float) -> Mask:
        """Close gates one after the other until the budget is kept, and open those again that it can still pay for.

        One gate of each group stays open.

        Args:
            order: every gate, the first to close first.

        Raises:
            InputError: the budget is below the least.
        """
        self.require(budget)
        low, high = 0, len(order)
        while low < high:
            middle = (low + high) // 2
            if self.cost_of(self.widths(self._without(order, middle))) <= budget:
                high = middle
            else:
                low = middle + 1
        return self.filled(self._without(order, low), order[::-1], budget)

    def filled(self, gates: Mask, order: Ids, budget: float) -> Mask:
        """Open closed gates in this order where the budget can pay for them, until it is spent."""
        gates, widths = gates.copy(), list(self.widths(gates))
        group_of = {gate: k for k, group in enumerate(self.groups) for gate in group.tolist()}
        too_dear: set[int] = set()
        for gate in order.tolist():
            group = group_of[gate]
            if gates[gate] or group in too_dear:
                continue
            if self.cost_of(tuple(widths)) >= ENOUGH * budget:
                break
            widths[group] += 1
            if self.cost_of(tuple(widths)) <= budget:
                gates[gate] = True
            else:
                widths[group] -= 1
                too_dear.add(group)
        return gates

    def _without(self, order: Ids, count: int) -> Mask:
        gates = self.all
        gates[order[:count]] = False
        for group in self.groups:
            if not gates[group].any():
                gates[order[np.isin(order, group)][-1]] = True
        return gates


def scaled(sizes: Widths, ratios: Sequence[float], grain: int) -> Widths:
    """Each size times its ratio, as the nearest multiple of `grain`; at least one of it, at most the size."""
    return tuple(
        min(size, max(grain, round(ratio * size / grain) * grain)) for size, ratio in zip(sizes, ratios, strict=True)
    )


def widest(channels: Channels, at: Callable[[float], Widths], budget: float) -> Widths | None:
    """The widths `at` the greatest multiplier from 0 to 1 whose cost the budget can pay for; none where there is none."""
    if channels.cost_of(at(1.0)) <= budget:
        return at(1.0)
    low, high = 0.0, 1.0
    if channels.cost_of(at(low)) > budget:
        return None
    while high - low > 1e-3:
        middle = (low + high) / 2
        if channels.cost_of(at(middle)) <= budget:
            low = middle
        else:
            high = middle
    return at(low)


def grains(rows: int) -> list[int]:
    """Multiples that widths may have, coarsest first: `rows`, and its halves down to 1."""
    found = [rows]
    while found[-1] > 1:
        found.append(found[-1] // 2)
    return found
