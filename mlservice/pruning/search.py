"""How many channels of each group, in whole hardware tiles, are worth most within the budget.

The multiplier of `decide` weighs single channels by averaged prices; the cost of what it chooses still lies on stairs. A layer with one filter
more than a tile pays for the whole tile, in every cycle of every list. The search takes whole tiles only: it exchanges up to two tiles for up to
two others while that is worth more, as `decide` has it. Channels that fit into what is left of the budget come last.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlservice.pruning.decide import Decider, Decision
from mlservice.pruning.gates import Importance
from mlservice.pruning.liveness import Choice, Mask

_ROUNDS: Final = 40
_TRIES: Final = 16
"""Exchanges whose cost is asked for in one call, the most promising first."""
_HOPE: Final = 1.02
"""Costs of moves do not add up exactly: exchanges that seem to miss the budget by less are tried all the same."""


@dataclass(frozen=True)
class _Move:
    """Gates of one group that change, and what that brings against the present choice: worth and cost."""

    group: int
    gates: NDArray[np.int64]
    opens: bool
    gain: float
    cost: float


def refine(decider: Decider, importance: Importance, decision: Decision, budget: float, fill: bool = False) -> Decision:
    """The best choice of whole tiles that is found within the budget.

    Args:
        importance: as `decide` had it.
        decision: where to begin, with all weight vectors.
        budget: in the cost's unit.
        fill: open single channels, too, where they fit into what whole tiles leave of the budget.
    """
    best = _by_tiles(decider, importance, decision, budget)
    while fill:
        fuller = _filled(decider, importance, best, budget)
        if fuller is None:
            break
        best = fuller
    return best


def _by_tiles(decider: Decider, importance: Importance, decision: Decision, budget: float) -> Decision:
    """Whole tiles, from those nearest to the decision on; the decision itself where whole tiles cannot meet the budget."""
    best = _fitting(decider, importance, _rounded(decider, importance, decision), budget)
    if best is None:
        return decision
    for _ in range(_ROUNDS):
        better = _exchanged(decider, importance, best, budget)
        if better is None:
            break
        best = better
    return best


def _rounded(decider: Decider, importance: Importance, decision: Decision) -> Decision:
    """Every group at the number of whole tiles that is nearest; a group that is closed stays closed."""
    gates = decision.choice.gates.copy()
    for members in decider.groups:
        on = int(gates[members].sum())
        if on:
            tiles = max(1, round(on / decider.rows))
            gates[members] = False
            gates[_best(importance, members)[: tiles * decider.rows]] = True
    return _decision(decider, gates, decision.multiplier)


def _fitting(decider: Decider, importance: Importance, decision: Decision, budget: float) -> Decision | None:
    """With the tiles closed that are worth least for their cost, until the budget is met; None where that cannot be."""
    while decision.cost > budget:
        downs = [move for move in _moves(decider, importance, decision) if not move.opens and move.cost < 0]
        if not downs:
            return None
        worst = max(downs, key=lambda move: move.gain / -move.cost)
        decision = _decision(decider, _changed(decision.choice.gates, worst.gates, False), decision.multiplier)
    return decision


def _moves(decider: Decider, importance: Importance, decision: Decision) -> list[_Move]:
    """For every group: a tile less, and a tile more."""
    gates, rows = decision.choice.gates, decider.rows
    found: list[tuple[int, NDArray[np.int64], bool]] = []
    for group, members in enumerate(decider.groups):
        ordered = _best(importance, members)
        on, off = ordered[gates[ordered]], ordered[~gates[ordered]]
        if len(on) > rows:
            found.append((group, on[-((len(on) - 1) % rows + 1) :], False))
        if len(on) and len(off):
            found.append((group, off[:rows], True))
    changed = [_changed(gates, ids, opens) for _, ids, opens in found]
    costs = decider.costs([Choice(each, {}) for each in changed])
    return [
        _Move(group, ids, opens, _gained(decider, importance, gates, after, group), float(cost) - decision.cost)
        for (group, ids, opens), after, cost in zip(found, changed, costs, strict=True)
    ]


def _exchanged(decider: Decider, importance: Importance, decision: Decision, budget: float) -> Decision | None:
    """The best exchange of up to two tiles for up to two others that really fits; None where none gains."""
    moves = _moves(decider, importance, decision)
    ups, downs = [m for m in moves if m.opens], [m for m in moves if not m.opens]
    room = budget * _HOPE - decision.cost
    promising = [
        exchange
        for opened in (1, 2)
        for closed in (0, 1, 2)
        for up in combinations(ups, opened)
        for down in combinations(downs, closed)
        if _gain(exchange := (*up, *down)) > 0 and _cost(exchange) <= room and _apart(exchange)
    ]
    promising.sort(key=_gain, reverse=True)
    for start in range(0, min(len(promising), 4 * _TRIES), _TRIES):
        tried = [_applied(decision.choice.gates, exchange) for exchange in promising[start : start + _TRIES]]
        choices = [Choice(gates, {}) for gates in tried]
        for choice, cost in zip(choices, decider.costs(choices), strict=True):
            if cost <= budget:
                return Decision(choice, decision.multiplier, float(cost))
    return None


def _filled(decider: Decider, importance: Importance, decision: Decision, budget: float) -> Decision | None:
    """With the channel open that brings most of those that fit; None where none fits."""
    gates = decision.choice.gates
    partly = [k for k, members in enumerate(decider.groups) if gates[members].any() and not gates[members].all()]
    if not partly:
        return None
    off = [decider.groups[k][~gates[decider.groups[k]]] for k in partly]
    opened = [_changed(gates, _best(importance, members)[:1], True) for members in off]
    costs = decider.costs([Choice(each, {}) for each in opened])
    gains = [_gained(decider, importance, gates, after, k) for k, after in zip(partly, opened, strict=True)]
    fit = [k for k in range(len(opened)) if costs[k] <= budget]
    if not fit:
        return None
    best = max(fit, key=lambda k: gains[k])
    return Decision(Choice(opened[best], {}), decision.multiplier, float(costs[best]))


def _decision(decider: Decider, gates: Mask, multiplier: float) -> Decision:
    choice = Choice(gates, {})
    return Decision(choice, multiplier, decider.cost(choice))


def _best(importance: Importance, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """A group's gates, the most important first."""
    ordered: NDArray[np.int64] = members[np.argsort(-importance.gates[members], kind="stable")]
    return ordered


def _gained(decider: Decider, importance: Importance, before: Mask, after: Mask, group: int) -> float:
    """The logarithm of how much more importance a group keeps."""
    members = decider.groups[group]
    kept = [max(float(importance.gates[members[gates[members]]].sum()), 1e-300) for gates in (before, after)]
    return math.log(kept[1] / kept[0])


def _gain(exchange: Sequence[_Move]) -> float:
    return sum(move.gain for move in exchange)


def _cost(exchange: Sequence[_Move]) -> float:
    return sum(move.cost for move in exchange)


def _apart(exchange: Sequence[_Move]) -> bool:
    return len({move.group for move in exchange}) == len(exchange)


def _applied(gates: Mask, exchange: Sequence[_Move]) -> Mask:
    for move in exchange:
        gates = _changed(gates, move.gates, move.opens)
    return gates


def _changed(gates: Mask, ids: NDArray[np.int64], opens: bool) -> Mask:
    changed = gates.copy()
    changed[ids] = opens
    return changed
