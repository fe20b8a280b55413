"""Networks that are narrow from the start: widths are chosen before the first step, and trained from fresh weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from torch import fx, nn

from contracts.structure import Structure
from mlservice.pruning.channels import ENOUGH, Channels, Widths, grains, scaled, widest
from mlservice.pruning.trace import trace
from mlservice.training.methods.correction import settled
from mlservice.training.methods.method import Shape, Task
from mlservice.training.trainer import Trainer

_DRAWS: Final = 100
"""Of random widths at each grain."""

Chooser = Callable[[Channels, Task, float], Widths]
"""Widths that a budget can pay for."""


@dataclass
class Scratch:
    """Trains a narrow network from its first step on; see `Shaper`.

    Args:
        task: what to reach.
        choose: the widths; all channels stay where absent, whatever the budget.
    """

    task: Task
    choose: Chooser | None = None
    dense_cost: float = 0.0
    _channels: Channels | None = field(default=None, init=False)
    _widths: Widths = field(default=(), init=False)
    _factor: float = field(default=1.0, init=False)
    _trained: nn.Module | None = field(default=None, init=False)

    def begin(self, trainer: Trainer) -> None:
        """Choose widths and replace the trainer's network by one that has them."""
        channels = self._traced(trainer)
        choose = self.choose
        if choose is None:
            widths, factor = channels.sizes, 1.0
        else:
            widths, factor = settled(
                self.task,
                lambda budget: choose(channels, self.task, budget),
                channels.cost_of,
                lambda widths: channels.cut(channels.best(widths)).module,
            )
        self._start(trainer, channels, widths, factor)
        cost = channels.cost_of(widths)
        self.task.watch(Shape(0.0, self.task.budget, cost, 0.0, channels.kept(channels.best(widths))))

    def after_backward(self, _: Trainer) -> None:
        """Nothing changes during the training."""

    def after_step(self, _: Trainer) -> None:
        """Nothing changes during the training."""

    def result(self) -> fx.GraphModule:
        """See `Shaper`."""
        assert isinstance(self._trained, fx.GraphModule), "begin() comes first"
        return self._trained.eval()

    def structures(self) -> list[Structure]:
        """See `Shaper`."""
        return [self._of.structure(self._of.best(self._widths))]

    def predicted(self) -> float:
        """See `Shaper`."""
        return self._of.cost_of(self._widths) * self._factor

    def state(self) -> dict[str, Any]:
        """See `Shaper`."""
        return {"widths": list(self._widths), "factor": self._factor}

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """See `Shaper`."""
        channels = self._traced(trainer)
        self._start(trainer, channels, tuple(state["widths"]), state["factor"])

    @property
    def _of(self) -> Channels:
        assert self._channels is not None, "begin() comes first"
        return self._channels

    def _traced(self, trainer: Trainer) -> Channels:
        channels = Channels(trace(trainer.network, self.task.image_shape), self.task.cost)
        self.dense_cost = channels.cost_of(channels.sizes)
        return channels

    def _start(self, trainer: Trainer, channels: Channels, widths: Widths, factor: float) -> None:
        self._channels, self._widths, self._factor = channels, widths, factor
        small = channels.cut(channels.best(widths))
        if widths != channels.sizes:
            renew(small.module, self.task.seed)
        trainer.replace(small.module, small.cuts)
        self._trained = trainer.network


def renew(module: nn.Module, seed: int) -> None:
    """Fresh weights and statistics, as torch initialises them, from a seed; the generator of others is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for each in module.modules():
            if isinstance(each, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                each.reset_parameters()


def uniform_aligned(channels: Channels, task: Task, budget: float) -> Widths:
    """The same share of every group, in multiples of the accelerator's rows.

    The greatest share that the budget can pay for; what is left of the budget widens the groups that are narrowest for their size, by a
    tile at a time and then by parts of one. Where not even one tile of each fits, widths are multiples of parts of a tile.

    Raises:
        InputError: the budget is below the least.
    """
    found, coarsest = uniform(channels, task.rows, budget)
    for grain in grains(coarsest)[1:]:
        found = _widened(channels, found, grain, budget)
    return found


def uniform(channels: Channels, rows: int, budget: float) -> tuple[Widths, int]:
    """The same share of every group, in multiples of `rows`, or of the greatest part of it that fits; and that part.

    What is left of the budget widens the groups that are narrowest for their size, by such multiples.

    Raises:
        InputError: the budget is below the least.
    """
    channels.require(budget)
    for grain in grains(rows):
        found = widest(channels, lambda share, grain=grain: _uniform(channels, share, grain), budget)  # type: ignore[misc]
        if found is not None:
            return _widened(channels, found, grain, budget), grain
    raise AssertionError("one channel of each group fits")


def random_aligned(channels: Channels, task: Task, budget: float) -> Widths:
    """Random shares of the groups, in multiples of the accelerator's rows, at the budget's cost.

    Shares are drawn until some multiple of them costs almost the budget; after a hundred draws, multiples of half as many channels are
    allowed.

    Raises:
        InputError: the budget is below the least.
    """
    channels.require(budget)
    random = np.random.default_rng(task.seed)
    best = (1,) * len(channels.groups)
    for grain in grains(task.rows):
        for _ in range(_DRAWS):
            shares = random.uniform(0.1, 1.0, len(channels.groups))
            found = widest(channels, lambda m, g=grain, s=shares: scaled(channels.sizes, 10 * m * s, g), budget)  # type: ignore[misc]
            if found is not None and channels.cost_of(found) > channels.cost_of(best):
                best = found
            if channels.cost_of(best) >= ENOUGH * budget:
                return best
    return best


def _uniform(channels: Channels, share: float, grain: int) -> Widths:
    return scaled(channels.sizes, [share] * len(channels.sizes), grain)


def _widened(channels: Channels, widths: Widths, grain: int, budget: float) -> Widths:
    """One group after the other by one grain, the narrowest for its size first, while the budget can pay for it."""
    while channels.cost_of(widths) < ENOUGH * budget:
        wider = [
            (*widths[:k], min(size, widths[k] + grain), *widths[k + 1 :])
            for k, size in sorted(enumerate(channels.sizes), key=lambda each: widths[each[0]] / each[1])
            if widths[k] < size
        ]
        fitting = [each for each, cost in zip(wider, channels.costs(wider), strict=True) if cost <= budget]
        if not fitting:
            break
        widths = fitting[0]
    return widths
