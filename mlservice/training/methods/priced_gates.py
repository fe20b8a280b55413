"""Priced gates: a network shapes its own structure during one training session, so that its predicted cost meets a budget.

1. Dense at first. Then the budget falls from the dense network's cost, and every few steps the channels that it cannot pay for are switched off.
   Channels that are off keep their weights and may return.
2. At the snap the channels that are off are cut away, with their statistics and momentum; filters form groups.
3. On the small network the budget falls on to the target, and weight vectors go in the same way. Then everything is settled, and the rest of the
   schedule trains what is left.

Channels go first, and only so far that vectors bring the rest (`vectors_share`): weighed against each other in one decision, importance to first
order keeps layers wide and takes nine of ten of their vectors, and such networks learn worse (docs/pruning.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import fx

from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.pruning.apply import Cut, apply
from mlservice.pruning.cost import Cost
from mlservice.pruning.decide import Decider, Decision
from mlservice.pruning.gates import GatedNetwork, Importance, choice_from, choice_state
from mlservice.pruning.liveness import Choice, find_live
from mlservice.pruning.search import refine
from mlservice.pruning.settle import settle
from mlservice.pruning.spaces import NO_GATES, Adds, find_spaces
from mlservice.pruning.trace import Kind, trace
from mlservice.training.methods.correction import settled
from mlservice.training.methods.method import Shape, Task
from mlservice.training.trainer import Trainer

_WINDOW = (0.985, 1.005)
"""Shares of the budget that a measurement shall lie between when the structure is settled. What trains on loses weight vectors whose weights come
to round to zero, up to 5 % of the latency in short runs; the budget is kept within 2 %."""


@dataclass(frozen=True)
class PricedGatesOptions:
    """When what happens, as shares of the run, and what may be switched.

    Attributes:
        budget: in the cost's unit.
        rows: filters of a group on the accelerator.
        adds: whether the sides of a residual add may keep different channels.
        channels: switch channels.
        vectors: switch weight vectors.
        warm_share: dense until then.
        snap_share: channels are cut then.
        settle_share: weight vectors are settled then.
        every: steps between decisions.
        vectors_share: of the cost that channels leave, what weight vectors leave of it: channels alone are switched until the snap, for a budget
            that is larger by its inverse, and weight vectors alone behind it.
        search: exchange channels by whole tiles when the channels are cut.
    """

    budget: float
    rows: int = 8
    adds: Adds = Adds.INDEXED
    channels: bool = True
    vectors: bool = True
    warm_share: float = 0.05
    snap_share: float = 0.25
    settle_share: float = 0.5
    every: int = 50
    vectors_share: float = 0.5
    search: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.warm_share < self.snap_share <= self.settle_share < 1:
            raise InputError(
                f"the dense phase ends at {self.warm_share}, the snap is at {self.snap_share}, settling at {self.settle_share}: give"
                " growing shares between 0 and 1"
            )
        if self.budget <= 0:
            raise InputError(f"the budget is {self.budget}: give a cost above 0")
        if not (self.channels or self.vectors):
            raise InputError("neither channels nor weight vectors may be switched: allow one of them")


@dataclass
class PricedGates:
    """Controls a trainer; see the module.

    Args:
        image_shape: channels, height, width.
        options: when and what.
        cost: what the budget bounds.
        price: by which parts are priced, where not by `cost`.
        watch: told every decision.
        measure: what a network really costs, in the cost's unit; asked once the structure is about to be settled, to correct the
            prediction. Without it the prediction stands.
    """

    image_shape: tuple[int, int, int]
    options: PricedGatesOptions
    cost: Cost
    price: Cost | None = None
    watch: Callable[[Shape], None] = lambda _: None
    measure: Callable[[fx.GraphModule], float] | None = None
    dense_cost: float = 0.0
    _network: GatedNetwork | None = field(default=None, init=False)
    _decider: Decider | None = field(default=None, init=False)
    _snapped: Choice | None = field(default=None, init=False)
    _grouped: bool = field(default=False, init=False)
    _settled: bool = field(default=False, init=False)
    _correction: float = field(default=1.0, init=False)

    def begin(self, trainer: Trainer) -> None:
        """Put gates into the trainer's network.

        Raises:
            NetworkError: the network has operations that cannot be pruned.
        """
        self._gate(trainer)
        self.dense_cost = self._decide_with.cost(self._gated.choice)
        trainer.network = self._gated.traced.module

    def after_backward(self, _: Trainer) -> None:
        """Gather importance while there is something to decide."""
        if not self._settled:
            self._gated.observe()
            self._gated.hold()

    def after_step(self, trainer: Trainer) -> None:
        """Decide every few steps; cut once, settle once."""
        options = self.options
        if self._snapped is None and trainer.share >= options.snap_share:
            if options.vectors:
                self._decide(trainer, self.budget_at(trainer.share), options.search and options.channels)
            else:
                self._settle(trainer)  # behind the cut nothing is left to choose
            self._snap(trainer)
        elif not self._settled and trainer.share >= options.settle_share:
            self._settle(trainer)
        elif not self._settled and trainer.share >= options.warm_share and trainer.step % options.every == 0:
            self._decide(trainer, self.budget_at(trainer.share))

    def result(self) -> fx.GraphModule:
        """The network as it leaves: cut, without masks, in evaluation mode."""
        return settle(self._gated)

    def state(self) -> dict[str, Any]:
        """See `Shaper`."""
        return {
            "dense_cost": self.dense_cost,
            "correction": self._correction,
            "grouped": self._grouped,
            "settled": self._settled,
            "snapped": None if self._snapped is None else choice_state(self._snapped),
            "gated": self._gated.state(),
        }

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """See `Shaper`."""
        self._gate(trainer)
        trainer.network = self._gated.traced.module
        if state["snapped"] is not None:
            self._cut_down(trainer, choice_from(state["snapped"]))
        self._gated.restore(state["gated"])
        self.dense_cost, self._correction = state["dense_cost"], state["correction"]
        self._grouped, self._settled = state["grouped"], state["settled"]

    def structures(self) -> list[Structure]:
        """Of the present choice: a list of one, as costs take it."""
        return self._decide_with.structures([self._gated.choice])

    def predicted(self) -> float:
        """Cost of the present choice as the predictor has it, corrected by what was measured."""
        return self._decide_with.cost(self._gated.choice) * self._correction

    def budget_at(self, share: float) -> float:
        """Falls along a cubic to what the stage shall reach, which it has shortly before the stage ends (Zhu and Gupta 2017)."""
        o = self.options
        if not o.channels:
            return _falling(self.dense_cost, o.budget, share, o.warm_share, o.settle_share)
        if not o.vectors:
            return _falling(self.dense_cost, o.budget, share, o.warm_share, o.snap_share)
        between = min(self.dense_cost, o.budget / o.vectors_share)
        if self._snapped is None:
            return _falling(self.dense_cost, between, share, o.warm_share, o.snap_share)
        return _falling(between, o.budget, share, o.snap_share, o.settle_share)

    @property
    def _gated(self) -> GatedNetwork:
        assert self._network is not None, "begin() comes first"
        return self._network

    @property
    def _decide_with(self) -> Decider:
        assert self._decider is not None, "begin() comes first"
        return self._decider

    def _gate(self, trainer: Trainer) -> None:
        traced = trace(trainer.network, self.image_shape)
        spaces = NO_GATES if self._snapped is not None else find_spaces(traced, self.options.adds)
        self._network = GatedNetwork(traced, spaces, self.options.rows if self.options.vectors else None)
        self._decider = Decider(self._network, self.cost, self.price, self.options.rows)

    def _decide(self, trainer: Trainer, budget: float, search: bool = False) -> None:
        if self.options.vectors and not self._grouped:
            self._gated.regroup()
            self._grouped = True
        importance = self._gated.importance()
        if not self.options.channels:
            importance = Importance(np.full_like(importance.gates, np.inf), importance.vectors)
        elif self._snapped is None:
            importance = Importance(
                importance.gates, {name: np.full_like(v, np.inf) for name, v in importance.vectors.items()}
            )
        decision = self._decide_with.decide(importance, budget)
        if search:
            decision = refine(self._decide_with, importance, decision, budget, fill=not self.options.vectors)
        self._gated.set(decision.choice)
        self.watch(self._shape(trainer, budget, decision))

    def _settle(self, trainer: Trainer) -> None:
        """The last decision, made anew with the prediction corrected until what is measured keeps the budget."""
        search = self.options.search and self._snapped is None
        task = Task(self.image_shape, self.options.budget, self.cost, measure=self.measure)

        def choose(budget: float) -> Choice:
            self._decide(trainer, budget, search)
            return self._gated.choice

        def build(_: Choice) -> fx.GraphModule:
            return settle(self._gated)

        choice, self._correction = settled(task, choose, self._decide_with.cost, build, _WINDOW)
        self._gated.set(choice)
        self._settled = True

    def _snap(self, trainer: Trainer) -> None:
        large, choice = self._gated, self._gated.choice
        cuts = self._cut_down(trainer, choice)
        if self.options.vectors:
            self._gated.inherit(large, cuts)
            self._decide(trainer, self.budget_at(trainer.share))

    def _cut_down(self, trainer: Trainer, choice: Choice) -> Mapping[str, Cut]:
        """Go on with the small network, with gates of its own."""
        small = apply(self._gated.traced, self._gated.spaces, choice)
        trainer.replace(small.module, small.cuts)
        self._snapped = choice
        self._gate(trainer)
        trainer.network = self._gated.traced.module
        return small.cuts

    def _shape(self, trainer: Trainer, budget: float, decision: Decision) -> Shape:
        gated = self._gated
        live = find_live(gated.traced, gated.spaces, decision.choice)
        kept = {}
        for unit in gated.traced.of_kind(Kind.CONV):
            here = live.kept[unit.name]
            vectors = decision.choice.vectors.get(unit.name)
            share = (
                1.0 if vectors is None or not here.any() else float(vectors[np.ix_(here, live.reads[unit.name])].mean())
            )
            kept[str(unit.module)] = (int(here.sum()), share)
        return Shape(trainer.share, budget, decision.cost, decision.multiplier, kept)


def _falling(high: float, low: float, share: float, start: float, end: float) -> float:
    done = min(1.0, max(0.0, (share - start) / (0.9 * (end - start))))
    return low + max(0.0, high - low) * (1 - done) ** 3
