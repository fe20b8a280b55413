"""Which parts a budget can pay for: each part has a value and a price, and one multiplier weighs them against each other.

A part's value is its share of the importance that its layer keeps. Summed up so, step by step, the product over layers of what they keep of their
importance becomes as great as the budget allows: where all parts are alike, layers that can be cut are left with the same cost each, and cheap
layers keep everything. Importance itself, summed over layers, would strangle those inside of blocks for those next to the output.

The price of a part is a secant over one hardware tile, not a derivative: what the whole network would cost with `rows` more channels less what it
costs with `rows` fewer, so that a producer's filters and every consumer's inputs are both charged, and the stairs of the cost are averaged.
A part stays where its value exceeds multiplier x price; the multiplier is found by bisection so that the cost meets the budget. Prices hold
near the structure that they were taken at: a decision goes no farther than a tile of each layer, and takes prices anew where it must.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.pruning.cost import Cost
from mlservice.pruning.describe import pruning_of, structure_of
from mlservice.pruning.gates import GatedNetwork, Importance
from mlservice.pruning.liveness import Choice, Mask, find_alive, find_live
from mlservice.pruning.trace import Unit

_TRIES: Final = 24
_MOST_STEPS: Final = 40
STAYS: Final = 1
AWAY: Final = -1


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
    """A choice, the multiplier that made it (value per unit of cost), and its predicted cost."""

    choice: Choice
    multiplier: float
    cost: float


@dataclass(frozen=True)
class _Region:
    """What a step may change: `STAYS`, `AWAY`, or 0 where the multiplier decides; shapes as in `Importance`."""

    gates: NDArray[np.int8]
    vectors: Mapping[str, NDArray[np.int8]]


class Decider:
    """Chooses what stays of a gated network.

    Args:
        network: to choose for.
        cost: that the budget bounds.
        price: by which parts are priced; `cost` itself where absent. With another one (MACs, say) the order of parts follows the other
            one's prices, and the budget still bounds `cost`.

    Attributes:
        rows: filters of a group on the accelerator.
        groups: gates of one kind each, by number.
    """

    def __init__(self, network: GatedNetwork, cost: Cost, price: Cost | None = None, rows: int = 8) -> None:
        self._network = network
        self._cost = cost
        self._price = price or cost
        self.rows = rows
        self.groups = network.spaces.groups()
        self._prices: Prices | None = None
        self._region: _Region | None = None

    def structures(self, choices: Sequence[Choice]) -> list[Structure]:
        """What is left under each choice."""
        return [self._structure(choice) for choice in choices]

    def cost(self, choice: Choice) -> float:
        """Of what is left."""
        return float(self.costs([choice])[0])

    def costs(self, choices: Sequence[Choice]) -> NDArray[np.float64]:
        """Of what is left under each choice, in one call."""
        return self._cost.of(self.structures(choices))

    def decide(self, importance: Importance, budget: float) -> Decision:
        """The choice of greatest value that the budget can pay for, as far as prices reach: a few steps where it lies farther away.

        Args:
            importance: of all parts.
            budget: in the cost's unit.

        Raises:
            InputError: not even the least network fits.
        """
        here = self._network.choice
        for least in (max(1, self.rows // 2), 1):
            for _ in range(_MOST_STEPS):
                found = self._step(importance, here, least, budget)
                if found.cost <= budget:
                    return found
                if _equal(found.choice, here):
                    break
                here = found.choice
        unit = self._cost.unit
        raise InputError(
            f"a budget of {budget:.4g} {unit} is below the least that is reachable, {found.cost:.4g} {unit}: give at least that"
        )

    def _step(self, importance: Importance, here: Choice, least: int, budget: float) -> Decision:
        """The best choice near `here` that fits, or the cheapest one."""
        importance = self._values(importance, here)
        self._prices = prices = self.prices(importance, here)
        self._region = self._near(importance, here, least)
        whole = self._choose(importance, 0.0)
        paid = self.cost(whole)
        if paid <= budget:
            return Decision(whole, 0.0, paid)
        low, high = 0.0, _highest(importance, prices)
        chosen = self._choose(importance, high)
        paid = self.cost(chosen)
        for _ in range(_TRIES if paid <= budget else 0):
            middle = np.sqrt(low * high) if low > 0 else high / 64
            tried = self._choose(importance, middle)
            cost = self.cost(tried)
            if cost <= budget:
                high, chosen, paid = middle, tried, cost
                if cost >= 0.995 * budget:
                    break
            else:
                low = middle
        return Decision(chosen, float(high), paid)

    def _values(self, importance: Importance, here: Choice) -> Importance:
        """Each part's importance as a share of what its group of gates, or its convolution, keeps."""
        gates = importance.gates.copy()
        for members in self.groups:
            gates[members] = _shares(gates[members], here.gates[members])
        vectors = {}
        for unit in self._network.convolutions:
            scores = importance.vectors[unit.name]
            vectors[unit.name] = _shares(scores.ravel(), self._present(unit, here).ravel()).reshape(scores.shape)
        return Importance(gates, vectors)

    def prices(self, importance: Importance, here: Choice) -> Prices:
        """Secants around a choice."""
        pairs: list[tuple[Choice, Choice]] = []
        widths: list[float] = []
        for members in self.groups:
            fewer, more, apart = _moved(here.gates, members, importance.gates, self.rows)
            pairs.append((Choice(fewer, here.vectors), Choice(more, here.vectors)))
            widths.append(apart)
        for unit in self._network.convolutions:
            fewer_vectors, more_vectors, apart = self._moved_vectors(unit, here)
            pairs.append((Choice(here.gates, fewer_vectors), Choice(here.gates, more_vectors)))
            widths.append(apart)
        moved = [self._readable(choice) for pair in pairs for choice in pair]
        costs = self._price.of(self.structures(moved)).reshape(-1, 2)
        secants = np.maximum(costs[:, 1] - costs[:, 0], 1e-9 * costs.max()) / np.maximum(widths, 1e-9)
        gates = np.zeros(self._network.spaces.count)
        for members, secant in zip(self.groups, secants, strict=False):
            gates[members] = secant
        vectors = secants[len(self.groups) :]
        return Prices(gates, {u.name: float(v) for u, v in zip(self._network.convolutions, vectors, strict=True)})

    def _near(self, importance: Importance, here: Choice, least: int) -> _Region:
        """What prices around `here` can speak of: a tile more or less in each group of gates, a quarter of a convolution's vectors."""
        gates = np.zeros(self._network.spaces.count, np.int8)
        for members in self.groups:
            most = min(self.rows, max(1, int(here.gates[members].sum()) // 4))
            gates[members] = _bounded(importance.gates[members], here.gates[members], most, least)
        vectors = {}
        for unit in self._network.convolutions:
            present = self._present(unit, here)
            most = max(len(present), int(present.sum()) // 4)
            vectors[unit.name] = _bounded(importance.vectors[unit.name].ravel(), present.ravel(), most, 0).reshape(
                present.shape
            )
        return _Region(gates, vectors)

    def _present(self, unit: Unit, here: Choice) -> Mask:
        """Weight vectors by filter group."""
        if unit.name not in here.vectors:
            return np.ones(self._network.grouped(unit), bool)
        return self._network.by_group(unit, here.vectors[unit.name])

    def _readable(self, choice: Choice) -> Choice:
        """With a vector for filters whose own ones all read channels that the choice closed."""
        alive = find_alive(self._network.traced, self._network.spaces, choice)
        vectors = {}
        for unit in self._network.convolutions:
            if unit.name not in choice.vectors:
                continue
            there = alive[unit.sources[0]]
            mask = choice.vectors[unit.name]
            blind = ~mask[:, there].reshape(len(mask), -1).any(axis=1)
            if blind.any() and there.any():
                mask = mask.copy()
                mask[blind, np.flatnonzero(there)[0], 0, 0] = True
            vectors[unit.name] = mask
        return Choice(choice.gates, vectors)

    def _structure(self, choice: Choice) -> Structure:
        live = find_live(self._network.traced, self._network.spaces, choice)
        pruned = {
            name: pruning_of(mask, live.kept[name], live.reads[name], self.rows)
            for name, mask in choice.vectors.items()
        }
        return structure_of(self._network.traced, live, {k: v for k, v in pruned.items() if v is not None})

    def _choose(self, importance: Importance, multiplier: float) -> Choice:
        assert self._prices is not None
        assert self._region is not None
        gates = _within(importance.gates >= multiplier * self._prices.gates, self._region.gates)
        alive = find_alive(self._network.traced, self._network.spaces, Choice(gates, {}))
        vectors = {}
        for unit in self._network.convolutions:
            there = alive[unit.sources[0]][None, :, None, None]
            scores = importance.vectors[unit.name]
            kept = (
                _within(scores >= multiplier * self._prices.vectors[unit.name], self._region.vectors[unit.name]) & there
            )
            best = np.where(there, scores, -1.0).reshape(len(scores), -1).argmax(1)
            kept.reshape(len(kept), -1)[np.arange(len(kept)), best] = True
            vectors[unit.name] = self._network.whole(unit, kept)
        return Choice(gates, vectors)

    def _moved_vectors(self, unit: Unit, here: Choice) -> tuple[Mapping[str, Mask], Mapping[str, Mask], float]:
        """A tenth of a convolution's weight vectors less and more, spread evenly; and how many groups x vectors lie between."""
        shape = self._network.grouped(unit)
        present = self._present(unit, here).reshape(shape[0], -1)
        step = max(1, present.shape[1] // 10)
        fewer, more = present.copy(), present.copy()
        for row in range(len(present)):
            on, off = np.flatnonzero(present[row]), np.flatnonzero(~present[row])
            fewer[row, on[: min(step, len(on) - 1)]] = False
            more[row, off[:step]] = True
        apart = float(more.sum() - fewer.sum())
        masks = [self._network.whole(unit, mask.reshape(shape)) for mask in (fewer, more)]
        return {**here.vectors, unit.name: masks[0]}, {**here.vectors, unit.name: masks[1]}, apart


def _highest(importance: Importance, prices: Prices) -> float:
    ratios = [importance.gates / np.maximum(prices.gates, 1e-30)]
    ratios += [importance.vectors[name].ravel() / price for name, price in prices.vectors.items()]
    return 2 * max(float(ratio.max(initial=0.0)) for ratio in ratios) + 1e-30


def _shares(importance: NDArray[np.float64], on: Mask) -> NDArray[np.float64]:
    """Of the sum of those that are on."""
    return importance / max(float(importance[on].sum()), 1e-300)


def _bounded(importance: NDArray[np.float64], on: Mask, most: int, least: int) -> NDArray[np.int8]:
    """`STAYS` for all that is on but the `most` least important, `least` of them at any rate; `AWAY` for all that is off but the `most` best."""
    found = np.zeros(len(on), np.int8)
    there, gone = np.flatnonzero(on), np.flatnonzero(~on)
    there, gone = _best_first(there, importance), _best_first(gone, importance)
    found[there[: max(len(there) - most, least)]] = STAYS
    found[gone[most:]] = AWAY
    return found


def _best_first(ids: NDArray[np.int64], importance: NDArray[np.float64]) -> NDArray[np.int64]:
    return ids[np.argsort(-importance[ids], kind="stable")]


def _within(wanted: Mask, bounds: NDArray[np.int8]) -> Mask:
    return np.asarray((wanted | (bounds == STAYS)) & (bounds != AWAY))


def _equal(one: Choice, other: Choice) -> bool:
    same = one.vectors.keys() == other.vectors.keys() and np.array_equal(one.gates, other.gates)
    return same and all(np.array_equal(mask, other.vectors[name]) for name, mask in one.vectors.items())


def _moved(
    gates: Mask, members: NDArray[np.int64], importance: NDArray[np.float64], rows: int
) -> tuple[Mask, Mask, float]:
    """The gates with `rows` of a group closed, with `rows` opened, and how many channels lie between."""
    on, off = members[gates[members]], members[~gates[members]]
    fewer, more = gates.copy(), gates.copy()
    closed = _best_first(on, importance)[::-1][: min(rows, len(on) - 1)]
    opened = _best_first(off, importance)[:rows]
    fewer[closed], more[opened] = False, True
    return fewer, more, float(len(closed) + len(opened))
