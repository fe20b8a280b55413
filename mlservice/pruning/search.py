"""The snap's search: exchange channels between layers, one hardware tile at a time, while that keeps more importance for the same cost.

The multiplier of `decide` weighs single channels by averaged prices; the cost of what it chooses still lies on stairs. A layer with one filter
more than a tile pays for the whole tile. The search closes what only just begins a tile and fills what is paid for already. It also tries to do
without whole groups of channels: a residual block whose branch closes disappears, and pays for channels elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlservice.pruning.decide import Decider, Decision
from mlservice.pruning.gates import Importance
from mlservice.pruning.liveness import Mask

_ROUNDS = 24
_TRIES = 8


@dataclass(frozen=True)
class _Move:
    """Gates of one group that change, and what that brings: importance and cost, both against the present choice."""

    group: int
    gates: NDArray[np.int64]
    opens: bool
    gain: float
    cost: float


def refine(decider: Decider, importance: Importance, decision: Decision, budget: float) -> Decision:
    """A choice within the budget that keeps at least as much importance.

    Args:
        importance: as `decide` had it.
        decision: where to begin; its multiplier goes on choosing the weight vectors.
        budget: in the cost's unit.
    """
    best = _by_tiles(decider, importance, decision, budget)
    for members in decider.groups:
        found = _without(decider, importance, best, members, budget)
        if found is not None and _kept(importance, found) > _kept(importance, best):
            best = found
    return best


def _without(
    decider: Decider, importance: Importance, decision: Decision, members: NDArray[np.int64], budget: float
) -> Decision | None:
    """The best choice with a group closed; None where the network needs it, or where what it frees is worth less than it is."""
    gates = _changed(decision.choice.gates, members, False)
    lost = float(importance.gates[decision.choice.gates & ~gates].sum())
    if not decider.stands_without(gates):
        return None
    choice = decider.choice(importance, gates, decision.multiplier)
    if (decision.cost - decider.cost(choice)) * decision.multiplier <= lost:
        return None
    closed = importance.gates.copy()
    closed[members] = -np.inf
    without = Importance(closed, importance.vectors)
    return _by_tiles(decider, without, decider.decide(without, budget, choice), budget)


def _kept(importance: Importance, decision: Decision) -> float:
    return float(importance.gates[decision.choice.gates].sum())


def _by_tiles(decider: Decider, importance: Importance, decision: Decision, budget: float) -> Decision:
    for _ in range(_ROUNDS):
        moves = _moves(decider, importance, decision)
        better = _exchanged(decider, importance, decision, moves, budget)
        if better is None:
            return decision
        decision = better
    return decision


def _moves(decider: Decider, importance: Importance, decision: Decision) -> list[_Move]:
    """For every group: to the edge of the tile below, and to the edge of the tile above."""
    gates, rows = decision.choice.gates, decider.rows
    found: list[tuple[int, NDArray[np.int64], bool]] = []
    for group, members in enumerate(decider.groups):
        on, off = members[gates[members]], members[~gates[members]]
        down = (len(on) - 1) % rows + 1
        if len(on) - down >= decider.rows:
            found.append((group, on[np.argsort(importance.gates[on])][:down], False))
        if len(off):
            up = min(rows - len(on) % rows, len(off))
            found.append((group, off[np.argsort(-importance.gates[off])][:up], True))
    changed = [_changed(gates, ids, opens) for _, ids, opens in found]
    costs = decider.costs([decider.choice(importance, each, decision.multiplier) for each in changed])
    return [
        _Move(group, ids, opens, (1 if opens else -1) * float(importance.gates[ids].sum()), float(cost) - decision.cost)
        for (group, ids, opens), cost in zip(found, costs, strict=True)
    ]


def _exchanged(
    decider: Decider, importance: Importance, decision: Decision, moves: Sequence[_Move], budget: float
) -> Decision | None:
    """The best opening, alone or paid for by a closing elsewhere, that really fits; None where none gains."""
    ups = [move for move in moves if move.opens]
    downs: list[_Move | None] = [None, *(move for move in moves if not move.opens)]
    pairs = [(up, down) for up in ups for down in downs if down is None or down.group != up.group]
    room = budget - decision.cost
    promising = [(up, down) for up, down in pairs if _gain(up, down) > 0 and _cost(up, down) <= room]
    promising.sort(key=lambda pair: -_gain(*pair))
    for up, down in promising[:_TRIES]:
        gates = _changed(decision.choice.gates, up.gates, True)
        if down is not None:
            gates = _changed(gates, down.gates, False)
        choice = decider.choice(importance, gates, decision.multiplier)
        cost = decider.cost(choice)
        if cost <= budget:
            return Decision(choice, decision.multiplier, cost)
    return None


def _gain(up: _Move, down: _Move | None) -> float:
    return up.gain + (down.gain if down else 0.0)


def _cost(up: _Move, down: _Move | None) -> float:
    return up.cost + (down.cost if down else 0.0)


def _changed(gates: Mask, ids: NDArray[np.int64], opens: bool) -> Mask:
    changed = gates.copy()
    changed[ids] = opens
    return changed
