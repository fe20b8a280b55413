"""Supervised training on the processor, kept and resumed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from torch import nn

from contracts.errors import CancelledError
from mlservice.datasets import Dataset
from mlservice.training.allocation import keep_freed_memory
from mlservice.training.checkpoints import Checkpoints
from mlservice.training.evaluate import accuracy
from mlservice.training.footprint import FootprintMeter
from mlservice.training.options import Epoch, Progress, TrainingOptions, TrainingResult
from mlservice.training.trainer import Controller, DivergenceError, Report, Trainer


class Shaping(Controller, Protocol):
    """A controller that gets the network ready, and can go on from a checkpoint (see `methods.method.Shaper`)."""

    def begin(self, trainer: Trainer) -> None:
        """Before the first step."""

    def state(self) -> dict[str, Any]:
        """For a checkpoint: tensors, numbers, text, and lists and dictionaries of them."""

    def restore(self, trainer: Trainer, state: Mapping[str, Any]) -> None:
        """In place of `begin`: give a fresh trainer's network the shape that it had."""


@dataclass(frozen=True)
class Attendance:
    """Who looks after a run.

    Attributes:
        ended_epoch: called after every epoch, with its mean loss and validation accuracy.
        checkpoints: where the run is kept after every epoch, when one is due, and when it is cancelled; it goes on from the newest there.
        cancelled: asked before every step.
        meter: of energy; what earlier attempts took is counted in.
    """

    ended_epoch: Callable[[Epoch], None] = lambda _: None
    checkpoints: Checkpoints | None = None
    cancelled: Callable[[], bool] = lambda: False
    meter: FootprintMeter | None = None


def train(
    network: nn.Module,
    dataset: Dataset,
    options: TrainingOptions,
    report: Report | None = None,
    attendance: Attendance | None = None,
) -> TrainingResult:
    """Train `network` in place; it is left in evaluation mode. The test split is read once, at the end.

    A run that was interrupted, however, and goes on from its checkpoints ends with the same weights, bit for bit, on the same processor
    with the same number of threads.

    Args:
        report: called after every step.

    Raises:
        InputError: the training split has fewer images than a batch, the loss left the numbers (the message says which checkpoint is the last
            good one), or the checkpoints are another run's.
        CancelledError: `cancelled` said so; what was trained is kept.
        ToolError: a checkpoint could not be written.
    """
    trainer = Trainer(network, dataset.training, options)
    history, seconds = attend(trainer, dataset, attendance or Attendance(), report)
    test = dataset.test.first(options.test_images or len(dataset.test))
    return TrainingResult(accuracy(network, test), trainer.loss, seconds, history)


def attend(
    trainer: Trainer,
    dataset: Dataset,
    attendance: Attendance,
    report: Report | None = None,
    shaper: Shaping | None = None,
) -> tuple[tuple[Epoch, ...], float]:
    """Run a trainer to its end, or on from its checkpoint; with a shaper, from its `begin` on.

    Returns:
        What every epoch ended with, and the seconds of all attempts.

    Raises:
        InputError, CancelledError, ToolError: as `train`; also what the shaper refuses.
    """
    keep_freed_memory()
    run = _Run(trainer, dataset, attendance, report, shaper)
    run.begin()
    try:
        trainer.run(shaper, run.after_step, attendance.cancelled)
    except CancelledError as error:
        raise CancelledError(f"{error}{run.kept_on_leaving()}") from error
    except DivergenceError as error:
        raise DivergenceError(f"{error}{run.last_good()}") from error
    return tuple(run.history), run.seconds()


@dataclass
class _Run:
    trainer: Trainer
    dataset: Dataset
    attendance: Attendance
    report: Report | None
    shaper: Shaping | None
    history: list[Epoch] = field(default_factory=list)
    _began_s: float = field(default_factory=time.monotonic)
    _before_s: float = 0.0
    _losses: float = 0.0
    """Sum over the steps of this epoch."""

    def begin(self) -> None:
        """Go on from the newest checkpoint, if there is one; else at the beginning."""
        state = self.attendance.checkpoints.load() if self.attendance.checkpoints else None
        if state is None:
            if self.shaper is not None:
                self.shaper.begin(self.trainer)
            return
        if self.shaper is not None:
            self.shaper.restore(self.trainer, state["shaper"])
        self.trainer.restore(state["trainer"])
        self.history = [Epoch(**each) for each in state["history"]]
        self._losses, self._before_s = state["losses"], state["seconds"]
        if self.attendance.meter is not None:
            self.attendance.meter.before_wh += state["energy_wh"]

    def after_step(self, at: Progress) -> None:
        """Count, tell, and keep what is due."""
        self._losses += at.loss
        ended = at.step % self.trainer.steps_of_epoch == 0
        if ended:
            self._end_epoch(at)
        checkpoints = self.attendance.checkpoints
        if checkpoints is not None and (ended or checkpoints.due()):
            self._keep(checkpoints)
        if self.report is not None:
            self.report(at)

    def seconds(self) -> float:
        """Of all attempts at this run."""
        return self._before_s + time.monotonic() - self._began_s

    def kept_on_leaving(self) -> str:
        """Keep the run as it is, and say where."""
        checkpoints = self.attendance.checkpoints
        if checkpoints is None:
            return ""
        self._keep(checkpoints)
        return f"; kept in {checkpoints.newest()}"

    def last_good(self) -> str:
        """Where a run that went wrong can be taken up."""
        newest = self.attendance.checkpoints.newest() if self.attendance.checkpoints else None
        return f"; the last good checkpoint is {newest}" if newest else ""

    def _end_epoch(self, at: Progress) -> None:
        network, validation = self.trainer.network, self.dataset.validation
        share = None if validation is None else accuracy(network, validation)
        network.train()
        self.history.append(Epoch(at.epoch, self._losses / self.trainer.steps_of_epoch, share))
        self._losses = 0.0
        self.attendance.ended_epoch(self.history[-1])

    def _keep(self, checkpoints: Checkpoints) -> None:
        if not self.trainer.is_finite():  # the next step will say so
            return
        checkpoints.save(self.trainer.step, self._state())

    def _state(self) -> Mapping[str, Any]:
        meter = self.attendance.meter
        return {
            "trainer": self.trainer.state(),
            "shaper": None if self.shaper is None else self.shaper.state(),
            "history": [asdict(each) for each in self.history],
            "losses": self._losses,
            "seconds": self.seconds(),
            "energy_wh": (meter.reading().energy_wh or 0.0) if meter else 0.0,
        }
