"""Which parts a budget can pay for: each part has an importance and a price, and one multiplier weighs them against each other.

The price of a part is a secant over one hardware tile, not a derivative: what the whole network would cost with `rows` more channels less what it
costs with `rows` fewer, so that a producer's filters and every consumer's inputs are both charged, and the stairs of the cost are averaged.
A part stays where its importance exceeds multiplier x price; the multiplier is found by bisection so that the cost meets the budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from contracts.structure import Structure, VectorPruning
from mlservice.pruning.cost import Cost
from mlservice.pruning.describe import structure_of
from mlservice.pruning.gates import GatedNetwork, Importance
from mlservice.pruning.liveness import Choice, Live, Mask, find_alive, find_live
from mlservice.pruning.spaces import FIXED
from mlservice.pruning.trace import Unit

_TRIES = 24


@dataclass(frozen=True)
class Prices:
    """What parts cost, in the cost's unit.

    Attributes:
        gates: `(gates,)`: of one channel.
        vectors: by convolution: of one weight vector.
    """

    gates: NDArray[np.float64]
    vectors: Mapping[str, float]


@dataclass(frozen=True)
class Decision:
    """A choice, the multiplier that made it (importance per unit of cost), and its predicted cost."""

    choice: Choice
    multiplier: float
    cost: float


class Decider:
    """Chooses what stays of a gated network.

    Args:
        network: to choose for.
        cost: that the budget bounds.
        price: by which parts are priced; `cost` itself where absent. With another one (MACs, say) the order of parts follows the other
            one's prices, and the budget still bounds `cost`.
    """

    def __init__(self, network: GatedNetwork, cost: Cost, price: Cost | None = None, rows: int = 8) -> None:
        self._network = network
        self._cost = cost
        self._price = price or cost
        self._rows = rows
        self._groups = _gate_groups(network)

    def structures(self, choices: Sequence[Choice]) -> list[Structure]:
        """What is left under each choice."""
        return [self._structure(choice) for choice in choices]

    def cost(self, choice: Choice) -> float:
        """Of what is left."""
        return float(self._cost.of(self.structures([choice]))[0])

    def decide(self, importance: Importance, budget: float) -> Decision:
        """The choice of greatest importance that the budget can pay for.

        Raises:
            InputError: not even the least network fits.
        """
        prices = self.prices(importance)
        whole = self._choose(importance, prices, 0.0)
        paid = self.cost(whole)
        if paid <= budget:
            return Decision(whole, 0.0, paid)
        low, high = 0.0, self._highest(importance, prices)
        chosen = self._choose(importance, prices, high)
        paid = self.cost(chosen)
        if paid > budget:
            raise InputError(
                f"a budget of {budget:.4g} {self._cost.unit} is below the least that is reachable, {paid:.4g} {self._cost.unit}: give at"
                " least that"
            )
        for _ in range(_TRIES):
            middle = np.sqrt(low * high) if low > 0 else high / 64
            tried = self._choose(importance, prices, middle)
            cost = self.cost(tried)
            if cost <= budget:
                high, chosen, paid = middle, tried, cost
                if cost >= 0.995 * budget:
                    break
            else:
                low = middle
        return Decision(chosen, float(high), paid)

    def prices(self, importance: Importance) -> Prices:
        """Secants around the present choice."""
        here = self._network.choice
        pairs: list[tuple[Choice, Choice]] = []
        widths: list[float] = []
        for members in self._groups:
            fewer, more, apart = _moved(here.gates, members, importance.gates, self._rows)
            pairs.append((Choice(fewer, here.vectors), Choice(more, here.vectors)))
            widths.append(apart)
        for unit in self._network.convolutions:
            fewer_vectors, more_vectors, apart = self._moved_vectors(unit)
            pairs.append((Choice(here.gates, fewer_vectors), Choice(here.gates, more_vectors)))
            widths.append(apart)
        costs = self._price.of(self.structures([choice for pair in pairs for choice in pair])).reshape(-1, 2)
        secants = np.maximum(costs[:, 1] - costs[:, 0], 1e-9 * costs.max()) / np.maximum(widths, 1e-9)
        gates = np.zeros(self._network.spaces.count)
        for members, secant in zip(self._groups, secants, strict=False):
            gates[members] = secant
        vectors = secants[len(self._groups) :]
        return Prices(gates, {u.name: float(v) for u, v in zip(self._network.convolutions, vectors, strict=True)})

    def _structure(self, choice: Choice) -> Structure:
        live = find_live(self._network.traced, self._network.spaces, choice)
        pruned = {
            u.name: self._pruning(u, choice, live) for u in self._network.convolutions if u.name in choice.vectors
        }
        return structure_of(self._network.traced, live, {k: v for k, v in pruned.items() if v is not None})

    def _pruning(self, unit: Unit, choice: Choice, live: Live) -> VectorPruning | None:
        """Vectors per filter group, as if kept filters of different groups could be packed without lengthening lists."""
        kept, reads = live.kept[unit.name], live.reads[unit.name]
        if not kept.any() or not reads.any():
            return None
        mask = choice.vectors[unit.name][np.ix_(kept, reads)]
        per_filter = np.sort(mask.reshape(len(mask), -1).sum(1))[::-1]
        groups = [per_filter[start : start + self._rows] for start in range(0, len(per_filter), self._rows)]
        return VectorPruning(self._rows, tuple(max(1, round(float(group.mean()))) for group in groups))

    def _choose(self, importance: Importance, prices: Prices, multiplier: float) -> Choice:
        gates = importance.gates >= multiplier * prices.gates
        for members in self._groups:
            _keep_one(gates, members, importance.gates)
        alive = find_alive(self._network.traced, self._network.spaces, Choice(gates, {}))
        vectors = {}
        for unit in self._network.convolutions:
            there = alive[unit.sources[0]][None, :, None, None]
            scores = np.where(there, importance.vectors[unit.name], -1.0)
            kept = scores >= multiplier * prices.vectors[unit.name]
            best = scores.reshape(len(scores), -1).argmax(1)
            kept.reshape(len(kept), -1)[np.arange(len(kept)), best] = True
            vectors[unit.name] = self._network.whole(unit, kept)
        return Choice(gates, vectors)

    def _highest(self, importance: Importance, prices: Prices) -> float:
        ratios = [importance.gates / np.maximum(prices.gates, 1e-30)]
        ratios += [importance.vectors[name].ravel() / price for name, price in prices.vectors.items()]
        return 2 * max(float(ratio.max(initial=0.0)) for ratio in ratios) + 1e-30

    def _moved_vectors(self, unit: Unit) -> tuple[Mapping[str, Mask], Mapping[str, Mask], float]:
        """A tenth of a convolution's weight vectors less and more, spread evenly; and how many groups x vectors lie between."""
        here = self._network.choice.vectors
        now = here.get(unit.name)
        groups, *rest = self._network.grouped(unit)
        size = int(np.prod(rest))
        present = np.ones((groups, size), bool) if now is None else now[:: self._network.rows].reshape(groups, size)
        step = max(1, size // 10)
        fewer, more = present.copy(), present.copy()
        for row in range(groups):
            on, off = np.flatnonzero(present[row]), np.flatnonzero(~present[row])
            fewer[row, on[: min(step, len(on) - 1)]] = False
            more[row, off[:step]] = True
        apart = float(more.sum() - fewer.sum())
        shape = (groups, *rest)
        masks = [self._network.whole(unit, mask.reshape(shape)) for mask in (fewer, more)]
        return {**here, unit.name: masks[0]}, {**here, unit.name: masks[1]}, apart


def _gate_groups(network: GatedNetwork) -> list[NDArray[np.int64]]:
    """Gates of one kind: those that stand at the same sites."""
    found: dict[frozenset[str], list[int]] = {}
    sites_of: dict[int, set[str]] = {gate: set() for gate in range(network.spaces.count)}
    for name, ids in network.spaces.sites.items():
        for gate in ids[ids != FIXED].tolist():
            sites_of[gate].add(name)
    for gate, sites in sites_of.items():
        found.setdefault(frozenset(sites), []).append(gate)
    return [np.array(members) for members in found.values()]


def _moved(
    gates: Mask, members: NDArray[np.int64], importance: NDArray[np.float64], rows: int
) -> tuple[Mask, Mask, float]:
    """The gates with `rows` of a group closed, with `rows` opened, and how many channels lie between."""
    on, off = members[gates[members]], members[~gates[members]]
    fewer, more = gates.copy(), gates.copy()
    closed = on[np.argsort(importance[on])][: min(rows, len(on) - 1)]
    opened = off[np.argsort(-importance[off])][:rows]
    fewer[closed], more[opened] = False, True
    return fewer, more, float(len(closed) + len(opened))


def _keep_one(gates: Mask, members: NDArray[np.int64], importance: NDArray[np.float64]) -> None:
    if not gates[members].any():
        gates[members[importance[members].argmax()]] = True
