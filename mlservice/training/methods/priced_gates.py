"""Priced gates: a network shapes its own structure during one training session, so that its predicted cost meets a budget.

1. Before the first step: how many channels each layer gets. Fresh channels of a layer are alike, so nothing is lost by choosing at once: the same share of
   every layer, in whole hardware tiles, for a budget between the dense network's cost and the target (`channels_part`).
2. Filters that come to use the same weight vectors form groups, once the training has begun to tell them apart.
3. The budget falls on to the target, and every few steps the weight vectors that it cannot pay for are switched off; they keep their weights and may
   return.
4. The structure is simulated, settled, and the rest of the schedule trains what is left.

Channels that train first and are cut later leave a network that learns worse than one that was narrow from the start (docs/pruning.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import fx

from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.pruning.apply import apply
from mlservice.pruning.channels import Channels
from mlservice.pruning.cost import Cost
from mlservice.pruning.decide import Decider, Decision
from mlservice.pruning.gates import GatedNetwork, choice_from, choice_state
from mlservice.pruning.liveness import Choice, find_live
from mlservice.pruning.search import refine
from mlservice.pruning.settle import settle
from mlservice.pruning.spaces import NO_GATES, Adds, find_spaces
from mlservice.pruning.trace import Kind, trace
from mlservice.training.methods.correction import settled
from mlservice.training.methods.method import Shape, Task
from mlservice.training.methods.scratch import uniform
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
        channels: cut channels.
        vectors: switch weight vectors.
        uniform: the same share of every layer's channels; else as many of each as the decision by price, and a search over tiles, say.
        whole_tiles: uniform widths are multiples of `rows`.
        adds: whether the sides of a residual add may keep different channels, where widths are not uniform.
        channels_part: of what is to be saved, what channels save, as an exponent: 0.5 lets channels and weight vectors save the same factor,
            half of the cost each for a quarter of it.
        warm_share: of the run; all weight vectors stay until then.
        settle_share: weight vectors are settled then.
        every: steps between decisions.
    """

    budget: float
    rows: int = 8
    channels: bool = True
    vectors: bool = True
    uniform: bool = True
    whole_tiles: bool = True
    adds: Adds = Adds.INDEXED
    channels_part: float = 0.5
    warm_share: float = 0.05
    settle_share: float = 0.5
    every: int = 50

    def __post_init__(self) -> None:
        if not 0 < self.warm_share < self.settle_share < 1:
            raise InputError(
                f"weight vectors go from {self.warm_share} of the run on and are settled at {self.settle_share}: give growing shares"
                " between 0 and 1"
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
    _widths: Choice | None = field(default=None, init=False)
    _grouped: bool = field(default=False, init=False)
    _settled: bool = field(default=False, init=False)
    _correction: float = field(default=1.0, init=False)

    def begin(self, trainer: Trainer) -> None:
        """Choose the channels, cut to them, and put gates for weight vectors into the trainer's network.

        Raises:
            InputError: the budget is below the least that is reachable.
            NetworkError: the network has operations that cannot be pruned.
        """
        options = self.options
        self._gate(trainer)
        self.dense_cost = self._decide_with.cost(self._gated.choice)
        if options.channels and options.vectors:
            self._choose_widths(trainer, self._start)
        elif options.channels:
            self._settle(trainer, self._choose_widths)
        self._cut_down(trainer, self._gated.choice)

    def after_backward(self, _: Trainer) -> None:
        """Hold what is off while it may return."""
        if not self._settled:
            self._gated.hold()

    def after_step(self, trainer: Trainer) -> None:
        """Decide every few steps; settle once."""
        options = self.options
        if self._settled or trainer.share < options.warm_share:
            return
        if trainer.share >= options.settle_share:
            self._settle(trainer, self._choose_vectors)
        elif trainer.step % options.every == 0:
            self._choose_vectors(trainer, self.budget_at(trainer.share))

    def result(self) -> fx.GraphModule:
        """The network as it leaves: cut, without masks, in evaluation mode."""
        return settle(self._gated)

    def state(self) -> dict[str, Any]:
        """See `Shaper`."""
        assert self._widths is not None, "begin() comes first"
        return {
            "dense_cost": self.dense_cost,
            "correction": self._correction,
            "grouped": self._grouped,
            "settled": self._settled,
            "widths": choice_state(self._widths),
            "gated": self._gated.state(),
        }

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """See `Shaper`."""
        self._gate(trainer)
        self._cut_down(trainer, choice_from(state["widths"]))
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
        """Falls along a cubic from what the channels cost to the target, which it has shortly before the structure is settled (Zhu and Gupta 2017)."""
        o = self.options
        done = min(1.0, (share - o.warm_share) / (0.9 * (o.settle_share - o.warm_share)))
        return o.budget + (self._start - o.budget) * (1 - max(0.0, done)) ** 3

    @property
    def _start(self) -> float:
        """What channels may cost before weight vectors go."""
        part = self.options.channels_part if self.options.channels else 0.0
        return self.dense_cost * min(1.0, self.options.budget / self.dense_cost) ** part  # type: ignore[no-any-return]  # a power is anything to mypy

    @property
    def _gated(self) -> GatedNetwork:
        assert self._network is not None, "begin() comes first"
        return self._network

    @property
    def _decide_with(self) -> Decider:
        assert self._decider is not None, "begin() comes first"
        return self._decider

    def _gate(self, trainer: Trainer) -> None:
        """Gates for channels before the cut, for weight vectors behind it."""
        options, traced = self.options, trace(trainer.network, self.image_shape)
        if self._widths is None:
            adds = Adds.SHARED if options.uniform else options.adds
            self._network = GatedNetwork(traced, find_spaces(traced, adds), None)
        else:
            self._network = GatedNetwork(traced, NO_GATES, options.rows if options.vectors else None)
        self._decider = Decider(self._network, self.cost, self.price, self.options.rows)
        trainer.network = traced.module

    def _choose_widths(self, trainer: Trainer, budget: float) -> None:
        options, decider = self.options, self._decide_with
        if options.uniform:
            channels = Channels(self._gated.traced, self.cost)
            widths, _ = uniform(channels, options.rows if options.whole_tiles else 1, budget)
            decision = Decision(Choice(channels.best(widths), {}), 0.0, channels.cost_of(widths))
        else:
            importance = self._gated.importance()
            decision = decider.decide(importance, budget)
            decision = refine(decider, importance, decision, budget, fill=not options.vectors)
        self._gated.set(decision.choice)
        self.watch(self._shape(trainer, budget, decision))

    def _choose_vectors(self, trainer: Trainer, budget: float) -> None:
        if not self._grouped:
            self._gated.regroup()
            self._grouped = True
        decision = self._decide_with.decide(self._gated.importance(), budget)
        self._gated.set(decision.choice)
        self.watch(self._shape(trainer, budget, decision))

    def _settle(self, trainer: Trainer, decide: Callable[[Trainer, float], None]) -> None:
        """The last decision, made anew with the prediction corrected until what is measured keeps the budget."""
        task = Task(self.image_shape, self.options.budget, self.cost, measure=self.measure)

        def choose(budget: float) -> Choice:
            decide(trainer, budget)
            return self._gated.choice

        def build(_: Choice) -> fx.GraphModule:
            return settle(self._gated)

        choice, self._correction = settled(task, choose, self._decide_with.cost, build, _WINDOW)
        self._gated.set(choice)
        self._settled = True

    def _cut_down(self, trainer: Trainer, choice: Choice) -> None:
        """Go on with the network of these channels, with gates for its weight vectors."""
        small = apply(self._gated.traced, self._gated.spaces, choice)
        trainer.replace(small.module, small.cuts)
        self._widths = choice
        self._gate(trainer)

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
