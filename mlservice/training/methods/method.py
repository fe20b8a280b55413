"""What all ways to meet a budget have in common: each is a controller of one training session that ends with a smaller network.

All share the session: the same epochs, schedule, order of images and seed. What a method adds stands in its controller alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import fx

from contracts.structure import Structure
from mlservice.pruning.cost import Cost
from mlservice.training.trainer import Trainer


@dataclass(frozen=True)
class Shape:
    """The network at one step, for those who watch.

    Attributes:
        share: of the run.
        budget: at this step; cost: predicted, in the same unit.
        multiplier: importance that a unit of cost must bring; 0 where the method has none.
        kept: by convolution, filters that are left, and share of their weight vectors.
        predicted: both metrics of `mlservice.pruning.metrics`; a session adds them.
    """

    share: float
    budget: float
    cost: float
    multiplier: float
    kept: Mapping[str, tuple[int, float]]
    predicted: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What a method is to reach.

    Attributes:
        image_shape: channels, height, width.
        budget: in the cost's unit, for one image.
        cost: what the budget bounds.
        rows: filters of a group on the accelerator: widths in multiples of it waste nothing.
        seed: of what a method draws itself.
        price: by which parts are priced where not by `cost`.
        watch: told every decision.
        measure: what a network really costs, in the cost's unit; the prediction is corrected by it. Without it the prediction stands.
    """

    image_shape: tuple[int, int, int]
    budget: float
    cost: Cost
    rows: int = 8
    seed: int = 0
    price: Cost | None = None
    watch: Callable[[Shape], None] = lambda _: None
    measure: Callable[[fx.GraphModule], float] | None = None


class Shaper(Protocol):
    """Controls a trainer (see `mlservice.training.trainer.Controller`) from its first step on, and hands out the network at the end."""

    dense_cost: float
    """Predicted, of the network as it was given; known behind `begin`."""

    def begin(self, trainer: Trainer) -> None:
        """Get the trainer's network ready, before the first step.

        Raises:
            InputError: the budget is below the least that is reachable.
            NetworkError: the network has operations that cannot be pruned.
        """

    def after_backward(self, trainer: Trainer, /) -> None:
        """See `Controller`."""

    def after_step(self, trainer: Trainer, /) -> None:
        """See `Controller`."""

    def result(self) -> fx.GraphModule:
        """The network as it leaves: cut, of plain modules, in evaluation mode."""

    def structures(self) -> list[Structure]:
        """Of what is left at present: a list of one, as costs take it."""

    def predicted(self) -> float:
        """Cost of what is left at present, corrected by what was measured."""

    def state(self) -> dict[str, Any]:
        """For a checkpoint, beside the trainer's own: tensors, numbers, text, and lists and dictionaries of them."""

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """Take the place of `begin` in a run that goes on: give a fresh trainer's network the shape it had at the checkpoint.

        Weights follow by `Trainer.restore`.
        """


@dataclass(frozen=True)
class Method:
    """A way to meet a budget.

    Attributes:
        says: what it is, in a line.
        make: a controller for a task.
        ignores_budget: it keeps what it keeps.
    """

    says: str
    make: Callable[[Task], Shaper]
    ignores_budget: bool = False
