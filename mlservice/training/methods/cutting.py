"""Train, cut once by an order of channels, and train what is left for the rest of the schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx

from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.pruning.channels import Channels
from mlservice.pruning.liveness import Mask
from mlservice.pruning.trace import trace
from mlservice.training.methods.correction import settled
from mlservice.training.methods.criteria import Criterion
from mlservice.training.methods.method import Shape, Task
from mlservice.training.trainer import Trainer


@dataclass
class CutOnce:
    """Cuts a network by a criterion's order; see `Shaper`.

    Args:
        task: what to reach.
        criterion: which channels go first.
        cut_share: of the run that is done at the cut.
    """

    task: Task
    criterion: Criterion
    cut_share: float = 0.5
    dense_cost: float = 0.0
    _channels: Channels | None = field(default=None, init=False)
    _gates: Mask | None = field(default=None, init=False)
    _factor: float = field(default=1.0, init=False)
    _small: fx.GraphModule | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if not 0 < self.cut_share < 1:
            raise InputError(f"the cut is at {self.cut_share} of the run: give a share between 0 and 1")

    def begin(self, trainer: Trainer) -> None:
        """Refuse a budget below the least before anything is trained."""
        self._trace(trainer)
        self._of.require(self.task.budget)
        self._watch(trainer)

    def after_backward(self, _: Trainer) -> None:
        """See `Criterion`."""
        if self._small is None:
            self.criterion.after_backward(self._of)

    def after_step(self, trainer: Trainer) -> None:
        """Prepare, and cut when it is time."""
        if self._small is not None:
            return
        self.criterion.after_step(self._of, trainer, trainer.share / self.cut_share)
        if trainer.share >= self.cut_share:
            self._cut(trainer)

    def result(self) -> fx.GraphModule:
        """See `Shaper`."""
        assert self._small is not None, "a run reaches the cut"
        return self._small.eval()

    def structures(self) -> list[Structure]:
        """See `Shaper`."""
        return [self._of.structure(self._present)]

    def predicted(self) -> float:
        """See `Shaper`."""
        return self._of.cost_of(self._of.widths(self._present)) * self._factor

    def state(self) -> dict[str, Any]:
        """See `Shaper`."""
        gates = None if self._gates is None else torch.from_numpy(self._gates)
        return {"gates": gates, "factor": self._factor, "criterion": self.criterion.state()}

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """See `Shaper`."""
        self._trace(trainer)
        self.criterion.restore(state["criterion"])
        self._factor = state["factor"]
        if state["gates"] is not None:
            self._replace(trainer, state["gates"].numpy())

    @property
    def _of(self) -> Channels:
        assert self._channels is not None, "begin() comes first"
        return self._channels

    @property
    def _present(self) -> Mask:
        return self._of.all if self._gates is None else self._gates

    def _trace(self, trainer: Trainer) -> None:
        self._channels = Channels(trace(trainer.network, self.task.image_shape), self.task.cost)
        self.dense_cost = self._of.cost_of(self._of.sizes)
        trainer.network = self._of.traced.module

    def _cut(self, trainer: Trainer) -> None:
        order = self.criterion.order(self._of)
        gates, self._factor = settled(
            self.task,
            lambda budget: self._of.in_order(order, budget),
            lambda gates: self._of.cost_of(self._of.widths(gates)),
            lambda gates: self._of.cut(gates).module,
        )
        self._replace(trainer, gates)
        self._watch(trainer)

    def _replace(self, trainer: Trainer, gates: Mask) -> None:
        small = self._of.cut(gates)
        trainer.replace(small.module, small.cuts)
        self._gates, self._small = gates, small.module

    def _watch(self, trainer: Trainer) -> None:
        cost = self._of.cost_of(self._of.widths(self._present))
        self.task.watch(Shape(trainer.share, self.task.budget, cost, 0.0, self._of.kept(self._present)))
