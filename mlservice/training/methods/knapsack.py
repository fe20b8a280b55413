"""Channels by a knapsack of latencies (after Shen et al., "Structural Pruning via Latency-Saliency Knapsack", HALP, 2022).

Each group of channels is a row of tiles of `rows` channels, the most important first. A tile is worth the Taylor importance of its channels,
and costs what the whole network would cost more with it: a table of forecasts at tile steps around the network of the moment. A dynamic program
chooses how many tiles of each group the budget can pay for. Costs of groups multiply rather than add, so the network is cut in a few steps,
with the table made anew before each, and the program's capacity is searched for the one that meets the budget.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.pruning.channels import Channels, Widths, grains
from mlservice.pruning.liveness import Mask
from mlservice.pruning.trace import trace
from mlservice.training.methods.correction import settled
from mlservice.training.methods.criteria import Scores, by_gate, saliency
from mlservice.training.methods.method import Shape, Task
from mlservice.training.trainer import Trainer

_CAPACITY = 512
"""Units that costs are counted in."""


@dataclass(frozen=True)
class KnapsackOptions:
    """When the network is cut.

    Attributes:
        first_share: of the run that is done at the first cut.
        last_share: the same at the last; the others lie evenly between.
        cuts: how many. The budget falls by the same factor at each.
        memory: share of the running mean of importance that stays at each step.
    """

    first_share: float = 0.125
    last_share: float = 0.5
    cuts: int = 4
    memory: float = 0.98

    def __post_init__(self) -> None:
        if not 0 < self.first_share <= self.last_share < 1 or self.cuts < 1:
            raise InputError(
                f"{self.cuts} cuts between {self.first_share} and {self.last_share} of the run: give at least 1, and growing shares between"
                " 0 and 1"
            )

    def share(self, cut: int) -> float:
        """When a cut is due."""
        return self.first_share + (self.last_share - self.first_share) * (cut / (self.cuts - 1) if self.cuts > 1 else 1)


@dataclass
class LatencyKnapsack:
    """See the module, and `Shaper`."""

    task: Task
    options: KnapsackOptions = field(default_factory=KnapsackOptions)
    dense_cost: float = 0.0
    _channels: Channels | None = field(default=None, init=False)
    _cuts: list[Mask] = field(default_factory=list, init=False)
    _scores: Scores | None = field(default=None, init=False)
    _factor: float = field(default=1.0, init=False)
    _trained: fx.GraphModule | None = field(default=None, init=False)

    def begin(self, trainer: Trainer) -> None:
        """Refuse a budget below the least before anything is trained."""
        self._trace(trainer)
        self.dense_cost = self._of.cost_of(self._of.sizes)
        self._of.require(self.task.budget)
        self._watch(trainer, self.dense_cost)

    def after_backward(self, _: Trainer) -> None:
        """Gather importance while there are cuts to come."""
        if len(self._cuts) < self.options.cuts:
            now = by_gate(self._of, lambda unit: saliency(self._of, unit)) ** 2
            memory = self.options.memory
            self._scores = now if self._scores is None else memory * self._scores + (1 - memory) * now

    def after_step(self, trainer: Trainer) -> None:
        """Cut when it is time."""
        done = len(self._cuts)
        if done == self.options.cuts or trainer.share < self.options.share(done):
            return
        budget = self._budget(done + 1)
        if done + 1 < self.options.cuts:
            gates = self._chosen(budget)
        else:
            gates, self._factor = settled(
                self.task,
                self._chosen,
                lambda g: self._of.cost_of(self._of.widths(g)),
                lambda g: self._of.cut(g).module,
            )
        self._replace(trainer, gates)
        self._watch(trainer, budget)

    def result(self) -> fx.GraphModule:
        """See `Shaper`."""
        assert self._trained is not None, "begin() comes first"
        return self._trained.eval()

    def structures(self) -> list[Structure]:
        """See `Shaper`."""
        return [self._of.structure(self._of.all)]

    def predicted(self) -> float:
        """See `Shaper`."""
        return self._of.cost_of(self._of.sizes) * self._factor

    def state(self) -> dict[str, Any]:
        """See `Shaper`."""
        scores = None if self._scores is None else torch.from_numpy(self._scores)
        return {"cuts": [torch.from_numpy(gates) for gates in self._cuts], "scores": scores, "factor": self._factor}

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """See `Shaper`."""
        self._trace(trainer)
        self.dense_cost = self._of.cost_of(self._of.sizes)
        for gates in state["cuts"]:
            self._replace(trainer, gates.numpy())
        self._factor = state["factor"]
        self._scores = None if state["scores"] is None else state["scores"].numpy()

    @property
    def _of(self) -> Channels:
        assert self._channels is not None, "begin() comes first"
        return self._channels

    def _trace(self, trainer: Trainer) -> None:
        self._channels = Channels(trace(trainer.network, self.task.image_shape), self.task.cost)
        trainer.network = self._of.traced.module
        self._trained, self._scores = self._of.traced.module, None

    def _budget(self, cut: int) -> float:
        """Falls by the same factor at each cut, to the task's."""
        return float(self.dense_cost * (min(1.0, self.task.budget / self.dense_cost)) ** (cut / self.options.cuts))

    def _chosen(self, budget: float) -> Mask:
        assert self._scores is not None, "a cut follows a step"
        widths = knapsack(self._of, self._scores, budget, self.task.rows)
        return self._of.filled(self._of.best(widths, self._scores), np.argsort(-self._scores, kind="stable"), budget)

    def _replace(self, trainer: Trainer, gates: Mask) -> None:
        self._cuts.append(gates)
        small = self._of.cut(gates)
        trainer.replace(small.module, small.cuts)
        self._trace(trainer)

    def _watch(self, trainer: Trainer, budget: float) -> None:
        self.task.watch(
            Shape(trainer.share, budget, self._of.cost_of(self._of.sizes), 0.0, self._of.kept(self._of.all))
        )


