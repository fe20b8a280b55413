"""What happened during a pruning run, step by step: for its report page, and for whoever watches."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from mlservice.training.methods.method import Shape, Shaper
from mlservice.training.options import Epoch, Progress
from mlservice.training.trainer import Report, Trainer

_POINTS: Final = 400
"""Of the loss, at most."""


@dataclass
class History:
    """Collects what a run tells.

    Attributes:
        budgets: by metric.
        losses: `[share of the run, loss in nats]`, about 400 of them.
        shapes: every decision.
        epochs: what each ended with.
    """

    budgets: Mapping[str, float]
    losses: list[tuple[float, float]] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)

    def kept_with(self, shaper: Shaper) -> "KeptHistory":
        """The shaper, whose checkpoints hold what was collected, too."""
        return KeptHistory(shaper, self)

    def ending(self, other: Callable[[Epoch], None]) -> Callable[[Epoch], None]:
        """Keeps what epochs ended with and passes it on."""

        def end(epoch: Epoch) -> None:
            self.epochs.append(epoch)
            other(epoch)

        return end

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


@dataclass(frozen=True)
class KeptHistory:
    """A shaper for `attend`: the history is kept and resumed beside it."""

    shaper: Shaper
    history: History

    def begin(self, trainer: Trainer) -> None:
        """See `Shaper`."""
        self.shaper.begin(trainer)

    def after_backward(self, trainer: Trainer, /) -> None:
        """See `Controller`."""
        self.shaper.after_backward(trainer)

    def after_step(self, trainer: Trainer, /) -> None:
        """See `Controller`."""
        self.shaper.after_step(trainer)

    def state(self) -> dict[str, Any]:
        """Of both."""
        told = self.history
        return {
            "shaper": self.shaper.state(),
            "losses": [list(point) for point in told.losses],
            "shapes": [{**asdict(shape), "kept": {n: list(v) for n, v in shape.kept.items()}} for shape in told.shapes],
            "epochs": [asdict(epoch) for epoch in told.epochs],
        }

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """Of both."""
        self.shaper.restore(trainer, state["shaper"])
        self.history.losses[:] = [(share, loss) for share, loss in state["losses"]]
        self.history.shapes[:] = [
            Shape(**{**values, "kept": {name: (kept[0], kept[1]) for name, kept in values["kept"].items()}})
            for values in state["shapes"]
        ]
        self.history.epochs[:] = [Epoch(**values) for values in state["epochs"]]
