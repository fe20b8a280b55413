"""What happened during a pruning run, step by step: for its report page, and for whoever watches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from mlservice.training.methods.method import Shape
from mlservice.training.options import Progress
from mlservice.training.trainer import Report

_POINTS: Final = 400
"""Of the loss, at most."""


@dataclass
class History:
    """Collects what a run tells.

    Attributes:
        budgets: by metric.
        losses: `[share of the run, loss in nats]`, about 400 of them.
        shapes: every decision.
    """

    budgets: Mapping[str, float]
    losses: list[tuple[float, float]] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)

    def watching(self, other: Callable[[Shape], None]) -> Callable[[Shape], None]:
        """Keeps decisions and passes them on."""

        def watch(shape: Shape) -> None:
            self.shapes.append(shape)
            other(shape)

        return watch

    def reporting(self, other: Report | None) -> Report:
        """Keeps losses and passes progress on."""

        def report(progress: Progress) -> None:
            if progress.step % max(1, progress.steps // _POINTS) == 0:
                self.losses.append((progress.step / progress.steps, progress.loss))
            if other is not None:
                other(progress)

        return report