def knapsack(channels: Channels, scores: Scores, budget: float, rows: int) -> Widths:
    """The widths in tiles of `rows` channels whose channels are the most important that the budget can pay for.

    Where one tile of each group is too dear, tiles are halved.

    Raises:
        InputError: the budget is below the least.
    """
    channels.require(budget)
    for tile in grains(rows):
        steps = [[min(size, tile * k) for k in range(1, -(-size // tile) + 1)] for size in channels.sizes]
        if channels.cost_of(tuple(step[0] for step in steps)) <= budget:
            break
    choices = _choices(_values(channels, scores, steps), _table(channels, steps))
    low, high = 0, _CAPACITY
    while low < high:  # the greatest capacity that the whole network's cost allows
        middle = (low + high + 1) // 2
        if channels.cost_of(_at(steps, choices, middle)) <= budget:
            low = middle
        else:
            high = middle - 1
    return _at(steps, choices, low)


def _values(channels: Channels, scores: Scores, steps: list[list[int]]) -> list[NDArray[np.float64]]:
    """By group, the importance of its best channels, at each step."""
    sums = [np.cumsum(np.sort(scores[group])[::-1]) for group in channels.groups]
    return [of_group[np.array(step) - 1] for of_group, step in zip(sums, steps, strict=True)]


def _table(channels: Channels, steps: list[list[int]]) -> list[NDArray[np.int64]]:
    """By group, what the present network costs at each of the group's steps more than at its first, in units of the capacity."""
    sizes = channels.sizes
    asked = [(*sizes[:k], width, *sizes[k + 1 :]) for k, step in enumerate(steps) for width in step]
    costs = iter(channels.costs(asked).tolist())
    extra = [np.array([next(costs) for _ in step]) for step in steps]
    extra = [np.maximum.accumulate(row - row[0]) for row in extra]
    whole = sum(float(row[-1]) for row in extra)
    return [np.ceil(row / max(whole, 1e-30) * (_CAPACITY - len(steps))).astype(np.int64) for row in extra]


def _choices(values: list[NDArray[np.float64]], costs: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """By capacity, the step of each group: `choices[capacity][group]`, by dynamic programming over groups."""
    best = np.zeros(_CAPACITY + 1)
    taken: list[NDArray[np.int64]] = []
    for value, cost in zip(values, costs, strict=True):
        options = np.full((len(value), _CAPACITY + 1), -np.inf)
        for step, (worth, price) in enumerate(zip(value, cost, strict=True)):
            options[step, price:] = best[: _CAPACITY + 1 - price] + worth
        taken.append(options.argmax(axis=0))
        best = options.max(axis=0)
    return [_back(taken, costs, capacity) for capacity in range(_CAPACITY + 1)]


def _back(taken: list[NDArray[np.int64]], costs: list[NDArray[np.int64]], capacity: int) -> NDArray[np.int64]:
    found = np.zeros(len(taken), np.int64)
    for group in reversed(range(len(taken))):
        found[group] = taken[group][capacity]
        capacity -= int(costs[group][found[group]])
    return found


def _at(steps: list[list[int]], choices: list[NDArray[np.int64]], capacity: int) -> Widths:
    return tuple(step[chosen] for step, chosen in zip(steps, choices[capacity].tolist(), strict=True))
